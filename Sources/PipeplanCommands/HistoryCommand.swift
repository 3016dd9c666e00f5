import ArgumentParser
import Foundation
import Model
import Reporting
import StateDatabase

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show what was deployed: who, when, what, and why it failed.",
        discussion: """
              pipeplan history                                  all stacks, the newest first
              pipeplan history image-pipeline:develop           one
              pipeplan history --status failed --since 7d       what failed in the last week
              pipeplan history --who ada --resource Pipeline    what ada did to a resource
              pipeplan history show image-pipeline:develop 3    one deployment whole
              pipeplan history diff image-pipeline:develop 2 3  what came with it
              pipeplan history blame image-pipeline:develop     which deployment each property is from
              pipeplan history drift image-pipeline:develop     when resources drifted, and when that ended
              pipeplan history export > history.jsonl           all of it, for another place
            """,
        subcommands: [
            HistoryList.self, HistoryShow.self, HistoryDiff.self, HistoryBlame.self, HistoryDrift.self, HistoryTemplate.self,
            HistoryParameters.self,
            HistoryPlan.self, HistoryEvents.self, HistoryExport.self, HistoryImport.self,
        ], defaultSubcommand: HistoryList.self)
}

extension DeploymentKind: ExpressibleByArgument {}

struct HistoryList: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show deployments as a table, newest first.",
        discussion: """
              pipeplan history --limit 5
              pipeplan history network:prod --since 2026-11-01 --until 2026-12-01
              pipeplan history --kind rollback --who runner
              pipeplan history --resource Network/Vpc          a resource of a nested stack

            The table ends after \(longestTable) deployments, and says so, unless --limit or --all is given; --json has all of them.
            """)

    /// A screen is not scrolled through thousands of lines by chance.
    static let longestTable = 500

    @OptionGroup var common: CommonOptions
    @Argument(help: "A stack, as <stack> or <stack>:<environment>; all of them where none is named.")
    var stack: String?
    @Option(name: .long, help: "Only deployments with this status, such as failed or rolled-back; may be given several times.")
    var status: [DeploymentStatus] = []
    @Option(name: .long, help: "Only deployments of this kind, such as update or destroy; may be given several times.")
    var kind: [DeploymentKind] = []
    @Option(name: .long, help: "Only deployments by this user, host or identity; a part of the name or ARN will do.")
    var who: String?
    @Option(name: .long, help: "Only deployments that began at this time or later: a date, a time (RFC 3339), or an age such as 7d or 2h.")
    var since: String?
    @Option(name: .long, help: "Only deployments that began before this time.")
    var until: String?
    @Option(name: .long, help: "Only deployments that did something to this logical ID.")
    var resource: String?
    @Option(name: .long, help: "At most this many.")
    var limit: Int?
    @Flag(name: .long, help: "All of them, however long the table.")
    var all = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit takes a number from 1.") }
        if limit != nil && all { throw ValidationError("--limit and --all exclude each other.") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let address = try stack.map { try parseAddress($0) }
        var filter = DeploymentFilter(
            stack: address?.stack, environment: address?.environment ?? common.environment,
            statuses: status.isEmpty ? nil : Set(status), kinds: kind.isEmpty ? nil : Set(kind), who: who,
            since: try since.map { try TimeArgument.read($0, "--since", now: context.clock.now()) },
            until: try until.map { try TimeArgument.read($0, "--until", now: context.clock.now()) }, resource: resource, limit: limit)
        let isCut = limit == nil && !all && !common.json
        if isCut { filter.limit = Self.longestTable }
        let deployments = try workspace.database.deployments(filter)
        if deployments.isEmpty, let address { try requireKnown(address, workspace) }
        if common.json {
            context.terminal.write(try JSONReport.render(HistoryReport(deployments)))
            return .success
        }
        let isFiltered = filter != DeploymentFilter(stack: filter.stack, environment: filter.environment, limit: filter.limit)
        context.terminal.write(
            deployments.isEmpty && isFiltered
                ? "No deployment is like that.\n" : HistoryText.render(deployments, .output(context), columns: context.tableColumns))
        if isCut, deployments.count == Self.longestTable {
            let older = try workspace.database.count(filter) - deployments.count
            if older > 0 { context.terminal.writeError("\(older) older deployments are not shown. Add --all, or --limit N.\n") }
        }
        return .success
    }
}

extension Context {
    /// What the last column of a table is cut to: the width of the screen; `nil` where the output goes elsewhere.
    var tableColumns: Int? { terminal.outputIsTerminal ? terminal.columns : nil }
}

/// A point in time as it is typed.
enum TimeArgument {
    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    /// - Parameter option: whose value it is, for the message.
    /// - Throws: `Problem` (exit code 4) where the text is no date, no time and no age.
    static func read(_ text: String, _ option: String, now: Date) throws -> Date {
        if let age = age(text) { return now - age }
        let isDay = text.count == 10
        if let date = try? Date(isDay ? "\(text)T00:00:00Z" : text, strategy: .iso8601) { return date }
        let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        if let date = try? Date(text, strategy: fractional) { return date }
        throw Problem(
            .badInput, "bad-time", "\(option) takes a time, not \(JSONValue.quoted(text))",
            detail: "A date (2026-11-24), a time (2026-11-24T03:00:00Z), or an age: 90m, 2h, 7d, 4w.")
    }

    /// `7d` in seconds; `nil` for what is no age, or is older than a thousand years.
    static func age(_ text: String) -> TimeInterval? {
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()), number >= 0 else { return nil }
        let seconds = Double(number) * unit
        return seconds <= 1000 * 366 * 86_400 ? seconds : nil
    }
}
