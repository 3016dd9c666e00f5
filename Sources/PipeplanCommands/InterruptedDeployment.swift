import Deploying
import Model
import Planning
import Reporting
import StateDatabase

/// A deployment whose process died before CloudFormation was told to execute anything.
struct InterruptedDeployment {
    let deployment: Deployment
    let plan: Plan
    let cloud: CloudAccess
    private let deployer: Deployer

    fileprivate init(_ deployment: Deployment, _ plan: Plan, _ cloud: CloudAccess, _ deployer: Deployer) {
        self.deployment = deployment
        self.plan = plan
        self.cloud = cloud
        self.deployer = deployer
    }

    /// Whether going on with it does what a request asks for.
    func isRepeated(by request: DeploymentRequest, _ database: StateDatabase) throws -> Bool {
        request.repeats(deployment, plan: plan, try database.configuration(of: deployment))
    }

    /// Cleans up after it and records that nothing came of it.
    func takeBack() async throws { _ = try await deployer.resume(deployment, plan: plan, by: cloud.actor) }
}

extension Deployer {
    /// Deploys what was approved, going on with what was interrupted where that is the same; else that is taken back first.
    func deploy(
        _ request: DeploymentRequest, goingOnWith interruption: InterruptedDeployment?, _ database: StateDatabase
    ) async throws -> DeploymentResult {
        guard let interruption else { return try await deploy(request) }
        if try interruption.isRepeated(by: request, database) { return try await proceed(interruption.deployment, request) }
        try await interruption.takeBack()
        return try await deploy(request)
    }
}

extension Workspace {
    /// Settles the deployment of a stack that has no outcome yet: whatever was under way when its process died is known before
    /// anything else is planned.
    /// - Returns: one that can be gone on with or taken back, since nothing was executed.
    /// - Throws: `RecordingRefusal.held` where its process is alive.
    func settleInterrupted(
        _ address: StackAddress, _ aws: AWSOptions, _ common: CommonOptions, _ context: Context, _ sharing: ShareOptions
    ) async throws -> InterruptedDeployment? {
        guard let deployment = try database.openDeployment(address) else { return nil }
        guard try shareLocation() == nil else {
            try await settleShared(deployment, aws, common, context, sharing)
            return nil
        }
        _ = try database.requireHold(address)
        context.terminal.writeError(Self.notice(of: deployment, Style.error(context)))
        let cloud = try await CloudAccess(
            context, aws, self, address, settings: try settings(ofRecorded: address), region: deployment.region,
            recordedAccount: deployment.accountID)
        guard !deployment.isAdoption else {
            // Nothing but records was to come of it.
            try database.finish(deployment, Deployment.interruptedAdoption(at: context.clock.now(), by: cloud.actor), secrets: [])
            return nil
        }
        let plan = try recordedPlan(of: deployment)
        let deployer = try cloud.deployer(
            database, total: plan.changes.count, autoApprove: false, quiet: common.json, plan: plan, graph: graph(of: deployment))
        guard let result = try await deployer.settleIfBegun(deployment, plan: plan, by: cloud.actor) else {
            return InterruptedDeployment(deployment, plan, cloud, deployer)
        }
        let template = try template(of: deployment, try settings(ofRecorded: address))
        let recorded = try database.recordedStack(address)
        let nested = template.flatMap { recorded?.nestedTemplates(in: $0) } ?? [:]
        DeploymentEnd(context, common).tell(result, template: template, nested: nested)
        if result.ending.exit == .interrupted { throw CancellationError() }
        guard !result.deployment.status.isOpen else { throw RecordingRefusal.deploymentOpen(result.deployment) }
        guard result.ending.exit == .success else { throw Self.failedMeanwhile(address) }
        return nil
    }

    /// Trying it again is for somebody to decide who has seen this.
    static func failedMeanwhile(_ address: StackAddress) -> Problem {
        Problem(
            .failed, "interrupted-failed", "What was under way for \(address) has failed meanwhile",
            detail: "It is recorded now, and nothing else was begun. The same command once more tries again.")
    }

    /// - Throws: `Problem` (exit code 1) where another version recorded it in another form.
    func recordedPlan(of deployment: Deployment) throws -> Plan {
        if let plan = try database.recordedPlan(of: deployment) { return plan }
        throw Problem(
            .failed, "no-recorded-plan", "The plan of \(deployment.address) deployment \(deployment.serial) can't be read",
            detail: "It was recorded by pipeplan \(deployment.toolVersion): resume it with that version.")
    }

    /// What a plan says of a deployment without an outcome: it may be running, or its process is gone.
    static func openNotice(_ deployment: Deployment, _ style: Style) -> String {
        "\(style.yellow("Deployment \(deployment.serial) of \(deployment.address) has no outcome yet")): "
            + "\(deployment.actor.user.printable) on \(deployment.actor.host.printable) began it at \(TimeText.rfc3339(deployment.startedAt)). "
            + "Where it runs no more, `pipeplan resume \(deployment.address)` settles it.\n"
    }

    /// What was under way, in one line.
    static func notice(of deployment: Deployment, _ style: Style) -> String {
        let began = "\(deployment.actor.user) on \(deployment.actor.host) began it at \(TimeText.rfc3339(deployment.startedAt))"
        let what = deployment.status == .detached ? "is not watched by anybody" : "was interrupted"
        return "\(style.yellow("Deployment \(deployment.serial) of \(deployment.address) \(what)")): \(began.printable).\n"
    }
}
