import Model

/// Turns nodes into expressions: recognises intrinsic functions and checks their shapes.
struct ExpressionReader {
    let source: SourceText
    var findings: [Finding] = []
    /// Inside `Conditions`, rules and the arguments of condition functions, `{Condition: x}` names a condition; elsewhere it is an ordinary key.
    private var readsConditions = false

    init(_ source: SourceText) { self.source = source }

    /// Something that is true or false.
    /// - Parameter owner: what it is a condition of, for findings: `Fn::Not`, `The condition IsProd`.
    mutating func condition(_ node: Node, of owner: String) -> Expression {
        let count = findings.count
        let read = argument(node)
        if !read.isLogical, findings.count == count {
            report(
                "bad-condition", "\(owner) takes a condition, found \(read.kindName)",
                detail: "A condition is one of Condition, Fn::Equals, Fn::And, Fn::Or and Fn::Not.", at: node.span)
        }
        return read
    }

    /// A value inside a condition.
    private mutating func argument(_ node: Node) -> Expression {
        let outer = readsConditions
        readsConditions = true
        defer { readsConditions = outer }
        return expression(node)
    }

    mutating func expression(_ node: Node) -> Expression {
        switch node.content {
        case .scalar(.null):
            report(
                "null-value", "A value is null", detail: "CloudFormation refuses null. Leave the key out, or write !Ref AWS::NoValue.",
                at: node.span)
            return Expression(.literal(.null), span: node.span)
        case .scalar(let scalar): return Expression(.literal(scalar), span: node.span)
        case .sequence(let items): return Expression(.list(items.map { expression($0) }), span: node.span)
        case .mapping(let members):
            if members.count == 1, let member = members.first, isFunction(member) { return function(member, at: node.span) }
            return Expression(.object(members.map { self.member($0) }), span: node.span)
        }
    }

    /// A member of a map that is no function call. A macro is called beside other keys too: it works on them.
    mutating func member(_ member: Node.Member) -> Expression.Member {
        guard member.key.hasPrefix("Fn::") else {
            return Expression.Member(key: member.key, keySpan: member.keySpan, value: expression(member.value))
        }
        if member.key == "Fn::Transform" {
            let call = function(member, at: member.value.span)
            return Expression.Member(key: member.key, keySpan: member.keySpan, value: call)
        }
        report(
            "function-with-siblings", "\(member.key) must be the only key of its map",
            detail: "A function's result takes the whole place of the map it stands in.", at: member.keySpan)
        return Expression.Member(key: member.key, keySpan: member.keySpan, value: expression(member.value))
    }

    private func isFunction(_ member: Node.Member) -> Bool {
        member.key.hasPrefix("Fn::") || member.key == "Ref" || (member.key == "Condition" && readsConditions)
    }

    // MARK: Functions

    private mutating func function(_ member: Node.Member, at span: Span) -> Expression {
        let kind = functionKind(member.key, member.value, at: member.keySpan)
        return Expression(kind ?? .literal(.null), span: span)
    }

    private mutating func functionKind(_ name: String, _ argument: Node, at span: Span) -> Expression.Kind? {
        switch name {
        case "Ref":
            guard let target = string(argument, name, "the name of a parameter or resource") else { return nil }
            return .ref(target)
        case "Condition":
            guard let target = string(argument, name, "the name of a condition") else { return nil }
            return .condition(target)
        case "Fn::GetAtt": return getAtt(argument, name)
        case "Fn::Sub": return sub(argument, name)
        case "Fn::Join":
            guard let items = arguments(argument, name, 2...2, "[delimiter, list]"), let delimiter = string(items[0], name, "a delimiter")
            else { return nil }
            return .join(delimiter: delimiter, expression(items[1]))
        case "Fn::Split":
            guard let items = arguments(argument, name, 2...2, "[delimiter, string]"),
                let delimiter = string(items[0], name, "a delimiter")
            else { return nil }
            return .split(delimiter: delimiter, expression(items[1]))
        case "Fn::Select":
            guard let items = arguments(argument, name, 2...2, "[index, list]") else { return nil }
            return .select(index: expression(items[0]), expression(items[1]))
        case "Fn::FindInMap": return findInMap(argument, name)
        case "Fn::If":
            guard let items = arguments(argument, name, 3...3, "[condition, value if true, value if false]"),
                let target = string(items[0], name, "the name of a condition")
            else { return nil }
            return .if(condition: target, expression(items[1]), expression(items[2]))
        case "Fn::Equals":
            guard let items = arguments(argument, name, 2...2, "[value, value]") else { return nil }
            return .equals(self.argument(items[0]), self.argument(items[1]))
        case "Fn::And":
            return arguments(argument, name, 2...10, "2 to 10 conditions").map { .and($0.map { condition($0, of: name) }) }
        case "Fn::Or":
            return arguments(argument, name, 2...10, "2 to 10 conditions").map { .or($0.map { condition($0, of: name) }) }
        case "Fn::Not":
            return arguments(argument, name, 1...1, "a list of one condition").map { .not(condition($0[0], of: name)) }
        case "Fn::Transform": return transform(argument, name)
        default: return call(name, argument, at: span)
        }
    }

    private mutating func getAtt(_ argument: Node, _ name: String) -> Expression.Kind? {
        if let text = argument.text, let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) {
            let attribute = Expression(.literal(.string(String(text[text.utf8.index(after: dot)...]))), span: argument.span)
            return .getAtt(String(text[..<dot]), attribute: attribute)
        }
        guard let items = argument.items, items.count >= 2, let logicalID = items[0].text else {
            report(
                "bad-function", "\(name) takes [logical ID, attribute] or the short form LogicalID.Attribute", at: argument.span)
            return nil
        }
        // [Database, Endpoint, Address] is read as CloudFormation reads it: the attribute Endpoint.Address.
        if items.count > 2 {
            let rest = items.dropFirst().compactMap(\.text)
            guard rest.count == items.count - 1 else {
                report("bad-function", "\(name) takes [logical ID, attribute], found a list of \(items.count)", at: argument.span)
                return nil
            }
            return .getAtt(logicalID, attribute: Expression(.literal(.string(rest.joined(separator: "."))), span: items[1].span))
        }
        return .getAtt(logicalID, attribute: expression(items[1]))
    }

    private mutating func sub(_ argument: Node, _ name: String) -> Expression.Kind? {
        if let text = argument.text { return .sub(parts(of: text, variables: [], at: argument.span), variables: []) }
        guard let items = argument.items, items.count == 2, let text = items[0].text, let members = items[1].members else {
            report("bad-function", "\(name) takes a string, or [string, map of variables]", at: argument.span)
            return nil
        }
        let variables = members.map { Expression.Member(key: $0.key, keySpan: $0.keySpan, value: expression($0.value)) }
        return .sub(parts(of: text, variables: Set(members.map(\.key)), at: items[0].span), variables: variables)
    }

    private mutating func parts(of text: String, variables: Set<String>, at span: Span) -> [Expression.SubPart] {
        SubText.parts(of: text, variables: variables).map { part in
            guard let name = part.badName else { return part }
            report(
                "bad-sub", "${\(name)} of Fn::Sub is no name",
                detail: "Names have letters, digits, _, . and : only. To leave it to the text, as a shell variable, write ${!\(name)}.",
                at: source.narrowed(span, to: "${\(name)}"))
            return .text("")
        }
    }

    private mutating func findInMap(_ argument: Node, _ name: String) -> Expression.Kind? {
        guard let items = arguments(argument, name, 3...4, "[map, top-level key, second-level key]") else { return nil }
        var fallback: Expression?
        if items.count == 4 {
            guard let value = items[3]["DefaultValue"] else {
                report("bad-function", "The fourth argument of \(name) is a map with the key DefaultValue", at: items[3].span)
                return nil
            }
            fallback = expression(value)
        }
        return .findInMap(map: expression(items[0]), expression(items[1]), expression(items[2]), fallback: fallback)
    }

    private mutating func transform(_ argument: Node, _ name: String) -> Expression.Kind? {
        let names = argument.macroNames
        guard !names.isEmpty, names.count == argument.items?.count ?? 1 else {
            report(
                "bad-function", "\(name) takes a map with Name and Parameters, the name of a macro, or a list of these", at: argument.span)
            return nil
        }
        let parameters = (argument.items ?? [argument]).map { $0["Parameters"] ?? Node(.mapping([]), span: $0.span) }
        let read = parameters.map { expression($0) }
        return .transform(
            name: names.joined(separator: ", "), read.count == 1 ? read[0] : Expression(.list(read), span: argument.span))
    }

    private mutating func call(_ name: String, _ argument: Node, at span: Span) -> Expression.Kind? {
        guard let function = Expression.Function(rawValue: name) else {
            reportUnknown(name, at: span)
            return nil
        }
        switch function {
        case .cidr:
            guard let items = arguments(argument, name, 2...3, "[IP block, count, CIDR bits]") else { return nil }
            return .call(function, items.map { expression($0) })
        case .contains, .eachMemberEquals, .eachMemberIn, .valueOf, .valueOfAll:
            guard let items = arguments(argument, name, 2...2, "two arguments") else { return nil }
            return .call(function, items.map { self.argument($0) })
        case .base64, .getAZs, .importValue, .length, .toJsonString, .refAll:
            return .call(function, [expression(argument)])
        }
    }

    private mutating func reportUnknown(_ name: String, at span: Span) {
        if name.hasPrefix("Fn::ForEach") {
            report(
                "foreach-without-transform", "\(name) can't be used here",
                detail:
                    "Fn::ForEach needs `Transform: AWS::LanguageExtensions` and stands in Conditions, Resources, Outputs or a resource's properties.",
                at: span)
            return
        }
        let names =
            Expression.Function.allCases.map(\.rawValue) + [
                "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Fn::Split", "Fn::Select", "Fn::FindInMap", "Fn::If", "Fn::Equals", "Fn::And",
                "Fn::Or", "Fn::Not", "Fn::Transform",
            ]
        let hint = nearestName(to: name, in: names).map { "Did you mean \($0)?" } ?? "CloudFormation has no such function."
        report("unknown-function", "Unknown function \(name)", detail: hint, at: span)
    }

    // MARK: Shapes

    private mutating func arguments(_ node: Node, _ name: String, _ count: ClosedRange<Int>, _ shape: String) -> [Node]? {
        guard let items = node.items, count.contains(items.count) else {
            let found = node.items.map { "a list of \($0.count)" } ?? node.kindName
            report("bad-function", "\(name) takes \(shape), found \(found)", at: node.span)
            return nil
        }
        return items
    }

    private mutating func string(_ node: Node, _ name: String, _ what: String) -> String? {
        guard let text = node.text else {
            report("bad-function", "\(name) takes \(what) as a literal string, found \(node.kindName)", at: node.span)
            return nil
        }
        return text
    }

    mutating func report(_ code: String, _ summary: String, detail: String = "", at span: Span) {
        findings.append(source.finding(code, summary, detail: detail, at: span))
    }
}

/// The string of a `Fn::Sub`.
enum SubText {
    /// Splits `text` at its `${…}`: `${!x}` is the text `${x}`, `${A}` a reference, `${A.B}` an attribute.
    static func parts(of text: String, variables: Set<String>) -> [Expression.SubPart] {
        var text = text
        return text.withUTF8 { bytes in
            var parts: [Expression.SubPart] = []
            var literal = ""
            var rest = bytes[...]
            while let opening = rest.place(of: "${"), let closing = rest[(opening + 2)...].firstIndex(of: UInt8(ascii: "}")) {
                literal += String(decoding: rest[..<opening], as: UTF8.self)
                let inside = String(decoding: rest[(opening + 2)..<closing], as: UTF8.self)
                rest = rest[(closing + 1)...]
                if inside.utf8.first == UInt8(ascii: "!") {
                    literal += "${" + String(decoding: inside.utf8.dropFirst(), as: UTF8.self) + "}"
                    continue
                }
                if !literal.isEmpty { parts.append(.text(literal)) }
                literal = ""
                parts.append(part(of: inside.trimmingSpaces, variables: variables))
            }
            literal += String(decoding: rest, as: UTF8.self)
            if !literal.isEmpty || parts.isEmpty { parts.append(.text(literal)) }
            return parts
        }
    }

    private static func part(of name: String, variables: Set<String>) -> Expression.SubPart {
        if variables.contains(name) { return .variable(name) }
        guard let dot = name.utf8.firstIndex(of: UInt8(ascii: ".")) else { return .ref(name) }
        return .attribute(String(name[..<dot]), String(name[name.utf8.index(after: dot)...]))
    }
}

extension Expression.SubPart {
    /// What stands between the braces, where that can't be a name.
    fileprivate var badName: String? {
        let name: String
        switch self {
        case .text, .variable: return nil
        case .ref(let target): name = target
        case .attribute(let logicalID, let attribute): name = "\(logicalID).\(attribute)"
        }
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        return isName && !name.isEmpty ? nil : name
    }
}

extension Expression {
    /// Whether this may stand where something true or false is asked for. What a macro makes of itself is not known.
    fileprivate var isLogical: Bool {
        switch kind {
        case .condition, .equals, .and, .or, .not, .transform, .literal(.bool): true
        case .call(let function, _): [.contains, .eachMemberEquals, .eachMemberIn].contains(function)
        default: false
        }
    }

    fileprivate var kindName: String {
        switch kind {
        case .literal: "a literal"
        case .list: "a list"
        case .object: "a map"
        default: "another function"
        }
    }
}
