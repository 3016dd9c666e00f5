import ArgumentParser
import Model
import Reporting
import StateDatabase

extension Workspace {
    /// Who changes the record, with this command.
    var edit: StateEdit {
        StateEdit(
            at: context.clock.now(), actor: DeploymentActor(user: context.userName, host: context.hostName),
            git: GitState.current(of: project.root), toolVersion: Version.current, commandLine: Self.commandLine)
    }
}

struct StateRemove: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Forget a recorded stack. What is deployed stays as it is.",
        discussion: """
              pipeplan state rm image-pipeline:develop

            The stack goes on in AWS and pipeplan knows nothing of it; `import` takes it in again. Its history stays, with a record of
            who took it out. It is refused while a deployment of the stack is open.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String
    @Flag(name: .long, help: "Do not ask.")
    var autoApprove = false

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let address = try workspace.oneRecorded(stack, common)
        try Consent(context).approve(
            "Forget \(address)? It is not deleted in AWS.", refusedAs: "forget it", autoApprove: autoApprove)
        let record = try await workspace.changingRecords(of: [address], nil, aws, context) { _ in
            try workspace.database.forget(address, by: workspace.edit)
        }
        context.terminal.write(
            common.json
                ? try JSONReport.render(HistoryReport([record]))
                : "\(address) is forgotten, which is its deployment \(record.serial). The stack \(record.stackName) in \(record.region) goes on.\n"
        )
        return .success
    }
}

struct StateMove: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "mv", abstract: "Record a stack under another address. What is deployed stays as it is.",
        discussion: """
              pipeplan state mv network network-old        so that network is free for a new stack
              pipeplan state mv shop shop:prod             when stack.yml gets environments

            The old address's history ends with a record of where the stack went, and the new one's begins with where it came from.
            stack.yml of the new address must name the stack as it is called in AWS (stackName, region).
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @Argument(help: "The address that the stack is recorded under.")
    var old: String
    @Argument(help: "The address it gets, which must have no recorded stack.")
    var new: String

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let from = try workspace.oneRecorded(old, common)
        let to = try parseAddress(new)
        guard from != to else {
            throw Problem(.badInput, "same-address", "\(from) is recorded under that address", detail: "Nothing was done.")
        }
        let moved = try await workspace.changingRecords(of: [from, to], nil, aws, context) { _ in
            try workspace.database.move(from, to: to, by: workspace.edit)
        }
        if common.json {
            context.terminal.write(try JSONReport.render(HistoryReport(moved.to.reversed() + [moved.from])))
            return .success
        }
        let serials = moved.to.map { String($0.serial) }.joined(separator: " and ")
        context.terminal.write(
            "The stack \(moved.from.stackName) in \(moved.from.region) is \(to) now (deployment \(serials)), and \(from) is free.\n")
        if let hint = hint(to, moved.from, workspace) { context.terminal.writeError(hint) }
        return .success
    }

    /// What stack.yml has to say, where it does not.
    private func hint(_ address: StackAddress, _ record: Deployment, _ workspace: Workspace) -> String? {
        let settings = (try? workspace.settings(ofRecorded: address)) ?? nil
        let region = settings?.region ?? record.region
        if let settings, settings.stackName == record.stackName, region == record.region { return nil }
        return "stacks/\(address.stack)/stack.yml has to say so: stackName: \(record.stackName), region: \(record.region)\n"
    }
}

extension Workspace {
    /// The one recorded stack that an argument names, whether its files are there or not.
    func oneRecorded(_ text: String, _ options: CommonOptions) throws -> StackAddress {
        let address = try parseAddress(text)
        let environment = address.environment ?? options.environment ?? project.defaultEnvironment
        let named = try database.recordedStacks().map(\.address).filter { $0.stack == address.stack }
        let found = named.filter { address.environment == nil && environment == nil || $0.environment == environment }
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            throw Problem(
                .badInput, "several-environments", "\(address) has several environments",
                detail: "Name one: \(found.map(\.description).joined(separator: ", ")).")
        }
        throw Problem(
            .badInput, "not-recorded", "There is no recorded stack \(address)",
            detail: named.isEmpty
                ? "`pipeplan state list` lists those there are." : "There is \(named.map(\.description).joined(separator: ", ")).")
    }
}
