import OrderedCollections
import Templates

/// Whether what a template's parts refer to is there.
enum TemplateReferences {
    static func check(_ template: Template) throws(APIFailure) {
        try checkLimits(template)
        // A macro may add what is missing.
        guard !template.hasOpaqueTransform else { return }
        try checkConditions(template)
        try checkTypes(template)
        try checkResources(template)
        try checkOutputs(template)
        if let cycle = DependencyGraph(template).cycle {
            throw .validation("Circular dependency between resources: [\(Set(cycle).sorted().joined(separator: ", "))]")
        }
    }

    private static func checkLimits(_ template: Template) throws(APIFailure) {
        let counts = [
            ("Parameters", template.parameters.count, TemplateLimits.parameters),
            ("Resources", template.resources.count, TemplateLimits.resources),
            ("Outputs", template.outputs.count, TemplateLimits.outputs),
            ("Mappings", template.mappings.count, TemplateLimits.mappings),
        ]
        for (section, count, limit) in counts where count > limit {
            let what = section.lowercased()
            throw .validation("Template format error: Number of \(what), \(count), is greater than maximum allowed, \(limit)")
        }
    }

    private static func checkTypes(_ template: Template) throws(APIFailure) {
        let known = ["AWS::", "Alexa::", "Custom::"]
        let unknown = OrderedSet(template.resources.values.map(\.type).filter { type in !known.contains { type.hasPrefix($0) } })
        guard unknown.isEmpty else {
            throw .validation("Template format error: Unrecognized resource types: [\(unknown.joined(separator: ", "))]")
        }
    }

    private static func checkConditions(_ template: Template) throws(APIFailure) {
        for (name, expression) in template.conditions {
            for reference in references(in: expression) {
                switch reference {
                case .condition(let other) where template.conditions[other] == nil:
                    throw .validation(
                        "Template format error: Unresolved dependencies [\(other)]. Cannot reference resources in the Conditions block of the template"
                    )
                case .name(let other) where template.parameters[other] == nil && PseudoParameter(rawValue: other) == nil:
                    throw .validation(
                        "Template format error: Unresolved dependencies [\(other)]. Cannot reference resources in the Conditions block of the template"
                    )
                case .attribute:
                    throw .validation("Template error: Fn::GetAtt cannot be used in the Conditions block of the template")
                default: break
                }
            }
            if reaches(name, from: name, template, visited: []) {
                throw .validation("Template error: Found circular condition dependency between \(name) and \(name)")
            }
        }
    }

    private static func reaches(_ target: String, from name: String, _ template: Template, visited: Set<String>) -> Bool {
        guard !visited.contains(name), let expression = template.conditions[name] else { return false }
        return references(in: expression).contains { reference in
            guard case .condition(let other) = reference else { return false }
            return other == target || reaches(target, from: other, template, visited: visited.union([name]))
        }
    }

    private static func checkResources(_ template: Template) throws(APIFailure) {
        var unresolved: OrderedSet<String> = []
        for resource in template.resources.values {
            if let condition = resource.condition, template.conditions[condition] == nil {
                throw .validation(
                    "Template format error: Unresolved condition dependency \(condition) in the Resources block of the template")
            }
            for name in resource.dependsOn where template.resources[name] == nil { unresolved.append(name) }
            for expression in expressions(of: resource) { unresolved.formUnion(try missing(expression, template)) }
        }
        guard unresolved.isEmpty else {
            throw .validation(
                "Template format error: Unresolved resource dependencies [\(unresolved.joined(separator: ", "))] in the Resources block of the template"
            )
        }
    }

    private static func checkOutputs(_ template: Template) throws(APIFailure) {
        var unresolved: OrderedSet<String> = []
        for output in template.outputs.values {
            if let condition = output.condition, template.conditions[condition] == nil {
                throw .validation(
                    "Template format error: Unresolved condition dependency \(condition) in the Outputs block of the template")
            }
            for expression in [output.value] + (output.exportName.map { [$0] } ?? []) {
                unresolved.formUnion(try missing(expression, template))
            }
        }
        guard unresolved.isEmpty else {
            throw .validation(
                "Template format error: Unresolved resource dependencies [\(unresolved.joined(separator: ", "))] in the Outputs block of the template"
            )
        }
    }

    private static func missing(_ expression: Expression, _ template: Template) throws(APIFailure) -> [String] {
        var names: [String] = []
        for reference in references(in: expression) {
            switch reference {
            case .name(let name)
            where template.parameters[name] == nil && template.resources[name] == nil && PseudoParameter(rawValue: name) == nil:
                names.append(name)
            case .attribute(let logicalID, _) where template.resources[logicalID] == nil:
                throw .validation("Template error: instance of Fn::GetAtt references undefined resource \(logicalID)")
            case .attribute(let logicalID, let name?):
                guard let type = template.resources[logicalID]?.type, !UpdateFacts.hasAttribute(name, type) else { continue }
                throw .validation("Template error: resource \(logicalID) does not support attribute type \(name) in Fn::GetAtt")
            case .condition(let name) where template.conditions[name] == nil:
                throw .validation("Template error: unresolved condition dependency \(name) in Fn::If")
            case .mapping(let name) where template.mappings[name] == nil:
                throw .validation("Template error: Mapping named '\(name)' is not present in the 'Mappings' section of template.")
            default: break
            }
        }
        return names
    }

    static func expressions(of resource: TemplateResource) -> [Expression] {
        var expressions: [Expression] = []
        resource.forEachExpression { expressions.append($0) }
        return expressions
    }

    private static func references(in expression: Expression) -> [Reference] {
        var references: [Reference] = []
        expression.forEachReference { reference, _ in references.append(reference) }
        return references
    }
}
