package import Foundation
import Model
import OrderedCollections

extension Template {
    /// Reads a template and checks its structure; references between its parts are checked by `TemplateChecks`.
    /// - Parameters:
    ///   - file: the name used in findings.
    ///   - parameterValues: what `Fn::ForEach` may loop over, where a collection is a parameter. Defaults stand in for missing ones.
    package static func read(_ text: String, file: String, parameterValues: [String: String] = [:]) -> Reading<Template> {
        read(Document.read(text, file: file), parameterValues: parameterValues)
    }

    /// Reads a template from a file's bytes.
    package static func read(_ data: Data, file: String, parameterValues: [String: String] = [:]) -> Reading<Template> {
        read(Document.read(data, file: file), parameterValues: parameterValues)
    }

    private static func read(_ reading: Reading<Document>, parameterValues: [String: String]) -> Reading<Template> {
        guard let document = reading.value else { return Reading(value: nil, findings: reading.findings) }
        var reader = TemplateReader(document, findings: reading.findings)
        let template = reader.template(parameterValues: parameterValues)
        return Reading(value: template, findings: reader.findings)
    }
}

/// Reads the sections of a template.
struct TemplateReader {
    private let document: Document
    private var source: SourceText { document.source }
    private var expressions: ExpressionReader
    private var ownFindings: [Finding]
    var findings: [Finding] { ownFindings + expressions.findings }

    private static let sections = [
        "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions", "Transform", "Resources",
        "Outputs", "Hooks",
    ]
    private static let resourceAttributes = [
        "Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy",
        "UpdatePolicy",
    ]
    private static let outputAttributes = ["Value", "Description", "Export", "Condition"]

    init(_ document: Document, findings: [Finding]) {
        self.document = document
        ownFindings = findings
        expressions = ExpressionReader(document.source)
    }

    mutating func template(parameterValues: [String: String]) -> Template? {
        guard document.root.members != nil else {
            report("not-a-template", "A template is a map of sections, found \(document.root.kindName)", at: document.root.span)
            return nil
        }
        let transforms = self.transforms(document.root["Transform"])
        let parameters = self.parameters(document.root["Parameters"])
        var root = document.root
        if transforms.contains(Template.languageExtensions) {
            var loops = LoopExpander(source, parameters: parameters, values: parameterValues)
            root = loops.expand(root)
            ownFindings += loops.findings
        }
        for member in root.members ?? [] where !Self.sections.contains(member.key) {
            reportUnknown("unknown-section", "section", member, among: Self.sections)
        }
        checkVersion(root["AWSTemplateFormatVersion"])
        if root["Resources"] == nil {
            report(
                "no-resources", "The template has no Resources section", detail: "At least one resource is required.",
                at: document.root.span)
        }
        return Template(
            source: source, usesAliases: document.usesAliases, root: document.root, description: root["Description"]?.text,
            transforms: transforms, parameters: parameters, mappings: mappings(root["Mappings"]),
            conditions: conditions(root["Conditions"]), rules: rules(root["Rules"]), resources: resources(root["Resources"]),
            outputs: outputs(root["Outputs"]))
    }

    private mutating func checkVersion(_ node: Node?) {
        guard let node, node.text != "2010-09-09" else { return }
        report(
            "bad-format-version", "The only template format version is 2010-09-09",
            detail: "Write AWSTemplateFormatVersion: \"2010-09-09\", or leave it out.", at: node.span)
    }

    private mutating func transforms(_ node: Node?) -> [String] {
        guard let node else { return [] }
        if let name = node.text { return [name] }
        if let name = node["Name"]?.text { return [name] }
        guard let items = node.items else {
            report("bad-transform", "Transform is the name of a macro or a list of names, found \(node.kindName)", at: node.span)
            return []
        }
        return items.compactMap { $0.text ?? $0["Name"]?.text }
    }

    // MARK: Parameters, mappings, conditions, rules

    private mutating func parameters(_ node: Node?) -> OrderedDictionary<String, TemplateParameter> {
        var parameters: OrderedDictionary<String, TemplateParameter> = [:]
        for member in section(node, "Parameters") {
            var reader = ParameterReader(source)
            if let parameter = reader.parameter(member) { parameters[member.key] = parameter }
            ownFindings += reader.findings
        }
        return parameters
    }

    private mutating func mappings(_ node: Node?) -> OrderedDictionary<String, TemplateMapping> {
        var mappings: OrderedDictionary<String, TemplateMapping> = [:]
        for member in section(node, "Mappings") where member.key != "Fn::Transform" {
            var rows: OrderedDictionary<String, OrderedDictionary<String, JSONValue>> = [:]
            for row in section(member.value, "Mapping \(member.key)") {
                for cell in section(row.value, "Mapping \(member.key).\(row.key)") {
                    rows[row.key, default: [:]][cell.key] = cell.value.json
                }
            }
            mappings[member.key] = TemplateMapping(span: member.keySpan, rows: rows)
        }
        return mappings
    }

    private mutating func conditions(_ node: Node?) -> OrderedDictionary<String, Expression> {
        var conditions: OrderedDictionary<String, Expression> = [:]
        for member in section(node, "Conditions") { conditions[member.key] = expressions.condition(member.value) }
        return conditions
    }

    private mutating func rules(_ node: Node?) -> OrderedDictionary<String, TemplateRule> {
        var rules: OrderedDictionary<String, TemplateRule> = [:]
        for member in section(node, "Rules") {
            var assertions: [TemplateRule.Assertion] = []
            for item in member.value["Assertions"]?.items ?? [] {
                guard let assertion = item["Assert"] else {
                    report("bad-rule", "An assertion of rule \(member.key) has no Assert", at: item.span)
                    continue
                }
                assertions.append(
                    TemplateRule.Assertion(condition: expressions.condition(assertion), description: item["AssertDescription"]?.text))
            }
            let condition = member.value["RuleCondition"].map { expressions.condition($0) }
            rules[member.key] = TemplateRule(span: member.keySpan, condition: condition, assertions: assertions)
        }
        return rules
    }

    // MARK: Resources and outputs

    private mutating func resources(_ node: Node?) -> OrderedDictionary<String, TemplateResource> {
        var resources: OrderedDictionary<String, TemplateResource> = [:]
        for member in section(node, "Resources") {
            if member.key == "Fn::Transform" { continue }
            if let resource = resource(member) { resources[member.key] = resource }
        }
        return resources
    }

    private mutating func resource(_ member: Node.Member) -> TemplateResource? {
        guard let attributes = member.value.members else {
            report(
                "bad-resource", "Resource \(member.key) must be a map with a Type, found \(member.value.kindName)", at: member.value.span)
            return nil
        }
        checkLogicalID(member)
        for attribute in attributes where !Self.resourceAttributes.contains(attribute.key) {
            reportUnknown("unknown-attribute", "attribute of resource \(member.key)", attribute, among: Self.resourceAttributes)
        }
        guard let typeNode = member.value["Type"], let type = typeNode.text else {
            report("no-type", "Resource \(member.key) has no Type", at: member.keySpan)
            return nil
        }
        var properties: [Expression.Member] = []
        if let node = member.value["Properties"], !node.isNull {
            for property in section(node, "Properties of \(member.key)") {
                properties.append(
                    Expression.Member(key: property.key, keySpan: property.keySpan, value: expressions.expression(property.value)))
            }
        }
        return TemplateResource(
            logicalID: member.key, span: member.keySpan, type: type, typeSpan: typeNode.span,
            condition: text(member.value["Condition"], "Condition of \(member.key)"), dependsOn: dependsOn(member),
            properties: properties, metadata: attribute("Metadata", of: member),
            deletionPolicy: policy("DeletionPolicy", of: member), updateReplacePolicy: policy("UpdateReplacePolicy", of: member),
            creationPolicy: attribute("CreationPolicy", of: member), updatePolicy: attribute("UpdatePolicy", of: member))
    }

    private mutating func checkLogicalID(_ member: Node.Member) {
        guard member.key.utf8.allSatisfy({ Character(UnicodeScalar($0)).isLetter || Character(UnicodeScalar($0)).isNumber }),
            !member.key.isEmpty
        else {
            report(
                "bad-logical-id", "The logical ID \(JSONValue.quoted(member.key)) is not alphanumeric",
                detail: "CloudFormation takes letters and digits only.", at: member.keySpan)
            return
        }
    }

    private mutating func attribute(_ name: String, of member: Node.Member) -> Expression? {
        member.value[name].map { expressions.expression($0) }
    }

    private mutating func policy(_ name: String, of member: Node.Member) -> Expression? {
        guard let node = member.value[name] else { return nil }
        if let text = node.text, TemplateResource.Policy(rawValue: text) == nil {
            let hint = nearestName(to: text, in: TemplateResource.Policy.allCases.map(\.rawValue)).map { "Did you mean \($0)? " } ?? ""
            report(
                "bad-policy", "\(name) of \(member.key) can't be \(JSONValue.quoted(text))",
                detail: hint + "It is one of Delete, Retain, RetainExceptOnCreate and Snapshot.", at: node.span)
        }
        return expressions.expression(node)
    }

    private mutating func dependsOn(_ member: Node.Member) -> [String] {
        guard let node = member.value["DependsOn"] else { return [] }
        if let name = node.text { return [name] }
        let names = node.items?.compactMap(\.text) ?? []
        if names.count != node.items?.count {
            report("bad-depends-on", "DependsOn of \(member.key) is a logical ID or a list of them, found \(node.kindName)", at: node.span)
        }
        return names
    }

    private mutating func outputs(_ node: Node?) -> OrderedDictionary<String, TemplateOutput> {
        var outputs: OrderedDictionary<String, TemplateOutput> = [:]
        for member in section(node, "Outputs") {
            for attribute in member.value.members ?? [] where !Self.outputAttributes.contains(attribute.key) {
                reportUnknown("unknown-attribute", "attribute of output \(member.key)", attribute, among: Self.outputAttributes)
            }
            guard let value = member.value["Value"] else {
                report("no-output-value", "Output \(member.key) has no Value", at: member.keySpan)
                continue
            }
            var exportName: Expression?
            if let export = member.value["Export"] {
                if let name = export["Name"] {
                    exportName = expressions.expression(name)
                } else {
                    report("bad-export", "Export of output \(member.key) is a map with a Name", at: export.span)
                }
            }
            outputs[member.key] = TemplateOutput(
                name: member.key, span: member.keySpan, value: expressions.expression(value),
                description: member.value["Description"]?.text,
                condition: text(member.value["Condition"], "Condition of \(member.key)"), exportName: exportName)
        }
        return outputs
    }

    // MARK: Shapes

    private mutating func section(_ node: Node?, _ name: String) -> [Node.Member] {
        guard let node, !node.isNull else { return [] }
        guard let members = node.members else {
            report("bad-section", "\(name) must be a map, found \(node.kindName)", at: node.span)
            return []
        }
        return members
    }

    private mutating func text(_ node: Node?, _ name: String) -> String? {
        guard let node else { return nil }
        if node.text == nil { report("bad-attribute", "\(name) must be a string, found \(node.kindName)", at: node.span) }
        return node.text
    }

    private mutating func reportUnknown(_ code: String, _ what: String, _ member: Node.Member, among names: [String]) {
        let hint = nearestName(to: member.key, in: names).map { "Did you mean \($0)?" } ?? "Known are \(names.joined(separator: ", "))."
        report(code, "Unknown \(what): \(member.key)", detail: hint, at: member.keySpan)
    }

    private mutating func report(_ code: String, _ summary: String, detail: String = "", at span: Span) {
        ownFindings.append(source.finding(code, summary, detail: detail, at: span))
    }
}
