/// What changing a property does to the resource.
package enum UpdateBehavior: Hashable, Sendable {
    /// The resource is changed in place, with or without an interruption of what it does.
    case noInterruption
    /// Whether it is replaced depends on the values, or on the resource's state; the type's page in the user guide says on what.
    case conditionalReplacement
    /// The resource is replaced by a new one.
    case replacement
}

/// What is known about a resource type: the facts of its schema in CloudFormation's registry, with cfn-lint's corrections.
package struct ResourceType: Sendable {
    package let name: String
    /// The region whose schema this is: us-east-1, or the first that has the type; `sam` for the types of AWS::Serverless.
    package let region: String
    /// The object that a resource's Properties are.
    package let properties: PropertySchema

    /// Changing these, or anything below them, replaces the resource.
    package let createOnlyPaths: [PropertyPath]
    /// Changing these, or anything below them, may replace the resource.
    package let conditionallyCreateOnlyPaths: [PropertyPath]
    /// The service sets these; a template may not.
    package let readOnlyPaths: [PropertyPath]
    /// The service never tells these again, so drift in them can't be seen.
    package let writeOnlyPaths: [PropertyPath]
    package let deprecatedPaths: [PropertyPath]
    /// The service may keep these in other words than it was given, such as a name in lower case.
    package let normalizedPaths: [PropertyPath]
    /// What tells one resource of the type from another.
    package let primaryIdentifier: [PropertyPath]
    /// The names that `Fn::GetAtt` accepts. A `*` at the end of one stands for any name: `Outputs.*`, `*`.
    package let attributes: [String]
    /// The property that the resource's tags are in; `nil` where it takes none, or takes them elsewhere.
    package let tagProperty: PropertyPath?
    /// The property whose value `Ref` returns; where a template leaves it out, `Ref` returns the name that CloudFormation made
    /// up for it. `nil` where `Ref` returns something else, or it isn't certain what.
    package let refProperty: PropertyPath?
    /// Since when AWS offers the type no longer, or not to everyone; `nil` for a type in full service.
    package let retirement: Retirement?

    private let flags: Int

    init(_ name: String, _ reader: inout CatalogReader) throws(MalformedCatalog) {
        self.name = name
        region = try reader.string()
        flags = try reader.number()
        properties = try reader.data.schema(reader.number())
        createOnlyPaths = try reader.paths()
        conditionallyCreateOnlyPaths = try reader.paths()
        readOnlyPaths = try reader.paths()
        writeOnlyPaths = try reader.paths()
        deprecatedPaths = try reader.paths()
        primaryIdentifier = try reader.paths()
        normalizedPaths = try reader.paths()
        let tags = try reader.path()
        tagProperty = tags.components.isEmpty ? nil : tags
        let ref = try reader.path()
        refProperty = ref.components.isEmpty ? nil : ref
        attributes = try reader.strings()
        let lifecycle = try reader.strings()
        retirement = lifecycle.count == 2 ? Retirement(status: lifecycle[0], date: lifecycle[1]) : nil
    }
}

extension ResourceType {
    /// How AWS ends a type's service.
    package struct Retirement: Hashable, Sendable {
        /// `maintenance` (no longer for new customers), `sunset` (ends on the date), `shutdown` (has ended).
        package var status: String
        /// `2026-09-30`; empty where AWS names none.
        package var date: String
    }

    /// Whether resources of the type take tags, and so those of their stack.
    package var taggable: Bool { flags & 1 != 0 }

    /// Whether the tags of a resource can be changed without replacing it.
    package var tagUpdatable: Bool { flags & 2 != 0 }

    /// Whether a replacement deletes the old resource before it creates the new one. Others are created first.
    package var replacesByDeletingFirst: Bool { flags & 4 != 0 }

    /// Whether CloudFormation has no way to update a resource of the type, so that any change of a property replaces it.
    package var isImmutable: Bool { flags & 8 != 0 }

    /// The names of the properties that every resource of the type must have.
    package var requiredProperties: [String] { properties.required }
}

extension ResourceType {
    /// What a change at exactly this place does. Says nothing of what lies below: see `createOnlyPaths(below:)`.
    package func updateBehavior(at path: PropertyPath) -> UpdateBehavior {
        if isImmutable || createOnlyPaths.contains(where: path.isAtOrBelow) { return .replacement }
        return conditionallyCreateOnlyPaths.contains(where: path.isAtOrBelow) ? .conditionalReplacement : .noInterruption
    }

    /// The create-only paths inside the object or list at `path`: changing the whole of it may change one of them.
    package func createOnlyPaths(below path: PropertyPath) -> [PropertyPath] {
        createOnlyPaths.filter { $0.isBelow(path) }
    }

    /// As `createOnlyPaths(below:)`, for the conditionally create-only paths.
    package func conditionallyCreateOnlyPaths(below path: PropertyPath) -> [PropertyPath] {
        conditionallyCreateOnlyPaths.filter { $0.isBelow(path) }
    }

    package func isReadOnly(at path: PropertyPath) -> Bool {
        readOnlyPaths.contains(where: path.isAtOrBelow)
    }

    package func isWriteOnly(at path: PropertyPath) -> Bool {
        writeOnlyPaths.contains(where: path.isAtOrBelow)
    }

    package func isDeprecated(at path: PropertyPath) -> Bool {
        deprecatedPaths.contains(where: path.isAtOrBelow)
    }

    /// Whether the service may keep the value at this place in other words than it was given.
    package func isNormalized(at path: PropertyPath) -> Bool {
        normalizedPaths.contains(where: path.isAtOrBelow)
    }

    /// What may stand at this place; `nil` where nothing may, or the schema doesn't say.
    package func schema(at path: PropertyPath) -> PropertySchema? {
        var schema = properties
        for component in path.components {
            guard let next = schema.child(component) else { return nil }
            schema = next
        }
        return schema
    }
}

extension ResourceType {
    /// The property that `Fn::GetAtt` reads under this name; `nil` where the attribute is no property that a template sets,
    /// or where it may have another value than was set.
    package func attributeProperty(_ name: String) -> PropertyPath? {
        guard !ResourceTypeCatalog.isCustomResource(self.name) else { return nil }
        let path = PropertyPath(attribute: name)
        guard isNamed(path), !isReadOnly(at: path), !isWriteOnly(at: path), !isNormalized(at: path) else { return nil }
        return path
    }

    /// Whether `Fn::GetAtt` accepts this name.
    package func hasAttribute(_ name: String) -> Bool {
        attributes.contains { $0 == name || $0.hasSuffix("*") && name.hasPrefix($0.dropLast()) }
    }

    /// Whether the attribute is (a part of) what tells one resource of the type from another, so that only a replacement changes it.
    package func isPrimaryIdentifier(_ name: String) -> Bool {
        primaryIdentifier.contains(PropertyPath(attribute: name))
    }

    /// Whether every step of the path is a property that the schema names.
    private func isNamed(_ path: PropertyPath) -> Bool {
        var schema = properties
        for component in path.components {
            guard let next = schema.property(component) else { return false }
            schema = next
        }
        return true
    }
}
