import Deploying
import Foundation
package import Model
package import StateDatabase

/// One deployment with everything recorded of it: `history show`.
package struct DeploymentReport: Encodable, Sendable {
    package var formatVersion = 1
    var deployment: HistoryReport.Entry
    var changes: [Change]
    var events: [Event]
    /// What happened to each resource, in the order it began.
    var timeline: [Step]
    var outputs: [Output]
    /// What `state gc` has removed: `plan`, `events`.
    var removed: [String]
    private let record: Deployment
    private let recordedEvents: [StackEvent]

    private enum CodingKeys: CodingKey { case formatVersion, deployment, changes, events, timeline, outputs, removed }

    struct Step: Encodable {
        var resource: String
        var type: String
        var startedAt: Date
        @OrNull var finishedAt: Date?
        @OrNull var seconds: Double?
        var status: String
    }

    struct Change: Encodable {
        var logicalId: String
        var type: String
        var action: String
        var replaced: String
    }

    struct Event: Encodable {
        var timestamp: Date
        var logicalId: String
        /// With the logical IDs that lead to its nested stack in front: `Network/Vpc`.
        var path: String
        var type: String
        @OrNull var physicalId: String?
        var status: String
        @OrNull var reason: String?

        init(_ event: StackEvent, _ paths: StackPaths) {
            timestamp = event.timestamp
            logicalId = event.logicalID
            path = paths.name(of: event)
            type = event.resourceType
            physicalId = event.physicalID
            status = event.status.rawValue
            reason = event.statusReason
        }
    }

    struct Output: Encodable {
        var key: String
        var value: String
    }

    /// - Parameters:
    ///   - changes: those of the approved plan, where it could be read.
    ///   - removed: what was removed to save space.
    package init(
        _ deployment: Deployment, changes: [(logicalID: String, type: String, action: String, replaced: String)], events: [StackEvent],
        outputs: [StackOutput], removed: [String] = []
    ) {
        self.removed = removed
        record = deployment
        recordedEvents = events
        self.deployment = HistoryReport.Entry(deployment)
        self.changes = changes.map { Change(logicalId: $0.logicalID, type: $0.type, action: $0.action, replaced: $0.replaced) }
        let paths = StackPaths(events)
        self.events = events.map { Event($0, paths) }
        timeline = Timeline(events).rows.map { row in
            Step(
                resource: row.name, type: row.type, startedAt: row.start, finishedAt: row.end,
                seconds: row.seconds.map { ($0 * 1000).rounded() / 1000 }, status: row.status.rawValue)
        }
        self.outputs = outputs.map { Output(key: $0.key, value: $0.value) }
    }

    /// - Parameter columns: the width of the screen.
    package func text(_ style: Style, columns: Int = 100) -> String {
        var text = "\(style.bold("\(record.address) deployment \(record.serial)")): \(record.kind.rawValue), "
        text += record.status.mark(style)(record.status.rawValue) + "\n"
        for (name, value) in facts where !value.isEmpty { text += "  \(style.dim(name.padded(to: 11))) \(value.printable)\n" }
        if let failure = record.failure {
            text += "\n\(style.red(style.bold("Failure")))\n"
            text += "  \((failure.logicalID.map { "\($0)\(failure.resourceType.map { " (\($0))" } ?? ""): " } ?? "").printable)"
            text += failure.message.printable.replacing("\n", with: "\n  ") + "\n"
            if let remedy = Remedy.sentence(for: failure) { text += "  \(remedy.printable)\n" }
        }
        if !changes.isEmpty {
            text += "\n\(style.bold("Changes"))\n"
            for change in changes {
                let replaced = change.replaced == "yes" ? ", replaced" : change.replaced == "unknown" ? ", perhaps replaced" : ""
                text += "  \(change.action.padded(to: 7)) \(change.logicalId.printable)  \(style.dim(change.type.printable + replaced))\n"
            }
        }
        if !recordedEvents.isEmpty {
            text += "\n\(style.bold("Timeline"))\n" + Timeline(recordedEvents).text(style, columns: columns)
        }
        if !removed.isEmpty {
            text += "\n" + style.dim("Removed by `pipeplan state gc`: \(removed.joined(separator: ", ")).") + "\n"
        }
        if !outputs.isEmpty {
            text += "\n\(style.bold("Outputs"))\n"
            for output in outputs { text += "  \(output.key.printable) = \(output.value.printable)\n" }
        }
        return text
    }

    private var facts: [(String, String)] {
        [
            ("stack", "\(record.stackName) in \(record.region)\(record.accountID.map { ", account \($0)" } ?? "")"),
            ("stack ID", record.stackID ?? ""), ("change set", record.changeSetID ?? ""),
            ("started", TimeText.table(record.startedAt) + " UTC"),
            ("took", record.finishedAt.map { TimeText.duration($0.timeIntervalSince(record.startedAt)) } ?? ""),
            ("by", "\(record.actor.user)@\(record.actor.host)\(record.actor.identityArn.map { " (\($0))" } ?? "")"),
            ("offline", record.offlineID.map { $0 + (record.isUnpublished ? ", not published: the serial may change" : "") } ?? ""),
            ("resumed by", record.resumedBy.map { "\($0.user)@\($0.host)" } ?? ""),
            ("command", record.commandLine), ("approved by", record.approval),
            (
                "git",
                record.git.map {
                    "\($0.commit.prefix(12))\($0.isDirty ? " with uncommitted changes" : "")\($0.branch.map { " on \($0)" } ?? "")"
                        + ($0.remote.map { " of \($0)" } ?? "")
                } ?? ""
            ),
            ("version", record.toolVersion), ("hash", record.hash.hex),
        ]
    }
}

extension StackStatus {
    func mark(_ style: Style) -> (String) -> String {
        switch (isInProgress, isRollback) {
        case _ where isFailure: style.red
        case (true, true): style.yellow
        case (true, false): style.cyan
        case (false, true): style.red
        case (false, false): style.green
        }
    }
}
