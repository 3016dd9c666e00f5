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
        return Reading(value: template, findings: reader.findings.inOrder)
    }
}

/// Reads the sections of a template.
struct TemplateReader {
    private let document: Document
    private var source: SourceText { document.source }
    private var expressions: ExpressionReader
    private var ownFindings: [Finding]
    /// Whether a macro rewrites the whole template, which may then hold what CloudFormation itself does not know.
    private var isRewritten = false
    var findings: [Finding] { ownFindings + expressions.findings }

    private static let sections = [
        "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions", "Transform", "Resources",
        "Outputs", "Hooks",
    ]
    private static let resourceAttributes = [
        "Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy",
        "UpdatePolicy", "Description", "Version",
    ]
    private static let ruleAttributes = ["RuleCondition", "Assertions"]
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
        let transforms = self.transforms(document.root)
        let parameters = self.parameters(document.root["Parameters"])
        var root = document.root
        var hasUnknownLoops = false
        if transforms.contains(Template.languageExtensions) {
            var loops = LoopExpander(source, parameters: parameters, values: parameterValues)
            root = loops.expand(root)
            ownFindings += loops.findings
            hasUnknownLoops = loops.hasUnknownLoops
        }
        isRewritten = transforms.contains { $0 != Template.languageExtensions }
        for member in root.members ?? [] where !Self.sections.contains(member.key) && !isRewritten {
            reportUnknown("unknown-section", "section", member, among: Self.sections)
        }
        checkVersion(root["AWSTemplateFormatVersion"])
        _ = section(root["Metadata"], "Metadata")
        if root["Resources"]?.members?.isEmpty ?? true, !isRewritten {
            report("no-resources", "The template has no resources", detail: "CloudFormation requires at least one.", at: document.root.span)
        }
        return Template(
            source: source, usesAliases: document.usesAliases, root: document.root, hasUnknownLoops: hasUnknownLoops,
            description: text(root["Description"], "Description"), transforms: transforms, parameters: parameters,
            mappings: mappings(root["Mappings"]),
            conditions: conditions(root["Conditions"]), rules: rules(root["Rules"]), resources: resources(root["Resources"]),
            outputs: outputs(root["Outputs"]))
    }

    private mutating func checkVersion(_ node: Node?) {
        guard let node, node.text != "2010-09-09" else { return }
        report(
            "bad-format-version", "The only template format version is 2010-09-09",
            detail: "Write AWSTemplateFormatVersion: \"2010-09-09\", or leave it out.", at: node.span)
    }

    /// The macros for the whole template, and those that stand in a section and may add to it whatever they like.
    private mutating func transforms(_ root: Node) -> [String] {
        let places = [root] + ["Parameters", "Rules", "Mappings", "Conditions", "Resources", "Outputs"].compactMap { root[$0] }
        return transforms(declaredBy: root["Transform"]) + places.flatMap { $0["Fn::Transform"]?.macroNames ?? [] }
    }

    private mutating func transforms(declaredBy node: Node?) -> [String] {
        guard let node else { return [] }
        if let name = node.text { return [name] }
        if let name = node["Name"]?.text { return [name] }
        guard let items = node.items else {
            report("bad-transform", "Transform is the name of a macro or a list of names, found \(node.kindName)", at: node.span)
            return []
        }
        return items.compactMap { item in
            let name = item.text ?? item["Name"]?.text
            if name == nil {
                report("bad-transform", "A macro is named by a string or a map with a Name, found \(item.kindName)", at: item.span)
            }
            return name
        }
    }

    // MARK: Parameters, mappings, conditions, rules

    private mutating func parameters(_ node: Node?) -> OrderedDictionary<String, TemplateParameter> {
        var parameters: OrderedDictionary<String, TemplateParameter> = [:]
        for member in section(node, "Parameters") where member.key != "Fn::Transform" {
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
            for row in section(member.value, "Mapping \(member.key)") where row.key != "Fn::Transform" {
                for cell in section(row.value, "Mapping \(member.key).\(row.key)") where cell.key != "Fn::Transform" {
                    checkMapped(cell.value, "\(member.key).\(row.key).\(cell.key)")
                    rows[row.key, default: [:]][cell.key] = cell.value.json
                }
            }
            mappings[member.key] = TemplateMapping(span: member.keySpan, rows: rows)
        }
        return mappings
    }

    private mutating func checkMapped(_ node: Node, _ name: String) {
        if node.text != nil || node.items?.allSatisfy({ $0.text != nil }) == true { return }
        report("bad-mapping", "Mapping \(name) must be a string or a list of strings, found \(node.kindName)", at: node.span)
    }

    private mutating func conditions(_ node: Node?) -> OrderedDictionary<String, Expression> {
        var conditions: OrderedDictionary<String, Expression> = [:]
        for member in section(node, "Conditions") where member.key != "Fn::Transform" {
            conditions[member.key] = expressions.condition(member.value, of: "Condition \(member.key)")
        }
        return conditions
    }

    private mutating func rules(_ node: Node?) -> OrderedDictionary<String, TemplateRule> {
        var rules: OrderedDictionary<String, TemplateRule> = [:]
        for member in section(node, "Rules") where member.key != "Fn::Transform" {
            for attribute in section(member.value, "Rule \(member.key)") where !Self.ruleAttributes.contains(attribute.key) {
                reportUnknown("unknown-attribute", "attribute of rule \(member.key)", attribute, among: Self.ruleAttributes)
            }
            var assertions: [TemplateRule.Assertion] = []
            let items = member.value["Assertions"]?.items
            if items == nil { report("bad-rule", "Rule \(member.key) has no list of Assertions", at: member.keySpan) }
            for item in items ?? [] {
                guard let assertion = item["Assert"] else {
                    report("bad-rule", "An assertion of rule \(member.key) has no Assert", at: item.span)
                    continue
                }
                assertions.append(
                    TemplateRule.Assertion(
                        condition: expressions.condition(assertion, of: "An assertion of rule \(member.key)"),
                        description: text(item["AssertDescription"], "AssertDescription of rule \(member.key)")))
            }
            let condition = member.value["RuleCondition"].map { expressions.condition($0, of: "Rule \(member.key)") }
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
        checkLogicalID(member, "logical ID")
        for attribute in attributes
        where !Self.resourceAttributes.contains(attribute.key) && !isRewritten && attribute.key != "Fn::Transform" {
            reportUnknown("unknown-attribute", "attribute of resource \(member.key)", attribute, among: Self.resourceAttributes)
        }
        guard let typeNode = member.value["Type"], let type = typeNode.text else {
            report("no-type", "Resource \(member.key) has no Type", at: member.keySpan)
            return nil
        }
        let properties = section(member.value["Properties"], "Properties of \(member.key)").map { expressions.member($0) }
        let dependsOn = self.dependsOn(member)
        return TemplateResource(
            logicalID: member.key, span: member.keySpan, type: type, typeSpan: typeNode.span,
            condition: text(member.value["Condition"], "Condition of \(member.key)"), conditionSpan: member.value["Condition"]?.span,
            dependsOn: dependsOn.map(\.name), dependsOnSpans: dependsOn.map(\.span),
            properties: properties, propertiesSpan: attributes.first { $0.key == "Properties" }?.keySpan,
            metadata: attribute("Metadata", of: member),
            deletionPolicy: policy("DeletionPolicy", of: member), updateReplacePolicy: policy("UpdateReplacePolicy", of: member),
            creationPolicy: attribute("CreationPolicy", of: member), updatePolicy: attribute("UpdatePolicy", of: member),
            isRewritten: member.value["Fn::Transform"] != nil || properties.contains { $0.key == "Fn::Transform" })
    }

    private mutating func checkLogicalID(_ member: Node.Member, _ what: String) {
        guard !member.key.isLogicalID else { return }
        report(
            "bad-logical-id", "The \(what) \(JSONValue.quoted(member.key)) is not alphanumeric",
            detail: "CloudFormation takes 1 to 255 letters and digits.", at: member.keySpan)
    }

    private mutating func attribute(_ name: String, of member: Node.Member) -> Expression? {
        member.value[name].map { expressions.expression($0) }
    }

    private mutating func policy(_ name: String, of member: Node.Member) -> Expression? {
        guard let node = member.value[name] else { return nil }
        // A resource that was created for a replacement is none that its stack could not create.
        let known = TemplateResource.Policy.allCases.filter { name == "DeletionPolicy" || $0 != .retainExceptOnCreate }.map(\.rawValue)
        if let text = node.text, !known.contains(text) {
            let hint = nearestName(to: text, in: known).map { "Did you mean \($0)? " } ?? ""
            report(
                "bad-policy", "\(name) of \(member.key) can't be \(JSONValue.quoted(text))",
                detail: hint + "It is one of \(known.joined(separator: ", ")).", at: node.span)
        }
        return expressions.expression(node)
    }

    private mutating func dependsOn(_ member: Node.Member) -> [(name: String, span: Span)] {
        guard let node = member.value["DependsOn"] else { return [] }
        if let name = node.text { return [(name, node.span)] }
        let names = node.items?.compactMap { item in item.text.map { (name: $0, span: item.span) } } ?? []
        if names.count != node.items?.count {
            report("bad-depends-on", "DependsOn of \(member.key) is a logical ID or a list of them, found \(node.kindName)", at: node.span)
        }
        return names
    }

    private mutating func outputs(_ node: Node?) -> OrderedDictionary<String, TemplateOutput> {
        var outputs: OrderedDictionary<String, TemplateOutput> = [:]
        for member in section(node, "Outputs") where member.key != "Fn::Transform" {
            checkLogicalID(member, "output name")
            for attribute in member.value.members ?? []
            where attribute.key != "Fn::Transform" && !Self.outputAttributes.contains(attribute.key) {
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
                description: text(member.value["Description"], "Description of \(member.key)"),
                condition: text(member.value["Condition"], "Condition of \(member.key)"),
                conditionSpan: member.value["Condition"]?.span, exportName: exportName)
        }
        return outputs
    }

    // MARK: Shapes

    private mutating func section(_ node: Node?, _ name: String) -> [Node.Member] {
        guard let node else { return [] }
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

extension Node {
    /// The macros that a `Fn::Transform` calls: one by its name, one with parameters, or a list of such.
    var macroNames: [String] {
        if let name = text ?? self["Name"]?.text { return [name] }
        return items?.compactMap { $0.text ?? $0["Name"]?.text } ?? []
    }
}

extension String {
    /// Whether this may name a resource, parameter or output.
    var isLogicalID: Bool {
        (1...255).contains(utf8.count)
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: false
                }
            }
    }
}
