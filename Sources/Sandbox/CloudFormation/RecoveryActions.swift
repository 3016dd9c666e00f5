import Foundation
import Model
import OrderedCollections

/// Ways out of updates that run or have failed.
extension CloudFormationService {
    func cancelUpdateStack(_ form: QueryForm) throws -> Answer {
        let stack = try stack(form, missing: .brackets)
        guard stack.status == "UPDATE_IN_PROGRESS" else {
            throw APIFailure.validation("CancelUpdateStack cannot be called from current stack status")
        }
        var timeline = Timeline(stack, try cloud.view(of: stack))
        var resources = stack.content.resources
        for record in stack.content.resources.values where record.status.isInProgress {
            let isCreation = record.status == "CREATE_IN_PROGRESS"
            var cancelled = record
            cancelled.status = isCreation ? "CREATE_FAILED" : "UPDATE_FAILED"
            resources[record.logicalID] = cancelled
            timeline.resource(
                record, cancelled.status, isCreation ? "Resource creation cancelled" : "Resource update cancelled", at: Timeline.moment)
        }
        timeline.rollBackUpdate(resources, "User Initiated", at: 0, skipping: [])
        try cloud.schedule(timeline.sorted, for: stack)
        return .empty
    }

    func continueUpdateRollback(_ form: QueryForm) throws -> Answer {
        let stack = try stack(form, missing: .brackets)
        guard stack.status == "UPDATE_ROLLBACK_FAILED" else {
            throw APIFailure.validation("Stack:\(stack.id) is in \(stack.status) state and can not continue rollback.")
        }
        let skipped = form.list("ResourcesToSkip")
        if let unknown = skipped.first(where: { stack.content.resources[$0]?.status.isFailure != true }) {
            throw APIFailure.validation(
                "ResourcesToSkip contains resources that can't be skipped: \(unknown) is not in a failed state of the rollback.")
        }
        var timeline = Timeline(stack, try cloud.view(of: stack))
        timeline.rollBackUpdate(stack.content.resources, "User Initiated", at: 0, skipping: Set(skipped))
        try begin(timeline, of: stack, token: form["ClientRequestToken"])
        return .empty
    }

    func rollbackStack(_ form: QueryForm) throws -> Answer {
        let stack = try stack(form, missing: .brackets)
        guard stack.status == "CREATE_FAILED" || stack.status == "UPDATE_FAILED" else {
            throw APIFailure.validation("Stack:\(stack.id) is in \(stack.status) state and can not be rolled back.")
        }
        var timeline = Timeline(stack, try cloud.view(of: stack))
        if stack.stable == nil {
            timeline.rollBackCreation(stack.content.resources, "User Initiated", at: 0)
        } else {
            timeline.rollBackUpdate(stack.content.resources, "User Initiated", at: 0, skipping: [])
        }
        try begin(timeline, of: stack, token: form["ClientRequestToken"])
        return .of(["StackId": .text(stack.id)])
    }

    private func begin(_ timeline: Timeline, of stack: StackRecord, token: String?) throws {
        var begun = stack
        begun.operationToken = token
        begun.operationID = cloud.random.uuid()
        try cloud.save(begun)
        try cloud.schedule(timeline.sorted, for: begun)
    }
}
