import Model
import OrderedCollections
import Templates

/// Findings as a reader sees them: code and place, the line with a caret under the place, summary and detail.
func shown(_ findings: [Finding]) -> String {
    findings.map { finding in
        var lines = ["\(finding.code) \(finding.location.map(\.description) ?? "nowhere")"]
        if let location = finding.location, let excerpt = finding.excerpt, !excerpt.isEmpty {
            lines.append(excerpt)
            lines.append(String(repeating: " ", count: location.start.column - (finding.excerptColumn ?? 1)) + "^")
        }
        lines.append(finding.summary)
        if !finding.detail.isEmpty { lines.append(finding.detail) }
        return lines.joined(separator: "\n")
    }.joined(separator: "\n\n")
}

/// Findings one a line, for tables: `code line:column summary`.
func brief(_ findings: [Finding]) -> [String] {
    findings.map { "\($0.code) \($0.location.map { "\($0.start.line):\($0.start.column)" } ?? "nowhere") \($0.summary)" }
}

/// A value as JSON, with symbols in angle brackets.
func shown(_ value: Value) -> String { value.json { .string(shown($0)) }.compactText.replacing("\\\"", with: "'") }

func shown(_ symbol: Symbol) -> String {
    switch symbol {
    case .ref(let name): "<Ref \(name)>"
    case .attribute(let logicalID, let name): "<\(logicalID).\(name)>"
    case .parameter(let name): "<parameter \(name)>"
    case .secret(let name, _): "<secret \(name)>"
    case .pseudo(let pseudo): "<\(pseudo.rawValue)>"
    case .dynamicReference(let text): "<dynamic \(text)>"
    case .concatenation(let parts): "<\(parts.map { $0.text ?? bare($0) }.joined(separator: " + "))>"
    case .function(let name, let arguments): "<\(name)(\(arguments.map { bare($0) }.joined(separator: ", ")))>"
    case .conditional(let name, let first, let second): "<\(name) ? \(bare(first)) : \(bare(second))>"
    case .pending(let inner): "<pending \(shown(inner))>"
    }
}

private func bare(_ value: Value) -> String {
    switch value {
    case .symbol(let symbol): shown(symbol)
    case .noValue: "nothing"
    default: shown(value)
    }
}

/// A template of this file's tests, every expression in the same surroundings.
///
/// It has the parameters Stage, Size, Zones and Token, the pseudo parameters of eu-west-1, the mapping Regions, the conditions
/// IsProd (true), IsTest (false) and IsOpen (not decided, because the parameter Unset has no value), and the resource Topic.
enum Sample {
    static func text(_ expression: String) -> String {
        """
        Transform: AWS::LanguageExtensions
        Parameters:
          Stage: {Type: String}
          Size: {Type: Number, Default: 10}
          Zones: {Type: CommaDelimitedList, Default: "a, b"}
          Token: {Type: String, NoEcho: true}
          Unset: {Type: String}
          Image: {Type: "AWS::SSM::Parameter::Value<String>", Default: /image}
        Mappings:
          Regions:
            eu-west-1: {Size: small, Zones: [a, b]}
        Conditions:
          IsProd: !Equals [!Ref Stage, prod]
          IsTest: !Equals [!Ref Stage, test]
          IsOpen: !Equals [!Ref Unset, "yes"]
        Resources:
          Topic: {Type: AWS::SNS::Topic}
          Tested:
            Type: AWS::SNS::Topic
            Properties:
              X: \(expression)
        """
    }

    static let secret = "hunter2"

    static let environment = EvaluationEnvironment(
        parameters: [
            "Stage": .plain("prod"), "Size": .plain("10"), "Zones": .plain("a, b"), "Token": .secret(Secret(secret), digest: nil),
            "Unset": .unknown("no source"), "Image": .plain("/image"),
        ],
        pseudo: EvaluationEnvironment.pseudoParameters(stackName: "demo", region: "eu-west-1", accountID: "123456789012"))

    /// The value of the expression, then what was found.
    static func evaluate(_ expression: String, in environment: EvaluationEnvironment = environment) -> [String] {
        let reading = Template.read(text(expression), file: "t.yml")
        guard let template = reading.value, let property = template.resources["Tested"]?.properties.first else {
            return brief(reading.findings)
        }
        var evaluator = Evaluator(template, environment)
        let value = evaluator.value(of: property.value)
        return [value == .noValue ? "nothing" : shown(value)]
            + (reading.findings + template.check() + evaluator.findings).map { "\($0.code): \($0.summary)" }
    }
}
