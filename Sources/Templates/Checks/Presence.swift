import ResourceTypes

/// Which properties a map has: one whose value is `AWS::NoValue` under some condition is neither certain nor missing.
struct Presence {
    private var certain: [String: Span] = [:]
    private var possible: Set<String> = []

    init(_ members: [Expression.Member], _ shapes: ResultShapes) {
        for member in members where !shapes.isNothing(member.value) {
            possible.insert(member.key)
            if !shapes.mayBeNothing(member.value) { certain[member.key] = member.keySpan }
        }
    }

    /// What the schema asks for and the map lacks, and what it has beside each other and may not.
    func faults(_ schema: PropertySchema, at place: [PropertyFault.Step], _ span: Span?) -> [PropertyFault] {
        var found: [PropertyFault] = []
        func add(_ kind: PropertyFault.Kind, at span: Span?) { found.append(PropertyFault(kind: kind, place: place, span: span)) }

        for name in schema.required where !possible.contains(name) { add(.missingProperty(name), at: span) }
        for choice in [schema.requiredOr, schema.requiredXor] where !choice.isEmpty && possible.isDisjoint(with: choice) {
            add(.missingOneOf(choice), at: span)
        }
        for (name, others) in schema.dependentRequired where certain[name] != nil {
            for other in others where !possible.contains(other) { add(.missingDependent(other, of: name), at: certain[name]) }
        }

        var exclusive = schema.dependentExcluded.flatMap { name, others in others.map { (name, $0) } }
        let both = schema.requiredXor.filter { certain[$0] != nil }
        exclusive += zip(both, both.dropFirst())
        var told: Set<Set<String>> = []
        for (first, second) in exclusive {
            guard first != second, let one = certain[first], let other = certain[second], told.insert([first, second]).inserted else {
                continue
            }
            // At the one that stands later in the text.
            let isInOrder = (one.start.line, one.start.column) < (other.start.line, other.start.column)
            add(isInOrder ? .exclusive(second, first) : .exclusive(first, second), at: isInOrder ? other : one)
        }
        return found
    }
}
