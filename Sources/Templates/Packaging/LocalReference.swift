import Model

/// A path of a local file or folder that stands in a template, in a property that is packaged.
package struct LocalReference: Sendable {
    package var property: PackagedProperty
    /// The resource's logical ID, or what else the path is of.
    package var owner: String
    /// The path as it is written, from the folder of the template it stands in.
    package var location: String
    package var span: Span

    /// What tells a path from the others of its template.
    package struct Place: Hashable, Sendable {
        var property: PackagedProperty
        var span: Span
    }

    package var place: Place { Place(property: property, span: span) }

    /// `Code of Function`
    package var subject: String { "\(property.path.joined(separator: ".")) of \(owner)" }
    /// Whether a loop makes several paths of this one.
    package var variesInLoop: Bool { isInLoop && (location.contains("${") || location.contains("&{")) }

    var isInLoop: Bool
}

/// What takes the place of a path in a template.
package enum PackagedValue: Hashable, Sendable {
    /// Something in S3.
    case object(bucket: String, key: String, url: String)
    case text(String)

    fileprivate func node(_ form: PackagedProperty.Form, at span: Span) -> Node {
        func text(_ text: String) -> Node { Node(.scalar(.string(text)), span: span) }
        switch (self, form) {
        case (.text(let contents), _): return text(contents)
        case (.object(let bucket, let key, _), .map(let bucketName, let keyName)):
            let members = [(bucketName, bucket), (keyName, key)].map { Node.Member(key: $0, keySpan: span, value: text($1)) }
            return Node(.mapping(members), span: span)
        case (.object(_, _, let url), .https): return text(url)
        case (.object(let bucket, let key, _), .s3), (.object(let bucket, let key, _), .inline): return text("s3://\(bucket)/\(key)")
        }
    }
}

extension Template {
    /// The local paths in this template, in the order they are written.
    package var localReferences: [LocalReference] {
        // Most templates have none, and going through all of a large one takes its time.
        let mayHaveSome =
            resources.values.contains { PackagedProperty.byType[$0.type] != nil } || source.text.contains(bytes: "AWS::Include")
            || source.text.contains(bytes: "AWS::ServerlessRepo::Application")
        guard mayHaveSome else { return [] }
        var walk = PackagingWalk()
        _ = walk.template(root)
        return walk.references
    }

    /// This template with what its local paths were packaged as; its places stay those of the text as it is written.
    /// - Parameters:
    ///   - parameterValues: those that it was read with.
    ///   - values: what takes the place of paths; one that has none stays.
    package func packaged(parameterValues: [String: String] = [:], _ values: [LocalReference.Place: PackagedValue]) -> Template {
        var walk = PackagingWalk(values: values)
        let newRoot = walk.template(root)
        guard !walk.edits.isEmpty else { return self }
        var reader = TemplateReader(Document(source: source, root: newRoot, usesAliases: usesAliases), findings: [])
        guard var template = reader.template(parameterValues: parameterValues) else { return self }
        // In a block of several lines, what follows would be taken for a part of it.
        let isPlain = !usesAliases && walk.edits.allSatisfy { $0.span.start.line == $0.span.end.line }
        let edited = isPlain ? source.replacing(walk.edits.map { ($0.span, $0.node.flowText) }) : nil
        template.packagedBody = edited ?? newRoot.json.prettyText
        template.localPaths = walk.edits.reduce(into: [:]) { $0[$1.span] = $1.location }
        return template
    }
}

/// Goes through a template before its loops are expanded, and puts what was packaged in the place of local paths.
private struct PackagingWalk {
    var values: [LocalReference.Place: PackagedValue] = [:]
    var references: [LocalReference] = []
    var edits: [(span: Span, location: String, node: Node)] = []

    mutating func template(_ root: Node) -> Node {
        root.mapMembers { member in
            switch member.key {
            case "Resources": resources(member.value, inLoop: false)
            case "Metadata":
                includes(
                    member.value.mapMembers { metadata in
                        PackagedProperty.metadata.filter { $0.type == metadata.key }.reduce(metadata.value) { node, property in
                            replaced(property, property.type, property.path[...], in: node, inLoop: false)
                        }
                    }, inLoop: false)
            default: includes(member.value, inLoop: false)
            }
        }
    }

    private mutating func resources(_ node: Node, inLoop: Bool) -> Node {
        node.mapMembers { member in
            if member.key.hasPrefix("Fn::ForEach::"), let items = member.value.items, items.count == 3 {
                return Node(.sequence([items[0], items[1], resources(items[2], inLoop: true)]), span: member.value.span)
            }
            return resource(member, inLoop: inLoop)
        }
    }

    private mutating func resource(_ member: Node.Member, inLoop: Bool) -> Node {
        guard let rules = member.value["Type"]?.text.flatMap({ PackagedProperty.byType[$0] }) else {
            return includes(member.value, inLoop: inLoop)
        }
        return includes(
            member.value.mapMembers { attribute in
                guard attribute.key == "Properties" else { return attribute.value }
                return rules.reduce(attribute.value) { replaced($1, member.key, $1.path[...], in: $0, inLoop: inLoop) }
            }, inLoop: inLoop)
    }

    private mutating func replaced(
        _ property: PackagedProperty, _ owner: String, _ path: ArraySlice<String>, in node: Node, inLoop: Bool
    ) -> Node {
        if let name = path.first {
            return node.mapMembers { member in
                member.key == name ? replaced(property, owner, path.dropFirst(), in: member.value, inLoop: inLoop) : member.value
            }
        }
        // Either of two values that a condition chooses from.
        if node.members?.count == 1, let branches = node["Fn::If"]?.items, branches.count == 3 {
            let chosen = branches.dropFirst().map { replaced(property, owner, path, in: $0, inLoop: inLoop) }
            return node.mapMembers { Node(.sequence([branches[0]] + chosen), span: $0.value.span) }
        }
        guard case .scalar(.string(let text)) = node.content, property.isLocal(text) else { return node }
        let reference = LocalReference(property: property, owner: owner, location: text, span: node.span, isInLoop: inLoop)
        references.append(reference)
        guard let packaged = values[reference.place]?.node(property.form, at: node.span) else { return node }
        edits.append((node.span, text, packaged))
        return packaged
    }

    /// Replaces what calls of the macro AWS::Include read, anywhere.
    private mutating func includes(_ node: Node, inLoop: Bool) -> Node {
        switch node.content {
        case .scalar: return node
        case .sequence(let items): return Node(.sequence(items.map { includes($0, inLoop: inLoop) }), span: node.span)
        case .mapping:
            return node.mapMembers { member in
                guard member.key == "Fn::Transform", member.value["Name"]?.text == PackagedProperty.include.type else {
                    return includes(member.value, inLoop: inLoop || member.key.hasPrefix("Fn::ForEach::"))
                }
                return member.value.mapMembers { part in
                    guard part.key == "Parameters" else { return part.value }
                    let property = PackagedProperty.include
                    return replaced(property, property.type, property.path[...], in: part.value, inLoop: inLoop)
                }
            }
        }
    }
}

extension Node {
    /// A scalar or a map of scalars on one line, as both YAML and JSON read it.
    fileprivate var flowText: String {
        guard let members else { return JSONValue.quoted(text ?? "") }
        return "{" + members.map { "\(JSONValue.quoted($0.key)): \(JSONValue.quoted($0.value.text ?? ""))" }.joined(separator: ", ") + "}"
    }

    /// This map with other values; anything else as it is.
    fileprivate func mapMembers(_ transform: (Member) -> Node) -> Node {
        guard let members else { return self }
        return Node(.mapping(members.map { Member(key: $0.key, keySpan: $0.keySpan, value: transform($0)) }), span: span)
    }
}
