package import Model
package import OrderedCollections
package import Templates

/// The exports that a template makes and imports, as far as their names are known.
package struct ExportUse: Sendable {
    package private(set) var exported: Set<String> = []
    /// Each name with the place that first imports it.
    package private(set) var imported: OrderedDictionary<String, Span> = [:]
    private var evaluator: Evaluator

    /// What a condition rules out for certain is left out.
    package init(_ template: Template, _ environment: EvaluationEnvironment) {
        evaluator = Evaluator(template, environment)
        for resource in template.resources.values where evaluator.holds(resource.condition) != false {
            resource.forEachExpression { collectImports($0) }
        }
        for output in template.outputs.values where evaluator.holds(output.condition) != false {
            collectImports(output.value)
            guard let name = output.exportName else { continue }
            collectImports(name)
            evaluator.value(of: name).text.map { _ = exported.insert($0) }
        }
    }

    private mutating func collectImports(_ expression: Expression) {
        switch expression.kind {
        case .if(let condition, let first, let second):
            let holds = evaluator.holds(condition)
            if holds != false { collectImports(first) }
            if holds != true { collectImports(second) }
        case .call(.importValue, let arguments):
            guard let name = arguments.first.flatMap({ evaluator.value(of: $0).text }), imported[name] == nil else { return }
            imported[name] = expression.span
        default:
            for child in expression.children { collectImports(child) }
        }
    }
}

/// The names under which a recorded stack imports other stacks' exports, as far as they are known.
package func importedNames(of template: Template, in stack: RecordedStack) -> Set<String> {
    let parameters = stack.parameters.compactMapValues { parameter -> ParameterValue? in
        if case .plain(let text) = parameter { .plain(text) } else { nil }
    }
    let pseudo = EvaluationEnvironment.pseudoParameters(stackName: stack.stackName, region: stack.region, accountID: stack.accountID)
    return Set(ExportUse(template, EvaluationEnvironment(parameters: parameters, pseudo: pseudo)).imported.keys)
}
