import Model
import ResourceTypes

extension PropertySchema {
    /// Whether CloudFormation takes the literal for one of the types: it reads `"10"` as 10 and `"true"` as true where it wants
    /// these, and the other way round.
    func takes(_ scalar: Scalar) -> Bool {
        guard !types.isEmpty, let text = scalar.json.scalarText else { return true }
        if types.contains(.string) { return true }
        if types.contains(.number), scalar.isNumber { return true }
        if types.contains(.integer), scalar.isInteger { return true }
        if types.contains(.boolean), Self.booleanWords.contains(text.lowercased()) { return true }
        // The text of a document where any object will do.
        return types.contains(.object) && isFreeForm && text.first { $0 != " " && $0 != "\n" } == "{"
    }

    /// Whether an object here may hold anything.
    var isFreeForm: Bool {
        guard propertyNames.isEmpty, patternProperties.isEmpty, case .allowed = additionalProperties else { return false }
        return true
    }

    /// What is wrong with a literal of a fitting type.
    func faults(of scalar: Scalar, _ patterns: inout PatternCache) -> [PropertyFault.Kind] {
        guard let text = scalar.json.scalarText else { return [] }
        var faults: [PropertyFault.Kind] = []
        if !allowedValues.isEmpty, !allows(text) { faults.append(.notAllowed(text, allowed: allowedValues)) }
        if types.isEmpty || types.contains(.string) {
            // CloudFormation's services count in different units; what is certain is too long in all of them.
            if let most = maxLength, text.unicodeScalars.count > most { faults.append(.length(least: minLength, most: most)) }
            if let least = minLength, text.utf16.count < least { faults.append(.length(least: least, most: maxLength)) }
            if let pattern, !patterns.mayMatch(pattern, text) { faults.append(.mismatch(pattern: pattern)) }
        }
        if minimum != nil || maximum != nil, let number = Double(text), number.isFinite,
            number < minimum ?? number || number > maximum ?? number
        {
            faults.append(.range(least: minimum, most: maximum))
        }
        return faults
    }

    private func allows(_ text: String) -> Bool {
        if allowedValues.contains(text) { return true }
        if allowedValuesIgnoreCase || types == .boolean {
            let folded = text.lowercased()
            if allowedValues.contains(where: { $0.lowercased() == folded }) { return true }
        }
        // `30` and `30.0` are one number.
        guard !types.isDisjoint(with: [.integer, .number]), let number = Double(text) else { return false }
        return allowedValues.contains { Double($0) == number }
    }

    /// `yes` and its like are Booleans of YAML 1.1; whether CloudFormation takes them quoted depends on the type.
    private static let booleanWords: Set<String> = ["true", "false", "yes", "no", "on", "off", "1", "0"]
}

extension Scalar {
    fileprivate var isNumber: Bool {
        switch self {
        case .number: true
        case .string(let text): Double(text)?.isFinite == true
        case .bool, .null: false
        }
    }

    fileprivate var isInteger: Bool {
        switch self {
        // What YAML takes for a number and Swift does not, 1_000, is no fraction.
        case .number(let text): Double(text).map { $0 == $0.rounded() } ?? true
        case .string(let text): Double(text).map { $0.isFinite && $0 == $0.rounded() } ?? false
        case .bool, .null: false
        }
    }

    /// What this is called in an error message.
    var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a Boolean"
        case .number: "a number"
        case .string: "a string"
        }
    }
}
