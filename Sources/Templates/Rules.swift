package import Model

extension Evaluator {
    /// The assertions of the template's rules that do not hold, as findings. What is not decided here is left to CloudFormation.
    package mutating func brokenRules() -> [Finding] {
        var findings: [Finding] = []
        for (name, rule) in template.rules {
            if let condition = rule.condition, truth(of: condition) != true { continue }
            for assertion in rule.assertions where truth(of: assertion.condition) == false {
                findings.append(
                    template.source.finding(
                        "broken-rule", "Rule \(name) is broken", detail: assertion.description ?? "One of its assertions does not hold.",
                        at: assertion.condition.span))
            }
        }
        return findings
    }
}
