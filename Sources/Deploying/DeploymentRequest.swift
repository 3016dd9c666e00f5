package import AWS
package import Model
package import Planning
package import StateDatabase
import Templates

/// Everything one deployment needs to know: what was approved, what is sent, and what is recorded about who and why.
package struct DeploymentRequest: Sendable {
    package var plan: Plan
    package var desired: DesiredStack
    package var kind: DeploymentKind
    package var actor: DeploymentActor
    package var git: GitState?
    package var toolVersion: String
    package var commandLine: String
    /// `yes`, `auto-approve` or `plan-file`.
    package var approval: String
    package var planJSON: String
    /// The role CloudFormation itself uses.
    package var serviceRole: String?
    /// The bucket for templates over 51,200 bytes.
    package var artifactBucket: String?
    /// The change set that was reviewed, to be executed and no other; `nil` has one made.
    package var proposal: ProposedChangeSet?
    package var handling: OperationHandling
    /// The alarms that have CloudFormation roll back; `nil` leaves what the stack has.
    package var rollbackConfiguration: RollbackConfiguration?

    package init(
        plan: Plan, desired: DesiredStack, kind: DeploymentKind, actor: DeploymentActor, git: GitState?, toolVersion: String,
        commandLine: String, approval: String, planJSON: String, serviceRole: String? = nil, artifactBucket: String? = nil,
        proposal: ProposedChangeSet? = nil, handling: OperationHandling = OperationHandling(),
        rollbackConfiguration: RollbackConfiguration? = nil
    ) {
        self.plan = plan
        self.desired = desired
        self.kind = kind
        self.actor = actor
        self.git = git
        self.toolVersion = toolVersion
        self.commandLine = commandLine
        self.approval = approval
        self.planJSON = planJSON
        self.serviceRole = serviceRole
        self.artifactBucket = artifactBucket
        self.proposal = proposal
        self.handling = handling
        self.rollbackConfiguration = rollbackConfiguration
    }

    /// The values that must not be stored or shown.
    package var secrets: [Secret] {
        desired.parameters.values.compactMap { if case .secret(let secret, _) = $0 { secret } else { nil } }
    }
}
