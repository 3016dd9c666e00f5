import ArgumentParser
import Deploying
import Model
import Planning
import Reporting
import StateDatabase

struct RecoverCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Roll back a stack whose last operation failed and was left, or whose rollback failed.",
        discussion: """
              pipeplan recover image-pipeline:develop
              pipeplan recover image-pipeline:develop --skip Table            a rollback that fails at Table goes on without it
              pipeplan recover image-pipeline:develop --skip Network/Table    the same in the nested stack Network

            From CREATE_FAILED and UPDATE_FAILED (an apply with --disable-rollback that failed) it goes back to the last state that
            was whole; `pipeplan apply` tries again instead. From UPDATE_ROLLBACK_FAILED it continues the rollback. What is skipped is
            taken to be as it was, although it is not: put it right before the next update.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @OptionGroup var sharing: ShareOptions
    @OptionGroup var interrupt: InterruptOptions
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String
    @Flag(name: .long, help: "Do not ask.")
    var autoApprove = false
    @Flag(name: .long, help: "Wait for an operation that is under way on the stack; without it the stack is refused.")
    var wait = false
    @Option(name: .long, help: "Leave this logical ID as it is, where the last rollback failed at it; may be given several times.")
    var skip: [String] = []

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        try await workspace.syncBeforeChange([], sharing, aws, context)
        let recorded = try workspace.recordedStacks([stack], common)
        guard recorded.count == 1, let stack = recorded.first else {
            throw Problem(
                .badInput, "several-environments", "\(self.stack) has several environments",
                detail: "Name one: \(recorded.map(\.address.description).joined(separator: ", ")).")
        }
        guard autoApprove || context.terminal.isInteractive else {
            throw Problem(
                .refused, "no-approval", "Nobody can be asked whether to roll this back",
                detail: "Standard input is no terminal. Use --auto-approve.")
        }
        var result: DeploymentResult?
        try await workspace.withCloud { context in result = try await rollBack(stack, workspace, context) }
        guard let result else { return .failed }
        if common.json { context.terminal.write(try JSONReport.render(HistoryReport([result.deployment]))) }
        return result.ending.exit
    }

    private func rollBack(_ stack: RecordedStack, _ workspace: Workspace, _ context: Context) async throws -> DeploymentResult {
        if let interrupted = try await workspace.settleInterrupted(stack.address, aws, common, context, sharing) {
            try await interrupted.takeBack()
        }
        // Settling may have moved it.
        let stack = try workspace.database.recordedStack(stack.address) ?? stack
        let settings = try workspace.settings(ofRecorded: stack.address)
        let cloud = try await CloudAccess(
            context, aws, workspace, stack.address, settings: settings, region: stack.region, recordedAccount: stack.accountID)
        var handling = OperationHandling()
        handling.rollsBack = true
        handling.waits = wait
        handling.skipped = skip
        let plan = Plan(goingBackTo: stack)
        let request = DeploymentRequest(
            plan: plan, desired: try DesiredStack(asRecorded: stack, accountID: cloud.identity.account), kind: .rollback,
            actor: cloud.actor, git: GitState.current(of: workspace.project.root), toolVersion: Version.current,
            commandLine: Workspace.commandLine, approval: (autoApprove ? Consent.Approval.autoApprove : .yes).rawValue,
            planJSON: try Workspace.encode(plan), serviceRole: settings?.serviceRole, handling: handling)
        var deployer = try cloud.deployer(
            workspace.database, total: stack.resources.count, autoApprove: autoApprove, quiet: common.json,
            onInterrupt: interrupt.onInterrupt)
        let result = try await workspace.underLease(stack.address, cloud, sharing, aws, common) { right in
            deployer.right = right
            return try await deployer.deploy(request)
        }
        DeploymentEnd(context, common).tell(result, template: nil)
        return result
    }
}
