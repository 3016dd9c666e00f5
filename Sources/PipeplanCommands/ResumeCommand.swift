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

            Do this when a machine died or a connection broke in the middle of an apply; one that still runs is left alone. `apply` and
            `destroy` do it by themselves for their stacks, and go on with what they were interrupted in.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @OptionGroup var sharing: ShareOptions
    @OptionGroup var interrupt: InterruptOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>; all of them where none is named.")
    var stacks: [String] = []

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        try await workspace.syncBeforeChange([], sharing, aws, context)
        let wanted = try stacks.map { try parseAddress($0) }
        let open = try workspace.database.deployments(DeploymentFilter(statuses: [.inProgress, .detached])).filter { deployment in
            wanted.isEmpty
                || wanted.contains { $0.stack == deployment.address.stack && ($0.environment == nil || $0 == deployment.address) }
        }
        for address in wanted where open.isEmpty { try workspace.requireDeployedOrDescribed(address) }
        var results: [DeploymentResult] = []
        try await workspace.withCloud { context in
            for deployment in open {
                // One of all that still runs is no reason to leave the others.
                if wanted.isEmpty, try workspace.database.hold(deployment.address) == nil {
                    context.terminal.writeError(
                        "\(deployment.address) deployment \(deployment.serial) is still running; it is left alone.\n")
                    continue
                }
                if let result = try await resume(deployment, workspace, context) { results.append(result) }
                if results.last?.ending.exit == .interrupted { break }
            }
        }
        if common.json {
            context.terminal.write(try JSONReport.render(HistoryReport(results.map(\.deployment))))
        } else if open.isEmpty {
            context.terminal.write("No deployment is open.\n")
        }
        return results.map(\.ending.exit).first { $0 != .success } ?? .success
    }

    /// - Returns: `nil` where somebody else has settled it meanwhile, or is at it and was not asked for by name.
    private func resume(_ deployment: Deployment, _ workspace: Workspace, _ context: Context) async throws -> DeploymentResult? {
        let settings = try workspace.settings(ofRecorded: deployment.address)
        let cloud = try await CloudAccess(
            context, aws, workspace, deployment.address, settings: settings, region: deployment.region,
            recordedAccount: deployment.accountID)
        do {
            return try await workspace.underLease(deployment.address, cloud, sharing, aws, common, settlesOpen: false) { right in
                // What comes beneath it in the log comes first.
                _ = try await right.lease?.publishOffline()
                guard let open = try workspace.database.openDeployment(deployment.address) else { return nil }
                let template = try workspace.template(of: open, settings)
                let result = try await workspace.resume(open, right, cloud, quiet: common.json, onInterrupt: interrupt.onInterrupt)
                let stack = try workspace.database.recordedStack(open.address)
                let nested = template.flatMap { template in stack.map { $0.nestedTemplates(in: template) } } ?? [:]
                DeploymentEnd(context, common).tell(result, template: template, nested: nested)
                return result
            }
        } catch let refusal as Problem where stacks.isEmpty && refusal.findings.first?.code == "lease-held" {
            context.terminal.writeError(FindingText.render(refusal.findings, .error(context)))
            return nil
        }
    }
}
