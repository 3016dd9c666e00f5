package import Model

extension Template {
    /// Checks everything that can be checked without values: references, conditions, mappings, cycles and CloudFormation's limits.
    ///
    /// What stands in a template that a macro rewrites is not checked: the macro may add what is missing.
    /// - Parameter graph: the template's own, where it is at hand: making it takes a large part of the time.
    package func check(_ graph: DependencyGraph? = nil) -> [Finding] {
        var checks = TemplateChecks(self, graph ?? DependencyGraph(self))
        return checks.run().inOrder
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
    private let graph: DependencyGraph
    private var findings: [Finding] = []
    private var reported: Set<Finding> = []
    private var searches = 0
    private var source: SourceText { template.source }

    init(_ template: Template, _ graph: DependencyGraph) {
        self.template = template
        self.graph = graph
    }

    mutating func run() -> [Finding] {
        guard !template.hasOpaqueTransform else { return [] }
        for resource in template.resources.values { check(resource) }
        for output in template.outputs.values {
            checkCondition(output.condition, of: "output \(output.name)", at: output.conditionSpan ?? output.span)
            checkReferences(output.value)
            output.exportName.map { checkReferences($0) }
        }
        checkConditions()
        checkRules()
        checkNamesAreUnique()
        checkCycles()
        checkLimits()
        return findings
    }

    private mutating func check(_ resource: TemplateResource) {
        checkCondition(resource.condition, of: "resource \(resource.logicalID)", at: resource.conditionSpan ?? resource.span)
        for (name, span) in zip(resource.dependsOn, resource.dependsOnSpans) where template.resources[name] == nil {
            report(
                "unknown-reference", "DependsOn of \(resource.logicalID) names \(name), which is no resource of this template",
                detail: suggestion(name, among: template.resources.keys), at: span)
        }
        resource.forEachExpression { checkReferences($0) }
    }

    private mutating func checkCondition(_ name: String?, of what: String, at span: Span) {
        guard let name, template.conditions[name] == nil else { return }
        report(
            "unknown-condition", "The condition \(name) of \(what) is not defined",
            detail: suggestion(name, among: template.conditions.keys), at: span)
    }

    private mutating func checkReferences(_ expression: Expression) {
        expression.forEachReference { check($0, at: $1) }
    }

    private mutating func check(_ reference: Reference, at span: Span) {
        switch reference {
        case .name(let name):
            guard template.parameters[name] == nil, template.resources[name] == nil, PseudoParameter(rawValue: name) == nil else { return }
            let names = [Array(template.parameters.keys), Array(template.resources.keys), PseudoParameter.allCases.map(\.rawValue)].lazy
                .joined()
            report(
                "unknown-reference", "\(name.isEmpty ? "An empty name" : name) is no parameter, resource or pseudo parameter",
                detail: suggestion(name, among: names), at: source.narrowed(span, to: "${\(name)}"))
        case .attribute(let logicalID, _):
            guard template.resources[logicalID] == nil else { return }
            report(
                "unknown-reference", "\(logicalID) is no resource of this template",
                detail: suggestion(logicalID, among: template.resources.keys), at: source.narrowed(span, to: "${\(logicalID)."))
        case .condition(let name):
            guard template.conditions[name] == nil else { return }
            report(
                "unknown-condition", "The condition \(name) is not defined",
                detail: suggestion(name, among: template.conditions.keys), at: span)
        case .mapping(let name):
            guard template.mappings[name] == nil else { return }
            report(
                "unknown-mapping", "The mapping \(name) is not defined",
                detail: suggestion(name, among: template.mappings.keys), at: span)
        }
    }

    /// Conditions are evaluated before any resource exists, and may not need each other in a circle.
    private mutating func checkConditions() {
        var needed: [[Int]] = []
        for (name, expression) in template.conditions {
            needed.append([])
            for (reference, span) in checkDecidable(expression, "condition \(name)") {
                check(reference, at: span)
                if case .condition(let other) = reference, let index = template.conditions.index(forKey: other) {
                    needed[needed.count - 1].append(index)
                }
            }
        }
        for cycle in DepthFirstWalk(needed).cycles {
            let names = cycle.map { template.conditions.keys[$0] }
            let first = template.conditions.values[cycle[0]]
            report(
                "condition-cycle", "Conditions depend on each other in a circle: \(names.joined(separator: " → "))",
                detail: "CloudFormation can't decide any of them. Break the circle at one of them.", at: first.span)
        }
    }

    private mutating func checkRules() {
        for (name, rule) in template.rules {
            for expression in (rule.condition.map { [$0] } ?? []) + rule.assertions.map(\.condition) {
                for (reference, span) in checkDecidable(expression, "rule \(name)") { check(reference, at: span) }
            }
        }
    }

    /// Reports what exists only after conditions and rules are decided.
    /// - Returns: everything else that the expression reads.
    private mutating func checkDecidable(_ expression: Expression, _ owner: String) -> [(Reference, Span)] {
        var references: [(Reference, Span)] = []
        expression.forEachReference { references.append(($0, $1)) }
        return references.filter { reference, span in
            switch reference {
            case .name(let target) where template.resources[target] != nil && template.parameters[target] == nil,
                .attribute(let target, _):
                report(
                    "resource-in-condition", "The \(owner) refers to the resource \(target)",
                    detail: "It is decided before any resource exists: it may read parameters and mappings only.", at: span)
                return false
            default: return true
            }
        }
    }

    private mutating func checkNamesAreUnique() {
        for resource in template.resources.values where template.parameters[resource.logicalID] != nil {
            report("duplicate-name", "\(resource.logicalID) is the name of a parameter too", at: resource.span)
        }
    }

    private mutating func checkCycles() {
        for cycle in graph.cycles {
            guard let first = cycle.first, let resource = template.resources[first] else { continue }
            report(
                "circular-dependency", "Resources depend on each other in a circle: \(cycle.joined(separator: " → "))",
                detail: "CloudFormation can't decide which to create first. Break the circle at one reference or DependsOn.",
                at: resource.span)
        }
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

    /// How often the name that may be meant is searched for: a template of 10,000 wrong names has another problem.
    private static let searchesLimit = 100

    private mutating func suggestion(_ name: String, among names: some Sequence<String>) -> String {
        searches += 1
        let nearest = searches <= Self.searchesLimit ? nearestName(to: name, in: names) : nil
        return nearest.map { "Did you mean \($0)?" } ?? "Define it, or correct the name."
    }

    private mutating func report(_ code: String, _ summary: String, detail: String = "", at span: Span) {
        // What is missing may be what such a loop makes.
        if template.hasUnknownLoops, code.hasPrefix("unknown-") { return }
        let finding = source.finding(code, summary, detail: detail, at: span)
        if reported.insert(finding).inserted { findings.append(finding) }
    }

    private mutating func warn(_ code: String, _ summary: String) {
        let detail = "Split it into several stacks, or nest some."
        findings.append(source.finding(code, .warning, summary, detail: detail, at: template.root.span))
    }
}
