import Foundation
import Model
import OrderedCollections

/// Beginning operations: each computes its whole timeline and stores it.
extension CloudFormationService {
    func stackARN(_ name: String) -> String {
        "arn:\(partition):cloudformation:\(region):\(cloud.accountID):stack/\(name)/\(cloud.random.uuid())"
    }

    func changeSetARN(_ name: String) -> String {
        "arn:\(partition):cloudformation:\(region):\(cloud.accountID):changeSet/\(name)/\(cloud.random.uuid())"
    }

    private var partition: String {
        region.hasPrefix("cn-") ? "aws-cn" : region.hasPrefix("us-gov-") ? "aws-us-gov" : "aws"
    }

    /// A stack that does not exist yet.
    func newStack(_ name: String, status: StackStatus) throws -> StackRecord {
        let pattern = #/[a-zA-Z][-a-zA-Z0-9]*/#
        guard name.wholeMatch(of: pattern) != nil else {
            throw APIFailure.validation(
                "1 validation error detected: Value '\(name)' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            )
        }
        guard name.count <= 128 else {
            throw APIFailure.validation(
                "1 validation error detected: Value '\(name)' at 'stackName' failed to satisfy constraint: Member must have length less than or equal to 128"
            )
        }
        return StackRecord(
            id: stackARN(name), name: name, region: region, status: status, statusReason: "User Initiated", createdAt: cloud.now,
            content: StackContent())
    }

    /// Refuses what can't be updated in its present state.
    func checkUpdatable(_ stack: StackRecord) throws {
        if stack.status == "CREATE_FAILED", stack.doesNothingOnFailure {
            throw APIFailure.validation(
                "This stack cannot be updated from [CREATE_FAILED] state because it contains [on-failure: DO_NOTHING]. Please use disable-rollback option instead during stack creation."
            )
        }
        let retryable: Set<StackStatus> = ["CREATE_FAILED", "UPDATE_FAILED"]
        guard stack.status.acceptsUpdate || retryable.contains(stack.status) else {
            throw APIFailure.validation("Stack:\(stack.id) is in \(stack.status) state and can not be updated.")
        }
    }

    /// Creates or updates the stack, by a change set or without.
    func begin(
        _ target: Target, of stack: StackRecord, isCreate: Bool, onFailure: FailureHandling, token: String?, changeSetID: String?
    ) throws {
        var begun = stack
        begun.operationToken = token
        begun.operationID = cloud.random.uuid()
        begun.changeSetID = changeSetID
        if !isCreate || changeSetID != nil { begun.updatedAt = cloud.now }
        try freezeExecutedChangeSet(of: stack)
        let view = try cloud.view(of: begun)
        let plan = ExecutionPlan.make(from: begun.content, to: target.bound, tags: target.content.tags, in: view)
        let steps = Timeline.execution(of: plan, to: target.content, begun, view, isCreate: isCreate, onFailure: onFailure)
        try cloud.save(begun)
        try cloud.schedule(steps, for: begun)
    }

    /// Writes down how the change set that was executed last has ended, before another operation makes that untellable.
    func freezeExecutedChangeSet(of stack: StackRecord) throws {
        guard let id = stack.changeSetID, var changeSet = try cloud.changeSet(id: id), changeSet.executionStatus == "EXECUTE_IN_PROGRESS"
        else { return }
        changeSet.executionStatus = Self.executionStatus(of: stack)
        try cloud.save(changeSet)
    }

    static func executionStatus(of stack: StackRecord) -> String {
        stack.status.isInProgress ? "EXECUTE_IN_PROGRESS" : stack.status.isSuccess ? "EXECUTE_COMPLETE" : "EXECUTE_FAILED"
    }

    func failureHandling(_ form: QueryForm, stack: StackRecord) throws -> FailureHandling {
        if try form.flag("DisableRollback") ?? stack.disableRollback { return .doNothing }
        return try handling(form["OnFailure"])
    }

    func handling(_ name: String?) throws -> FailureHandling {
        switch name {
        case nil, "ROLLBACK": return .rollBack
        case "DELETE": return .delete
        case "DO_NOTHING": return .doNothing
        case let other?:
            throw APIFailure.validation(
                "1 validation error detected: Value '\(other)' at 'onFailure' failed to satisfy constraint: Member must satisfy enum value set: [DELETE, DO_NOTHING, ROLLBACK]"
            )
        }
    }

    // MARK: Direct operations

    func createStack(_ form: QueryForm) throws -> Answer {
        let name = try form.required("StackName")
        let token = form["ClientRequestToken"]
        if let id = try cloud.answer(String.self, to: "CreateStack", token: token, region: region) { return .of(["StackId": .text(id)]) }
        guard try cloud.stack(named: name, region: region) == nil else {
            throw APIFailure("AlreadyExistsException", "Stack [\(name)] already exists")
        }
        var stack = try newStack(name, status: "CREATE_IN_PROGRESS")
        stack.terminationProtection = try form.flag("EnableTerminationProtection") ?? false
        stack.disableRollback = try form.flag("DisableRollback") ?? false
        stack.doesNothingOnFailure = form["OnFailure"] == "DO_NOTHING"
        stack.policy = try policyBody(form)
        let target = try target(form, of: stack, isDirect: true)
        try refuseTransforms(target)
        try begin(
            target, of: stack, isCreate: true, onFailure: try failureHandling(form, stack: stack), token: token, changeSetID: nil)
        try cloud.keep(stack.id, to: "CreateStack", token: token, region: region)
        return .of(["StackId": .text(stack.id)])
    }

    func updateStack(_ form: QueryForm) throws -> Answer {
        let stack = try stack(form, missing: .brackets)
        let token = form["ClientRequestToken"]
        if let id = try cloud.answer(String.self, to: "UpdateStack", token: token, region: region) { return .of(["StackId": .text(id)]) }
        try checkUpdatable(stack)
        let target = try target(form, of: stack, isDirect: true)
        try refuseTransforms(target)
        let changes = try changes(target, of: stack)
        guard !changes.isEmpty || hasOtherChanges(target, stack) || stack.status.isFailure else {
            throw APIFailure.validation("No updates are to be performed.")
        }
        var updated = stack
        updated.disableRollback = try form.flag("DisableRollback") ?? stack.disableRollback
        if let policy = try policyBody(form) { updated.policy = policy }
        try begin(
            target, of: updated, isCreate: false, onFailure: updated.disableRollback ? .doNothing : .rollBack, token: token,
            changeSetID: nil)
        try cloud.keep(stack.id, to: "UpdateStack", token: token, region: region)
        return .of(["StackId": .text(stack.id)])
    }

    /// What a change set of the target lists.
    func changes(_ target: Target, of stack: StackRecord) throws -> [ListedChange] {
        ChangeListing.changes(
            before: stack.content, new: target.bound, tags: target.content.tags, world: try cloud.view(of: stack).world)
    }

    /// Macros run in AWS; the sandbox says so instead of pretending.
    private func refuseTransforms(_ target: Target) throws {
        if let reason = transformFailure(target) { throw APIFailure.validation(reason) }
    }

    func transformFailure(_ target: Target) -> String? {
        guard let macro = target.bound.template.transforms.first(where: { $0 != "AWS::LanguageExtensions" }) else { return nil }
        return "Transform \(macro) failed with: The sandbox runs no macros."
    }

    /// Whether something changes that is listed with no resource: outputs, tags, settings.
    func hasOtherChanges(_ target: Target, _ stack: StackRecord) -> Bool {
        guard let old = try? bound(stack.content, of: stack) else { return true }
        func outputs(_ bound: BoundTemplate) -> JSONValue? { bound.template.root["Outputs"]?.json }
        return outputs(old) != outputs(target.bound) || target.content.tags != stack.content.tags
            || target.content.notificationArns != stack.content.notificationArns
            || target.content.rollbackConfiguration != stack.content.rollbackConfiguration
    }

    // MARK: Deletion

    func deleteStack(_ form: QueryForm) throws -> Answer {
        let name = try form.required("StackName")
        // Deleting what is not there is no error (API reference, DeleteStack).
        guard let stack = try find(name), !stack.isDeleted, stack.status != "DELETE_IN_PROGRESS" else { return .empty }
        guard !stack.terminationProtection else {
            throw APIFailure.validation("Stack [\(stack.name)] cannot be deleted while TerminationProtection is enabled")
        }
        let retained = form.list("RetainResources")
        if !retained.isEmpty, stack.status != "DELETE_FAILED" {
            throw APIFailure.validation(
                "Invalid operation on stack [\(stack.id)]. Resources can only be retained when the stack is in the DELETE_FAILED state.")
        }
        if let unknown = retained.first(where: { stack.content.resources[$0] == nil }) {
            throw APIFailure.validation("Resource \(unknown) does not exist for stack \(stack.name)")
        }
        let deletable: Set<StackStatus> = ["CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS"]
        guard !stack.status.isInProgress || deletable.contains(stack.status) else {
            throw APIFailure.validation("Stack [\(stack.name)] cannot be deleted while in status \(stack.status)")
        }
        try freezeExecutedChangeSet(of: stack)
        var deleting = stack
        deleting.operationToken = form["ClientRequestToken"]
        deleting.operationID = cloud.random.uuid()
        if let reason = try importedExport(of: stack) {
            try cancelDeletion(of: deleting, reason)
            return .empty
        }
        for changeSet in try cloud.changeSets(of: stack.id) where changeSet.executionStatus == nil { try cloud.delete(changeSet) }
        if stack.status != "REVIEW_IN_PROGRESS" { deleting.updatedAt = cloud.now }
        deleting.changeSetID = nil
        try cloud.save(deleting)
        let view = try cloud.view(of: deleting)
        try cloud.schedule(Timeline.deletion(deleting, view, retaining: Set(retained)), for: deleting)
        return .empty
    }

    private func importedExport(of stack: StackRecord) throws -> String? {
        for output in stack.content.outputs {
            guard let name = output.exportName else { continue }
            let users = try cloud.importers(of: name, region: region).filter { $0 != stack.name }
            guard let last = users.last else { continue }
            let list = users.count > 1 ? users.dropLast().joined(separator: ", ") + " and " + last : last
            return "Delete canceled. Cannot delete export \(name) as it is in use by \(list)."
        }
        return nil
    }

    /// CloudFormation accepts the request, tells why it does nothing, and leaves the stack in the status it had.
    private func cancelDeletion(of stack: StackRecord, _ reason: String) throws {
        var timeline = Timeline(stack, try cloud.view(of: stack))
        timeline.stack("DELETE_IN_PROGRESS", "User Initiated", at: 0)
        timeline.stack(stack.status, reason, at: Timeline.moment * 5)
        try cloud.save(stack)
        try cloud.schedule(timeline.sorted, for: stack)
    }
}
