package import Model
package import OrderedCollections

/// A value given for a parameter, from wherever it came.
package enum ParameterValue: Hashable, Sendable {
    case plain(String)
    case secret(Secret, digest: SecretDigest?)
    /// What the stack has now, which is a secret or not known here. The digest is the recorded one.
    case previousSecret(SecretDigest?)
    /// Not known here; the text says why, such as `ssm:/path is resolved by --resolve`.
    case unknown(String)
}

extension Template {
    /// Matches given values with declared parameters: fills in defaults, and checks names and constraints.
    /// - Parameter given: values by parameter name.
    /// - Returns: a value for every declared parameter that has one, and findings for what is missing, unknown or out of its constraints.
    package func bind(_ given: OrderedDictionary<String, ParameterValue>) -> Reading<OrderedDictionary<String, ParameterValue>> {
        var findings: [Finding] = []
        for name in given.keys where parameters[name] == nil {
            let hint = nearestName(to: name, in: parameters.keys).map { "Did you mean \($0)? " } ?? ""
            findings.append(
                Finding(
                    "unknown-parameter", "The template has no parameter \(name)",
                    detail: hint + "It is given a value for this stack, but \(source.file) does not declare it."))
        }
        var bound: OrderedDictionary<String, ParameterValue> = [:]
        for parameter in parameters.values {
            if let value = given[parameter.name] {
                findings += check(value, parameter)
                bound[parameter.name] = value
            } else if let text = parameter.defaultValue {
                let value: ParameterValue = parameter.noEcho ? .secret(Secret(text), digest: nil) : .plain(text)
                findings += check(value, parameter)
                bound[parameter.name] = value
            } else {
                findings.append(
                    source.finding(
                        "missing-parameter", "Parameter \(parameter.name) has no value",
                        detail: "It has no default. Give it a value under `parameters` in stack.yml.", at: parameter.span))
            }
        }
        return Reading(value: bound, findings: findings)
    }

    private func check(_ value: ParameterValue, _ parameter: TemplateParameter) -> [Finding] {
        let text: String
        switch value {
        case .plain(let plain): text = plain
        case .secret(let secret, _): text = secret.reveal()
        case .previousSecret, .unknown: return []
        }
        guard let reason = violation(text, parameter) else { return [] }
        // A secret's value must not show up in an error message, whatever is wrong with it.
        let shown = parameter.noEcho ? "(sensitive)" : JSONValue.quoted(text)
        return [
            source.finding(
                "bad-parameter-value", "Parameter \(parameter.name) can't be \(shown)",
                detail: parameter.constraintDescription.map { "\(reason). \($0)" } ?? "\(reason).", at: parameter.span)
        ]
    }

    /// Why the text is no value for the parameter; `nil` where it is one.
    private func violation(_ text: String, _ parameter: TemplateParameter) -> String? {
        if parameter.isStoreValue { return nil }
        let allowed = parameter.allowedValues
        if parameter.isList {
            let items = splitList(text)
            if let item = items.first(where: { !allowed.isEmpty && !allowed.contains($0) }) {
                return "\(parameter.noEcho ? "An item" : JSONValue.quoted(item)) is not one of \(allowed.joined(separator: ", "))"
            }
            if parameter.type == "List<Number>", let item = items.first(where: { Double($0) == nil }) {
                return "\(JSONValue.quoted(item)) is not a number"
            }
            return nil
        }
        if !allowed.isEmpty, !allowed.contains(text) { return "It must be one of \(allowed.joined(separator: ", "))" }
        if parameter.type == "Number" { return numberViolation(text, parameter) }
        if let least = parameter.minLength, text.count < least { return "It must have at least \(least) characters" }
        if let most = parameter.maxLength, text.count > most { return "It must have at most \(most) characters" }
        guard let pattern = parameter.allowedPattern, !matches(text, pattern) else { return nil }
        return "It must match the pattern \(pattern)"
    }

    /// Whether the whole text matches; true where the pattern is one that only CloudFormation's (Java's) engine can read.
    private func matches(_ text: String, _ pattern: String) -> Bool {
        guard let expression = try? Regex(pattern) else { return true }
        return text.wholeMatch(of: expression) != nil
    }

    private func numberViolation(_ text: String, _ parameter: TemplateParameter) -> String? {
        guard let number = Double(text) else { return "It must be a number" }
        if let least = parameter.minValue, number < least { return "It must be at least \(least.formattedShortly)" }
        if let most = parameter.maxValue, number > most { return "It must be at most \(most.formattedShortly)" }
        return nil
    }
}

extension Double {
    /// `3` for 3.0: the way a bound was most likely written.
    fileprivate var formattedShortly: String {
        let text = String(self)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
