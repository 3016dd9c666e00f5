package import Model
package import OrderedCollections
package import Templates

/// A stack as its files describe it, everything that could be resolved resolved.
package struct DesiredStack: Sendable {
    package var address: StackAddress
    package var stackName: String
    package var region: String
    /// Known when it was asked for; the planner does not need it.
    package var accountID: String?
    package var template: Template
    /// The local templates it nests, at any depth, by their addresses, or by their paths from its folder where they are not packaged.
    package var nested: [String: Template]
    /// The local files and folders that the templates name.
    package var artifacts: [Artifact]
    /// The folder of the template, from that of the outermost one; empty for that one itself.
    var folder = ""
    /// Whether the stack's name is more than a placeholder: that of a nested stack is made up when it is created.
    var hasKnownName = true
    /// A value for every parameter the template declares.
    package var parameters: OrderedDictionary<String, ParameterValue>
    /// Parameters that keep the value the stack has, because their source can't be read here.
    package var previousParameters: Set<String>
    package var tags: OrderedDictionary<String, String>
    package var capabilities: [String]
    package var notificationArns: [String]
    package var terminationProtection: Bool
    /// `nil` where there is none.
    package var stackPolicy: JSONValue?
    /// The alarms that have CloudFormation roll back, as stack.yml has them; `nil` where there are none.
    package var rollback: JSONValue?
    /// What SSM's parameter store has under the names that parameters of type `AWS::SSM::Parameter::Value<…>` give, by parameter;
    /// one that is missing was not asked.
    package var storedValues: [String: String]
    /// Logical IDs that must not be replaced or removed.
    package var protected: Set<String>
    /// By logical ID, what identifies existing resources that are to become part of the stack.
    package var imports: [String: OrderedDictionary<String, String>] = [:]

    package init(
        address: StackAddress, stackName: String, region: String, accountID: String? = nil, template: Template,
        nested: [String: Template] = [:], artifacts: [Artifact] = [],
        parameters: OrderedDictionary<String, ParameterValue> = [:], previousParameters: Set<String> = [],
        tags: OrderedDictionary<String, String> = [:], capabilities: [String] = [], notificationArns: [String] = [],
        terminationProtection: Bool = false, stackPolicy: JSONValue? = nil, rollback: JSONValue? = nil,
        storedValues: [String: String] = [:],
        protected: Set<String> = []
    ) {
        self.address = address
        self.stackName = stackName
        self.region = region
        self.accountID = accountID
        self.template = template
        self.nested = nested
        self.artifacts = artifacts
        self.parameters = parameters
        self.previousParameters = previousParameters
        self.tags = tags
        self.capabilities = capabilities
        self.notificationArns = notificationArns
        self.terminationProtection = terminationProtection
        self.stackPolicy = stackPolicy
        self.rollback = rollback
        self.storedValues = storedValues
        self.protected = protected
    }
}

extension DesiredStack {
    /// The nested templates as they are recorded.
    package var nestedTemplateBodies: OrderedDictionary<String, String> { Planning.nestedTemplateBodies(nested) }
}

func nestedTemplateBodies(_ templates: [String: Template]) -> OrderedDictionary<String, String> {
    var bodies: OrderedDictionary<String, String> = [:]
    for (path, template) in templates.sorted(by: { $0.key < $1.key }) { bodies[path] = template.recordedBody }
    return bodies
}
