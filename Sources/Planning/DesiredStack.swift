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
    /// A value for every parameter the template declares.
    package var parameters: OrderedDictionary<String, ParameterValue>
    /// Parameters that keep the value the stack has, because their source can't be read here.
    package var previousParameters: Set<String>
    package var tags: OrderedDictionary<String, String>
    package var capabilities: [String]
    package var notificationArns: [String]
    package var terminationProtection: Bool
    /// Logical IDs that must not be replaced or removed.
    package var protected: Set<String>

    package init(
        address: StackAddress, stackName: String, region: String, accountID: String? = nil, template: Template,
        parameters: OrderedDictionary<String, ParameterValue> = [:], previousParameters: Set<String> = [],
        tags: OrderedDictionary<String, String> = [:], capabilities: [String] = [], notificationArns: [String] = [],
        terminationProtection: Bool = false, protected: Set<String> = []
    ) {
        self.address = address
        self.stackName = stackName
        self.region = region
        self.accountID = accountID
        self.template = template
        self.parameters = parameters
        self.previousParameters = previousParameters
        self.tags = tags
        self.capabilities = capabilities
        self.notificationArns = notificationArns
        self.terminationProtection = terminationProtection
        self.protected = protected
    }
}
