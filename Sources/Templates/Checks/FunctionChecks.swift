import ResourceTypes

/// Finds functions that stand where CloudFormation has none, and arguments that they can't take.
struct FunctionChecks {
    struct Fault {
        var code: CatalogFinding
        var summary: String
        var detail: String
        var span: Span
    }

    private let shapes: ResultShapes
    private let hasExtensions: Bool
    private let owner: String
    private(set) var faults: [Fault] = []

    /// - Parameter owner: the resource or output that the expressions are of.
    init(_ shapes: ResultShapes, hasExtensions: Bool, in owner: String) {
        self.shapes = shapes
        self.hasExtensions = hasExtensions
        self.owner = owner
    }

    mutating func visit(_ expression: Expression) {
        switch expression.kind {
        case .equals: reportMisplaced("Fn::Equals", expression)
        case .and: reportMisplaced("Fn::And", expression)
        case .or: reportMisplaced("Fn::Or", expression)
        case .not: reportMisplaced("Fn::Not", expression)
        case .call(let function, let arguments): visit(function, arguments, expression)
        case .findInMap(let map, let first, let second, let fallback):
            if fallback != nil { requireExtensions("The default of Fn::FindInMap", expression) }
            for argument in [map, first, second] { expectText(argument, "Fn::FindInMap") }
        case .getAtt(_, let attribute): expectText(attribute, "Fn::GetAtt")
        case .sub(_, let variables): for variable in variables { expectText(variable.value, "Fn::Sub") }
        case .join(_, let list):
            expectList(list, "Fn::Join")
            if case .list(let items) = list.kind { for item in items { expectText(item, "Fn::Join") } }
        case .select(let index, let list):
            expectText(index, "Fn::Select")
            expectList(list, "Fn::Select")
        case .split(_, let text): expectText(text, "Fn::Split")
        case .literal, .list, .object, .ref, .if, .condition, .transform: break
        }
        for child in expression.children { visit(child) }
    }

    private mutating func visit(_ function: Expression.Function, _ arguments: [Expression], _ expression: Expression) {
        switch function {
        case .contains, .eachMemberEquals, .eachMemberIn, .refAll, .valueOf, .valueOfAll: reportMisplaced(function.rawValue, expression)
        case .length: requireExtensions(function.rawValue, expression)
        case .toJsonString: requireExtensions(function.rawValue, expression)
        case .base64, .cidr, .getAZs, .importValue: for argument in arguments { expectText(argument, function.rawValue) }
        }
    }

    private mutating func reportMisplaced(_ function: String, _ expression: Expression) {
        report(
            .misplacedFunction, "\(function) stands in \(owner)",
            "CloudFormation has it for Conditions and Rules only. Name the condition there, and choose a value by Fn::If.", expression)
    }

    private mutating func requireExtensions(_ what: String, _ expression: Expression) {
        guard !hasExtensions else { return }
        report(
            .missingTransform, "\(what) needs a transform", "Write `Transform: AWS::LanguageExtensions` at the top of the template.",
            expression)
    }

    /// A list or map that is written out is no text; what a function gives may be.
    private mutating func expectText(_ argument: Expression, _ function: String) {
        switch argument.kind {
        case .list: reportArgument(function, "a string", "a list", argument)
        case .object(let members) where !members.contains(where: { $0.key.hasPrefix("Fn::") }):
            reportArgument(function, "a string", "a map", argument)
        case .if(_, let first, let second):
            expectText(first, function)
            expectText(second, function)
        default: break
        }
    }

    private mutating func expectList(_ argument: Expression, _ function: String) {
        if case .if(_, let first, let second) = argument.kind {
            expectList(first, function)
            expectList(second, function)
            return
        }
        switch shapes.shape(of: argument) {
        case .scalar(let scalar): reportArgument(function, "a list", scalar.kindName, argument)
        case .object(let members) where !members.contains(where: { $0.key.hasPrefix("Fn::") }):
            reportArgument(function, "a list", "a map", argument)
        case .computed(let types, let name) where !types.contains(.array):
            reportArgument(function, "a list", "a string (\(name))", argument)
        default: break
        }
    }

    private mutating func reportArgument(_ function: String, _ wanted: String, _ found: String, _ argument: Expression) {
        report(
            .badArgument, "\(function) takes \(wanted) here, found \(found)", "CloudFormation can't evaluate it in \(owner) so.", argument)
    }

    private mutating func report(_ code: CatalogFinding, _ summary: String, _ detail: String, _ expression: Expression) {
        faults.append(Fault(code: code, summary: summary, detail: detail, span: expression.span))
    }
}
