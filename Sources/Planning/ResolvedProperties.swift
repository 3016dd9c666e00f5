package import Model
package import OrderedCollections
package import ResourceTypes
import Synchronization
package import Templates

/// The properties of a stack's resources as they were deployed: with parameters, conditions, physical IDs and attributes put in, as
/// far as they are known. A value that a secret is a part of is `****`, and a dynamic reference stays as it is written.
/// - Parameter stack: where it is, what it was given, and which resources it has now.
/// - Returns: by logical ID; empty for a template that a macro makes anew, which only CloudFormation knows then.
package func resolvedProperties(
    of template: Template, parameters: OrderedDictionary<String, RecordedParameter>, stack: RecordedStack, types: ResourceTypeCatalog
) -> [String: JSONValue] {
    guard !template.hasOpaqueTransform else { return [:] }
    let place = EvaluationEnvironment.pseudoParameters(
        stackName: stack.stackName, region: stack.region, accountID: stack.accountID, stackID: stack.stackID,
        notificationArns: stack.notificationArns)
    let known = SymbolTable()
    for resource in stack.resources { resource.physicalID.map { known[.ref(resource.logicalID)] = .string($0) } }
    for (name, text) in stack.storedValues {
        guard let parameter = template.parameters[name], case .plain(let path)? = parameters[name] else { continue }
        known[.function(parameter.type, [.string(path)])] = parameter.value(ofText: text)
    }
    // A value that a resource was given is what its attribute of that name is, once it has been worked out.
    let worked = WorkedOut(template, types)
    var evaluator = Evaluator(
        template,
        EvaluationEnvironment(
            parameters: parameters.mapValues(\.asParameterValue), pseudo: place,
            resolve: { symbol in known[symbol] ?? worked.attribute(symbol) }))
    let existing = Set(stack.resources.map(\.logicalID))
    var resolved: [String: JSONValue] = [:]
    for logicalID in DependencyGraph(template).order ?? Array(template.resources.keys) {
        guard let resource = template.resources[logicalID], existing.contains(logicalID), !resource.isRewritten else { continue }
        var values: OrderedDictionary<String, Value> = [:]
        for property in resource.properties {
            let value = evaluator.value(of: property.value)
            if value != .noValue { values[property.key] = value }
        }
        worked.note(logicalID, values)
        resolved[logicalID] = .object(values.mapValues(\.recorded))
    }
    return resolved
}

/// The outputs that a secret is a part of: where the secret's value is not at hand, they can't be searched for it.
package func sensitiveOutputs(
    of template: Template, parameters: OrderedDictionary<String, RecordedParameter>, stack: RecordedStack
) -> Set<String> {
    let place = EvaluationEnvironment.pseudoParameters(
        stackName: stack.stackName, region: stack.region, accountID: stack.accountID, stackID: stack.stackID,
        notificationArns: stack.notificationArns)
    var evaluator = Evaluator(
        template, EvaluationEnvironment(parameters: parameters.mapValues(\.asParameterValue), pseudo: place))
    return Set(template.outputs.values.filter { evaluator.value(of: $0.value).isSensitive }.map(\.name))
}

/// Properties by logical ID, filled while resources are evaluated one after the other.
private final class WorkedOut: Sendable {
    private let values = Mutex<[String: OrderedDictionary<String, Value>]>([:])
    private let typeNames: [String: String]
    private let types: ResourceTypeCatalog

    init(_ template: Template, _ types: ResourceTypeCatalog) {
        typeNames = Dictionary(uniqueKeysWithValues: template.resources.map { ($0, $1.type) })
        self.types = types
    }

    func note(_ logicalID: String, _ properties: OrderedDictionary<String, Value>) {
        values.withLock { $0[logicalID] = properties }
    }

    func attribute(_ symbol: Symbol) -> Value? {
        guard case .attribute(let logicalID, let name) = symbol, let properties = values.withLock({ $0[logicalID] }),
            let type = typeNames[logicalID].flatMap({ types[$0] }), let path = type.attributeProperty(name)
        else { return nil }
        var components = path.components[...]
        var value = components.popFirst().flatMap { properties[$0] }
        for component in components {
            guard case .object(let members)? = value else { return nil }
            value = members[component]
        }
        return value
    }
}

extension Value {
    /// As it may be stored: without anything of a secret.
    fileprivate var recorded: JSONValue {
        switch self {
        case .scalar(let scalar): scalar.json
        case .list(let items): .array(items.map(\.recorded))
        case .object(let members): .object(members.mapValues(\.recorded))
        case .noValue: .null
        case .symbol(.dynamicReference(let text)): .string(text)
        case .symbol: isSensitive ? .string(Secret.mask) : shown
        }
    }
}
