import Model

/// A JSON reader that knows where every value stands and reports the first error with its place.
struct JSONReader {
    private let source: SourceText
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0
    /// Bytes of this line that continue a scalar: they take no column.
    private var continuations = 0
    private var nodeCount = 0
    private var findings: [Finding] = []

    init(_ source: SourceText) {
        self.source = source
        bytes = Array(source.text.utf8)
    }

    static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private struct SyntaxError: Error {
        var code = "bad-json"
        var summary: String
        var mark: Mark
    }

    mutating func read() -> Reading<Document> {
        do throws(SyntaxError) {
            skipWhitespace()
            let root = try value(depth: 0)
            skipWhitespace()
            guard index == bytes.count else { throw error("Text after the end of the document") }
            return Reading(value: Document(source: source, root: root, usesAliases: false), findings: findings)
        } catch {
            let span = Span(start: error.mark, end: error.mark)
            return Reading(value: nil, findings: findings + [source.finding(error.code, error.summary, at: span)])
        }
    }

    private var mark: Mark { Mark(line: line, column: index - lineStart - continuations + 1) }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func error(_ summary: String) -> SyntaxError { SyntaxError(summary: summary, mark: mark) }

    private mutating func skipWhitespace() {
        while let byte = peek, Self.isWhitespace(byte) {
            index += 1
            if byte == UInt8(ascii: "\n") {
                line += 1
                lineStart = index
                continuations = 0
            }
        }
    }

    private mutating func value(depth: Int) throws(SyntaxError) -> Node {
        let start = mark
        nodeCount += 1
        guard depth <= DocumentLimits.depth else { throw SyntaxError(code: "too-deep", summary: DocumentLimits.tooDeep, mark: start) }
        guard nodeCount <= DocumentLimits.nodes else {
            throw SyntaxError(code: "too-many-nodes", summary: DocumentLimits.tooMany, mark: start)
        }
        switch peek {
        case UInt8(ascii: "{"): return try object(start: start, depth: depth)
        case UInt8(ascii: "["): return try array(start: start, depth: depth)
        case UInt8(ascii: "\""):
            let text = try string()
            return Node(.scalar(.string(text)), span: Span(start: start, end: mark))
        case nil: throw error("The document ends where a value is expected")
        default: return try word(start: start)
        }
    }

    private mutating func object(start: Mark, depth: Int) throws(SyntaxError) -> Node {
        index += 1
        var members: [Node.Member] = []
        var seen: Set<String> = []
        skipWhitespace()
        while peek != UInt8(ascii: "}") {
            if !members.isEmpty { try expect(",", "A comma or } is expected") }
            skipWhitespace()
            let keyStart = mark
            guard peek == UInt8(ascii: "\"") else { throw error("A key in double quotes is expected") }
            let key = try string()
            let keySpan = Span(start: keyStart, end: mark)
            skipWhitespace()
            try expect(":", "A colon is expected after the key \(JSONValue.quoted(key))")
            skipWhitespace()
            let member = Node.Member(key: key, keySpan: keySpan, value: try value(depth: depth + 1))
            if !seen.insert(key).inserted { findings.append(source.duplicateKey(key, at: keySpan)) }
            members.append(member)
            skipWhitespace()
        }
        index += 1
        return Node(.mapping(members), span: Span(start: start, end: mark))
    }

    private mutating func array(start: Mark, depth: Int) throws(SyntaxError) -> Node {
        index += 1
        var items: [Node] = []
        skipWhitespace()
        while peek != UInt8(ascii: "]") {
            if !items.isEmpty { try expect(",", "A comma or ] is expected") }
            skipWhitespace()
            items.append(try value(depth: depth + 1))
            skipWhitespace()
        }
        index += 1
        return Node(.sequence(items), span: Span(start: start, end: mark))
    }

    private mutating func expect(_ character: Unicode.Scalar, _ summary: String) throws(SyntaxError) {
        guard peek == UInt8(ascii: character) else { throw error(summary) }
        index += 1
    }

    private mutating func word(start: Mark) throws(SyntaxError) -> Node {
        let first = index
        while let byte = peek, !Self.isWhitespace(byte), !",]}:\"[{".utf8.contains(byte) { index += 1 }
        let text = String(decoding: bytes[first..<index], as: UTF8.self)
        let span = Span(start: start, end: mark)
        switch text {
        case "null": return Node(.scalar(.null), span: span)
        case "true": return Node(.scalar(.bool(true)), span: span)
        case "false": return Node(.scalar(.bool(false)), span: span)
        case _ where JSONValue.isJSONNumber(text): return Node(.scalar(.number(text)), span: span)
        default:
            let found = text.isEmpty ? peek.map { String(UnicodeScalar($0)) } ?? "" : text
            throw SyntaxError(summary: "A value is expected, found \(JSONValue.quoted(found))", mark: start)
        }
    }

    private mutating func string() throws(SyntaxError) -> String {
        index += 1
        let first = index
        while let byte = peek, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            if byte & 0xC0 == 0x80 { continuations += 1 }
            index += 1
        }
        if peek == UInt8(ascii: "\"") {
            index += 1
            return String(decoding: bytes[first..<index - 1], as: UTF8.self)
        }
        var scalars = Array(bytes[first..<index])
        while true {
            guard let byte = peek, byte != UInt8(ascii: "\n") else { throw error("A string is not closed") }
            guard byte >= 0x20 || byte == UInt8(ascii: "\t") else { throw error("A control character in a string must be escaped") }
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: scalars, as: UTF8.self)
            case UInt8(ascii: "\\"): scalars.append(contentsOf: try escape())
            default:
                if byte & 0xC0 == 0x80 { continuations += 1 }
                scalars.append(byte)
            }
        }
    }

    private mutating func escape() throws(SyntaxError) -> [UInt8] {
        guard let byte = peek else { throw error("A string is not closed") }
        guard (0x20..<0x7F).contains(byte) else { throw error("Only ASCII characters can be escaped with a backslash") }
        index += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "u"): return Array(String(Character(try unicodeEscape())).utf8)
        default: throw error("Unknown escape \\\(Character(UnicodeScalar(byte)))")
        }
    }

    private mutating func unicodeEscape() throws(SyntaxError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(UInt16(first)), peek == UInt8(ascii: "\\"), bytes.dropFirst(index + 1).first == UInt8(ascii: "u") else {
            throw error("An unpaired surrogate in a \\u escape")
        }
        index += 2
        let second = try hexadecimal()
        guard UTF16.isTrailSurrogate(UInt16(second)),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw error("An unpaired surrogate in a \\u escape") }
        return scalar
    }

    private mutating func hexadecimal() throws(SyntaxError) -> UInt32 {
        let digits = bytes[index..<min(index + 4, bytes.count)]
        guard digits.count == 4, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("A \\u escape needs four hexadecimal digits") }
        index += 4
        return value
    }
}

extension SourceText {
    func duplicateKey(_ key: String, at span: Span) -> Finding {
        finding(
            "duplicate-key", "The key \(JSONValue.quoted(key)) is there twice",
            detail: "One of the two would silently be lost. Remove or rename one.", at: span)
    }
}
