import ArgumentParser
import Model
import Reporting
import StateDatabase

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show what was deployed: who, when, what, and why it failed.",
        discussion: """
              pipeplan history                                all stacks
              pipeplan history image-pipeline:develop         one
              pipeplan history --status failed --limit 5
              pipeplan history show image-pipeline:develop 3  one deployment whole
            """,
        subcommands: [HistoryList.self, HistoryShow.self], defaultSubcommand: HistoryList.self)
}

struct HistoryList: ContextCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Show deployments as a table, newest first.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "A stack, as <stack> or <stack>:<environment>; all of them where none is named.")
    var stack: String?
    @Option(name: .long, help: "Only deployments with this status, such as failed or rolled-back.")
    var status: DeploymentStatus?
    @Option(name: .long, help: "At most this many.")
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit takes a number from 1.") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let address = try stack.map { try parseAddress($0) }
        let filter = DeploymentFilter(
            stack: address?.stack, environment: address?.environment ?? common.environment, statuses: status.map { [$0] }, limit: limit)
        let deployments = try workspace.database.deployments(filter)
        if deployments.isEmpty, let address { try requireKnown(address, workspace) }
        context.terminal.write(
            common.json ? try JSONReport.render(HistoryReport(deployments)) : HistoryText.render(deployments, .output(context)))
        return .success
    }
}

struct HistoryShow: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one deployment: its changes, events, outputs and failure.",
        discussion: "  pipeplan history show image-pipeline:develop       the last one\n  pipeplan history show image-pipeline:develop 3")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String
    @Argument(help: "The deployment's serial; the last one where none is given.")
    var serial: Int?

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let address = try workspace.oneAddress(stack, common)
        let database = workspace.database
        let found =
            try serial.map { try database.deployment(address, serial: $0) }
            ?? database.deployments(DeploymentFilter(stack: address.stack, environment: address.environment, limit: 1)).first
        guard let deployment = found else {
            throw Problem(
                .badInput, "no-deployment", "\(address) has no deployment\(serial.map { " \($0)" } ?? "")",
                detail: "`pipeplan history \(address)` lists what there is.")
        }
        let changes = try database.recordedPlan(of: deployment)?.changes ?? []
        let report = DeploymentReport(
            deployment, changes: changes.map { ($0.logicalID, $0.type, $0.action.rawValue, $0.willReplace.rawValue) },
            events: try database.events(of: deployment), outputs: try database.outputs(of: deployment))
        context.terminal.write(common.json ? try JSONReport.render(report) : report.text(.output(context)))
        return .success
    }
}

struct OutputsCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "outputs", abstract: "Show the outputs that deployments left, or one of them alone.",
        discussion: """
              pipeplan outputs image-pipeline:develop
              docker pull $(pipeplan outputs image-pipeline:develop RepositoryUri)
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "A stack, as <stack> or <stack>:<environment>; all of them where none is named.")
    var stack: String?
    @Argument(help: "The name of one output: its value is printed, and nothing else.")
    var name: String?

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        guard let stack, let name else {
            let stacks = try workspace.recordedStacks(stack.map { [$0] } ?? [], common)
            context.terminal.write(
                common.json ? try JSONReport.render(OutputsReport(stacks)) : OutputsReport.text(stacks, .output(context)))
            return .success
        }
        let address = try workspace.oneAddress(stack, common)
        let outputs = try workspace.database.recordedStack(address)?.outputs ?? []
        guard let output = outputs.first(where: { $0.key == name }) else {
            let hint = nearestName(to: name, in: outputs.map(\.key)).map { "Did you mean \($0)?" }
            throw Problem(
                .badInput, "no-output", "\(address) has no recorded output \(name)",
                detail: hint ?? (outputs.isEmpty ? "It has none." : "It has \(outputs.map(\.key).joined(separator: ", "))."))
        }
        context.terminal.write(common.json ? JSONValue.quoted(output.value) + "\n" : output.value + "\n")
        return .success
    }
}

struct StateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Look at what is recorded, and share it with a team.",
        subcommands: [StateList.self, StateShow.self] + shareCommands)
}

struct StateList: ContextCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the recorded stacks.")

    @OptionGroup var common: CommonOptions

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let report = StateReport(try workspace.database.recordedStacks(), lineage: workspace.database.lineage)
        context.terminal.write(common.json ? try JSONReport.render(report) : report.list(.output(context)))
        return .success
    }
}

struct StateShow: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show everything recorded of a stack: parameters, resources, outputs.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>; all of them where none is named.")
    var stacks: [String] = []

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let report = StateReport(try workspace.recordedStacks(stacks, common), lineage: workspace.database.lineage)
        context.terminal.write(common.json ? try JSONReport.render(report) : report.details(.output(context)))
        return .success
    }
}

struct VersionCommand: ContextCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    @Flag(name: .long, help: "Print the result as JSON.")
    var json = false

    func run(in context: Context) async throws -> ExitStatus {
        context.terminal.write(json ? try JSONReport.render(["version": Version.current]) : "pipeplan \(Version.current)\n")
        return .success
    }
}
