import ArgumentParser
import Foundation
import Model
import Planning
import Reporting
import StateDatabase

/// The deployment that a command is about.
struct DeploymentArguments: ParsableArguments {
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String
    @Argument(help: "The deployment's serial; the last one where none is given.")
    var serial: Int?

    func deployment(_ workspace: Workspace, _ common: CommonOptions) throws -> Deployment {
        try workspace.deployment(try workspace.oneAddress(stack, common), serial)
    }
}

extension Workspace {
    /// - Parameter serial: `nil` for the last one.
    /// - Throws: `Problem` (exit code 4) where there is none.
    func deployment(_ address: StackAddress, _ serial: Int?) throws -> Deployment {
        let found =
            try serial.map { try database.deployment(address, serial: $0) }
            ?? database.deployments(DeploymentFilter(stack: address.stack, environment: address.environment, limit: 1)).first
        if let found, found.address == address { return found }
        throw Problem(
            .badInput, "no-deployment", "\(address) has no deployment\(serial.map { " \($0)" } ?? "")",
            detail: "`pipeplan history \(address)` lists what there is.")
    }

    /// The stack as a deployment wanted it.
    /// - Throws: `Problem` (exit code 1) where its template was removed to save space.
    func stack(asOf deployment: Deployment) throws -> RecordedStack {
        if let stack = try database.stack(asOf: deployment) { return stack }
        throw removed(try database.template(of: deployment) == nil ? "template" : "nested templates", deployment)
    }

    /// - Parameter what: in the words of the message, such as `nested templates`.
    func removed(_ what: String, _ deployment: Deployment) -> Problem {
        let verb = what.hasSuffix("s") ? "are" : "is"
        return Problem(
            .failed, "removed-by-gc",
            "The \(what) of \(deployment.address) deployment \(deployment.serial) \(verb) not recorded any more",
            detail: "`pipeplan state gc` compacted the record to save space; a backup from before may have it.")
    }
}

struct HistoryShow: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one deployment: its changes, how long each resource took, outputs and failure.",
        discussion: """
              pipeplan history show image-pipeline:develop       the last one
              pipeplan history show image-pipeline:develop 3
              pipeplan history show image-pipeline:develop 3 --json | jq '.timeline'
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var which: DeploymentArguments

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let database = workspace.database
        let deployment = try which.deployment(workspace, common)
        let changes = try database.recordedPlan(of: deployment)?.changes ?? []
        let removed = [
            try deployment.planDigest != nil && database.plan(of: deployment) == nil ? "plan" : nil,
            try database.lacksEvents(deployment) ? "events" : nil,
        ]
        let report = DeploymentReport(
            deployment, changes: changes.map { ($0.logicalID, $0.type, $0.action.rawValue, $0.willReplace.rawValue) },
            events: try database.events(of: deployment), outputs: try database.outputs(of: deployment),
            removed: removed.compactMap(\.self))
        context.terminal.write(
            common.json
                ? try JSONReport.render(report) : report.text(.output(context), columns: context.terminal.columns ?? 100))
        return .success
    }
}

struct HistoryTemplate: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "Print the template that a deployment sent, to the byte.",
        discussion: """
              pipeplan history template image-pipeline:develop 3 > old.yml
              pipeplan history template network:prod 7 --nested subnets.yml    a template that it nests

            Defaults of NoEcho parameters are recorded as ****.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var which: DeploymentArguments
    @Option(name: .long, help: "Print the nested template with this path instead.")
    var nested: String?

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let deployment = try which.deployment(workspace, common)
        let nestedTemplates = try workspace.database.nestedTemplates(of: deployment)
        guard let template = try workspace.database.template(of: deployment) else { throw workspace.removed("template", deployment) }
        if common.json {
            let report = RecordedTemplateReport(deployment, template: template, nested: nestedTemplates?.map { ($0, $1) })
            context.terminal.write(try JSONReport.render(report))
        } else if let nested {
            guard let nestedTemplates else { throw workspace.removed("nested templates", deployment) }
            guard let text = nestedTemplates[nested] else {
                throw Problem(
                    .badInput, "no-nested-template", "The template nests no \(nested)",
                    detail: nestedTemplates.isEmpty
                        ? "It nests no local templates." : "It nests \(nestedTemplates.keys.joined(separator: ", ")).")
            }
            context.terminal.write(text)
        } else {
            context.terminal.write(template)
        }
        return .success
    }
}

struct HistoryParameters: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "parameters", abstract: "Show the parameters of a deployment; of secrets, whether they are the same as elsewhere.",
        discussion: """
              pipeplan history parameters image-pipeline:develop 3

            No secret is recorded. What stands in its place is the same in two deployments where the secret was not changed.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var which: DeploymentArguments

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let deployment = try which.deployment(workspace, common)
        let report = RecordedParametersReport(deployment, try workspace.database.configuration(of: deployment))
        context.terminal.write(common.json ? try JSONReport.render(report) : report.text(.output(context)))
        return .success
    }
}

struct HistoryPlan: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show the plan that a deployment was approved with.",
        discussion: "  pipeplan history plan image-pipeline:develop 3")

    @OptionGroup var common: CommonOptions
    @OptionGroup var which: DeploymentArguments

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let deployment = try which.deployment(workspace, common)
        if deployment.kind == .driftAccept, let accepted = try workspace.database.accepted(in: deployment) {
            let report = AcceptanceReport(deployment, accepted)
            context.terminal.write(common.json ? try JSONReport.render(report) : report.text(.output(context)))
            return .success
        }
        guard let text = try workspace.database.plan(of: deployment) else {
            guard deployment.planDigest == nil else { throw workspace.removed("plan", deployment) }
            throw Problem(
                .badInput, "no-plan", "\(deployment.address) deployment \(deployment.serial) had no plan",
                detail: "It is of the kind \(deployment.kind.rawValue).")
        }
        guard let plan = try? JSONDecoder().decode(Plan.self, from: Data(text.utf8)) else {
            throw Problem(
                .failed, "unreadable-plan", "The plan of \(deployment.address) deployment \(deployment.serial) can't be read",
                detail: "It was recorded by pipeplan \(deployment.toolVersion): read it with that version.")
        }
        context.terminal.write(
            common.json
                ? try JSONReport.render(PlanReport([plan]))
                : PlanText.render(plan, .output(context)))
        return .success
    }
}

struct HistoryEvents: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show CloudFormation's events of a deployment, in order.",
        discussion: "  pipeplan history events image-pipeline:develop 3")

    @OptionGroup var common: CommonOptions
    @OptionGroup var which: DeploymentArguments

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let deployment = try which.deployment(workspace, common)
        let report = RecordedEventsReport(
            deployment, try workspace.database.events(of: deployment), areRemoved: try workspace.database.lacksEvents(deployment))
        context.terminal.write(
            common.json ? try JSONReport.render(report) : report.text(.output(context), columns: context.tableColumns))
        return .success
    }
}
