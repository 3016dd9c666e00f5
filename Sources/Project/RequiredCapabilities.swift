package import Model
package import Templates

extension StackSettings {
    /// The capability that templates need and `capabilities` does not give: CloudFormation would refuse the change set.
    ///
    /// Macros need none here: CAPABILITY_AUTO_EXPAND has no effect on a change set (API reference, CreateChangeSet: Capabilities).
    /// - Parameter nested: the templates that `template` nests.
    package func capabilityFindings(in template: Template, nested: some Sequence<Template>) -> [Finding] {
        guard !capabilities.contains(Self.namedIAM) else { return [] }
        let needing = ([template] + nested).flatMap { template in
            template.resources.values.filter { Self.iamTypes.contains($0.type) }.map { (resource: $0, template: template) }
        }
        let named = needing.first { Self.isNamed($0.resource) }
        guard let (resource, template) = named ?? (capabilities.contains(Self.iam) ? nil : needing.first) else { return [] }
        let capability = named == nil ? Self.iam : Self.namedIAM
        let others = needing.count - 1
        let whose = others > 0 ? "\(resource.logicalID) and \(others) more need" : "\(resource.logicalID) needs"
        let given = capabilities.filter { $0 != Self.iam } + [capability]
        return [
            template.source.finding(
                "missing-capability", "\(whose) the capability \(capability)",
                detail:
                    "CloudFormation makes \(named == nil ? "IAM resources" : "IAM resources with names of their own") only where that is "
                    + "acknowledged. Add to stack.yml: `capabilities: [\(given.joined(separator: ", "))]`.",
                at: resource.span)
        ]
    }

    private static let iam = "CAPABILITY_IAM"
    private static let namedIAM = "CAPABILITY_NAMED_IAM"

    /// API reference, CreateChangeSet: Capabilities.
    private static let iamTypes: Set<String> = [
        "AWS::IAM::AccessKey", "AWS::IAM::Group", "AWS::IAM::InstanceProfile", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy",
        "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::UserToGroupAddition",
    ]

    /// User guide, Name type.
    private static let nameProperties: [String: String] = [
        "AWS::IAM::Group": "GroupName", "AWS::IAM::InstanceProfile": "InstanceProfileName",
        "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName",
    ]

    /// Whether it has a name of its own for certain: one that depends on a condition may come to none.
    private static func isNamed(_ resource: TemplateResource) -> Bool {
        guard let key = nameProperties[resource.type], let name = resource.properties.first(where: { $0.key == key })?.value else {
            return false
        }
        switch name.kind {
        case .if, .ref(PseudoParameter.noValue.rawValue): return false
        default: return true
        }
    }
}
