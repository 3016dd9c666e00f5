import Model
import OrderedCollections
import Templates

/// One change of a change set: as DescribeChangeSet lists it without property values, and with them.
struct ListedChange: Codable, Hashable, Sendable {
    var withoutValues: ResourceChange?
    var withValues: ResourceChange?
    /// JSON text, for the listing with values.
    var beforeContext: String?
    var afterContext: String?
    /// In a drift-aware change set: `IN_SYNC`, `MODIFIED`, `DELETED`.
    var driftStatus: String?

    var logicalID: String { withoutValues?.logicalID ?? withValues?.logicalID ?? "" }
}

/// What CloudFormation lists as a change set: the sandbox's own comparison, written from the recordings and independent of the planner.
///
/// It lists; what executing really changes is decided anew by `ExecutionPlan`, since AWS's change sets are not the truth either.
struct ChangeListing {
    private let before: StackContent
    private let new: BoundTemplate
    private let tags: OrderedDictionary<String, String>
    private let world: World
    private var replaced: Set<String> = []
    private var modified: Set<String> = []

    private init(before: StackContent, new: BoundTemplate, tags: OrderedDictionary<String, String>, world: World) {
        self.before = before
        self.new = new
        self.tags = tags
        self.world = world
    }

    /// The changes, by logical ID in alphabetical order as AWS sorts them.
    static func changes(
        before: StackContent, new: BoundTemplate, tags: OrderedDictionary<String, String>, world: World
    ) -> [ListedChange] {
        var listing = ChangeListing(before: before, new: new, tags: tags, world: world)
        return listing.list()
    }

    private var existing: [String: ResourceRecord] {
        before.resources.values.filter { $0.exists && $0.status != "CREATE_FAILED" }.reduce(into: [:]) { $0[$1.logicalID] = $1 }
    }

    private mutating func list() -> [ListedChange] {
        let existing = existing
        let kept = new.active.filter { existing[$0] != nil }
        settle(kept, existing)
        var changes: [String: ListedChange] = [:]
        for logicalID in new.active where existing[logicalID] == nil {
            guard let resource = new.template.resources[logicalID] else { continue }
            let change = ResourceChange(action: .add, logicalID: logicalID, type: resource.type)
            changes[logicalID] = ListedChange(
                withoutValues: change, withValues: change, afterContext: context(new.properties(of: resource, in: knownWorld(existing))))
        }
        let active = Set(new.active)
        for record in existing.values where !active.contains(record.logicalID) {
            let change = ResourceChange(
                action: .remove, logicalID: record.logicalID, physicalID: record.physicalID, type: record.type,
                policyAction: Self.removal(record.deletionPolicy))
            changes[record.logicalID] = ListedChange(
                withoutValues: change, withValues: change, beforeContext: context(record.properties))
        }
        for logicalID in kept {
            guard let record = existing[logicalID] else { continue }
            if let change = modification(of: record, existing) { changes[logicalID] = change }
        }
        return changes.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Follows references until no more resources turn out to be replaced or modified.
    private mutating func settle(_ kept: [String], _ existing: [String: ResourceRecord]) {
        var isSettled = false
        while !isSettled {
            isSettled = true
            for logicalID in kept where !replaced.contains(logicalID) {
                guard let record = existing[logicalID] else { continue }
                let details = details(of: record, existing, withValues: false)
                guard !details.isEmpty else { continue }
                if Self.replacement(details) == .yes {
                    replaced.insert(logicalID)
                    modified.remove(logicalID)
                    isSettled = false
                } else if modified.insert(logicalID).inserted {
                    isSettled = false
                }
            }
        }
    }

    // MARK: One resource

    private func modification(of record: ResourceRecord, _ existing: [String: ResourceRecord]) -> ListedChange? {
        func change(withValues: Bool) -> ResourceChange? {
            let details = details(of: record, existing, withValues: withValues)
            guard !details.isEmpty else { return nil }
            let replacement = Self.replacement(details)
            return ResourceChange(
                action: .modify, logicalID: record.logicalID, physicalID: record.physicalID, type: record.type, replacement: replacement,
                policyAction: replacement == .yes ? Self.replacementPolicy(updateReplacePolicy(record.logicalID)) : nil,
                scope: Set(details.map(\.attribute)).sorted(), details: details)
        }
        let plain = change(withValues: false)
        let valued = change(withValues: true)
        guard plain != nil || valued != nil, let resource = new.template.resources[record.logicalID] else { return nil }
        return ListedChange(
            withoutValues: plain, withValues: valued, beforeContext: context(record.properties),
            afterContext: context(new.properties(of: resource, in: knownWorld(existing))))
    }

    private func details(of record: ResourceRecord, _ existing: [String: ResourceRecord], withValues: Bool) -> [ChangeDetail] {
        guard let after = new.template.resources[record.logicalID] else { return [] }
        var details: [ChangeDetail] = []
        let known = knownWorld(existing)
        let names = OrderedSet(Array((record.properties.objectMembers ?? [:]).keys) + after.properties.map(\.key))
        for name in names.sorted() {
            let expression = after.properties.first { $0.key == name }?.value
            let target = Target(
                attribute: "Properties", name: name, before: record.properties[name],
                after: expression.flatMap { expression in
                    let value = new.value(of: expression, in: known)
                    return value == .null ? nil : value
                }, recreation: { UpdateFacts.recreation(record.type, property: name, from: $0, to: $1) })
            details += causes(of: target, expression, record, existing, withValues: withValues)
        }
        let metadata = Target(
            attribute: "Metadata", name: nil, before: record.metadata, after: after.metadata.map { new.value(of: $0, in: known) },
            recreation: { _, _ in .never })
        details += causes(of: metadata, after.metadata, record, existing, withValues: withValues)
        // The stack's tags go to every resource that takes tags.
        if tags != before.tags, UpdateFacts.isTaggable(record.type) {
            details.append(ChangeDetail(attribute: "Tags", recreation: .never, evaluation: .static, source: .directModification))
        }
        return details + policyDetails(record, after)
    }

    private func policyDetails(_ record: ResourceRecord, _ after: TemplateResource) -> [ChangeDetail] {
        let policies: [(String, String?, Expression?)] = [
            ("DeletionPolicy", record.deletionPolicy, after.deletionPolicy),
            ("UpdateReplacePolicy", record.updateReplacePolicy, after.updateReplacePolicy),
        ]
        return policies.compactMap { attribute, before, expression in
            let value = expression.flatMap { new.value(of: $0, in: world).scalarText }
            guard value != before else { return nil }
            return ChangeDetail(attribute: attribute, recreation: .never, evaluation: .static, source: .directModification)
        }
    }

    /// A property or attribute with what it was and what it will be.
    private struct Target {
        var attribute: String
        var name: String?
        var before: JSONValue?
        var after: JSONValue?
        var recreation: (JSONValue?, JSONValue?) -> ChangeDetail.Recreation
    }

    /// Why a property changes: the table in `shared/aws/README.md`, "Details of a property".
    private func causes(
        of target: Target, _ expression: Expression?, _ record: ResourceRecord, _ existing: [String: ResourceRecord], withValues: Bool
    ) -> [ChangeDetail] {
        let reads = expression.map { self.reads($0) } ?? Reads()
        let inPlace = withValues ? [] : reads.attributes.filter { modified.contains($0.logicalID) && existing[$0.logicalID] != nil }
        guard target.before != target.after || !inPlace.isEmpty else { return [] }
        var base = ChangeDetail(attribute: target.attribute, name: target.name, recreation: target.recreation(target.before, target.after))
        if withValues {
            base.path = "/" + [target.attribute, target.name].compactMap { $0 }.joined(separator: "/")
            base.beforeValue = target.before.map { Self.text($0) }
            base.afterValue = target.after.map { Self.text($0) }
            base.attributeChangeType = target.before == nil ? "Add" : target.after == nil ? "Remove" : "Modify"
        }
        func detail(_ evaluation: ChangeDetail.Evaluation, _ source: ChangeDetail.Source, _ entity: String? = nil) -> ChangeDetail {
            var detail = base
            detail.evaluation = evaluation
            detail.source = source
            detail.causingEntity = entity
            return detail
        }
        var details: [ChangeDetail] = []
        if target.before != target.after {
            let parameters = reads.parameters.filter { changedParameters.contains($0) }
            let references = reads.references.filter { replaced.contains($0) }
            let attributes = reads.attributes.filter { replaced.contains($0.logicalID) }
            let isDirect = isDirectlyModified(target, expression, Array(parameters), existing)
            if isDirect { details.append(detail(.static, .directModification)) }
            details += parameters.map { detail(.static, .parameterReference, $0) }
            details += references.map { detail(.static, .resourceReference, $0) }
            details += attributes.map { detail(.static, .resourceAttribute, "\($0.logicalID).\($0.name)") }
            let isImplied = !parameters.isEmpty || (withValues && !(references.isEmpty && attributes.isEmpty))
            if isImplied, !isDirect { details.append(detail(.dynamic, .directModification)) }
        }
        if !inPlace.isEmpty, let expression {
            // Where the attributes stand in the value decides what their change would require.
            var unsure = knownWorld(existing)
            for attribute in inPlace { unsure.resources[attribute.logicalID] = nil }
            base.recreation = target.recreation(target.before, new.value(of: expression, in: unsure))
            details += inPlace.map { detail(.dynamic, .resourceAttribute, "\($0.logicalID).\($0.name)") }
        }
        return details
    }

    /// Whether the value would differ too with the parameters as they were and nothing replaced.
    private func isDirectlyModified(
        _ target: Target, _ expression: Expression?, _ parameters: [String], _ existing: [String: ResourceRecord]
    ) -> Bool {
        guard let expression else { return true }
        // A literal replaced by a parameter counts as the parameter's doing.
        if parameters.contains(where: { before.parameters[$0] == nil }) { return false }
        var counterfactual = new
        let stored = ResolvedParameters(stored: before.parameters)
        for name in parameters { counterfactual.parameters[name] = stored.values[name] }
        for (name, value) in stored.storeValues where counterfactual.storeValues[name] == nil { counterfactual.storeValues[name] = value }
        var unchanged = world
        unchanged.resources = existing
        return counterfactual.value(of: expression, in: unchanged) != target.before
    }

    /// The parameters whose value is another than before, or that are new.
    private var changedParameters: Set<String> {
        let after = new.parameters
        return Set(
            after.keys.filter { name in
                guard let stored = before.parameters[name] else { return true }
                switch after[name] {
                case .plain(let text): return stored.isSecret || text != stored.value
                case .secret(_, let digest), .previousSecret(let digest): return digest != stored.digest
                case .unknown, nil: return false
                }
            })
    }

    // MARK: What an expression reads

    private struct Reads {
        struct Attribute: Hashable {
            var logicalID: String
            var name: String
        }
        var parameters: OrderedSet<String> = []
        var references: OrderedSet<String> = []
        var attributes: OrderedSet<Attribute> = []
    }

    private func reads(_ expression: Expression) -> Reads {
        var reads = Reads()
        collect(expression, into: &reads)
        return reads
    }

    /// Only the branch of an `Fn::If` that is taken is read.
    private func collect(_ expression: Expression, into reads: inout Reads) {
        switch expression.kind {
        case .ref(let name): add(name, to: &reads)
        case .getAtt(let logicalID, let attribute):
            if let name = new.value(of: attribute, in: world).scalarText {
                reads.attributes.append(.init(logicalID: logicalID, name: name))
            }
        case .sub(let parts, let variables):
            for part in parts {
                switch part {
                case .ref(let name): add(name, to: &reads)
                case .attribute(let logicalID, let name): reads.attributes.append(.init(logicalID: logicalID, name: name))
                case .text, .variable: continue
                }
            }
            for variable in variables { collect(variable.value, into: &reads) }
        case .if(let condition, let first, let second): collect(new.isActive(condition) ? first : second, into: &reads)
        default: for child in expression.children { collect(child, into: &reads) }
        }
    }

    private func add(_ name: String, to reads: inout Reads) {
        if new.template.parameters[name] != nil {
            reads.parameters.append(name)
        } else if new.template.resources[name] != nil {
            reads.references.append(name)
        }
    }

    // MARK: Words

    /// The world in which replaced and new resources are unknown.
    private func knownWorld(_ existing: [String: ResourceRecord]) -> World {
        var known = world
        known.resources = existing.filter { !replaced.contains($0.key) }
        return known
    }

    private func updateReplacePolicy(_ logicalID: String) -> String? {
        new.template.resources[logicalID]?.updateReplacePolicy.flatMap { new.value(of: $0, in: world).scalarText }
    }

    private func context(_ properties: JSONValue) -> String {
        let object: JSONValue = ["Properties": SecretMark.masked(properties)]
        return object.compactText
    }

    private static func text(_ value: JSONValue) -> String {
        let masked = SecretMark.masked(value)
        return masked.scalarText ?? masked.compactText
    }

    /// API reference, ResourceChange: the detail with the most impact counts.
    static func replacement(_ details: [ChangeDetail]) -> ResourceChange.Replacement {
        if details.contains(where: { $0.recreation == .always && $0.evaluation == .static }) { return .yes }
        return details.contains { $0.recreation == .always || $0.recreation == .conditionally } ? .conditional : .no
    }

    private static func removal(_ policy: String?) -> ResourceChange.PolicyAction {
        switch policy {
        case "Retain", "RetainExceptOnCreate": .retain
        case "Snapshot": .snapshot
        default: .delete
        }
    }

    private static func replacementPolicy(_ policy: String?) -> ResourceChange.PolicyAction {
        switch policy {
        case "Retain", "RetainExceptOnCreate": .replaceAndRetain
        case "Snapshot": .replaceAndSnapshot
        default: .replaceAndDelete
        }
    }
}
