import Model
import ResourceTypes

/// Compares the Properties of resources with the schemas of their types.
///
/// A literal is compared with all that the schema says. Of a function's result only its type is, where that is certain. Where a
/// schema has alternatives (`anyOf`, `oneOf`) it is enough to be one of them: what makes just one of them apply is not all
/// in the catalog.
struct PropertyChecks {
    private let shapes: ResultShapes
    private var patterns = PatternCache()
    /// How many values were compared with a schema. Alternatives inside alternatives multiply, so a template made for that
    /// purpose could keep this busy for years.
    private var steps = 0
    private static let stepsLimit = 2_000_000
    private static let alternativesLimit = 16

    init(_ shapes: ResultShapes) { self.shapes = shapes }

    /// Whether something was left out because the template has too many values.
    var isExhausted: Bool { steps > Self.stepsLimit }

    /// The faults of a resource's Properties.
    mutating func faults(of properties: [Expression.Member], _ schema: PropertySchema) -> [PropertyFault] {
        faults(of: .object(properties), nil, schema, at: [], alternatives: 0)
    }

    /// The faults of a value.
    mutating func faults(of value: Expression, _ schema: PropertySchema, at place: [PropertyFault.Step] = []) -> [PropertyFault] {
        faults(of: value, schema, at: place, alternatives: 0)
    }

    /// - Parameter alternatives: how many schemas inside each other have been tried on this very value.
    private mutating func faults(
        of value: Expression, _ schema: PropertySchema, at place: [PropertyFault.Step], alternatives: Int
    ) -> [PropertyFault] {
        if case .if(_, let first, let second) = value.kind {
            return faults(of: first, schema, at: place, alternatives: alternatives)
                + faults(of: second, schema, at: place, alternatives: alternatives)
        }
        return faults(of: shapes.shape(of: value), value.span, schema, at: place, alternatives: alternatives)
    }

    private mutating func faults(
        of shape: ResultShape, _ span: Span?, _ schema: PropertySchema, at place: [PropertyFault.Step], alternatives: Int
    ) -> [PropertyFault] {
        steps += 1
        guard steps <= Self.stepsLimit else { return [] }
        func wrongType(_ found: String) -> [PropertyFault] {
            [PropertyFault(kind: .wrongType(found: found, allowed: schema.types), place: place, span: span)]
        }
        var found: [PropertyFault] = []
        switch shape {
        case .nothing, .unknown: return []
        case .scalar(let scalar):
            guard schema.takes(scalar) else { return wrongType(scalar.kindName) }
            found = schema.faults(of: scalar, &patterns).map { PropertyFault(kind: $0, place: place, span: span) }
        case .computed(let types, let name):
            guard schema.takes(computed: types) else {
                return wrongType(types.contains(.array) ? "a list (\(name))" : "a string (\(name))")
            }
        case .list(let items):
            guard schema.types.isEmpty || schema.types.contains(.array) else { return wrongType("a list") }
            found = faults(ofItems: items, span, schema, at: place)
        case .object(let members):
            guard schema.types.isEmpty || schema.types.contains(.object) else { return wrongType("a map") }
            // What a macro makes of the map that it stands in only CloudFormation knows.
            if members.contains(where: { $0.key == "Fn::Transform" }) { return [] }
            found = faults(ofMembers: members, span, schema, at: place)
        }
        guard alternatives < Self.alternativesLimit else { return found }
        for part in schema.allOf { found += faults(of: shape, span, part, at: place, alternatives: alternatives + 1) }
        for choice in [schema.anyOf, schema.oneOf] where !choice.isEmpty {
            found += faults(of: shape, span, anyOf: choice, at: place, alternatives: alternatives + 1)
        }
        return found
    }

    private mutating func faults(
        of shape: ResultShape, _ span: Span?, anyOf choice: [PropertySchema], at place: [PropertyFault.Step], alternatives: Int
    ) -> [PropertyFault] {
        var tried: [[PropertyFault]] = []
        for schema in choice {
            let found = faults(of: shape, span, schema, at: place, alternatives: alternatives)
            if found.isEmpty { return [] }
            tried.append(found)
        }
        return PropertyFault.nearest(tried, at: place)
    }

    // MARK: Lists

    private mutating func faults(
        ofItems items: [Expression], _ span: Span?, _ schema: PropertySchema, at place: [PropertyFault.Step]
    ) -> [PropertyFault] {
        var found: [PropertyFault] = []
        if let itemSchema = schema.items {
            for (index, item) in items.enumerated() {
                found += faults(of: item, itemSchema, at: place + [.item(index)], alternatives: 0)
            }
        }
        let count = PossibleCount(items, shapes)
        if !count.fits(schema.minItems, schema.maxItems) {
            found.append(PropertyFault(kind: .itemCount(least: schema.minItems, most: schema.maxItems), place: place, span: span))
        }
        if schema.uniqueItems { found += duplicates(in: items, at: place) }
        return found
    }

    private func duplicates(in items: [Expression], at place: [PropertyFault.Step]) -> [PropertyFault] {
        var seen: Set<JSONValue> = []
        var found: [PropertyFault] = []
        for (index, item) in items.enumerated() {
            guard let literal = item.literal, !seen.insert(literal).inserted else { continue }
            found.append(PropertyFault(kind: .duplicateItem, place: place + [.item(index)], span: item.span))
        }
        return found
    }

    // MARK: Maps

    private mutating func faults(
        ofMembers members: [Expression.Member], _ span: Span?, _ schema: PropertySchema, at place: [PropertyFault.Step]
    ) -> [PropertyFault] {
        var found: [PropertyFault] = []
        for member in members where !member.key.hasPrefix("Fn::") && !shapes.isNothing(member.value) {
            let inside = place + [.name(member.key)]
            switch memberSchema(member.key, schema) {
            case .matching(let memberSchema): found += faults(of: member.value, memberSchema, at: inside, alternatives: 0)
            case .allowed: break
            case .forbidden:
                let kind = PropertyFault.Kind.unknownProperty(member.key, known: schema.propertyNames)
                found.append(PropertyFault(kind: kind, place: place, span: member.keySpan))
            }
        }
        let count = PossibleCount(members.map(\.value), shapes)
        if !count.fits(schema.minProperties, schema.maxProperties) {
            let kind = PropertyFault.Kind.propertyCount(least: schema.minProperties, most: schema.maxProperties)
            found.append(PropertyFault(kind: kind, place: place, span: span))
        }
        return found + Presence(members, shapes).faults(schema, at: place, span)
    }

    private mutating func memberSchema(_ name: String, _ schema: PropertySchema) -> PropertySchema.AdditionalProperties {
        if let own = schema.ownProperty(name) { return .matching(own) }
        for (pattern, matching) in schema.patternProperties where patterns.mayMatch(pattern, name) { return .matching(matching) }
        if case .forbidden = schema.additionalProperties { return schema.property(name) == nil ? .forbidden : .allowed }
        return schema.additionalProperties
    }
}

/// How many of several values there are, as some of them may be `AWS::NoValue`.
private struct PossibleCount {
    private var certain: Int
    private var possible: Int

    init(_ values: [Expression], _ shapes: ResultShapes) {
        certain = values.count { !shapes.mayBeNothing($0) }
        // A macro may make any number of items.
        let isOpen = values.contains { if case .transform = $0.kind { true } else { false } }
        possible = isOpen ? .max : values.count { !shapes.isNothing($0) }
    }

    func fits(_ least: Int?, _ most: Int?) -> Bool {
        possible >= least ?? 0 && certain <= most ?? .max
    }
}

extension PropertySchema {
    /// Whether the result of a function, of which only the type is certain, may stand here.
    fileprivate func takes(computed found: Types) -> Bool {
        guard !types.isEmpty else { return true }
        if found.contains(.array) { return types.contains(.array) }
        // Any text may turn out to be a number, or a document.
        return !types.isDisjoint(with: [.string, .number, .integer, .boolean]) || types.contains(.object) && isFreeForm
    }
}

extension Expression {
    /// The value where no function is in it.
    fileprivate var literal: JSONValue? {
        switch kind {
        case .literal(.null): return nil
        case .literal(let scalar): return scalar.json.scalarText.map { .string($0) }
        case .list(let items):
            let values = items.compactMap(\.literal)
            return values.count == items.count ? .array(values) : nil
        case .object(let members):
            var values: [(String, JSONValue)] = []
            for member in members {
                guard !member.key.hasPrefix("Fn::"), let value = member.value.literal else { return nil }
                values.append((member.key, value))
            }
            values.sort { $0.0 < $1.0 }
            return .object(.init(values, uniquingKeysWith: { first, _ in first }))
        default: return nil
        }
    }
}
