package import Foundation
package import Model

/// What happened to each resource of a deployment, and how long it took, as its events tell.
package struct Timeline: Sendable {
    package struct Row: Sendable {
        /// The resource, `Network/Vpc` in a nested stack.
        package var name: String
        package var type: String
        package var start: Date
        /// `nil` where no event tells of an end.
        package var end: Date?
        package var status: StackStatus
        /// Why it failed, where it did.
        package var reason: String?

        package var seconds: TimeInterval? { end.map { $0.timeIntervalSince(start) } }
    }

    /// In the order they began.
    package private(set) var rows: [Row] = []

    package init(_ events: [StackEvent]) {
        let paths = StackPaths(events)
        var running: [String: Int] = [:]
        for event in events {
            let name = paths.name(of: event)
            let isTop = event.isOfStack && paths.path(ofStack: event.stackID) == nil
            if let index = running[name], isTop || Self.continues(event.status, rows[index].status) {
                rows[index].status = event.status
                rows[index].reason = rows[index].reason ?? (event.status.isFailure ? event.statusReason : nil)
                // The stack itself is at work until its last event.
                if !event.status.isInProgress { rows[index].end = event.timestamp }
                if !event.status.isInProgress, !isTop { running[name] = nil }
                continue
            }
            running[name] = rows.count
            rows.append(
                Row(
                    name: name, type: event.resourceType, start: event.timestamp,
                    end: event.status.isInProgress ? nil : event.timestamp, status: event.status,
                    reason: event.status.isFailure ? event.statusReason : nil))
        }
    }

    /// Whether a status belongs to the operation of the one before: `CREATE_FAILED` to `CREATE_IN_PROGRESS`, and not `DELETE_…`.
    private static func continues(_ status: StackStatus, _ before: StackStatus) -> Bool {
        func operation(_ status: StackStatus) -> Substring { status.rawValue.prefix { $0 != "_" } }
        return before.isInProgress && operation(status) == operation(before)
    }

    /// A bar for each resource on one scale, made to fit a screen.
    package func text(_ style: Style, columns: Int) -> String {
        guard let start = rows.map(\.start).min() else { return "" }
        let end = rows.map { $0.end ?? $0.start }.max() ?? start
        let names = rows.map { $0.name.oneLine }
        let took = rows.map { $0.seconds.map(TimeText.duration) ?? "" }
        let nameWidth = min(names.map(\.displayWidth).max() ?? 0, max(12, columns / 3))
        let tookWidth = took.map(\.count).max() ?? 0
        let statusWidth = min(rows.map(\.status.rawValue.count).max() ?? 0, 28)
        // Two columns in front, two between each.
        let width = max(8, min(60, columns - nameWidth - tookWidth - statusWidth - 8))
        let span = max(end.timeIntervalSince(start), 0.001)
        func column(_ date: Date) -> Int { Int((date.timeIntervalSince(start) / span * Double(width)).rounded(.down)) }
        var text = ""
        for (index, row) in rows.enumerated() {
            let from = min(max(column(row.start), 0), width - 1)
            let to = min(max(column(row.end ?? end), from + 1), width)
            let bar = String(repeating: row.end == nil ? "▒" : "█", count: to - from)
            let mark = row.status.mark(style)
            text += "  \(names[index].truncated(to: nameWidth).padded(to: nameWidth))  "
            text += String(repeating: " ", count: from) + mark(bar) + String(repeating: " ", count: width - to)
            text += "  \(style.dim(took[index].leftPadded(to: tookWidth)))  \(mark(row.status.rawValue.printable))\n"
            if let reason = row.reason, !row.status.isRollback { text += "    \(style.red(reason.oneLine))\n" }
        }
        return text
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
