import Model
import OrderedCollections
import Templates

/// Collects what a resource grants: from every policy in its properties, wherever it stands, and from what its type says otherwise.
struct GrantReader {
    /// How many grants of one resource are told apart; comparing takes the square of it.
    private static let limit = 1_000

    private let logicalID: String
    private let carrier: PolicyCarrier
    private let properties: Value
    private(set) var grants: OrderedSet<Grant> = []

    init(logicalID: String, type: String, properties: OrderedDictionary<String, Value>) {
        self.logicalID = logicalID
        carrier = PolicyCarrier.of(type)
        self.properties = Value.object(properties).settled
        readPolicies(self.properties, in: "", [])
        readManagedPolicies()
        if let permission = carrier.permission { read(permission) }
    }

    private var itself: PolicySelection {
        let reference = Value.symbol(.ref(logicalID))
        return PolicySelection([PolicyTerm(text: PolicyText(reference), written: reference)])
    }

    private func selection(_ paths: [String], kind: String = "") -> PolicySelection {
        let terms = paths.flatMap { properties.values(at: $0) }.map { PolicyTerm(kind: kind, text: PolicyText($0), written: $0) }
        return terms.isEmpty ? itself : PolicySelection(terms)
    }

    // MARK: Policies

    private mutating func readPolicies(_ value: Value, in name: String, _ conditions: [PolicyCondition]) {
        switch value {
        case .object(let members):
            // A statement may stand beside other properties, as that of an event bus does.
            let document = PolicyDocument(value) ?? members["Statement"].flatMap { PolicyDocument(.object(["Statement": $0])) }
            if let document {
                read(document, conditions)
            } else {
                for (key, member) in members { readPolicies(member, in: key, conditions) }
            }
        case .list(let items): for item in items { readPolicies(item, in: name, conditions) }
        case .symbol(.conditional(let condition, let first, let second)):
            readPolicies(first, in: name, conditions + [.template(condition, is: true)])
            readPolicies(second, in: name, conditions + [.template(condition, is: false)])
        case .symbol(.function("Fn::ToJsonString", let arguments)):
            for argument in arguments { readPolicies(argument, in: name, conditions) }
        case .symbol: if Self.isPolicyName(name) { add(unknown: value, conditions) }
        case .scalar(.string(let text)): readText(text, in: name, conditions)
        case .scalar, .noValue: break
        }
    }

    /// A policy as JSON in a string, which some types have.
    private mutating func readText(_ text: String, in name: String, _ conditions: [PolicyCondition]) {
        guard name.contains("Policy") || name.contains("Policies") || name == "Content",
            text.utf8.first(where: { ![UInt8(ascii: " "), UInt8(ascii: "\n")].contains($0) }) == UInt8(ascii: "{"),
            let root = Document.read(text, file: "policy.json").value?.root
        else { return }
        // Strings inside are not read in turn: no service does that.
        guard let document = PolicyDocument(Value(root.json)) else { return }
        read(document, conditions)
    }

    private mutating func read(_ document: PolicyDocument, _ conditions: [PolicyCondition]) {
        for statement in document.statements.items {
            switch statement {
            case .known(let statement):
                grants.append(
                    contentsOf: Grant.grants(
                        of: statement, principals: selection(carrier.principals), resources: selection(carrier.resources),
                        conditions: conditions, limit: Self.limit - min(grants.count, Self.limit)))
            case .unknown(.symbol(.conditional(let condition, let first, let second))):
                for (branch, outcome) in [(first, true), (second, false)] {
                    guard let part = PolicyDocument(.object(["Statement": branch])) else { continue }
                    read(part, conditions + [.template(condition, is: outcome)])
                }
            case .unknown(let value): add(unknown: value, conditions)
            }
        }
    }

    private mutating func add(unknown value: Value, _ conditions: [PolicyCondition]) {
        let term = PolicyTerm(text: PolicyText(value), written: value)
        grants.append(
            Grant(
                effect: .unknown(term), action: PolicySelection([]), principal: selection(carrier.principals),
                resource: selection(carrier.resources), conditions: Unordered(conditions)))
    }

    private static let policyNames: Set<String> = [
        "AccessPolicies", "AccessPolicy", "DestinationPolicy", "FileSystemPolicy", "InlinePolicy", "KeyPolicy", "PolicyText",
        "RepositoryPolicyText", "ResourcePolicy",
    ]

    /// Whether a property of that name is a policy even where its value doesn't show it.
    private static func isPolicyName(_ name: String) -> Bool { name.hasSuffix("PolicyDocument") || policyNames.contains(name) }

    // MARK: What is no policy

    private mutating func readManagedPolicies() {
        for (paths, effect) in [(carrier.managedPolicies, Grant.Effect.allow), (carrier.boundaries, .boundary)] {
            for policy in paths.flatMap({ properties.values(at: $0) }) {
                let term = PolicyTerm(kind: PolicyTerm.managedPolicy, text: PolicyText(policy), written: policy)
                grants.append(
                    Grant(
                        effect: effect, action: PolicySelection([term]), principal: itself, resource: PolicySelection([]),
                        conditions: Unordered([])))
            }
        }
    }

    private mutating func read(_ permission: PolicyCarrier.Permission) {
        let actions = terms(permission.actions).map { term in
            term.kind.isEmpty ? PolicyTerm(text: term.text.lowercased, written: term.written) : term
        }
        let principals = terms(permission.principals).map { permission.hasPolicyPrincipal ? $0.asPolicyPrincipal : $0 }
        let resources = terms(permission.resources)
        guard !actions.isEmpty, !principals.isEmpty, !resources.isEmpty else { return }
        var conditions = permission.conditions.compactMap { test, key, path -> PolicyCondition? in
            let values = properties.values(at: path)
            guard !values.isEmpty else { return nil }
            return PolicyCondition(test, key, values.map { PolicyTerm(text: PolicyText($0), written: $0) })
        }
        if let path = permission.condition, let value = properties.values(at: "\(path).Value").first {
            let test = properties.values(at: "\(path).Type").first?.text ?? ""
            let key = properties.values(at: "\(path).Key").first?.text ?? ""
            conditions.append(PolicyCondition(test, key, [PolicyTerm(text: PolicyText(value), written: value)]))
        }
        for principal in principals {
            for resource in resources {
                for action in actions where grants.count < Self.limit {
                    grants.append(
                        Grant(
                            effect: .allow, action: PolicySelection([action]), principal: PolicySelection([principal]),
                            resource: PolicySelection([resource]), conditions: Unordered(conditions)))
                }
            }
        }
    }

    private func terms(_ source: PolicyCarrier.Permission.Source) -> [PolicyTerm] {
        switch source {
        case .property(let path): properties.values(at: path).map { PolicyTerm(text: PolicyText($0), written: $0) }
        case .policy(let path):
            properties.values(at: path).map { PolicyTerm(kind: PolicyTerm.managedPolicy, text: PolicyText($0), written: $0) }
        case .words(let words): [PolicyTerm(text: PolicyText(words), written: .string(words))]
        case .itself: itself.terms.items
        }
    }
}

extension PolicyTerm {
    /// The principal that Lambda's permissions mean: a service by its name, anything else as `AWS` in a policy.
    fileprivate var asPolicyPrincipal: PolicyTerm {
        guard let known = text.known else { return self }
        let isService = known.hasSuffix(".amazonaws.com") || known.hasSuffix(".amazonaws.com.cn") || known.hasSuffix(".amazon.com")
        return PolicyTerm(kind: isService ? "Service" : "AWS", text: isService ? text : text.account ?? text, written: written)
    }
}

extension Value {
    /// The values at a path of names with dots between them: each item of a list by itself, and where a condition is not decided
    /// both outcomes.
    func values(at path: String) -> [Value] { values(at: path.split(separator: ".")[...]) }

    private func values(at steps: ArraySlice<Substring>) -> [Value] {
        if case .list(let items) = self { return items.flatMap { $0.values(at: steps) } }
        if case .symbol(.conditional(_, let first, let second)) = self { return first.values(at: steps) + second.values(at: steps) }
        guard let step = steps.first else { return self == .noValue ? [] : [self] }
        guard case .object(let members) = self, let member = members[String(step)] else { return [] }
        return member.values(at: steps.dropFirst())
    }

    /// The value with what it will be and what it is now taken for the same: access to a resource is that to its replacement.
    var settled: Value {
        switch self {
        case .scalar, .noValue: self
        case .list(let items): .list(items.map(\.settled))
        case .object(let members): .object(members.mapValues(\.settled))
        case .symbol(let symbol): .symbol(symbol.settled)
        }
    }
}

extension Symbol {
    fileprivate var settled: Symbol {
        switch self {
        case .pending(let symbol): symbol.settled
        case .concatenation(let parts): .concatenation(parts.map(\.settled))
        case .function(let name, let arguments): .function(name, arguments.map(\.settled))
        case .conditional(let condition, let first, let second): .conditional(condition: condition, first.settled, second.settled)
        case .ref, .attribute, .parameter, .secret, .pseudo, .dynamicReference: self
        }
    }
}
