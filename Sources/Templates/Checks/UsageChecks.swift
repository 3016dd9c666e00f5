/// What a template declares and never uses.
struct UsageChecks {
    private let template: Template
    private var names: Set<String> = []
    private var conditions: Set<String> = []
    private var mappings: Set<String> = []
    /// Whether some `Fn::FindInMap` finds the name of its mapping when the stack is deployed.
    private var usesAnyMapping = false
    /// Whether something that is not known here may use what nothing else does.
    private var usesAnything: Bool

    init(_ template: Template) {
        self.template = template
        // What such a loop makes may use what nothing else does.
        usesAnything = template.hasUnknownLoops
        for resource in template.resources.values {
            if let condition = resource.condition { conditions.insert(condition) }
            resource.forEachExpression { visit($0) }
        }
        for output in template.outputs.values {
            if let condition = output.condition { conditions.insert(condition) }
            visit(output.value)
            if let name = output.exportName { visit(name) }
        }
        for condition in template.conditions.values { visit(condition) }
        for rule in template.rules.values {
            if let condition = rule.condition { visit(condition) }
            for assertion in rule.assertions { visit(assertion.condition) }
        }
        // What the loops went over is gone from the resources, and Hooks are not read as expressions.
        if template.transforms.contains(Template.languageExtensions) { visit(template.root) }
        if let hooks = template.root["Hooks"] { visit(hooks) }
    }

    var unusedParameters: [TemplateParameter] {
        usesAnything ? [] : template.parameters.values.filter { !names.contains($0.name) }
    }

    var unusedMappings: [(name: String, span: Span)] {
        guard !usesAnything, !usesAnyMapping else { return [] }
        return template.mappings.filter { !mappings.contains($0.key) }.map { ($0.key, $0.value.span) }
    }

    var unusedConditions: [(name: String, span: Span)] {
        guard !usesAnything else { return [] }
        return template.conditions.filter { !conditions.contains($0.key) }.map { ($0.key, $0.value.span) }
    }

    private mutating func visit(_ expression: Expression) {
        expression.forEachReference { reference, _ in
            switch reference {
            case .name(let name): names.insert(name)
            case .attribute(let logicalID, _): names.insert(logicalID)
            case .condition(let name): conditions.insert(name)
            case .mapping(let name): mappings.insert(name)
            }
        }
        visitSpecial(expression)
    }

    private mutating func visitSpecial(_ expression: Expression) {
        switch expression.kind {
        case .transform: usesAnything = true
        case .object(let members): if members.contains(where: { $0.key == "Fn::Transform" }) { usesAnything = true }
        case .findInMap(let map, _, _, _): if map.literalText == nil { usesAnyMapping = true }
        // They name a parameter, or all of one type, by a string.
        case .call(.valueOf, let arguments): if let name = arguments.first?.literalText { names.insert(name) }
        case .call(.refAll, _), .call(.valueOfAll, _): usesAnything = true
        default: break
        }
        for child in expression.children { visitSpecial(child) }
    }

    private mutating func visit(_ node: Node) {
        for item in node.items ?? [] { visit(item) }
        for member in node.members ?? [] {
            switch member.key {
            case "Ref": if let name = member.value.text { names.insert(name) }
            case "Fn::FindInMap": if let name = member.value.items?.first?.text { mappings.insert(name) }
            case "Fn::If": if let name = member.value.items?.first?.text { conditions.insert(name) }
            default: break
            }
            visit(member.value)
        }
    }
}
