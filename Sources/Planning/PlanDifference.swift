import Model
package import OrderedCollections
package import ResourceTypes
package import Templates

/// A template with the values of its parameters: one side of a comparison that needs neither a project nor recorded state.
package struct TemplateSide: Sendable {
    package var template: Template
    /// Parameters that have no value here are left out; defaults are filled in.
    package var parameters: OrderedDictionary<String, ParameterValue>
    /// The local templates it nests, at any depth, by their paths from its folder.
    package var nested: [String: Template]

    package init(
        template: Template, parameters: OrderedDictionary<String, ParameterValue>, nested: [String: Template] = [:]
    ) {
        self.template = template
        self.parameters = parameters
        self.nested = nested
    }
}

/// Plans what deploying `new` would do to a stack that was deployed from `old` and is unchanged since.
///
/// Nothing is known of that stack but its template: neither its account nor what its resources are called. A parameter without a
/// value keeps the one it had, as with UsePreviousValue.
/// - Parameter old: `nil` where there is no stack yet.
/// - Throws: `Problem` (exit code 4) with every finding where one of the templates can't be evaluated.
package func planDifference(
    from old: TemplateSide?, to new: TemplateSide, region: String, types: ResourceTypeCatalog, detail: PlanDetail = []
) throws -> Plan {
    let address = StackAddress(stack: new.template.source.file)
    let stackName = PseudoParameter.stackName.placeholder
    let recorded = old.map { assumedStack($0, address, stackName: stackName, region: region) }
    var parameters = new.parameters
    var previous: Set<String> = []
    for name in new.template.parameters.keys where parameters[name] == nil {
        if recorded?.parameters[name] != nil {
            previous.insert(name)
        } else if old?.template.parameters[name] == nil {
            parameters[name] = .unknown("No value is given for it.")
        }
    }
    let desired = DesiredStack(
        address: address, stackName: stackName, region: region, template: new.template, nested: new.nested, parameters: parameters,
        previousParameters: previous)
    return try plan(desired, recorded: recorded, types: types, detail: detail)
}

/// What there is of a stack that was deployed from a template, where nothing else is known of it.
func assumedStack(_ side: TemplateSide, _ address: StackAddress, stackName: String, region: String) -> RecordedStack {
    var evaluator = Evaluator(
        side.template,
        EvaluationEnvironment(
            parameters: side.parameters, pseudo: EvaluationEnvironment.pseudoParameters(stackName: stackName, region: region)))
    let resources = side.template.resources.values.filter { evaluator.holds($0.condition) != false }.map {
        StackResource(logicalID: $0.logicalID, physicalID: nil, type: $0.type, status: "CREATE_COMPLETE")
    }
    return RecordedStack(
        address: address, stackName: stackName, region: region, serial: 0, status: "CREATE_COMPLETE", templateBody: side.template.body,
        nestedTemplates: nestedTemplateBodies(side.nested),
        parameters: side.parameters.compactMapValues(\.asRecorded), resources: resources)
}

extension ParameterValue {
    fileprivate var asRecorded: RecordedParameter? {
        switch self {
        case .plain(let text): .plain(text)
        // The same salt will do: the digest lives for one comparison in memory.
        case .secret(let secret, let digest): .secret(digest ?? SecretDigest(of: secret, salt: .init(count: 16)))
        case .previousSecret(let digest): .secret(digest)
        case .unknown: nil
        }
    }
}

extension PseudoParameter {
    /// Read by a person, and the same on both sides of a comparison.
    var placeholder: String { "${\(rawValue)}" }
}
