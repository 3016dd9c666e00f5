import Deploying
import Model
import OrderedCollections
import Reporting

/// Deploys several stacks whose plans are approved: independent ones at the same time, and a failure stops only what depends on it.
struct ApplicationRun {
    let application: Application
    let steps: [Application.Step]
    /// `nil` where no plan has changes.
    let approval: Consent.Approval?

    private struct Conclusion {
        var ending: DeploymentSchedule.Ending
        var remark = ""
        var result: DeploymentResult?
    }

    func run(_ dependencies: OrderedDictionary<StackAddress, [StackAddress]>) async throws -> Application.Outcome {
        // Between two stacks too, a signal is to end the run and not the process.
        try await application.context.interruption.dealing { try await deployAll(dependencies) }
    }

    private func deployAll(_ dependencies: OrderedDictionary<StackAddress, [StackAddress]>) async throws -> Application.Outcome {
        let byAddress = Dictionary(uniqueKeysWithValues: steps.map { ($0.address, $0) })
        var schedule = DeploymentSchedule(dependencies, parallelism: application.parallelism)
        var conclusions: [StackAddress: Conclusion] = [:]
        try await withThrowingTaskGroup(of: (StackAddress, Conclusion).self) { group in
            func startNext() {
                // Whoever interrupts wants nothing more begun.
                let interruptions = application.context.interruption.count
                guard !Task.isCancelled, !application.workspace.interrupts.endsRun(at: interruptions) else { return }
                for step in schedule.start().compactMap({ byAddress[$0] }) {
                    group.addTask { (step.address, try await conclusion(of: step)) }
                }
            }
            startNext()
            while let (address, conclusion) = try await group.next() {
                conclusions[address] = conclusion
                schedule.end(address, as: conclusion.ending)
                startNext()
            }
        }
        if !application.common.json {
            let text = ScheduleText.render(schedule, remarks: conclusions.mapValues(\.remark), .output(application.context))
            application.context.terminal.write(text)
        }
        return (steps.compactMap { conclusions[$0.address]?.result }, schedule.exit)
    }

    /// Deploys one stack. What it fails by is told and is its conclusion: it concerns no other stack.
    private func conclusion(of step: Application.Step) async throws -> Conclusion {
        guard let approval, var cloud = step.cloud else { return Conclusion(ending: .unchanged) }
        // Where only one stack changes, nobody else writes meanwhile.
        let names = steps.filter(\.mayDeploy).map(\.address.description)
        let isAlone = names.count == 1
        if !isAlone {
            cloud.context = cloud.context.labelled(step.address.description, width: names.map(\.count).max() ?? 0)
        }
        do {
            let step = try await application.current(step, cloud.context)
            guard step.plan.hasChanges else { return Conclusion(ending: .unchanged, remark: "planned anew, it has no changes") }
            let result = try await application.deploy(step, cloud, approval, isAlone: isAlone)
            return Conclusion(ending: DeploymentSchedule.Ending(result), remark: Self.remark(result), result: result)
        } catch {
            guard let problem = explained(error) else { throw error }
            cloud.context.terminal.writeError(FindingText.render(problem.findings, .error(cloud.context)))
            return Conclusion(ending: problem.status == .refused ? .refused : .failed, remark: problem.findings.first?.summary ?? "")
        }
    }

    private static func remark(_ result: DeploymentResult) -> String {
        let deployment = result.deployment
        guard let failure = deployment.failure else { return "deployment \(deployment.serial)" }
        let subject = failure.logicalID.map { "\($0): " } ?? ""
        return subject + failure.message + (deployment.status.isOpen ? "; `pipeplan resume \(deployment.address)` follows it" : "")
    }
}
