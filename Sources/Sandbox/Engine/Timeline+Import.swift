import Model

extension Timeline {
    /// Taking existing resources into a stack, to its end. Nothing of them changes but whose they are.
    static func importing(
        _ plan: ExecutionPlan, to content: StackContent, _ stack: StackRecord, _ view: CloudView
    ) -> [TimelineStep] {
        var working = content
        working.resources = stack.content.resources
        var begun = stack
        begun.content = working
        var timeline = Timeline(begun, view)
        timeline.stack("IMPORT_IN_PROGRESS", "User Initiated", at: 0)
        timeline.silently([.content(working)], at: 0)
        let imported = plan.items.filter { $0.kind == .create }
        var time = Timeline.moment
        for item in plan.items where item.kind != .create { timeline.silently([.resource(item.after)], at: time) }
        for item in imported {
            timeline.resource(item.after, "IMPORT_IN_PROGRESS", "Resource import started.", at: time)
            time += item.seconds
            if let failure = item.failure {
                timeline.resource(item.after, "IMPORT_FAILED", failure, at: time)
                timeline.takeBack(imported, before: stack.content, failed: item.logicalID, at: time + Timeline.moment)
                return timeline.sorted
            }
            // It stays what it was, whatever the template says of it.
            let adoption = timeline.put(item.before ?? item.after)
            timeline.resource(item.after, "IMPORT_COMPLETE", "Resource import completed.", at: time, [adoption])
        }
        var final = content
        final.outputs = plan.outputs
        final.imports = plan.imports
        timeline.stack("IMPORT_COMPLETE", at: time + Timeline.moment, [.content(final), .settled])
        return timeline.sorted
    }

    private mutating func takeBack(_ imported: [WorkItem], before: StackContent, failed: String, at time: Double) {
        stack("IMPORT_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to import: [\(failed)].", at: time)
        for item in imported {
            var changes: [TimelineStep.Change] = [.removal(logicalID: item.logicalID)]
            if item.failure == nil { changes.append(.cloudRelease(type: item.after.type, physicalID: item.after.physicalID)) }
            silently(changes, at: time + Timeline.moment)
        }
        stack("IMPORT_ROLLBACK_COMPLETE", at: time + Timeline.moment * 2, [.content(before), .settled])
    }
}
