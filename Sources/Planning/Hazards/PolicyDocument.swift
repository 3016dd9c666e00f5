import OrderedCollections
package import Templates

/// A policy in IAM's language, compared by what it means.
///
/// The same are: a lone value and a list of it, wherever IAM takes either; lists in another order; actions in other letters'
/// case, and so names of condition keys ("Context key names are not case-sensitive": reference_policies_elements_condition in the
/// IAM user guide); numbers and Booleans and their text; `"Principal": "*"` and `{"AWS": "*"}` ("equivalent":
/// reference_policies_elements_principal); an account and the ARN of its root user. Nothing else is: another `Sid`, `Id` or `Version`,
/// a default that is written out, or a value that is there twice make another document.
package struct PolicyDocument: Hashable, Sendable {
    let version: PolicyTerm?
    let id: PolicyTerm?
    let statements: Unordered<Statement>

    enum Statement: Hashable, Sendable {
        case known(PolicyStatement)
        /// One that only CloudFormation puts together.
        case unknown(Value)
    }

    /// - Returns: `nil` where the value is no policy that IAM would take: then it has no meaning but its text.
    package init?(_ value: Value) {
        guard case .object(let members) = value, let statement = members["Statement"],
            members.keys.allSatisfy({ ["Version", "Id", "Statement"].contains($0) }),
            let version = PolicyTerm.optional(members["Version"]), let id = PolicyTerm.optional(members["Id"])
        else { return nil }
        self.version = version
        self.id = id
        var statements: [Statement] = []
        for item in statement.itemsOrSelf {
            switch item {
            case .symbol: statements.append(.unknown(item))
            default:
                guard let known = PolicyStatement(item) else { return nil }
                statements.append(.known(known))
            }
        }
        self.statements = Unordered(statements)
    }
}

/// One statement of a policy.
struct PolicyStatement: Hashable, Sendable {
    let sid: PolicyTerm?
    /// `Allow`, `Deny`, or a symbol.
    let effect: PolicyTerm
    let actions: PolicySelection
    /// `nil` in what is attached to a principal.
    let principals: PolicySelection?
    /// `nil` in what is attached to a resource, where the service allows that.
    let resources: PolicySelection?
    let conditions: Unordered<PolicyCondition>?

    private static let elements: Set<String> = [
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
    ]

    init?(_ value: Value) {
        guard case .object(let written) = value else { return nil }
        let members = written.filter { $0.value != .noValue }
        guard members.keys.allSatisfy(Self.elements.contains), let sid = PolicyTerm.optional(members["Sid"]),
            let effect = members["Effect"].flatMap({ PolicyTerm($0) }),
            ["Allow", "Deny", nil].contains(effect.text.known),
            let actions = PolicySelection.read(members["Action"], not: members["NotAction"], PolicySelection.actions), let actions,
            let principals = PolicySelection.read(members["Principal"], not: members["NotPrincipal"], PolicySelection.principals),
            let resources = PolicySelection.read(members["Resource"], not: members["NotResource"], PolicySelection.plain)
        else { return nil }
        self.sid = sid
        self.effect = effect
        self.actions = actions
        self.principals = principals
        self.resources = resources
        guard let condition = members["Condition"] else {
            conditions = nil
            return
        }
        guard let read = PolicyCondition.read(condition) else { return nil }
        conditions = Unordered(read)
    }
}

/// One value in a policy.
struct PolicyTerm: Hashable, Sendable {
    /// What kind of principal it is, such as `AWS` or `Service`; empty for what is none.
    let kind: String
    /// What it means.
    let text: PolicyText
    /// As it was written.
    let written: Value

    init(kind: String = "", text: PolicyText, written: Value) {
        self.kind = kind
        self.text = text
        self.written = written
    }

    /// - Returns: `nil` for what is neither text nor a symbol.
    init?(_ value: Value) {
        switch value {
        case .scalar(.string), .scalar(.number), .symbol: self.init(text: PolicyText(value), written: value)
        case .scalar(.null), .scalar(.bool), .list, .object, .noValue: return nil
        }
    }

    static func == (left: Self, right: Self) -> Bool { left.kind == right.kind && left.text == right.text }

    func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(text)
    }

    /// - Returns: `.some(nil)` where nothing is there, `nil` where it can't be a term.
    static func optional(_ value: Value?) -> PolicyTerm?? {
        guard let value, value != .noValue else { return .some(nil) }
        return PolicyTerm(value).map { .some($0) }
    }
}

/// Actions, principals or resources, or all but these.
struct PolicySelection: Hashable, Sendable {
    var isAllBut = false
    var terms: Unordered<PolicyTerm>

    init(_ terms: [PolicyTerm], isAllBut: Bool = false) {
        self.isAllBut = isAllBut
        self.terms = Unordered(terms)
    }

    /// - Returns: `.some(nil)` where neither is there, `nil` where it can't be read, or both are there.
    fileprivate static func read(_ value: Value?, not: Value?, _ terms: (Value) -> [PolicyTerm]?) -> PolicySelection?? {
        switch (value, not) {
        case (nil, nil): .some(nil)
        case (let value?, nil): terms(value).map { .some(PolicySelection($0)) }
        case (nil, let not?): terms(not).map { .some(PolicySelection($0, isAllBut: true)) }
        case (_?, _?): nil
        }
    }

    fileprivate static func plain(_ value: Value) -> [PolicyTerm]? {
        value.itemsOrSelf.mapAll { PolicyTerm($0) }
    }

    fileprivate static func actions(_ value: Value) -> [PolicyTerm]? {
        plain(value)?.map { PolicyTerm(text: $0.text.lowercased, written: $0.written) }
    }

    fileprivate static func principals(_ value: Value) -> [PolicyTerm]? {
        switch value {
        case .scalar: return value.text == "*" ? [PolicyTerm(kind: "AWS", text: PolicyText("*"), written: value)] : nil
        case .symbol: return [PolicyTerm(text: PolicyText(value), written: value)]
        case .list, .noValue: return nil
        case .object(let members):
            let kinds = members.filter { $0.value != .noValue }.map { ($0.key, $0.value) }
            return kinds.mapAll { kind, names in
                plain(names)?.map {
                    PolicyTerm(kind: kind, text: kind == "AWS" ? $0.text.account ?? $0.text : $0.text, written: $0.written)
                }
            }?.flatMap(\.self)
        }
    }
}

/// What a request must be like for a statement to count: one key under one operator.
struct PolicyCondition: Hashable, Sendable {
    let test: String
    let key: String
    /// The key as it was written.
    let writtenKey: String
    let values: Unordered<PolicyTerm>

    init(_ test: String, _ key: String, _ values: [PolicyTerm]) {
        self.test = test
        self.key = PolicyText(key).lowercased.known ?? key
        writtenKey = key
        self.values = Unordered(values)
    }

    static func == (left: Self, right: Self) -> Bool {
        left.test == right.test && left.key == right.key && left.values == right.values
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(test)
        hasher.combine(key)
        hasher.combine(values)
    }

    fileprivate static func read(_ value: Value) -> [PolicyCondition]? {
        switch value {
        case .symbol: return [PolicyCondition("", "", [PolicyTerm(text: PolicyText(value), written: value)])]
        case .scalar, .list, .noValue: return nil
        case .object(let tests):
            return tests.filter { $0.value != .noValue }.map { ($0.key, $0.value) }.mapAll { test, keys in read(test, keys) }?
                .flatMap(\.self)
        }
    }

    private static func read(_ test: String, _ value: Value) -> [PolicyCondition]? {
        switch value {
        case .symbol: return [PolicyCondition(test, "", [PolicyTerm(text: PolicyText(value), written: value)])]
        case .scalar, .list, .noValue: return nil
        case .object(let keys):
            return keys.filter { $0.value != .noValue }.map { ($0.key, $0.value) }.mapAll { key, values in
                values.itemsOrSelf.mapAll(term).map { PolicyCondition(test, key, $0) }
            }
        }
    }

    private static func term(_ value: Value) -> PolicyTerm? {
        if case .scalar(.bool) = value { return PolicyTerm(text: PolicyText(value), written: value) }
        return PolicyTerm(value)
    }
}

extension Value {
    /// The items of a list, or this value alone, without what `AWS::NoValue` takes away.
    var itemsOrSelf: [Value] {
        if case .list(let items) = self { return items.filter { $0 != .noValue } }
        return self == .noValue ? [] : [self]
    }
}

extension Sequence {
    /// What `transform` makes of every element; `nil` where there is one that it makes nothing of.
    func mapAll<Result>(_ transform: (Element) -> Result?) -> [Result]? {
        var results: [Result] = []
        for element in self {
            guard let result = transform(element) else { return nil }
            results.append(result)
        }
        return results
    }
}
