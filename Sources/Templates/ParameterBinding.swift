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

extension TemplateParameter {
    /// What a reference to the parameter gives where its value is `text`.
    package func value(ofText text: String) -> Value { isList ? .list(splitList(text).map { .string($0) }) : .string(text) }
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
        var isSecret = parameter.noEcho
        switch value {
        case .plain(let plain): text = plain
        case .secret(let secret, _): (text, isSecret) = (secret.reveal(), true)
        case .previousSecret, .unknown: return []
        }
        // A secret's value must not show up in an error message, whatever is wrong with it.
        guard let reason = violation(text, parameter, shown: { isSecret ? "An item" : JSONValue.quoted($0) }) else { return [] }
        let shown = isSecret ? "(sensitive)" : JSONValue.quoted(text)
        var finding = source.finding(
            "bad-parameter-value", "Parameter \(parameter.name) can't be \(shown)",
            detail: parameter.constraintDescription.map { "\(reason). \($0)" } ?? "\(reason).", at: parameter.span)
        if isSecret {
            // Its default may stand on the same line.
            finding.excerpt = nil
            finding.excerptColumn = nil
        }
        return [finding]
    }

    /// Bytes of a parameter's value (user guide, "Understand CloudFormation quotas").
    private static let longestValue = 4096

    /// Why the text is no value for the parameter; `nil` where it is one.
    /// - Parameter shown: an item of a list as a message may show it.
    private func violation(_ text: String, _ parameter: TemplateParameter, shown: (String) -> String) -> String? {
        guard text.utf8.count <= Self.longestValue else { return "It must have at most \(Self.longestValue) bytes" }
        if parameter.isStoreValue { return nil }
        let allowed = parameter.allowedValues
        if parameter.isList {
            let items = splitList(text)
            if let item = items.first(where: { !allowed.isEmpty && !allowed.contains($0) }) {
                return "\(shown(item)) is not one of \(allowed.joined(separator: ", "))"
            }
            if parameter.type == "List<Number>", let item = items.first(where: { number($0) == nil }) {
                return "\(shown(item)) is not a number"
            }
            // AllowedPattern: "When applied on a parameter of type CommaDelimitedList, each value in the list must match".
            if let pattern = parameter.allowedPattern, let item = items.first(where: { !matches($0, pattern) }) {
                return "\(shown(item)) does not match the pattern \(pattern)"
            }
            return nil
        }
        if !allowed.isEmpty, !allowed.contains(text) { return "It must be one of \(allowed.joined(separator: ", "))" }
        if parameter.type == "Number" { return numberViolation(text, parameter) }
        if let least = parameter.minLength, text.utf16.count < least { return "It must have at least \(least) characters" }
        if let most = parameter.maxLength, text.utf16.count > most { return "It must have at most \(most) characters" }
        guard let pattern = parameter.allowedPattern, !matches(text, pattern) else { return nil }
        return "It must match the pattern \(pattern)"
    }

    /// Whether the whole text matches; true where the pattern is one that only CloudFormation's (Java's) engine can read.
    private func matches(_ text: String, _ pattern: String) -> Bool {
        guard let expression = try? Regex(pattern) else { return true }
        let asInJava = expression.asciiOnlyCharacterClasses().matchingSemantics(.unicodeScalar)
        return text.wholeMatch(of: asInJava) != nil
    }

    /// A number as CloudFormation takes it: Swift's hexadecimal, infinite and undefined ones are none.
    private func number(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(text), number.isFinite else { return nil }
        return number
    }

    private func numberViolation(_ text: String, _ parameter: TemplateParameter) -> String? {
        guard let number = number(text) else { return "It must be a number" }
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
