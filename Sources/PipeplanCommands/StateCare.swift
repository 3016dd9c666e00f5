import ArgumentParser
import Foundation
import Model
import Project
import Reporting
import StateDatabase

struct StateVerify: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that every record is what it was when it was written.",
        discussion: """
              pipeplan state verify
              pipeplan state verify --head 3f7a…       a hash that was seen elsewhere: in a build's log, by a colleague

            Every hash and digest is worked out anew, the chain of each stack is followed to its end, and SQLite looks through the file.
            The first bad record of each stack is named, and the exit code is 1. Who can write the file can write a whole chain anew:
            only a head that was seen before shows that. This folder remembers those it has seen; docs/security.md has the details.
            """)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: "A hash that one of the records must have; may be given several times.")
    var head: [String] = []

    func validate() throws {
        for text in head where text.count != 64 || !text.allSatisfy(\.isHexDigit) {
            throw ValidationError("--head takes a hash of 64 hexadecimal digits, as `history show` prints it.")
        }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        let wanted = head.map { Digest(hex: $0.lowercased()) }
        let report = VerificationReport(try workspace.database.verify(heads: Set(wanted)), wanted: wanted)
        context.terminal.write(common.json ? try JSONReport.render(report) : report.text(.output(context)))
        return report.isSound ? .success : .failed
    }
}

struct StateBackup: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Write a checked copy of everything that is recorded.",
        discussion: """
              pipeplan state backup                    into the folder backups beside the database, named after the time
              pipeplan state backup ~/state.sqlite

            It may be done at any time, also beside a running apply. `state restore` puts it back.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The file to write, which must not exist.")
    var file: String?

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readOnly)
        guard workspace.database.lineage != nil else {
            throw Problem(.badInput, "nothing-recorded", "There is nothing to back up", detail: "Nothing has been recorded yet.")
        }
        let path = try workspace.database.backUp(to: file.map { context.url(of: $0).path }, now: context.clock.now())
        context.terminal.write(
            common.json ? try JSONReport.render(CareReport(backup: path)) : "Written and checked: \(workspace.project.shown(path))\n")
        return .success
    }
}

struct StateRestore: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of what is recorded, which is backed up first.",
        discussion: """
              pipeplan state restore state/backups/pipeplan-20261124T030000Z.sqlite

            The backup is checked whole before anything is changed. One of another log, or while a deployment is open, is refused
            without --force; one that a newer pipeplan wrote, or while another process works on a stack, is refused altogether. It tells
            which deployments are not in it. A database that SQLite can't read whole any more is copied aside as it is.
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The backup.")
    var file: String
    @Flag(name: .long, help: "Also one of another log, and while a deployment is open whose process has died.")
    var force = false

    func run(in context: Context) async throws -> ExitStatus {
        // Not through a workspace: what is there may be too damaged to be opened.
        let project = try Project.find(from: context)
        let folder = Workspace.stateFolder(project, usesSandbox: context.usesSandbox(common))
        let result = try StateDatabase.restore(context.url(of: file).path, in: folder, force: force, context: context)
        if common.json {
            context.terminal.write(
                try JSONReport.render(
                    CareReport(
                        backup: result.backup, deployments: result.deployments, lost: result.lost.count,
                        lostDeployments: result.lost.map {
                            CareReport.Lost(stack: $0.address.stack, environment: $0.address.environment, serial: $0.serial)
                        })))
            return .success
        }
        context.terminal.write("Restored: \(counted(result.deployments)).\n")
        if !result.lost.isEmpty {
            context.terminal.writeError("Not in it, or not as recorded here: \(counted(result.lost.count)) (\(Self.named(result.lost))).\n")
        }
        if let backup = result.backup {
            context.terminal.writeError(
                "What was there before, \(result.wasDamaged ? "as damaged as it was" : "checked"), is \(project.shown(backup))\n")
        }
        return .success
    }

    private func counted(_ deployments: Int) -> String { "\(deployments) deployment\(deployments == 1 ? "" : "s")" }

    /// `network 3, shop 4-6 8`
    private static func named(_ lost: [Restoration.Lost]) -> String {
        let serials = Dictionary(grouping: lost, by: \.address).mapValues { IndexSet($0.map(\.serial)) }
        return serials.sorted { $0.key < $1.key }.map { address, serials in
            let ranges = serials.rangeView.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound - 1)" }
            return "\(address) \(ranges.joined(separator: " "))"
        }.joined(separator: ", ")
    }
}

struct StateCompact: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove old events, plans and templates by a policy. Every record stays.",
        discussion: """
              pipeplan state gc --dry-run                              what would go
              pipeplan state gc                                        events older than 90 days, plans older than a year
              pipeplan state gc --keep-events 30d --keep-templates 2w

            Records keep the digests of what is gone, so that the chains stay whole. The newest deployments of each stack (--keep-newest)
            and whatever is in effect stay whole, however old. Without --keep-templates all templates stay, for `rollback`.
            `state vacuum` then gives the room back to the disk.
            """)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: "Keep events this long, such as 90d or 12w; `all` keeps them for ever.")
    var keepEvents = "90d"
    @Option(name: .long, help: "Keep plans this long; `all` keeps them for ever.")
    var keepPlans = "365d"
    @Option(name: .long, help: "Keep templates this long; `all` keeps them for ever.")
    var keepTemplates = "all"
    @Option(name: .long, help: "So many of the newest deployments of each stack stay whole.")
    var keepNewest = 10
    @Flag(name: .long, help: "Only tell what would go.")
    var dryRun = false

    func validate() throws {
        guard keepNewest >= 1 else { throw ValidationError("--keep-newest takes a number from 1.") }
        for text in [keepEvents, keepPlans, keepTemplates] where text != "all" && TimeArgument.age(text) == nil {
            throw ValidationError("A time to keep is an age such as 90d, 12w or 36h, or `all`, not \(JSONValue.quoted(text)).")
        }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, dryRun ? .readOnly : .readWrite)
        let now = context.clock.now()
        func time(_ text: String) -> Date? { TimeArgument.age(text).map { now - $0 } }
        let result = try workspace.database.compact(
            CompactionPolicy(
                eventsBefore: time(keepEvents), plansBefore: time(keepPlans), templatesBefore: time(keepTemplates), newest: keepNewest),
            isTrial: dryRun)
        if common.json {
            context.terminal.write(
                try JSONReport.render(
                    CareReport(
                        events: result.events, plans: result.plans, templates: result.templates, bytes: result.bytes, isDryRun: dryRun)))
            return .success
        }
        let what = "\(result.events) events, \(result.plans) plans, \(result.templates) templates: some \(result.bytes) bytes"
        context.terminal.write("\(dryRun ? "Would remove" : "Removed") \(what).\n")
        return .success
    }
}

struct StateVacuum: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "vacuum", abstract: "Give what is free in the database back to the disk.",
        discussion: "  pipeplan state gc && pipeplan state vacuum")

    @OptionGroup var common: CommonOptions

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let (before, after) = try workspace.database.vacuum()
        context.terminal.write(
            common.json
                ? try JSONReport.render(CareReport(bytesBefore: before, bytesAfter: after)) : "\(before) bytes, now \(after).\n")
        return .success
    }
}

/// `--json` of `state backup`, `restore`, `gc` and `vacuum`, format version 1: each has the members that it is about.
private struct CareReport: Encodable {
    var formatVersion = 1
    var backup: String?
    var deployments: Int?
    var lost: Int?
    var lostDeployments: [Lost]?
    var events: Int?
    var plans: Int?
    var templates: Int?
    var bytes: Int?
    var isDryRun: Bool?
    var bytesBefore: Int?
    var bytesAfter: Int?

    struct Lost: Encodable {
        var stack: String
        var environment: String?
        var serial: Int
    }
}
