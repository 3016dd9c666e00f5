import Model
import Templates

/// Values as DescribeChangeSet gives them.
extension Value {
    /// The value at a path of a schema, `*` standing for every item of a list.
    func value(at steps: ArraySlice<String>) -> Value? {
        guard let step = steps.first else { return self }
        switch self {
        case .object(let members): return members[step]?.value(at: steps.dropFirst())
        case .list(let items) where step == "*":
            let inner = items.compactMap { $0.value(at: steps.dropFirst()) }
            return inner.isEmpty ? nil : .list(inner)
        default: return nil
        }
    }

    /// The text DescribeChangeSet gives for a value: a scalar as it is, anything else as JSON, the unknown as its placeholder.
    var changeSetText: String { changeSetJSON.changeSetText }

    var changeSetJSON: JSONValue {
        if isSensitive { return .string(Secret.mask) }
        return json { symbol in
            if case .pending = symbol { return .string(Self.knownAfterApply) }
            if symbol.arguments.contains(where: \.holdsPending) { return .string(Self.knownAfterApply) }
            return .string(symbol.shown)
        }
    }

    private var holdsPending: Bool {
        var found = false
        forEachSymbol { if case .pending = $0 { found = true } }
        return found
    }

    private static let knownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}"
}
