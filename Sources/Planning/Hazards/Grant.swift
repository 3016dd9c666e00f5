import OrderedCollections
import Templates

/// One thing that somebody may do, or may not: the smallest part of a policy that comes or goes by itself.
struct Grant: Hashable, Sendable {
    enum Effect: Hashable, Sendable {
        case allow
        case deny
        /// A permissions boundary: what goes beyond it is denied.
        case boundary
        /// One that only the deployed stack knows.
        case unknown(PolicyTerm)
    }

    var effect: Effect
    var action: PolicySelection
    var principal: PolicySelection
    /// Without terms where the action says it already: that of a managed policy.
    var resource: PolicySelection
    var conditions: Unordered<PolicyCondition>
}

extension Grant {
    /// What a statement grants, each action to each principal for each resource, as far as that stays under `limit` grants. What
    /// is beyond that stays together.
    /// - Parameters:
    ///   - principals: who is meant where the statement doesn't say: what the policy is attached to.
    ///   - resources: what is meant where the statement doesn't say.
    ///   - conditions: what must hold beside the statement's own conditions.
    static func grants(
        of statement: PolicyStatement, principals: PolicySelection, resources: PolicySelection, conditions: [PolicyCondition], limit: Int
    ) -> [Grant] {
        let whole = Grant(
            effect: Effect(statement.effect), action: statement.actions, principal: statement.principals ?? principals,
            resource: statement.resources ?? resources,
            conditions: Unordered((statement.conditions?.items ?? []) + conditions))
        let size = [whole.action, whole.principal, whole.resource].reduce(1) { size, selection in
            size > limit ? size : size * selection.parts.count
        }
        guard size <= limit else { return [whole] }
        return whole.principal.parts.flatMap { principal in
            whole.resource.parts.flatMap { resource in
                whole.action.parts.map { action in
                    Grant(
                        effect: whole.effect, action: action, principal: principal, resource: resource, conditions: whole.conditions)
                }
            }
        }
    }

    /// How many comparisons are worth making: what takes more is larger than nearly every policy that AWS takes.
    static let comparisons = 100_000

    /// Whether one of `others` grants, or denies, all that this does. A no may be wrong; a yes is not.
    /// - Parameter count: how many grants are asked this of the same others.
    func isCovered(by others: OrderedSet<Grant>, of count: Int) -> Bool {
        others.count <= Self.comparisons / max(count, 1) && others.contains { $0.covers(self) }
    }

    /// Whether this grants, or denies, all that `other` does. A no may be wrong; a yes is not.
    func covers(_ other: Grant) -> Bool {
        effect == other.effect && action.covers(other.action) && resource.covers(other.resource) && principal.covers(other.principal)
            && conditions.items.allSatisfy { condition in other.conditions.items.contains { condition.isMet(whenever: $0) } }
    }
}

extension Grant.Effect {
    init(_ term: PolicyTerm) {
        switch term.text.known {
        case "Allow": self = .allow
        case "Deny": self = .deny
        default: self = .unknown(term)
        }
    }

    var shown: String {
        switch self {
        case .allow: "Allow"
        case .deny: "Deny"
        case .boundary: "Boundary"
        case .unknown(let term): term.shown
        }
    }
}

extension PolicySelection {
    /// Each term by itself. All but some is one thing.
    var parts: [PolicySelection] {
        isAllBut || terms.items.count < 2 ? [self] : terms.items.map { PolicySelection([$0]) }
    }

    func covers(_ other: PolicySelection) -> Bool {
        if self == other { return true }
        // What is beyond all but some can't be told without the list of everything there is.
        guard !isAllBut, !terms.items.isEmpty, !other.terms.items.isEmpty else { return false }
        if other.isAllBut { return terms.items.contains { $0.kind.isEmpty && $0.text.isAnything } }
        let rest = other.terms.items.filter { !terms.contains($0) }
        let patterns = terms.items.filter { !$0.kind.isEmpty || $0.text.hasWildcards }
        guard rest.count <= Grant.comparisons / max(patterns.count, 1) else { return false }
        return rest.allSatisfy { term in patterns.contains { $0.covers(term) } }
    }

    var shown: [String] {
        let texts = terms.items.map(\.shown)
        return isAllBut ? ["all but \(texts.joined(separator: ", "))"] : texts
    }
}

extension PolicyTerm {
    /// The kind of a term that names a managed policy.
    static let managedPolicy = "policy"

    func covers(_ other: PolicyTerm) -> Bool {
        guard kind == other.kind else { return false }
        // "You cannot use a wildcard to match part of a principal name or ARN": reference_policies_elements_principal.
        return kind.isEmpty ? text.covers(other.text) : text == other.text || kind == "AWS" && text.isAnything
    }

    var shown: String {
        let shown = written.shown
        let text = shown.scalarText ?? shown.compactText
        return kind.isEmpty || kind == Self.managedPolicy || text == "*" && kind == "AWS" ? text : "\(kind):\(text)"
    }
}

extension PolicyCondition {
    /// What a condition of the template is for a resource's policy, where it is not decided here.
    static func template(_ name: String, is outcome: Bool) -> PolicyCondition {
        let text = Value.string(name)
        return PolicyCondition(outcome ? "if" : "unless", "", [PolicyTerm(text: PolicyText(text), written: text)])
    }

    /// The operator without what says how often and when it counts.
    var plainTest: String {
        let test = self.test.hasSuffix("IfExists") ? String(self.test.dropLast("IfExists".count)) : self.test
        for prefix in ["ForAnyValue:", "ForAllValues:"] where test.hasPrefix(prefix) { return String(test.dropFirst(prefix.count)) }
        return test
    }

    private static let oneOfMany: Set<String> = [
        "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress", "NumericEquals", "DateEquals",
        "BinaryEquals",
    ]
    private static let noneOfMany: Set<String> = [
        "StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "ArnNotEquals", "ArnNotLike", "NotIpAddress", "NumericNotEquals",
        "DateNotEquals",
    ]

    /// Whether a request must be one of a few.
    var isPositive: Bool { Self.oneOfMany.contains(plainTest) }

    /// Whether a request must be none of a few.
    var isNegative: Bool { Self.noneOfMany.contains(plainTest) }

    /// Whether this holds for every request for which `other` does. More values let more in, and keep more out where they are negated:
    /// "Conditions with multiple context keys or values" in the IAM user guide.
    func isMet(whenever other: PolicyCondition) -> Bool {
        guard test == other.test, key == other.key else { return false }
        if values == other.values { return true }
        // Two of a group can be met by different values; then the counts don't tell.
        if isPositive { return other.values.items.allSatisfy(values.contains) }
        return isNegative && !test.hasPrefix("ForA") && values.items.allSatisfy(other.values.contains)
    }

    var shown: String {
        let values = self.values.items.map(\.shown).joined(separator: ", ")
        return [writtenKey, test, values].filter { !$0.isEmpty }.joined(separator: " ")
    }
}
