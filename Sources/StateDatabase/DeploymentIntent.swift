package import Foundation
package import Model
package import OrderedCollections

/// What a deployment asks a stack to be, its template aside.
package struct StackConfiguration: Hashable, Sendable, Codable {
    package var stackName: String
    package var region: String
    package var accountID: String?
    /// A NoEcho parameter whose value is still the recorded one should carry the recorded digest, not one under a new
    /// salt: equal configurations are stored once.
    package var parameters: OrderedDictionary<String, RecordedParameter>
    package var tags: OrderedDictionary<String, String>
    package var capabilities: [String]
    package var notificationArns: [String]
    package var terminationProtection: Bool
    /// `nil` where none was set.
    package var stackPolicy: JSONValue?
    /// The alarms that have CloudFormation roll back; `nil` where none were set.
    package var rollback: JSONValue?
    /// What SSM's parameter store had under the names that parameters of type `AWS::SSM::Parameter::Value<…>` give, by parameter.
    package var storedValues: [String: String]

    package init(
        stackName: String, region: String, accountID: String? = nil,
        parameters: OrderedDictionary<String, RecordedParameter> = [:], tags: OrderedDictionary<String, String> = [:],
        capabilities: [String] = [], notificationArns: [String] = [], terminationProtection: Bool = false,
        stackPolicy: JSONValue? = nil, rollback: JSONValue? = nil, storedValues: [String: String] = [:]
    ) {
        self.stackName = stackName
        self.region = region
        self.accountID = accountID
        self.parameters = parameters
        self.tags = tags
        self.capabilities = capabilities
        self.notificationArns = notificationArns
        self.terminationProtection = terminationProtection
        self.stackPolicy = stackPolicy
        self.rollback = rollback
        self.storedValues = storedValues
    }
}

/// What is recorded before a deployment does anything.
package struct DeploymentIntent: Hashable, Sendable {
    package var address: StackAddress
    package var kind: DeploymentKind
    package var startedAt: Date
    package var actor: DeploymentActor
    package var git: GitState?
    package var toolVersion: String
    package var commandLine: String
    /// What approved the plan: `yes`, `auto-approve` or `plan-file`.
    package var approval: String
    package var configuration: StackConfiguration
    /// The template as it will be sent to CloudFormation.
    package var templateBody: String
    /// The local templates it nests, by their paths from its folder.
    package var nestedTemplates: OrderedDictionary<String, String>
    /// The approved plan as JSON; `nil` where there is none, as for a refresh.
    package var planJSON: String?
    package var changeSetName: String?
    package var clientToken: String?
    /// The serial of the recorded stack that the plan was made against; `nil` where there was none.
    package var plannedAgainst: Int?
    /// Names a deployment that the share is not told of before it is done; `nil` where it is told, or nothing is shared.
    package var offlineID: String?

    package init(
        address: StackAddress, kind: DeploymentKind, startedAt: Date, actor: DeploymentActor, git: GitState? = nil,
        toolVersion: String, commandLine: String, approval: String, configuration: StackConfiguration, templateBody: String,
        nestedTemplates: OrderedDictionary<String, String> = [:], planJSON: String? = nil, changeSetName: String? = nil,
        clientToken: String? = nil, plannedAgainst: Int?, offlineID: String? = nil
    ) {
        self.address = address
        self.kind = kind
        self.startedAt = startedAt
        self.actor = actor
        self.git = git
        self.toolVersion = toolVersion
        self.commandLine = commandLine
        self.approval = approval
        self.configuration = configuration
        self.templateBody = templateBody
        self.nestedTemplates = nestedTemplates
        self.planJSON = planJSON
        self.changeSetName = changeSetName
        self.clientToken = clientToken
        self.plannedAgainst = plannedAgainst
        self.offlineID = offlineID
    }
}

/// What became known while a deployment is under way; `nil` leaves what was noted before.
package struct DeploymentProgress: Hashable, Sendable {
    /// The name of the step that is now done, in the deployer's own words.
    package var step: String?
    package var changeSetID: String?
    package var stackID: String?

    package init(step: String? = nil, changeSetID: String? = nil, stackID: String? = nil) {
        self.step = step
        self.changeSetID = changeSetID
        self.stackID = stackID
    }
}
