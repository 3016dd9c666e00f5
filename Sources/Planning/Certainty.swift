import Model
import ResourceTypes
import Templates

/// Yes, no, or not to be known before it happens.
package enum Certainty: String, Hashable, Sendable, Codable {
    case yes
    case no
    case unknown

    /// Of several things of which one suffices: yes if any is, unknown if any might be.
    package static func any(_ all: some Sequence<Certainty>) -> Certainty {
        var result = Certainty.no
        for one in all {
            if one == .yes { return .yes }
            if one == .unknown { result = .unknown }
        }
        return result
    }

    /// Whether CloudFormation sees a difference between the two when it makes a change set.
    static func ofDifference(_ before: Value?, _ after: Value?, _ schema: PropertySchema?) -> Certainty {
        guard after?.isVolatile == true || !ValueComparison.text.areSame(before, after, schema) else { return .no }
        var certainties: [Certainty] = []
        ValueComparison.text.forEachDifference(before, after, schema) { certainties.append($0.listedCertainty) }
        // Where no place differs it is the order of tags.
        return certainties.isEmpty ? .yes : .any(certainties)
    }
}

extension LeafDifference {
    /// Whether the two are really different, as far as that can be told of symbols.
    var certainty: Certainty {
        certainty { symbol in
            switch symbol {
            case .ref, .pending, .secret: .yes
            case .attribute, .pseudo, .dynamicReference: .unknown
            case .parameter, .function, .conditional, .concatenation: .unknown
            }
        }
    }

    /// Whether CloudFormation takes the two for different: it knows what every resource is called, and reads dynamic references
    /// by the letter (user guide, "Get values stored in other services using dynamic references").
    fileprivate var listedCertainty: Certainty {
        certainty { symbol in
            switch symbol {
            case .ref, .attribute, .pending, .pseudo, .dynamicReference, .secret: .yes
            case .parameter, .function, .conditional, .concatenation: .unknown
            }
        }
    }

    /// - Parameter differs: whether values differ of which one holds the symbol and the other does not.
    private func certainty(_ differs: (Symbol) -> Certainty) -> Certainty {
        guard let before, let after else { return after?.isVolatile == true ? .unknown : .yes }
        if before.isKnown && after.isKnown { return .yes }
        let old = before.symbols
        let new = after.symbols
        let changed = old.symmetricDifference(new)
        if changed.contains(where: { if case .pending = $0 { true } else { false } }) { return .yes }
        if after.isVolatile { return .unknown }
        // Text around symbols is known: where the same symbols stand in both, it is that which differs.
        if changed.isEmpty { return .yes }
        return changed.allSatisfy { differs($0) == .yes } ? .yes : .unknown
    }
}

extension Value {
    fileprivate var symbols: Set<Symbol> {
        var symbols: Set<Symbol> = []
        forEachSymbol { symbol in
            if case .concatenation = symbol { return }
            symbols.insert(symbol)
        }
        return symbols
    }

    /// What must be known to tell this value, in words; `nil` where nothing is missing.
    var unknownReason: String? {
        var reason: String?
        forEachSymbol { reason = reason ?? $0.unknownReason }
        return reason
    }
}

extension Symbol {
    private var subject: String { arguments.first?.text ?? "" }

    fileprivate var unknownReason: String? {
        switch self {
        case .parameter(let name): "the value of parameter \(name)"
        case .dynamicReference(let text): "what \(text) resolves to"
        case .conditional(let condition, _, _): "the condition \(condition)"
        case .function("Fn::Transform", _): "the macro \(subject)"
        case .function("Fn::ImportValue", _): "the export \(subject)"
        case .function("Fn::GetAtt", let arguments): "the attribute \(arguments.compactMap(\.text).joined(separator: "."))"
        case .function("Ref", _): "the physical ID of \(subject)"
        case .function(let name, _) where name.hasPrefix("AWS::SSM::Parameter::Value<"): "the stored value of \(subject)"
        case .function(let name, _): "the result of \(name)"
        case .attribute(let logicalID, let name): "the attribute \(logicalID).\(name)"
        case .ref, .pseudo, .concatenation, .pending, .secret: nil
        }
    }
}
