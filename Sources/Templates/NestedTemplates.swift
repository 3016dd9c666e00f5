package import Foundation
import Model

/// A nested stack whose template is a file, named by a path as `aws cloudformation package` takes it.
package struct NestedTemplate: Sendable {
    package var logicalID: String
    /// The path as it is written, from the folder of the template it stands in.
    package var location: String
    package var span: Span
}

extension TemplateResource {
    package static let nestedStackType = "AWS::CloudFormation::Stack"

    /// The file that holds the template of this nested stack or application; `nil` where it is none, or one whose template is not in
    /// a file.
    package var nestedTemplate: NestedTemplate? {
        guard let property = PackagedProperty.byType[type]?.first(where: { $0.contents == .template }),
            let value = properties.first(where: { $0.key == property.path.first })?.value,
            let location = value.literalText, property.isLocal(location)
        else { return nil }
        return NestedTemplate(logicalID: logicalID, location: location, span: value.span)
    }

    /// What the template of this nested stack is known by: its address, or its path where it is not packaged; `nil` where it is no
    /// nested stack.
    /// - Parameter folder: of the template that the stack stands in, from the outermost one's.
    package func templateKey(in folder: String) -> String? {
        guard type == Self.nestedStackType, let location = properties.first(where: { $0.key == "TemplateURL" })?.value.literalText
        else { return nil }
        return location.contains("://") ? location : NestedPath.path(of: location, in: folder)
    }
}

extension Template {
    /// The resources it declares and, of nested stacks whose templates are at hand, those inside: `Network`, `Network/Table`.
    /// - Parameter nested: the nested templates, as `templateKey` knows them.
    package func resourceNames(nested: [String: Template]) -> [String] {
        var names: [String] = []
        func collect(_ template: Template, _ prefix: String, _ folder: String, _ path: [String]) {
            for resource in template.resources.values {
                names.append(prefix + resource.logicalID)
                // A template may nest itself, which is an error of its own.
                guard let key = resource.templateKey(in: folder), let inner = nested[key], !path.contains(key) else { continue }
                collect(inner, "\(prefix)\(resource.logicalID)/", NestedPath.folder(of: key), path + [key])
            }
        }
        collect(self, "", "", [])
        return names
    }

    /// Whether a resource may be in it that is called `Network/Table`, or `Table`: for all that is known without CloudFormation, which
    /// alone knows what macros make, and what is in a nested stack whose template is not at hand.
    /// - Parameter nested: the nested templates, as `templateKey` knows them.
    package func mayHave(_ name: String, nested: [String: Template]) -> Bool {
        var template = self
        var folder = ""
        var logicalIDs = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)[...]
        while let logicalID = logicalIDs.popFirst() {
            guard !template.mayCallMacros || template.transforms == [Self.languageExtensions] else { return true }
            guard let resource = template.resources[logicalID] else { return false }
            guard !logicalIDs.isEmpty else { return true }
            guard resource.type == TemplateResource.nestedStackType else { return false }
            guard let key = resource.templateKey(in: folder), let inner = nested[key] else { return true }
            (template, folder) = (inner, NestedPath.folder(of: key))
        }
        return false
    }
}

/// Paths of nested templates as they are known by: from the folder of the outermost template, without detours.
package enum NestedPath {
    /// - Parameter folder: of the template that names `location`, from the outermost one's; empty for that one itself.
    package static func path(of location: String, in folder: String) -> String {
        var names: [Substring] = []
        let path = location.hasPrefix("/") || folder.isEmpty ? location : "\(folder)/\(location)"
        for name in path.split(separator: "/") where name != "." {
            if name == "..", let last = names.last, last != ".." { names.removeLast() } else { names.append(name) }
        }
        return (path.hasPrefix("/") ? "/" : "") + names.joined(separator: "/")
    }

    package static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}

/// A file's bytes, and what it is called in messages.
package struct NamedFile: Sendable {
    package var name: String
    package var data: Data

    package init(name: String, data: Data) {
        self.name = name
        self.data = data
    }
}

extension Template {
    /// Reads all templates that this one nests, at any depth, each once.
    /// - Parameter file: what stands at a path from this template's folder; `nil` where nothing can be read there.
    /// - Returns: the templates by their paths, and a finding for each file that is missing, no template, or nests itself.
    package func readNested(_ file: (_ path: String) -> NamedFile?) -> Reading<[String: Template]> {
        var templates: [String: Template] = [:]
        var findings: [Finding] = []
        var uses: [String: [(path: String, nested: NestedTemplate)]] = [:]
        var pending: [(path: String, template: Template)] = [("", self)]
        var seen: Set<String> = []
        while let (outerPath, outer) = pending.popLast() {
            for nested in outer.resources.values.compactMap(\.nestedTemplate) {
                let path = NestedPath.path(of: nested.location, in: NestedPath.folder(of: outerPath))
                uses[outerPath, default: []].append((path, nested))
                guard seen.insert(path).inserted else { continue }
                guard let found = file(path) else {
                    findings.append(
                        outer.source.finding(
                            "missing-nested-template", "There is no file \(nested.location) for the nested stack \(nested.logicalID)",
                            detail: "It is looked for beside the template. Correct the path, or give the URL of a template in S3.",
                            at: nested.span))
                    continue
                }
                let reading = Template.read(found.data, file: found.name)
                findings += reading.findings
                guard let template = reading.value else { continue }
                templates[path] = template
                pending.append((path, template))
            }
        }
        for path in Self.endless(uses) {
            guard let template = templates.removeValue(forKey: path), let nested = uses[path]?.first?.nested else { continue }
            findings.append(
                template.source.finding(
                    "nested-template-cycle", "The template nests itself, by way of \(nested.location)",
                    detail: "Stacks can't be nested without an end. Take one of them out.", at: nested.span))
        }
        return Reading(value: templates, findings: findings)
    }

    /// The templates whose nesting comes to no end, sorted: what is left when those that nest nothing are taken out again and again.
    private static func endless(_ uses: [String: [(path: String, nested: NestedTemplate)]]) -> [String] {
        var left = uses.mapValues { Set($0.map(\.path)) }
        while let done = left.first(where: { $0.value.isDisjoint(with: left.keys) })?.key { left[done] = nil }
        return left.keys.sorted()
    }
}
