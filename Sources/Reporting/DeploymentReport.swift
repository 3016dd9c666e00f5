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
    var outputs: [Output]
    private let record: Deployment
    private let recordedEvents: [StackEvent]

    private enum CodingKeys: CodingKey { case formatVersion, deployment, changes, events, outputs }

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
    }

    struct Output: Encodable {
        var key: String
        var value: String
    }

    /// - Parameter plan: the approved plan, where it could be read.
    package init(
        _ deployment: Deployment, changes: [(logicalID: String, type: String, action: String, replaced: String)], events: [StackEvent],
        outputs: [StackOutput]
    ) {
        record = deployment
        recordedEvents = events
        self.deployment = HistoryReport.Entry(deployment)
        self.changes = changes.map { Change(logicalId: $0.logicalID, type: $0.type, action: $0.action, replaced: $0.replaced) }
        let paths = StackPaths(events)
        self.events = events.map {
            Event(
                timestamp: $0.timestamp, logicalId: $0.logicalID, path: paths.name(of: $0), type: $0.resourceType,
                physicalId: $0.physicalID,
                status: $0.status.rawValue,
                reason: $0.statusReason)
        }
        self.outputs = outputs.map { Output(key: $0.key, value: $0.value) }
    }

    package func text(_ style: Style) -> String {
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
        if !recordedEvents.isEmpty { text += "\n\(style.bold("Events"))\n" + timeline(style) }
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
            ("resumed by", record.resumedBy.map { "\($0.user)@\($0.host)" } ?? ""),
            ("command", record.commandLine), ("approved by", record.approval),
            (
                "git",
                record.git.map {
                    "\($0.commit.prefix(12))\($0.isDirty ? " with uncommitted changes" : "")\($0.branch.map { " on \($0)" } ?? "")"
                } ?? ""
            ),
            ("version", record.toolVersion), ("hash", record.hash.hex),
        ]
    }

    /// Events with how long after the start each came.
    private func timeline(_ style: Style) -> String {
        let start = recordedEvents.map(\.timestamp).min() ?? record.startedAt
        let paths = StackPaths(recordedEvents)
        var table = Table(header: ["  AFTER", "RESOURCE", "STATUS", "REASON"])
        for event in recordedEvents {
            let mark = event.status.mark(style)
            table.rows.append([
                Table.Cell(text: "  +" + TimeText.duration(event.timestamp.timeIntervalSince(start)), mark: style.dim),
                Table.Cell(text: paths.name(of: event)), Table.Cell(text: event.status.rawValue, mark: mark),
                Table.Cell(text: event.statusReason ?? ""),
            ])
        }
        return table.render(style)
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
