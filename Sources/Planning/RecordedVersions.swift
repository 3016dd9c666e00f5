package import Model
import OrderedCollections
package import ResourceTypes
package import Templates

/// What was recorded of a stack, as something to plan with or to compare.
extension DesiredStack {
    /// The stack as it is recorded. A secret is one that is not known here, with its digest.
    /// - Throws: `Problem` with every finding where the recorded template can't be read.
    package init(_ recorded: RecordedStack) throws {
        let template = try recorded.template()
        self.init(
            address: recorded.address, stackName: recorded.stackName, region: recorded.region, accountID: recorded.accountID,
            template: template, nested: recorded.nestedTemplates(in: template),
            parameters: recorded.parameters.mapValues(\.asParameterValue), tags: recorded.tags, capabilities: recorded.capabilities,
            notificationArns: recorded.notificationArns, terminationProtection: recorded.terminationProtection,
            stackPolicy: recorded.stackPolicy, rollback: recorded.rollback, storedValues: recorded.storedValues)
    }
}

extension RecordedStack {
    /// - Throws: `Problem` with every finding where the template can't be read.
    package func template() throws -> Template {
        let values = parameters.compactMapValues { if case .plain(let text) = $0 { text } else { nil } }
        let file = "template of \(address) deployment \(serial)"
        return try Template.read(
            templateBody, file: file, parameterValues: Dictionary(uniqueKeysWithValues: values.map { ($0, $1) })
        ).get()
    }

    package func nestedTemplates(in template: Template) -> [String: Template] {
        let nested = template.readNested { path in
            nestedTemplates[path].map { NamedFile(name: "\(path) of \(address) deployment \(serial)", data: .init($0.utf8)) }
        }
        return nested.value ?? [:]
    }
}

/// Plans what led from one recorded state of a stack to another.
/// - Parameter old: `nil` where there was none.
package func planBetween(
    _ old: RecordedStack?, _ new: RecordedStack, types: ResourceTypeCatalog, detail: PlanDetail = []
) throws -> Plan {
    var old = old
    // A stack that was made anew in between is compared all the same.
    if old?.status.mustBeRecreated == true { old?.status = "CREATE_COMPLETE" }
    var desired = try DesiredStack(new)
    // Neither side ever saw the value: it may be the same, and nothing tells.
    for (name, value) in new.parameters where value == .secret(nil) && old?.parameters[name] == .secret(nil) {
        desired.previousParameters.insert(name)
    }
    var plan = try plan(desired, recorded: old, types: types, detail: detail)
    plan.outputs = outputDifferences(old?.outputs ?? [], new.outputs)
    plan.hazards = []
    return plan
}

/// Outputs as they were recorded, which say more than templates do.
private func outputDifferences(_ old: [StackOutput], _ new: [StackOutput]) -> [ValueChange] {
    let before = Dictionary(old.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let after = Dictionary(new.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    return Set(before.keys).union(after.keys).sorted().flatMap { name in
        let (old, new) = (before[name], after[name])
        let stays = old != nil && new != nil
        return [
            (name, old?.value, new?.value), ("\(name).Export.Name", old?.exportName, new?.exportName),
            // With an output that comes or goes, its description is no change of its own.
            ("\(name).Description", stays ? old?.description : nil, stays ? new?.description : nil),
        ].compactMap { $1 == $2 ? nil : ValueChange(name: $0, before: $1, after: $2) }
    }
}

/// Which deployment last changed each resource and each of its properties: found by going through what was in effect, from the
/// oldest to the newest.
package struct Blame: Sendable {
    package struct Property: Sendable {
        /// A property's name, or that of another attribute, such as `DeletionPolicy`.
        package var name: String
        package var value: JSONValue
        package var serial: Int
    }

    package struct Resource: Sendable {
        package var logicalID: String
        package var type: String
        /// The deployment that brought it.
        package var since: Int
        /// In the order of the template; `serial` of each is the deployment that it is as it is since.
        package var properties: [Property]
        /// The deployment that last changed something about it.
        package var serial: Int
    }

    /// In the order of the newest template.
    package private(set) var resources: [Resource] = []
    private var values: [String: [String: Value]] = [:]
    private var last: (template: String, parameters: OrderedDictionary<String, RecordedParameter>)?

    package init() {}

    /// The stack as the next deployment left it.
    package mutating func take(_ stack: RecordedStack) throws {
        guard last?.template != stack.templateBody || last?.parameters != stack.parameters else { return }
        last = (stack.templateBody, stack.parameters)
        let template = try stack.template()
        let place = EvaluationEnvironment.pseudoParameters(
            stackName: stack.stackName, region: stack.region, accountID: stack.accountID, notificationArns: stack.notificationArns)
        var evaluator = Evaluator(
            template, EvaluationEnvironment(parameters: stack.parameters.mapValues(\.asParameterValue), pseudo: place))
        let before = Dictionary(resources.map { ($0.logicalID, $0) }, uniquingKeysWith: { first, _ in first })
        let valuesBefore = values
        resources = []
        values = [:]
        for resource in template.resources.values where evaluator.holds(resource.condition) != false {
            let earlier = before[resource.logicalID].flatMap { $0.type == resource.type ? $0 : nil }
            take(resource, stack.serial, earlier, earlier == nil ? [:] : valuesBefore[resource.logicalID] ?? [:], &evaluator)
        }
    }

    /// The stack was destroyed.
    package mutating func removeAll() {
        resources = []
        values = [:]
        last = nil
    }

    private mutating func take(
        _ resource: TemplateResource, _ serial: Int, _ earlier: Resource?, _ valuesBefore: [String: Value], _ evaluator: inout Evaluator
    ) {
        var now: [String: Value] = [:]
        var properties: [Property] = []
        let attributes: [(String, Expression?)] = [
            ("Metadata", resource.metadata), ("CreationPolicy", resource.creationPolicy), ("UpdatePolicy", resource.updatePolicy),
            ("DeletionPolicy", resource.deletionPolicy), ("UpdateReplacePolicy", resource.updateReplacePolicy),
        ]
        for (name, expression) in resource.properties.map({ ($0.key, Optional($0.value)) }) + attributes {
            guard let expression else { continue }
            let value = evaluator.value(of: expression)
            guard value != .noValue, now[name] == nil else { continue }
            now[name] = value
            let since = valuesBefore[name] == value ? earlier?.properties.first { $0.name == name }?.serial : nil
            properties.append(Property(name: name, value: value.shown, serial: since ?? serial))
        }
        let isReduced = valuesBefore.keys.contains { now[$0] == nil }
        let latest = properties.map(\.serial).max() ?? earlier?.serial ?? serial
        values[resource.logicalID] = now
        resources.append(
            Resource(
                logicalID: resource.logicalID, type: resource.type, since: earlier?.since ?? serial, properties: properties,
                serial: isReduced ? serial : max(latest, earlier?.serial ?? serial)))
    }
}
