import Foundation
import Model
import OrderedCollections
import Templates

/// A parameter as a request gives it.
struct GivenParameter: Hashable, Sendable {
    var key: String
    var value: String?
    var usePreviousValue = false
}

/// Parameters with their values: as the template is evaluated with them, and as they are stored.
struct ResolvedParameters: Sendable {
    var values: OrderedDictionary<String, ParameterValue> = [:]
    var stored: OrderedDictionary<String, StoredParameter> = [:]

    /// What was read from the SSM store, by the name it was read under.
    var storeValues: [String: String] {
        stored.values.reduce(into: [:]) { values, parameter in
            if let resolved = parameter.resolved { values[parameter.value] = resolved }
        }
    }

    init() {}

    /// Stored parameters as values: secrets are known by their digest only.
    init(stored: OrderedDictionary<String, StoredParameter>) {
        self.stored = stored
        values = stored.mapValues { $0.isSecret ? .previousSecret($0.digest) : .plain($0.value) }
    }
}

extension ResolvedParameters {
    /// Matches given parameters with a template's, with CloudFormation's refusals.
    /// - Parameters:
    ///   - previous: the stack's parameters; empty for a stack that is to be created.
    ///   - salt: draws a new salt for a digest.
    init(
        _ given: [GivenParameter], template: Template, previous: OrderedDictionary<String, StoredParameter>, store: [String: String],
        salt: () -> Data
    ) throws(APIFailure) {
        let unknown = OrderedSet(given.map(\.key).filter { template.parameters[$0] == nil })
        guard unknown.isEmpty else {
            throw .validation("Parameters: [\(unknown.joined(separator: ", "))] do not exist in the template")
        }
        var missing: [String] = []
        for parameter in template.parameters.values {
            let name = parameter.name
            let request = given.last { $0.key == name }
            if let request, request.usePreviousValue {
                guard request.value == nil else {
                    throw .validation(
                        "Invalid input for parameter key \(name). Either specify UsePreviousValue as true or specify a value for the parameter key"
                    )
                }
                guard let old = previous[name] else {
                    throw .validation(
                        "Invalid input for parameter key \(name). Cannot specify usePreviousValue as true for a parameter key not in the previous template"
                    )
                }
                try keep(old, as: parameter, store: store)
            } else if request?.value == nil, parameter.defaultValue == Secret.mask, let old = previous[name], old.isSecret {
                // The template is the previous one, of which a secret default is not kept: its value is the one that was made of it.
                try keep(old, as: parameter, store: store)
            } else if let text = request?.value ?? parameter.defaultValue {
                try set(text, parameter, previous: previous[name], store: store, salt: salt)
            } else {
                missing.append(name)
            }
        }
        guard missing.isEmpty else { throw .validation("Parameters: [\(missing.joined(separator: ", "))] must have values") }
    }

    private mutating func keep(_ old: StoredParameter, as parameter: TemplateParameter, store: [String: String]) throws(APIFailure) {
        var kept = old
        if !old.isSecret { kept.resolved = try Self.read(old.value, parameter, store: store) }
        stored[parameter.name] = kept
        values[parameter.name] = old.isSecret ? .previousSecret(old.digest) : .plain(old.value)
    }

    private mutating func set(
        _ text: String, _ parameter: TemplateParameter, previous: StoredParameter?, store: [String: String], salt: () -> Data
    ) throws(APIFailure) {
        if let reason = ParameterConstraints.violation(text, parameter) { throw .validation(reason) }
        guard parameter.noEcho else {
            stored[parameter.name] = StoredParameter(value: text, resolved: try Self.read(text, parameter, store: store))
            values[parameter.name] = .plain(text)
            return
        }
        let secret = Secret(text)
        // The same secret keeps its digest, salt and all: so equal digests mean equal values.
        let kept = previous?.digest.flatMap { $0.matches(secret) ? $0 : nil }
        let digest = kept ?? SecretDigest(of: secret, salt: salt())
        stored[parameter.name] = .secret(digest)
        values[parameter.name] = .secret(secret, digest: digest)
    }

    private static func read(_ text: String, _ parameter: TemplateParameter, store: [String: String]) throws(APIFailure) -> String? {
        guard parameter.isStoreValue else { return nil }
        guard let value = store[text] else {
            throw .validation("Unable to fetch parameters [\(text)] from parameter store for this account.")
        }
        return value
    }
}

/// The constraints of a parameter's declaration.
enum ParameterConstraints {
    /// Why CloudFormation refuses the text; `nil` where it does not. Never holds the text itself, which may be a secret.
    static func violation(_ text: String, _ parameter: TemplateParameter) -> String? {
        guard let reason = reason(text, parameter) else { return nil }
        let name = parameter.name
        return parameter.constraintDescription.map { "Parameter \(name) failed to satisfy constraint: \($0)" }
            ?? "Parameter '\(name)' \(reason)"
    }

    private static func reason(_ text: String, _ parameter: TemplateParameter) -> String? {
        if text.utf8.count > 4096 { return "must contain at most 4096 characters" }
        if parameter.isStoreValue { return nil }
        let items = parameter.isList ? text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } : [text]
        if !parameter.allowedValues.isEmpty, !items.allSatisfy({ parameter.allowedValues.contains($0) }) {
            return "must be one of AllowedValues"
        }
        switch parameter.type {
        case "Number", "List<Number>":
            let numbers = items.map { Double($0) }
            guard !numbers.contains(nil) else { return "must be a number." }
            if let least = parameter.minValue, numbers.contains(where: { ($0 ?? 0) < least }) {
                return "must be a number not less than \(JSONValue.shortNumber(least))"
            }
            if let most = parameter.maxValue, numbers.contains(where: { ($0 ?? 0) > most }) {
                return "must be a number not greater than \(JSONValue.shortNumber(most))"
            }
            return nil
        case "String":
            if let least = parameter.minLength, text.count < least { return "must contain at least \(least) characters" }
            if let most = parameter.maxLength, text.count > most { return "must contain at most \(most) characters" }
            if let pattern = parameter.allowedPattern, let expression = try? Regex(pattern), text.wholeMatch(of: expression) == nil {
                return "must match pattern \(pattern)"
            }
            return nil
        default: return nil
        }
    }
}

extension JSONValue {
    /// `3` for 3.0.
    static func shortNumber(_ number: Double) -> String {
        let text = String(number)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
