package import Foundation

/// An element of an XML answer: its name without a prefix, its own text, its children. Attributes are left out.
package struct XMLElement: Hashable, Sendable {
    package var name: String
    /// All text directly inside, joined; spaces and line breaks as they are.
    package var text: String
    package var children: [XMLElement]

    package init(_ name: String, text: String = "", children: [XMLElement] = []) {
        self.name = name
        self.text = text
        self.children = children
    }

    /// The first child of that name.
    package subscript(name: String) -> XMLElement? {
        children.first { $0.name == name }
    }

    /// The text of a child, empty or not; `nil` where there is no such child.
    package func value(_ name: String) -> String? {
        self[name]?.text
    }

    /// The text of a child; `nil` where there is none or it is empty, as some endpoints write what they don't know.
    package func text(_ name: String) -> String? {
        value(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    package func flag(_ name: String) -> Bool? {
        switch text(name)?.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    package func number(_ name: String) -> Int? {
        text(name).flatMap { Int($0) }
    }

    /// A time as the query protocol writes it, by ISO 8601.
    package func time(_ name: String) -> Date? {
        text(name).flatMap { Timestamp.date($0) }
    }

    /// The members of a list.
    package func list(_ name: String) -> [XMLElement] {
        self[name]?.children.filter { $0.name == "member" } ?? []
    }

    /// The members of a list of texts.
    package func texts(_ name: String) -> [String] {
        list(name).map(\.text)
    }
}
