import ArgumentParser
import Deploying
import Model
import Reporting

struct DestroyCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy",
        abstract: "Delete stacks and everything in them, after showing what that is.",
        discussion: """
              pipeplan destroy image-pipeline:develop
              pipeplan destroy network app                in the order in which they need each other
              pipeplan destroy --all                      everything that is recorded

              pipeplan destroy app --retain Bucket        delete the stack without what can't be deleted

            Before anything is done, AWS is asked what would stop it half-way: buckets and repositories that are not empty, exports that
            other stacks import, termination protection. Each is told, and nothing is destroyed. What can't be asked is told too.

            Resources with DeletionPolicy Retain stay, and are named. History stays too: what was deployed can be looked up and
            deployed again.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @OptionGroup var hooks: HookOptions
    @OptionGroup var sharing: ShareOptions
    @OptionGroup var interrupt: InterruptOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>.")
    var stacks: [String] = []
    @Flag(name: .long, help: "Every recorded stack; with --env, those of that environment.")
    var all = false
    @Flag(name: .long, help: "Do not ask.")
    var autoApprove = false
    @Option(name: .long, help: "How many stacks are destroyed at the same time, at most.")
    var parallelism = 4
    @Flag(name: .long, help: "Wait for an operation that is under way on a stack; without it the stack is refused.")
    var wait = false
    @Option(name: .long, help: "Leave this logical ID where it can't be deleted; may be given several times.")
    var retain: [String] = []

    func validate() throws {
        guard parallelism >= 1 else { throw ValidationError("--parallelism takes a number from 1.") }
        guard stacks.isEmpty == all else {
            throw ValidationError(all ? "Name stacks or give --all, not both." : "Name the stacks to destroy, or give --all.")
        }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        try await workspace.syncBeforeChange([], sharing, aws, context)
        let recorded = try workspace.recordedStacks(stacks, common, allowsNone: true)
        if let stack = recorded.first, recorded.count == 1 { try requireRetainable(stack) }
        guard !recorded.isEmpty else {
            context.terminal.write(
                common.json ? try JSONReport.render(HistoryReport([])) : all ? "Nothing is deployed.\n" : "Nothing of this is deployed.\n")
            return .success
        }
        var outcome: Application.Outcome = ([], .success)
        try await workspace.withCloud { context in
            let destruction = Destruction(
                workspace: workspace, context: context, common: common, aws: aws, autoApprove: autoApprove, parallelism: parallelism,
                skipsHooks: hooks.noHooks, sharing: sharing, handling: handling, onInterrupt: interrupt.onInterrupt)
            outcome = try await destruction.destroy(recorded)
        }
        if common.json { context.terminal.write(try JSONReport.render(HistoryReport(outcome.results.map(\.deployment)))) }
        return outcome.exit
    }

    private var handling: OperationHandling {
        var handling = OperationHandling()
        handling.waits = wait
        handling.retained = Set(retain)
        return handling
    }

    /// What is to be left must be there; of several stacks, it may be in another one.
    private func requireRetainable(_ stack: RecordedStack) throws {
        let known = stack.resources.map(\.logicalID)
        guard stacks.count == 1, !known.isEmpty, let unknown = retain.first(where: { !known.contains($0) }) else { return }
        throw Problem(
            .badInput, "unknown-resource", "\(stack.address) has no resource \(unknown) to retain",
            detail: nearestName(to: unknown, in: known).map { "Did you mean \($0)?" } ?? "It has \(known.joined(separator: ", ")).")
    }
}
