package import Model
package import OrderedCollections
package import ResourceTypes
package import Templates

/// By logical ID, what identifies an existing resource that is to become part of the stack, such as `{BucketName: my-bucket}`.
package typealias ResourceImports = OrderedDictionary<String, Located<OrderedDictionary<String, String>>>

extension SettingsReader {
    mutating func imports(in section: Section) -> ResourceImports? {
        guard let node = section["import"] else { return nil }
        guard let members = node.members else {
            wrongType("import", "a map of logical IDs", node)
            return nil
        }
        var imports: ResourceImports = [:]
        for member in members {
            guard let properties = member.value.members, !properties.isEmpty else {
                report(
                    "bad-import", "import of \(member.key) must name what identifies the resource",
                    detail: "Write it as a map, such as {BucketName: my-bucket}.", at: member.keySpan)
                continue
            }
            var identifier: OrderedDictionary<String, String> = [:]
            for property in properties {
                if let text = text(property.value, "\(property.key) of \(member.key)") { identifier[property.key] = text.value }
            }
            imports[member.key] = Located(identifier, at: place(member.keySpan))
        }
        return imports
    }
}

extension StackSettings {
    /// The identifiers of the resources to import, by logical ID.
    package var importIdentifiers: [String: OrderedDictionary<String, String>] {
        Dictionary(imports.map { ($0, $1.value) }) { first, _ in first }
    }

    /// What speaks against importing resources as stack.yml has it. What the stack has already is not looked at any more.
    /// - Parameter present: the logical IDs of the resources that the stack has.
    package func importFindings(in template: Template, types: ResourceTypeCatalog, present: Set<String>) -> [Finding] {
        imports.filter { !present.contains($0.key) }.flatMap { logicalID, identifier -> [Finding] in
            guard let resource = template.resources[logicalID] else {
                let hint = nearestName(to: logicalID, in: template.resources.keys).map { "Did you mean \($0)?" }
                return [
                    identifier.place.finding(
                        "unknown-import", "The template has no resource \(logicalID) to import",
                        detail: hint ?? "Describe it there, with a DeletionPolicy.")
                ]
            }
            return missingPolicy(resource, template) + wrongIdentifier(resource, identifier, types)
        }
    }

    /// CloudFormation's rule (user guide, Import considerations): a failed import must not delete what it was given.
    private func missingPolicy(_ resource: TemplateResource, _ template: Template) -> [Finding] {
        guard resource.deletionPolicy == nil else { return [] }
        return [
            template.source.finding(
                "import-without-deletion-policy", "\(resource.logicalID) is to be imported, and has no DeletionPolicy",
                detail: "CloudFormation requires one of what it imports. Give it `DeletionPolicy: Retain`, or another one.",
                at: resource.span)
        ]
    }

    private func wrongIdentifier(
        _ resource: TemplateResource, _ identifier: Located<OrderedDictionary<String, String>>, _ types: ResourceTypeCatalog
    ) -> [Finding] {
        let expected = (types[resource.type]?.primaryIdentifier ?? []).map { $0.components.joined(separator: "/") }
        guard !expected.isEmpty, Set(expected) != Set(identifier.value.keys) else { return [] }
        return [
            identifier.place.finding(
                "wrong-import-identifier", "\(resource.logicalID) is not identified by \(identifier.value.keys.joined(separator: ", "))",
                detail: "What identifies a resource of type \(resource.type) is \(expected.joined(separator: " and ")).")
        ]
    }
}
