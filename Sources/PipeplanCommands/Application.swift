import Deploying
import Foundation
import Model
import OrderedCollections
import Planning
import Project
import Reporting
import StateDatabase

/// The application of the plans of one stack or several: shown together, approved together, and deployed.
struct Application {
    let workspace: Workspace
    let context: Context
    let common: CommonOptions
    let aws: AWSOptions
    let sharing: ShareOptions
    let fetcher: ParameterFetcher
    let autoApprove: Bool
    /// Logical IDs whose hazards are agreed to.
    let allowed: Set<String>
    let parallelism: Int
    let handling: OperationHandling
    let onInterrupt: OnInterrupt?
    let saved: SavedPlan?
    /// The deployment that the one stack is put back to, instead of to what its files say.
    var rollback: RollbackTarget?
    /// What was found of the stacks just now, where their drift is to be put right; `nil` otherwise.
    var drift: [StackAddress: DriftReport]?

    var skipsHooks = false

    /// One stack with its plan, ready to be deployed.
    struct Step {
        var plan: Plan
        var prepared: PreparedStack
        var saved: SavedPlan.Stack?
        /// What the check of the account has found before anything else.
        var guarded: CloudAccess?
        /// What the same deployment has come to before it was interrupted.
        var interruption: InterruptedDeployment?
        /// The way into its account; `nil` where there is nothing to do.
        var cloud: CloudAccess?

        var address: StackAddress { plan.address }
        /// Whether there is something to do, or may be once other stacks are deployed.
        var mayDeploy: Bool { plan.hasChanges || !prepared.awaited.isEmpty }
    }

    /// What came of all stacks: the deployments in the order of the stacks, and the exit code.
    typealias Outcome = (results: [DeploymentResult], exit: ExitStatus)

    /// - Parameter dependencies: the stacks in the order of deployment, each with those it waits for.
    /// - Throws: where the plans can't be made or are not approved, and nothing was done; of a single stack whatever it fails by.
    func apply(_ dependencies: OrderedDictionary<StackAddress, [StackAddress]>) async throws -> Outcome {
        var steps = try await steps(Array(dependencies.keys))
        // Nobody is asked about what was not shown.
        let isAsked = !autoApprove && saved == nil
        if !common.json || isAsked {
            let drift = drift == nil ? try workspace.knownDrift(steps.map(\.plan)) : [:]
            let texts = steps.map { step in
                text(step) + (drift[step.address].map { KnownDriftText.render($0, .output(context), now: context.clock.now()) } ?? "")
            }
            let shown = texts.joined(separator: "\n") + PlanTotal.text(steps.map(\.plan), .output(context))
            if common.json { context.terminal.writeError(shown) } else { context.terminal.write(shown) }
        }
        for index in steps.indices where steps[index].mayDeploy {
            steps[index].cloud = try await workspace.enter(steps[index].prepared, aws, context, steps[index].guarded)
        }
        for step in steps { try requireCreation(step) }
        for step in steps {
            guard let changeSet = step.saved?.proposal?.changeSet else { continue }
            try Consent(context).refuseProtected(changeSet, step.prepared.desired.protected)
        }
        try await workspace.runHooksAfterPlan(of: steps.map { ($0.plan, $0.prepared) })
        let approval = try approve(steps.map(\.plan).filter(\.hasChanges))
        if steps.count == 1, let step = steps.first {
            guard let approval, let cloud = step.cloud else { return ([], .success) }
            let conclusion = try await deploy(step, cloud, approval, isAlone: true)
            return ([conclusion.result], conclusion.exit)
        }
        return try await ApplicationRun(application: self, steps: steps, approval: approval).run(dependencies)
    }

    /// - Returns: `nil` where there is nothing to approve.
    private func approve(_ plans: [Plan]) throws -> Consent.Approval? {
        guard !plans.isEmpty else { return nil }
        try requireImportsAlone(plans)
        if saved != nil {
            try Consent(context).refuseProtected(plans)
            return .planFile
        }
        guard let approval = try Consent(context).approve(plans, autoApprove: autoApprove, allowed: allowed) else {
            throw Problem(
                .refused, "not-approved", plans.count > 1 ? "The plans were not approved" : "The plan was not approved",
                detail: "Nothing was done.")
        }
        return approval
    }

    /// - Throws: `Problem` (exit code 3) where a plan has imports among other changes, which CloudFormation would refuse.
    private func requireImportsAlone(_ plans: [Plan]) throws {
        let notes = plans.flatMap(\.notes).filter { $0.code == "import-not-alone" }
        guard notes.isEmpty else {
            throw Problem(
                .refused,
                notes.map { note in
                    var error = note
                    error.severity = .error
                    return error
                })
        }
    }

    private func text(_ step: Step) -> String {
        PlanText.render(step.plan, .output(context))
            + (step.saved?.proposal.map { ProposalText.render(step.plan, $0, isKept: true, .output(context)) } ?? "")
    }

    /// A stack that exists is not deleted because an update of it fails (API reference, CreateChangeSet: OnStackFailure).
    private func requireCreation(_ step: Step) throws {
        guard handling.onFailure == .delete, step.mayDeploy, step.plan.kind != .create || step.saved?.proposal != nil else { return }
        throw Problem(
            .badInput, "on-failure-delete", "--on-failure DELETE is for stacks that are created, and \(step.address) is not, or not by it",
            detail: step.saved?.proposal != nil
                ? "Its change set was made before, without it." : "An update that fails is rolled back; or use --disable-rollback.")
    }

    // MARK: Planning

    /// Plans stacks, each behind those whose outputs it takes. Whatever has to be asked for is asked for here.
    private func steps(_ addresses: [StackAddress]) async throws -> [Step] {
        var outputs = AwaitedOutputs()
        var steps: [Step] = []
        for address in addresses {
            let stack = saved?.stacks.first { $0.plan.address == address }
            // A change set that was made before holds the values of then.
            outputs.showsRecorded = stack?.proposal != nil
            let step = try await step(address, stack, outputs)
            outputs.add(step.plan, step.prepared)
            steps.append(step)
        }
        return steps
    }

    private func step(_ address: StackAddress, _ stack: SavedPlan.Stack?, _ outputs: AwaitedOutputs) async throws -> Step {
        let guarded = try await workspace.accountCheck(address, aws, context)
        let interruption = try await workspace.settleInterrupted(address, aws, common, context, sharing)
        let prepared =
            if let rollback {
                try await rollback.prepare(workspace, fetcher, context: context)
            } else {
                try await workspace.prepare(address, profile: aws.profile, forDeployment: true, fetcher: fetcher, awaiting: outputs)
            }
        let plan = try self.plan(prepared)
        try workspace.requireSameStack(prepared)
        guard let stack else {
            return try await settled(
                Step(plan: plan, prepared: prepared, guarded: guarded ?? interruption?.cloud, interruption: interruption))
        }
        let findings = stack.staleness(
            desired: prepared.desired, current: plan, lineage: workspace.database.lineage, planLineage: saved?.lineage)
        guard findings.isEmpty else { throw Problem(.refused, findings) }
        return try await settled(
            Step(plan: stack.plan, prepared: prepared, saved: stack, guarded: guarded ?? interruption?.cloud, interruption: interruption))
    }

    /// A step with nothing to do would leave what was interrupted as it is: then that is taken back.
    private func settled(_ step: Step) async throws -> Step {
        guard !step.mayDeploy, let interruption = step.interruption else { return step }
        try await interruption.takeBack()
        var step = step
        step.interruption = nil
        return step
    }

    private func plan(_ prepared: PreparedStack) throws -> Plan {
        guard let report = drift?[prepared.desired.address] else { return try workspace.plan(prepared) }
        return try workspace.plan(prepared, reverting: report)
    }

    /// A stack whose turn has come, planned again where it takes outputs of stacks that were deployed before it.
    /// - Throws: `Problem` (exit code 3) where the new plan does more than the one that was shown, and that is not approved.
    func current(_ step: Step, _ context: Context) async throws -> Step {
        guard !step.prepared.awaited.isEmpty else { return step }
        var current = step
        current.prepared = try await workspace.completed(step.prepared, fetcher: fetcher)
        current.plan = try plan(current.prepared)
        try Consent(context).refuseProtected([current.plan])
        try requireImportsAlone([current.plan])
        if step.saved?.proposal != nil, current.prepared.desired.parameters != step.prepared.desired.parameters {
            throw Problem(
                .refused, "plan-stale", "The reviewed change set of \(step.address) was made with other values",
                detail: "Stacks whose outputs it takes have been deployed since. Plan again, review, and apply the new plan.")
        }
        let excess = current.plan.excess(over: step.plan, allowed: autoApprove ? allowed : [])
        guard !excess.isEmpty else { return current }
        if !common.json { context.terminal.write("\n" + PlanText.render(current.plan, .output(context))) }
        guard Consent(context).agreesToMore(excess, heading: "Planned anew, \(step.address) would do more than was shown:") else {
            throw Problem(
                .refused, "plan-grew", "Planned anew, it would do more than was shown",
                detail: "Nothing was done to \(step.address). Review its plan, and apply that: pipeplan apply \(step.address)")
        }
        return current
    }

    // MARK: Deploying

    /// - Parameter isAlone: whether no other stack is deployed in this run.
    func deploy(
        _ step: Step, _ cloud: CloudAccess, _ approval: Consent.Approval, isAlone: Bool
    ) async throws -> HookRunner.Conclusion {
        var request = try workspace.request(step.plan, step.prepared, cloud, approval: approval, proposal: step.saved?.proposal, handling)
        if rollback != nil {
            // The alarms stay as the stack has them: so they were planned.
            (request.kind, request.rollbackConfiguration) = (.rollback, nil)
        }
        request.revertsDrift = drift != nil
        var deployer = try cloud.deployer(
            workspace.database, total: step.plan.changes.count, autoApprove: autoApprove, quiet: common.json, isAlone: isAlone,
            plan: step.plan, graph: step.prepared.graph, onInterrupt: onInterrupt)
        defer { cloud.endWatching() }
        let hooks = skipsHooks ? Hooks() : step.prepared.configuration.hooks
        let runner = workspace.hookRunner(cloud.context)
        func subject(_ done: Deployment? = nil) throws -> HookRunner.Subject {
            try workspace.hookSubject(
                step.address, stackName: step.plan.stackName, region: step.plan.region, serial: done?.serial, status: done?.status.rawValue)
        }
        try await runner.run(hooks, .before, .apply, try subject())
        let result = try await workspace.underLease(step.address, cloud, sharing, aws, common) { right in
            // Whoever has interrupted meanwhile wants nothing begun.
            guard !workspace.interrupts.endsRun(at: cloud.context.interruption.count) else { throw CancellationError() }
            deployer.right = right
            return try await deployer.deploy(request, goingOnWith: step.interruption, workspace.database)
        }
        DeploymentEnd(cloud.context, common).tell(result, template: request.desired.template, nested: request.desired.nested)
        return try await runner.run(hooks, after: .apply, try subject(result.deployment), of: result)
    }
}
