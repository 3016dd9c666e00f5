import Model
import OrderedCollections
import Templates

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

    /// `/Properties/Environment/Variables/0/Name`.
    func pointer(below property: String) -> String {
        steps.reduce(into: "/Properties/\(property.pointerToken)") { text, step in
            switch step {
            case .key(let name), .tag(let name): text += "/\(name.pointerToken)"
            case .index(let index): text += "/\(index)"
            }
        }
    }
}

extension String {
    /// As a JSON pointer writes a name (RFC 6901).
    fileprivate var pointerToken: String { replacing("~", with: "~0").replacing("/", with: "~1") }
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
