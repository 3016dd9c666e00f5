import ArgumentParser
import Deploying
import Foundation
import Model
import Planning
import Reporting

struct PlanCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what applying the stack files would change, offline.",
        discussion: """
            Compares stacks/ with what is recorded, without a request to AWS. Only --online and --resolve ask there: --resolve for the
            values that parameters take from SSM and Secrets Manager, which are unknown otherwise.

              pipeplan plan                         every stack and environment
              pipeplan plan image-pipeline:develop  one
              pipeplan plan --resolve               with values from SSM and Secrets Manager
              pipeplan plan --out reviewed.plan     save it, for `apply reviewed.plan`
              pipeplan plan --online                show CloudFormation's own change set beside it
              pipeplan plan --detailed-exitcode     exit 2 where there are changes
              pipeplan plan --markdown              for a comment on a pull request
              pipeplan plan --json | jq '.stacks[].summary'

            With --online, CloudFormation makes the change set, and what it lists is held against the plan: so templates with macros
            are planned. It is deleted again, unless --out saves the plan: then applying that executes this very change set.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @OptionGroup var hooks: HookOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>; all of them where none is named.")
    var stacks: [String] = []
    @Option(name: .long, help: "Save the plan to this file.")
    var out: String?
    @Flag(name: .long, help: "Have CloudFormation make the change set, and show both.")
    var online = false
    @Flag(name: .long, help: "Fetch what parameters take from SSM and Secrets Manager.")
    var resolve = false
    @Flag(name: .long, help: "Print it as Markdown, for a comment on a pull request.")
    var markdown = false
    @Flag(name: .long, help: "Show the properties of changed resources that stay as they are, too.")
    var full = false
    @Flag(name: .long, help: "Exit with 2 where there are changes.")
    var detailedExitcode = false

    func validate() throws {
        if markdown && common.json { throw ValidationError("--json and --markdown exclude each other.") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        var workspace = try Workspace(context, common, .readOnly)
        try workspace.requireSynced()
        if !hooks.noHooks { workspace.planHooks = PlanHooks() }
        let addresses = Array(try workspace.deploymentDependencies(workspace.addresses(stacks, common), profile: aws.profile).keys)
        // A plan offline needs no sandbox, unless its hooks may ask that for something.
        guard resolve || online || (workspace.usesSandbox && workspace.runsPlanHooks(of: addresses)) else {
            return try await plan(addresses, workspace, context)
        }
        var exit = ExitStatus.success
        try await workspace.withCloud { exit = try await plan(addresses, workspace, $0) }
        return exit
    }

    /// - Parameter context: in which AWS is reached, where it is asked anything.
    private func plan(_ addresses: [StackAddress], _ workspace: Workspace, _ context: Context) async throws -> ExitStatus {
        var planned: [Workspace.PlannedStack] = []
        var findings: [Finding] = []
        var refusals: [Finding] = []
        let outcomes = await workspace.plans(
            of: addresses, profile: aws.profile, detail: full ? .unchanged : [], forDeployment: online,
            fetcher: resolve || online ? ParameterFetcher(context, aws, workspace) : nil)
        for outcome in outcomes {
            do {
                planned.append(try outcome.get())
            } catch let problem as Problem where problem.status == .badInput {
                findings += problem.findings.filter { !findings.contains($0) }
            } catch let problem as Problem where problem.status == .refused {
                refusals += problem.findings
            }
        }
        guard findings.isEmpty else { throw Problem(.badInput, findings) }
        guard refusals.isEmpty else { throw Problem(.refused, refusals) }
        try await workspace.runHooksAfterPlan(of: planned)
        let plans = planned.map(\.plan)
        for plan in plans {
            guard let open = try workspace.database.openDeployment(plan.address) else { continue }
            context.terminal.writeError(Workspace.openNotice(open, Style.error(context)))
        }
        if let out { try requireFolder(of: out, context) }
        let proposals = online ? try await propose(planned, workspace, context) : [:]
        let drift = try workspace.knownDrift(plans)
        let notes = try stacks.isEmpty ? workspace.strayStacks(common).map { [$0] } ?? [] : []
        if common.json {
            context.terminal.write(try JSONReport.render(PlanReport(plans, proposals: proposals, drift: drift, notes: notes)))
        } else if markdown {
            context.terminal.write(
                PlanMarkdown.render(plans, proposals: proposals)
                    + plans.compactMap { drift[$0.address].map(KnownDriftText.markdown) }.joined() + PlanMarkdown.render(notes))
        } else {
            let texts = plans.map { plan in
                PlanText.render(plan, .output(context))
                    + (proposals[plan.address].map { ProposalText.render(plan, $0, isKept: isKept($0, plan), .output(context)) } ?? "")
                    + (drift[plan.address].map { KnownDriftText.render($0, .output(context), now: context.clock.now()) } ?? "")
            }
            let told = notes.map { FindingText.render($0, .output(context)) }
            context.terminal.write((texts + told).joined(separator: "\n") + PlanTotal.text(plans, .output(context)))
        }
        if let out {
            let saved = SavedPlan(
                stacks: planned.map { planned in
                    let proposal = proposals[planned.plan.address].flatMap { isKept($0, planned.plan) ? $0 : nil }
                    return (planned.plan, planned.prepared.desired, proposal)
                }, lineage: workspace.database.lineage,
                toolVersion: Version.current, context: context)
            try write(try saved.encoded(), to: out, context)
            if !common.json { context.terminal.writeError("\nSaved as \(out). To do exactly this: pipeplan apply \(out)\n") }
        }
        return detailedExitcode && plans.contains(where: \.hasChanges) ? .changesPresent : .success
    }

    /// Has CloudFormation make the change sets of plans; they stay where the plans are saved, and are deleted again otherwise.
    private func propose(
        _ planned: [Workspace.PlannedStack], _ workspace: Workspace, _ context: Context
    ) async throws -> [StackAddress: ProposedChangeSet] {
        var proposals: [StackAddress: ProposedChangeSet] = [:]
        var kept: [(deployer: Deployer, proposal: ProposedChangeSet, stackName: String)] = []
        do {
            for (plan, prepared) in planned {
                let cloud = try await workspace.enter(prepared, aws, context)
                let deployer = try cloud.deployer(workspace.database, total: plan.changes.count, autoApprove: false, quiet: true)
                let proposal = try await deployer.propose(try workspace.request(plan, prepared, cloud))
                proposals[plan.address] = proposal
                if isKept(proposal, plan) {
                    kept.append((deployer, proposal, plan.stackName))
                } else if proposal.changeSet.status != "FAILED" {
                    try await deployer.withdraw(proposal, stackName: plan.stackName)
                }
            }
        } catch {
            // Nothing is saved then, so nobody would come back for them.
            for (deployer, proposal, stackName) in kept { try? await deployer.withdraw(proposal, stackName: stackName) }
            throw error
        }
        return proposals
    }

    /// Whether a change set stays to be executed by who applies the saved plan.
    private func isKept(_ proposal: ProposedChangeSet, _ plan: Plan) -> Bool {
        out != nil && plan.hasChanges && proposal.changeSet.status != "FAILED"
    }

    /// Before anything is made that only the file would lead back to.
    private func requireFolder(of path: String, _ context: Context) throws {
        let folder = context.url(of: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw Problem(
                .badInput, "plan-not-saved", "The plan can't be saved as \(path)", detail: "\(folder) is no folder that can be written to.")
        }
    }

    private func write(_ data: Data, to path: String, _ context: Context) throws {
        do {
            try data.write(to: context.url(of: path), options: .atomic)
        } catch {
            throw Problem(.failed, "plan-not-saved", "The plan could not be saved as \(path)", detail: error.systemReason + ".")
        }
    }
}
