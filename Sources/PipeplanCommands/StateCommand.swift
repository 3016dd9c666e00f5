import ArgumentParser
import Model
import Planning
import Reporting
import StateDatabase

struct StateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Look at what is recorded, correct it, check it, keep copies of it, and share it with a team.",
        discussion: """
              pipeplan state list                                        every recorded stack
              pipeplan state show image-pipeline:develop/Pipeline        a resource, and where each property came from
              pipeplan state verify                                      whether the record is what it was
              pipeplan state backup                                      a checked copy
              pipeplan state mv network network-old                      another address for a stack
            """,
        subcommands: [
            StateList.self, StateShow.self, StateRemove.self, StateMove.self, StateVerify.self, StateBackup.self, StateRestore.self,
            StateCompact.self, StateVacuum.self,
        ] + shareCommands)
}

struct StateList: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the recorded stacks.", discussion: "  pipeplan state list\n  pipeplan state list --json")

    @OptionGroup var common: CommonOptions

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let report = try workspace.report(try workspace.database.recordedStacks())
        context.terminal.write(common.json ? try JSONReport.render(report) : report.list(.output(context)))
        return .success
    }
}

struct StateShow: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show everything recorded of a stack, or of one resource.",
        discussion: """
              pipeplan state show                                     all stacks
              pipeplan state show image-pipeline:develop              one: parameters, resources, outputs
              pipeplan state show image-pipeline:develop/Pipeline     a resource with its properties

            Of each property it is told where the template says so, and where the parameters in it come from.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(
        help: "Stacks, as <stack> or <stack>:<environment>, or one resource, as <stack>/<logical ID>; all stacks where none is named.")
    var stacks: [String] = []

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        if stacks.count == 1, let slash = stacks[0].firstIndex(of: "/") {
            let logicalID = String(stacks[0][stacks[0].index(after: slash)...])
            let report = try resource(logicalID, of: String(stacks[0][..<slash]), workspace)
            context.terminal.write(common.json ? try JSONReport.render(report) : report.text(.output(context)))
            return .success
        }
        let report = try workspace.report(try workspace.recordedStacks(stacks, common))
        context.terminal.write(common.json ? try JSONReport.render(report) : report.details(.output(context)))
        return .success
    }

    private func resource(_ logicalID: String, of stack: String, _ workspace: Workspace) throws -> ResourceStateReport {
        let stacks = try workspace.recordedStacks([stack], common)
        guard stacks.count == 1, let recorded = stacks.first else {
            throw Problem(
                .badInput, "several-environments", "\(stack) has several environments",
                detail: "Name one: \(stacks.map { "\($0.address)/\(logicalID)" }.joined(separator: ", ")).")
        }
        let resources = try workspace.database.recordedResources(recorded.address)
        guard let found = resources.first(where: { $0.resource.resource.logicalID == logicalID }) else {
            let names = resources.map(\.resource.resource.logicalID)
            throw Problem(
                .badInput, "no-resource", "\(recorded.address) has no recorded resource \(logicalID)",
                detail: nearestName(to: logicalID, in: names).map { "Did you mean \($0)?" }
                    ?? "It has \(names.prefix(20).joined(separator: ", ")).")
        }
        let origins = try PropertyOrigins(recorded, workspace)
        return ResourceStateReport(
            recorded.address, found.resource.resource, since: found.since,
            properties: origins.properties(of: logicalID, recorded: found.resource.properties))
    }
}

extension Workspace {
    fileprivate func report(_ stacks: [RecordedStack]) throws -> StateReport {
        StateReport(stacks, lineage: database.lineage, unpublished: try database.unpublished())
    }
}
