/// What a resource of a type has to do with access beside the policies that stand in its properties.
///
/// A path is written with dots; a list on the way means each of its items.
struct PolicyCarrier: Sendable {
    /// Who a policy in the properties speaks of where it doesn't say; where none is there, the resource itself.
    var principals: [String] = []
    /// What a policy in the properties speaks of where it doesn't say; where none is there, the resource itself.
    var resources: [String] = []
    /// Names of policies that stand elsewhere.
    var managedPolicies: [String] = []
    var boundaries: [String] = []
    /// Access that is said without a policy.
    var permission: Permission?
    /// Whether the access is to, or of, another resource, so that it matters when this one goes.
    var isAttached = false

    static func of(_ type: String) -> PolicyCarrier {
        if let known = byType[type] { return known }
        // `AWS::SQS::QueuePolicy`, `AWS::Logs::ResourcePolicy`: all that are named so are attached to something else.
        return PolicyCarrier(isAttached: type.hasSuffix("Policy"))
    }

    /// Access said by a few properties.
    struct Permission: Sendable {
        enum Source: Sendable {
            case property(String)
            /// A managed policy named by a property.
            case policy(String)
            case words(String)
            case itself
        }

        var actions: Source
        var principals: Source
        var resources: Source
        /// Whether the principal is written as Lambda has it: a service, an account, an ARN, or `*`.
        var hasPolicyPrincipal = false
        /// Operator, condition key and the property with the value.
        var conditions: [(test: String, key: String, path: String)] = []
        /// A property that is a condition itself: an object of Type, Key and Value.
        var condition: String?
    }
}

extension PolicyCarrier {
    private static let attachedIdentity = PolicyCarrier(principals: ["Roles", "Users", "Groups"], isAttached: true)

    private static let byType: [String: PolicyCarrier] = [
        // Identities. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html
        "AWS::IAM::Role": PolicyCarrier(managedPolicies: ["ManagedPolicyArns"], boundaries: ["PermissionsBoundary"]),
        "AWS::IAM::User": PolicyCarrier(
            managedPolicies: ["ManagedPolicyArns"], boundaries: ["PermissionsBoundary"],
            permission: Permission(actions: .words("what the group may"), principals: .itself, resources: .property("Groups"))),
        "AWS::IAM::Group": PolicyCarrier(managedPolicies: ["ManagedPolicyArns"]),
        "AWS::IAM::Policy": attachedIdentity,
        "AWS::IAM::ManagedPolicy": attachedIdentity,
        "AWS::IAM::RolePolicy": PolicyCarrier(principals: ["RoleName"], isAttached: true),
        "AWS::IAM::UserPolicy": PolicyCarrier(principals: ["UserName"], isAttached: true),
        "AWS::IAM::GroupPolicy": PolicyCarrier(principals: ["GroupName"], isAttached: true),
        "AWS::IAM::UserToGroupAddition": PolicyCarrier(
            permission: Permission(
                actions: .words("what the group may"), principals: .property("Users"), resources: .property("GroupName")),
            isAttached: true),
        "AWS::SSO::PermissionSet": PolicyCarrier(
            managedPolicies: ["ManagedPolicies", "CustomerManagedPolicyReferences.Name"],
            boundaries: ["PermissionsBoundary.ManagedPolicyArn", "PermissionsBoundary.CustomerManagedPolicyReference.Name"]),
        "AWS::SSO::Assignment": PolicyCarrier(
            permission: Permission(
                actions: .policy("PermissionSetArn"), principals: .property("PrincipalId"), resources: .property("TargetId")),
            isAttached: true),
        "AWS::EKS::AccessEntry": PolicyCarrier(
            permission: Permission(
                actions: .policy("AccessPolicies.PolicyArn"), principals: .property("PrincipalArn"), resources: .property("ClusterName")),
            isAttached: true),
        "AWS::Serverless::Function": PolicyCarrier(boundaries: ["PermissionsBoundary"]),

        // Policies of resources that stand apart from them
        "AWS::S3::BucketPolicy": PolicyCarrier(resources: ["Bucket"], isAttached: true),
        "AWS::SQS::QueuePolicy": PolicyCarrier(resources: ["Queues"], isAttached: true),
        "AWS::SQS::QueueInlinePolicy": PolicyCarrier(resources: ["Queue"], isAttached: true),
        "AWS::SNS::TopicPolicy": PolicyCarrier(resources: ["Topics"], isAttached: true),
        "AWS::SNS::TopicInlinePolicy": PolicyCarrier(resources: ["TopicArn"], isAttached: true),
        "AWS::SecretsManager::ResourcePolicy": PolicyCarrier(resources: ["SecretId"], isAttached: true),
        "AWS::Kinesis::ResourcePolicy": PolicyCarrier(resources: ["ResourceArn"], isAttached: true),
        "AWS::MSK::ClusterPolicy": PolicyCarrier(resources: ["ClusterArn"], isAttached: true),

        // Permissions
        "AWS::Lambda::Permission": PolicyCarrier(
            permission: Permission(
                actions: .property("Action"), principals: .property("Principal"), resources: .property("FunctionName"),
                hasPolicyPrincipal: true,
                conditions: [
                    ("ArnLike", "aws:SourceArn", "SourceArn"), ("StringEquals", "aws:SourceAccount", "SourceAccount"),
                    ("StringEquals", "aws:PrincipalOrgID", "PrincipalOrgID"),
                    ("StringEquals", "lambda:EventSourceToken", "EventSourceToken"),
                    ("StringEquals", "lambda:FunctionUrlAuthType", "FunctionUrlAuthType"),
                    ("Bool", "lambda:InvokedViaFunctionUrl", "InvokedViaFunctionUrl"),
                ]),
            isAttached: true),
        "AWS::Lambda::LayerVersionPermission": PolicyCarrier(
            permission: Permission(
                actions: .property("Action"), principals: .property("Principal"), resources: .property("LayerVersionArn"),
                hasPolicyPrincipal: true, conditions: [("StringEquals", "aws:PrincipalOrgID", "OrganizationId")]),
            isAttached: true),
        "AWS::Events::EventBusPolicy": PolicyCarrier(
            resources: ["EventBusName"],
            permission: Permission(
                actions: .property("Action"), principals: .property("Principal"), resources: .property("EventBusName"),
                hasPolicyPrincipal: true, condition: "Condition"),
            isAttached: true),
        "AWS::EC2::VPCEndpointServicePermissions": PolicyCarrier(
            permission: Permission(
                actions: .words("connect"), principals: .property("AllowedPrincipals"), resources: .property("ServiceId"),
                hasPolicyPrincipal: true),
            isAttached: true),
        "AWS::RAM::ResourceShare": PolicyCarrier(
            permission: Permission(actions: .words("use"), principals: .property("Principals"), resources: .property("ResourceArns")),
            isAttached: true),
        "AWS::RAM::PrincipalAssociation": PolicyCarrier(
            permission: Permission(actions: .words("use"), principals: .property("Principal"), resources: .property("ResourceShareArn")),
            isAttached: true),
        "AWS::LakeFormation::PrincipalPermissions": PolicyCarrier(
            permission: Permission(
                actions: .property("Permissions"), principals: .property("Principal.DataLakePrincipalIdentifier"),
                resources: .property("Resource")),
            isAttached: true),
        "AWS::LakeFormation::Permissions": PolicyCarrier(
            permission: Permission(
                actions: .property("Permissions"), principals: .property("DataLakePrincipal.DataLakePrincipalIdentifier"),
                resources: .property("Resource")),
            isAttached: true),
        "AWS::ACMPCA::Permission": PolicyCarrier(
            permission: Permission(
                actions: .property("Actions"), principals: .property("Principal"), resources: .property("CertificateAuthorityArn"),
                hasPolicyPrincipal: true),
            isAttached: true),
    ]

    /// The types named in the table, for a test to compare with the catalog.
    static var tableTypes: [(type: String, carrier: PolicyCarrier)] { byType.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    /// Every property path that is named here.
    var paths: [String] {
        var paths = principals + resources + managedPolicies + boundaries
        guard let permission else { return paths }
        for source in [permission.actions, permission.principals, permission.resources] {
            switch source {
            case .property(let path), .policy(let path): paths.append(path)
            case .words, .itself: break
            }
        }
        return paths + permission.conditions.map(\.path) + [permission.condition].compactMap(\.self)
    }
}
