import Deploying
import Model
import OrderedCollections

/// Deploys several stacks whose plans are approved.
struct ApplicationRun {
    let application: Application
    let steps: [Application.Step]
    /// `nil` where no plan has changes.
    let approval: Consent.Approval?

    func run(_ dependencies: OrderedDictionary<StackAddress, [StackAddress]>) async throws -> Application.Outcome {
        let byAddress = Dictionary(uniqueKeysWithValues: steps.map { ($0.address, $0) })
        let run = StackRun(
            context: application.context, interrupts: application.workspace.interrupts, parallelism: application.parallelism,
            isQuiet: application.common.json)
        return try await run.run(dependencies) { address in
            guard let step = byAddress[address] else { return StackRun.Conclusion(ending: .unchanged) }
            return try await conclusion(of: step)
        }
    }

    /// Deploys one stack. What it fails by is told and is its conclusion: it concerns no other stack.
    private func conclusion(of step: Application.Step) async throws -> StackRun.Conclusion {
        guard let approval, var cloud = step.cloud else { return StackRun.Conclusion(ending: .unchanged) }
        // Where only one stack changes, nobody else writes meanwhile.
        let names = steps.filter(\.mayDeploy).map(\.address.description)
        let isAlone = names.count == 1
        if !isAlone {
            cloud.context = cloud.context.labelled(step.address.description, width: names.map(\.count).max() ?? 0)
        }
        do {
            let step = try await application.current(step, cloud.context)
            guard step.plan.hasChanges else {
                try await step.interruption?.takeBack()
                return StackRun.Conclusion(ending: .unchanged, remark: "planned anew, it has no changes")
            }
            return StackRun.Conclusion(try await application.deploy(step, cloud, approval, isAlone: isAlone))
        } catch {
            guard let conclusion = StackRun.Conclusion(telling: error, in: cloud.context) else { throw error }
            return conclusion
        }
    }
}
