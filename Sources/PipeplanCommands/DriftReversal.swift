import Deploying
import Model
import Reporting
import StateDatabase

/// What comes before and after the stacks' drift is put right.
struct DriftReversal {
    let workspace: Workspace
    let context: Context
    let aws: AWSOptions
    let isQuiet: Bool
    let parallelism: Int

    private var run: DriftRun {
        DriftRun(workspace: workspace, context: context, aws: aws, isDeep: false, isQuiet: isQuiet, parallelism: parallelism)
    }

    /// Detects the drift of the stacks that are recorded.
    /// - Throws: `Problem` (exit code 1) where one could not be checked: what would be put right is not known then.
    func detect(_ addresses: [StackAddress]) async throws -> [StackAddress: DriftReport] {
        let reports = try await run.detect(try addresses.compactMap { try workspace.database.recordedStack($0) })
        let failed = reports.filter { $0.failure != nil }
        guard failed.isEmpty else {
            throw Problem(
                .failed,
                failed.map {
                    Finding(
                        "drift-not-detected", "The drift of \($0.address) could not be detected",
                        detail: "\($0.failure ?? "") Nothing was done.")
                })
        }
        return Dictionary(reports.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Detects anew what was deployed, and tells what has drifted still.
    /// - Returns: the exit code: that of the deployments, or failure where drift has stayed.
    func check(_ outcome: Application.Outcome) async throws -> ExitStatus {
        let settled = outcome.results.filter { [.succeeded, .unchanged].contains($0.deployment.status) }.map(\.deployment.address)
        let reports = try await run.detect(try settled.compactMap { try workspace.database.recordedStack($0) })
        let drifted = reports.filter { $0.resources.contains(where: \.isDrifted) }
        let style = Style.error(context)
        for report in reports where !isQuiet && !drifted.contains(report) {
            context.terminal.writeError("\(style.green("In sync:")) \(report.address) has no drift any more.\n")
        }
        guard !drifted.isEmpty else { return outcome.exit }
        for report in drifted where !isQuiet { context.terminal.writeError("\n" + DriftText.render(report, style)) }
        let finding = Finding(
            "drift-stayed", "Drift has stayed in \(drifted.map(\.address.description).joined(separator: ", "))",
            detail: "CloudFormation did not put it right. Endpoints that know no drift-aware change sets pass over what was asked; "
                + "otherwise put it right by hand, or adopt it with `pipeplan drift adopt`.")
        context.terminal.writeError(FindingText.render(finding, .error(context)))
        return outcome.exit == .success ? .failed : outcome.exit
    }
}
