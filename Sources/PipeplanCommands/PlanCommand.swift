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
            Compares stacks/ with what is recorded, without a request to AWS. Only --resolve asks there: for the values that parameters
            take from SSM and Secrets Manager, which are unknown otherwise.

              pipeplan plan                         every stack and environment
              pipeplan plan image-pipeline:develop  one
              pipeplan plan --resolve               with values from SSM and Secrets Manager
              pipeplan plan --out reviewed.plan     save it, for `apply reviewed.plan`
              pipeplan plan --detailed-exitcode     exit 2 where there are changes
              pipeplan plan --markdown              for a comment on a pull request
              pipeplan plan --json | jq '.stacks[].summary'
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>; all of them where none is named.")
    var stacks: [String] = []
    @Option(name: .long, help: "Save the plan to this file.")
    var out: String?
    @Flag(name: .long, help: "Fetch what parameters take from SSM and Secrets Manager.")
    var resolve = false
    @Flag(name: .long, help: "Print it as Markdown, for a comment on a pull request.")
    var markdown = false
    @Flag(name: .long, help: "Exit with 2 where there are changes.")
    var detailedExitcode = false

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        var planned: [(plan: Plan, prepared: PreparedStack)] = []
        var findings: [Finding] = []
        let addresses = try workspace.project.deploymentOrder(workspace.addresses(stacks, common))
        for outcome in try await outcomes(addresses, workspace) {
            do {
                planned.append(try outcome.get())
            } catch let problem as Problem where problem.status == .badInput {
                findings += problem.findings.filter { !findings.contains($0) }
            }
        }
        guard findings.isEmpty else { throw Problem(.badInput, findings) }
        let plans = planned.map(\.plan)
        if common.json {
            context.terminal.write(try JSONReport.render(PlanReport(plans)))
        } else if markdown {
            context.terminal.write(PlanMarkdown.render(plans))
        } else {
            context.terminal.write(plans.map { PlanText.render($0, .output(context)) }.joined(separator: "\n"))
        }
        if let out {
            let saved = SavedPlan(
                stacks: planned.map { ($0.plan, $0.prepared.desired) }, lineage: workspace.database.lineage, toolVersion: Version.current,
                context: context)
            try write(try saved.encoded(), to: out, context)
            if !common.json { context.terminal.writeError("\nSaved as \(out). To do exactly this: pipeplan apply \(out)\n") }
        }
        return detailedExitcode && plans.contains(where: \.hasChanges) ? .changesPresent : .success
    }

    private func outcomes(
        _ addresses: [StackAddress], _ workspace: Workspace
    ) async throws -> [Result<(plan: Plan, prepared: PreparedStack), any Error>] {
        guard resolve else { return await workspace.plans(of: addresses, profile: aws.profile) }
        var outcomes: [Result<(plan: Plan, prepared: PreparedStack), any Error>] = []
        try await workspace.withCloud { context in
            outcomes = await workspace.plans(of: addresses, profile: aws.profile, fetcher: ParameterFetcher(context, aws, workspace))
        }
        return outcomes
    }

    private func write(_ data: Data, to path: String, _ context: Context) throws {
        let url = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: context.workingDirectory, isDirectory: true))
        do {
            try data.write(to: url, options: .atomic)
        } catch {
            throw Problem(.failed, "plan-not-saved", "The plan could not be saved as \(path)", detail: error.localizedDescription)
        }
    }
}
