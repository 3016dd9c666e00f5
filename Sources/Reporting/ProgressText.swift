package import Deploying
package import Foundation
package import Model
package import StateDatabase

/// Tells of a running deployment on standard error: a line an event, and below them, where the screen can be redrawn, what is under way
/// and how long it may take (`block`).
package struct ProgressText: Sendable {
    let style: Style
    private let isLive: Bool
    let work: PlannedWork
    /// How long things took before.
    let typical: TypicalDurations
    /// The stack's name, where several are told of at the same time.
    let label: String?
    /// When each resource's current operation began, by CloudFormation's clock.
    private var started: [String: Date] = [:]
    /// In the order they began.
    private(set) var inFlight: [String] = []
    private(set) var types: [String: String] = [:]
    /// The least that this machine's clock was ahead of an event that it was told of: as far as the two clocks can be told apart, what
    /// they differ by.
    private var clockOffset: TimeInterval?
    /// When something was told last.
    private var lastTold: Date?
    /// Each resource's status as it was told last.
    private(set) var current: [String: StackStatus] = [:]
    private(set) var finished: Set<String> = []
    private(set) var isRollingBack = false
    /// Whether the stack has come to rest, or is not watched any more.
    package private(set) var isSettled = false
    /// When CloudFormation was told to begin, or the first event came of what had begun before.
    private(set) var executing: Date?
    private var isCovered = true
    private let address: String

    /// After how long without news it is told what is being waited for.
    private static let silence: TimeInterval = 30

    /// - Parameters:
    ///   - address: the stack's.
    ///   - isLive: whether the screen can be redrawn.
    ///   - label: the stack's name, where several are told of at the same time.
    package init(
        _ style: Style, _ address: StackAddress, isLive: Bool, work: PlannedWork, typical: TypicalDurations = TypicalDurations(),
        label: String? = nil
    ) {
        self.style = style
        self.address = address.description
        self.isLive = isLive
        self.work = work
        self.typical = typical
        self.label = label
    }

    /// The lines to write for a notice.
    package mutating func text(for notice: DeploymentNotice, now: Date) -> String {
        let lines = lines(for: notice, now: now)
        if case .waiting = notice, lines.isEmpty { return "" }
        lastTold = now
        return lines
    }

    /// For how long a resource's operation has been under way; `nil` where none is.
    func waiting(for key: String, _ now: Date) -> TimeInterval? {
        guard inFlight.contains(key) else { return nil }
        return started[key].map { max(0, now.timeIntervalSince($0) - (clockOffset ?? 0)) }
    }

    private mutating func lines(for notice: DeploymentNotice, now: Date) -> String {
        switch notice {
        case .began(let deployment):
            return style.dim("deployment \(deployment.serial) of \(deployment.address) begun, recorded as in progress") + "\n"
        case .takenUp(let deployment):
            return style.dim("deployment \(deployment.serial) of \(deployment.address) goes on where it was interrupted") + "\n"
        case .changeSetCreated: return style.dim("change set created, waiting for CloudFormation to compute it") + "\n"
        case .reconciled(let reconciliation): return reconciled(reconciliation)
        case .executing:
            executing = now
            return style.dim(isCovered ? "the change set does what the plan says; executing it" : "executing the change set") + "\n"
        case .note(let text): return style.dim(text.printable) + "\n"
        case .deleting:
            executing = now
            return style.dim("deleting the stack") + "\n"
        case .warning(let message): return "\(style.yellow("warning")): \(message.printable)\n"
        case .event(let event, let path):
            clockOffset = min(clockOffset ?? .infinity, now.timeIntervalSince(event.timestamp))
            executing = executing ?? now
            return line(for: event, within: path)
        // On a screen that is redrawn it is seen all the time.
        case .waiting: return isLive ? "" : waitingLine(now)
        case .detached(let failure):
            isSettled = true
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
            let since = self.waiting(for: key, now).map { TimeText.duration($0) }
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
}
