package import Model
package import Templates

/// The names under which a recorded stack imports other stacks' exports, as far as they are known.
package func importedNames(of template: Template, in stack: RecordedStack) -> Set<String> {
    let parameters = stack.parameters.compactMapValues { parameter -> ParameterValue? in
        if case .plain(let text) = parameter { .plain(text) } else { nil }
    }
    let pseudo = EvaluationEnvironment.pseudoParameters(stackName: stack.stackName, region: stack.region, accountID: stack.accountID)
    var evaluator = Evaluator(template, EvaluationEnvironment(parameters: parameters, pseudo: pseudo))
    var names: Set<String> = []
    func collect(_ expression: Expression) {
        evaluator.value(of: expression).forEachSymbol { symbol in
            if case .function("Fn::ImportValue", let arguments) = symbol, let name = arguments.first?.text { names.insert(name) }
        }
    }
    for resource in template.resources.values { resource.forEachExpression(collect) }
    for output in template.outputs.values { collect(output.value) }
    return names
}
