import Deploying
import Foundation
import Model
import Project
import Reporting
import StateDatabase
import Synchronization

/// Runs the hooks of stack.yml, and tells them by their environment what they are run for.
struct HookRunner: Sendable {
    enum Moment: String, Sendable { case before, after }

    /// What a hook learns of the stack it is run for. Nothing secret is in it: outputs are as they are recorded.
    struct Subject: Sendable {
        var address: StackAddress
        var stackName: String
        var region: String
        /// The deployment that the outputs are of; 0 where there is none.
        var serial: Int
        var outputs: [StackOutput]
        /// What came of it; `nil` before it.
        var status: String?
    }

    /// Where what they print goes, and their environment.
    let context: Context
    /// The folder they are run in: the project's.
    let folder: String

    /// Runs the hooks of one moment, one after the other.
    /// - Throws: `Problem` (exit code 1) where one fails whose failure counts. Those behind it are not run then.
    func run(_ hooks: Hooks, _ moment: Moment, _ operation: Hooks.Operation, _ subject: Subject) async throws {
        for hook in (moment == .before ? hooks.before : hooks.after)[operation] ?? [] {
            try await run(hook, "\(moment.rawValue) \(operation.rawValue)", subject)
        }
    }

    /// Runs the hooks after something was done, whose result is not lost where one fails: that is told, and becomes part of it.
    func run(_ hooks: Hooks, after operation: Hooks.Operation, _ subject: Subject, of result: DeploymentResult) async throws -> Conclusion {
        do {
            try await run(hooks, .after, operation, subject)
            return Conclusion(result: result)
        } catch let problem as Problem {
            context.terminal.writeError(FindingText.render(problem.findings, .error(context)))
            return Conclusion(result: result, failure: problem)
        }
    }

    /// What came of a deployment and of the hooks after it.
    struct Conclusion {
        var result: DeploymentResult
        /// A hook's; `nil` where none failed.
        var failure: Problem?

        var exit: ExitStatus { result.ending.exit == .success ? failure?.status ?? .success : result.ending.exit }
    }

    private func run(_ hook: Hook, _ name: String, _ subject: Subject) async throws {
        let style = Style.error(context)
        let terminal = context.terminal
        let environment = context.environment.merging(subject.variables(hook: name)) { _, own in own }
        let process = HookProcess(
            command: hook.command, environment: environment, folder: folder, timeout: .seconds(hook.timeoutSeconds), clock: context.clock,
            tell: { terminal.writeError("\(style.dim("\(name) |")) \($0.printable)\n") })
        let end: HookProcess.End
        do {
            // It leads its own process group, which a terminal's Ctrl-C does not reach.
            let seen = context.interruption.count
            let ended = try await context.interruption.dealing {
                try await context.interruption.unlessInterrupted(past: seen) { try await process.run() }
            }
            guard let ended else {
                throw Problem(
                    .interrupted, "interrupted", "The hook \(name) of \(subject.address) was interrupted", detail: "It was ended.")
            }
            end = ended
        } catch let failure as ChildProcess.NotStarted {
            return try take(hook, name, subject, "could not be started: \(failure.reason)")
        }
        switch end {
        case .exited(0): return
        case .exited(let code): try take(hook, name, subject, "exited with \(code)")
        case .timedOut: try take(hook, name, subject, "took longer than \(hook.timeoutSeconds) s, and was ended")
        case .cancelled: throw CancellationError()
        }
    }

    private func take(_ hook: Hook, _ name: String, _ subject: Subject, _ what: String) throws {
        let isBefore = name.hasPrefix(Moment.before.rawValue)
        let detail =
            isBefore
            ? "It is a hook of stack.yml, so nothing was done to \(subject.address). Put it right, or leave it out this time with --no-hooks."
            : "It is a hook of stack.yml. What it was run for is done, and recorded as \(subject.status ?? "such")."
        var finding = Finding(
            "hook-failed", "The hook \(name) of \(subject.address) \(what): \(hook.command.oneLine)", detail: detail)
        switch hook.onFailure {
        case .fail: throw Problem(.failed, [finding])
        case .warn:
            finding.severity = .warning
            finding.detail = "Its failure does not count: onFailure is warn."
            context.terminal.writeError(FindingText.render(finding, .error(context)))
        case .ignore: return
        }
    }
}

extension HookRunner.Subject {
    fileprivate func variables(hook: String) -> [String: String] {
        var variables = [
            "PIPEPLAN_HOOK": hook.replacing(" ", with: "-"), "PIPEPLAN_STACK": address.stack,
            "PIPEPLAN_ENVIRONMENT": address.environment ?? "", "PIPEPLAN_STACK_NAME": stackName, "PIPEPLAN_REGION": region,
            "PIPEPLAN_SERIAL": String(serial),
        ]
        variables["PIPEPLAN_STATUS"] = status
        for output in outputs { variables["PIPEPLAN_OUTPUT_\(output.key)"] = output.value }
        return variables
    }
}

/// The hooks around plans of one command: each stack's before its files are read, and once, however often it is planned.
final class PlanHooks: Sendable {
    private let begun = Mutex<Set<StackAddress>>([])
    /// Where AWS is reached, once that is known: in the sandbox's surroundings where that is used.
    let surroundings = Mutex<Context?>(nil)

    func before(_ settings: StackSettings, _ runner: HookRunner, _ subject: @Sendable () throws -> HookRunner.Subject) async throws {
        guard settings.hooks.before[.plan] != nil, begun.withLock({ $0.insert(settings.address).inserted }) else { return }
        try await runner.run(settings.hooks, .before, .plan, try subject())
    }
}

extension Workspace {
    func hookRunner(_ context: Context) -> HookRunner { HookRunner(context: context, folder: project.root) }

    /// The stack as it is recorded.
    /// - Parameter status: what came of what the hook is run after.
    func hookSubject(
        _ address: StackAddress, stackName: String, region: String, serial: Int? = nil, status: String? = nil
    ) throws -> HookRunner.Subject {
        let recorded = try database.recordedStack(address)
        return HookRunner.Subject(
            address: address, stackName: stackName, region: region, serial: serial ?? recorded?.serial ?? 0,
            outputs: recorded?.outputs ?? [], status: status)
    }

    func runHooksBeforePlan(of settings: StackSettings, _ recorded: RecordedStack?) async throws {
        guard let planHooks else { return }
        try await planHooks.before(settings, hookRunner(planHooks.surroundings.withLock { $0 } ?? context)) {
            // Where no file names a region, nothing is asked for one.
            try hookSubject(settings.address, stackName: settings.stackName, region: settings.region ?? recorded?.region ?? "")
        }
    }

    func runHooksAfterPlan(of planned: [PlannedStack]) async throws {
        guard let planHooks else { return }
        let context = planHooks.surroundings.withLock { $0 } ?? context
        for (plan, prepared) in planned where prepared.configuration.hooks.after[.plan] != nil {
            let subject = try hookSubject(
                plan.address, stackName: plan.stackName, region: plan.region, status: plan.hasChanges ? "changes" : "unchanged")
            try await hookRunner(context).run(prepared.configuration.hooks, .after, .plan, subject)
        }
    }
}
