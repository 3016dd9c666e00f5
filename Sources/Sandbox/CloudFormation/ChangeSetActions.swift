import Foundation
import Model
import OrderedCollections

extension CloudFormationService {
    private struct Created: Codable {
        var id: String
        var stackID: String
        var answer: Answer { .of(["Id": .text(id), "StackId": .text(stackID)]) }
    }

    func createChangeSet(_ form: QueryForm) throws -> Answer {
        let stackName = try form.required("StackName")
        let name = try form.required("ChangeSetName")
        guard name.wholeMatch(of: #/[a-zA-Z][-a-zA-Z0-9]*/#) != nil, name.count <= 128 else {
            throw APIFailure.validation(
                "1 validation error detected: Value '\(name)' at 'changeSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            )
        }
        let type = form["ChangeSetType"] ?? "UPDATE"
        let mode = form["DeploymentMode"]
        try checkDeploymentMode(mode, type)
        let token = form["ClientToken"]
        if let created = try cloud.answer(Created.self, to: "CreateChangeSet", token: token, region: region) { return created.answer }
        let stack = try stackForChangeSet(stackName, name, type)
        guard try !cloud.changeSets(of: stack.id).contains(where: { $0.name == name && $0.executionStatus == nil }) else {
            throw APIFailure("AlreadyExistsException", "ChangeSet \(name) already exists")
        }
        let target = try target(form, of: stack, isDirect: false)
        var changeSet = ChangeSetRecord(
            id: changeSetARN(name), name: name, stackID: stack.id, stackName: stack.name, description: form["Description"], type: type,
            createdAt: cloud.now, readyAt: cloud.now.addingTimeInterval(cloud.options.changeSetSeconds), content: target.content,
            changes: [])
        changeSet.onStackFailure = form["OnStackFailure"]
        changeSet.deploymentMode = mode
        if try handling(form["OnStackFailure"]) == .delete, type != "CREATE" {
            throw APIFailure.validation("OnStackFailure DELETE is only valid for change sets of type CREATE.")
        }
        changeSet.imports = try resourcesToImport(form, target, of: stack)
        changeSet.failure = transformFailure(target)
        if changeSet.failure == nil {
            let changes = try mode == nil ? changes(target, of: stack) : driftAwareChanges(target, of: stack)
            if changes.isEmpty, type == "UPDATE", !hasOtherChanges(target, stack), !stack.status.isFailure {
                changeSet.failure = ChangeSetRecord.noChanges
            }
            if let imports = changeSet.imports { changeSet.failure = importFailure(imports, changes, target, stack) }
            let listed = changes.map { $0.importing(changeSet.imports ?? [:]) }
            changeSet.changes = cloud.faults.distorted(listed, of: stack.name)
        }
        if try cloud.stack(id: stack.id) == nil {
            try cloud.save(stack)
            var timeline = Timeline(stack, try cloud.view(of: stack))
            timeline.stack("REVIEW_IN_PROGRESS", "User Initiated", at: 0)
            try cloud.schedule(timeline.sorted, for: stack)
        }
        try cloud.save(changeSet)
        let created = Created(id: changeSet.id, stackID: stack.id)
        try cloud.keep(created, to: "CreateChangeSet", token: token, region: region)
        return created.answer
    }

    /// The stack a change set is for, checked for whether it can have one; a new one for the type `CREATE`.
    private func stackForChangeSet(_ name: String, _ changeSetName: String, _ type: String) throws -> StackRecord {
        let found = try find(name)
        switch type {
        case "CREATE":
            guard let found else { return try newStack(name, status: "REVIEW_IN_PROGRESS") }
            guard found.status == "REVIEW_IN_PROGRESS" else {
                throw APIFailure.validation(
                    "Stack [\(name)] already exists and cannot be created again with the changeSet [\(changeSetName)].")
            }
            return found
        case "UPDATE":
            guard let found else { throw MissingStack.brackets.failure(name) }
            try checkUpdatable(found)
            return found
        case "IMPORT":
            guard let found else { return try newStack(name, status: "REVIEW_IN_PROGRESS") }
            if found.status != "REVIEW_IN_PROGRESS" { try checkUpdatable(found) }
            return found
        default:
            throw APIFailure.validation(
                "1 validation error detected: Value '\(type)' at 'changeSetType' failed to satisfy constraint: Member must satisfy enum value set: [IMPORT, UPDATE, CREATE]"
            )
        }
    }

    /// The change set a request names, by ARN or by its name and its stack's.
    func changeSet(_ form: QueryForm) throws -> ChangeSetRecord {
        let name = try form.required("ChangeSetName")
        let missing = APIFailure("ChangeSetNotFound", "ChangeSet [\(name)] does not exist", status: 404)
        if name.hasPrefix("arn:") {
            guard let changeSet = try cloud.changeSet(id: name) else { throw missing }
            return changeSet
        }
        guard let stackName = form["StackName"], !stackName.isEmpty else {
            throw APIFailure.validation("StackName must be specified if ChangeSetName is not specified as an ARN.")
        }
        guard let stack = try find(stackName) else { throw MissingStack.brackets.failure(stackName) }
        guard let changeSet = try cloud.changeSets(of: stack.id).last(where: { $0.name == name }) else { throw missing }
        return changeSet
    }

    func executeChangeSet(_ form: QueryForm) throws -> Answer {
        var changeSet = try changeSet(form)
        let token = form["ClientRequestToken"]
        let key = token.map { "\($0) \(changeSet.id)" }
        if try cloud.answer(String.self, to: "ExecuteChangeSet", token: key, region: region) != nil { return .empty }
        let status = changeSet.status(at: cloud.now)
        guard status == "CREATE_COMPLETE", changeSet.executionStatus == nil else {
            throw APIFailure(
                "InvalidChangeSetStatus",
                "ChangeSet [\(changeSet.id)] cannot be executed in its current status of [\(changeSet.executionStatus ?? status)]")
        }
        guard let stack = try cloud.stack(id: changeSet.stackID) else { throw MissingStack.brackets.failure(changeSet.stackName) }
        let isCreate = changeSet.type == "CREATE" || (changeSet.type == "IMPORT" && stack.status == "REVIEW_IN_PROGRESS")
        if isCreate {
            guard stack.status == "REVIEW_IN_PROGRESS" else {
                throw APIFailure.validation("Stack:\(stack.id) is in \(stack.status) state and can not be updated.")
            }
        } else {
            try checkUpdatable(stack)
        }
        changeSet.executionStatus = "EXECUTE_IN_PROGRESS"
        try cloud.save(changeSet)
        for other in try cloud.changeSets(of: stack.id) where other.id != changeSet.id && other.executionStatus == nil {
            try cloud.delete(other)
        }
        var begun = changeSet.deploymentMode == nil ? stack : try asItIs(stack)
        // API reference, ExecuteChangeSet: DisableRollback.
        guard changeSet.onStackFailure == nil || form["DisableRollback"] == nil else {
            throw APIFailure.validation("DisableRollback can't be specified when OnStackFailure was specified for the change set.")
        }
        begun.disableRollback = try form.flag("DisableRollback") ?? false
        begun.doesNothingOnFailure = changeSet.onStackFailure == "DO_NOTHING"
        let target = Target(content: changeSet.content, bound: try bound(changeSet.content, of: stack))
        let onFailure = begun.disableRollback ? .doNothing : try handling(changeSet.onStackFailure)
        if let imports = changeSet.imports {
            try beginImport(imports, target, of: begun, token: token, changeSetID: changeSet.id)
        } else {
            try begin(target, of: begun, isCreate: isCreate, onFailure: onFailure, token: token, changeSetID: changeSet.id)
        }
        try cloud.keep(changeSet.id, to: "ExecuteChangeSet", token: key, region: region)
        return .empty
    }

    func deleteChangeSet(_ form: QueryForm) throws -> Answer {
        let changeSet: ChangeSetRecord
        do {
            changeSet = try self.changeSet(form)
        } catch let failure as APIFailure where failure.code == "ChangeSetNotFound" {
            // Deleting what is not there is no error.
            return .empty
        }
        guard changeSet.executionStatus == nil else {
            throw APIFailure(
                "InvalidChangeSetStatus",
                "ChangeSet [\(changeSet.id)] cannot be deleted in status [\(changeSet.executionStatus ?? "")]")
        }
        try cloud.delete(changeSet)
        return .empty
    }

    func listChangeSets(_ form: QueryForm) throws -> Answer {
        let stack = try stack(form, missing: .brackets)
        let shown = try page(try cloud.changeSets(of: stack.id).filter { $0.executionStatus == nil }, form)
        let summaries = shown.items.map { changeSet in
            Answer.of([
                "StackId": .text(changeSet.stackID), "StackName": .text(changeSet.stackName), "ChangeSetId": .text(changeSet.id),
                "ChangeSetName": .text(changeSet.name), "ExecutionStatus": .text(changeSet.executionStatus(at: cloud.now)),
                "Status": .text(changeSet.status(at: cloud.now)), "StatusReason": .text(reason(changeSet)),
                "CreationTime": .time(changeSet.createdAt), "Description": .text(changeSet.description),
                "IncludeNestedStacks": .flag(false),
            ])
        }
        return .of(["Summaries": .list(summaries), "NextToken": shown.next])
    }

    private func reason(_ changeSet: ChangeSetRecord) -> String? { cloud.now < changeSet.readyAt ? nil : changeSet.failure }

    func describeChangeSet(_ form: QueryForm) throws -> Answer {
        let changeSet = try changeSet(form)
        let withValues = try form.flag("IncludePropertyValues") ?? false
        let isReady = changeSet.status(at: cloud.now) == "CREATE_COMPLETE"
        let listed = isReady ? changeSet.changes.compactMap { ChangeAnswers.answer($0, withValues: withValues) } : []
        let shown = try page(listed, form)
        var executionStatus = changeSet.executionStatus(at: cloud.now)
        if executionStatus == "EXECUTE_IN_PROGRESS", let stack = try cloud.stack(id: changeSet.stackID) {
            executionStatus = Self.executionStatus(of: stack)
        }
        let content = changeSet.content
        return .of([
            "ChangeSetName": .text(changeSet.name), "ChangeSetId": .text(changeSet.id), "StackId": .text(changeSet.stackID),
            "StackName": .text(changeSet.stackName), "Description": .text(changeSet.description),
            "Parameters": content.parameters.isEmpty ? nil : StackAnswers.parameters(content.parameters),
            "CreationTime": .time(changeSet.createdAt), "ExecutionStatus": .text(executionStatus),
            "Status": .text(changeSet.status(at: cloud.now)), "StatusReason": .text(reason(changeSet)),
            "NotificationARNs": .texts(content.notificationArns),
            "RollbackConfiguration": StackAnswers.rollbackConfiguration(content.rollbackConfiguration),
            "Capabilities": .texts(content.capabilities), "Tags": content.tags.isEmpty ? nil : StackAnswers.tags(content.tags),
            "Changes": .list(Array(shown.items)), "NextToken": shown.next, "IncludeNestedStacks": .flag(false),
            "OnStackFailure": .text(changeSet.onStackFailure), "DeploymentMode": .text(changeSet.deploymentMode),
        ])
    }
}

/// Changes as answers.
enum ChangeAnswers {
    static func answer(_ listed: ListedChange, withValues: Bool) -> Answer? {
        guard let change = withValues ? listed.withValues : listed.withoutValues else { return nil }
        return .of([
            "Type": .text("Resource"),
            "ResourceChange": .of([
                "PolicyAction": .text(change.policyAction?.rawValue), "Action": .text(change.action.rawValue),
                "LogicalResourceId": .text(change.logicalID), "PhysicalResourceId": .text(change.physicalID),
                "ResourceType": .text(change.type), "Replacement": .text(change.replacement?.rawValue),
                "ResourceDriftStatus": .text(listed.driftStatus),
                "Scope": .texts(change.scope), "Details": .list(change.details.map { detail($0) }),
                "BeforeContext": withValues ? .text(listed.beforeContext) : nil,
                "AfterContext": withValues ? .text(listed.afterContext) : nil,
            ]),
        ])
    }

    private static func detail(_ detail: ChangeDetail) -> Answer {
        .of([
            "Target": .of([
                "Attribute": .text(detail.attribute), "Name": .text(detail.name), "RequiresRecreation": .text(detail.recreation?.rawValue),
                "Path": .text(detail.path), "BeforeValue": .text(detail.beforeValue), "AfterValue": .text(detail.afterValue),
                "AttributeChangeType": .text(detail.attributeChangeType),
            ]),
            "Evaluation": .text(detail.evaluation?.rawValue), "ChangeSource": .text(detail.source?.rawValue),
            "CausingEntity": .text(detail.causingEntity),
        ])
    }
}
