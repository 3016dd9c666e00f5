import Foundation
import Model

/// Something that happens to a stack at a known time.
struct TimelineStep: Codable, Hashable, Sendable {
    /// An event that is told of, about a resource or the stack itself.
    struct Event: Codable, Hashable, Sendable {
        var logicalID: String
        var physicalID: String
        var type: String
        var status: StackStatus
        var reason: String?
        var properties: JSONValue?
    }

    enum Change: Codable, Hashable, Sendable {
        case status(StackStatus, reason: String?)
        case resource(ResourceRecord)
        case removal(logicalID: String)
        /// Something exists in the cloud from now on, or is other than it was.
        case cloudPut(type: String, physicalID: String, logicalID: String, properties: JSONValue)
        case cloudDelete(type: String, physicalID: String)
        /// It stays, but belongs to no stack any more.
        case cloudRelease(type: String, physicalID: String)
        /// Everything of the content but the resources, which have their own changes.
        case content(StackContent)
        /// The operation is over: what is now is what a later rollback returns to.
        case settled
        case deleted
    }

    /// Seconds after the operation's start.
    var after: Double
    var event: Event?
    var changes: [Change]
}

/// Makes the steps of one operation, in the order of their times.
struct Timeline: Sendable {
    private(set) var steps: [TimelineStep] = []
    let stack: StackRecord
    let view: CloudView

    /// Between two things that follow from each other at once.
    static let moment = 0.01

    init(_ stack: StackRecord, _ view: CloudView) {
        self.stack = stack
        self.view = view
    }

    var end: Double { steps.last?.after ?? 0 }

    /// The steps, each not before the one before it.
    var sorted: [TimelineStep] {
        steps.enumerated().sorted { ($0.element.after, $0.offset) < ($1.element.after, $1.offset) }.map(\.element)
    }

    // MARK: The stack

    mutating func stack(_ status: StackStatus, _ reason: String? = nil, at time: Double, _ changes: [TimelineStep.Change] = []) {
        let event = TimelineStep.Event(
            logicalID: stack.name, physicalID: stack.id, type: "AWS::CloudFormation::Stack", status: status, reason: reason)
        steps.append(TimelineStep(after: time, event: event, changes: [.status(status, reason: reason)] + changes))
    }

    // MARK: A resource

    /// The record in another status, with its event.
    mutating func resource(
        _ record: ResourceRecord, _ status: StackStatus, _ reason: String? = nil, at time: Double, _ changes: [TimelineStep.Change] = []
    ) {
        var changed = record
        changed.status = status
        changed.statusReason = reason
        changed.updatedAt = view.now.addingTimeInterval(time)
        event(changed, at: time, [.resource(changed)] + changes)
    }

    /// An event that leaves the stack's resource as it is: it is about another physical resource of the same logical ID.
    mutating func event(_ record: ResourceRecord, at time: Double, _ changes: [TimelineStep.Change]) {
        let event = TimelineStep.Event(
            logicalID: record.logicalID, physicalID: record.physicalID, type: record.type, status: record.status,
            reason: record.statusReason, properties: record.properties)
        steps.append(TimelineStep(after: time, event: event, changes: changes))
    }

    mutating func silently(_ changes: [TimelineStep.Change], at time: Double) {
        steps.append(TimelineStep(after: time, event: nil, changes: changes))
    }

    // MARK: Work

    /// Creates and updates as the schedule says.
    mutating func work(_ items: [WorkItem], _ schedule: Schedule, from start: Double) {
        let byID = items.reduce(into: [String: WorkItem]()) { $0[$1.logicalID] = $1 }
        for item in items where item.kind == .keep {
            silently([.resource(item.after)], at: start)
        }
        for run in schedule.runs {
            guard let item = byID[run.id], item.kind != .keep else { continue }
            let begin = start + run.start
            let finish = start + run.finish
            // A resource that fails at once never came to exist.
            let initiated = run.end == .failed ? nil : begin + max(0.002, item.seconds * 0.4)
            switch item.kind {
            case .create: create(item, begin, initiated.flatMap { $0 < finish ? $0 : nil }, finish, run.end)
            case .replace: replace(item, begin, initiated.flatMap { $0 < finish ? $0 : nil }, finish, run.end)
            case .update: update(item, begin, finish, run.end)
            case .keep: continue
            }
        }
    }

    private mutating func create(_ item: WorkItem, _ begin: Double, _ initiated: Double?, _ finish: Double, _ end: Schedule.End) {
        var absent = item.after
        absent.physicalID = ""
        resource(absent, "CREATE_IN_PROGRESS", at: begin)
        if let initiated {
            resource(item.after, "CREATE_IN_PROGRESS", "Resource creation Initiated", at: initiated, [put(item.after)])
        }
        let failed = initiated == nil ? absent : item.after
        switch end {
        case .completed: resource(item.after, "CREATE_COMPLETE", at: finish, [put(item.after)])
        case .failed: resource(failed, "CREATE_FAILED", item.failure, at: finish)
        case .cancelled: resource(failed, "CREATE_FAILED", "Resource creation cancelled", at: finish + Self.moment)
        }
    }

    private mutating func replace(_ item: WorkItem, _ begin: Double, _ initiated: Double?, _ finish: Double, _ end: Schedule.End) {
        guard let before = item.before else { return }
        var updating = item.after
        updating.physicalID = before.physicalID
        updating.attributes = before.attributes
        resource(
            updating, "UPDATE_IN_PROGRESS", "Requested update requires the creation of a new physical resource; hence creating one.",
            at: begin)
        if let initiated {
            resource(item.after, "UPDATE_IN_PROGRESS", "Resource creation Initiated", at: initiated, [put(item.after)])
        }
        let failed = initiated == nil ? updating : item.after
        switch end {
        case .completed: resource(item.after, "UPDATE_COMPLETE", at: finish, [put(item.after)])
        case .failed: resource(failed, "UPDATE_FAILED", item.failure, at: finish)
        case .cancelled: resource(failed, "UPDATE_FAILED", "Resource update cancelled", at: finish + Self.moment)
        }
    }

    private mutating func update(_ item: WorkItem, _ begin: Double, _ finish: Double, _ end: Schedule.End) {
        resource(item.after, "UPDATE_IN_PROGRESS", at: begin)
        switch end {
        case .completed: resource(item.after, "UPDATE_COMPLETE", at: finish, [put(item.after)])
        case .failed: resource(item.after, "UPDATE_FAILED", item.failure, at: finish)
        case .cancelled: resource(item.after, "UPDATE_FAILED", "Resource update cancelled", at: finish + Self.moment)
        }
    }

    func put(_ record: ResourceRecord) -> TimelineStep.Change {
        .cloudPut(type: record.type, physicalID: record.physicalID, logicalID: record.logicalID, properties: record.properties)
    }

    // MARK: Deletion

    /// A physical resource that is to go, and what becomes of its stack's resource.
    struct Removal: Hashable, Sendable {
        var record: ResourceRecord
        /// Whether it stays in the cloud by a policy or by request.
        var isKept: Bool
        /// Whether its logical ID leaves the stack with it; not so for the old half of a replacement.
        var leavesStack: Bool
    }

    /// Deletes in reverse order of need, side by side where that is possible.
    /// - Returns: the logical IDs that could not be deleted.
    mutating func delete(_ removals: [Removal], from start: Double) -> [String] {
        let ids = Set(removals.map(\.record.logicalID))
        var dependants: [String: [String]] = [:]
        for removal in removals {
            for need in removal.record.needs where ids.contains(need) { dependants[need, default: []].append(removal.record.logicalID) }
        }
        let tasks = Self.ordered(removals.map(\.record.logicalID), needs: dependants).compactMap { logicalID -> Schedule.Task? in
            guard let removal = removals.first(where: { $0.record.logicalID == logicalID }) else { return nil }
            let isQuick = removal.isKept || !removal.record.exists
            return Schedule.Task(
                logicalID, needs: dependants[logicalID] ?? [], seconds: isQuick ? Self.moment : view.seconds(logicalID),
                fails: !isQuick && view.fault(logicalID, .delete) != nil)
        }
        let schedule = Schedule(tasks, stopsAtFailure: false)
        var failed: [String] = []
        for run in schedule.runs {
            guard let removal = removals.first(where: { $0.record.logicalID == run.id }) else { continue }
            if !delete(removal, start + run.start, start + run.finish, fails: run.end == .failed) { failed.append(run.id) }
        }
        return failed
    }

    private mutating func delete(_ removal: Removal, _ begin: Double, _ finish: Double, fails: Bool) -> Bool {
        let record = removal.record
        func told(_ status: StackStatus, _ reason: String? = nil, at time: Double) -> ResourceRecord {
            var told = record
            told.status = status
            told.statusReason = reason
            told.updatedAt = view.now.addingTimeInterval(time)
            return told
        }
        func changes(_ told: ResourceRecord) -> [TimelineStep.Change] { removal.leavesStack ? [.resource(told)] : [] }
        if removal.isKept {
            let skipped = told("DELETE_SKIPPED", at: finish)
            let leaving: [TimelineStep.Change] = removal.leavesStack ? [.removal(logicalID: record.logicalID)] : []
            event(skipped, at: finish, leaving + [.cloudRelease(type: record.type, physicalID: record.physicalID)])
            return true
        }
        if record.exists {
            let deleting = told("DELETE_IN_PROGRESS", at: begin)
            event(deleting, at: begin, changes(deleting))
        }
        if fails {
            let failed = told("DELETE_FAILED", view.fault(record.logicalID, .delete), at: finish)
            event(failed, at: finish, changes(failed))
            return false
        }
        let deleted = told("DELETE_COMPLETE", at: finish)
        let leaving: [TimelineStep.Change] = removal.leavesStack ? [.removal(logicalID: record.logicalID)] : []
        event(deleted, at: finish, leaving + [.cloudDelete(type: record.type, physicalID: record.physicalID)])
        return true
    }

    /// The IDs, each after all it needs.
    static func ordered(_ ids: [String], needs: [String: [String]]) -> [String] {
        var order: [String] = []
        var state: [String: Bool] = [:]
        for start in ids {
            var pending = [start]
            while let id = pending.last {
                if state[id] == nil {
                    state[id] = false
                    pending += (needs[id] ?? []).filter { state[$0] == nil }
                } else {
                    pending.removeLast()
                    if state[id] == false {
                        state[id] = true
                        order.append(id)
                    }
                }
            }
        }
        return order
    }
}
