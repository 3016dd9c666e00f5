import Model

/// A value in a template: literals, containers and intrinsic functions, each with its place.
package struct Expression: Sendable {
    package enum Kind: Sendable {
        case literal(Scalar)
        case list([Expression])
        case object([Member])
        case ref(String)
        indirect case getAtt(String, attribute: Expression)
        case sub([SubPart], variables: [Member])
        indirect case join(delimiter: String, Expression)
        indirect case select(index: Expression, Expression)
        indirect case split(delimiter: String, Expression)
        indirect case findInMap(map: Expression, Expression, Expression, fallback: Expression?)
        indirect case `if`(condition: String, Expression, Expression)
        indirect case equals(Expression, Expression)
        case and([Expression])
        case or([Expression])
        indirect case not(Expression)
        case condition(String)
        /// Base64, Cidr, GetAZs, ImportValue, Length, ToJsonString, and the functions of rules: evaluated from their arguments alone.
        case call(Function, [Expression])
        /// A macro: what it makes of this only CloudFormation knows.
        indirect case transform(name: String, Expression)
    }

    package struct Member: Sendable {
        package var key: String
        package var keySpan: Span
        package var value: Expression

        package init(key: String, keySpan: Span, value: Expression) {
            self.key = key
            self.keySpan = keySpan
            self.value = value
        }
    }

    /// A piece of a `Fn::Sub` string.
    package enum SubPart: Hashable, Sendable {
        case text(String)
        case variable(String)
        case ref(String)
        case attribute(String, String)
    }

    package enum Function: String, Hashable, Sendable, CaseIterable {
        case base64 = "Fn::Base64"
        case cidr = "Fn::Cidr"
        case getAZs = "Fn::GetAZs"
        case importValue = "Fn::ImportValue"
        case length = "Fn::Length"
        case toJsonString = "Fn::ToJsonString"
        case contains = "Fn::Contains"
        case eachMemberEquals = "Fn::EachMemberEquals"
        case eachMemberIn = "Fn::EachMemberIn"
        case refAll = "Fn::RefAll"
        case valueOf = "Fn::ValueOf"
        case valueOfAll = "Fn::ValueOfAll"
    }

    package var kind: Kind
    package var span: Span

    package init(_ kind: Kind, span: Span) {
        self.kind = kind
        self.span = span
    }

    /// The member of an object; `nil` where this is no object.
    package subscript(key: String) -> Expression? {
        if case .object(let members) = kind { members.first { $0.key == key }?.value } else { nil }
    }

    /// The text where this is a literal string.
    package var literalText: String? {
        if case .literal(let scalar) = kind { scalar.json.scalarText } else { nil }
    }
}

/// What an expression reads.
package enum Reference: Hashable, Sendable {
    /// `Ref` of a parameter, a pseudo parameter or a resource.
    case name(String)
    case attribute(logicalID: String, name: String?)
    case condition(String)
    case mapping(String)
}

extension Expression {
    /// The expressions directly inside this one.
    package var children: [Expression] {
        switch kind {
        case .literal, .ref, .condition: []
        case .list(let items), .and(let items), .or(let items), .call(_, let items): items
        case .object(let members), .sub(_, let members): members.map(\.value)
        case .getAtt(_, let attribute): [attribute]
        case .join(_, let inner), .split(_, let inner), .not(let inner), .transform(_, let inner): [inner]
        case .select(let index, let list): [index, list]
        case .findInMap(let map, let first, let second, let fallback): [map, first, second] + (fallback.map { [$0] } ?? [])
        case .if(_, let first, let second), .equals(let first, let second): [first, second]
        }
    }

    /// Calls `visit` for each thing this expression itself reads, and for those of everything inside it.
    package func forEachReference(_ visit: (Reference, Span) -> Void) {
        // Not over `children`, and by index: this is called for every expression of a template, and must not copy them.
        switch kind {
        case .literal: break
        case .ref(let name): visit(.name(name), span)
        case .condition(let name): visit(.condition(name), span)
        case .getAtt(let logicalID, let attribute):
            visit(.attribute(logicalID: logicalID, name: attribute.literalText), span)
            attribute.forEachReference(visit)
        case .sub(let parts, let variables):
            for part in parts {
                switch part {
                case .text, .variable: continue
                case .ref(let name): visit(.name(name), span)
                case .attribute(let logicalID, let name): visit(.attribute(logicalID: logicalID, name: name), span)
                }
            }
            for index in variables.indices { variables[index].value.forEachReference(visit) }
        case .findInMap(let map, let first, let second, let fallback):
            if let name = map.literalText { visit(.mapping(name), map.span) }
            map.forEachReference(visit)
            first.forEachReference(visit)
            second.forEachReference(visit)
            fallback?.forEachReference(visit)
        case .if(let name, let first, let second):
            visit(.condition(name), span)
            first.forEachReference(visit)
            second.forEachReference(visit)
        case .equals(let first, let second), .select(let first, let second):
            first.forEachReference(visit)
            second.forEachReference(visit)
        case .list(let items), .and(let items), .or(let items), .call(_, let items):
            for index in items.indices { items[index].forEachReference(visit) }
        case .object(let members):
            for index in members.indices { members[index].value.forEachReference(visit) }
        case .join(_, let inner), .split(_, let inner), .not(let inner), .transform(_, let inner): inner.forEachReference(visit)
        }
    }
}
