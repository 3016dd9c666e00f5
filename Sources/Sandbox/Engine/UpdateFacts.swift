import Model
import OrderedCollections
import ResourceTypes

/// Where two values differ, and what a difference means for a resource.
enum UpdateFacts {
    /// The strictest of what changing `old` into `new` requires, for a property of a resource type.
    ///
    /// By the type's schema, for each place inside the property that differs; by the sandbox's own table for a type without one.
    static func recreation(_ type: String, property: String, from old: JSONValue?, to new: JSONValue?) -> ChangeDetail.Recreation {
        guard let facts = ResourceTypeCatalog.bundled[type] else {
            let form = ResourceForm.of(type)
            if form.createOnly.contains(property) { return .always }
            return form.conditional.contains(property) ? .conditionally : .never
        }
        let behaviors = differences(old, new, at: PropertyPath([property])).map { path in
            behavior(facts, at: path, isUnknown: isUnknown(old) || isUnknown(new))
        }
        if behaviors.contains(.replacement) { return .always }
        return behaviors.contains(.conditionalReplacement) ? .conditionally : .never
    }

    private static func isUnknown(_ value: JSONValue?) -> Bool { value?.scalarText == BoundTemplate.knownAfterApply }

    private static func behavior(_ facts: ResourceType, at path: PropertyPath, isUnknown: Bool) -> UpdateBehavior {
        let here = facts.updateBehavior(at: path)
        guard isUnknown, here == .noInterruption else { return here }
        // Of a container whose new content nobody knows, a create-only part may change.
        let hasParts = !facts.createOnlyPaths(below: path).isEmpty || !facts.conditionallyCreateOnlyPaths(below: path).isEmpty
        return hasParts ? .conditionalReplacement : here
    }

    /// The innermost places at which two values differ. Items of lists are told apart by their position, and all named `*`.
    static func differences(_ old: JSONValue?, _ new: JSONValue?, at path: PropertyPath) -> [PropertyPath] {
        guard old != new else { return [] }
        func inner(_ component: String, _ before: JSONValue?, _ after: JSONValue?) -> [PropertyPath] {
            differences(before, after, at: PropertyPath(path.components + [component]))
        }
        let before = old?.objectMembers
        let after = new?.objectMembers
        if before != nil || after != nil {
            let keys = OrderedSet(Array((before ?? [:]).keys) + Array((after ?? [:]).keys))
            return keys.isEmpty ? [path] : keys.flatMap { inner($0, before?[$0], after?[$0]) }
        }
        let items = (old?.arrayItems ?? [], new?.arrayItems ?? [])
        let count = max(items.0.count, items.1.count)
        guard count > 0 else { return [path] }
        return (0..<count).flatMap { index in
            inner("*", items.0.indices.contains(index) ? items.0[index] : nil, items.1.indices.contains(index) ? items.1[index] : nil)
        }
    }

    /// The properties whose values differ, by name.
    static func differing(_ old: JSONValue, _ new: JSONValue) -> [String] {
        let before = old.objectMembers ?? [:]
        let after = new.objectMembers ?? [:]
        return OrderedSet(Array(before.keys) + Array(after.keys)).filter { before[$0] != after[$0] }
    }

    /// The properties without which a resource of the type can't be created.
    static func required(_ type: String) -> [String] {
        ResourceTypeCatalog.bundled[type]?.requiredProperties ?? ResourceForm.of(type).required
    }

    static func isTaggable(_ type: String) -> Bool { ResourceTypeCatalog.bundled[type]?.taggable ?? false }

    /// Whether `Fn::GetAtt` can read the attribute; true for a type that only AWS knows.
    static func hasAttribute(_ name: String, _ type: String) -> Bool {
        guard !ResourceTypeCatalog.isCustomResource(type), let facts = ResourceTypeCatalog.bundled[type] else { return true }
        return facts.hasAttribute(name) || facts.attributeProperty(name) != nil || ResourceForm.of(type).attributes[name] != nil
    }
}
