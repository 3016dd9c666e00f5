/// What may stand at one place of a resource's Properties.
///
/// Definitions that a schema refers to are part of it as if they were written there, recursive ones as far as one goes.
/// What a schema doesn't restrict is `nil`, empty or `false`.
package final class PropertySchema: Sendable {
    package struct Types: OptionSet, Hashable, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let string = Types(rawValue: 1)
        package static let integer = Types(rawValue: 2)
        package static let number = Types(rawValue: 4)
        package static let boolean = Types(rawValue: 8)
        package static let array = Types(rawValue: 16)
        package static let object = Types(rawValue: 32)
        package static let null = Types(rawValue: 64)
    }

    /// The types a value may have; empty where any will do.
    package let types: Types
    /// The only values allowed, as text; empty where any will do.
    package let allowedValues: [String]
    package let allowedValuesIgnoreCase: Bool
    /// A regular expression that a string must have a match of, in the dialect of Python's `regex`: it may hold `\Z` and `\p{L}`.
    package let pattern: String?
    /// What the string stands for: `date-time`, `json`, or a property of a type, `AWS::EC2::Subnet.Id`.
    package let format: String?
    package let minLength: Int?
    package let maxLength: Int?
    package let minimum: Double?
    package let maximum: Double?
    package let minItems: Int?
    package let maxItems: Int?
    package let minProperties: Int?
    package let maxProperties: Int?
    /// Whether the items of a list must differ.
    package let uniqueItems: Bool
    /// Whether the service ignores the order of a list's items. That they must differ doesn't say so: the stages of a
    /// pipeline must, and are ordered.
    package let isUnordered: Bool
    /// The properties an object must have.
    package let required: [String]
    /// With the first property the others are required.
    package let dependentRequired: [(String, [String])]
    /// With the first property the others are forbidden.
    package let dependentExcluded: [(String, [String])]
    /// Exactly one of these properties must be there.
    package let requiredXor: [String]
    /// At least one of these properties must be there.
    package let requiredOr: [String]

    private let data: CatalogData
    private let isClosed: Bool
    private let itemNode: Int?
    private let additionalNode: Int?
    private let members: [Member]
    private let patternMembers: [Member]
    private let allOfNodes: [Int]
    private let anyOfNodes: [Int]
    private let oneOfNodes: [Int]

    private struct Member {
        var name: String
        var node: Int
    }

    /// Reads the fields in the order of `NODE_FIELDS` in `scripts/catalog_format.py`.
    init(_ reader: inout CatalogReader) throws(MalformedCatalog) {
        data = reader.data
        var fields = FieldReader(mask: try reader.number(), reader)
        types = Types(rawValue: try fields.number() ?? 0)
        allowedValues = try fields.strings()
        allowedValuesIgnoreCase = fields.flag()
        pattern = try fields.string()
        format = try fields.string()
        minLength = try fields.number()
        maxLength = try fields.number()
        minimum = try fields.string().flatMap(Double.init)
        maximum = try fields.string().flatMap(Double.init)
        minItems = try fields.number()
        maxItems = try fields.number()
        minProperties = try fields.number()
        maxProperties = try fields.number()
        uniqueItems = fields.flag()
        isUnordered = fields.flag()
        isClosed = fields.flag()
        itemNode = try fields.number()
        additionalNode = try fields.number()
        members = try fields.list { (reader) throws(MalformedCatalog) in Member(name: try reader.string(), node: try reader.number()) }
        patternMembers = try fields.list { (reader) throws(MalformedCatalog) in Member(name: try reader.string(), node: try reader.number())
        }
        required = try fields.strings()
        allOfNodes = try fields.list { (reader) throws(MalformedCatalog) in try reader.number() }
        anyOfNodes = try fields.list { (reader) throws(MalformedCatalog) in try reader.number() }
        oneOfNodes = try fields.list { (reader) throws(MalformedCatalog) in try reader.number() }
        dependentRequired = try fields.list { (reader) throws(MalformedCatalog) in (try reader.string(), try reader.strings()) }
        dependentExcluded = try fields.list { (reader) throws(MalformedCatalog) in (try reader.string(), try reader.strings()) }
        requiredXor = try fields.strings()
        requiredOr = try fields.strings()
    }
}

extension PropertySchema {
    /// What else an object may hold beside the properties that are named.
    package enum AdditionalProperties: Sendable {
        case allowed
        case forbidden
        case matching(PropertySchema)
    }

    /// The names of an object's properties, sorted.
    package var propertyNames: [String] { members.map(\.name) }

    /// An object's properties by name, each read from the catalog at this call; `property(_:)` reads one.
    package var properties: [String: PropertySchema] {
        Dictionary(members.compactMap { member in schema(member.node).map { (member.name, $0) } }, uniquingKeysWith: { first, _ in first })
    }

    /// What the items of a list must be.
    package var items: PropertySchema? { itemNode.flatMap(schema) }

    package var additionalProperties: AdditionalProperties {
        if let schema = additionalNode.flatMap(schema) { return .matching(schema) }
        return isClosed ? .forbidden : .allowed
    }

    /// What the properties must be whose name has a match of the pattern.
    package var patternProperties: [(pattern: String, schema: PropertySchema)] {
        patternMembers.compactMap { member in schema(member.node).map { (member.name, $0) } }
    }

    /// A value must be what all of these ask for, beside what this schema asks for itself.
    package var allOf: [PropertySchema] { allOfNodes.compactMap(schema) }

    /// A value must be what at least one of these asks for.
    package var anyOf: [PropertySchema] { anyOfNodes.compactMap(schema) }

    /// A value must be what exactly one of these asks for.
    package var oneOf: [PropertySchema] { oneOfNodes.compactMap(schema) }

    /// Whether any JSON object may stand here, or its text: a policy document and the like.
    package var isJSONDocument: Bool {
        types.isSuperset(of: [.object, .string]) && members.isEmpty && patternMembers.isEmpty
    }

    /// Whether any object may stand here, whatever is in it.
    package var isFreeForm: Bool {
        types.contains(.object) && members.isEmpty && patternMembers.isEmpty && alternatives.isEmpty && additionalNode == nil
            && itemNode == nil && !isClosed
    }

    /// The property of an object, named here or in one of the alternatives.
    package func property(_ name: String) -> PropertySchema? {
        firstAlternative { $0.namedMember(name) }
    }

    /// What stands one step further inside: a named property, a property whose name isn't listed, or for `*` an item.
    package func child(_ component: String) -> PropertySchema? {
        property(component) ?? firstAlternative { $0.unnamedMember }
    }

    /// The property of an object that this schema itself names; `property(_:)` looks into the alternatives too.
    package func ownProperty(_ name: String) -> PropertySchema? { namedMember(name) }

    private func namedMember(_ name: String) -> PropertySchema? {
        members.first { $0.name == name }.flatMap { schema($0.node) }
    }

    private var unnamedMember: PropertySchema? {
        itemNode.flatMap(schema) ?? patternMembers.first.flatMap { schema($0.node) } ?? additionalNode.flatMap(schema)
    }

    /// The first answer of this schema, of its alternatives, or of theirs. Each is asked once.
    private func firstAlternative(_ answer: (PropertySchema) -> PropertySchema?) -> PropertySchema? {
        if let found = answer(self) { return found }
        var waiting = alternatives
        var asked: Set<Int> = []
        while let node = waiting.popLast() {
            guard asked.insert(node).inserted, let alternative = schema(node) else { continue }
            if let found = answer(alternative) { return found }
            waiting += alternative.alternatives
        }
        return nil
    }

    private var alternatives: [Int] { oneOfNodes.reversed() + anyOfNodes.reversed() + allOfNodes.reversed() }

    private func schema(_ node: Int) -> PropertySchema? {
        try? data.schema(node)
    }
}

/// Reads the fields of a node one after the other; one that isn't there takes no bytes.
private struct FieldReader {
    private var mask: Int
    private var reader: CatalogReader

    init(mask: Int, _ reader: CatalogReader) {
        self.mask = mask
        self.reader = reader
    }

    mutating func flag() -> Bool {
        defer { mask >>= 1 }
        return mask & 1 != 0
    }

    mutating func number() throws(MalformedCatalog) -> Int? {
        flag() ? try reader.number() : nil
    }

    mutating func string() throws(MalformedCatalog) -> String? {
        flag() ? try reader.string() : nil
    }

    mutating func strings() throws(MalformedCatalog) -> [String] {
        flag() ? try reader.strings() : []
    }

    mutating func list<Element>(
        _ element: (inout CatalogReader) throws(MalformedCatalog) -> Element
    ) throws(MalformedCatalog) -> [Element] {
        flag() ? try reader.list(element) : []
    }
}
