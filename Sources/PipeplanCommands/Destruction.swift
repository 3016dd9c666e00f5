import Deploying
import Foundation
import Model
import OrderedCollections
import Planning
import Project
import Reporting
import StateDatabase
import Templates

/// The destruction of stacks: shown together, looked over for what would stop it, approved together, and done.
struct Destruction {
    let workspace: Workspace
    let context: Context
    let common: CommonOptions
    let aws: AWSOptions
    let autoApprove: Bool
    let parallelism: Int
    let skipsHooks: Bool
    let sharing: ShareOptions
    let handling: OperationHandling
    let onInterrupt: OnInterrupt?

    /// One stack, ready to be destroyed.
    private struct Step {
        var stack: RecordedStack
        /// `nil` where its files are gone.
        var settings: StackSettings?
        var plan: Plan
        var template: Template
        /// What the same destruction has come to before it was interrupted.
        var interruption: InterruptedDeployment?
        var cloud: CloudAccess?

        var address: StackAddress { stack.address }
    }

    /// - Throws: where a plan can't be made or is not approved, or something stands in the way, and nothing was done; of a single
    ///   stack whatever it fails by.
    func destroy(_ wanted: [RecordedStack]) async throws -> Application.Outcome {
        var interruptions: [StackAddress: InterruptedDeployment] = [:]
        for stack in wanted {
            interruptions[stack.address] = try await workspace.settleInterrupted(stack.address, aws, common, context, sharing)
        }
        // Some may have gone with what was interrupted.
        let recorded = try wanted.compactMap { try workspace.database.recordedStack($0.address) }
        guard !recorded.isEmpty else { return ([], .success) }
        let needs = try needs(of: recorded)
        var order = DestructionOrder.order(needs)
        var steps = try order.keys.compactMap { address in try recorded.first { $0.address == address }.map(step) }
        for index in steps.indices { steps[index].interruption = interruptions[steps[index].address] }
        let shown =
            steps.map { PlanText.render($0.plan, .output(context)) }.joined(separator: "\n")
            + PlanTotal.text(steps.map(\.plan), .output(context))
        if !common.json { context.terminal.write(shown) } else if !autoApprove { context.terminal.writeError(shown) }
        for index in steps.indices {
            let step = steps[index]
            steps[index].cloud = try await CloudAccess(
                context, aws, workspace, step.address, settings: step.settings, region: step.stack.region,
                recordedAccount: step.stack.accountID)
        }
        let surveyed = try await survey(steps)
        order = DestructionOrder.order(needs, andImportsOf: surveyed.map(\.exporter))
        try refuseObstacles(surveyed, order)
        guard let approval = try Consent(context).approve(steps.map(\.plan), autoApprove: autoApprove) else {
            throw Problem(.refused, "not-approved", "The destruction was not approved", detail: "Nothing was done.")
        }
        if steps.count == 1, let step = steps.first, let cloud = step.cloud {
            let conclusion = try await destroy(step, cloud, approval, isAlone: true)
            return ([conclusion.result], conclusion.exit)
        }
        return try await run(steps, order, approval)
    }

    private func run(
        _ steps: [Step], _ order: OrderedDictionary<StackAddress, [StackAddress]>, _ approval: Consent.Approval
    ) async throws -> Application.Outcome {
        let byAddress = Dictionary(uniqueKeysWithValues: steps.map { ($0.address, $0) })
        let width = steps.map(\.address.description.count).max() ?? 0
        let run = StackRun(
            context: context, interrupts: workspace.interrupts, parallelism: parallelism, isQuiet: common.json, done: "destroyed")
        return try await run.run(order) { address in
            guard let step = byAddress[address], var cloud = step.cloud else { return StackRun.Conclusion(ending: .unchanged) }
            cloud.context = cloud.context.labelled(address.description, width: width)
            do {
                return StackRun.Conclusion(try await destroy(step, cloud, approval, isAlone: false))
            } catch {
                guard let conclusion = StackRun.Conclusion(telling: error, in: cloud.context) else { throw error }
                return conclusion
            }
        }
    }

    // MARK: Order

    /// Which stacks each needs: as the files have them made, and as exports are imported by what is recorded.
    private func needs(of recorded: [RecordedStack]) throws -> OrderedDictionary<StackAddress, [StackAddress]> {
        let known = recorded.map(\.address).filter { (try? workspace.project.configuration(of: $0)) != nil }
        var needs = try workspace.project.deploymentDependencies(known)
        for stack in recorded where needs[stack.address] == nil { needs[stack.address] = [] }
        for stack in recorded {
            for name in stack.outputs.compactMap(\.exportName) {
                for importer in try workspace.recordedImporters(of: name, from: stack) where needs[importer.address] != nil {
                    needs[importer.address]?.append(stack.address)
                }
            }
        }
        return needs.mapValues { Array(OrderedSet($0)) }
    }

    private func step(_ stack: RecordedStack) throws -> Step {
        let settings = try workspace.settings(ofRecorded: stack.address)
        let plan = try planDestroy(stack, protected: Set(settings?.protect.map(\.value) ?? []), types: workspace.types)
        return Step(stack: stack, settings: settings, plan: plan, template: try workspace.template(of: stack, settings))
    }

    // MARK: What stands in the way

    /// A stack with what was found out about it.
    private struct Surveyed {
        var step: Step
        var account: String
        var survey: RemovalSurvey

        var exporter: DestructionOrder.Exporter {
            DestructionOrder.Exporter(
                address: step.address, place: "\(account) \(step.stack.region)",
                stacks: survey.nestedStacks.union([step.stack.stackName]), importers: Set(survey.imports.flatMap { $0.users }))
        }
    }

    /// Looks at every stack, and tells what stays.
    private func survey(_ steps: [Step]) async throws -> [Surveyed] {
        var found: [Surveyed] = []
        for step in steps {
            guard let cloud = step.cloud else { continue }
            found.append(Surveyed(step: step, account: cloud.identity.account, survey: try await survey(step, cloud)))
        }
        if !common.json { context.terminal.write(RemovalText.render(found.map(\.survey), .output(context))) }
        return found
    }

    /// What a stack's hooks may put right before it is destroyed is looked at again behind them.
    /// - Throws: `Problem` (exit code 3) with everything that would make CloudFormation fail.
    private func refuseObstacles(_ found: [Surveyed], _ order: OrderedDictionary<StackAddress, [StackAddress]>) throws {
        var obstacles: [Finding] = []
        for surveyed in found {
            let (step, survey) = (surveyed.step, surveyed.survey)
            let before = order[step.address] ?? []
            let leaving = found.map(\.exporter).filter { before.contains($0.address) && $0.place == surveyed.exporter.place }
            for var obstacle in survey.obstacles(leaving: leaving.reduce(into: []) { $0.formUnion($1.stacks) }) {
                if found.count > 1 { obstacle.summary = "\(survey.address): \(obstacle.summary)" }
                if hasHooksBefore(step), obstacle.isContents {
                    obstacle.severity = .note
                    obstacle.detail = "The hooks before it come first. Where it is not empty then, nothing is destroyed."
                    context.terminal.writeError(FindingText.render(obstacle, .error(context)))
                } else {
                    obstacles.append(obstacle)
                }
            }
        }
        obstacles += try takenOutputs(of: found.map(\.step.address))
        guard obstacles.isEmpty else { throw Problem(.refused, obstacles) }
    }

    /// Outputs that stay as parameters of stacks which are not destroyed along: those could not be planned any more.
    private func takenOutputs(of leaving: [StackAddress]) throws -> [Finding] {
        let staying = try workspace.database.recordedStacks().map(\.address).filter { !leaving.contains($0) }
        return try staying.flatMap { address in
            try (workspace.settings(ofRecorded: address)?.parameters ?? [:]).compactMap { name, source in
                guard case .output(let stack, let output) = source.value, leaving.contains(stack) else { return nil }
                return source.place.finding(
                    "output-in-use", "The output \(output) of \(stack) is the value of parameter \(name) of \(address)",
                    detail: "Without it \(address) can't be planned any more. Destroy \(address) first or in the same run, or give the "
                        + "parameter another value.")
            }
        }
    }

    private func survey(_ step: Step, _ cloud: CloudAccess) async throws -> RemovalSurvey {
        try await RemovalSurveyor(cloud.session).survey(
            step.stack, step.plan, step.template, retained: handling.retained,
            importers: { try workspace.recordedImporters(of: $0, from: step.stack) })
    }

    private func hasHooksBefore(_ step: Step) -> Bool { !skipsHooks && step.settings?.hooks.before[.destroy] != nil }

    // MARK: Destroying

    private func destroy(
        _ step: Step, _ cloud: CloudAccess, _ approval: Consent.Approval, isAlone: Bool
    ) async throws -> HookRunner.Conclusion {
        let stack = step.stack
        var desired = try DesiredStack(asRecorded: stack, accountID: cloud.identity.account)
        desired.template = step.template
        let request = DeploymentRequest(
            plan: step.plan, desired: desired, kind: .destroy, actor: cloud.actor, git: GitState.current(of: workspace.project.root),
            toolVersion: Version.current, commandLine: Workspace.commandLine, approval: approval.rawValue,
            planJSON: try Workspace.encode(step.plan), serviceRole: step.settings?.serviceRole, handling: handling)
        var deployer = try cloud.deployer(
            workspace.database, total: step.plan.changes.count, autoApprove: autoApprove, quiet: common.json, isAlone: isAlone,
            plan: step.plan, graph: DependencyGraph(step.template), onInterrupt: onInterrupt)
        defer { cloud.endWatching() }
        let hooks = skipsHooks ? Hooks() : step.settings?.hooks ?? Hooks()
        let runner = workspace.hookRunner(cloud.context)
        var subject = try workspace.hookSubject(stack.address, stackName: stack.stackName, region: stack.region)
        try await runner.run(hooks, .before, .destroy, subject)
        if hasHooksBefore(step) {
            let obstacles = try await survey(step, cloud).obstacles.filter(\.isContents)
            guard obstacles.isEmpty else { throw Problem(.refused, obstacles) }
        }
        let result = try await workspace.underLease(step.address, cloud, sharing, aws, common) { right in
            // Whoever has interrupted meanwhile wants nothing begun.
            guard !workspace.interrupts.endsRun(at: cloud.context.interruption.count) else { throw CancellationError() }
            deployer.right = right
            return try await deployer.deploy(request, goingOnWith: step.interruption, workspace.database)
        }
        DeploymentEnd(cloud.context, common).tell(result, template: step.template, nested: stack.nestedTemplates(in: step.template))
        // What it had as outputs is what there is to clean up after.
        subject.serial = result.deployment.serial
        subject.status = result.deployment.status.rawValue
        return try await runner.run(hooks, after: .destroy, subject, of: result)
    }
}
