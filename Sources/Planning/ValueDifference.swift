import Model
import OrderedCollections
import Templates

/// A place inside a property and its two values.
struct LeafDifference {
    enum Step: Hashable {
        case key(String)
        case index(Int)
        /// An item of a list of tags, found by its key.
        case tag(String)
    }

    var steps: [Step]
    var before: Value?
    var after: Value?
}

extension LeafDifference {
    /// `Environment.Variables[0].Name`.
    func path(below property: String) -> String {
        steps.reduce(into: property) { text, step in
            switch step {
            case .key(let name): text += ".\(name)"
            case .index(let index): text += "[\(index)]"
            case .tag(let key): text += "[\(key)]"
            }
        }
    }
}

extension Value {
    /// Whether CloudFormation takes the two for the same text: `"10"` and `10` are, at a place where a string or number may stand.
    func isSame(as other: Value) -> Bool {
        if self == other { return true }
        switch (self, other) {
        case (.scalar, .scalar):
            guard let a = text, let b = other.text else { return false }
            return a == b
        case (.list(let a), .list(let b)):
            return a.count == b.count && zip(a, b).allSatisfy { $0.isSame(as: $1) }
        case (.object(let a), .object(let b)):
            return a.count == b.count && a.allSatisfy { key, value in b[key].map { value.isSame(as: $0) } ?? false }
        default: return false
        }
    }

    /// Calls `visit` with every place at which the two differ, as deep inside as it can be said.
    static func forEachDifference(_ before: Value?, _ after: Value?, _ visit: (LeafDifference) -> Void) {
        differences(before, after, [], visit)
    }

    private static func differences(_ before: Value?, _ after: Value?, _ steps: [LeafDifference.Step], _ visit: (LeafDifference) -> Void) {
        switch (before, after) {
        case (nil, nil): return
        case (let a?, let b?) where a.isSame(as: b): return
        case (.object(let a)?, .object(let b)?):
            for key in a.keys + b.keys.filter({ a[$0] == nil }) { differences(a[key], b[key], steps + [.key(key)], visit) }
        case (.list(let a)?, .list(let b)?):
            if let first = tags(a), let second = tags(b) {
                for key in first.keys + second.keys.filter({ first[$0] == nil }) {
                    differences(first[key], second[key], steps + [.tag(key)], visit)
                }
            } else {
                for index in 0..<max(a.count, b.count) {
                    differences(
                        index < a.count ? a[index] : nil, index < b.count ? b[index] : nil, steps + [.index(index)], visit)
                }
            }
        default: visit(LeafDifference(steps: steps, before: before, after: after))
        }
    }

    /// The items by key, where this is a list of `{Key, Value}` with distinct keys.
    private static func tags(_ items: [Value]) -> OrderedDictionary<String, Value>? {
        var byKey: OrderedDictionary<String, Value> = [:]
        for item in items {
            guard case .object(let members) = item, members.count <= 3, members["Value"] != nil, let key = members["Key"]?.text,
                byKey.updateValue(item, forKey: key) == nil
            else { return nil }
        }
        return byKey
    }
}

extension Value {
    /// This value for a person or a script to read: a symbol as the `${…}` that `Fn::Sub` would write, a secret as `(sensitive)`.
    var shown: JSONValue { json { .string($0.shown) } }
}

extension Symbol {
    var shown: String {
        switch self {
        case .ref(let logicalID): "${\(logicalID)}"
        case .attribute(let logicalID, let name): "${\(logicalID).\(name)}"
        case .parameter(let name): "${\(name)}"
        case .secret: "(sensitive)"
        case .pseudo(let pseudo): "${\(pseudo.rawValue)}"
        case .dynamicReference(let text): text
        case .concatenation(let parts): parts.map { $0.text ?? $0.shown.scalarText ?? $0.shown.compactText }.joined()
        case .function("Ref", let arguments), .function("Fn::GetAtt", let arguments):
            "${\(arguments.map { $0.text ?? $0.shown.compactText }.joined(separator: "."))}"
        case .function(let name, let arguments):
            "\(name)(\(arguments.map { $0.text ?? $0.shown.scalarText ?? $0.shown.compactText }.joined(separator: ", ")))"
        case .conditional(let condition, let first, let second):
            "Fn::If(\(condition), \(first.shown.scalarText ?? first.shown.compactText), \(second.shown.scalarText ?? second.shown.compactText))"
        case .pending(let symbol): symbol.shown
        }
    }
}
