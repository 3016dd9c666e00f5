import ArgumentParser
import Deploying
import Model
import OrderedCollections
import Planning
import Reporting
import StateDatabase
import Templates

struct DestroyCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy",
        abstract: "Delete stacks and everything in them, after showing what that is.",
        discussion: """
              pipeplan destroy image-pipeline:develop

              pipeplan destroy image-pipeline:develop --retain Bucket   delete the stack without what can't be deleted

            Resources with DeletionPolicy Retain stay. History stays too: what was deployed can be looked up and deployed again.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @OptionGroup var interrupt: InterruptOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>.")
    var stacks: [String]
    @Flag(name: .long, help: "Do not ask.")
    var autoApprove = false
    @Flag(name: .long, help: "Wait for an operation that is under way on a stack; without it the stack is refused.")
    var wait = false
    @Option(name: .long, help: "Leave this logical ID where it can't be deleted; may be given several times.")
    var retain: [String] = []

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let recorded = try workspace.recordedStacks(stacks, common)
        let known = recorded.map(\.address).filter { (try? workspace.project.configuration(of: $0)) != nil }
        // In the reverse of the order they were made in; what has no files any more has nothing that depends on it.
        let order = try workspace.project.deploymentOrder(known).reversed() + recorded.map(\.address).filter { !known.contains($0) }
        var reports: [DeploymentResult] = []
        var status = ExitStatus.success
        try await workspace.withCloud { context in
            for address in order {
                guard let stack = recorded.first(where: { $0.address == address }) else { continue }
                let result = try await destroy(stack, workspace, context)
                reports.append(result)
                guard result.ending.exit == .success else {
                    status = result.ending.exit
                    return
                }
            }
        }
        if common.json { context.terminal.write(try JSONReport.render(HistoryReport(reports.map(\.deployment)))) }
        return status
    }

    private func destroy(_ stack: RecordedStack, _ workspace: Workspace, _ context: Context) async throws -> DeploymentResult {
        try requireRetainable(stack)
        let configuration = try workspace.settings(ofRecorded: stack.address)
        let plan = try planDestroy(stack, protected: Set(configuration?.protect.map(\.value) ?? []), types: workspace.types)
        if !common.json { context.terminal.write(PlanText.render(plan, .output(context))) }
        let cloud = try await CloudAccess(
            context, aws, workspace, stack.address, settings: configuration, region: stack.region, recordedAccount: stack.accountID)
        guard let approval = try Consent(context).approve(plan, autoApprove: autoApprove) else {
            throw Problem(.refused, "not-approved", "The destruction was not approved", detail: "Nothing was done.")
        }
        var handling = OperationHandling()
        handling.waits = wait
        handling.retained = Set(retain)
        let desired = try DesiredStack(asRecorded: stack, accountID: cloud.identity.account)
        let request = DeploymentRequest(
            plan: plan, desired: desired, kind: .destroy, actor: cloud.actor, git: GitState.current(of: workspace.project.root),
            toolVersion: Version.current, commandLine: Workspace.commandLine, approval: approval.rawValue,
            planJSON: try Workspace.encode(plan), serviceRole: configuration?.serviceRole, handling: handling)
        let deployer = try cloud.deployer(
            workspace.database, total: plan.changes.count, autoApprove: autoApprove, quiet: common.json, onInterrupt: interrupt.onInterrupt)
        let result = try await deployer.deploy(request)
        DeploymentEnd(context, common).tell(result, template: nil)
        return result
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
