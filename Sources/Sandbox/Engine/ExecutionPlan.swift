import Model
import OrderedCollections
import Templates

import struct Foundation.Date

/// One resource's part in creating or updating a stack.
struct WorkItem: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case create
        case update
        /// A new physical resource is made, the old one is deleted in the end.
        case replace
        /// Nothing changes that anybody could see.
        case keep
    }
    var kind: Kind
    var before: ResourceRecord?
    /// What the resource is when all goes well.
    var after: ResourceRecord
    var seconds: Double
    /// Why it fails; `nil` where it does not.
    var failure: String?
    var isNamedByTemplate = false

    var logicalID: String { after.logicalID }
}

/// Everything that executing a change set will do, decided before anything is done.
struct ExecutionPlan: Sendable {
    /// In an order in which each comes after all it needs.
    var items: [WorkItem] = []
    /// Resources that are no longer in the template.
    var removed: [ResourceRecord] = []
    var outputs: [StackOutput] = []
    var imports: [String] = []
    /// Why the operation fails before any resource is touched.
    var earlyFailure: String?
    /// Why it fails when all resources are done.
    var lateFailure: String?
}

/// What the planning of an execution needs to know of the cloud.
struct CloudView: Sendable {
    var world: World
    var place: ResourcePlace
    /// Who has the name of a resource, by type and physical ID: a stack's ARN, or an empty text where no stack has it.
    var owner: @Sendable (_ type: String, _ physicalID: String) -> String?
    /// The exports of other stacks, with the names of their stacks.
    var exportOwners: [String: String]
    /// Which stacks import an export of this stack.
    var importers: [String: [String]]
    /// What updates may touch; `nil` where everything may be.
    var policy: StackPolicy?
    var random: RandomText
    var seconds: @Sendable (_ logicalID: String) -> Double
    var fault: @Sendable (_ logicalID: String, _ moment: SandboxFaults.ResourceFault.Moment) -> String?
    var now: Date
}

extension ExecutionPlan {
    /// Plans what making `content` into what `bound` describes takes.
    /// - Parameter tags: the stack's tags as they are to be; a change of them updates every resource that takes tags.
    static func make(
        from content: StackContent, to bound: BoundTemplate, tags: OrderedDictionary<String, String>, in view: CloudView
    ) -> ExecutionPlan {
        var plan = ExecutionPlan()
        var world = view.world
        world.resources = [:]
        plan.imports = bound.imports(in: world)
        if let missing = plan.imports.first(where: { world.exports[$0] == nil }) {
            plan.earlyFailure = "No export named \(missing) found."
        }
        let needs = bound.needs
        var names: Set<String> = []
        for logicalID in bound.active {
            guard let resource = bound.template.resources[logicalID] else { continue }
            var item = item(for: resource, bound, content.resources[logicalID], areTagsNew: tags != content.tags, world, view)
            item.after.needs = needs[logicalID] ?? []
            let clashes = item.isNamedByTemplate && !names.insert("\(item.after.type) \(item.after.physicalID)").inserted
            if clashes, item.failure == nil { item.failure = "\(item.after.physicalID) already exists in stack \(view.place.stackID)" }
            item.failure = denial(of: item, view) ?? item.failure
            world.resources[logicalID] = item.after
            plan.items.append(item)
        }
        let active = Set(bound.active)
        plan.removed = content.resources.values.filter { !active.contains($0.logicalID) }
        plan.outputs = outputs(of: bound, in: world)
        let denied = plan.removed.lazy.compactMap { view.policy?.denial(of: .delete, on: $0.logicalID, type: $0.type) }.first
        plan.lateFailure = denied ?? exportFailure(of: plan.outputs, before: content.outputs, view)
        return plan
    }

    private static func item(
        for resource: TemplateResource, _ bound: BoundTemplate, _ old: ResourceRecord?, areTagsNew: Bool, _ world: World,
        _ view: CloudView
    ) -> WorkItem {
        func text(_ expression: Expression?) -> String? { expression.flatMap { bound.value(of: $0, in: world).scalarText } }
        let properties = bound.properties(of: resource, in: world)
        let form = ResourceForm.of(resource.type)
        var after = ResourceRecord(
            logicalID: resource.logicalID, physicalID: "", type: resource.type, status: "CREATE_COMPLETE", updatedAt: view.now,
            properties: properties, metadata: resource.metadata.map { bound.value(of: $0, in: world) },
            deletionPolicy: text(resource.deletionPolicy), updateReplacePolicy: text(resource.updateReplacePolicy))
        var place = view.place
        place.logicalID = resource.logicalID
        let seconds = view.seconds(resource.logicalID)
        let existing = old.flatMap { $0.exists && $0.status != "CREATE_FAILED" ? $0 : nil }
        guard let existing else {
            let identity = form.identity(in: place, properties: properties, random: view.random)
            after.physicalID = identity.physicalID
            after.attributes = identity.attributes
            var item = WorkItem(kind: .create, before: old, after: after, seconds: seconds, isNamedByTemplate: identity.isNamedByTemplate)
            item.failure = creationFailure(after, identity, view)
            return item
        }
        after.physicalID = existing.physicalID
        after.attributes = existing.attributes
        after.status = existing.status
        after.updatedAt = existing.updatedAt
        after.drift = existing.drift
        let changed = UpdateFacts.differing(existing.properties, properties)
        let isTagged = areTagsNew && UpdateFacts.isTaggable(resource.type)
        guard !changed.isEmpty || isTagged || existing.metadata != after.metadata || existing.status.isFailure else {
            return WorkItem(kind: .keep, before: existing, after: after, seconds: 0)
        }
        after.status = "UPDATE_COMPLETE"
        let isReplaced = changed.contains {
            UpdateFacts.recreation(resource.type, property: $0, from: existing.properties[$0], to: properties[$0]) == .always
        }
        guard isReplaced else {
            after.attributes = form.updatedAttributes(existing.attributes)
            return WorkItem(
                kind: .update, before: existing, after: after, seconds: seconds, failure: updateFailure(after, view))
        }
        let identity = form.identity(in: place, properties: properties, replacing: existing.physicalID, random: view.random)
        after.physicalID = identity.physicalID
        after.attributes = identity.attributes
        after.drift = nil
        var item = WorkItem(
            kind: .replace, before: existing, after: after, seconds: seconds, isNamedByTemplate: identity.isNamedByTemplate)
        if identity.physicalID == existing.physicalID {
            item.failure =
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename \(identity.physicalID) and update the stack again."
        } else {
            item.failure = view.fault(resource.logicalID, .update) ?? creationFailure(after, identity, view)
        }
        return item
    }

    private static func denial(of item: WorkItem, _ view: CloudView) -> String? {
        switch item.kind {
        case .update: view.policy?.denial(of: .modify, on: item.logicalID, type: item.after.type)
        case .replace: view.policy?.denial(of: .replace, on: item.logicalID, type: item.after.type)
        case .create, .keep: nil
        }
    }

    private static func creationFailure(
        _ record: ResourceRecord, _ identity: ResourceIdentity, _ view: CloudView
    ) -> String? {
        if let message = view.fault(record.logicalID, .create) { return message }
        if let missing = missingProperty(record) { return missing }
        if record.type == "AWS::CloudFormation::Stack" { return "Nested stacks are not supported by the sandbox." }
        guard identity.isNamedByTemplate, let owner = view.owner(record.type, identity.physicalID) else { return nil }
        guard owner.isEmpty else { return "\(identity.physicalID) already exists in stack \(owner)" }
        return
            "Resource handler returned message: \"Resource of type '\(record.type)' with identifier '\(identity.physicalID)' already exists.\" (RequestToken: \(view.random.uuid()), HandlerErrorCode: AlreadyExists)"
    }

    private static func updateFailure(_ record: ResourceRecord, _ view: CloudView) -> String? {
        if let message = view.fault(record.logicalID, .update) { return message }
        if let missing = missingProperty(record) { return missing }
        guard view.owner(record.type, record.physicalID) == nil else { return nil }
        // Somebody has deleted it by hand.
        return
            "Resource handler returned message: \"Resource of type '\(record.type)' with identifier '\(record.physicalID)' was not found.\" (RequestToken: \(view.random.uuid()), HandlerErrorCode: NotFound)"
    }

    /// Recording `invalid_stack_deploy`.
    private static func missingProperty(_ record: ResourceRecord) -> String? {
        UpdateFacts.required(record.type).first { record.properties[$0] == nil }
            .map { "Property validation failure: [The property {/\($0)} is required]" }
    }

    // MARK: Outputs

    private static func outputs(of bound: BoundTemplate, in world: World) -> [StackOutput] {
        bound.template.outputs.values.filter { bound.isActive($0.condition) }.map { output in
            let value = bound.value(of: output.value, in: world)
            let export = output.exportName.flatMap { bound.value(of: $0, in: world).scalarText }
            return StackOutput(
                key: output.name, value: value.scalarText ?? value.compactText, description: output.description, exportName: export)
        }
    }

    private static func exportFailure(of outputs: [StackOutput], before: [StackOutput], _ view: CloudView) -> String? {
        for output in outputs {
            guard let name = output.exportName else { continue }
            if let owner = view.exportOwners[name] { return "Export with name \(name) is already exported by stack \(owner)." }
        }
        for old in before {
            guard let name = old.exportName, let users = view.importers[name], !users.isEmpty else { continue }
            let new = outputs.first { $0.exportName == name }
            if new == nil { return "Export \(name) cannot be deleted as it is in use by \(users.joined(separator: ", "))" }
            if new?.value != old.value { return "Export \(name) cannot be updated as it is in use by \(users.joined(separator: ", "))" }
        }
        return nil
    }
}
