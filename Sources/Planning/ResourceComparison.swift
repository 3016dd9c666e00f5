package import Model
import OrderedCollections
import ResourceTypes
import Templates

/// Compares one resource's recorded declaration with its desired one.
struct ResourceComparison {
    private let before: TemplateResource
    private let after: TemplateResource
    private let type: ResourceType?
    private let typeChanged: Bool
    private let isKnownType: Bool

    private var properties: [PropertyChange] = []
    private var details: [ChangeDetail] = []
    private var detailsWithValues: [ChangeDetail] = []
    private var unchangedCount = 0
    /// Whether the nested template is a file before and after: then its contents count, not its path.
    private let isNestedInFiles: Bool
    private var unchanged: [UnchangedProperty] = []
    private var scope: OrderedSet<String> = []
    private var certainties: [Certainty] = []
    private var replacements: [Certainty] = []
    /// Whether a macro may make anything of the resource.
    private let isRewritten: Bool
    /// Whether something that only CloudFormation knows decides whether it lists the resource.
    private var mayBeListed = false

    init(_ before: TemplateResource, _ after: TemplateResource, _ planner: Planner) {
        self.before = before
        self.after = after
        type = planner.types[after.type]
        typeChanged = before.type != after.type
        isKnownType = type != nil || ResourceTypeCatalog.isCustomResource(after.type)
        isNestedInFiles = planner.nested[after.logicalID] != nil
        isRewritten = planner.isOpaque || after.isRewritten || before.isRewritten
    }

    /// - Returns: the change; `nil` where there is none in any view. The outcome is put into the planner either way.
    mutating func compare(_ planner: inout Planner, existenceIsCertain: Bool) -> PlannedChange? {
        let names =
            after.properties.map(\.key) + before.properties.map(\.key).filter { name in !after.properties.contains { $0.key == name } }
        for name in names where !(isNestedInFiles && name == "TemplateURL") { compareProperty(name, &planner) }
        compareAttributes(&planner)
        compareTags(planner)
        planner.nested[after.logicalID].map { compareNested($0, planner) }
        if planner.unreadNested.contains(after.logicalID) { certainties.append(.unknown) }
        if typeChanged { noteTypeChange(planner) }

        if mayBeListed { certainties.append(.unknown) }
        let listing: Certainty = isRewritten || !existenceIsCertain ? .unknown : !details.isEmpty ? .yes : mayBeListed ? .unknown : .no
        let replacement = ResourceChange.Replacement(of: details, action: .modify) ?? .no
        let willChange = isRewritten || !existenceIsCertain ? .unknown : Certainty.any(certainties)
        let willReplace = isRewritten ? .unknown : Certainty.any(replacements)
        planner.outcomes[after.logicalID] = ResourceOutcome(
            listing: listing, replacement: replacement, willChange: willChange, willReplace: willReplace)
        guard listing != .no || willChange != .no else { return nil }
        return PlannedChange(
            logicalID: after.logicalID, type: after.type, physicalID: planner.recordedResources[after.logicalID]?.physicalID,
            action: existenceIsCertain ? .modify : .dynamic, replacement: listing == .yes ? replacement : nil,
            policyAction: replacement == .yes || willReplace == .yes ? replacementPolicy(&planner) : nil, listing: listing,
            willChange: willChange, willReplace: willReplace, scope: Array(scope), properties: properties, details: details,
            detailsWithValues: detailsWithValues.isEmpty ? nil : detailsWithValues,
            location: planner.desired.template.source.range(after.span),
            contexts: planner.contexts(before: before, after: after), unchangedCount: unchangedCount, unchanged: unchanged,
            nested: planner.nested[after.logicalID]?.plan)
    }

    // MARK: Properties

    private mutating func compareProperty(_ name: String, _ planner: inout Planner) {
        let oldProperty = before.properties.first { $0.key == name }
        let newProperty = after.properties.first { $0.key == name }
        let old = oldProperty.map { planner.now.value(of: $0.value) }.flatMap { $0 == .noValue ? nil : $0 }
        let new = newProperty.map { planner.listed.value(of: $0.value) }.flatMap { $0 == .noValue ? nil : $0 }
        let truth = newProperty.map { planner.real.value(of: $0.value) }.flatMap { $0 == .noValue ? nil : $0 }
        var references: OrderedSet<ReadName> = []
        if let newProperty { planner.listed.activeReferences(of: newProperty.value) { references.append(ReadName($0)) } }

        let schema = type?.properties.property(name)
        let recreation = recreation(name, old, new, schema)
        var causes = PropertyCauses(references, planner)
        let listedDifference = Certainty.ofDifference(old, new, schema)
        causes.isChanged = listedDifference == .yes
        if listedDifference == .unknown || !causes.uncertainReads.isEmpty { mayBeListed = true }
        let dynamicRecreation = max(recreation, self.recreation(ofReadsIn: new, name, causes.dynamicSymbols))
        let target = ChangeDetail(attribute: "Properties", name: name, recreation: recreation)
        let found = causes.details(target, dynamicRecreation: dynamicRecreation)
        if !found.isEmpty { scope.append("Properties") }
        details += found
        if causes.isChanged { detailsWithValues += withValues(causes.detailsWithValues(target), old, new) }
        let source = planner.desired.template.source
        let location = (newProperty?.keySpan).map { source.range($0) }
        let countBefore = properties.count
        let difference = PropertyDifference(
            name: name, old: old, new: new, truth: truth, schema: schema, causes: causes.causes, location: location)
        record(difference, isListed: !found.isEmpty, recreation) { leaf in
            guard leaf.after != nil, let inner = newProperty?.value.expression(at: leaf.steps[...]) else { return nil }
            var references: OrderedSet<ReadName> = []
            planner.listed.activeReferences(of: inner) { references.append(ReadName($0)) }
            let packaged = planner.desired.template.localPaths[inner.span].map { leaf.cause(ofContentsAt: $0) }
            return (packaged.map { [$0] } ?? PropertyCauses(references, planner).causes, source.range(inner.span))
        }
        guard properties.count == countBefore, let truth else { return }
        unchangedCount += 1
        if planner.detail.contains(.unchanged) { unchanged.append(UnchangedProperty(name: name, value: truth.shown)) }
    }

    /// - Parameter detail: what makes the value at a place inside differ, and where the template says so; `nil` where that can't be
    ///   told apart from the rest of the property.
    private mutating func record(
        _ property: PropertyDifference, isListed: Bool, _ listedRecreation: ChangeDetail.Recreation,
        _ detail: (LeafDifference) -> (causes: [ChangeCause], location: SourceRange)?
    ) {
        let countBefore = properties.count
        ValueComparison.meaning.forEachDifference(property.old, property.truth, property.schema) { leaf in
            let certainty = leaf.certainty
            let components = [property.name] + leaf.steps.map(\.component)
            let recreation = behavior(components, leaf)
            certainties.append(certainty)
            switch recreation {
            case .always: replacements.append(certainty)
            case .conditionally: replacements.append(.unknown)
            case .never: break
            }
            var change = property.change(leaf, willChange: certainty, recreation)
            if recreation == .conditionally { change.replacementCondition = replacementCondition(components) }
            if let found = detail(leaf) { (change.causes, change.location) = (found.causes, found.location) }
            properties.append(change)
        }
        // Listed, and yet nothing is different: shown as such, so that the plan accounts for everything CloudFormation lists.
        guard properties.count == countBefore, isListed else { return }
        certainties.append(.no)
        let whole = LeafDifference(steps: [], before: property.old, after: property.truth)
        properties.append(property.change(whole, willChange: .no, listedRecreation))
    }

    private func replacementCondition(_ components: [String]) -> String? {
        guard let type else { return nil }
        return ConditionalReplacement.condition(of: type.name, at: PropertyPath(components))
            ?? "see Update requires on \(ConditionalReplacement.page(of: type.name))"
    }

    private func withValues(_ details: [ChangeDetail], _ old: Value?, _ new: Value?) -> [ChangeDetail] {
        details.map { detail in
            var detail = detail
            detail.path = "/Properties/\(detail.name ?? "")"
            detail.beforeValue = old?.changeSetText
            detail.afterValue = new?.changeSetText
            detail.attributeChangeType = old == nil ? "Add" : new == nil ? "Remove" : "Modify"
            return detail
        }
    }

    // MARK: Replacement

    private func recreation(_ name: String, _ old: Value?, _ new: Value?, _ schema: PropertySchema?) -> ChangeDetail.Recreation {
        var worst = ChangeDetail.Recreation.never
        ValueComparison.text.forEachDifference(old, new, schema) { leaf in
            worst = max(worst, behavior([name] + leaf.steps.map(\.component), leaf))
        }
        return worst
    }

    /// What it means that the values at these places are read again, although nothing says that they differ.
    private func recreation(ofReadsIn value: Value?, _ name: String, _ symbols: Set<Symbol>) -> ChangeDetail.Recreation {
        guard let value, !symbols.isEmpty else { return .never }
        var worst = ChangeDetail.Recreation.never
        func walk(_ value: Value, _ path: [String]) {
            switch value {
            case .list(let items): for item in items { walk(item, path + ["*"]) }
            case .object(let members): for (key, member) in members { walk(member, path + [key]) }
            case .scalar, .noValue, .symbol: worst = max(worst, behavior(path, nil))
            }
        }
        walk(value, [name])
        return worst
    }

    private func behavior(_ components: [String], _ leaf: LeafDifference?) -> ChangeDetail.Recreation {
        guard !typeChanged else { return .always }
        guard let type else { return isKnownType ? .never : .conditionally }
        let path = PropertyPath(components)
        switch type.updateBehavior(at: path) {
        case .replacement: return .always
        case .conditionalReplacement: return .conditionally
        case .noInterruption: break
        }
        // A whole object that comes or goes takes what is create-only inside it along.
        guard let leaf else { return .never }
        func differs(_ inner: PropertyPath) -> Bool {
            let steps = inner.components.dropFirst(components.count)
            return leaf.before?.value(at: steps) != leaf.after?.value(at: steps)
        }
        if type.createOnlyPaths(below: path).contains(where: differs) { return .always }
        return type.conditionallyCreateOnlyPaths(below: path).contains(where: differs) ? .conditionally : .never
    }

    private mutating func noteTypeChange(_ planner: Planner) {
        details.append(ChangeDetail(attribute: "Properties", recreation: .always, evaluation: .static, source: .directModification))
        scope.append("Properties")
        certainties.append(.yes)
        replacements.append(.yes)
        properties.insert(
            PropertyChange(
                path: "Type", pointer: "/Type", before: .string(before.type), after: .string(after.type), known: true, sensitive: false,
                requiresReplacement: .always, causes: [.template], willChange: .yes,
                location: planner.desired.template.source.range(after.typeSpan)), at: 0)
    }

    private func replacementPolicy(_ planner: inout Planner) -> ResourceChange.PolicyAction {
        let text = after.updateReplacePolicy.flatMap { planner.listed.value(of: $0).text }
        switch text.flatMap({ TemplateResource.Policy(rawValue: $0) }) {
        case .retain, .retainExceptOnCreate: return .replaceAndRetain
        case .snapshot: return .replaceAndSnapshot
        case .delete, nil: return .replaceAndDelete
        }
    }

    // MARK: Attributes beside the properties

    private mutating func compareAttributes(_ planner: inout Planner) {
        let attributes: [(String, Expression?, Expression?)] = [
            ("Metadata", before.metadata, after.metadata), ("CreationPolicy", before.creationPolicy, after.creationPolicy),
            ("UpdatePolicy", before.updatePolicy, after.updatePolicy), ("DeletionPolicy", before.deletionPolicy, after.deletionPolicy),
            ("UpdateReplacePolicy", before.updateReplacePolicy, after.updateReplacePolicy),
        ]
        for (name, old, new) in attributes {
            let oldValue = old.map { planner.now.value(of: $0) }
            let newValue = new.map { planner.listed.value(of: $0) }
            var references: OrderedSet<ReadName> = []
            if let new { planner.listed.activeReferences(of: new) { references.append(ReadName($0)) } }
            var causes = PropertyCauses(references, planner)
            let difference = Certainty.ofDifference(oldValue, newValue, nil)
            causes.isChanged = difference == .yes
            if difference == .unknown || !causes.uncertainReads.isEmpty { mayBeListed = true }
            let target = ChangeDetail(attribute: name, recreation: .never)
            let found = causes.details(target, dynamicRecreation: .never)
            guard !found.isEmpty || difference != .no else { continue }
            details += found
            if causes.isChanged { detailsWithValues += causes.detailsWithValues(target) }
            if !found.isEmpty { scope.append(name) }
            certainties.append(difference)
            properties.append(
                PropertyChange(
                    path: name, pointer: "/\(name)", before: oldValue?.shown, after: newValue?.shown, known: newValue?.isKnown ?? true,
                    sensitive: (oldValue?.isSensitive ?? false) || (newValue?.isSensitive ?? false), requiresReplacement: .never,
                    causes: causes.causes, willChange: difference, unknownBecause: difference == .unknown ? newValue?.unknownReason : nil,
                    location: new.map { planner.desired.template.source.range($0.span) }))
        }
    }

    // MARK: Nested stacks

    /// A nested stack is another one where anything in it is. CloudFormation sees its template under a name made of its contents, so
    /// that an edit is a change of TemplateURL, whether or not anything comes of it.
    private mutating func compareNested(_ nested: NestedOutcome, _ planner: Planner) {
        certainties.append(nested.plan.willChange)
        let name = "TemplateURL"
        guard let property = after.properties.first(where: { $0.key == name }) else { return }
        func location(_ property: Expression.Member?) -> JSONValue? { (property?.value.literalText).map { .string($0) } }
        guard nested.isEdited || nested.isMoved else {
            unchangedCount += 1
            if let address = location(property), planner.detail.contains(.unchanged) {
                unchanged.append(UnchangedProperty(name: name, value: address))
            }
            return
        }
        let edit = ChangeDetail(
            attribute: "Properties", name: name, recreation: .never, evaluation: .static, source: .directModification)
        details.append(edit)
        detailsWithValues.append(edit)
        scope.append("Properties")
        let cause = nested.isEdited ? "an edit of the nested template" : "the place it is uploaded to"
        properties.append(
            PropertyChange(
                path: name, pointer: "/Properties/\(name)", before: location(before.properties.first { $0.key == name }),
                after: location(property), known: true, sensitive: false, requiresReplacement: .never,
                causes: [ChangeCause(.directModification, cause)], willChange: nested.plan.willChange,
                location: planner.desired.template.source.range(property.keySpan)))
    }

    /// Stack tags go to every resource that takes tags.
    private mutating func compareTags(_ planner: Planner) {
        guard let recorded = planner.recorded, recorded.tags != planner.desired.tags, type?.taggable == true else { return }
        let detail = ChangeDetail(attribute: "Tags", recreation: .never, evaluation: .static, source: .directModification)
        details.append(detail)
        detailsWithValues.append(detail)
        scope.append("Tags")
        certainties.append(.yes)
        properties.append(
            PropertyChange(
                path: "Tags", pointer: "/Tags", before: .object(recorded.tags.mapValues { .string($0) }),
                after: .object(planner.desired.tags.mapValues { .string($0) }), known: true, sensitive: false, requiresReplacement: .never,
                causes: [.stackTags], willChange: .yes, location: nil))
    }
}

extension ChangeDetail.Recreation: Comparable {
    private var impact: Int {
        switch self {
        case .never: 0
        case .conditionally: 1
        case .always: 2
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.impact < right.impact }
}
