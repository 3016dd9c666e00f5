import Templates

/// What a request must acknowledge.
enum Capabilities {
    private static let nameProperties: [String: String] = [
        "AWS::IAM::Group": "GroupName", "AWS::IAM::InstanceProfile": "InstanceProfileName",
        "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName",
    ]
    private static let types: Set<String> = [
        "AWS::IAM::AccessKey", "AWS::IAM::Group", "AWS::IAM::InstanceProfile", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy",
        "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::UserToGroupAddition",
    ]

    /// The capability that the template's IAM resources need, and the types that need it.
    static func needed(by template: Template) -> (capability: String?, types: [String]) {
        let resources = template.resources.values.filter { types.contains($0.type) }
        let isNamed = resources.contains { resource in
            guard let name = nameProperties[resource.type] else { return false }
            return resource.properties.contains { $0.key == name }
        }
        let found = Set(resources.map(\.type)).sorted()
        return (found.isEmpty ? nil : isNamed ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM", found)
    }

    /// - Parameter isDirect: whether a stack is created or updated without a change set, where macros must be acknowledged too
    ///   (API reference, CreateChangeSet: `CAPABILITY_AUTO_EXPAND` has no effect there).
    static func check(_ given: [String], for template: Template, isDirect: Bool) throws(APIFailure) {
        let known: Set<String> = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
        if let other = given.first(where: { !known.contains($0) }) {
            throw .validation(
                "1 validation error detected: Value '[\(given.joined(separator: ", "))]' at 'capabilities' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [CAPABILITY_IAM, CAPABILITY_NAMED_IAM, CAPABILITY_AUTO_EXPAND]] (found \(other))"
            )
        }
        var missing: [String] = []
        if let needed = needed(by: template).capability, !given.contains("CAPABILITY_NAMED_IAM"), !given.contains(needed) {
            missing.append(needed)
        }
        if isDirect, !template.transforms.isEmpty, !given.contains("CAPABILITY_AUTO_EXPAND") { missing.append("CAPABILITY_AUTO_EXPAND") }
        guard missing.isEmpty else {
            throw APIFailure("InsufficientCapabilitiesException", "Requires capabilities : [\(missing.joined(separator: ", "))]")
        }
    }
}
