import ArgumentParser
import Deploying
import Foundation
import Model
import Reporting
import StateDatabase

struct DriftCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Show what someone changed by hand, and adopt or accept it.",
        discussion: """
              pipeplan drift                                   all recorded stacks
              pipeplan drift image-pipeline:develop --deep     and what CloudFormation does not check
              pipeplan drift --offline                         the last reports, and how old they are
              pipeplan drift adopt image-pipeline:develop      write live values into the template
              pipeplan drift accept image-pipeline:develop Topic --reason "until Friday"
              pipeplan apply image-pipeline:develop --revert-drift   put it right
              pipeplan history drift image-pipeline:develop    when it drifted, and when it was put right
            """,
        subcommands: [DriftDetect.self, DriftAdopt.self, DriftAccept.self], defaultSubcommand: DriftDetect.self)
}

struct DriftDetect: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Detect how stacks differ from what is recorded of them.",
        discussion: """
            CloudFormation compares what the template sets with the live resources, nested stacks too; the report is recorded. What it
            does not check is counted and said. `ignoreDrift` in stack.yml names what does not matter.

              pipeplan drift
              pipeplan drift shop --deep                read what CloudFormation does not check through Cloud Control API
              pipeplan drift shop --detailed-exitcode   exit 2 where there is drift
              pipeplan drift --watch 15m                again and again, until it is interrupted
              pipeplan drift --json | jq '.stacks[].summary'

            With --watch and --detailed-exitcode, it ends with 2 as soon as it finds drift.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @Argument(help: "Stacks, as <stack> or <stack>:<environment>; all recorded ones where none is named.")
    var stacks: [String] = []
    @Flag(name: .long, help: "Read what CloudFormation does not check through Cloud Control API, which needs permission to read it.")
    var deep = false
    @Flag(name: .long, help: "Show the last reports, without a request to AWS.")
    var offline = false
    @Flag(name: .long, help: "Print it as Markdown.")
    var markdown = false
    @Flag(name: .long, help: "Exit with 2 where there is drift.")
    var detailedExitcode = false
    @Option(name: .long, help: "Detect again after this long, such as 15m, 1h or 90s, until it is interrupted.")
    var watch: Interval?
    @Option(name: .long, help: "How many stacks are detected at the same time, at most.")
    var parallelism = 8

    func validate() throws {
        if markdown && common.json { throw ValidationError("--json and --markdown exclude each other.") }
        if offline && watch != nil { throw ValidationError("--offline and --watch exclude each other.") }
        if offline && deep { throw ValidationError("--offline and --deep exclude each other.") }
        guard parallelism >= 1 else { throw ValidationError("--parallelism takes a number from 1.") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, offline ? .readOnly : .readWrite)
        if offline { return try showLast(workspace) }
        while true {
            var outcomes: [DriftRun.Outcome] = []
            let recorded = try workspace.recordedStacks(stacks, common)
            try await workspace.withCloud { context in
                outcomes = try await DriftRun(
                    workspace: workspace, context: context, aws: aws, isDeep: deep, isQuiet: common.json, parallelism: parallelism
                ).detect(recorded)
            }
            try show(outcomes.map(\.report), context, now: nil)
            let exit = status(of: outcomes)
            guard let watch, exit != .changesPresent else { return exit }
            try await context.clock.sleep(watch.duration)
        }
    }

    private func showLast(_ workspace: Workspace) throws -> ExitStatus {
        let recorded = try workspace.recordedStacks(stacks, common)
        let reports = try recorded.compactMap { try workspace.database.lastDriftReport($0.address) }
        let missing = recorded.map(\.address).filter { address in !reports.contains { $0.address == address } }
        if !common.json {
            for address in missing {
                workspace.context.terminal.writeError("There is no drift report on \(address). `pipeplan drift \(address)` makes one.\n")
            }
        }
        try show(reports, workspace.context, now: workspace.context.clock.now())
        return detailedExitcode && reports.contains(where: \.isDrifted) ? .changesPresent : .success
    }

    private func show(_ reports: [DriftReport], _ context: Context, now: Date?) throws {
        let terminal = context.terminal
        if common.json { return terminal.write(try JSONReport.render(DriftReports(reports))) }
        if markdown { return terminal.write(DriftMarkdown.render(reports)) }
        terminal.write(reports.map { DriftText.render($0, .output(context), now: now) }.joined(separator: "\n"))
    }

    /// A stack that could not be checked wholly is a failure, whatever else was found. Watching goes on: it may succeed the next time.
    private func status(of outcomes: [DriftRun.Outcome]) -> ExitStatus {
        if watch == nil, let failure = outcomes.failure { return failure }
        return detailedExitcode && outcomes.contains { $0.report.isDrifted } ? .changesPresent : .success
    }
}

/// How long to wait, as `90s`, `15m`, `1h` or a number of seconds.
struct Interval: ExpressibleByArgument {
    var duration: Duration

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = argument.last.flatMap { units[$0] }
        guard let count = Int(unit == nil ? argument[...] : argument.dropLast()), count > 0, count <= 1_000_000 else { return nil }
        duration = .seconds(count * (unit ?? 1))
    }
}

struct DriftAccept: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Record live values as known and accepted: later reports count them as that as long as they stay.",
        discussion: """
              pipeplan drift accept shop Topic --reason "until Friday"        everything that the last report found of it
              pipeplan drift accept shop Topic --path DisplayName --reason …  one place of it

            It changes nothing at AWS. Who accepted what and why is a record in `pipeplan history`.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String
    @Argument(help: "The resource's logical ID; in a nested stack Network/Table.")
    var logicalID: String
    @Option(name: .long, help: "Only this place of it, as the report names it; may be given several times.")
    var path: [String] = []
    @Option(name: .long, help: "Why it is accepted.")
    var reason: String

    func validate() throws {
        if reason.trimmed.isEmpty { throw ValidationError("--reason takes a reason.") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let address = try workspace.oneAddress(stack, common)
        let accepted = try workspace.acceptance(of: logicalID, paths: path, in: address, reason: reason)
        let deployment = try await workspace.changingRecords(of: [address], nil, aws, context) { _ in
            try workspace.accept(accepted, of: address)
        }
        if common.json {
            context.terminal.write(try JSONReport.render(HistoryReport([deployment])))
        } else {
            let what = accepted.map { $0.path.isEmpty ? "the deletion of \(logicalID)" : "\(logicalID).\($0.path)" }
            context.terminal.write(
                "Accepted \(what.joined(separator: ", ").printable). Recorded as deployment \(deployment.serial) of \(address).\n")
        }
        return .success
    }
}
