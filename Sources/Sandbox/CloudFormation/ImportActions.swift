import Foundation
import Model

/// Change sets of type IMPORT: what exists and belongs to no stack, such as a resource that a deleted stack has retained, becomes
/// part of one.
extension CloudFormationService {
    /// The resources that a request is to import; `nil` where its change set is of another type.
    func resourcesToImport(_ form: QueryForm, _ target: Target, of stack: StackRecord) throws -> [String: String]? {
        guard form["ChangeSetType"] == "IMPORT" else { return nil }
        var imports: [String: String] = [:]
        for item in form.structures("ResourcesToImport") {
            let logicalID = try item.required("LogicalResourceId")
            let type = try item.required("ResourceType")
            guard let resource = target.bound.template.resources[logicalID], resource.type == type else {
                throw APIFailure.validation("Resources [\(logicalID)] of type \(type) are not in the template")
            }
            guard resource.deletionPolicy != nil else {
                throw APIFailure.validation("Resources [\(logicalID)] must have DeletionPolicy attribute specified in the template.")
            }
            if stack.content.resources[logicalID]?.exists == true {
                throw APIFailure.validation("Resource \(logicalID) is part of stack \(stack.name) already")
            }
            imports[logicalID] = try existing(type, identifier(item))?.physicalID ?? ""
        }
        guard !imports.isEmpty else {
            throw APIFailure.validation("ResourcesToImport must name at least one resource for a change set of type IMPORT")
        }
        return imports
    }

    private func identifier(_ form: QueryForm) -> [String: String] {
        var identifier: [String: String] = [:]
        let entries = form.structure("ResourceIdentifier")
        for number in 1... {
            guard let key = entries["entry.\(number).key"] else { break }
            identifier[key] = entries["entry.\(number).value"] ?? ""
        }
        return identifier
    }

    private func existing(_ type: String, _ identifier: [String: String]) throws -> Cloud.LiveResource? {
        try cloud.liveResources(of: type, region: region).first { live in
            identifier.allSatisfy { name, value in live.physicalID == value || live.properties[name]?.scalarText == value }
        }
    }

    /// Why a change set that imports can't be executed: nothing else may change with it (user guide, Import considerations).
    func importFailure(_ imports: [String: String], _ changes: [ListedChange], _ target: Target, _ stack: StackRecord) -> String? {
        let others = changes.compactMap { $0.withoutValues ?? $0.withValues }.filter { imports[$0.logicalID] == nil }.map(\.logicalID)
        if !others.isEmpty {
            return "As part of the import operation, you cannot add, modify or delete other resources: [\(others.joined(separator: ", "))]"
        }
        let before = (try? bound(stack.content, of: stack))?.template.root["Outputs"]?.json
        guard target.bound.template.root["Outputs"]?.json == before else {
            return "As part of the import operation, you cannot modify or add [Outputs]"
        }
        return nil
    }

    func beginImport(
        _ imports: [String: String], _ target: Target, of stack: StackRecord, token: String?, changeSetID: String
    ) throws {
        var begun = stack
        begun.operationToken = token
        begun.operationID = cloud.random.uuid()
        begun.changeSetID = changeSetID
        begun.updatedAt = cloud.now
        try freezeExecutedChangeSet(of: stack)
        let view = try cloud.view(of: begun)
        var plan = ExecutionPlan.make(from: begun.content, to: target.bound, tags: target.content.tags, in: view)
        for index in plan.items.indices {
            guard let physicalID = imports[plan.items[index].logicalID] else { continue }
            let type = plan.items[index].after.type
            plan.items[index].adopt(try cloud.liveResource(type, physicalID, region: region), in: view)
        }
        try cloud.save(begun)
        try cloud.schedule(Timeline.importing(plan, to: target.content, begun, view), for: begun)
    }
}

extension WorkItem {
    /// Makes this the import of what exists.
    fileprivate mutating func adopt(_ live: Cloud.LiveResource?, in view: CloudView) {
        failure = nil
        guard let live else {
            failure = "Resource of type '\(after.type)' does not exist."
            return
        }
        if let owner = live.stackID {
            failure = "\(live.physicalID) already exists in stack \(owner)"
            return
        }
        let form = ResourceForm.of(after.type)
        var properties = after.properties.objectMembers ?? [:]
        if let name = form.nameProperty, properties[name] == nil {
            properties[name] = live.properties[name] ?? .string(live.physicalID)
        }
        var place = view.place
        place.logicalID = logicalID
        after.attributes = form.identity(in: place, properties: .object(properties), random: view.random).attributes
        after.physicalID = live.physicalID
        before = after
        before?.properties = live.properties
    }
}

extension ListedChange {
    /// The addition of what exists is its import.
    func importing(_ imports: [String: String]) -> ListedChange {
        func imported(_ change: ResourceChange?) -> ResourceChange? {
            guard var change, change.action == .add, let physicalID = imports[change.logicalID] else { return change }
            change.action = .import
            change.physicalID = physicalID.isEmpty ? nil : physicalID
            return change
        }
        var listed = self
        listed.withoutValues = imported(withoutValues)
        listed.withValues = imported(withValues)
        return listed
    }
}
