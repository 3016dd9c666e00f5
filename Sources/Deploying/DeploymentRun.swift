import Model
import Planning
import StateDatabase

/// The steps that are noted while a deployment runs: each as soon as the next one may have an effect.
enum Step: String {
    case changeSet = "change-set"
    case execute
    case delete
    /// Rolls back what failed, or goes on with a rollback that did.
    case rollback
    /// Cancels what `execute` has begun.
    case cancel

    /// The token of the request that takes this step, by which its events are known.
    func token(_ deployment: String) -> String { "\(deployment)-\(rawValue)" }

    static func == (noted: String?, step: Step) -> Bool { noted == step.rawValue }
}

extension DeploymentMachine.Action {
    /// The step that is noted right before this may have an effect. That a change set is made is noted once its ID is known.
    var step: Step? {
        switch self {
        case .execute: .execute
        case .deleteStack, .deleteStackRetaining: .delete
        case .rollBackStack, .continueRollback: .rollback
        case .cancelUpdate, .cancelCreation: .cancel
        default: nil
        }
    }
}

extension DeploymentMachine.Operation {
    /// What CloudFormation had been told to do, and has begun, when a deployment was interrupted; `nil` for nothing.
    /// - Parameters:
    ///   - step: the last one that was noted.
    ///   - stack: the stack's status now; `nil` where it is gone.
    ///   - wasTaken: whether there is a sign that CloudFormation has taken an execution or a rollback.
    init?(interruptedAt step: String?, of kind: DeploymentKind, stack: StackStatus?, wasTaken: Bool) {
        let isDeleted = stack.map { $0.rawValue.hasPrefix("DELETE_") } ?? true
        switch (kind, step) {
        case (.destroy, _): if isDeleted { self = .destroying } else { return nil }
        case (_, Step.delete.rawValue): if isDeleted { self = .clearing } else { return nil }
        case (_, Step.rollback.rawValue): if wasTaken { self = .rollingBack } else { return nil }
        default: if wasTaken { self = .executing } else { return nil }
        }
    }
}

/// What a running deployment has learned so far.
struct DeploymentRun {
    let deployment: Deployment
    let plan: Plan
    /// `nil` for one that is resumed: nothing is sent any more then.
    let request: DeploymentRequest?
    let stackName: String
    let token: String
    let resumedBy: DeploymentActor?
    /// The name, and the ARN once there is one.
    var changeSetName: String
    /// `nil` where none was made in this run.
    var changeSetKind: DeploymentMachine.ChangeSetKind?
    var stackID: String?
    /// Whether termination protection is set as the plan has it.
    var isProtected = false
    var follower = OperationFollower()
    /// How many interruptions are dealt with.
    var interruptionsSeen = 0
    /// Whether what is followed is somebody else's operation.
    var isWaiting = false
    /// The names of nested stacks by their paths, as far as they were looked into.
    var nestedNames: [String: String] = [:]

    /// - Parameter resumedBy: who goes on with a deployment that somebody else began.
    init(
        _ deployment: Deployment, _ request: DeploymentRequest, changeSetName: String, token: String, resumedBy: DeploymentActor? = nil
    ) {
        self.deployment = deployment
        self.request = request
        self.changeSetName = changeSetName
        self.token = token
        plan = request.plan
        stackName = request.plan.stackName
        self.resumedBy = resumedBy
    }

    /// Takes note of one more interruption.
    mutating func interrupted() -> DeploymentMachine.Event {
        interruptionsSeen += 1
        return .interrupted
    }

    init(resuming deployment: Deployment, _ plan: Plan, by actor: DeploymentActor) {
        self.deployment = deployment
        self.plan = plan
        request = nil
        stackName = deployment.stackName
        token = deployment.clientToken ?? ""
        changeSetName = deployment.changeSetID ?? deployment.changeSetName ?? ""
        resumedBy = actor
    }
}
