import Foundation
package import Model
package import OrderedCollections

/// What is known about the world a template is evaluated in.
package struct EvaluationEnvironment: Sendable {
    package var parameters: OrderedDictionary<String, ParameterValue>
    package var pseudo: [PseudoParameter: Value]
    /// Values of symbols that are known, such as physical IDs of resources that exist. `nil` leaves the symbol as it is.
    package var resolve: @Sendable (Symbol) -> Value?

    package init(
        parameters: OrderedDictionary<String, ParameterValue> = [:], pseudo: [PseudoParameter: Value] = [:],
        resolve: @escaping @Sendable (Symbol) -> Value? = { _ in nil }
    ) {
        self.parameters = parameters
        self.pseudo = pseudo
        self.resolve = resolve
    }

    /// The pseudo parameters that follow from where a stack lives.
    package static func pseudoParameters(
        stackName: String, region: String, accountID: String? = nil, stackID: String? = nil, notificationArns: [String] = []
    ) -> [PseudoParameter: Value] {
        let partition = AWSPartition(region: region)
        var values: [PseudoParameter: Value] = [
            .stackName: .string(stackName), .region: .string(region), .partition: .string(partition.name),
            .urlSuffix: .string(partition.dnsSuffix), .notificationARNs: .list(notificationArns.map { .string($0) }), .noValue: .noValue,
        ]
        if let accountID { values[.accountID] = .string(accountID) }
        if let stackID { values[.stackID] = .string(stackID) }
        return values
    }
}

/// The part of AWS that a region belongs to.
package struct AWSPartition: Sendable {
    package var name: String
    package var dnsSuffix: String

    package init(region: String) {
        switch region {
        case _ where region.hasPrefix("cn-"): (name, dnsSuffix) = ("aws-cn", "amazonaws.com.cn")
        case _ where region.hasPrefix("us-gov-"): (name, dnsSuffix) = ("aws-us-gov", "amazonaws.com")
        case _ where region.hasPrefix("us-iso-"): (name, dnsSuffix) = ("aws-iso", "c2s.ic.gov")
        case _ where region.hasPrefix("us-isob-"): (name, dnsSuffix) = ("aws-iso-b", "sc2s.sgov.gov")
        case _ where region.hasPrefix("eu-isoe-"): (name, dnsSuffix) = ("aws-iso-e", "cloud.adc-e.uk")
        case _ where region.hasPrefix("us-isof-"): (name, dnsSuffix) = ("aws-iso-f", "csp.hci.ic.gov")
        case _ where region.hasPrefix("eusc-"): (name, dnsSuffix) = ("aws-eusc", "amazonaws.eu")
        default: (name, dnsSuffix) = ("aws", "amazonaws.com")
        }
    }
}

/// Evaluates the expressions of one template in one environment, as far as they can be.
///
/// Pure: the same template and environment give the same values and findings. What can't be evaluated here becomes a symbol;
/// what CloudFormation would refuse becomes a finding.
package struct Evaluator {
    package let template: Template
    package let environment: EvaluationEnvironment
    package private(set) var findings: [Finding] = []
    private var reported: Set<Finding> = []
    private var decided: [String: Bool?] = [:]
    private var isDeciding = false

    package init(_ template: Template, _ environment: EvaluationEnvironment) {
        self.template = template
        self.environment = environment
    }

    // MARK: Conditions

    /// Whether the condition holds; `nil` where that is not decided here. No condition always holds.
    package mutating func holds(_ name: String?) -> Bool? {
        guard let name else { return true }
        if let known = decided[name] { return known }
        // What is not decided before the condition that needs it goes round in a circle, or is unknown: the checks report that.
        guard !isDeciding else { return nil }
        isDeciding = true
        defer { isDeciding = false }
        decide(name)
        return decided[name] ?? nil
    }

    /// Decides a condition after those it needs, with a stack of its own: a chain of 10,000 conditions must not overflow the thread's.
    private mutating func decide(_ name: String) {
        var pending = [name]
        var opened: Set<String> = []
        while let next = pending.last {
            guard decided[next] == nil, let expression = template.conditions[next] else {
                pending.removeLast()
                continue
            }
            if opened.insert(next).inserted {
                expression.forEachReference { reference, _ in
                    if case .condition(let needed) = reference, !opened.contains(needed) { pending.append(needed) }
                }
            } else {
                pending.removeLast()
                decided[next] = .some(truth(of: expression))
            }
        }
    }

    /// Whether the logical expression is true; `nil` where that is not decided here.
    package mutating func truth(of expression: Expression) -> Bool? { Self.truth(value(of: expression)) }

    private static func truth(_ value: Value) -> Bool? {
        switch value.text {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// The value of a condition function: a Boolean, or a symbol of its arguments.
    private mutating func logical(_ expression: Expression) -> Value {
        let name: String
        let arguments: [Value]
        let truth: Bool?
        switch expression.kind {
        case .condition(let condition): (name, arguments, truth) = ("Condition", [.string(condition)], holds(condition))
        case .not(let inner):
            (name, arguments) = ("Fn::Not", [value(of: inner)])
            truth = Self.truth(arguments[0]).map { !$0 }
        case .and(let items):
            (name, arguments) = ("Fn::And", items.map { value(of: $0) })
            let truths = arguments.map(Self.truth)
            truth = truths.contains(false) ? false : truths.contains(nil) ? nil : true
        case .or(let items):
            (name, arguments) = ("Fn::Or", items.map { value(of: $0) })
            let truths = arguments.map(Self.truth)
            truth = truths.contains(true) ? true : truths.contains(nil) ? nil : false
        case .equals(let first, let second):
            (name, arguments) = ("Fn::Equals", [value(of: first), value(of: second)])
            truth = Self.areEqual(revealed(first) ?? arguments[0], revealed(second) ?? arguments[1])
        default: return .scalar(.null)
        }
        return truth.map { .scalar(.bool($0)) } ?? .symbol(.function(name, arguments))
    }

    /// For comparing only: a secret's own text, which never leaves this type.
    private func revealed(_ expression: Expression) -> Value? {
        guard case .ref(let name) = expression.kind, case .secret(let secret, _) = environment.parameters[name] else { return nil }
        return .string(secret.reveal())
    }

    private static func areEqual(_ first: Value, _ second: Value) -> Bool? {
        if let a = first.text, let b = second.text { return a == b }
        if first.isKnown && second.isKnown { return first == second }
        return first == second ? true : nil
    }

    /// A function of rules, where all it compares is known.
    private static func compare(_ function: Expression.Function, _ arguments: [Value]) -> Bool? {
        guard arguments.count == 2, case .list(let items) = arguments[0], items.allSatisfy(\.isKnown), arguments[1].isKnown else {
            return nil
        }
        let texts = Set(items.map(\.text))
        switch function {
        case .contains: return arguments[1].text.map { texts.contains($0) }
        case .eachMemberEquals: return arguments[1].text.map { texts.isSubset(of: [$0]) }
        case .eachMemberIn:
            guard case .list(let allowed) = arguments[1] else { return nil }
            return texts.isSubset(of: allowed.map(\.text))
        default: return nil
        }
    }

    // MARK: Values

    /// The value of an expression; objects and lists lose what is `AWS::NoValue`.
    package mutating func value(of expression: Expression) -> Value {
        switch expression.kind {
        case .literal(let scalar): return literal(scalar)
        case .list(let items): return .list(items.map { value(of: $0) }.filter { $0 != .noValue })
        case .object(let members):
            var object: OrderedDictionary<String, Value> = [:]
            for member in members {
                let value = value(of: member.value)
                if value != .noValue { object[member.key] = value }
            }
            return .object(object)
        case .ref(let name): return reference(name)
        case .getAtt(let logicalID, let attribute):
            let name = value(of: attribute)
            guard let text = name.text else { return .symbol(.function("Fn::GetAtt", [.string(logicalID), name])) }
            return resolved(.attribute(logicalID: logicalID, name: text))
        case .sub(let parts, let variables): return substitute(parts, variables)
        case .join(let delimiter, let inner): return join(delimiter, value(of: inner), at: inner.span)
        case .select(let index, let list): return select(value(of: index), value(of: list), at: expression.span)
        case .split(let delimiter, let inner):
            let text = value(of: inner)
            guard let known = text.text else { return .symbol(.function("Fn::Split", [.string(delimiter), text])) }
            return .list(known.split(bytes: delimiter).map { .string($0) })
        case .findInMap(let map, let first, let second, let fallback):
            return findInMap(value(of: map), value(of: first), value(of: second), fallback, at: expression.span)
        case .if(let condition, let first, let second):
            switch holds(condition) {
            case true?: return value(of: first)
            case false?: return value(of: second)
            case nil: return .symbol(.conditional(condition: condition, value(of: first), value(of: second)))
            }
        case .equals, .and, .or, .not, .condition: return logical(expression)
        case .call(let function, let arguments): return call(function, arguments, at: expression.span)
        case .transform(let name, let parameters):
            return .symbol(.function("Fn::Transform", [.string(name), value(of: parameters)]))
        }
    }

    private func literal(_ scalar: Scalar) -> Value {
        if case .string(let text) = scalar { .literal(text) } else { .scalar(scalar) }
    }

    private func resolved(_ symbol: Symbol) -> Value { environment.resolve(symbol) ?? .symbol(symbol) }

    private func reference(_ name: String) -> Value {
        if let parameter = template.parameters[name] {
            switch environment.parameters[name] {
            case .secret(_, let digest), .previousSecret(let digest): return .symbol(.secret(parameter: name, digest: digest))
            case .unknown, nil: return resolved(.parameter(name))
            case .plain(let text):
                if parameter.isStoreValue { return resolved(.function(parameter.type, [.string(text)])) }
                return parameter.value(ofText: text)
            }
        }
        if let pseudo = PseudoParameter(rawValue: name) {
            return environment.pseudo[pseudo] ?? (pseudo == .noValue ? .noValue : .symbol(.pseudo(pseudo)))
        }
        return resolved(.ref(name))
    }

    private mutating func substitute(_ parts: [Expression.SubPart], _ variables: [Expression.Member]) -> Value {
        var values = TextParts()
        for part in parts {
            switch part {
            case .text(let text): values.append(.string(text))
            case .ref(let name): values.append(reference(name))
            case .attribute(let logicalID, let name): values.append(resolved(.attribute(logicalID: logicalID, name: name)))
            case .variable(let name):
                guard let member = variables.first(where: { $0.key == name }) else { continue }
                values.append(value(of: member.value))
            }
        }
        return values.value
    }

    private mutating func join(_ delimiter: String, _ list: Value, at span: Span) -> Value {
        guard case .list(let items) = list else {
            if case .symbol = list { return .symbol(.function("Fn::Join", [.string(delimiter), list])) }
            report("bad-join", "Fn::Join takes a list to join", at: span)
            return .string("")
        }
        // How many items there are, and so how many delimiters, is not known.
        if items.contains(where: \.mayBeNothing) { return .symbol(.function("Fn::Join", [.string(delimiter), list])) }
        var parts = TextParts()
        for (index, item) in items.enumerated() {
            if case .object = item {
                report("bad-join", "Fn::Join takes a list of strings, found a map in it", at: span)
                return .string("")
            }
            if index > 0 { parts.append(.string(delimiter)) }
            parts.append(item)
        }
        return parts.value
    }

    private mutating func select(_ index: Value, _ list: Value, at span: Span) -> Value {
        guard let text = index.text else { return .symbol(.function("Fn::Select", [index, list])) }
        guard let number = Int(text), (0..<Int(Int32.max)).contains(number) else {
            report("bad-select", "The index of Fn::Select must be a whole number from 0, found \(JSONValue.quoted(text))", at: span)
            return .scalar(.null)
        }
        guard case .list(let items) = list else {
            if case .symbol = list { return .symbol(.function("Fn::Select", [.string(text), list])) }
            report("bad-select", "Fn::Select takes a list to select from", at: span)
            return .scalar(.null)
        }
        if items.prefix(number + 1).contains(where: \.mayBeNothing) { return .symbol(.function("Fn::Select", [.string(text), list])) }
        guard items.indices.contains(number) else {
            report("bad-select", "Fn::Select asks for item \(number) of a list of \(items.count)", detail: "The first item is 0.", at: span)
            return .scalar(.null)
        }
        return items[number]
    }

    private mutating func findInMap(_ map: Value, _ first: Value, _ second: Value, _ fallback: Expression?, at span: Span) -> Value {
        guard let name = map.text, let row = first.text, let column = second.text else {
            return .symbol(.function("Fn::FindInMap", [map, first, second] + (fallback.map { [value(of: $0)] } ?? [])))
        }
        if let found = template.mappings[name]?.rows[row]?[column] { return Value(found) }
        if let fallback { return value(of: fallback) }
        // An absent mapping is reported by the template checks.
        guard let mapping = template.mappings[name] else { return .scalar(.null) }
        let known = mapping.rows[row].map { $0.keys.joined(separator: ", ") } ?? mapping.rows.keys.joined(separator: ", ")
        let missing = mapping.rows[row] == nil ? row : "\(row).\(column)"
        report(
            "missing-map-key", "Mapping \(name) has no \(missing)",
            detail: "It has \(known). Add the key, or a DefaultValue (needs Transform: AWS::LanguageExtensions).", at: span)
        return .scalar(.null)
    }

    private mutating func call(_ function: Expression.Function, _ arguments: [Expression], at span: Span) -> Value {
        let values = arguments.map { value(of: $0) }
        let symbol = Symbol.function(function.rawValue, values)
        guard let first = values.first else { return .symbol(symbol) }
        switch function {
        case .base64:
            return first.text.map { .string(Data($0.utf8).base64EncodedString()) } ?? .symbol(symbol)
        case .length:
            if case .list(let items) = first, !items.contains(where: \.mayBeNothing) { return .scalar(.number(String(items.count))) }
            return .symbol(symbol)
        case .toJsonString:
            return first.isKnown ? .string(first.json { _ in .null }.compactText) : .symbol(symbol)
        case .cidr:
            // IPv6 blocks are not computed here: AWS gives them out, and a template hardly ever writes one down.
            guard values.allSatisfy({ $0.text != nil }), first.text?.utf8.contains(UInt8(ascii: ":")) == false else {
                return .symbol(symbol)
            }
            guard let blocks = CIDR.subnets(values.compactMap(\.text)) else {
                report(
                    "bad-cidr", "Fn::Cidr can't make these blocks", detail: "It takes [IP block, count from 1 to 256, CIDR bits].", at: span
                )
                return .list([])
            }
            return .list(blocks.map { .string($0) })
        case .getAZs:
            let region = first.text == "" ? environment.pseudo[.region] ?? .symbol(.pseudo(.region)) : first
            return resolved(.function(function.rawValue, [region]))
        case .importValue: return resolved(symbol)
        case .contains, .eachMemberEquals, .eachMemberIn:
            return Self.compare(function, values).map { .scalar(.bool($0)) } ?? .symbol(symbol)
        case .refAll, .valueOf, .valueOfAll: return .symbol(symbol)
        }
    }

    private mutating func report(_ code: String, _ summary: String, detail: String = "", at span: Span) {
        let finding = template.source.finding(code, summary, detail: detail, at: span)
        if reported.insert(finding).inserted { findings.append(finding) }
    }
}

/// Text that is put together from known and unknown parts. Neighbouring known ones become one, so that equal texts are equal
/// values however they were written.
private struct TextParts {
    private var parts: [Value] = []
    private var known = ""

    mutating func append(_ part: Value) {
        switch part {
        case .symbol(.concatenation(let inner)): for value in inner { append(value) }
        // Often put together itself, of `{{resolve:`, a name and `}}`.
        case .symbol(.dynamicReference(let text)): known += text
        case .list(let items) where items.allSatisfy({ $0.text != nil }): known += items.compactMap(\.text).joined(separator: ",")
        case .noValue: break
        default:
            if let text = part.text {
                known += text
            } else {
                finishKnown()
                parts.append(part)
            }
        }
    }

    private mutating func finishKnown() {
        if !known.isEmpty { parts.append(.literal(known)) }
        known = ""
    }

    var value: Value {
        var copy = self
        copy.finishKnown()
        switch copy.parts.count {
        case 0: return .string("")
        case 1: return copy.parts[0]
        default: return .symbol(.concatenation(copy.parts))
        }
    }
}
