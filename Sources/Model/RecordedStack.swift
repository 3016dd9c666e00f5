package import OrderedCollections

/// A parameter's value as it may be stored: a secret only as its digest.
package enum RecordedParameter: Hashable, Sendable, Codable {
    case plain(String)
    /// A NoEcho value. The digest is missing where the value was never known here, as after `UsePreviousValue`.
    case secret(SecretDigest?)
}

/// What the last deployment that changed a stack left behind: everything the planner compares a desired stack with.
package struct RecordedStack: Hashable, Sendable, Codable {
    package var address: StackAddress
    package var stackName: String
    package var stackID: String?
    package var region: String
    package var accountID: String?
    /// The deployment this is taken from.
    package var serial: Int
    /// The stack's status after that deployment.
    package var status: StackStatus
    /// The template as it was sent to CloudFormation.
    package var templateBody: String
    /// The local templates it nests, by their paths from its folder.
    package var nestedTemplates: OrderedDictionary<String, String>
    package var parameters: OrderedDictionary<String, RecordedParameter>
    package var tags: OrderedDictionary<String, String>
    package var capabilities: [String]
    package var notificationArns: [String]
    package var terminationProtection: Bool
    /// `nil` where none was set from here.
    package var stackPolicy: JSONValue?
    /// The alarms that roll back, as stack.yml has them; `nil` where none were set from here.
    package var rollback: JSONValue?
    /// What SSM's parameter store had under the names that parameters of type `AWS::SSM::Parameter::Value<…>` give, by parameter.
    package var storedValues: [String: String]
    package var resources: [StackResource]
    package var outputs: [StackOutput]

    /// The template of a stack that has none of what was sent: its first deployment was rolled back.
    package static let emptyTemplate = #"{"Resources": {}}"#

    /// Whether no template ever took effect: there is nothing to compare with.
    package var isEmpty: Bool { templateBody == Self.emptyTemplate }

    package init(
        address: StackAddress, stackName: String, stackID: String? = nil, region: String, accountID: String? = nil, serial: Int,
        status: StackStatus, templateBody: String, nestedTemplates: OrderedDictionary<String, String> = [:],
        parameters: OrderedDictionary<String, RecordedParameter> = [:],
        tags: OrderedDictionary<String, String> = [:], capabilities: [String] = [], notificationArns: [String] = [],
        terminationProtection: Bool = false, stackPolicy: JSONValue? = nil, rollback: JSONValue? = nil,
        storedValues: [String: String] = [:], resources: [StackResource] = [], outputs: [StackOutput] = []
    ) {
        self.address = address
        self.stackName = stackName
        self.stackID = stackID
        self.region = region
        self.accountID = accountID
        self.serial = serial
        self.status = status
        self.templateBody = templateBody
        self.nestedTemplates = nestedTemplates
        self.parameters = parameters
        self.tags = tags
        self.capabilities = capabilities
        self.notificationArns = notificationArns
        self.terminationProtection = terminationProtection
        self.stackPolicy = stackPolicy
        self.rollback = rollback
        self.storedValues = storedValues
        self.resources = resources
        self.outputs = outputs
    }
}
