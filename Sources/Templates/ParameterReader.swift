import Model

/// Reads one parameter's declaration.
struct ParameterReader {
    let source: SourceText
    var findings: [Finding] = []

    private static let attributes = [
        "Type", "Default", "AllowedPattern", "AllowedValues", "ConstraintDescription", "Description", "MaxLength", "MinLength", "MaxValue",
        "MinValue", "NoEcho",
    ]

    init(_ source: SourceText) { self.source = source }

    mutating func parameter(_ member: Node.Member) -> TemplateParameter? {
        guard let attributes = member.value.members else {
            report("bad-parameter", "Parameter \(member.key) must be a map with a Type", at: member.value.span)
            return nil
        }
        for attribute in attributes where !Self.attributes.contains(attribute.key) {
            let hint = nearestName(to: attribute.key, in: Self.attributes).map { "Did you mean \($0)?" } ?? ""
            report(
                "unknown-attribute", "Unknown attribute of parameter \(member.key): \(attribute.key)", detail: hint, at: attribute.keySpan)
        }
        guard let typeNode = member.value["Type"], let type = typeNode.text else {
            report("no-type", "Parameter \(member.key) has no Type", at: member.keySpan)
            return nil
        }
        checkType(type, at: typeNode.span)
        checkName(member)
        return TemplateParameter(
            name: member.key, span: member.keySpan, type: type, defaultValue: defaultValue(member),
            allowedValues: allowedValues(of: member), allowedPattern: text("AllowedPattern", of: member),
            constraintDescription: text("ConstraintDescription", of: member), description: text("Description", of: member),
            minLength: number("MinLength", of: member).map { Int($0) }, maxLength: number("MaxLength", of: member).map { Int($0) },
            minValue: number("MinValue", of: member), maxValue: number("MaxValue", of: member),
            noEcho: noEcho(member))
    }

    private mutating func checkName(_ member: Node.Member) {
        guard !member.key.isLogicalID else { return }
        report(
            "bad-logical-id", "The parameter name \(JSONValue.quoted(member.key)) is not alphanumeric",
            detail: "CloudFormation takes 1 to 255 letters and digits.", at: member.keySpan)
    }

    /// What can't be understood is taken for a secret.
    private mutating func noEcho(_ member: Node.Member) -> Bool {
        guard let node = member.value["NoEcho"] else { return false }
        switch node.text?.lowercased() {
        case "true": return true
        case "false": return false
        default:
            report("bad-parameter", "NoEcho of parameter \(member.key) must be true or false", at: node.span)
            return true
        }
    }

    private mutating func text(_ name: String, of member: Node.Member) -> String? {
        guard let node = member.value[name] else { return nil }
        if node.text == nil {
            report("bad-parameter", "\(name) of parameter \(member.key) must be a string, found \(node.kindName)", at: node.span)
        }
        return node.text
    }

    private mutating func allowedValues(of member: Node.Member) -> [String] {
        guard let node = member.value["AllowedValues"] else { return [] }
        let values = node.items?.compactMap(\.text) ?? []
        if values.count != node.items?.count {
            report("bad-parameter", "AllowedValues of parameter \(member.key) must be a list of strings", at: node.span)
        }
        return values
    }

    private mutating func defaultValue(_ member: Node.Member) -> String? {
        guard let node = member.value["Default"] else { return nil }
        if let text = node.text { return text }
        report(
            "bad-default", "Default of parameter \(member.key) must be a string, found \(node.kindName)",
            detail: "A list is written as one string with commas.", at: node.span)
        return nil
    }

    private mutating func number(_ name: String, of member: Node.Member) -> Double? {
        guard let node = member.value[name] else { return nil }
        // Lengths become integers; a bound past 2^53 is no bound on anything CloudFormation stores.
        guard let value = node.text.flatMap({ Double($0) }), value.isFinite, abs(value) < 9e15 else {
            report("bad-parameter", "\(name) of parameter \(member.key) must be a number", at: node.span)
            return nil
        }
        return value
    }

    private mutating func checkType(_ type: String, at span: Span) {
        let plain = ["String", "Number", "CommaDelimitedList", "List<Number>", "List<String>"]
        guard !plain.contains(type), !type.hasPrefix("AWS::"), !type.hasPrefix("List<AWS::") else { return }
        let hint =
            nearestName(to: type, in: plain).map { "Did you mean \($0)?" }
            ?? "Known are \(plain.joined(separator: ", ")) and AWS-specific types."
        report("unknown-parameter-type", "Unknown parameter type \(type)", detail: hint, at: span)
    }

    private mutating func report(_ code: String, _ summary: String, detail: String = "", at span: Span) {
        findings.append(source.finding(code, summary, detail: detail, at: span))
    }
}
