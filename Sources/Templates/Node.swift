package import Model
import OrderedCollections

/// A place in a document, counted from 1.
package struct Mark: Hashable, Sendable {
    package var line: UInt32
    package var column: UInt32

    package init(line: Int, column: Int) {
        self.line = UInt32(clamping: line)
        self.column = UInt32(clamping: column)
    }
}

/// A stretch of a document. Half the size of a `SourceRange`, since a template has tens of thousands of these.
package struct Span: Hashable, Sendable {
    package var start: Mark
    package var end: Mark

    package init(start: Mark, end: Mark) {
        self.start = start
        self.end = end
    }
}

/// A scalar after YAML's or JSON's own typing; numbers keep the text they were written with.
package enum Scalar: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)

    package var json: JSONValue {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let text): .number(text)
        case .string(let text): .string(text)
        }
    }
}

/// A piece of a YAML or JSON document that knows where it stands.
///
/// CloudFormation's short forms (`!Ref x`) are read as their long forms (`{Ref: x}`), aliases and merges as what they stand for.
package struct Node: Sendable {
    package enum Content: Sendable {
        case scalar(Scalar)
        case sequence([Node])
        case mapping([Member])
    }

    package struct Member: Sendable {
        package var key: String
        package var keySpan: Span
        package var value: Node

        package init(key: String, keySpan: Span, value: Node) {
            self.key = key
            self.keySpan = keySpan
            self.value = value
        }
    }

    package var content: Content
    package var span: Span

    package init(_ content: Content, span: Span) {
        self.content = content
        self.span = span
    }

    package var members: [Member]? {
        if case .mapping(let members) = content { members } else { nil }
    }

    package var items: [Node]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    /// The text of a scalar as CloudFormation passes it on; `nil` for null and for what is no scalar.
    package var text: String? {
        if case .scalar(let scalar) = content { scalar.json.scalarText } else { nil }
    }

    package var isNull: Bool {
        if case .scalar(.null) = content { true } else { false }
    }

    package subscript(key: String) -> Node? {
        guard case .mapping(let members) = content else { return nil }
        for index in members.indices where members[index].key == key { return members[index].value }
        return nil
    }

    /// What this is called in an error message: `a list`, `a number` …
    package var kindName: String {
        switch content {
        case .scalar(.null): "empty"
        case .scalar(.bool): "a Boolean"
        case .scalar(.number): "a number"
        case .scalar(.string): "a string"
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }

    package var json: JSONValue {
        switch content {
        case .scalar(let scalar): scalar.json
        case .sequence(let items): .array(items.map(\.json))
        case .mapping(let members):
            .object(OrderedDictionary(members.map { ($0.key, $0.value.json) }, uniquingKeysWith: { first, _ in first }))
        }
    }
}
