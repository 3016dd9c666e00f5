package import Foundation
package import Model

/// What a deployment set out to do. The raw values are the names scripts rely on.
package enum DeploymentKind: String, Hashable, Sendable, Codable, CaseIterable {
    case create, update, destroy
    case `import`
    case rollback, refresh
    case stateEdit = "state-edit"
    case driftAccept = "drift-accept"
}

/// Where a deployment stands. The raw values are the names scripts rely on.
package enum DeploymentStatus: String, Hashable, Sendable, Codable, CaseIterable {
    case inProgress = "in-progress"
    case succeeded, failed
    case rolledBack = "rolled-back"
    case cancelled
    /// CloudFormation is still at it and nobody here is watching.
    case detached
    case unchanged

    /// Whether the deployment has no outcome yet, so that its stack takes no other one.
    package var isOpen: Bool { self == .inProgress || self == .detached }
}

/// What a settled deployment did to the recorded stack.
package enum DeploymentEffect: String, Hashable, Sendable, Codable, CaseIterable {
    /// The stack is as it was: nothing to do, or given up before anything was done.
    case untouched
    /// The stack was worked on, but has its previous template and parameters: rolled back, or not removed entirely.
    case kept
    /// The deployment's template and parameters are the stack's.
    case applied
    /// The stack is gone.
    case removed
}

/// Who ran a deployment, and where.
package struct DeploymentActor: Hashable, Sendable, Codable {
    /// The ARN of the identity that AWS was asked as; `nil` where that was never found out.
    package var identityArn: String?
    /// The name of the user on that machine.
    package var user: String
    package var host: String

    package init(identityArn: String? = nil, user: String, host: String) {
        self.identityArn = identityArn
        self.user = user
        self.host = host
    }
}

/// The state of the Git work tree a deployment was made from.
package struct GitState: Hashable, Sendable, Codable {
    package var commit: String
    /// `nil` where HEAD is on no branch.
    package var branch: String?
    /// Whether the work tree differed from the commit.
    package var isDirty: Bool
    /// The remote's URL. A user name and password in it are dropped before it is recorded.
    package var remote: String?

    package init(commit: String, branch: String? = nil, isDirty: Bool, remote: String? = nil) {
        self.commit = commit
        self.branch = branch
        self.isDirty = isDirty
        self.remote = remote
    }
}

/// Why a deployment failed: the first thing that went wrong, not what followed from it.
package struct DeploymentFailure: Hashable, Sendable, Codable {
    /// The resource that failed; `nil` where it was no resource.
    package var logicalID: String?
    package var resourceType: String?
    /// The reason in the words of whoever gave it.
    package var message: String

    package init(logicalID: String? = nil, resourceType: String? = nil, message: String) {
        self.logicalID = logicalID
        self.resourceType = resourceType
        self.message = message
    }
}

extension Deployment {
    /// Whether this took over a stack that was made elsewhere: nothing was asked of CloudFormation but what the stack is.
    package var isAdoption: Bool { kind == .import && changeSetName == nil }

    /// Whether nothing was done at CloudFormation: a stack forgotten, recorded under another address, or taken over.
    package var isOfRecordsOnly: Bool { kind == .stateEdit || kind == .driftAccept || isAdoption }
}

/// A recorded attempt to change a stack, as it stands in the database. Times are exact to the millisecond.
package struct Deployment: Hashable, Sendable {
    /// The row's identity in this database. Nothing outside relies on it; a deployment is named by its address and serial.
    let id: Int64
    /// The row of the stack that `address` names.
    let stackKey: Int64

    package let address: StackAddress
    /// 1, 2, 3 … for each address.
    package let serial: Int
    package let kind: DeploymentKind
    package let status: DeploymentStatus
    package let stackName: String
    package let region: String
    package let accountID: String?
    package let startedAt: Date
    package let actor: DeploymentActor
    package let git: GitState?
    package let toolVersion: String
    package let commandLine: String
    package let approval: String
    /// The serial of the recorded stack that the plan was made against; `nil` where there was none.
    package let plannedAgainst: Int?
    package let changeSetName: String?
    package let clientToken: String?
    /// The UUID of a deployment that was made while the share could not be reached; `nil` for others.
    package let offlineID: String?
    /// Whether it waits to be published: until then its serial and hash may change.
    package let isUnpublished: Bool
    package let templateDigest: Digest
    package let planDigest: Digest?

    /// The last step that was noted.
    package let step: String?
    package let changeSetID: String?
    package let stackID: String?

    package let finishedAt: Date?
    package let stackStatus: StackStatus?
    /// `nil` as long as the deployment is open.
    package let effect: DeploymentEffect?
    package let failure: DeploymentFailure?
    /// Who settled the deployment, where that is not who began it.
    package let resumedBy: DeploymentActor?
    /// The head of the stack's chain of records at this deployment (docs/state-schema.md); of its intent only, as long as it is open.
    package let hash: Digest
}

extension Deployment {
    /// Whether this is the record that the other one was read from, however it has gone on.
    func isSame(as other: Deployment) -> Bool {
        id == other.id && stackKey == other.stackKey && kind == other.kind && startedAt == other.startedAt && actor == other.actor
            && clientToken == other.clientToken
    }
}
