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

    /// - Returns: a report for each stack, in their order.
    func detect(_ stacks: [RecordedStack]) async throws -> [DriftReport] {
        var waiting = stacks.enumerated().map { ($0, $1) }[...]
        var reports: [Int: DriftReport] = [:]
        try await withThrowingTaskGroup(of: (Int, DriftReport).self) { group in
            func startNext() {
                guard let (index, stack) = waiting.popFirst() else { return }
                group.addTask { (index, try await detect(stack)) }
            }
            for _ in 0..<parallelism { startNext() }
            while let (index, report) = try await group.next() {
                reports[index] = report
                startNext()
            }
        }
        await workspace.exchangeDrift(of: stacks.map(\.address), aws, context)
        return stacks.indices.compactMap { reports[$0] }
    }

    private func detect(_ recorded: RecordedStack) async throws -> DriftReport {
        let database = workspace.database
        let settings = try workspace.settings(ofRecorded: recorded.address)
        let cloud = try await CloudAccess(
            context, aws, workspace, recorded.address, settings: settings, region: recorded.region, recordedAccount: recorded.accountID)
        let request = DriftRequest(
            recorded: recorded, known: try database.knownOperations(recorded.address),
            checkedBy: "\(context.userName)@\(context.hostName)", isDeep: isDeep)
        let found = try await cloud.driftDetector(workspace, report: tell(recorded.address)).detect(request)
        let report = found.judged(by: settings?.ignoreDrift ?? [], accepted: try database.acceptedDrift(recorded.address))
        try database.record(report)
        return report
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
