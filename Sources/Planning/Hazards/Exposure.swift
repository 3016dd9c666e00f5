package import OrderedCollections
package import Templates

/// Public access that a plan opens.
package struct Exposure: Hashable, Sendable, Codable {
    package var logicalID: String
    /// Who can do what from now on, and because of what.
    package var summary: String
}

/// What a change opens to the internet, or to every account of AWS, and was not open before.
/// - Parameters:
///   - before: the evaluated properties; `nil` for a resource that is added.
///   - after: the evaluated properties; `nil` for a resource that is removed.
package func exposures(
    logicalID: String, type: String, before: OrderedDictionary<String, Value>?, after: OrderedDictionary<String, Value>?
) -> [Exposure] {
    guard let after else {
        return PublicSetting.guards[type].map { [Exposure(logicalID: logicalID, summary: "\(logicalID) \($0).")] } ?? []
    }
    let old = before.map { Opening.openings(type, $0) } ?? []
    var summaries: OrderedSet<String> = []
    for opening in Opening.openings(type, after) where !old.contains(where: { $0.covers(opening) }) { summaries.append(opening.says) }
    if let loosened = PublicAccessBlock.loosened(before, after) { summaries.append(loosened) }
    summaries.append(contentsOf: publicGrants(logicalID, type, before, after))
    return summaries.map { Exposure(logicalID: logicalID, summary: "\(logicalID) \($0).") }
}

/// What anybody may do by a policy that nobody could do before.
private func publicGrants(
    _ logicalID: String, _ type: String, _ before: OrderedDictionary<String, Value>?, _ after: OrderedDictionary<String, Value>
) -> [String] {
    // The policy of an endpoint bounds what goes through it; it grants nothing.
    guard type != "AWS::EC2::VPCEndpoint" else { return [] }
    func open(_ properties: OrderedDictionary<String, Value>?) -> [Grant] {
        let all = properties.map { Array(GrantReader(logicalID: logicalID, type: type, properties: $0).grants) } ?? []
        let denials = all.filter { $0.effect == .deny }
        let comparable = denials.count <= Grant.comparisons / max(all.count, 1)
        return all.filter { grant in grant.isPublic && !(comparable && denials.contains { $0.keepsOut(grant) }) }
    }
    let old = OrderedSet(open(before))
    let candidates = open(after)
    let new = candidates.filter { !$0.isCovered(by: old, of: candidates.count) }
    return AccessChange.rows(logicalID, .added, new) { _ in true }.map { row in
        let who = row.principals.map { $0 == "*" ? "anyone" : $0.hasPrefix("all but ") ? "anyone but \($0.dropFirst(8))" : $0 }
        let resources = row.resources.filter { $0 != "${\(logicalID)}" }
        return "lets \(who.joined(separator: ", ")) do \(row.actions.joined(separator: ", "))"
            + (resources.isEmpty ? "" : " on \(resources.joined(separator: ", "))") + (row.condition.map { " where \($0)" } ?? "")
    }
}

extension Grant {
    /// Whether this lets anyone in, whoever it is and wherever from.
    fileprivate var isPublic: Bool {
        effect == .allow && (principal.isAllBut || principal.terms.items.contains { $0.kind == "AWS" && $0.text.isAnything })
            && !conditions.items.contains { $0.isPositive && $0.saysWho }
    }

    /// Whether this denies `other` to all but a few.
    fileprivate func keepsOut(_ other: Grant) -> Bool {
        effect == .deny && principal.terms.items.contains { $0.kind == "AWS" && $0.text.isAnything } && !principal.isAllBut
            && action.covers(other.action) && resource.covers(other.resource) && !conditions.items.isEmpty
            && conditions.items.allSatisfy { $0.isNegative && $0.saysWho }
    }
}

extension PolicyCondition {
    /// The keys that say who asks or from where: "The meaning of 'public'" on access-control-block-public-access in the S3 user guide,
    /// their newer relatives in "Global condition context keys" of the IAM user guide, and those of KMS and EFS.
    private static let identifyingKeys: Set<String> = [
        "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount", "aws:sourcearn",
        "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpcarn", "aws:sourcevpce",
        "aws:userid", "aws:username", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:vpcsourceip",
        "kms:calleraccount", "s3:dataaccesspointaccount", "s3:dataaccesspointarn", "elasticfilesystem:accesspointarn",
    ]

    /// Whether this tells few from all.
    fileprivate var saysWho: Bool {
        Self.identifyingKeys.contains(key)
            // Without the key both would hold for everyone: "…IfExists" and "ForAllValues" in the IAM user guide.
            && !(isPositive && (test.hasSuffix("IfExists") || test.hasPrefix("ForAllValues:")))
            && values.items.allSatisfy { !$0.isAnyone(test: plainTest) }
    }
}

extension PolicyTerm {
    /// Whether a value that should say who or from where says everyone, or everywhere.
    fileprivate func isAnyone(test: String) -> Bool {
        guard let known = text.known else { return false }
        if test.hasSuffix("IpAddress") { return IPRange.isWide(known) }
        let wildcards: Set<Character> = ["*", "?"]
        guard test.hasSuffix("Like") || test.hasPrefix("Arn") else { return false }
        let parts = known.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard known.hasPrefix("arn:"), parts.count == 6 else { return known.allSatisfy(wildcards.contains) }
        // An ARN names an account, or something in a service where names are unique without one.
        let account = parts[4]
        return account.contains(where: wildcards.contains) || account.isEmpty && parts[5].allSatisfy(wildcards.contains)
    }
}

/// S3's guard against public access, for the resources that have one of their own.
private enum PublicAccessBlock {
    static let property = "PublicAccessBlockConfiguration"
    private static let settings = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]

    /// What is no longer blocked. A resource without the property has all four settings on, since April 2023 for buckets:
    /// "Default settings for new S3 buckets FAQ" in the S3 user guide; one that loses it, or leaves a setting out, has them off.
    static func loosened(_ before: OrderedDictionary<String, Value>?, _ after: OrderedDictionary<String, Value>) -> String? {
        let old = before?[property]
        guard let block = after[property] else {
            guard let old, settings.contains(where: old.isOn) else { return nil }
            return "no longer blocks public access: \(property) is removed"
        }
        let off = settings.filter { !block.isOn($0) && old?.isOn($0) != false }
        guard !off.isEmpty else { return nil }
        return "no longer blocks public access: \(off.joined(separator: ", ")) \(off.count == 1 ? "is" : "are") not on"
    }
}

extension Value {
    /// Whether a setting is on for certain.
    fileprivate func isOn(_ name: String) -> Bool {
        let values = values(at: name)
        return !values.isEmpty && values.allSatisfy { $0.text?.lowercased() == "true" }
    }
}
