import Model
import Planning
import StateDatabase

/// The steps that are noted while a deployment runs: each as soon as the next one may have an effect.
enum Step: String {
    case changeSet = "change-set"
    case execute
    case delete

    /// The token of the request that takes this step, by which its events are known.
    func token(_ deployment: String) -> String { "\(deployment)-\(rawValue)" }

    static func == (noted: String?, step: Step) -> Bool { noted == step.rawValue }
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
    var stackID: String?
    /// Whether termination protection is set as the plan has it.
    var isProtected = false
    var follower = OperationFollower()

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
