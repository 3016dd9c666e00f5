import Foundation

/// The parameters of a query-protocol request: flat names such as `Parameters.member.1.ParameterKey`.
struct QueryForm: Hashable, Sendable {
    private(set) var fields: [String: String]

    init(_ fields: [String: String]) { self.fields = fields }

    /// Reads `application/x-www-form-urlencoded` bytes; `nil` where they are not that.
    init?(encoded: some DataProtocol) {
        guard let text = String(bytes: encoded, encoding: .utf8) else { return nil }
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = parts.count > 1 ? Self.decoded(parts[1]) : "" else { return nil }
            fields[name] = value
        }
        self.fields = fields
    }

    private static func decoded(_ text: Substring) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "%") }) else { return String(text) }
        return text.replacing("+", with: " ").removingPercentEncoding
    }

    /// The text of a parameter; `nil` where it is missing. An empty one counts as given.
    subscript(name: String) -> String? { fields[name] }

    /// The texts of `name.member.1`, `name.member.2` … in their order.
    func list(_ name: String) -> [String] {
        var items: [String] = []
        while let item = fields["\(name).member.\(items.count + 1)"] { items.append(item) }
        return items
    }

    /// Whether a list is given, be it empty: `name=` is how the protocol writes an empty one.
    func hasList(_ name: String) -> Bool { fields[name] != nil || fields["\(name).member.1"] != nil }

    /// The structures `name.member.1.…`, `name.member.2.…` in their order.
    func structures(_ name: String) -> [QueryForm] {
        var items: [QueryForm] = []
        while true {
            let item = structure("\(name).member.\(items.count + 1)")
            guard !item.fields.isEmpty else { return items }
            items.append(item)
        }
    }

    /// The parameters below `name.`, with that prefix taken off.
    func structure(_ name: String) -> QueryForm {
        let prefix = name + "."
        var below: [String: String] = [:]
        for (key, value) in fields where key.hasPrefix(prefix) { below[String(key.dropFirst(prefix.count))] = value }
        return QueryForm(below)
    }

    func flag(_ name: String) throws(APIFailure) -> Bool? {
        guard let text = fields[name] else { return nil }
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default: throw .init("MalformedInput", "\(name) must be true or false")
        }
    }

    func required(_ name: String) throws(APIFailure) -> String {
        guard let text = fields[name], !text.isEmpty else {
            let member = name.prefix(1).lowercased() + name.dropFirst()
            throw .validation(
                "1 validation error detected: Value null at '\(member)' failed to satisfy constraint: Member must not be null")
        }
        return text
    }
}
