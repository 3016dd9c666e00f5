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

            Resources with DeletionPolicy Retain stay. History stays too: what was deployed can be looked up and deployed again.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @OptionGroup var sharing: ShareOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>.")
    var stacks: [String]
    @Flag(name: .long, help: "Do not ask.")
    var autoApprove = false

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        try await workspace.syncBeforeChange([], aws, context)
        let recorded = try workspace.recordedStacks(stacks, common)
        let known = recorded.map(\.address).filter { (try? workspace.project.configuration(of: $0)) != nil }
        // In the reverse of the order they were made in; what has no files any more has nothing that depends on it.
        let order = try workspace.project.deploymentOrder(known).reversed() + recorded.map(\.address).filter { !known.contains($0) }
        var reports: [DeploymentResult] = []
        var status = ExitStatus.success
        try await workspace.withCloud { context in
            for address in order {
                let interruption = try await workspace.settleInterrupted(address, aws, common, context, sharing)
                // It may have gone with what was interrupted.
                guard let stack = try workspace.database.recordedStack(address) else { continue }
                let result = try await destroy(stack, interruption, workspace, context)
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

    private func destroy(
        _ stack: RecordedStack, _ interruption: Interruption?, _ workspace: Workspace, _ context: Context
    ) async throws -> DeploymentResult {
        let configuration = try workspace.settings(ofRecorded: stack.address)
        let plan = try planDestroy(stack, protected: Set(configuration?.protect.map(\.value) ?? []), types: workspace.types)
        if !common.json { context.terminal.write(PlanText.render(plan, .output(context))) }
        let cloud = try await CloudAccess(
            context, aws, workspace, stack.address, settings: configuration, region: stack.region, recordedAccount: stack.accountID)
        guard let approval = try Consent(context).approve(plan, autoApprove: autoApprove) else {
            throw Problem(.refused, "not-approved", "The destruction was not approved", detail: "Nothing was done.")
        }
        let template = try Template.read(stack.templateBody, file: "recorded template").get()
        let desired = DesiredStack(
            address: stack.address, stackName: stack.stackName, region: stack.region, accountID: cloud.identity.account, template: template,
            parameters: stack.parameters.mapValues { value in
                switch value {
                case .plain(let text): .plain(text)
                case .secret(let digest): .previousSecret(digest)
                }
            }, tags: stack.tags, capabilities: stack.capabilities, notificationArns: stack.notificationArns,
            terminationProtection: stack.terminationProtection, stackPolicy: stack.stackPolicy, storedValues: stack.storedValues)
        let request = DeploymentRequest(
            plan: plan, desired: desired, kind: .destroy, actor: cloud.actor, git: GitState.current(of: workspace.project.root),
            toolVersion: Version.current, commandLine: Workspace.commandLine, approval: approval.rawValue,
            planJSON: try Workspace.encode(plan), serviceRole: configuration?.serviceRole)
        var deployer = try cloud.deployer(workspace.database, total: plan.changes.count, autoApprove: autoApprove, quiet: common.json)
        let result = try await workspace.underLease(stack.address, cloud, sharing, aws, common) { lease in
            deployer.lease = lease
            return try await deployer.deploy(request, goingOnWith: interruption, workspace.database)
        }
        DeploymentEnd(context, common).tell(result, template: nil)
        return result
    }
}
