import ResourceTypes

/// Something in a resource's Properties that its type does not allow.
///
/// A value of its own beside the finding, because most of them are never told: where a schema has alternatives, each is
/// tried, and the faults of all but the nearest are dropped.
struct PropertyFault: Sendable {
    enum Kind: Sendable {
        /// - Parameter known: what may stand there instead.
        case unknownProperty(String, known: [String])
        case missingProperty(String)
        case missingOneOf([String])
        case exclusive(String, String)
        /// The property that asks for the other one.
        case missingDependent(String, of: String)
        case wrongType(found: String, allowed: PropertySchema.Types)
        case notAllowed(String, allowed: [String])
        case mismatch(pattern: String)
        case length(least: Int?, most: Int?)
        case range(least: Double?, most: Double?)
        case itemCount(least: Int?, most: Int?)
        case propertyCount(least: Int?, most: Int?)
        case duplicateItem
    }

    enum Step: Hashable, Sendable {
        case name(String)
        case item(Int)
    }

    var kind: Kind
    /// From the resource's Properties inwards.
    var place: [Step]
    /// `nil` for the Properties themselves, which a resource may leave out.
    var span: Span?
}

extension PropertyFault {
    var isWrongType: Bool { if case .wrongType = kind { true } else { false } }

    /// Whether this is about the value at the place itself, not about what it holds or lacks.
    var isAboutWholeValue: Bool {
        switch kind {
        case .unknownProperty, .missingProperty, .missingOneOf, .exclusive, .missingDependent: false
        case .wrongType, .notAllowed, .mismatch, .length, .range, .itemCount, .propertyCount, .duplicateItem: true
        }
    }

    /// The property that alone is missing.
    var missing: String? { if case .missingProperty(let name) = kind { name } else { nil } }

    /// The faults of the alternative that was most likely meant, of several that all have some.
    static func nearest(_ alternatives: [[PropertyFault]], at place: [Step]) -> [PropertyFault] {
        func distance(_ faults: [PropertyFault]) -> Int {
            // An alternative of another type is farther than one with any number of faults inside.
            faults.count + (faults.contains { $0.isWrongType && $0.place == place } ? 1_000_000 : 0)
        }
        guard let nearest = alternatives.min(by: { distance($0) < distance($1) }), let first = nearest.first else { return [] }
        let sole = alternatives.compactMap { $0.count == 1 ? $0[0] : nil }.filter { $0.place == place }
        guard sole.count == alternatives.count else { return nearest }
        let missing = sole.compactMap(\.missing)
        if missing.count == sole.count {
            var names: [String] = []
            for name in missing where !names.contains(name) { names.append(name) }
            return [PropertyFault(kind: names.count > 1 ? .missingOneOf(names) : first.kind, place: place, span: first.span)]
        }
        var types: PropertySchema.Types = []
        for fault in sole {
            guard case .wrongType(_, let allowed) = fault.kind else { return nearest }
            types.formUnion(allowed)
        }
        guard case .wrongType(let found, _) = first.kind else { return nearest }
        return [PropertyFault(kind: .wrongType(found: found, allowed: types), place: place, span: first.span)]
    }
}
