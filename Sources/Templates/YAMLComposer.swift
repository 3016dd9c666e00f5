import CYaml
import Model

/// Builds located nodes from libyaml's events.
///
/// libyaml's own composer keeps no key order checks and no positions of keys, and a general YAML library builds a tree of its
/// own first; on large templates that tree costs more than everything else a plan does.
struct YAMLComposer {
    private let source: SourceText
    private var findings: [Finding] = []
    private var anchors: [String: Anchored] = [:]
    private var usesAliases = false
    /// The members and items of all containers that are not closed yet, the innermost's last. A container takes its own when it
    /// closes, into an array of the right size: an array per container that grows costs as much as libyaml's whole parsing.
    private var openMembers: [Node.Member] = []
    private var openItems: [Node] = []
    private var nodeCount = 0
    private var byteCount = 0
    /// The deepest level of what the innermost anchor holds so far.
    private var deepest = 0

    private struct Anchored {
        var node: Node
        /// What one alias to it stands for: nodes, bytes of text, and levels of nesting below it.
        var nodes: Int
        var bytes: Int
        var height: Int
    }

    private struct Stop: Error {
        var finding: Finding
    }

    init(_ source: SourceText) { self.source = source.asYAML }

    mutating func compose() -> Reading<Document> {
        var text = source.text
        do {
            let root: Node? = try text.withUTF8 { bytes throws(Stop) in
                let parser = try LibYAMLParser(bytes, source)
                return try document(parser)
            }
            guard let root else {
                let start = Mark(line: 1, column: 1)
                findings.append(
                    source.finding(
                        "empty-document", "The file is empty", detail: "It holds nothing but white space and comments.",
                        at: Span(start: start, end: start)))
                return Reading(value: nil, findings: findings)
            }
            return Reading(value: Document(source: source, root: root, usesAliases: usesAliases), findings: findings)
        } catch let stop as Stop {
            return Reading(value: nil, findings: findings + [stop.finding])
        } catch {
            return Reading(value: nil, findings: findings)
        }
    }

    // MARK: Documents and nodes

    private mutating func document(_ parser: LibYAMLParser) throws(Stop) -> Node? {
        var root: Node?
        while true {
            let event = try parser.next()
            switch event.kind {
            case YAML_STREAM_END_EVENT: return root
            case YAML_DOCUMENT_START_EVENT:
                guard root == nil else {
                    throw Stop(
                        finding: source.finding(
                            "several-documents", "The file holds more than one YAML document",
                            detail: "CloudFormation reads one. Remove everything from this --- on.", at: event.span))
                }
                root = try node(from: try parser.next(), parser, depth: 0)
            default: continue
            }
        }
    }

    private mutating func node(from event: LibYAMLParser.Event, _ parser: LibYAMLParser, depth: Int) throws(Stop) -> Node {
        if event.kind == YAML_ALIAS_EVENT { return try alias(event, depth: depth) }
        try count(nodes: 1, bytes: event.text.utf8.count, depth: depth, at: event.span)
        guard let anchor = event.anchor else { return try content(event, parser, depth: depth) }
        let before = (nodes: nodeCount - 1, bytes: byteCount - event.text.utf8.count, deepest: deepest)
        deepest = depth
        let node = try content(event, parser, depth: depth)
        anchors[anchor] = Anchored(
            node: node, nodes: nodeCount - before.nodes, bytes: byteCount - before.bytes, height: deepest - depth)
        deepest = max(deepest, before.deepest)
        return node
    }

    private mutating func content(_ event: LibYAMLParser.Event, _ parser: LibYAMLParser, depth: Int) throws(Stop) -> Node {
        let plain: Node
        switch event.kind {
        case YAML_SEQUENCE_START_EVENT: plain = try sequence(event, parser, depth: depth)
        case YAML_MAPPING_START_EVENT: plain = try mapping(event, parser, depth: depth)
        default: plain = scalar(event)
        }
        return event.tag.map { tagged(plain, $0, event) } ?? plain
    }

    private mutating func alias(_ event: LibYAMLParser.Event, depth: Int) throws(Stop) -> Node {
        usesAliases = true
        guard let name = event.anchor, let anchored = anchors[name] else {
            throw Stop(
                finding: source.finding("unknown-anchor", "No anchor is named \(event.anchor ?? "")", at: event.span))
        }
        try count(nodes: anchored.nodes, bytes: anchored.bytes, depth: depth + anchored.height, at: event.span)
        return anchored.node
    }

    /// Counts what is added to the document, aliases with all that they stand for.
    private mutating func count(nodes: Int, bytes: Int, depth: Int, at span: Span) throws(Stop) {
        nodeCount += nodes
        byteCount += bytes
        deepest = max(deepest, depth)
        guard depth <= DocumentLimits.depth else { throw Stop(finding: source.finding("too-deep", DocumentLimits.tooDeep, at: span)) }
        guard nodeCount <= DocumentLimits.nodes, byteCount <= DocumentLimits.bytes else {
            let detail = usesAliases ? "What its aliases stand for is counted each time." : ""
            throw Stop(finding: source.finding("too-many-nodes", DocumentLimits.tooMany, detail: detail, at: span))
        }
    }

    private mutating func sequence(_ start: LibYAMLParser.Event, _ parser: LibYAMLParser, depth: Int) throws(Stop) -> Node {
        let first = openItems.count
        while true {
            let event = try parser.next()
            if event.kind == YAML_SEQUENCE_END_EVENT {
                let items = Array(openItems[first...])
                openItems.removeSubrange(first...)
                return Node(.sequence(items), span: Span(start: start.span.start, end: event.span.end))
            }
            openItems.append(try node(from: event, parser, depth: depth + 1))
        }
    }

    private mutating func mapping(_ start: LibYAMLParser.Event, _ parser: LibYAMLParser, depth: Int) throws(Stop) -> Node {
        let first = openMembers.count
        var merged: [Node.Member] = []
        while true {
            let event = try parser.next()
            if event.kind == YAML_MAPPING_END_EVENT {
                let members = Array(openMembers[first...])
                openMembers.removeSubrange(first...)
                checkKeys(of: members)
                let span = Span(start: start.span.start, end: event.span.end)
                return Node(.mapping(withMerged(merged, into: members)), span: span)
            }
            let key = try node(from: event, parser, depth: depth + 1)
            let value = try node(from: try parser.next(), parser, depth: depth + 1)
            guard let name = key.text ?? (key.isNull ? "null" : nil) else {
                findings.append(source.finding("bad-key", "A key must be a string, not \(key.kindName)", at: key.span))
                continue
            }
            if name == "<<", event.isPlain {
                usesAliases = true
                merged += mergeMembers(of: value)
            } else {
                openMembers.append(Node.Member(key: name, keySpan: key.span, value: value))
            }
        }
    }

    private mutating func checkKeys(of members: [Node.Member]) {
        if members.count < 8 {
            for index in members.indices.dropFirst() where members[..<index].contains(where: { $0.key == members[index].key }) {
                findings.append(source.duplicateKey(members[index].key, at: members[index].keySpan))
            }
        } else {
            var seen: Set<String> = []
            seen.reserveCapacity(members.count)
            for member in members where !seen.insert(member.key).inserted {
                findings.append(source.duplicateKey(member.key, at: member.keySpan))
            }
        }
    }

    private mutating func mergeMembers(of value: Node) -> [Node.Member] {
        switch value.content {
        case .mapping(let members): return members
        case .sequence(let items): return items.flatMap { mergeMembers(of: $0) }
        case .scalar:
            findings.append(source.finding("bad-merge", "A merge key << takes a map or a list of maps", at: value.span))
            return []
        }
    }

    private func withMerged(_ merged: [Node.Member], into members: [Node.Member]) -> [Node.Member] {
        guard !merged.isEmpty else { return members }
        var names = Set(members.map(\.key))
        return members + merged.filter { names.insert($0.key).inserted }
    }

    private func scalar(_ event: LibYAMLParser.Event) -> Node {
        let isString = !event.isPlain || event.tag == "!" || event.tag == "tag:yaml.org,2002:str"
        return Node(.scalar(isString ? .string(event.text) : YAMLScalars.resolve(event.text)), span: event.span)
    }

    // MARK: Tags

    private mutating func tagged(_ node: Node, _ tag: String, _ event: LibYAMLParser.Event) -> Node {
        guard tag.hasPrefix("!"), tag != "!" else { return node }
        let name = String(tag.dropFirst())
        guard let function = ShortForm.longName(of: name) else {
            let suggestion = nearestName(to: name, in: ShortForm.names).map { "Did you mean !\($0)?" } ?? "CloudFormation does not know it."
            findings.append(source.finding("unknown-tag", "Unknown tag \(tag)", detail: suggestion, at: event.span))
            return node
        }
        var argument = node
        if case .scalar = node.content {
            let text = event.text
            if function == "Fn::GetAtt", let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) {
                let parts = [String(text[..<dot]), String(text[text.utf8.index(after: dot)...])]
                argument = Node(.sequence(parts.map { Node(.scalar(.string($0)), span: node.span) }), span: node.span)
            } else {
                // A tag of its own ends YAML's typing: `!Ref No` names `No`, not `false`.
                argument = Node(.scalar(.string(text)), span: node.span)
            }
        }
        return Node(.mapping([Node.Member(key: function, keySpan: event.span, value: argument)]), span: node.span)
    }
}

extension YAMLComposer {
    /// The parser handle: owned here, freed when this goes.
    private final class LibYAMLParser {
        struct Event {
            var kind: yaml_event_type_t
            var span: Span
            var text = ""
            var tag: String?
            var anchor: String?
            var isPlain = false
        }

        private let parser: UnsafeMutablePointer<yaml_parser_t>
        private let source: SourceText

        /// - Parameter bytes: must outlive this parser, which reads them as it goes.
        init(_ bytes: UnsafeBufferPointer<UInt8>, _ source: SourceText) throws(Stop) {
            self.source = source
            parser = .allocate(capacity: 1)
            parser.initialize(to: yaml_parser_t())
            guard yaml_parser_initialize(parser) == 1 else {
                let start = Mark(line: 1, column: 1)
                throw Stop(finding: source.finding("bad-yaml", "There is no memory for reading YAML", at: Span(start: start, end: start)))
            }
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
        }

        deinit {
            yaml_parser_delete(parser)
            parser.deallocate()
        }

        func next() throws(Stop) -> Event {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw Stop(finding: failure()) }
            defer { yaml_event_delete(&event) }
            let span = Span(start: Self.mark(event.start_mark), end: Self.mark(event.end_mark))
            switch event.type {
            case YAML_SCALAR_EVENT:
                let data = event.data.scalar
                return Event(
                    kind: event.type, span: span,
                    text: String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self),
                    tag: Self.string(data.tag), anchor: Self.string(data.anchor),
                    isPlain: data.style == YAML_PLAIN_SCALAR_STYLE)
            case YAML_SEQUENCE_START_EVENT:
                let data = event.data.sequence_start
                return Event(kind: event.type, span: span, tag: Self.string(data.tag), anchor: Self.string(data.anchor))
            case YAML_MAPPING_START_EVENT:
                let data = event.data.mapping_start
                return Event(kind: event.type, span: span, tag: Self.string(data.tag), anchor: Self.string(data.anchor))
            case YAML_ALIAS_EVENT:
                return Event(kind: event.type, span: span, anchor: Self.string(event.data.alias.anchor))
            default:
                return Event(kind: event.type, span: span)
            }
        }

        private func failure() -> Finding {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "unreadable"
            let context = parser.pointee.context.map { String(cString: $0) + ", " } ?? ""
            // The reader knows no lines, only how many bytes it read.
            let isUnreadable = parser.pointee.error == YAML_READER_ERROR
            let mark =
                isUnreadable ? source.mark(atByte: parser.pointee.problem_offset) : source.inside(Self.mark(parser.pointee.problem_mark))
            let span = Span(start: mark, end: mark)
            // libyaml reads ahead of what it hands out, and has a limit of its own.
            if problem.hasPrefix("Maximum nesting level") { return source.finding("too-deep", DocumentLimits.tooDeep, at: span) }
            let tabs = problem.contains("cannot start any token") ? "A tab can't indent YAML, and @ ` % need quotes." : ""
            return source.finding("bad-yaml", "Bad YAML: \(context)\(problem)", detail: tabs, at: span)
        }

        private static func mark(_ mark: yaml_mark_t) -> Mark { Mark(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }

        private static func string(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
            pointer.map { String(cString: $0) }
        }
    }
}

/// CloudFormation's tags and the functions they are short for.
enum ShortForm {
    static let names = [
        "And", "Base64", "Cidr", "Condition", "Equals", "FindInMap", "GetAZs", "GetAtt", "If", "ImportValue", "Join", "Length", "Not",
        "Or", "Ref", "Select", "Split", "Sub", "ToJsonString", "Transform", "Contains", "EachMemberEquals", "EachMemberIn", "RefAll",
        "ValueOf", "ValueOfAll",
    ]
    private static let longNames = Dictionary(
        uniqueKeysWithValues: names.map { ($0, $0 == "Ref" || $0 == "Condition" ? $0 : "Fn::\($0)") })

    static func longName(of name: String) -> String? { longNames[name] }
}

/// How a plain scalar is typed: YAML 1.1's Booleans and nulls, and numbers as written.
///
/// Timestamps stay strings: CloudFormation does not support YAML's (template formats, user guide).
enum YAMLScalars {
    static func resolve(_ text: String) -> Scalar {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
            return isNumber(text) ? .number(text) : .string(text)
        case UInt8(ascii: "~"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"),
            UInt8(ascii: "F"), UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "o"), UInt8(ascii: "O"):
            return text.utf8.count <= 5 ? words[text] ?? .string(text) : .string(text)
        default: return .string(text)
        }
    }

    private static let words: [String: Scalar] = {
        var words: [String: Scalar] = ["~": .null, "null": .null, "Null": .null, "NULL": .null]
        for (word, value) in [("true", true), ("yes", true), ("on", true), ("false", false), ("no", false), ("off", false)] {
            for form in [word, word.uppercased(), word.prefix(1).uppercased() + word.dropFirst()] { words[form] = .bool(value) }
        }
        return words
    }()

    private static func isNumber(_ text: String) -> Bool {
        let bytes = text.utf8
        let sign = bytes.first == UInt8(ascii: "+") || bytes.first == UInt8(ascii: "-") ? 1 : 0
        guard bytes.dropFirst(sign).first != UInt8(ascii: "-") else { return false }
        if JSONValue.isJSONNumber(sign == 1 ? String(text.dropFirst()) : text) { return true }
        // `.5`, `5.` and integers with leading zeros, which JSON has not.
        let digits = bytes.dropFirst(sign).count { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let dots = bytes.count { $0 == UInt8(ascii: ".") }
        return digits > 0 && dots <= 1 && digits + dots + sign == bytes.count
    }
}
