package import Model
package import OrderedCollections

/// What an expression evaluates to: known data, or data with symbols in it for what only the deployed stack knows.
///
/// Two equal symbols stand for equal values as long as the resource they name is untouched.
package enum Value: Hashable, Sendable {
    case scalar(Scalar)
    case list([Value])
    case object(OrderedDictionary<String, Value>)
    /// `AWS::NoValue`: removes the property or list item it stands in.
    case noValue
    indirect case symbol(Symbol)
}

/// Something that has a value only in AWS, or one that must not be known here.
package enum Symbol: Hashable, Sendable {
    /// The physical ID of a resource.
    case ref(String)
    case attribute(logicalID: String, name: String)
    /// A parameter whose value is not known here.
    case parameter(String)
    /// A NoEcho parameter: known by its name and digest only, so that no value can leak through evaluation.
    indirect case secret(parameter: String, digest: SecretDigest?)
    case pseudo(PseudoParameter)
    /// `{{resolve:ssm:…}}` and the like, which CloudFormation resolves.
    case dynamicReference(String)
    /// Text with symbols in it.
    case concatenation([Value])
    /// A function of arguments that hold symbols, or one that only CloudFormation can evaluate.
    case function(String, [Value])
    /// `Fn::If` on a condition that is not decided here.
    indirect case conditional(condition: String, Value, Value)
    /// The value the symbol gets by the deployment that is planned: a different one from what it has now.
    indirect case pending(Symbol)
}

extension Value {
    package static func string(_ text: String) -> Value { .scalar(.string(text)) }

    /// Text of a template, in which there may be dynamic references.
    static func literal(_ text: String) -> Value {
        text.utf8.count > 12 && text.contains(bytes: "{{resolve:") ? .symbol(.dynamicReference(text)) : .string(text)
    }

    /// Whether this is `AWS::NoValue`, or is where an undecided condition turns out so.
    var mayBeNothing: Bool {
        switch self {
        case .noValue: true
        case .symbol(.conditional(_, let first, let second)): first.mayBeNothing || second.mayBeNothing
        default: false
        }
    }

    /// The text of a known scalar.
    package var text: String? {
        if case .scalar(let scalar) = self { scalar.json.scalarText } else { nil }
    }

    package var isKnown: Bool {
        switch self {
        case .scalar, .noValue: true
        case .list(let items): items.allSatisfy(\.isKnown)
        case .object(let members): members.values.allSatisfy(\.isKnown)
        case .symbol: false
        }
    }

    /// Whether a NoEcho parameter or a resolved secret is part of this.
    package var isSensitive: Bool {
        switch self {
        case .scalar, .noValue: return false
        case .list(let items): return items.contains(where: \.isSensitive)
        case .object(let members): return members.values.contains(where: \.isSensitive)
        case .symbol(let symbol):
            if case .secret = symbol { return true }
            if case .dynamicReference(let text) = symbol {
                // Of the three services only `ssm` resolves to what is no secret.
                return text.split(bytes: "{{resolve:").dropFirst().contains { !$0.hasPrefix("ssm:") }
            }
            return symbol.arguments.contains(where: \.isSensitive)
        }
    }

    /// Calls `visit` for every symbol in this value, inner ones too.
    package func forEachSymbol(_ visit: (Symbol) -> Void) {
        switch self {
        case .scalar, .noValue: break
        case .list(let items): for item in items { item.forEachSymbol(visit) }
        case .object(let members): for member in members.values { member.forEachSymbol(visit) }
        case .symbol(let symbol):
            visit(symbol)
            for argument in symbol.arguments { argument.forEachSymbol(visit) }
        }
    }
}

extension Symbol {
    package var arguments: [Value] {
        switch self {
        case .pending(let symbol): [.symbol(symbol)]
        case .ref, .attribute, .parameter, .secret, .pseudo, .dynamicReference: []
        case .concatenation(let parts): parts
        case .function(_, let arguments): arguments
        case .conditional(_, let first, let second): [first, second]
        }
    }
}

extension Value {
    /// This value as JSON, with each symbol as `symbolText` writes it.
    package func json(_ symbolText: (Symbol) -> JSONValue) -> JSONValue {
        switch self {
        case .scalar(let scalar): scalar.json
        case .list(let items): .array(items.map { $0.json(symbolText) })
        case .object(let members): .object(members.mapValues { $0.json(symbolText) })
        case .noValue: .null
        case .symbol(let symbol): symbolText(symbol)
        }
    }

    package init(_ json: JSONValue) {
        switch json {
        case .null: self = .scalar(.null)
        case .bool(let value): self = .scalar(.bool(value))
        case .number(let text): self = .scalar(.number(text))
        case .string(let text): self = .scalar(.string(text))
        case .array(let items): self = .list(items.map { Value($0) })
        case .object(let members): self = .object(members.mapValues { Value($0) })
        }
    }
}
