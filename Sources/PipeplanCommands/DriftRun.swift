import AWS
import Deploying
import Foundation
import Model
import Project
import Reporting
import StateDatabase

/// Detects the drift of several stacks at a time, judges what was found, and records it.
struct DriftRun {
    let workspace: Workspace
    let context: Context
    let aws: AWSOptions
    let isDeep: Bool
    let isQuiet: Bool
    let parallelism: Int
    /// Whether it is told at once why a stack could not be entered, beside its report.
    var tellsFailures = true

    /// What came of one stack.
    struct Outcome {
        var report: DriftReport
        /// How the command ends because the stack could not be checked, or not wholly; `nil` where it was.
        var failure: ExitStatus?
    }

    /// Detects the drift of stacks. What goes wrong with one is told and stands in its report; the others are checked all the same.
    /// - Returns: what came of each stack, in their order.
    func detect(_ stacks: [RecordedStack]) async throws -> [Outcome] {
        var waiting = stacks.enumerated().map { ($0, $1) }[...]
        var outcomes: [Int: Outcome] = [:]
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            func startNext() {
                guard let (index, stack) = waiting.popFirst() else { return }
                group.addTask { (index, try await detect(stack)) }
            }
            for _ in 0..<parallelism { startNext() }
            while let (index, outcome) = try await group.next() {
                outcomes[index] = outcome
                startNext()
            }
        }
        await workspace.exchangeDrift(of: stacks.map(\.address), aws, context)
        return stacks.indices.compactMap { outcomes[$0] }
    }

    private func detect(_ recorded: RecordedStack) async throws -> Outcome {
        var outcome: Outcome
        do {
            let report = try await report(on: recorded)
            outcome = Outcome(report: report, failure: report.failure == nil ? nil : .failed)
        } catch {
            // Files that can't be read, missing credentials, a region that is none, an account that is not allowed.
            guard let problem = explained(error) else { throw error }
            if tellsFailures { context.terminal.writeError(FindingText.render(problem.findings, .error(context))) }
            var report = DriftReport(on: recorded, checkedBy: checkedBy, in: context)
            report.failure = problem.oneLine
            outcome = Outcome(report: report, failure: problem.status)
        }
        try workspace.database.record(outcome.report)
        return outcome
    }

    private var checkedBy: String { "\(context.userName)@\(context.hostName)" }

    /// The report on a stack, with a verdict on every difference.
    private func report(on recorded: RecordedStack) async throws -> DriftReport {
        let database = workspace.database
        let settings = try workspace.settings(ofRecorded: recorded.address)
        let cloud = try await CloudAccess(
            context, aws, workspace, recorded.address, settings: settings, region: recorded.region, recordedAccount: recorded.accountID)
        let request = DriftRequest(
            recorded: recorded, known: try database.knownOperations(recorded.address), checkedBy: checkedBy, isDeep: isDeep)
        let found = try await cloud.driftDetector(workspace, report: tell(recorded.address)).detect(request)
        return found.hiding(settings.map(workspace.knownSecrets) ?? []).judged(
            by: settings?.ignoreDrift.map(\.value) ?? [], accepted: try database.acceptedDrift(recorded.address))
    }

    private func tell(_ address: StackAddress) -> @Sendable (DriftNotice) -> Void {
        guard !isQuiet else { return { _ in } }
        let style = Style.error(context)
        return { [terminal = context.terminal] notice in
            let text =
                switch notice {
                case .detecting(_, let count): "detecting drift of \(count) resource\(count == 1 ? "" : "s")"
                case .waitingForAnother: "another detection is under way; waiting for it"
                case .reading(_, let count): "\(count) checked"
                }
            let inner = notice.stack.hasSuffix("/") ? " \(notice.stack.dropLast())" : ""
            terminal.writeError(style.dim("\(address)\(inner): \(text)") + "\n")
        }
    }
}

extension [DriftRun.Outcome] {
    /// How a command ends because of stacks that could not be checked: as all of them say alike, else as failed; `nil` where all were.
    var failure: ExitStatus? {
        let statuses = Set(compactMap(\.failure))
        return statuses.count > 1 ? .failed : statuses.first
    }
}

extension DriftNotice {
    fileprivate var stack: String {
        switch self {
        case .detecting(let stack, _), .waitingForAnother(let stack), .reading(let stack, _): stack
        }
    }
}

extension CloudAccess {
    func driftDetector(_ workspace: Workspace, report: @escaping @Sendable (DriftNotice) -> Void) throws -> DriftDetector {
        DriftDetector(
            client: try session.cloudFormation(), cloudControl: try session.cloudControl(), types: workspace.types, context: context,
            polling: workspace.polling, report: report)
    }
}
