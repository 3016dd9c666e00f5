package import Foundation
package import Model

/// A resource as a deployment left it.
package struct RecordedResource: Hashable, Sendable {
    package var resource: StackResource
    /// The properties with all that is known put in, secrets masked; `nil` where they were not worked out, which leaves the recorded ones.
    package var properties: JSONValue?

    package init(_ resource: StackResource, properties: JSONValue? = nil) {
        self.resource = resource
        self.properties = properties
    }
}

/// What a stack consists of after a deployment.
package struct StackContents: Hashable, Sendable {
    package var stackID: String
    package var status: StackStatus
    /// All resources that exist now; `nil` where CloudFormation could not be asked, which leaves the recorded ones.
    package var resources: [RecordedResource]?
    /// All outputs; `nil` leaves the recorded ones.
    package var outputs: [StackOutput]?

    package init(stackID: String, status: StackStatus, resources: [RecordedResource]?, outputs: [StackOutput]?) {
        self.stackID = stackID
        self.status = status
        self.resources = resources
        self.outputs = outputs
    }
}

/// How a deployment ended.
package struct DeploymentOutcome: Hashable, Sendable {
    /// The statuses of a deployment that has ended.
    package enum Status: String, Hashable, Sendable {
        case succeeded, failed
        case rolledBack = "rolled-back"
        case cancelled, unchanged
    }

    /// What the deployment did to the stack; see `DeploymentEffect` for the meaning of each.
    package enum Effect: Hashable, Sendable {
        case untouched
        case kept(StackContents)
        case applied(StackContents)
        case removed

        var recorded: DeploymentEffect {
            switch self {
            case .untouched: .untouched
            case .kept: .kept
            case .applied: .applied
            case .removed: .removed
            }
        }

        var contents: StackContents? {
            switch self {
            case .kept(let contents), .applied(let contents): contents
            case .untouched, .removed: nil
            }
        }
    }

    package var status: Status
    package var effect: Effect
    package var finishedAt: Date
    package var failure: DeploymentFailure?
    /// Who settles the deployment, where that is not who began it.
    package var resumedBy: DeploymentActor?

    package init(
        status: Status, effect: Effect, finishedAt: Date, failure: DeploymentFailure? = nil, resumedBy: DeploymentActor? = nil
    ) {
        self.status = status
        self.effect = effect
        self.finishedAt = finishedAt
        self.failure = failure
        self.resumedBy = resumedBy
    }
}
