import Foundation
import Model
import OrderedCollections

/// What is done when creating or updating fails.
enum FailureHandling: Hashable, Sendable {
    case rollBack
    case delete
    case doNothing
}

extension Timeline {
    /// Creating a stack or updating it, to its end.
    /// - Parameters:
    ///   - content: what the stack's content is to be; its resources are those of `plan`.
    ///   - isCreate: whether the stack is new. One whose creation failed and was left as it is takes updates.
    static func execution(
        of plan: ExecutionPlan, to content: StackContent, _ stack: StackRecord, _ view: CloudView, isCreate: Bool,
        onFailure: FailureHandling
    ) -> [TimelineStep] {
        var working = content
        working.resources = stack.content.resources
        var begun = stack
        begun.content = working
        var timeline = Timeline(begun, view)
        timeline.stack(isCreate ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS", "User Initiated", at: 0)
        timeline.silently([.content(working)], at: 0)
        let start = Timeline.moment
        let tasks = plan.items.map { item in
            Schedule.Task(item.logicalID, needs: item.after.needs, seconds: item.seconds, fails: item.failure != nil)
        }
        let schedule = Schedule(plan.earlyFailure == nil ? tasks : [])
        if plan.earlyFailure == nil { timeline.work(plan.items, schedule, from: start) }
        let done = start + schedule.finish + Timeline.moment * 2
        if let reason = timeline.failureReason(plan, schedule) {
            timeline.fail(plan, schedule, reason, isCreate: isCreate, at: done, onFailure)
            return timeline.sorted
        }
        var final = content
        final.outputs = plan.outputs
        final.imports = plan.imports
        if isCreate {
            timeline.stack("CREATE_COMPLETE", at: done, [.content(final), .settled])
            return timeline.sorted
        }
        timeline.stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", at: done, [.content(final)])
        _ = timeline.delete(timeline.cleanup(after: plan), from: done + Timeline.moment)
        timeline.stack("UPDATE_COMPLETE", at: timeline.latest + Timeline.moment, [.settled])
        return timeline.sorted
    }

    private var latest: Double { steps.map(\.after).max() ?? 0 }

    /// What goes after a successful update: what the template no longer has, and the old halves of replacements.
    private func cleanup(after plan: ExecutionPlan) -> [Removal] {
        let replaced = plan.items.compactMap { item -> Removal? in
            guard item.kind == .replace, let before = item.before else { return nil }
            return Removal(record: before, isKept: Self.isKept(item.after.updateReplacePolicy ?? "Delete"), leavesStack: false)
        }
        return replaced
            + plan.removed.map { Removal(record: $0, isKept: $0.exists && Self.isKept($0.deletionPolicy ?? "Delete"), leavesStack: true) }
    }

    private static func isKept(_ policy: String) -> Bool { policy == "Retain" || policy == "RetainExceptOnCreate" }

    // MARK: Failure

    private func failureReason(_ plan: ExecutionPlan, _ schedule: Schedule) -> String? {
        if let reason = plan.earlyFailure { return reason }
        let kinds = plan.items.reduce(into: [String: WorkItem.Kind]()) { $0[$1.logicalID] = $1.kind }
        let failed = schedule.runs.filter { $0.end != .completed }.map(\.id)
        guard !failed.isEmpty else { return plan.lateFailure }
        let created = failed.filter { kinds[$0] == .create }.sorted()
        let updated = failed.filter { kinds[$0] != .create }.sorted()
        var reason = ""
        if !created.isEmpty { reason += "The following resource(s) failed to create: [\(created.joined(separator: ", "))]. " }
        if !updated.isEmpty { reason += "The following resource(s) failed to update: [\(updated.joined(separator: ", "))]. " }
        return reason
    }

    private mutating func fail(
        _ plan: ExecutionPlan, _ schedule: Schedule, _ reason: String, isCreate: Bool, at time: Double, _ handling: FailureHandling
    ) {
        switch handling {
        case .doNothing:
            stack(isCreate ? "CREATE_FAILED" : "UPDATE_FAILED", reason, at: time)
        case .rollBack:
            let now = resources(after: plan, schedule)
            let told = isCreate ? reason.trimmingSuffix + " Rollback requested by user." : reason
            if stack.stable == nil { rollBackCreation(now, told, at: time) } else { rollBackUpdate(now, told, at: time, skipping: []) }
        case .delete:
            let now = resources(after: plan, schedule)
            stack("DELETE_IN_PROGRESS", reason.trimmingSuffix + " Delete requested by user.", at: time)
            deleteAll(now, from: time + Timeline.moment, failure: "DELETE_FAILED", retaining: [], isRollback: true)
        }
    }

    /// The resources as they are when the schedule ends.
    private func resources(after plan: ExecutionPlan, _ schedule: Schedule) -> OrderedDictionary<String, ResourceRecord> {
        var resources = stack.content.resources
        for step in sorted {
            for change in step.changes {
                switch change {
                case .resource(let record): resources[record.logicalID] = record
                case .removal(let logicalID): resources[logicalID] = nil
                default: continue
                }
            }
        }
        return resources
    }

    // MARK: Rollback

    /// Deletes what a failed creation has made.
    mutating func rollBackCreation(_ resources: OrderedDictionary<String, ResourceRecord>, _ reason: String, at time: Double) {
        stack("ROLLBACK_IN_PROGRESS", reason, at: time)
        let removals = resources.values.map {
            Removal(record: $0, isKept: $0.exists && $0.deletionPolicy == "Retain", leavesStack: true)
        }
        let failed = delete(removals, from: time + Timeline.moment)
        let end = latest + Timeline.moment
        if failed.isEmpty {
            stack("ROLLBACK_COMPLETE", at: end, [.content(StackContent.emptied(stack.content))])
        } else {
            stack("ROLLBACK_FAILED", "The following resource(s) failed to delete: [\(failed.joined(separator: ", "))]. ", at: end)
        }
    }

    /// Returns to the stable content.
    /// - Parameter skipping: resources that are taken to be as they should be without being touched.
    mutating func rollBackUpdate(
        _ resources: OrderedDictionary<String, ResourceRecord>, _ reason: String?, at time: Double, skipping: Set<String>
    ) {
        let stable = stack.stable ?? stack.content
        stack("UPDATE_ROLLBACK_IN_PROGRESS", reason, at: time)
        var tasks: [Schedule.Task] = []
        var restored: [String: ResourceRecord] = [:]
        for record in stable.resources.values {
            guard let now = resources[record.logicalID],
                now.substance != record.substance || now.status.isFailure || now.status.isInProgress
            else { continue }
            restored[record.logicalID] = record
            let isSkipped = skipping.contains(record.logicalID)
            tasks.append(
                Schedule.Task(
                    record.logicalID, needs: record.needs, seconds: isSkipped ? 0 : view.seconds(record.logicalID),
                    fails: !isSkipped && view.fault(record.logicalID, .rollback) != nil))
        }
        let order = Self.ordered(tasks.map(\.id), needs: stable.resources.values.reduce(into: [:]) { $0[$1.logicalID] = $1.needs })
        let sortedTasks = order.compactMap { id in tasks.first { $0.id == id } }
        let schedule = Schedule(sortedTasks)
        for run in schedule.runs {
            guard let record = restored[run.id] else { continue }
            let begin = time + Timeline.moment + run.start
            let finish = time + Timeline.moment + run.finish
            if skipping.contains(run.id) {
                resource(record, "UPDATE_COMPLETE", at: finish)
                continue
            }
            resource(record, "UPDATE_IN_PROGRESS", at: begin)
            switch run.end {
            case .completed: resource(record, "UPDATE_COMPLETE", at: finish, [put(record)])
            case .failed: resource(record, "UPDATE_FAILED", view.fault(run.id, .rollback), at: finish)
            case .cancelled: resource(record, "UPDATE_FAILED", "Resource update cancelled", at: finish + Timeline.moment)
            }
        }
        let failed = schedule.runs.filter { $0.end != .completed }.map(\.id).sorted()
        let end = latest + Timeline.moment
        guard failed.isEmpty else {
            stack("UPDATE_ROLLBACK_FAILED", "The following resource(s) failed to update: [\(failed.joined(separator: ", "))]. ", at: end)
            return
        }
        stack("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", at: end, [.content(stable)])
        _ = delete(leftovers(resources, stable), from: end + Timeline.moment)
        stack("UPDATE_ROLLBACK_COMPLETE", at: latest + Timeline.moment, [.settled])
    }

    /// What a failed update has made and the stable content does not have.
    private func leftovers(_ resources: OrderedDictionary<String, ResourceRecord>, _ stable: StackContent) -> [Removal] {
        resources.values.compactMap { now in
            guard let before = stable.resources[now.logicalID] else {
                return Removal(record: now, isKept: now.exists && now.deletionPolicy == "Retain", leavesStack: true)
            }
            guard now.exists, now.physicalID != before.physicalID else { return nil }
            return Removal(record: now, isKept: false, leavesStack: false)
        }
    }

    // MARK: Deletion of a stack

    static func deletion(_ stack: StackRecord, _ view: CloudView, retaining: Set<String>) -> [TimelineStep] {
        var timeline = Timeline(stack, view)
        timeline.stack("DELETE_IN_PROGRESS", "User Initiated", at: 0)
        timeline.deleteAll(
            stack.content.resources, from: Timeline.moment, failure: "DELETE_FAILED", retaining: retaining, isRollback: false)
        return timeline.sorted
    }

    private mutating func deleteAll(
        _ resources: OrderedDictionary<String, ResourceRecord>, from time: Double, failure: StackStatus, retaining: Set<String>,
        isRollback: Bool
    ) {
        let removals = resources.values.map { record in
            let policy = record.deletionPolicy ?? "Delete"
            let isKept = retaining.contains(record.logicalID) || (isRollback ? policy == "Retain" : Self.isKept(policy))
            return Removal(record: record, isKept: record.exists && isKept, leavesStack: true)
        }
        let failed = delete(removals, from: time)
        let end = latest + Timeline.moment
        if failed.isEmpty {
            stack("DELETE_COMPLETE", at: end, [.deleted])
        } else {
            stack(failure, "The following resource(s) failed to delete: [\(failed.sorted().joined(separator: ", "))]. ", at: end)
        }
    }
}

extension StackContent {
    /// The content without what only a finished stack has.
    static func emptied(_ content: StackContent) -> StackContent {
        var emptied = content
        emptied.resources = [:]
        emptied.outputs = []
        emptied.imports = []
        return emptied
    }
}

extension String {
    fileprivate var trimmingSuffix: String { hasSuffix(" ") ? String(dropLast()) : self }
}
