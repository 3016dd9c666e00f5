import OrderedCollections
import ResourceTypes
import Templates

/// What other resources will read of one that is planned: the tables are told what its symbols stand for.
extension Planner {
    /// Of a resource that stays, all tables have what it has now.
    mutating func publishUntouched(_ resource: TemplateResource) {
        guard let names = attributesRead[resource.logicalID], let type = types[resource.type] else { return }
        for name in names {
            guard let path = type.attributeProperty(name), let value = Self.propertyValue(path, of: resource, &now) else { continue }
            nowTable[.attribute(logicalID: resource.logicalID, name: name)] = value
        }
    }

    /// Tells the tables what a planned resource's symbols stand for from here on.
    mutating func publish(_ resource: TemplateResource, _ outcome: ResourceOutcome) {
        let logicalID = resource.logicalID
        let ref = Symbol.ref(logicalID)
        let physicalID = nowTable[ref]
        let isReplaced = outcome.replacement == .yes || outcome.isNew
        listedTable[ref] = isReplaced ? .symbol(.pending(ref)) : physicalID

        switch (outcome.isNew, outcome.willReplace) {
        case (true, _), (false, .yes): realTable[ref] = .symbol(.pending(ref))
        case (false, .no): realTable[ref] = physicalID
        case (false, .unknown): realTable[ref] = .symbol(.function("Ref", [.string(logicalID)]))
        }
        guard let type = types[resource.type] else { return publishAttributes(of: resource, nil, outcome) }
        if let path = type.refProperty, let value = Self.propertyValue(path, of: resource, &real) { realTable[ref] = value }
        publishAttributes(of: resource, type, outcome)
    }

    /// What stands in the parameter store, as far as it was asked.
    func publishStoredValues() {
        func publish(
            _ stored: [String: String], _ values: OrderedDictionary<String, ParameterValue>, _ template: Template?,
            _ tables: [SymbolTable]
        ) {
            for (name, text) in stored {
                guard let parameter = template?.parameters[name], case .plain(let path)? = values[name] else { continue }
                for table in tables { table[.function(parameter.type, [.string(path)])] = parameter.value(ofText: text) }
            }
        }
        publish(recorded?.storedValues ?? [:], parameters.recorded, recordedTemplate, [nowTable])
        publish(desired.storedValues, parameters.desired, desired.template, [listedTable, realTable])
    }

    /// Only attributes that the two templates read are worth working out.
    private mutating func publishAttributes(of resource: TemplateResource, _ type: ResourceType?, _ outcome: ResourceOutcome) {
        for name in attributesRead[resource.logicalID] ?? [] {
            let symbol = Symbol.attribute(logicalID: resource.logicalID, name: name)
            let nested = nested[resource.logicalID].flatMap { NestedOutput($0, name) }
            if let value = nested?.now { nowTable[symbol] = value }
            let path = type?.attributeProperty(name)
            if !outcome.isNew, let path, let before = recordedTemplate?.resources[resource.logicalID],
                let value = Self.propertyValue(path, of: before, &now)
            {
                nowTable[symbol] = value
            }
            let isReplaced = outcome.replacement == .yes || outcome.isNew
            listedTable[symbol] = isReplaced ? .symbol(.pending(symbol)) : nowTable[symbol]
            if let value = nested?.after ?? path.flatMap({ Self.propertyValue($0, of: resource, &real) }) {
                realTable[symbol] = value
            } else if outcome.isNew {
                realTable[symbol] = .symbol(.pending(symbol))
            } else if outcome.willChange == .no {
                realTable[symbol] = nowTable[symbol]
            } else {
                realTable[symbol] = attributeAfterChange(symbol, resource.type, type, outcome)
            }
        }
    }

    /// An attribute that is no property, of a resource that changes: its identity stays unless it is replaced, the rest is not known.
    private func attributeAfterChange(_ symbol: Symbol, _ typeName: String, _ type: ResourceType?, _ outcome: ResourceOutcome) -> Value? {
        guard case .attribute(let logicalID, let name) = symbol else { return nil }
        let isIdentity = type?.isPrimaryIdentifier(name) == true || StableAttributes.contains(name, of: typeName)
        if isIdentity, outcome.willReplace == .no { return nowTable[symbol] }
        if isIdentity, outcome.willReplace == .yes { return .symbol(.pending(symbol)) }
        return .symbol(.function("Fn::GetAtt", [.string(logicalID), .string(name)]))
    }

    private static func propertyValue(_ path: PropertyPath, of resource: TemplateResource, _ evaluator: inout Evaluator) -> Value? {
        var components = path.components[...]
        guard let name = components.popFirst(), let property = resource.properties.first(where: { $0.key == name }) else { return nil }
        var value = evaluator.value(of: property.value)
        for component in components {
            guard case .object(let members) = value, let inner = members[component] else { return nil }
            value = inner
        }
        return value
    }
}
