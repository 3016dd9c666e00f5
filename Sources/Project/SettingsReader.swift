import Foundation
import Model
import OrderedCollections
import Templates

/// Reads maps of settings by the keys it knows, and reports whatever else is in them or has a wrong shape.
struct SettingsReader {
    /// A map whose keys have been checked; `name` says what it is in messages. Keys without a value count as absent.
    struct Section {
        var name: String
        var members: [String: Node.Member]

        subscript(key: String) -> Node? { members[key]?.value }
    }

    let source: SourceText
    var findings: [Finding] = []
    /// Whether the file may hold secrets, so that findings quote no line of it.
    var isConfidential = false

    init(_ source: SourceText) { self.source = source }

    /// Reads a file of settings; findings come in the order of its lines. An empty one, or one of comments only, leaves every setting open.
    static func read<Value>(_ data: Data, file: String, _ value: (inout SettingsReader, Node) -> Value) -> Reading<Value> {
        let reading = Document.read(data, file: file)
        if let document = reading.value {
            var reader = SettingsReader(document.source)
            let value = value(&reader, document.root)
            return Reading(value: value, findings: (reading.findings + reader.findings).inOrderOfLines)
        }
        guard reading.findings.allSatisfy({ $0.code == "empty-document" }) else { return Reading(value: nil, findings: reading.findings) }
        var reader = SettingsReader(SourceText(file: file, text: ""))
        let start = Mark(line: 1, column: 1)
        return Reading(value: value(&reader, Node(.scalar(.null), span: Span(start: start, end: start))), findings: reader.findings)
    }

    func place(_ span: Span) -> Place {
        var place = Place(source: source, span: span)
        place.isConfidential = isConfidential
        return place
    }

    mutating func report(_ code: String, _ summary: String, detail: String = "", at span: Span) {
        findings.append(place(span).finding(code, summary, detail: detail))
    }

    mutating func section(_ node: Node, _ name: String, keys: [String]) -> Section {
        var section = Section(name: name, members: [:])
        guard let members = node.members else {
            if !node.isNull { wrongType(name, "a map", node) }
            return section
        }
        for member in members {
            if !keys.contains(member.key) {
                report(
                    "unknown-key", "Unknown key \(member.key) in \(name)", detail: advice(for: member.key, among: keys),
                    at: member.keySpan)
            } else if !member.value.isNull {
                section.members[member.key] = member
            }
        }
        return section
    }

    mutating func section(_ key: String, in section: Section, keys: [String]) -> Section? {
        section[key].map { self.section($0, "\(key) of \(section.name)", keys: keys) }
    }

    // MARK: Values

    /// A scalar's text as it is written, whatever YAML takes it for: an account's ID may start with zeros.
    mutating func text(_ key: String, in section: Section) -> Located<String>? {
        section[key].flatMap { text($0, key) }
    }

    mutating func text(_ node: Node, _ name: String) -> Located<String>? {
        guard let text = node.text else {
            wrongType(name, "a string", node)
            return nil
        }
        guard !text.isEmpty else {
            report("empty-value", "\(name) is empty", detail: "Give it a value, or remove it.", at: node.span)
            return nil
        }
        return Located(text, at: place(node.span))
    }

    /// A list of strings; one alone counts as a list of one.
    mutating func texts(_ key: String, in section: Section) -> [Located<String>]? {
        guard let node = section[key] else { return nil }
        switch node.content {
        case .scalar: return text(node, key).map { [$0] }
        case .sequence(let items): return items.compactMap { text($0, "An item of \(key)") }
        case .mapping:
            wrongType(key, "a string or a list of strings", node)
            return nil
        }
    }

    mutating func bool(_ key: String, in section: Section) -> Bool? {
        guard let node = section[key] else { return nil }
        if case .scalar(.bool(let value)) = node.content { return value }
        wrongType(key, "true or false", node)
        return nil
    }

    mutating func integer(_ key: String, in section: Section, _ bounds: ClosedRange<Int>) -> Int? {
        guard let node = section[key] else { return nil }
        if case .scalar(.number(let text)) = node.content, let number = Int(text), bounds.contains(number) { return number }
        report("bad-value", "\(key) must be a whole number from \(bounds.lowerBound) to \(bounds.upperBound)", at: node.span)
        return nil
    }

    /// A map of strings, in the order they are written.
    mutating func textMap(_ key: String, in section: Section) -> OrderedDictionary<String, Located<String>> {
        guard let node = section[key] else { return [:] }
        guard let members = node.members else {
            wrongType(key, "a map", node)
            return [:]
        }
        var map: OrderedDictionary<String, Located<String>> = [:]
        for member in members {
            if let text = member.value.text {
                map[member.key] = Located(text, at: place(member.value.span))
            } else {
                wrongType("\(member.key) in \(key)", "a string", member.value)
            }
        }
        return map
    }

    mutating func wrongType(_ name: String, _ expected: String, _ node: Node) {
        let found = node.isNull ? "no value" : node.kindName
        report("wrong-type", "\(name) must be \(expected), found \(found)", at: node.span)
    }
}

extension [Finding] {
    /// Findings about one file from its top to its bottom.
    var inOrderOfLines: [Finding] {
        sorted { left, right in
            guard let first = left.location?.start, let second = right.location?.start else { return false }
            return first < second
        }
    }
}
