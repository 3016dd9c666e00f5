import ArgumentParser
import Foundation
import Model
import Project
import Reporting
import StateDatabase
import StateSharing

/// The subcommands of `state` that a team needs.
let shareCommands: [any ParsableCommand.Type] = [
    StateShare.self, StateUnshare.self, StateSync.self, StatePull.self, StatePush.self, StateLease.self, StateWho.self,
]

struct StateShare: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "share", abstract: "Share the recorded history with a team: in S3, or in a folder that all can reach.",
        discussion: """
              pipeplan state share s3://my-team-state/pipeplan
              pipeplan state share /mnt/team/pipeplan

            Where there is a share, an empty history becomes a copy of it; where there is none, this history becomes one. It writes
            `share:` to stacks/pipeplan.yml. Nothing is made in AWS but objects: stacks/state-share is a template for the bucket.
            docs/team.md has permissions, bucket settings and CI.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @Argument(help: "s3://bucket/prefix, with ?region=…&profile=… where needed, or the path of a folder.")
    var url: String

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        try workspace.requireNoSandbox()
        let location = try ShareLocation(url, relativeTo: workspace.project.root)
        if let present = try workspace.shareLocation(), present.name != location.name {
            throw Problem(
                .refused, "shared-elsewhere", "The history is shared at \(present.name)",
                detail: "End that first with `pipeplan state unshare`. Nothing is lost by it.")
        }
        let share = try workspace.share(at: location, aws, context)
        try await share.join(creates: true)
        if workspace.project.settings.share == nil { try workspace.writeSetting(share: url) }
        let report = try await share.sync(everything: true)
        try ShareReport(share, report).tell(common, context)
        return .success
    }
}

struct StateUnshare: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "unshare", abstract: "Stop sharing: this copy stays whole, and so does the share.",
        discussion: "Takes `share:` out of stacks/pipeplan.yml. Whatever is recorded here from then on, the others do not see.")

    @OptionGroup var common: CommonOptions

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let location = try workspace.requireShared()
        try workspace.writeSetting(share: nil)
        try workspace.database.forgetShare(location.name)
        context.terminal.write(
            common.json ? try JSONReport.render(UnshareReport(unshared: location.name)) : "No longer shared at \(location.name).\n")
        return .success
    }
}

struct StateSync: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Take over what is new on the share, and push what is recorded here only.",
        discussion: "  pipeplan state sync         asks for the hints, and then for what has changed\n"
            + "  pipeplan state sync --all   looks through every stack, and for records that have gone missing there")

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @Flag(name: .long, help: "Look at every stack, whatever the share's hints say.")
    var all = false

    func run(in context: Context) async throws -> ExitStatus {
        try await sync(context, common, aws, everything: all, pushes: true)
    }
}

struct StatePull: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Take over what is new on the share, and write nothing there.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions

    func run(in context: Context) async throws -> ExitStatus {
        try await sync(context, common, aws, everything: false, pushes: false)
    }
}

struct StatePush: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Push what is recorded here only; where others were faster, theirs is taken over first.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions

    func run(in context: Context) async throws -> ExitStatus {
        try await sync(context, common, aws, everything: false, pushes: true)
    }
}

private func sync(
    _ context: Context, _ common: CommonOptions, _ aws: AWSOptions, everything: Bool, pushes: Bool
) async throws -> ExitStatus {
    let workspace = try Workspace(context, common, .readWrite)
    let share = try workspace.share(at: try workspace.requireShared(), aws, context)
    let report = try await share.sync(everything: everything, pushes: pushes)
    try ShareReport(share, report).tell(common, context)
    return .success
}

extension Workspace {
    func requireNoSandbox() throws {
        guard usesSandbox else { return }
        throw Problem(.badInput, "sandbox-not-shared", "The sandbox's state is not shared", detail: "Leave --sandbox out.")
    }

    func requireShared() throws -> ShareLocation {
        try requireNoSandbox()
        guard let location = try shareLocation() else {
            throw Problem(
                .badInput, "not-shared", "The history is not shared",
                detail: "`pipeplan state share s3://bucket/prefix` does so, and writes `share:` to stacks/pipeplan.yml.")
        }
        return location
    }

    /// Writes the line `share:` of stacks/pipeplan.yml, or takes it out, and leaves all other lines as they are.
    func writeSetting(share: String?) throws {
        let file = URL(fileURLWithPath: "\(project.stacksFolder)/pipeplan.yml")
        let text = FileManager.default.fileExists(atPath: file.path) ? try String(contentsOf: file, encoding: .utf8) : ""
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("share:") }.map(String.init)
        if let share {
            if lines.last == "" { lines.removeLast() }
            lines += ["share: \(JSONValue.quoted(share))", ""]
        }
        try Data(lines.joined(separator: "\n").utf8).write(to: file, options: .atomic)
    }
}

/// `state unshare --json`, format version 1.
private struct UnshareReport: Encodable {
    var formatVersion = 1
    var unshared: String
}

/// What a sync did, for scripts and people.
private struct ShareReport: Encodable {
    struct Stack: Encodable {
        var stack: String
        var environment: String?
        var received: Int
        var sent: Int
    }

    var formatVersion = 1
    var share: String
    var lineage: String?
    var stacks: [Stack]
    /// Stacks of which something is recorded here only.
    var waiting: [String]

    init(_ share: Share, _ report: SyncReport) throws {
        self.share = share.name
        lineage = share.database.lineage
        stacks = Set(report.received.keys).union(report.sent.keys).sorted().map { address in
            Stack(
                stack: address.stack, environment: address.environment, received: report.received[address] ?? 0,
                sent: report.sent[address] ?? 0)
        }
        waiting = try share.database.unshared(share.name).map(\.description)
    }

    func tell(_ common: CommonOptions, _ context: Context) throws {
        if common.json { return context.terminal.write(try JSONReport.render(self)) }
        var text = stacks.isEmpty ? "Nothing new on \(share).\n" : ""
        for stack in stacks {
            let name = stack.environment.map { "\(stack.stack):\($0)" } ?? stack.stack
            let parts = [stack.received > 0 ? "\(stack.received) received" : nil, stack.sent > 0 ? "\(stack.sent) sent" : nil]
            text += "\(name): \(parts.compactMap(\.self).joined(separator: ", "))\n"
        }
        if !waiting.isEmpty { text += "Still here only: \(waiting.joined(separator: ", ")). `pipeplan resume` settles what is open.\n" }
        context.terminal.write(text)
    }
}
