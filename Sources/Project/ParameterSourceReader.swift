import Model
package import OrderedCollections
import Templates

/// A stack's parameters in the order they were written, each with its source.
package typealias ParameterSources = OrderedDictionary<String, Located<ParameterSource>>

extension SettingsReader {
    private static let sourceNames = ["env", "ssm", "secret", "output", "file", "prompt"]

    /// A map of parameters, each a literal or `{source: …}`.
    mutating func parameters(_ members: [Node.Member]) -> ParameterSources {
        var parameters: ParameterSources = [:]
        for member in members {
            guard let source = parameterSource(member) else { continue }
            parameters[member.key] = Located(source, at: place(member.keySpan))
        }
        return parameters
    }

    private mutating func parameterSource(_ member: Node.Member) -> ParameterSource? {
        let name = "Parameter \(member.key)"
        switch member.value.content {
        case .scalar(.null):
            report(
                "empty-value", "\(name) has no value",
                detail: "Write \"\" for an empty text, or remove the line for the template's default.",
                at: member.keySpan)
            return nil
        case .scalar: return member.value.text.map { .literal($0) }
        case .sequence(let items): return list(items, name).map { .literal($0) }
        case .mapping(let members): return source(members, name, at: member.value.span)
        }
    }

    private mutating func list(_ items: [Node], _ name: String) -> String? {
        var texts: [String] = []
        for item in items {
            guard let text = item.text else {
                wrongType("An item of \(name)", "a string", item)
                continue
            }
            if text.contains(",") {
                report(
                    "bad-list-item", "An item of \(name) holds a comma",
                    detail: "CloudFormation takes a list as one text with commas between its items, and has no way to quote one.",
                    at: item.span)
            }
            texts.append(text)
        }
        return texts.count == items.count ? texts.joined(separator: ",") : nil
    }

    private mutating func source(_ members: [Node.Member], _ name: String, at span: Span) -> ParameterSource? {
        let hasKey = members.contains { $0.key == "secret" }
        var kinds: [Node.Member] = []
        var key: String?
        for member in members {
            if member.key == "key", hasKey {
                key = text(member.value, "key")?.value
            } else if Self.sourceNames.contains(member.key) {
                kinds.append(member)
            } else {
                report(
                    "unknown-parameter-source", "Unknown source \(member.key) for \(name)",
                    detail: advice(for: member.key, among: Self.sourceNames), at: member.keySpan)
            }
        }
        guard kinds.count == 1, let kind = kinds.first else {
            // Where an unknown one was named, that is the mistake to mend.
            if members.isEmpty || kinds.count > 1 {
                report(
                    "bad-parameter-source", "\(name) must name one source",
                    detail: "It is a text, a list, or a map with one of \(listed(Self.sourceNames)).", at: span)
            }
            return nil
        }
        guard let value = text(kind.value, "\(kind.key) of \(name)") else { return nil }
        switch kind.key {
        case "env": return .environment(value.value)
        case "ssm": return .ssm(value.value)
        case "secret": return .secret(id: value.value, key: key)
        case "file": return .file(value.value)
        case "prompt": return .prompt(value.value)
        default: return output(value)
        }
    }

    /// `network.VpcId` or `network:prod.VpcId`. The last dot parts them, since an output's name is alphanumeric.
    private mutating func output(_ text: Located<String>) -> ParameterSource? {
        if let dot = text.value.lastIndex(of: "."), let stack = StackAddress(String(text.value[..<dot])) {
            let name = String(text.value[text.value.index(after: dot)...])
            if !name.isEmpty { return .output(stack, name: name) }
        }
        findings.append(
            text.place.finding(
                "bad-output-reference", "\(JSONValue.quoted(text.value)) names no stack's output",
                detail: "Write the stack and the output with a dot between, as in network.VpcId or network:prod.VpcId."))
        return nil
    }
}
