import ArgumentParser
import Deploying
import Foundation
import Model
import Planning
import Reporting
import StateDatabase

struct ApplyCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Show the plan, ask, and do that and no other, through a CloudFormation change set.",
        discussion: """
              pipeplan apply image-pipeline:develop
              pipeplan apply image-pipeline:develop --auto-approve   in a script
              pipeplan plan --out reviewed.plan && pipeplan apply reviewed.plan

            The change set that CloudFormation makes is compared with the plan; one that would do more is refused.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>, or a file that `plan --out` wrote; all stacks where none is named.")
    var stacks: [String] = []
    @Flag(name: .long, help: "Do not ask.")
    var autoApprove = false
    @Option(name: .long, help: "Agree to the hazards of this logical ID; may be given several times. Needed with --auto-approve.")
    var allow: [String] = []

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let saved = try savedPlan(workspace)
        let addresses = try saved?.stacks.map(\.plan.address) ?? workspace.addresses(stacks, common)
        var reports: [DeploymentResult] = []
        var status = ExitStatus.success
        try await workspace.withCloud { context in
            let fetcher = ParameterFetcher(context, aws, workspace)
            for address in try workspace.project.deploymentOrder(addresses) {
                let application = Application(
                    workspace: workspace, context: context, common: common, aws: aws, fetcher: fetcher, autoApprove: autoApprove,
                    allowed: Set(allow),
                    saved: saved?.stacks.first { $0.plan.address == address }, savedLineage: saved?.lineage)
                let result = try await application.apply(address)
                if let result { reports.append(result) }
                // What comes later may depend on this one.
                if let exit = result?.ending.exit, exit != .success {
                    status = exit
                    break
                }
            }
        }
        if common.json { context.terminal.write(try JSONReport.render(HistoryReport(reports.map(\.deployment)))) }
        return status
    }

    /// The saved plan, where the one argument is a file and no stack.
    private func savedPlan(_ workspace: Workspace) throws -> SavedPlan? {
        guard stacks.count == 1, let argument = stacks.first else { return nil }
        guard workspace.context.isFile(argument) else { return nil }
        return try SavedPlan.read(try Data(contentsOf: workspace.context.url(of: argument)), file: argument)
    }
}

/// The application of one stack's plan.
struct Application {
    let workspace: Workspace
    let context: Context
    let common: CommonOptions
    let aws: AWSOptions
    let fetcher: ParameterFetcher
    let autoApprove: Bool
    /// Logical IDs whose hazards are agreed to.
    let allowed: Set<String>
    let saved: SavedPlan.Stack?
    let savedLineage: String?

    /// - Returns: how the deployment ended; `nil` where there was nothing to do.
    func apply(_ address: StackAddress) async throws -> DeploymentResult? {
        let guarded = try await workspace.accountCheck(address, aws, context)
        let prepared = try await workspace.prepare(address, profile: aws.profile, forDeployment: true, fetcher: fetcher)
        var plan = try workspace.plan(prepared)
        try requireSameStack(prepared)
        if let saved {
            let findings = saved.staleness(
                desired: prepared.desired, current: plan, lineage: workspace.database.lineage, planLineage: savedLineage)
            guard findings.isEmpty else { throw Problem(.refused, findings) }
            plan = saved.plan
        }
        if !common.json {
            context.terminal.write(PlanText.render(plan, .output(context)))
            if let proposal = saved?.proposal {
                context.terminal.write(ProposalText.render(plan, proposal, isKept: true, .output(context)))
            }
        }
        guard plan.hasChanges else { return nil }

        let cloud = try await workspace.enter(prepared, aws, context, guarded)
        guard let approval = try saved != nil ? .planFile : Consent(context).approve(plan, autoApprove: autoApprove, allowed: allowed)
        else {
            throw Problem(.refused, "not-approved", "The plan was not approved", detail: "Nothing was done.")
        }
        if let saved {
            try Consent(context).refuseProtected(plan)
            if let changeSet = saved.proposal?.changeSet { try Consent(context).refuseProtected(changeSet, prepared.desired.protected) }
        }
        let request = try workspace.request(plan, prepared, cloud, approval: approval, proposal: saved?.proposal)
        let deployer = try cloud.deployer(workspace.database, total: plan.changes.count, autoApprove: autoApprove, quiet: common.json)
        let result = try await deployer.deploy(request)
        DeploymentEnd(context, common).tell(result, template: request.desired.template, nested: request.desired.nested)
        return result
    }

    /// A changed name or region would leave the recorded stack behind, running and forgotten.
    private func requireSameStack(_ prepared: PreparedStack) throws {
        guard let recorded = prepared.recorded else { return }
        let desired = prepared.desired
        guard recorded.stackName != desired.stackName || recorded.region != desired.region else { return }
        throw Problem(
            .refused, "stack-moved",
            "\(recorded.address) is recorded as \(recorded.stackName) in \(recorded.region), not \(desired.stackName) in \(desired.region)",
            detail:
                "Applying this would leave the recorded stack behind. Destroy it first with `pipeplan destroy \(recorded.address)`, or put stackName and region back."
        )
    }
}
