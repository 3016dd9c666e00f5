package import Model
package import ResourceTypes

extension Template {
    /// Checks everything that `check()` does and, by what is known of resource types, every resource's type, properties and
    /// attributes; then what is declared and never used, and CloudFormation's limits as the errors that they are to it.
    ///
    /// For `validate` alone: AWS may have types and properties that the catalog lacks, and a deployment is not to be held up by it.
    package func check(types: ResourceTypeCatalog) -> [Finding] {
        let structural = check().map { finding in
            var finding = finding
            if finding.code == "limit-exceeded" { finding.severity = .error }
            return finding
        }
        var checks = CatalogChecks(self, types)
        return (structural + checks.run()).inOrder
    }
}

struct CatalogChecks {
    private let template: Template
    private let types: ResourceTypeCatalog
    private let shapes: ResultShapes
    private var properties: PropertyChecks
    private var findings: [Finding] = []
    private var reported: Set<Finding> = []
    private var searches = 0
    /// The kinds of faults that have been reported of values, each once for a value.
    private var told: Set<String> = []

    init(_ template: Template, _ types: ResourceTypeCatalog) {
        self.template = template
        self.types = types
        shapes = ResultShapes(parameters: template.parameters)
        properties = PropertyChecks(shapes)
    }

    mutating func run() -> [Finding] {
        guard !template.hasOpaqueTransform else { return [] }
        let rewritten = resourcesInMacros
        for resource in template.resources.values where !rewritten.contains(resource.logicalID) { check(resource) }
        for output in template.outputs.values { check(output) }
        checkUsage()
        for limit in LimitChecks(template).exceeded { findings.append(limit) }
        if properties.isExhausted {
            report(
                .checksIncomplete, "The template is too large to be checked against the resource types throughout",
                detail: "The values that come last were not compared with them.", at: template.root.span)
        }
        return findings
    }

    /// The resources in which a macro stands beside Type and Properties.
    private var resourcesInMacros: Set<String> {
        let members = template.root["Resources"]?.members ?? []
        return Set(members.lazy.filter { $0.value["Fn::Transform"] != nil }.map(\.key))
    }

    // MARK: Resources

    private mutating func check(_ resource: TemplateResource) {
        checkPolicies(resource)
        var expressions: [Expression] = []
        resource.forEachExpression { expressions.append($0) }
        checkFunctions(expressions, in: resource.logicalID)
        for expression in expressions { checkAttributes(expression) }
        guard let type = types[resource.type] else { return checkUnknown(resource) }
        if type.region == "sam" {
            report(
                .missingTransform, "\(resource.type) needs a transform",
                detail: "Write `Transform: AWS::Serverless-2016-10-31` at the top of the template.", at: resource.typeSpan)
            return
        }
        checkRetirement(type, resource)
        let owner = PropertyOwner(logicalID: resource.logicalID, typeName: resource.type)
        for fault in properties.faults(of: resource.properties, type.properties) {
            report(fault, owner, else: resource.propertiesSpan ?? resource.span)
        }
        for path in type.readOnlyPaths {
            for (name, span) in places(of: path, resource) {
                report(
                    .readOnlyProperty, "\(name) can't be set",
                    detail: "\(resource.type) sets it itself. Leave it out; other resources read it with Fn::GetAtt.", at: span)
            }
        }
        for path in type.deprecatedPaths {
            for (name, span) in places(of: path, resource) {
                report(
                    .deprecatedProperty, "\(name) is deprecated",
                    detail: "\(resource.type) still takes it; its page in the user guide tells what to use in its place.", at: span)
            }
        }
    }

    private mutating func checkUnknown(_ resource: TemplateResource) {
        let parts = resource.type.split(separator: "::", omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { $0.isAlphanumeric } }
        let isModule = parts.count == 4 && parts[3] == "MODULE"
        if isName, isModule || parts.count == 3, parts[0] != "AWS" || isModule {
            report(
                .uncheckedType, "\(shortened(resource.type)) is no type of AWS's own",
                detail: "Its properties and attributes are not checked. It must be activated in the account that it is deployed to.",
                at: resource.typeSpan)
            return
        }
        let hint = nearest(resource.type, types.typeNames).map { "Did you mean \($0)?" } ?? "Correct the name."
        report(
            .unknownType, "Unknown resource type \(shortened(resource.type))", detail: "\(hint) \(CatalogAge.note)", at: resource.typeSpan)
    }

    private mutating func checkRetirement(_ type: ResourceType, _ resource: TemplateResource) {
        guard let retirement = type.retirement else { return }
        let date = retirement.date.isEmpty ? "" : " (\(retirement.date))"
        let what =
            switch retirement.status {
            case "maintenance": "is no longer open to new customers"
            case "sunset": "is being ended"
            case "shutdown": "has been ended"
            default: "is being retired"
            }
        report(
            .retiredType, "\(resource.type) \(what)\(date)", detail: "See AWS's page on the service's end for what takes its place.",
            at: resource.typeSpan)
    }

    private mutating func checkPolicies(_ resource: TemplateResource) {
        for (name, policy) in [("DeletionPolicy", resource.deletionPolicy), ("UpdateReplacePolicy", resource.updateReplacePolicy)] {
            guard let policy else { continue }
            if policy.literalText == TemplateResource.Policy.snapshot.rawValue, resource.type.hasPrefix("AWS::"),
                !SnapshotTypes.names.contains(resource.type)
            {
                report(
                    .noSnapshot, "\(name) of \(resource.logicalID) can't be Snapshot",
                    detail: "CloudFormation makes no snapshots of \(resource.type). Retain keeps the resource.", at: policy.span)
            }
        }
    }

    /// The values that stand at a path of the type's schema.
    private func places(of path: PropertyPath, _ resource: TemplateResource) -> [(name: String, span: Span)] {
        var found: [(place: [PropertyFault.Step], span: Span)] = []
        func follow(_ components: ArraySlice<String>, _ value: Expression, _ place: [PropertyFault.Step], _ span: Span) {
            if shapes.isNothing(value) { return }
            guard let component = components.first else { return found.append((place, span)) }
            switch value.kind {
            case .if(_, let first, let second):
                follow(components, first, place, span)
                follow(components, second, place, span)
            case .list(let items) where component == "*":
                for (index, item) in items.enumerated() { follow(components.dropFirst(), item, place + [.item(index)], item.span) }
            case .object(let members):
                for member in members where member.key == component || component == "*" {
                    follow(components.dropFirst(), member.value, place + [.name(member.key)], member.keySpan)
                }
            default: break
            }
        }
        for member in resource.properties where member.key == path.components.first {
            follow(path.components.dropFirst(), member.value, [.name(member.key)], member.keySpan)
        }
        let owner = PropertyOwner(logicalID: resource.logicalID, typeName: resource.type)
        return found.map { (owner.name(of: $0.place), $0.span) }
    }

    // MARK: Functions

    private mutating func checkAttributes(_ expression: Expression) {
        var attributes: [(logicalID: String, name: String, span: Span)] = []
        expression.forEachReference { reference, span in
            guard case .attribute(let logicalID, let name?) = reference else { return }
            attributes.append((logicalID, name, span))
        }
        for (logicalID, name, span) in attributes { checkAttribute(name, of: logicalID, at: span) }
    }

    private mutating func checkAttribute(_ name: String, of logicalID: String, at span: Span) {
        guard let resource = template.resources[logicalID], let type = types[resource.type], type.region != "sam",
            !type.hasAttribute(name)
        else { return }
        let place = template.source.narrowed(span, to: "\(logicalID).\(name)")
        if type.schema(at: PropertyPath(attribute: name)) != nil {
            report(
                .uncertainGetAtt, "\(logicalID).\(shortened(name)) is a property that Fn::GetAtt may not return",
                detail: "The page of \(resource.type) does not list it under \"Return values\". \(CatalogAge.note)", at: place)
            return
        }
        let hint = nearest(name, type.attributes).map { "Did you mean \($0)?" }
        let known = type.attributes.isEmpty ? "It has none." : "It has \(type.attributes.prefix(20).joined(separator: ", "))."
        report(
            .unknownGetAtt, "\(resource.type) has no attribute \(shortened(name))", detail: "\(hint ?? known) \(CatalogAge.note)", at: place
        )
    }

    private mutating func checkFunctions(_ expressions: [Expression], in owner: String) {
        var functions = FunctionChecks(shapes, hasExtensions: template.transforms.contains(Template.languageExtensions), in: owner)
        for expression in expressions { functions.visit(expression) }
        for fault in functions.faults { report(fault.code, fault.summary, detail: fault.detail, at: fault.span) }
    }

    // MARK: Outputs and what is not used

    private mutating func check(_ output: TemplateOutput) {
        let expressions = [output.value, output.exportName].compactMap(\.self)
        checkFunctions(expressions, in: output.name)
        for expression in expressions { checkAttributes(expression) }
        let found: String
        switch shapes.shape(of: output.value) {
        case .list: found = "a list"
        case .object(let members): found = members.contains { $0.key == "Fn::Transform" } ? "" : "a map"
        case .computed(.array, let name): found = "a list (\(name))"
        default: found = ""
        }
        guard !found.isEmpty else { return }
        report(
            .wrongType, "Output \(output.name) must be a string, found \(found)", detail: "Put a list together with Fn::Join.",
            at: output.value.span)
    }

    private mutating func checkUsage() {
        let usage = UsageChecks(template)
        for parameter in usage.unusedParameters {
            report(
                .unusedParameter, "Parameter \(parameter.name) is not used",
                detail: "Nothing in the template refers to it. Remove it, or use it.", at: parameter.span)
        }
        for (name, span) in usage.unusedMappings {
            report(
                .unusedMapping, "Mapping \(name) is not used", detail: "No Fn::FindInMap names it. Remove it, or use it.", at: span)
        }
        for (name, span) in usage.unusedConditions {
            report(
                .unusedCondition, "Condition \(name) is not used", detail: "Nothing in the template names it. Remove it, or use it.",
                at: span)
        }
    }

    // MARK: Reports

    /// How often the name that may be meant is searched for: a template of 10,000 wrong names has another problem.
    private static let searchesLimit = 100

    private mutating func nearest(_ name: String, _ names: [String]) -> String? {
        searches += 1
        return searches <= Self.searchesLimit ? nearestName(to: name, in: names) : nil
    }

    private mutating func report(_ fault: PropertyFault, _ owner: PropertyOwner, else span: Span) {
        searches += 1
        let isSearched = searches <= Self.searchesLimit
        let text = fault.text(owner) { isSearched ? nearestName(to: $0, in: $1) : nil }
        // Several parts of one schema may restrict the same.
        guard !fault.isAboutWholeValue || told.insert("\(text.code.rawValue) \(owner.name(of: fault.place))").inserted else { return }
        report(text.code, text.summary, detail: text.detail, at: fault.span ?? span)
    }

    private mutating func report(_ code: CatalogFinding, _ summary: String, detail: String, at span: Span) {
        let detail = detail.hasSuffix(" ") ? String(detail.dropLast()) : detail
        let finding = template.source.finding(code.rawValue, code.severity, summary, detail: detail, at: span)
        if reported.insert(finding).inserted { findings.append(finding) }
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}
