import Model

/// Values as a person reads them: in YAML's block style, what is short on one line.
enum ValueText {
    private static let shortEnough = 80

    static func render(_ value: JSONValue, known: Bool, _ style: Style) -> [String] {
        var lines = lines(of: value)
        if !known, lines.count == 1 { lines[0] += " " + style.dim("(known after apply)") }
        return lines
    }

    private static func lines(of value: JSONValue) -> [String] {
        switch value {
        case .string("(sensitive)"): return ["(sensitive)"]
        case .string(let text) where text.unicodeScalars.contains("\n"): return block(text)
        case .string(let text): return [JSONValue.quoted(text).printable]
        case .null, .bool, .number: return [value.compactText.printable]
        case .array(let items):
            if let line = short(value) { return [line] }
            return items.flatMap { item in
                let inner = lines(of: item)
                return ["- \(inner[0])"] + inner.dropFirst().map { "  \($0)" }
            }
        case .object(let members):
            if let line = short(value) { return [line] }
            let lines = members.flatMap { key, member in
                let inner = self.lines(of: member)
                return inner.count == 1 || isBlock(inner)
                    ? ["\(key.printable): \(inner[0])"] + inner.dropFirst() : ["\(key.printable):"] + inner.map { "  \($0)" }
            }
            // One key behind another on a line would be no YAML.
            return lines.count == 1 ? [value.compactText.printable] : lines
        }
    }

    /// A text of several lines behind YAML's mark for whether it ends with a line break.
    private static func block(_ text: String) -> [String] {
        var lines = text.printable.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        let isEnded = lines.last == ""
        if isEnded { lines.removeLast() }
        let mark = !isEnded ? "|-" : lines.last == "" ? "|+" : "|"
        return [mark] + lines.map { $0.isEmpty ? "" : "  \($0)" }
    }

    private static func isBlock(_ lines: [String]) -> Bool { ["|", "|-", "|+"].contains(lines[0]) }

    private static func short(_ value: JSONValue) -> String? {
        let text = value.compactText
        return text.count <= shortEnough ? text.printable : nil
    }

    /// Lines behind a key: the first beside it, or all below it.
    static func placed(_ lines: [String], indent: Int) -> String {
        if lines.count == 1 { return " " + lines[0] }
        let space = "\n" + String(repeating: " ", count: indent + 2)
        func below(_ line: some StringProtocol) -> String { line.isEmpty ? "\n" : space + line }
        return isBlock(lines) ? " \(lines[0])" + lines.dropFirst().map { below($0.dropFirst(2)) }.joined() : lines.map(below).joined()
    }
}
