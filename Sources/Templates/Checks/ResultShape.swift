import Model
import OrderedCollections
import ResourceTypes

/// What is certain of an expression's result before anything is evaluated.
enum ResultShape {
    case scalar(Scalar)
    case list([Expression])
    case object([Expression.Member])
    /// A function's result of which only the type is certain.
    case computed(PropertySchema.Types, by: String)
    /// `AWS::NoValue`: what holds it is left out.
    case nothing
    case unknown
}

/// Tells what is certain of expressions in one template.
struct ResultShapes {
    let parameters: OrderedDictionary<String, TemplateParameter>

    func shape(of expression: Expression) -> ResultShape {
        switch expression.kind {
        case .literal(.null): .unknown
        case .literal(let scalar): Self.shape(of: scalar)
        case .list(let items): .list(items)
        case .object(let members): .object(members)
        case .ref(let name): shape(ofReferenceTo: name)
        case .sub(let parts, _): shape(of: parts)
        case .join: .computed(.string, by: "Fn::Join")
        case .split: .computed(.array, by: "Fn::Split")
        case .call(let function, _): Self.shape(of: function)
        case .equals, .and, .or, .not, .condition: .computed(.boolean, by: "a condition")
        case .getAtt, .select, .findInMap, .if, .transform: .unknown
        }
    }

    /// Whether the property or item is left out, whatever the conditions turn out to be.
    func isNothing(_ expression: Expression) -> Bool {
        switch expression.kind {
        case .ref(let name): name == PseudoParameter.noValue.rawValue
        case .if(_, let first, let second): isNothing(first) && isNothing(second)
        default: false
        }
    }

    /// Whether the property or item may be left out.
    func mayBeNothing(_ expression: Expression) -> Bool {
        switch expression.kind {
        case .ref(let name): name == PseudoParameter.noValue.rawValue
        case .if(_, let first, let second): mayBeNothing(first) || mayBeNothing(second)
        case .transform: true
        default: false
        }
    }

    private static func shape(of scalar: Scalar) -> ResultShape {
        if case .string(let text) = scalar, case .symbol = Value.literal(text) { return .unknown }
        return .scalar(scalar)
    }

    private func shape(of parts: [Expression.SubPart]) -> ResultShape {
        guard parts.count == 1, case .text(let text) = parts[0] else {
            // A dynamic reference is put together of parts as often as not.
            let holdsDynamic = parts.contains { if case .text(let text) = $0 { text.contains(bytes: "{{resolve:") } else { false } }
            return holdsDynamic ? .unknown : .computed(.string, by: "Fn::Sub")
        }
        return Self.shape(of: .string(text))
    }

    private func shape(ofReferenceTo name: String) -> ResultShape {
        if let parameter = parameters[name] {
            return .computed(parameter.isList ? .array : .string, by: "the parameter \(name)")
        }
        return switch PseudoParameter(rawValue: name) {
        case .noValue: .nothing
        case .notificationARNs: .computed(.array, by: name)
        case .accountID, .partition, .region, .stackID, .stackName, .urlSuffix: .computed(.string, by: name)
        // The physical ID of a resource, or nothing that exists.
        case nil: .computed(.string, by: "Ref of \(name)")
        }
    }

    private static func shape(of function: Expression.Function) -> ResultShape {
        switch function {
        case .base64, .toJsonString: .computed(.string, by: function.rawValue)
        case .cidr, .getAZs: .computed(.array, by: function.rawValue)
        case .length: .computed(.integer, by: function.rawValue)
        case .contains, .eachMemberEquals, .eachMemberIn: .computed(.boolean, by: "a condition")
        case .importValue, .refAll, .valueOf, .valueOfAll: .unknown
        }
    }
}
