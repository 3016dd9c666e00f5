package import Foundation

/// Why a document is not read.
package struct XMLError: Error, Hashable, CustomStringConvertible {
    package var reason: String
    /// Counted from 0.
    package var offset: Int

    package var description: String { "\(reason) at byte \(offset)" }
}

/// Reads the XML that services answer with: elements, text, entities, CDATA. Comments and processing instructions are
/// skipped, attributes are checked and left out. A document type is refused, and so is all that is not UTF-8.
package struct XMLReader {
    /// Deeper elements are refused; no answer of AWS nests half as deep.
    package static let maximumDepth = 100
    /// More elements are refused.
    package static let maximumElements = 2_000_000

    private let bytes: [UInt8]
    private var position = 0
    private var elementCount = 0
    private var open: [XMLElement] = []
    private var openText: [[UInt8]] = []
    private var root: XMLElement?

    /// The document's root element. Throws where the document is not well-formed or is refused.
    package static func read(_ document: Data) throws(XMLError) -> XMLElement {
        var reader = XMLReader(bytes: Array(document))
        return try reader.document()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func document() throws(XMLError) -> XMLElement {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "<") {
                try markup()
            } else {
                try text()
            }
        }
        guard open.isEmpty else { throw error("\(open[open.count - 1].name) is not closed") }
        guard let root else { throw error("no element") }
        return root
    }

    private mutating func markup() throws(XMLError) {
        if skip("<!--") {
            try pass(behind: "-->")
        } else if skip("<![CDATA[") {
            let start = position
            try pass(behind: "]]>")
            guard !openText.isEmpty else { throw error("text outside of the root element") }
            openText[openText.count - 1] += bytes[start..<position - 3]
        } else if skip("<?") {
            try pass(behind: "?>")
        } else if skip("<!") {
            throw error("a document type is not accepted")
        } else if skip("</") {
            try endTag()
        } else {
            position += 1
            try startTag()
        }
    }

    private mutating func startTag() throws(XMLError) {
        guard root == nil || !open.isEmpty else { throw error("a second root element") }
        guard open.count < Self.maximumDepth else { throw error("nested too deep") }
        elementCount += 1
        guard elementCount <= Self.maximumElements else { throw error("too many elements") }
        open.append(XMLElement(try name()))
        openText.append([])
        while true {
            let hadSpace = skipSpace()
            if skip("/>") { return try close() }
            if skip(">") { return }
            guard hadSpace else { throw error("malformed tag") }
            try attribute()
        }
    }

    private mutating func attribute() throws(XMLError) {
        _ = try name()
        _ = skipSpace()
        guard skip("=") else { throw error("an attribute without a value") }
        _ = skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'") else {
            throw error("an attribute's value without quotes")
        }
        let quote = bytes[position]
        position += 1
        while position < bytes.count, bytes[position] != quote {
            guard bytes[position] != UInt8(ascii: "<") else { throw error("a tag inside an attribute") }
            position += 1
        }
        guard position < bytes.count else { throw error("the document ends inside an attribute") }
        position += 1
    }

    private mutating func endTag() throws(XMLError) {
        let ended = try name()
        _ = skipSpace()
        guard skip(">") else { throw error("malformed end tag") }
        guard let last = open.last, last.name == ended else { throw error("\(ended) is closed but not open") }
        try close()
    }

    private mutating func close() throws(XMLError) {
        var element = open.removeLast()
        guard let text = String(validating: openText.removeLast(), as: UTF8.self) else { throw error("not UTF-8") }
        element.text = text
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].children.append(element)
        }
    }

    /// An element's or attribute's name, without its prefix.
    private mutating func name() throws(XMLError) -> String {
        var start = position
        scan: while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: ":"): start = position + 1
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...0xFF:
                break
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                if position == start { throw error("malformed name") }
            default: break scan
            }
            position += 1
        }
        guard position > start, let name = String(validating: bytes[start..<position], as: UTF8.self) else {
            throw error("malformed name")
        }
        return name
    }

    private mutating func text() throws(XMLError) {
        guard !openText.isEmpty else {
            guard skipSpace() else { throw error("text outside of the root element") }
            return
        }
        // Taken out and put back, so that appending copies nothing.
        var text = openText.removeLast()
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "&"): text += Array(String(try reference()).utf8)
            case UInt8(ascii: "\r"):
                // XML 1.0, 2.11: every line end is read as a line feed.
                if position >= bytes.count || bytes[position] != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
            default: text.append(byte)
            }
        }
        openText.append(text)
    }

    /// The character behind `&`.
    private mutating func reference() throws(XMLError) -> Unicode.Scalar {
        let start = position
        guard let end = bytes[start...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw error("an open entity") }
        position = end + 1
        let name = String(decoding: bytes[start..<end], as: UTF8.self)
        let named: Unicode.Scalar? =
            switch name {
            case "lt": "<"
            case "gt": ">"
            case "amp": "&"
            case "quot": "\""
            case "apos": "'"
            case _ where name.hasPrefix("#x"): UInt32(name.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
            case _ where name.hasPrefix("#"): UInt32(name.dropFirst(1)).flatMap(Unicode.Scalar.init)
            default: nil
            }
        guard let named else { throw error("an unknown entity") }
        return named
    }

    private mutating func skip(_ token: StaticString) -> Bool {
        guard position + token.utf8CodeUnitCount <= bytes.count,
            (0..<token.utf8CodeUnitCount).allSatisfy({ bytes[position + $0] == token.utf8Start[$0] })
        else { return false }
        position += token.utf8CodeUnitCount
        return true
    }

    private mutating func pass(behind token: StaticString) throws(XMLError) {
        while position < bytes.count {
            if skip(token) { return }
            position += 1
        }
        throw error("the document ends too early")
    }

    /// Whether there was any.
    private mutating func skipSpace() -> Bool {
        let start = position
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
        return position > start
    }

    private func error(_ reason: String) -> XMLError {
        XMLError(reason: reason, offset: position)
    }
}
