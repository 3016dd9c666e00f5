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

    /// What fails is told here, with what that means for the command.
    private var run: DriftRun {
        DriftRun(
            workspace: workspace, context: context, aws: aws, isDeep: false, isQuiet: isQuiet, parallelism: parallelism,
            tellsFailures: false)
    }

    /// Detects the drift of the stacks that are recorded.
    /// - Throws: `Problem` where one could not be checked: what would be put right is not known then.
    func detect(_ addresses: [StackAddress]) async throws -> [StackAddress: DriftReport] {
        let outcomes = try await run.detect(try addresses.compactMap { try workspace.database.recordedStack($0) })
        if let status = outcomes.failure {
            throw Problem(status, outcomes.map(\.report).compactMap { Self.notDetected($0, end: "Nothing was done.") })
        }
        return Dictionary(outcomes.map(\.report).map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Detects anew what was deployed, and tells what has drifted still.
    /// - Returns: the exit code: that of the deployments, or failure where drift has stayed.
    func check(_ outcome: Application.Outcome) async throws -> ExitStatus {
        let settled = outcome.results.filter { [.succeeded, .unchanged].contains($0.deployment.status) }.map(\.deployment.address)
        let outcomes = try await run.detect(try settled.compactMap { try workspace.database.recordedStack($0) })
        let reports = outcomes.map(\.report)
        let drifted = reports.filter { $0.resources.contains(where: \.isDrifted) }
        let style = Style.error(context)
        for report in reports where !isQuiet && report.status == .inSync {
            context.terminal.writeError("\(style.green("In sync:")) \(report.address) has no drift any more.\n")
        }
        let unknown = reports.compactMap { Self.notDetected($0, end: "What was asked for was done.") }
        context.terminal.writeError(FindingText.render(unknown, .error(context)))
        let exit = outcome.exit == .success ? outcomes.failure ?? .success : outcome.exit
        guard !drifted.isEmpty else { return exit }
        for report in drifted where !isQuiet { context.terminal.writeError("\n" + DriftText.render(report, style)) }
        let finding = Finding(
            "drift-stayed", "Drift has stayed in \(drifted.map(\.address.description).joined(separator: ", "))",
            detail: "CloudFormation did not put it right. Endpoints that know no drift-aware change sets pass over what was asked; "
                + "otherwise put it right by hand, or adopt it with `pipeplan drift adopt`.")
        let nested = try drifted.compactMap(inNested)
        context.terminal.writeError(FindingText.render([finding] + nested, .error(context)))
        return exit == .success ? .failed : exit
    }

    /// What to do about drift that has stayed in nested stacks: each can be asked for a drift-aware change set of its own.
    private func inNested(_ report: DriftReport) throws -> Finding? {
        let drifted = report.resources.filter { $0.isDrifted && $0.logicalID.contains("/") }
        guard let first = drifted.first else { return nil }
        let stack = first.logicalID.split(separator: "/").dropLast().joined(separator: "/")
        let recorded = try workspace.database.recordedStack(report.address)?.resources.first { $0.logicalID == stack }?.physicalID
        return Finding(
            "nested-drift-stayed", .note, "\(drifted.map(\.logicalID).joined(separator: ", ")) drifted inside of nested stacks",
            detail: """
                To put it right, have CloudFormation make a change set of the nested stack itself, review and execute it:
                aws cloudformation create-change-set --region \(report.region) --stack-name \(recorded ?? "<ID of \(stack)>") \
                --change-set-name revert-drift --deployment-mode REVERT_DRIFT --use-previous-template
                Give each parameter as UsePreviousValue=true, and its capabilities. Template and parameters stay, so that to the stack around \
                it nothing changes. Then look with `pipeplan drift \(report.address)`.
                """)
    }

    private static func notDetected(_ report: DriftReport, end: String) -> Finding? {
        report.failure.map {
            Finding("drift-not-detected", "The drift of \(report.address) could not be detected", detail: "\($0) \(end)")
        }
    }
}
