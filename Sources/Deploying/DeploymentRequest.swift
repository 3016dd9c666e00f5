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
    /// Where templates over 51,200 bytes are uploaded to.
    package var artifactLocation: ArtifactLocation?
    /// The change set that was reviewed, to be executed and no other; `nil` has one made.
    package var proposal: ProposedChangeSet?
    /// Whether the change set compares with the resources as they are, and brings them back to what the template says.
    package var revertsDrift = false
    package var handling: OperationHandling
    /// The alarms that have CloudFormation roll back; `nil` leaves what the stack has.
    package var rollbackConfiguration: RollbackConfiguration?

    package init(
        plan: Plan, desired: DesiredStack, kind: DeploymentKind, actor: DeploymentActor, git: GitState?, toolVersion: String,
        commandLine: String, approval: String, planJSON: String, serviceRole: String? = nil, artifactLocation: ArtifactLocation? = nil,
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
        self.artifactLocation = artifactLocation
        self.proposal = proposal
        self.handling = handling
        self.rollbackConfiguration = rollbackConfiguration
    }

    /// The values that must not be stored or shown.
    package var secrets: [Secret] {
        let values = desired.parameters.values.compactMap { if case .secret(let secret, _) = $0 { secret } else { nil } }
        // Also the defaults that were not used: they stand in the templates.
        let defaults = ([desired.template] + desired.nested.values).flatMap(\.secretDefaults)
        return values + defaults.filter { !values.contains($0) }
    }

    /// What a change set is made with that is recorded nowhere else, as the end of its name: so that one that was made with something else
    /// is told from one to go on with.
    var mark: String {
        let settings = [plan.kind == .create ? handling.onFailure?.rawValue : nil, serviceRole]
        guard settings.contains(where: { $0 != nil }) else { return "" }
        return "-" + Digest(of: settings.map { $0 ?? "" }.joined(separator: "\n")).hex.prefix(8)
    }

    private static func mark(of token: String?) -> String {
        let parts = (token ?? "").split(separator: "-", maxSplits: 2)
        return parts.count > 2 ? "-\(parts[2])" : ""
    }

    /// Whether this asks for exactly what a recorded deployment set out to do, so that going on with that one does what was approved.
    ///
    /// - Parameters:
    ///   - recordedPlan: the plan it was approved with; `nil` where that can't be read.
    ///   - configuration: what it asked the stack to be.
    package func repeats(_ deployment: Deployment, plan recordedPlan: Plan?, _ configuration: StackConfiguration) -> Bool {
        guard let recordedPlan, recordedPlan == plan, kind == deployment.kind,
            deployment.changeSetName == proposal?.name ?? deployment.clientToken
        else { return false }
        if kind == .destroy { return true }
        // Nested templates are recorded as one text: rather begun anew than compared in part.
        return Self.mark(of: deployment.clientToken) == mark && desired.nested.isEmpty
            && Digest(of: desired.template.body) == deployment.templateDigest
            && desired.stackName == configuration.stackName && desired.region == configuration.region
            && desired.tags == configuration.tags && desired.capabilities == configuration.capabilities
            && desired.notificationArns == configuration.notificationArns
            && desired.terminationProtection == configuration.terminationProtection
            && desired.stackPolicy == configuration.stackPolicy && desired.rollback == configuration.rollback
            && desired.storedValues == configuration.storedValues
            && desired.parameters.count == configuration.parameters.count
            && desired.parameters.allSatisfy { name, value in configuration.parameters[name].map(value.isSame(as:)) ?? false }
    }
}

extension ParameterValue {
    /// Whether this is the value that was recorded; a secret is compared with its digest.
    func isSame(as recorded: RecordedParameter) -> Bool {
        switch (self, recorded) {
        case (.plain(let a), .plain(let b)): a == b
        case (.secret(let secret, let digest), .secret(let recorded?)): digest == recorded || recorded.matches(secret)
        case (.previousSecret(let a), .secret(let b)): a == b
        default: false
        }
    }
}
