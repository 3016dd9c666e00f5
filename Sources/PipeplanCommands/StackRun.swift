import Deploying
import Model
import OrderedCollections
import Reporting

/// Does something to several stacks, each behind those it has to wait for: independent ones at the same time, and a failure stops
/// only what waits for it. A summary tells what came of each.
struct StackRun {
    let context: Context
    /// Those of the command.
    let interrupts: InterruptDecisions
    let parallelism: Int
    /// Whether nothing but the result is printed.
    let isQuiet: Bool
    /// What is said of stacks that went through.
    var done = "applied"

    struct Conclusion {
        var ending: DeploymentSchedule.Ending
        var remark = ""
        var result: DeploymentResult?
    }

    /// - Parameters:
    ///   - dependencies: the stacks in their order, each with those it waits for.
    ///   - conclude: deals with one stack. What it throws is told and is that stack's failure, where it can be explained.
    /// - Returns: the deployments in the order of the stacks, and the exit code: the worst.
    func run(
        _ dependencies: OrderedDictionary<StackAddress, [StackAddress]>,
        _ conclude: @escaping @Sendable (StackAddress) async throws -> Conclusion
    ) async throws -> Application.Outcome {
        // Between two stacks too, a signal is to end the run and not the process.
        try await context.interruption.dealing { try await runAll(dependencies, conclude) }
    }

    private func runAll(
        _ dependencies: OrderedDictionary<StackAddress, [StackAddress]>,
        _ conclude: @escaping @Sendable (StackAddress) async throws -> Conclusion
    ) async throws -> Application.Outcome {
        var schedule = DeploymentSchedule(dependencies, parallelism: parallelism)
        var conclusions: [StackAddress: Conclusion] = [:]
        try await withThrowingTaskGroup(of: (StackAddress, Conclusion).self) { group in
            func startNext() {
                // Whoever interrupts wants nothing more begun.
                guard !Task.isCancelled, !interrupts.endsRun(at: context.interruption.count) else { return }
                for address in schedule.start() {
                    group.addTask { (address, try await conclude(address)) }
                }
            }
            startNext()
            while let (address, conclusion) = try await group.next() {
                conclusions[address] = conclusion
                schedule.end(address, as: conclusion.ending)
                startNext()
            }
        }
        if !isQuiet {
            context.terminal.write(
                ScheduleText.render(schedule, remarks: conclusions.mapValues(\.remark), done: done, .output(context)))
        }
        return (dependencies.keys.compactMap { conclusions[$0]?.result }, schedule.exit)
    }
}

extension StackRun.Conclusion {
    init(_ conclusion: HookRunner.Conclusion) {
        self.init(conclusion.result)
        guard let failure = conclusion.failure, [.applied, .unchanged].contains(ending) else { return }
        ending = failure.status == .interrupted ? .interrupted : .failed
        remark = failure.findings.first?.summary ?? remark
    }

    private init(_ result: DeploymentResult) {
        let deployment = result.deployment
        var remark = "deployment \(deployment.serial)"
        if let failure = deployment.failure {
            let subject = failure.logicalID.map { "\($0): " } ?? ""
            remark = subject + failure.message + (deployment.status.isOpen ? "; `pipeplan resume \(deployment.address)` follows it" : "")
        }
        self.init(ending: DeploymentSchedule.Ending(result), remark: remark, result: result)
    }

    /// A failure that concerns one stack only, told in its surroundings; `nil` where it can't be explained.
    init?(telling error: any Error, in context: Context) {
        if error is CancellationError {
            self.init(ending: .interrupted, remark: "interrupted before anything was begun")
            return
        }
        guard let problem = explained(error) else { return nil }
        context.terminal.writeError(FindingText.render(problem.findings, .error(context)))
        self.init(ending: problem.status == .refused ? .refused : .failed, remark: problem.findings.first?.summary ?? "")
    }
}
