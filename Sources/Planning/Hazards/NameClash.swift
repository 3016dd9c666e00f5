package import OrderedCollections
package import ResourceTypes
package import Templates

/// The property with which a template names a resource, where that is a name no two resources can have; `nil` where CloudFormation
/// makes up the name, or the type has none.
package func explicitName(
    of type: ResourceType, in properties: OrderedDictionary<String, Value>
) -> (path: String, value: Value)? {
    guard let name = type.nameProperty, let value = properties[name.property], value != .noValue else { return nil }
    return (name.property, value)
}

/// What is wrong with replacing a resource under its own name, and what to do; `nil` where nothing is.
///
/// A replacement is created before the old resource is deleted, so the name is taken: "You can't perform an update that causes a
/// custom-named resource to be replaced" (aws-properties-name in the CloudFormation user guide). CloudFormation says so as
/// "CloudFormation cannot update a stack when a custom-named resource requires replacing", or passes on the service's "already exists".
/// - Parameters:
///   - before: the evaluated properties it has.
///   - after: those it is to have.
///   - willReplace: whether it will be replaced.
package func nameClash(
    logicalID: String, type: ResourceType, before: OrderedDictionary<String, Value>, after: OrderedDictionary<String, Value>,
    willReplace: Certainty
) -> String? {
    guard willReplace != .no, !type.replacesByDeletingFirst, let name = sharedName(type, before, after) else { return nil }
    let must = willReplace == .yes ? "must be replaced and keeps" : "may have to be replaced and keeps"
    return "\(logicalID) \(must) its \(name.path) \(name.shown). CloudFormation creates the new one while the old one still has that name, "
        + "and fails. Change \(name.path) too, or leave it out so that CloudFormation makes one up."
}

/// What is wrong with giving a resource another logical ID while its name stays, and what to do; `nil` where nothing is.
/// - Parameters:
///   - before: the evaluated properties of the one that is removed.
///   - after: those of the one that is added.
package func nameClash(
    renaming oldLogicalID: String, to newLogicalID: String, type: ResourceType, before: OrderedDictionary<String, Value>,
    after: OrderedDictionary<String, Value>
) -> String? {
    guard let name = sharedName(type, before, after) else { return nil }
    return "\(newLogicalID) has the \(name.path) \(name.shown) of \(oldLogicalID), which is removed. CloudFormation creates before it "
        + "deletes, and fails because the name already exists. Keep the logical ID \(oldLogicalID), change \(name.path) too, or remove "
        + "\(oldLogicalID) in a deployment of its own first."
}

/// The name that both have, in the same place.
private func sharedName(
    _ type: ResourceType, _ before: OrderedDictionary<String, Value>, _ after: OrderedDictionary<String, Value>
) -> (path: String, shown: String)? {
    guard let old = explicitName(of: type, in: before), let new = explicitName(of: type, in: after), old.path == new.path,
        old.value.isSameText(as: new.value)
    else { return nil }
    for scope in type.nameScopes {
        switch (before[scope], after[scope]) {
        case (nil, nil): continue
        case (let a?, let b?) where a.isSameText(as: b): continue
        default: return nil
        }
    }
    return (new.path, new.value.shown.scalarText ?? new.value.shown.compactText)
}

extension Value {
    /// Whether two names are one: the same symbols, or the same text, however it is written.
    fileprivate func isSameText(as other: Value) -> Bool { self == other || text.map { $0 == other.text } ?? false }
}

extension ResourceType {
    fileprivate var nameProperty: ResourceNames.Name? {
        guard !ResourceNames.reusable.contains(name) else { return nil }
        if let listed = ResourceNames.name(of: name) { return listed }
        let identifier = primaryIdentifier.count == 1 ? primaryIdentifier.first : nil
        return [identifier, refProperty].compactMap(\.self).first(where: canName).map { ResourceNames.Name(property: $0.components[0]) }
    }

    /// Whether a template can set the property, and only once.
    private func canName(_ path: PropertyPath) -> Bool {
        path.components.count == 1 && !isReadOnly(at: path) && createOnlyPaths.contains(path)
            && schema(at: path)?.types.contains(.string) == true
    }

    /// The properties that say what the resource belongs to.
    fileprivate var nameScopes: [String] {
        let ownName = nameProperty?.property
        let identifiers = primaryIdentifier.filter { !isReadOnly(at: $0) }.compactMap { $0.components.count == 1 ? $0.components[0] : nil }
        return [ResourceNames.name(of: name)?.scope].compactMap(\.self) + identifiers.filter { $0 != ownName }
    }
}
