package import Model

extension Template {
    /// Checks everything that can be checked without values: references, conditions, mappings, cycles and CloudFormation's limits.
    ///
    /// What stands in a template that a macro rewrites is not checked: the macro may add what is missing.
    package func check() -> [Finding] {
        var checks = TemplateChecks(self)
        return checks.run()
    }
}

/// CloudFormation's own limits (user guide, "Understand CloudFormation quotas").
package enum TemplateLimits {
    package static let parameters = 200
    package static let resources = 500
    package static let outputs = 200
    package static let mappings = 200
    /// Bytes of a template that is sent with the request itself.
    package static let inlineBytes = 51_200
    /// Bytes of a template that is read from S3.
    package static let bytes = 1_000_000
}

struct TemplateChecks {
    private let template: Template
    private var findings: [Finding] = []
    private var source: SourceText { template.source }

    init(_ template: Template) { self.template = template }

    mutating func run() -> [Finding] {
        guard !template.hasOpaqueTransform else { return [] }
        for resource in template.resources.values { check(resource) }
        for output in template.outputs.values {
            checkCondition(output.condition, of: "output \(output.name)", at: output.span)
            checkReferences(output.value)
            output.exportName.map { checkReferences($0) }
        }
        checkConditions()
        checkNamesAreUnique()
        checkCycles()
        checkLimits()
        return findings
    }

    private mutating func check(_ resource: TemplateResource) {
        checkCondition(resource.condition, of: "resource \(resource.logicalID)", at: resource.span)
        for name in resource.dependsOn where template.resources[name] == nil {
            report(
                "unknown-reference", "DependsOn of \(resource.logicalID) names \(name), which is no resource of this template",
                detail: suggestion(name, among: Array(template.resources.keys)), at: resource.span)
        }
        var expressions: [Expression] = []
        resource.forEachExpression { expressions.append($0) }
        for expression in expressions { checkReferences(expression) }
    }

    private mutating func checkCondition(_ name: String?, of what: String, at span: Span) {
        guard let name, template.conditions[name] == nil else { return }
        report(
            "unknown-condition", "The condition \(name) of \(what) is not defined",
            detail: suggestion(name, among: Array(template.conditions.keys)), at: span)
    }

    private mutating func checkReferences(_ expression: Expression) {
        var references: [(Reference, Span)] = []
        expression.forEachReference { references.append(($0, $1)) }
        for (reference, span) in references { check(reference, at: span) }
    }

    private mutating func check(_ reference: Reference, at span: Span) {
        switch reference {
        case .name(let name):
            guard template.parameters[name] == nil, template.resources[name] == nil, PseudoParameter(rawValue: name) == nil else { return }
            let names = Array(template.parameters.keys) + template.resources.keys + PseudoParameter.allCases.map(\.rawValue)
            report(
                "unknown-reference", "\(name) is no parameter, resource or pseudo parameter", detail: suggestion(name, among: names),
                at: span)
        case .attribute(let logicalID, _):
            guard template.resources[logicalID] == nil else { return }
            report(
                "unknown-reference", "\(logicalID) is no resource of this template",
                detail: suggestion(logicalID, among: Array(template.resources.keys)), at: span)
        case .condition(let name):
            guard template.conditions[name] == nil else { return }
            report(
                "unknown-condition", "The condition \(name) is not defined",
                detail: suggestion(name, among: Array(template.conditions.keys)), at: span)
        case .mapping(let name):
            guard template.mappings[name] == nil else { return }
            report(
                "unknown-mapping", "The mapping \(name) is not defined",
                detail: suggestion(name, among: Array(template.mappings.keys)), at: span)
        }
    }

    /// Conditions are evaluated before any resource exists, and may not need each other in a circle.
    private mutating func checkConditions() {
        for (name, expression) in template.conditions {
            var references: [(Reference, Span)] = []
            expression.forEachReference { references.append(($0, $1)) }
            for (reference, span) in references {
                switch reference {
                case .name(let target) where template.resources[target] != nil && template.parameters[target] == nil,
                    .attribute(let target, _):
                    report(
                        "resource-in-condition", "The condition \(name) refers to the resource \(target)",
                        detail: "Conditions are decided before any resource exists: they may read parameters and mappings only.", at: span)
                default: check(reference, at: span)
                }
            }
            if reaches(name, from: name, visited: []) {
                report("condition-cycle", "The condition \(name) depends on itself", at: expression.span)
            }
        }
    }

    private func reaches(_ target: String, from name: String, visited: Set<String>) -> Bool {
        guard !visited.contains(name), let expression = template.conditions[name] else { return false }
        var next: [String] = []
        expression.forEachReference { reference, _ in
            if case .condition(let other) = reference { next.append(other) }
        }
        return next.contains { $0 == target || reaches(target, from: $0, visited: visited.union([name])) }
    }

    private mutating func checkNamesAreUnique() {
        for resource in template.resources.values where template.parameters[resource.logicalID] != nil {
            report("duplicate-name", "\(resource.logicalID) is the name of a parameter too", at: resource.span)
        }
    }

    private mutating func checkCycles() {
        guard let cycle = DependencyGraph(template).cycle, let first = cycle.first, let resource = template.resources[first] else { return }
        report(
            "circular-dependency", "Resources depend on each other in a circle: \(cycle.joined(separator: " → "))",
            detail: "CloudFormation can't decide which to create first. Break the circle at one reference or DependsOn.", at: resource.span)
    }

    private mutating func checkLimits() {
        let counts = [
            ("parameters", template.parameters.count, TemplateLimits.parameters),
            ("resources", template.resources.count, TemplateLimits.resources),
            ("outputs", template.outputs.count, TemplateLimits.outputs),
            ("mappings", template.mappings.count, TemplateLimits.mappings),
        ]
        for (what, count, limit) in counts where count > limit {
            warn("limit-exceeded", "The template has \(count) \(what); CloudFormation takes \(limit)")
        }
        if template.source.text.utf8.count > TemplateLimits.bytes {
            warn(
                "limit-exceeded", "The template has \(template.source.text.utf8.count) bytes; CloudFormation takes \(TemplateLimits.bytes)")
        }
    }

    // MARK: Reports

    private func suggestion(_ name: String, among names: [String]) -> String {
        nearestName(to: name, in: names).map { "Did you mean \($0)?" } ?? "Define it, or correct the name."
    }

    private mutating func report(_ code: String, _ summary: String, detail: String = "", at span: Span) {
        let finding = source.finding(code, summary, detail: detail, at: span)
        if !findings.contains(finding) { findings.append(finding) }
    }

    private mutating func warn(_ code: String, _ summary: String) {
        let detail = "Split it into several stacks, or nest some."
        findings.append(source.finding(code, .warning, summary, detail: detail, at: template.root.span))
    }
}
