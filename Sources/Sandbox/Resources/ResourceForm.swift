import Model
import ResourceTypes

/// What the sandbox knows of a resource type: how its IDs and attributes look, as AWS's resource reference has them
/// (each type's page, "Return values").
///
/// Patterns hold `{name}` (the given or generated name), `{id}`, `{ref}`, `{partition}`, `{region}`, `{account}`, `{suffix}`,
/// `{stack}`, a property's name, and random text: `{hex17}`, `{lower8}`, `{upper21}`, `{mixed12}`, `{uuid}`.
struct ResourceForm: Hashable, Sendable {
    enum NameStyle: Hashable, Sendable { case mixed, lowercase }

    /// The property that names the resource, where there is one.
    var nameProperty: String?
    var nameStyle = NameStyle.mixed
    var longestName = 64
    /// The pattern of a generated name, where it is not stack, logical ID and random text.
    var generatedName: String?
    /// Whether a replacement is the next revision of the same name: the number behind the last colon.
    var isRevisioned = false
    /// An ID that AWS makes up, such as `vpc-{hex17}`; the name where there is none.
    var id: String?
    /// What `Ref` gives.
    var ref = "{id}"
    var attributes: [String: String] = [:]
    /// Attributes that are numbers and go up by one with each update, such as a pipeline's version.
    var counters: Set<String> = []
    /// Properties whose change replaces the resource.
    var createOnly: Set<String> = []
    /// Properties whose change may or may not replace it.
    var conditional: Set<String> = []
    /// Properties without which creating fails.
    var required: [String] = []

    /// The form of a type; one made of its schema for a type the table does not have.
    static func of(_ type: String) -> ResourceForm {
        if let form = table[type] { return form }
        let name = ResourceTypeCatalog.bundled[type]?.refProperty.flatMap { $0.components.count == 1 ? $0.components.first : nil }
        let service = type.split(separator: ":").dropFirst().first.map { $0.lowercased() } ?? "cloudformation"
        return ResourceForm(nameProperty: name, attributes: ["Arn": "arn:{partition}:\(service):{region}:{account}:{ref}"])
    }

    /// The value of an attribute. What is neither an attribute of the form nor a property gets a made-up value,
    /// since only AWS knows which attributes a type has that the table lacks.
    static func attribute(_ name: String, of resource: ResourceRecord) -> String {
        if let value = resource.attributes[name] { return value }
        var value: JSONValue? = resource.properties
        for part in name.split(separator: ".") { value = value?[String(part)] }
        if let text = value?.scalarText { return text }
        if let value { return value.compactText }
        return "\(resource.physicalID)-\(name)"
    }
}
