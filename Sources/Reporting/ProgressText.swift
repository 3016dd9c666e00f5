package import Deploying
package import Foundation
import Model

/// Tells of a running deployment on standard error: a line an event, and on a terminal a status line that is redrawn below them.
package struct ProgressText: Sendable {
    private let style: Style
    private let isLive: Bool
    private let columns: Int
    /// How many resources the plan changes.
    private let total: Int
    /// When each resource's current operation began.
    private var started: [String: Date] = [:]
    private var inFlight: [String] = []
    private var types: [String: String] = [:]
    /// When something was told last.
    private var lastTold: Date?
    /// Each resource's status as it was told last.
    private var current: [String: StackStatus] = [:]
    private var finished: Set<String> = []
    private var isRollingBack = false
    private var isSettled = false
    private var hasStatusLine = false
    private var isCovered = true
    private var address = ""

    /// After how long without news it is told what is being waited for.
    private static let silence: TimeInterval = 30

    /// - Parameters:
    ///   - isLive: whether the screen can be redrawn.
    ///   - total: how many resources the plan changes.
    package init(_ style: Style, isLive: Bool, columns: Int?, total: Int) {
        self.style = style
        self.isLive = isLive
        self.columns = columns ?? 100
        self.total = total
    }

    /// The text to write for a notice, with what takes back the status line before and draws it anew behind.
    package mutating func text(for notice: DeploymentNotice, now: Date) -> String {
        let lines = lines(for: notice, now: now)
        if case .waiting = notice, lines.isEmpty { return "" }
        lastTold = now
        guard isLive else { return lines }
        let clear = hasStatusLine ? "\r\u{1B}[K" : ""
        let status = statusLine
        hasStatusLine = !status.isEmpty
        return clear + lines + status
    }

    /// What takes the status line back when all is done.
    package mutating func end() -> String {
        defer { hasStatusLine = false }
        return hasStatusLine ? "\r\u{1B}[K" : ""
    }

    private mutating func lines(for notice: DeploymentNotice, now: Date) -> String {
        switch notice {
        case .began(let deployment):
            address = deployment.address.description
            return style.dim("deployment \(deployment.serial) of \(deployment.address) begun, recorded as in progress") + "\n"
        case .changeSetCreated: return style.dim("change set created, waiting for CloudFormation to compute it") + "\n"
        case .reconciled(let reconciliation): return reconciled(reconciliation)
        case .executing:
            return style.dim(isCovered ? "the change set does what the plan says; executing it" : "executing the change set") + "\n"
        case .note(let text): return style.dim(text.printable) + "\n"
        case .deleting: return style.dim("deleting the stack") + "\n"
        case .warning(let message): return "\(style.yellow("warning")): \(message.printable)\n"
        case .event(let event, let path): return line(for: event, within: path)
        case .waiting: return waitingLine(now)
        case .detached(let failure):
            return "\(style.yellow("not watched any more")): \(failure.message.printable)\n"
                + "CloudFormation goes on with what it was told. `pipeplan resume \(address)` follows it to its end and records that.\n"
        }
    }

    private mutating func reconciled(_ reconciliation: Reconciliation) -> String {
        isCovered = reconciliation.isCovered
        var text = ""
        if reconciliation.lacksReplacementDetail {
            text += "\(style.yellow("warning")): the endpoint gave no replacement detail; the plan's is not confirmed\n"
        }
        if !reconciliation.lacksNestedDetail.isEmpty {
            let names = reconciliation.lacksNestedDetail.joined(separator: ", ").printable
            text += "\(style.yellow("warning")): the endpoint does not tell what changes inside \(names); the plan's is not confirmed\n"
        }
        if !reconciliation.notListed.isEmpty {
            let names = reconciliation.notListed.joined(separator: ", ").printable
            text += "\(style.yellow("warning")): planned, but not in CloudFormation's change set: \(names)\n"
        }
        return text
    }

    /// What is being waited for, where there was no news for a while; else nothing.
    private mutating func waitingLine(_ now: Date) -> String {
        guard let lastTold else {
            lastTold = now
            return ""
        }
        guard now.timeIntervalSince(lastTold) >= Self.silence else { return "" }
        let waiting = inFlight.map { key in
            let since = started[key].map { TimeText.duration(now.timeIntervalSince($0)) }
            return "\(key) (\([types[key], since].compactMap { $0 }.joined(separator: ", ")))"
        }
        let what = waiting.isEmpty ? "CloudFormation" : waiting.joined(separator: ", ")
        return style.dim("\(TimeText.timeOfDay(now)) still waiting for \(what)") + "\n"
    }

    private mutating func line(for event: StackEvent, within path: String?) -> String {
        let key = event.name(within: path).printable
        // The stack around it tells how a nested stack fares; only why it rolls back is told by itself.
        if path != nil, event.isOfStack { return event.status.isRollback && event.statusReason != nil ? rollbackLine(event, key) : "" }
        if event.isOfStack, event.status.isRollback { isRollingBack = true }
        if event.isOfStack { isSettled = !event.status.isInProgress }
        // CloudFormation says twice that a creation has begun: once before, and once when the resource has an ID.
        if event.status.isInProgress, current[key] == event.status, !event.isOfStack { return "" }
        current[key] = event.status
        var duration = ""
        if event.status.isInProgress {
            if started[key] == nil { started[key] = event.timestamp }
            types[key] = event.resourceType.printable
            if !inFlight.contains(key), !event.isOfStack { inFlight.append(key) }
        } else {
            if let start = started.removeValue(forKey: key) { duration = TimeText.duration(event.timestamp.timeIntervalSince(start)) }
            inFlight.removeAll { $0 == key }
            if !event.isOfStack, path == nil { finished.insert(key) }
        }
        var text = beginning(of: event, key)
        if !event.isOfStack { text += "  \(style.dim(event.resourceType.printable))" }
        if !duration.isEmpty { text += " \(style.dim("(\(duration))"))" }
        if let reason = event.statusReason, !reason.isEmpty, event.status.isFailure || event.isOfStack {
            text += "\n         \(event.status.isFailure ? style.red(reason.printable) : style.dim(reason.printable))"
        }
        return text + "\n"
    }

    private func rollbackLine(_ event: StackEvent, _ key: String) -> String {
        "\(beginning(of: event, key))\n         \(style.dim((event.statusReason ?? "").printable))\n"
    }

    private func beginning(of event: StackEvent, _ key: String) -> String {
        let mark = event.status.mark(style)
        return "\(style.dim(TimeText.timeOfDay(event.timestamp))) \(mark(event.status.rawValue.printable.padded(to: 28))) \(key)"
    }

    private var statusLine: String {
        guard !isSettled, !inFlight.isEmpty || !finished.isEmpty else { return "" }
        let done = min(finished.count, total)
        let width = 20
        let filled = total > 0 ? width * done / total : width
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let what = isRollingBack ? "rolling back" : "\(done)/\(total)"
        let line = "\(bar) \(what)  \(inFlight.joined(separator: ", "))".truncated(to: columns - 1)
        return isRollingBack ? style.yellow(line) : style.cyan(line)
    }
}
