import ArgumentParser
import Model
import Reporting
import StateDatabase

struct HistoryDrift: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "Show when resources of a stack drifted, and when they were put right.",
        discussion: """
              pipeplan history drift image-pipeline:develop

            It is as fine as reports are: something drifted between the last report that found it in sync and the first that did not.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let address = try workspace.oneAddress(stack, common)
        let reports = try workspace.database.driftReports(address)
        context.terminal.write(
            common.json
                ? try JSONReport.render(DriftHistoryReport(address, reports)) : DriftHistoryText.render(reports, .output(context)))
        return .success
    }
}
