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
    private var decided: [String: Bool?] = [:]
    private var deciding: Set<String> = []

    package init(_ template: Template, _ environment: EvaluationEnvironment) {
        self.template = template
        self.environment = environment
    }

    // MARK: Conditions

    /// Whether the condition holds; `nil` where that is not decided here. No condition always holds.
    package mutating func holds(_ name: String?) -> Bool? {
        guard let name else { return true }
        if let known = decided[name] { return known }
        // A cycle or an unknown name is reported by the template checks.
        guard let expression = template.conditions[name], deciding.insert(name).inserted else { return nil }
        defer { deciding.remove(name) }
        let result = truth(of: expression)
        decided[name] = .some(result)
        return result
    }

    /// Whether the logical expression is true; `nil` where that is not decided here.
    package mutating func truth(of expression: Expression) -> Bool? {
        switch expression.kind {
        case .condition(let name): return holds(name)
        case .not(let inner): return truth(of: inner).map { !$0 }
        case .and(let items):
            let truths = items.map { truth(of: $0) }
            return truths.contains(false) ? false : truths.contains(nil) ? nil : true
        case .or(let items):
            let truths = items.map { truth(of: $0) }
            return truths.contains(true) ? true : truths.contains(nil) ? nil : false
        case .equals(let first, let second):
            return areEqual(revealed(first), revealed(second))
        case .call(.contains, let arguments) where arguments.count == 2:
            guard case .list(let items) = value(of: arguments[0]), items.allSatisfy(\.isKnown), let text = value(of: arguments[1]).text
            else { return nil }
            return items.contains { $0.text == text }
        case .call(.eachMemberEquals, let arguments) where arguments.count == 2:
            guard case .list(let items) = value(of: arguments[0]), items.allSatisfy(\.isKnown), let text = value(of: arguments[1]).text
            else { return nil }
            return items.allSatisfy { $0.text == text }
        case .call(.eachMemberIn, let arguments) where arguments.count == 2:
            guard case .list(let items) = value(of: arguments[0]), case .list(let allowed) = value(of: arguments[1]),
                items.allSatisfy(\.isKnown), allowed.allSatisfy(\.isKnown)
            else { return nil }
            return items.allSatisfy { item in allowed.contains { $0.text == item.text } }
        case .literal(let scalar):
            switch scalar.json.scalarText {
            case "true": return true
            case "false": return false
            default: return nil
            }
        default: return nil
        }
    }

    /// For comparing only: a secret's own text, which never leaves this type.
    private mutating func revealed(_ expression: Expression) -> Value {
        if case .ref(let name) = expression.kind, case .secret(let secret, _) = environment.parameters[name] {
            return .string(secret.reveal())
        }
        return value(of: expression)
    }

    private func areEqual(_ first: Value, _ second: Value) -> Bool? {
        if let a = first.text, let b = second.text { return a == b }
        if first.isKnown && second.isKnown { return first == second }
        return first == second ? true : nil
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
            guard !delimiter.isEmpty else { return .list([text]) }
            return .list(known.split(separator: delimiter, omittingEmptySubsequences: false).map { .string(String($0)) })
        case .findInMap(let map, let first, let second, let fallback):
            return findInMap(value(of: map), value(of: first), value(of: second), fallback, at: expression.span)
        case .if(let condition, let first, let second):
            switch holds(condition) {
            case true?: return value(of: first)
            case false?: return value(of: second)
            case nil: return .symbol(.conditional(condition: condition, value(of: first), value(of: second)))
            }
        case .equals, .and, .or, .not, .condition:
            guard let truth = truth(of: expression) else { return .symbol(.function("Condition", [])) }
            return .scalar(.bool(truth))
        case .call(let function, let arguments): return call(function, arguments, at: expression.span)
        case .transform(let name, let parameters):
            return .symbol(.function("Fn::Transform", [.string(name), value(of: parameters)]))
        }
    }

    private func literal(_ scalar: Scalar) -> Value {
        if case .string(let text) = scalar, text.utf8.count > 12, text.contains("{{resolve:") {
            return .symbol(.dynamicReference(text))
        }
        return .scalar(scalar)
    }

    private func resolved(_ symbol: Symbol) -> Value { environment.resolve(symbol) ?? .symbol(symbol) }

    private func reference(_ name: String) -> Value {
        if let parameter = template.parameters[name] {
            switch environment.parameters[name] {
            case .secret(_, let digest), .previousSecret(let digest): return .symbol(.secret(parameter: name, digest: digest))
            case .unknown, nil: return resolved(.parameter(name))
            case .plain(let text):
                if parameter.isStoreValue { return resolved(.function(parameter.type, [.string(text)])) }
                return parameter.isList ? .list(splitList(text).map { .string($0) }) : .string(text)
            }
        }
        if let pseudo = PseudoParameter(rawValue: name) {
            return environment.pseudo[pseudo] ?? (pseudo == .noValue ? .noValue : .symbol(.pseudo(pseudo)))
        }
        return resolved(.ref(name))
    }

    private mutating func substitute(_ parts: [Expression.SubPart], _ variables: [Expression.Member]) -> Value {
        var values: [Value] = []
        for part in parts {
            switch part {
            case .text(let text): values.append(literal(.string(text)))
            case .ref(let name): values.append(reference(name))
            case .attribute(let logicalID, let name): values.append(resolved(.attribute(logicalID: logicalID, name: name)))
            case .variable(let name):
                guard let member = variables.first(where: { $0.key == name }) else { continue }
                values.append(value(of: member.value))
            }
        }
        return concatenate(values)
    }

    /// Text from parts, neighbouring known parts joined, so that equal texts are equal values however they were written.
    private func concatenate(_ parts: [Value]) -> Value {
        var joined: [Value] = []
        for part in parts {
            if case .symbol(.concatenation(let inner)) = part {
                for value in inner { append(value, to: &joined) }
            } else {
                append(part, to: &joined)
            }
        }
        switch joined.count {
        case 0: return .string("")
        case 1: return joined[0].text.map { .string($0) } ?? joined[0]
        default: return .symbol(.concatenation(joined))
        }
    }

    private func append(_ part: Value, to parts: inout [Value]) {
        guard let text = part.text else {
            if case .list(let items) = part, items.allSatisfy({ $0.text != nil }) {
                append(.string(items.compactMap(\.text).joined(separator: ",")), to: &parts)
            } else if part != .noValue {
                parts.append(part)
            }
            return
        }
        if text.isEmpty { return }
        if let last = parts.last?.text {
            parts[parts.count - 1] = .string(last + text)
        } else {
            parts.append(.string(text))
        }
    }

    private mutating func join(_ delimiter: String, _ list: Value, at span: Span) -> Value {
        guard case .list(let items) = list else {
            if case .symbol = list { return .symbol(.function("Fn::Join", [.string(delimiter), list])) }
            report("bad-join", "Fn::Join takes a list to join", at: span)
            return .string("")
        }
        var parts: [Value] = []
        for (index, item) in items.enumerated() {
            if index > 0 { parts.append(.string(delimiter)) }
            parts.append(item)
        }
        return concatenate(parts)
    }

    private mutating func select(_ index: Value, _ list: Value, at span: Span) -> Value {
        guard let text = index.text else { return .symbol(.function("Fn::Select", [index, list])) }
        guard let number = Int(text), number >= 0 else {
            report("bad-select", "The index of Fn::Select must be a whole number from 0, found \(JSONValue.quoted(text))", at: span)
            return .scalar(.null)
        }
        guard case .list(let items) = list else {
            if case .symbol = list { return .symbol(.function("Fn::Select", [.string(text), list])) }
            report("bad-select", "Fn::Select takes a list to select from", at: span)
            return .scalar(.null)
        }
        guard items.indices.contains(number) else {
            report("bad-select", "Fn::Select asks for item \(number) of a list of \(items.count)", detail: "The first item is 0.", at: span)
            return .scalar(.null)
        }
        return items[number]
    }

    private mutating func findInMap(_ map: Value, _ first: Value, _ second: Value, _ fallback: Expression?, at span: Span) -> Value {
        guard let name = map.text, let row = first.text, let column = second.text else {
            return .symbol(.function("Fn::FindInMap", [map, first, second]))
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
            if case .list(let items) = first { return .scalar(.number(String(items.count))) }
            return .symbol(symbol)
        case .toJsonString:
            return first.isKnown ? .string(first.json { _ in .null }.compactText) : .symbol(symbol)
        case .cidr:
            guard values.allSatisfy({ $0.text != nil }) else { return .symbol(symbol) }
            guard let blocks = CIDR.subnets(values.compactMap(\.text)) else {
                report(
                    "bad-cidr", "Fn::Cidr can't make these blocks", detail: "It takes [IP block, count from 1 to 256, CIDR bits].", at: span
                )
                return .list([])
            }
            return .list(blocks.map { .string($0) })
        case .getAZs:
            let region = first.text.flatMap { $0.isEmpty ? nil : $0 }.map { Value.string($0) } ?? environment.pseudo[.region] ?? first
            return resolved(.function(function.rawValue, [region]))
        case .importValue: return resolved(symbol)
        case .contains, .eachMemberEquals, .eachMemberIn:
            return truth(of: Expression(.call(function, arguments), span: span)).map { .scalar(.bool($0)) } ?? .symbol(symbol)
        case .refAll, .valueOf, .valueOfAll: return .symbol(symbol)
        }
    }

    private mutating func report(_ code: String, _ summary: String, detail: String = "", at span: Span) {
        let finding = template.source.finding(code, summary, detail: detail, at: span)
        if !findings.contains(finding) { findings.append(finding) }
    }
}
