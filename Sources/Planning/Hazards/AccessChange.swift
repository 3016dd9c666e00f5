package import OrderedCollections
package import Templates

/// A row of the table of access that a plan changes: who may do what, from now on or no longer.
///
/// Holds no secret: a sensitive value is there as the text `(sensitive)`.
package struct AccessChange: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable { case added, removed }

    /// The resource that the policy is in, or that is the permission.
    package var logicalID: String
    package var kind: Kind
    /// `Allow`, `Deny`; `Boundary` for a permissions boundary; what only the deployed stack knows as `${…}`.
    package var effect: String
    /// `s3:GetObject`, `all but iam:*`, or the ARN of a managed policy. None where only the deployed stack knows.
    package var actions: [String]
    /// `Service:lambda.amazonaws.com`, `AWS:123456789012`, `*` for anyone, `${Role}` for what the policy is attached to.
    package var principals: [String]
    /// None where a managed policy says it.
    package var resources: [String]
    /// `aws:SourceAccount StringEquals 123456789012`; `nil` where there is none.
    package var condition: String?
    /// Whether somebody may do more than before.
    package var widens: Bool
}

/// What the access a resource gives changes by; nothing where its policies are only written in another way.
/// - Parameters:
///   - before: the evaluated properties; `nil` for a resource that is added.
///   - after: the evaluated properties; `nil` for a resource that is removed.
/// - Returns: what is removed, then what is added.
package func accessChanges(
    logicalID: String, type: String, before: OrderedDictionary<String, Value>?, after: OrderedDictionary<String, Value>?
) -> [AccessChange] {
    let old = before.map { GrantReader(logicalID: logicalID, type: type, properties: $0).grants } ?? []
    let new = after.map { GrantReader(logicalID: logicalID, type: type, properties: $0).grants } ?? []
    let removed = old.subtracting(new)
    let added = new.subtracting(old)
    // Without the resource, what it denied about itself is denied by its absence.
    let staysOpen = after != nil || PolicyCarrier.of(type).isAttached
    return AccessChange.rows(logicalID, .removed, removed) { grant in
        switch grant.effect {
        case .allow: false
        case .boundary, .deny, .unknown: staysOpen && !grant.isCovered(by: new, of: removed.count)
        }
    }
        + AccessChange.rows(logicalID, .added, added) { grant in
            switch grant.effect {
            case .allow, .unknown: !grant.isCovered(by: old, of: added.count)
            case .boundary, .deny: false
            }
        }
}

extension AccessChange {
    /// Rows for the grants, those put together that differ in one column only.
    static func rows(
        _ logicalID: String, _ kind: Kind, _ grants: some Sequence<Grant>, widens: (Grant) -> Bool
    ) -> [AccessChange] {
        let rows = grants.map { grant in
            AccessChange(
                logicalID: logicalID, kind: kind, effect: grant.effect.shown, actions: grant.action.shown,
                principals: grant.principal.shown, resources: grant.resource.shown,
                condition: grant.conditions.items.isEmpty ? nil : grant.conditions.items.map(\.shown).joined(separator: " and "),
                widens: widens(grant))
        }
        return [\AccessChange.actions, \.resources, \.principals].reduce(rows) { joined($0, $1) }
    }

    private static func joined(_ rows: [AccessChange], _ column: WritableKeyPath<AccessChange, [String]>) -> [AccessChange] {
        var groups: OrderedDictionary<AccessChange, OrderedSet<String>> = [:]
        for row in rows {
            var rest = row
            rest[keyPath: column] = []
            groups[rest, default: []].append(contentsOf: row[keyPath: column])
        }
        return groups.map { rest, texts in
            var row = rest
            row[keyPath: column] = Array(texts)
            return row
        }
    }
}
