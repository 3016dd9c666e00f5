import AWS
import ArgumentParser
import Deploying
import Foundation
import Model
import Project
import Reporting

struct ApplyCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Show the plan, ask, and do that and no other, through a CloudFormation change set.",
        discussion: """
              pipeplan apply image-pipeline:develop
              pipeplan apply image-pipeline:develop --auto-approve   in a script
              pipeplan apply                                         every stack and environment
              pipeplan plan --out reviewed.plan && pipeplan apply reviewed.plan
              pipeplan apply image-pipeline:develop --revert-drift   put right what was changed by hand, too

            The change set that CloudFormation makes is compared with the plan; one that would do more is refused.
            Of several stacks, all plans are shown and approved together. Each is deployed behind those it depends on, independent ones
            at the same time; a failure stops only what depends on it. A stack that takes outputs of another one is planned again
            once they are known, and refused where that plan does more than the one that was shown and nobody can be asked.

            Whatever state a stack is in, there is a way on: one that failed to be created is deleted and created anew after a yes, a
            rollback that failed is continued after a yes, and what failed with rollback disabled is tried again (`pipeplan recover`
            goes back instead). An operation that is under way is waited for with --wait.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @OptionGroup var hooks: HookOptions
    @OptionGroup var sharing: ShareOptions
    @OptionGroup var interrupt: InterruptOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>, or a file that `plan --out` wrote; all stacks where none is named.")
    var stacks: [String] = []
    @Flag(name: .long, help: "Do not ask.")
    var autoApprove = false
    @Option(name: .long, help: "How many stacks are deployed at the same time, at most.")
    var parallelism = 4
    @Option(name: .long, help: "Agree to the hazards of this logical ID; may be given several times. Needed with --auto-approve.")
    var allow: [String] = []
    @Flag(
        name: .long,
        help: "Detect drift first, and bring drifted resources back to what the template says, by a drift-aware change set.")
    var revertDrift = false

    @Flag(name: .long, help: "Wait for an operation that is under way on a stack; without it the stack is refused.")
    var wait = false
    @Flag(name: .long, help: "Where an operation fails, leave everything as it is, to try again or to roll back later.")
    var disableRollback = false
    @Option(name: .long, help: "What becomes of a new stack whose creation fails: ROLLBACK, DO_NOTHING or DELETE.")
    var onFailure: CreateChangeSetInput.OnStackFailure?

    func validate() throws {
        // Together they are refused by CloudFormation too (API reference, ExecuteChangeSet: DisableRollback).
        if disableRollback, onFailure != nil { throw ValidationError("--disable-rollback and --on-failure exclude each other.") }
        guard parallelism >= 1 else { throw ValidationError("--parallelism takes a number from 1.") }
    }

    private var handling: OperationHandling {
        var handling = OperationHandling()
        handling.waits = wait
        handling.disablesRollback = disableRollback
        handling.onFailure = onFailure
        return handling
    }

    func run(in context: Context) async throws -> ExitStatus {
        var workspace = try Workspace(context, common, .readWrite)
        if !hooks.noHooks { workspace.planHooks = PlanHooks() }
        let saved = try savedPlan(workspace)
        let addresses = try saved?.stacks.map(\.plan.address) ?? workspace.addresses(stacks, common)
        let dependencies = try workspace.deploymentDependencies(addresses, profile: aws.profile)
        if revertDrift, saved != nil {
            throw Problem(
                .badInput, "saved-plan-with-drift", "A saved plan does what was reviewed, and reverts no drift",
                detail: "Name the stacks with --revert-drift.")
        }
        try await workspace.syncBeforeChange(addresses, sharing, aws, context)
        var outcome: Application.Outcome = ([], .success)
        try await workspace.withCloud { context in
            var application = Application(
                workspace: workspace, context: context, common: common, aws: aws, sharing: sharing,
                fetcher: ParameterFetcher(context, aws, workspace),
                autoApprove: autoApprove, allowed: Set(allow), parallelism: parallelism, handling: handling,
                onInterrupt: interrupt.onInterrupt, saved: saved)
            let reversal = DriftReversal(workspace: workspace, context: context, aws: aws, isQuiet: common.json, parallelism: parallelism)
            application.skipsHooks = hooks.noHooks
            if revertDrift { application.drift = try await reversal.detect(addresses) }
            outcome = try await application.apply(dependencies)
            if revertDrift { outcome.exit = try await reversal.check(outcome) }
        }
        if common.json { context.terminal.write(try JSONReport.render(HistoryReport(outcome.results.map(\.deployment)))) }
        return outcome.exit
    }

    /// The saved plan, where the one argument is a file and no stack.
    private func savedPlan(_ workspace: Workspace) throws -> SavedPlan? {
        guard stacks.count == 1, let argument = stacks.first else { return nil }
        guard workspace.context.isFile(argument) else { return nil }
        return try SavedPlan.read(try Data(contentsOf: workspace.context.url(of: argument)), file: argument)
    }
}

extension CreateChangeSetInput.OnStackFailure: ExpressibleByArgument {}
