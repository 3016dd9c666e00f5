package import Foundation
import Model

/// A parsed document: its root, and whether it used what CloudFormation refuses (aliases, merge keys).
package struct Document: Sendable {
    package var source: SourceText
    package var root: Node
    package var usesAliases: Bool
}

/// Bounds that a template of CloudFormation's own limits (1 MiB) never meets, and an attack does.
enum DocumentLimits {
    /// Levels of nesting after aliases are expanded.
    static let depth = 128
    /// Values after aliases are expanded.
    static let nodes = 1_000_000
    static let bytes = 16 << 20

    static let tooDeep = "The document is nested more than \(depth) levels deep"
    static let tooMany = "The document holds more than \(nodes) values"
}

extension Document {
    /// Reads a YAML or JSON document.
    /// - Parameter file: the name used in findings.
    package static func read(_ data: Data, file: String) -> Reading<Document> {
        let bare = SourceText(file: file, text: "")
        let origin = Span(start: Mark(line: 1, column: 1), end: Mark(line: 1, column: 1))
        guard data.count <= DocumentLimits.bytes else {
            return Reading(
                value: nil,
                findings: [
                    bare.finding(
                        "document-too-large", "The file is larger than \(DocumentLimits.bytes >> 20) MiB",
                        detail: "CloudFormation takes templates of up to 1 MB.", at: origin)
                ])
        }
        let bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let place = firstInvalidPosition(in: Array(bytes))
            let repaired = SourceText(file: file, text: String(decoding: bytes, as: UTF8.self))
            return Reading(
                value: nil,
                findings: [
                    repaired.finding(
                        "not-utf8", "The file is not UTF-8 text", detail: "Save it in UTF-8 and try again.",
                        at: Span(start: place, end: place))
                ])
        }
        return read(text, file: file)
    }

    /// Reads a YAML or JSON document. What starts with `{` is read as JSON, where that works: JSON has escapes that YAML refuses.
    package static func read(_ text: String, file: String) -> Reading<Document> {
        let source = SourceText(file: file, text: text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text)
        let isNamedJSON = file.hasSuffix(".json")
        guard isNamedJSON || source.text.utf8.first(where: { !JSONReader.isWhitespace($0) }) == UInt8(ascii: "{") else {
            var composer = YAMLComposer(source)
            return composer.compose()
        }
        var reader = JSONReader(source)
        let asJSON = reader.read()
        if asJSON.value != nil || isNamedJSON { return asJSON }
        // A flow mapping in YAML starts with a brace too. What is neither is most likely what could be read further.
        var composer = YAMLComposer(source)
        let asYAML = composer.compose()
        if asYAML.value != nil { return asYAML }
        return end(of: asYAML) > end(of: asJSON) ? asYAML : asJSON
    }

    private static func end(of reading: Reading<Document>) -> SourcePosition {
        reading.findings.last?.location?.start ?? SourcePosition(line: 0, column: 0)
    }

    private static func firstInvalidPosition(in bytes: [UInt8]) -> Mark {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var line = 1
        var column = 1
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            if scalar == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return Mark(line: line, column: column)
    }
}
