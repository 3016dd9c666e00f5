import ArgumentParser
import Deploying
import Model
import Planning
import Reporting
import StateDatabase

struct ResumeCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Settle deployments whose process is gone: follow them to their end, or record how they ended.",
        discussion: """
              pipeplan resume                           every open deployment
              pipeplan resume image-pipeline:develop

            Do this when a machine died or a connection broke in the middle of an apply, and not while that apply still runs.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @OptionGroup var interrupt: InterruptOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>; all of them where none is named.")
    var stacks: [String] = []

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let wanted = try stacks.map { try parseAddress($0) }
        let open = try workspace.database.deployments(DeploymentFilter(statuses: [.inProgress, .detached])).filter { deployment in
            wanted.isEmpty
                || wanted.contains { $0.stack == deployment.address.stack && ($0.environment == nil || $0 == deployment.address) }
        }
        var results: [DeploymentResult] = []
        try await workspace.withCloud { context in
            for deployment in open { results.append(try await resume(deployment, workspace, context)) }
        }
        if common.json {
            context.terminal.write(try JSONReport.render(HistoryReport(results.map(\.deployment))))
        } else if open.isEmpty {
            context.terminal.write("No deployment is open.\n")
        }
        return results.map(\.ending.exit).first { $0 != .success } ?? .success
    }

    private func resume(_ deployment: Deployment, _ workspace: Workspace, _ context: Context) async throws -> DeploymentResult {
        let settings = try workspace.settings(ofRecorded: deployment.address)
        let cloud = try await CloudAccess(
            context, aws, workspace, deployment.address, settings: settings, region: deployment.region,
            recordedAccount: deployment.accountID)
        guard let plan = try workspace.database.recordedPlan(of: deployment) else {
            throw Problem(
                .failed, "no-recorded-plan", "The plan of \(deployment.address) deployment \(deployment.serial) can't be read",
                detail: "It was recorded by pipeplan \(deployment.toolVersion): resume it with that version.")
        }
        let deployer = try cloud.deployer(
            workspace.database, total: plan.changes.count, autoApprove: false, quiet: common.json,
            onInterrupt: interrupt.onInterrupt)
        let result = try await deployer.resume(deployment, plan: plan, by: cloud.actor)
        DeploymentEnd(context, common).tell(result, template: nil)
        return result
    }
}
