package import Model
import OrderedCollections
package import ResourceTypes
package import Templates

/// Plans what bringing a stack from its recorded to its desired state would do.
///
/// Pure: no network, clock or disk. Resources are taken in dependency order, so that when one is planned everything it reads
/// has been decided; one pass reaches the fixpoint that references carry changes to.
/// - Parameters:
///   - recorded: what the last deployment left; `nil` for a stack that does not exist.
///   - types: the facts on resource types.
///   - graph: that of the desired template, where it is at hand.
///   - detail: what to tell beside what changes.
///   - importers: the stacks known to import a value exported under a name.
/// - Throws: `Problem` (exit code 4) with every finding where the template can't be evaluated.
package func plan(
    _ desired: DesiredStack, recorded: RecordedStack?, types: ResourceTypeCatalog, graph: DependencyGraph? = nil,
    detail: PlanDetail = [], importers: (_ exportName: String) throws -> [StackAddress] = { _ in [] }
) throws -> Plan {
    var planner = try Planner(desired, recorded: recorded, types: types, detail: detail)
    return try planner.plan(graph ?? DependencyGraph(desired.template), importers)
}

/// What planning one resource found, for the resources that read it.
struct ResourceOutcome {
    /// Whether CloudFormation lists it at all, without values.
    var listing: Certainty = .no
    /// Whether CloudFormation will say it is replaced.
    var replacement: ResourceChange.Replacement = .no
    var willChange: Certainty = .no
    var willReplace: Certainty = .no
    var isNew = false
}

struct Planner {
    let desired: DesiredStack
    /// The stack to compare with; `nil` where there is none, or only one that has to be made anew.
    let recorded: RecordedStack?
    /// The stack where it can only be deleted, be it to be made anew; `nil` otherwise.
    let discarded: RecordedStack?
    private let basedOnSerial: Int
    let types: ResourceTypeCatalog
    let recordedTemplate: Template?
    let parameters: ParameterComparison
    let recordedResources: [String: StackResource]
    /// Whether a macro makes of the whole template what only CloudFormation knows.
    let isOpaque: Bool
    let detail: PlanDetail
    /// Whether parameters, mappings, conditions and stack tags are what they were.
    private let inputsAreUnchanged: Bool

    /// Values as they are now.
    var now: Evaluator
    /// Values as CloudFormation will take them: attributes of resources that stay are what they are now.
    var listed: Evaluator
    /// Values as they will really be, where attributes that are properties are known.
    var real: Evaluator
    let nowTable: SymbolTable
    let listedTable: SymbolTable
    let realTable: SymbolTable

    var outcomes: [String: ResourceOutcome] = [:]
    /// The folder of the recorded template, from that of the outermost one.
    var recordedFolder = ""
    /// Nested stacks of which it is not known what is in them now.
    var unreadNested: Set<String> = []
    /// By logical ID, what becomes of nested stacks whose templates are at hand.
    var nested: [String: NestedOutcome] = [:]
    var notes: [Finding] = []

    init(_ desired: DesiredStack, recorded stored: RecordedStack?, types: ResourceTypeCatalog, detail: PlanDetail) throws {
        // Of a stack that failed to be created nothing is certain either, even where trying again needs no new one.
        let recorded = stored.flatMap { $0.status.mustBeRecreated || $0.status == "CREATE_FAILED" || $0.isEmpty ? nil : $0 }
        self.desired = desired
        self.recorded = recorded
        discarded = stored.flatMap { $0.status.mustBeRecreated ? $0 : nil }
        basedOnSerial = stored?.serial ?? 0
        self.types = types
        self.detail = detail
        parameters = ParameterComparison(desired, recorded: recorded)
        recordedTemplate = try recorded.map { stack in
            if desired.template.isReading(of: stack.templateBody) { return desired.template }
            let values = stack.parameters.compactMapValues { if case .plain(let text) = $0 { text } else { nil } }
            let file = "recorded template of \(stack.address) (\(stack.serial))"
            return try Template.read(
                stack.templateBody, file: file, parameterValues: Dictionary(uniqueKeysWithValues: values.map { ($0, $1) })
            ).get()
        }
        isOpaque = desired.template.hasOpaqueTransform || recordedTemplate?.hasOpaqueTransform == true
        inputsAreUnchanged =
            !isOpaque && !desired.template.mayCallMacros && !parameters.readsStore && parameters.storedElsewise.isEmpty
            && parameters.changed.isEmpty
            && desired.hasSameInputs(as: recorded, recordedTemplate)
        recordedResources = Dictionary((recorded?.resources ?? []).map { ($0.logicalID, $0) }, uniquingKeysWith: { first, _ in first })

        nowTable = SymbolTable()
        listedTable = SymbolTable(otherwise: nowTable)
        realTable = SymbolTable(otherwise: nowTable)
        var place = EvaluationEnvironment.pseudoParameters(
            stackName: desired.stackName, region: desired.region, accountID: desired.accountID ?? recorded?.accountID,
            stackID: recorded?.stackID, notificationArns: desired.notificationArns)
        if !desired.hasKnownName { place[.stackName] = nil }
        var placeNow = place
        placeNow[.notificationARNs] = .list((recorded?.notificationArns ?? []).map { .string($0) })
        now = Evaluator(
            recordedTemplate ?? desired.template,
            EvaluationEnvironment(parameters: parameters.recorded, pseudo: placeNow, resolve: { [nowTable] in nowTable[$0] }))
        listed = Evaluator(
            desired.template,
            EvaluationEnvironment(parameters: parameters.desired, pseudo: place, resolve: { [listedTable] in listedTable[$0] }))
        real = Evaluator(
            desired.template,
            EvaluationEnvironment(parameters: parameters.desired, pseudo: place, resolve: { [realTable] in realTable[$0] }))
        for resource in recorded?.resources ?? [] {
            resource.physicalID.map { nowTable[.ref(resource.logicalID)] = .string($0) }
        }
        publishStoredValues()
    }

    mutating func plan(_ graph: DependencyGraph, _ importers: (String) throws -> [StackAddress]) throws -> Plan {
        var changes: [String: PlannedChange] = [:]
        noteWhatIsOpaque()
        for logicalID in graph.order ?? Array(desired.template.resources.keys) {
            guard let resource = desired.template.resources[logicalID] else { continue }
            changes[logicalID] = try plan(resource, dependencies: graph.dependencies[logicalID] ?? [])
        }
        let findings = listed.findings
        guard !findings.contains(where: { $0.severity == .error }) else { throw Problem(.badInput, findings) }

        var ordered = desired.template.resources.keys.compactMap { changes[$0] }
        ordered += try removals(keeping: Set(ordered.filter { $0.action == .add }.map(\.logicalID)))
        markRenames(in: &ordered)
        var (hazards, access) = try hazards(of: ordered, importers: importers)
        for index in ordered.indices { lift(from: &ordered[index], &hazards, &access) }
        var plan = Plan(
            address: desired.address, stackName: desired.stackName, region: desired.region, kind: recorded == nil ? .create : .update,
            basedOnSerial: basedOnSerial, changes: ordered,
            unchangedCount: unchangedCount,
            parameters: parameters.listed, outputs: outputChanges(), conditions: conditionChanges(), tags: tagChanges(),
            settings: settingChanges(),
            hazards: hazards, access: access, notes: notes + findings,
            followed: nested.isEmpty ? nil : nested.keys.sorted())
        plan.mixedImportNote.map { plan.notes.append($0) }
        return plan
    }

    private mutating func noteWhatIsOpaque() {
        for name in desired.template.transforms where name != Template.languageExtensions {
            notes.append(
                Finding(
                    "opaque-transform", .warning, "The macro \(name) is run by CloudFormation only",
                    detail:
                        "What it makes of the template can't be planned offline; CloudFormation's change set is shown before anything is executed."
                ))
        }
        for (name, value) in parameters.desired {
            guard case .unknown(let reason) = value, !desired.previousParameters.contains(name) else { continue }
            notes.append(Finding("unknown-parameter-value", .note, "The value of parameter \(name) is not known here", detail: reason))
        }
    }

    // MARK: Resources

    private mutating func plan(_ resource: TemplateResource, dependencies: OrderedSet<String>) throws -> PlannedChange? {
        let before = recordedTemplate?.resources[resource.logicalID]
        let existed = recordedResources[resource.logicalID].map { $0.status != "DELETE_COMPLETE" } ?? false
        var exists = listed.holds(resource.condition)
        if exists == false {
            return nil
        }
        // Whatever an undecided condition comes to, it comes to the same as before.
        if exists == nil, existed, let name = resource.condition, before?.condition == name, staysUndecided(name) { exists = true }
        try planNested(resource, before: existed ? before : nil)
        guard existed, let before else {
            return addition(resource, certain: exists == true)
        }
        if nested[resource.logicalID]?.plan.hasChanges != true, !unreadNested.contains(resource.logicalID),
            isUntouched(resource, before, dependencies), exists == true
        {
            outcomes[resource.logicalID] = ResourceOutcome()
            if nested[resource.logicalID] == nil { publishUntouched(resource) } else { publish(resource, ResourceOutcome()) }
            return nil
        }
        var comparison = ResourceComparison(before, resource, self)
        let change = comparison.compare(&self, existenceIsCertain: exists == true)
        publish(resource, outcomes[resource.logicalID] ?? ResourceOutcome())
        return change
    }

    /// Whether a condition that can't be decided is one of the same values as before.
    private mutating func staysUndecided(_ name: String) -> Bool {
        var pending = [name]
        var seen: Set<String> = []
        while let next = pending.popLast() {
            guard seen.insert(next).inserted else { continue }
            guard let before = recordedTemplate?.conditions[next], let after = desired.template.conditions[next] else { return false }
            let value = listed.value(of: after)
            guard value == now.value(of: before), !value.isVolatile else { return false }
            for expression in [before, after] {
                expression.forEachReference { reference, _ in
                    if case .condition(let needed) = reference { pending.append(needed) }
                }
            }
        }
        return true
    }

    /// Whether nothing that could make the resource differ is different: no need to evaluate it then.
    private func isUntouched(_ resource: TemplateResource, _ before: TemplateResource, _ dependencies: OrderedSet<String>) -> Bool {
        guard inputsAreUnchanged, !resource.isRewritten, nested[resource.logicalID]?.isEdited != true,
            nested[resource.logicalID]?.isMoved != true,
            resource.readsTheSame(as: before)
        else { return false }
        return dependencies.allSatisfy { name in
            outcomes[name].map { $0.listing == .no && $0.willChange == .no && !$0.isNew } ?? false
        }
    }

    /// All properties of a resource before and after, where they are asked for.
    mutating func contexts(before: TemplateResource?, after: TemplateResource?) -> PlannedChange.Contexts? {
        guard detail.contains(.contexts) else { return nil }
        return PlannedChange.Contexts(before: before.map { context($0, &now) }, after: after.map { context($0, &listed) })
    }

    private func context(_ resource: TemplateResource, _ evaluator: inout Evaluator) -> JSONValue {
        .object(["Properties": .object(properties(of: resource, &evaluator).mapValues(\.changeSetJSON))])
    }

    private mutating func addition(_ resource: TemplateResource, certain: Bool) -> PlannedChange {
        var properties: [PropertyChange] = []
        for property in resource.properties {
            let value = real.value(of: property.value)
            guard value != .noValue else { continue }
            properties.append(
                PropertyChange(
                    path: property.key, pointer: "/Properties/\(property.key)", before: nil, after: value.shown, known: value.isKnown,
                    sensitive: value.isSensitive, requiresReplacement: .never, causes: [], willChange: .yes,
                    location: desired.template.source.range(property.keySpan)))
        }
        let certainty: Certainty = certain && !isOpaque ? .yes : .unknown
        let outcome = ResourceOutcome(listing: certainty, willChange: certainty, isNew: true)
        outcomes[resource.logicalID] = outcome
        publish(resource, outcome)
        let identifier = desired.imports[resource.logicalID]
        return PlannedChange(
            logicalID: resource.logicalID, type: resource.type, action: identifier == nil ? .add : .import, listing: outcome.listing,
            willChange: outcome.willChange, willReplace: .no, scope: [], properties: properties, details: [], detailsWithValues: [],
            location: desired.template.source.range(resource.span), importIdentifier: identifier,
            contexts: contexts(before: nil, after: resource),
            nested: nested[resource.logicalID]?.plan)
    }

    private mutating func removals(keeping added: Set<String>) throws -> [PlannedChange] {
        guard let recordedTemplate else { return [] }
        var removed: [PlannedChange] = []
        for resource in recordedResources.values.sorted(by: { $0.logicalID < $1.logicalID }) where resource.status != "DELETE_COMPLETE" {
            guard outcomes[resource.logicalID] == nil else { continue }
            let declaration = recordedTemplate.resources[resource.logicalID]
            // What a macro has made, it may make again.
            guard declaration != nil || !isOpaque else { continue }
            let action = removalPolicy(declaration, of: resource.type)
            let certainty: Certainty = isOpaque ? .unknown : .yes
            removed.append(
                PlannedChange(
                    logicalID: resource.logicalID, type: resource.type, physicalID: resource.physicalID, action: .remove,
                    policyAction: action, listing: certainty, willChange: certainty, willReplace: .no, scope: [], properties: [],
                    details: [], detailsWithValues: [], location: declaration.map { recordedTemplate.source.range($0.span) },
                    contexts: contexts(before: declaration, after: nil),
                    nested: action == .delete ? try declaration.flatMap(planRemovalOfNested) : nil))
        }
        return removed
    }

    mutating func removalPolicy(_ resource: TemplateResource?, of type: String) -> ResourceChange.PolicyAction {
        guard let policy = resource?.deletionPolicy, let text = now.value(of: policy).text else {
            // The one default that is not Delete (user guide, DeletionPolicy attribute).
            return type == "AWS::RDS::DBCluster" ? .snapshot : .delete
        }
        switch TemplateResource.Policy(rawValue: text) {
        case .retain, .retainExceptOnCreate: return .retain
        case .snapshot: return .snapshot
        case .delete, nil: return .delete
        }
    }

    /// A resource that goes and one of the same type and properties that comes is most likely one that was renamed.
    private func markRenames(in changes: inout [PlannedChange]) {
        let removed = changes.filter { $0.action == .remove }
        var taken: Set<String> = []
        for index in changes.indices where changes[index].action == .add {
            guard let added = desired.template.resources[changes[index].logicalID] else { continue }
            let match = removed.first { candidate in
                guard !taken.contains(candidate.logicalID), let old = recordedTemplate?.resources[candidate.logicalID] else { return false }
                return old.type == added.type && !old.properties.isEmpty && Expression.same(old.properties, added.properties)
            }
            guard let match else { continue }
            taken.insert(match.logicalID)
            changes[index].renamedFrom = match.logicalID
        }
    }

    /// By logical ID, the attributes that anything in the two templates reads.
    lazy var attributesRead: [String: Set<String>] = {
        var read: [String: Set<String>] = [:]
        func collect(_ expression: Expression) {
            expression.forEachReference { reference, _ in
                if case .attribute(let logicalID, let name?) = reference { read[logicalID, default: []].insert(name) }
            }
        }
        for template in [desired.template, recordedTemplate].compactMap(\.self) {
            for resource in template.resources.values { resource.forEachExpression(collect) }
            for output in template.outputs.values { collect(output.value) }
        }
        return read
    }()
}

extension DesiredStack {
    /// Whether all that resources read of the template around them and of the stack's settings is what was recorded.
    fileprivate func hasSameInputs(as recorded: RecordedStack?, _ recordedTemplate: Template?) -> Bool {
        guard let recorded, let recordedTemplate else { return false }
        return recorded.tags == tags && recorded.notificationArns == notificationArns
            && recordedTemplate.mappings.keys == template.mappings.keys
            && recordedTemplate.mappings.allSatisfy { $0.value.rows == template.mappings[$0.key]?.rows }
            && recordedTemplate.conditions.keys == template.conditions.keys
            && recordedTemplate.conditions.allSatisfy { Expression.same($0.value, template.conditions[$0.key]) }
    }
}
