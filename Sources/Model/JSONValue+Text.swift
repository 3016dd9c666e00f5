extension JSONValue {
    /// The document on one line, keys in the order they have here.
    package var compactText: String {
        var text = ""
        write(to: &text, indent: nil, depth: 0, sorted: false)
        return text
    }

    /// The document on one line with the keys of every object sorted: equal values have equal texts, so this is what digests are taken over.
    package var canonicalText: String {
        var text = ""
        write(to: &text, indent: nil, depth: 0, sorted: true)
        return text
    }

    /// The document over many lines, indented by two spaces.
    package var prettyText: String {
        var text = ""
        write(to: &text, indent: 2, depth: 0, sorted: false)
        return text
    }

    private func write(to text: inout String, indent: Int?, depth: Int, sorted: Bool) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let written): text += Self.isJSONNumber(written) ? written : Self.quoted(written)
        case .string(let value): text += Self.quoted(value)
        case .array(let items):
            guard !items.isEmpty else { text += "[]"; return }
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += "," }
                Self.breakLine(in: &text, indent: indent, depth: depth + 1)
                item.write(to: &text, indent: indent, depth: depth + 1, sorted: sorted)
            }
            Self.breakLine(in: &text, indent: indent, depth: depth)
            text += "]"
        case .object(let members):
            guard !members.isEmpty else { text += "{}"; return }
            text += "{"
            let keys = sorted ? members.keys.sorted() : Array(members.keys)
            for (index, key) in keys.enumerated() {
                if index > 0 { text += "," }
                Self.breakLine(in: &text, indent: indent, depth: depth + 1)
                text += Self.quoted(key)
                text += indent == nil ? ":" : ": "
                members[key]?.write(to: &text, indent: indent, depth: depth + 1, sorted: sorted)
            }
            Self.breakLine(in: &text, indent: indent, depth: depth)
            text += "}"
        }
    }

    private static func breakLine(in text: inout String, indent: Int?, depth: Int) {
        guard let indent else { return }
        text += "\n"
        text += String(repeating: " ", count: indent * depth)
    }

    /// Text as a JSON string, quotes included.
    package static func quoted(_ value: String) -> String {
        let needsEscapes = value.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        guard needsEscapes else { return "\"\(value)\"" }
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    /// Whether the text is a number by JSON's grammar; YAML has more forms (`0x1F`, `.5`, `1_000`), which JSON must carry as strings.
    package static func isJSONNumber(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        func digits() -> Int {
            let run = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(run.count)
            return run.count
        }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, !(startsWithZero && whole > 1) else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
