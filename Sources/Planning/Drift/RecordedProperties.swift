package import Model
package import OrderedCollections
package import ResourceTypes
package import Templates

/// What a stack's template says of its resources with all that is known put in: what live resources are compared with.
package struct RecordedProperties: Sendable {
    private let properties: [String: OrderedDictionary<String, Value>]
    let types: ResourceTypeCatalog
    /// The template they are of.
    package let template: Template

    /// - Throws: `Problem` where the recorded template can't be read.
    package init(_ recorded: RecordedStack, types: ResourceTypeCatalog) throws {
        let values = recorded.parameters.compactMapValues { if case .plain(let text) = $0 { text } else { nil } }
        let template = try Template.read(
            recorded.templateBody, file: "recorded template of \(recorded.address) (\(recorded.serial))",
            parameterValues: Dictionary(uniqueKeysWithValues: values.map { ($0, $1) })
        ).get()
        let desired = DesiredStack(
            address: recorded.address, stackName: recorded.stackName, region: recorded.region, accountID: recorded.accountID,
            template: template, parameters: recorded.parameters.mapValues(ParameterValue.init(recorded:)), tags: recorded.tags,
            capabilities: recorded.capabilities, notificationArns: recorded.notificationArns,
            terminationProtection: recorded.terminationProtection, storedValues: recorded.storedValues)
        var stack = recorded
        // Whatever state it is in, what was made of it is there.
        if stack.status.mustBeRecreated { stack.status = "UPDATE_FAILED" }
        var planner = try Planner(desired, recorded: stack, types: types, detail: [])
        // Planning no change publishes every attribute that is a property.
        _ = try planner.plan(DependencyGraph(template)) { _ in [] }
        var properties: [String: OrderedDictionary<String, Value>] = [:]
        for resource in template.resources.values where planner.now.holds(resource.condition) != false {
            properties[resource.logicalID] = planner.properties(of: resource, &planner.now)
        }
        self.properties = properties
        self.types = types
        self.template = template
    }

    /// A resource's properties; `nil` where the template has no such resource.
    package subscript(logicalID: String) -> OrderedDictionary<String, Value>? { properties[logicalID] }

    /// The facts on a type.
    package func resourceType(_ name: String) -> ResourceType? { types[name] }

    /// Whether a secret is part of what the template says at a place. Where it can't be told which item is meant, any counts.
    func isSensitive(_ logicalID: String, _ property: String, _ steps: [LeafDifference.Step]) -> Bool {
        // Of a resource that the template does not have, a macro's for one, nobody knows what it was given.
        guard let resource = properties[logicalID] else { return template.parameters.values.contains(where: \.noEcho) }
        guard let value = resource[property] else { return false }
        return value.isSensitive(at: steps[...]) { $0.isSensitive || readsNestedSecret($0) }
    }

    /// Whether a nested stack is given a secret as a parameter, whatever its own template says of that.
    package func givesSecret(toNested logicalID: String, parameter: String) -> Bool {
        isSensitive(logicalID, "Parameters", [.key(parameter)])
    }

    /// Whether an output is part of a value that a nested stack may have made of a secret it was given.
    private func readsNestedSecret(_ value: Value) -> Bool {
        var found = false
        value.forEachSymbol { symbol in
            guard case .attribute(let logicalID, let name) = symbol, name.hasPrefix("Outputs.") else { return }
            if properties[logicalID]?["Parameters"]?.isSensitive == true { found = true }
        }
        return found
    }
}

extension ParameterValue {
    fileprivate init(recorded: RecordedParameter) {
        switch recorded {
        case .plain(let text): self = .plain(text)
        case .secret(let digest): self = .previousSecret(digest)
        }
    }
}

extension Value {
    fileprivate func isSensitive(at steps: ArraySlice<LeafDifference.Step>, _ isSecret: (Value) -> Bool) -> Bool {
        guard isSecret(self) else { return false }
        guard let step = steps.first else { return true }
        let rest = steps.dropFirst()
        switch (self, step) {
        case (.object(let members), .key(let name)): return members[name]?.isSensitive(at: rest, isSecret) ?? false
        case (.list(let items), .tag(let key)):
            let tagged = items.filter { item in
                guard case .object(let members) = item, let name = members["Key"]?.text else { return true }
                return name == key
            }
            return tagged.contains { $0.isSensitive(at: rest, isSecret) }
        case (.list(let items), _): return items.contains { $0.isSensitive(at: rest, isSecret) }
        default: return true
        }
    }
}
