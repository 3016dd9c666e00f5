import Model
import OrderedCollections

/// Expands `Fn::ForEach`, as the transform `AWS::LanguageExtensions` does, before anything else reads the template.
///
///     Fn::ForEach::Topics: [Name, [Success, Failure], {"Topic${Name}": {Type: AWS::SNS::Topic}}]
struct LoopExpander {
    private let source: SourceText
    private let parameters: OrderedDictionary<String, TemplateParameter>
    private let values: [String: String]
    private var copies = 0
    /// Values and bytes of text in all copies.
    private var size = 0
    private var isExhausted = false
    /// Whether a loop goes over what is not known here, so that what it makes is missing.
    private(set) var hasUnknownLoops = false
    var findings: [Finding] = []

    private static let copiesLimit = 10_000
    /// Four times what CloudFormation takes as a whole template.
    private static let sizeLimit = 4 << 20

    init(_ source: SourceText, parameters: OrderedDictionary<String, TemplateParameter>, values: [String: String]) {
        self.source = source
        self.parameters = parameters
        self.values = values
    }

    mutating func expand(_ node: Node) -> Node {
        switch node.content {
        case .scalar: return node
        case .sequence(let items): return Node(.sequence(items.map { expand($0) }), span: node.span)
        case .mapping(let members):
            var expanded: [Node.Member] = []
            for member in members {
                if member.key.hasPrefix("Fn::ForEach::") {
                    expanded += loop(member)
                } else {
                    expanded.append(Node.Member(key: member.key, keySpan: member.keySpan, value: expand(member.value)))
                }
            }
            // Keys that are there twice without a loop were reported when the text was read.
            if members.contains(where: { $0.key.hasPrefix("Fn::ForEach::") }) {
                var seen: Set<String> = []
                for member in expanded where !seen.insert(member.key).inserted {
                    findings.append(source.duplicateKey(member.key, at: member.keySpan))
                }
            }
            return Node(.mapping(expanded), span: node.span)
        }
    }

    private mutating func loop(_ member: Node.Member) -> [Node.Member] {
        guard let items = member.value.items, items.count == 3, let variable = items[0].text, items[2].members != nil else {
            report(member, "\(member.key) takes [identifier, collection, map]")
            return []
        }
        guard let collection = collection(items[1]) else {
            guard isKnownLater(items[1]) else {
                report(member, "The collection of \(member.key) must be a list of strings or a list parameter whose value is known")
                return []
            }
            hasUnknownLoops = true
            findings.append(
                source.finding(
                    "unknown-collection", "What \(member.key) goes over is not known",
                    detail: "Give the list parameter a default, or a literal value in stack.yml, or write the list itself.",
                    at: items[1].span))
            return []
        }
        var result: [Node.Member] = []
        for value in collection {
            copies += 1
            let copy = substituting(variable, value, in: items[2])
            guard copies <= Self.copiesLimit, size <= Self.sizeLimit else {
                if !isExhausted {
                    report(member, "Fn::ForEach makes more than \(Self.copiesLimit) copies or \(Self.sizeLimit >> 20) MiB of them")
                }
                isExhausted = true
                return result
            }
            result += expand(copy).members ?? []
        }
        return result
    }

    private func collection(_ node: Node) -> [String]? {
        if let items = node.items {
            var texts: [String] = []
            for item in items {
                if let text = item.text {
                    texts.append(text)
                } else if let list = collection(item) {
                    texts += list
                } else {
                    return nil
                }
            }
            return texts
        }
        guard let name = node["Ref"]?.text, let parameter = parameters[name], parameter.isList, !parameter.isStoreValue else { return nil }
        return (values[name] ?? parameter.defaultValue).map(splitList)
    }

    /// Whether a collection is one of CloudFormation's that only lacks a value: a list parameter, or what a function makes.
    private func isKnownLater(_ node: Node) -> Bool {
        if let items = node.items { return items.contains(where: isKnownLater) }
        guard let member = node.members?.first, node.members?.count == 1 else { return false }
        if member.key == "Ref", let name = member.value.text { return parameters[name]?.isList == true }
        return member.key.hasPrefix("Fn::")
    }

    /// A copy of `node` for one value; an incomplete one where the copies take too much room.
    private mutating func substituting(_ variable: String, _ value: String, in node: Node) -> Node {
        size += 1
        guard size <= Self.sizeLimit else { return node }
        switch node.content {
        case .scalar(.string(let text)):
            return Node(.scalar(.string(substituting(variable, value, in: text))), span: node.span)
        case .scalar: return node
        case .sequence(let items):
            return Node(.sequence(items.map { substituting(variable, value, in: $0) }), span: node.span)
        case .mapping(let members):
            if members.count == 1, members[0].key == "Ref", members[0].value.text == variable {
                return Node(.scalar(.string(value)), span: node.span)
            }
            let copies = members.map {
                Node.Member(
                    key: substituting(variable, value, in: $0.key), keySpan: $0.keySpan,
                    value: substituting(variable, value, in: $0.value))
            }
            return Node(.mapping(copies), span: node.span)
        }
    }

    /// `${Name}` is the value, `&{Name}` the value with everything but letters and digits left out.
    private mutating func substituting(_ variable: String, _ value: String, in text: String) -> String {
        size += text.utf8.count
        guard text.utf8.contains(UInt8(ascii: "{")) else { return text }
        let places = text.split(bytes: "{\(variable)}").count - 1
        size += places * value.utf8.count
        guard places > 0, size <= Self.sizeLimit else { return text }
        return text.replacing(bytes: "${\(variable)}", with: value)
            .replacing(bytes: "&{\(variable)}", with: value.filter { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }

    private mutating func report(_ member: Node.Member, _ summary: String) {
        findings.append(source.finding("bad-foreach", summary, at: member.keySpan))
    }
}

/// The items of a list parameter's value, spaces around the commas left out.
func splitList(_ text: String) -> [String] {
    guard !text.isEmpty else { return [] }
    return text.split(bytes: ",").map(\.trimmingSpaces)
}
