package import Foundation
import Model
package import OrderedCollections
package import Templates

/// A file of parameters, in any of the forms that CloudFormation's tools read, as JSON or YAML:
///
/// - `[{"ParameterKey": "A", "ParameterValue": "1"}]`, of `create-stack --parameters`
/// - `["A=1"]`, of `deploy --parameter-overrides`
/// - `{"Parameters": {"A": "1"}, "Tags": {…}, "StackPolicy": {…}}`, CodePipeline's template configuration
/// - `{"A": "1"}`, a plain map, whose values may name their sources as in stack.yml
struct ParameterFile: Sendable {
    var parameters: ParameterSources = [:]
    var tags: OrderedDictionary<String, String> = [:]
    var stackPolicy: Located<JSONValue>?
}

extension ParameterFile {
    /// Reads the file. Findings quote none of its lines, since one may hold a secret.
    static func read(_ data: Data, file: String) -> Reading<ParameterFile> {
        let reading = Document.read(data, file: file)
        guard let document = reading.value else { return Reading(value: nil, findings: reading.findings.map(\.withoutExcerpt)) }
        var reader = SettingsReader(document.source)
        reader.isConfidential = true
        let contents = reader.parameterFile(document.root)
        return Reading(value: contents, findings: (reading.findings.map(\.withoutExcerpt) + reader.findings).inOrderOfLines)
    }
}

extension Finding {
    fileprivate var withoutExcerpt: Finding {
        var finding = self
        finding.excerpt = nil
        return finding
    }
}

extension SettingsReader {
    private static let configurationKeys = ["Parameters", "Tags", "StackPolicy"]

    fileprivate mutating func parameterFile(_ root: Node) -> ParameterFile {
        if let items = root.items { return ParameterFile(parameters: parameterList(items)) }
        guard let members = root.members else {
            wrongType("A parameter file", "a list or a map", root)
            return ParameterFile()
        }
        let isConfiguration =
            root["Parameters"]?.members != nil
            || !members.isEmpty && members.allSatisfy { Self.configurationKeys.contains($0.key) && $0.value.members != nil }
        guard isConfiguration else { return ParameterFile(parameters: parameters(members)) }
        let section = section(root, "the template configuration", keys: Self.configurationKeys)
        return ParameterFile(
            parameters: parameters(section["Parameters"]?.members ?? []), tags: tags("Tags", in: section),
            stackPolicy: stackPolicy("StackPolicy", in: section))
    }

    private mutating func parameterList(_ items: [Node]) -> ParameterSources {
        var parameters: ParameterSources = [:]
        for item in items {
            guard let (name, source) = item.members == nil ? assignment(item) : keyAndValue(item) else { continue }
            if parameters[name] != nil { report("duplicate-parameter", "Parameter \(name) is given twice", at: item.span) }
            parameters[name] = Located(source, at: place(item.span))
        }
        return parameters
    }

    private mutating func assignment(_ item: Node) -> (String, ParameterSource)? {
        guard let text = item.text, let mark = text.firstIndex(of: "="), mark != text.startIndex else {
            report(
                "bad-parameter-file", "An item of a parameter list is a map with ParameterKey and ParameterValue, or \"Key=Value\"",
                at: item.span)
            return nil
        }
        return (String(text[..<mark]), .literal(String(text[text.index(after: mark)...])))
    }

    private mutating func keyAndValue(_ item: Node) -> (String, ParameterSource)? {
        // ResolvedValue is what DescribeStacks adds; people save its answer as a file.
        let section = section(item, "a parameter", keys: ["ParameterKey", "ParameterValue", "UsePreviousValue", "ResolvedValue"])
        guard let name = text("ParameterKey", in: section)?.value else {
            if section["ParameterKey"] == nil { report("bad-parameter-file", "A parameter has no ParameterKey", at: item.span) }
            return nil
        }
        let usesPrevious = bool("UsePreviousValue", in: section) == true
        guard let value = section["ParameterValue"] else {
            if usesPrevious { return (name, .previous) }
            report(
                "bad-parameter-file", "Parameter \(name) has no ParameterValue", detail: "Give it one, or set UsePreviousValue to true.",
                at: item.span)
            return nil
        }
        guard !usesPrevious else {
            report(
                "bad-parameter-file", "Parameter \(name) has both a ParameterValue and UsePreviousValue", detail: "Keep one.", at: item.span
            )
            return nil
        }
        guard let text = value.text else {
            wrongType("ParameterValue of \(name)", "a string", value)
            return nil
        }
        return (name, .literal(text))
    }

    /// A stack policy written in place.
    mutating func stackPolicy(_ key: String, in section: Section) -> Located<JSONValue>? {
        section[key].flatMap { stackPolicy($0) }
    }

    mutating func stackPolicy(_ node: Node) -> Located<JSONValue>? {
        guard node["Statement"] != nil else {
            report("bad-stack-policy", "A stack policy is a map with a Statement", at: node.span)
            return nil
        }
        return Located(node.json, at: place(node.span))
    }
}

/// The values in a parameter file that stands for itself, beside no stack.yml.
package enum ParameterValues {
    /// - Parameter environment: where `{env: NAME}` is looked up. What has another source, or is not set, has no value here.
    package static func read(_ data: Data, file: String, environment: [String: String]) -> Reading<OrderedDictionary<String, String>> {
        let reading = ParameterFile.read(data, file: file)
        var values: OrderedDictionary<String, String> = [:]
        for (name, source) in reading.value?.parameters ?? [:] {
            switch source.value {
            case .literal(let text): values[name] = text
            case .environment(let variable): values[name] = environment[variable]
            default: continue
            }
        }
        return Reading(value: reading.value.map { _ in values }, findings: reading.findings)
    }
}
