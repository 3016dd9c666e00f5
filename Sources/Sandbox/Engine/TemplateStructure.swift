import Templates

/// What a template must look like before anything in it is understood.
enum TemplateStructure {
    private static let sections: Set<String> = [
        "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions", "Transform", "Resources",
        "Outputs", "Hooks",
    ]
    private static let resourceAttributes: Set<String> = [
        "Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy",
        "UpdatePolicy",
    ]

    static func check(_ root: Node) throws(APIFailure) {
        guard let members = root.members else { throw .validation("Template format error: unsupported structure.") }
        let unknown = members.map(\.key).filter { !sections.contains($0) }
        guard unknown.isEmpty else { throw .validation("Invalid template property or properties [\(unknown.joined(separator: ", "))]") }
        try checkTransform(root["Transform"])
        for parameter in root["Parameters"]?.members ?? [] where !isAlphanumeric(parameter.key) {
            throw .validation("Template format error: Parameter name \(parameter.key) is non alphanumeric.")
        }
        try checkMappings(root["Mappings"])
        try checkResources(root["Resources"])
        for member in members where member.key != "Metadata" { try checkValues(member.value, path: "/\(member.key)") }
    }

    private static func checkTransform(_ node: Node?) throws(APIFailure) {
        for item in node.map({ $0.items ?? [$0] }) ?? [] where item.members != nil && item["Name"]?.text == nil {
            throw .validation("Key Name of transform definition must be a string.")
        }
    }

    private static func checkMappings(_ node: Node?) throws(APIFailure) {
        for mapping in node?.members ?? [] where mapping.key != "Fn::Transform" {
            for row in mapping.value.members ?? [] where row.key != "Fn::Transform" {
                guard let cells = row.value.members else {
                    throw .validation("Template format error: Every Mappings member \(mapping.key) must be a map")
                }
                guard cells.allSatisfy({ $0.value.members == nil }) else {
                    throw .validation("Template format error: Every Mappings attribute must be a String or a List.")
                }
            }
            guard mapping.value.members != nil else {
                throw .validation("Template format error: Every Mappings member \(mapping.key) must be a map")
            }
        }
    }

    private static func checkResources(_ node: Node?) throws(APIFailure) {
        guard let resources = node?.members, !resources.isEmpty else {
            throw .validation("Template format error: At least one Resources member must be defined.")
        }
        for resource in resources where !resource.key.hasPrefix("Fn::") {
            guard isAlphanumeric(resource.key) else {
                throw .validation("Template format error: Resource name \(resource.key) is non alphanumeric.")
            }
            guard let attributes = resource.value.members else {
                throw .validation("Template format error: [/Resources/\(resource.key)] Every Resources member must be an object.")
            }
            guard resource.value["Type"]?.text != nil else {
                throw .validation("Template format error: [/Resources/\(resource.key)] Every Resources object must contain a Type member.")
            }
            if let other = attributes.first(where: { !resourceAttributes.contains($0.key) }) {
                throw .validation("Invalid template resource property '\(other.key)'")
            }
        }
    }

    /// Null values and the shapes of functions, in depth. The reader has bounded how deep that is.
    private static func checkValues(_ node: Node, path: String) throws(APIFailure) {
        if node.isNull { throw .validation("[\(path)] 'null' values are not allowed in templates") }
        for (index, item) in (node.items ?? []).enumerated() { try checkValues(item, path: "\(path)/\(index)") }
        for member in node.members ?? [] {
            try checkFunction(member.key, member.value)
            try checkValues(member.value, path: "\(path)/\(member.key)")
        }
    }

    private static func checkFunction(_ name: String, _ argument: Node) throws(APIFailure) {
        let count = argument.items?.count
        switch name {
        case "Fn::Equals" where count != 2:
            throw .validation("Template error: every Fn::Equals object requires a list of 2 string parameters.")
        case "Fn::Split" where count != 2:
            throw .validation(
                "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split."
            )
        case "Fn::Join" where count != 2:
            throw .validation(
                "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
            )
        case "Fn::Select":
            let isIndex = argument.items?.first.map { $0.members != nil || Int($0.text ?? "") != nil } ?? false
            guard count == 2, isIndex else {
                throw .validation("Template error: Fn::Select requires a list argument with two elements: an integer index and a list")
            }
        case "Fn::FindInMap" where count != 3 && count != 4:
            throw .validation(
                "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value"
            )
        case "Fn::If" where count != 3: throw .validation("Template error: Fn::If requires a list argument with three elements")
        case "Fn::Not" where count != 1: throw .validation("Template error: every Fn::Not object requires one boolean parameter.")
        case "Fn::And" where !(2...10).contains(count ?? 0), "Fn::Or" where !(2...10).contains(count ?? 0):
            throw .validation("Template error: every \(name) object requires a list of at least 2 and at most 10 boolean parameters.")
        default: break
        }
    }

    static func isAlphanumeric(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            }
    }
}
