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
        let report = try await share.sync(everything: true)
        let isFirst = workspace.project.settings.share == nil
        if isFirst { try workspace.writeSetting(share: url) }
        let (published, status) = try await workspace.publishOffline(share, context)
        try ShareReport(share, report, published).tell(common, context)
        if isFirst {
            context.terminal.writeError(
                "\(Style.error(context).green("Shared")) at \(location.name). Commit stacks/pipeplan.yml, and the others have it with their next `pipeplan state sync`.\n"
            )
        }
        return status
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
        try workspace.database.sealAll()
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
    let (published, status) = pushes ? try await workspace.publishOffline(share, context) : ([], .success)
    try ShareReport(share, report, published).tell(common, context)
    return status
}

extension Workspace {
    func requireNoSandbox() throws {
        guard usesSandbox else { return }
        throw Problem(
            .badInput, "sandbox-not-shared", "The sandbox's state is not shared",
            detail:
                "Leave --sandbox out. To try a share without an AWS account, let all use one `pipeplan sandbox serve` (docs/sandbox.md).")
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
        var driftReceived: Int
        var driftSent: Int

        /// `web: 2 received, 1 sent, 1 drift report received`
        var text: String {
            func reports(_ count: Int, _ what: String) -> String { "\(count) drift report\(count == 1 ? "" : "s") \(what)" }
            let parts = [
                received > 0 ? "\(received) received" : nil, sent > 0 ? "\(sent) sent" : nil,
                driftReceived > 0 ? reports(driftReceived, "received") : nil, driftSent > 0 ? reports(driftSent, "sent") : nil,
            ]
            return "\(StackAddress(stack: stack, environment: environment)): \(parts.compactMap(\.self).joined(separator: ", "))"
        }
    }

    /// A deployment that was made offline, with the serial it has for good.
    struct Published: Encodable {
        var stack: String
        var environment: String?
        var id: String
        var serial: Int
        /// The serials of what others have done that was not known when it was made.
        var unseen: [Int]
    }

    var formatVersion = 1
    var share: String
    var lineage: String?
    var stacks: [Stack]
    var published: [Published]
    /// Stacks of which something is recorded here only.
    var waiting: [String]
    /// Deployments that were made offline and are not published yet.
    var unpublished: [String]

    init(_ share: Share, _ report: SyncReport, _ published: [PublishedDeployment]) throws {
        self.share = share.name
        lineage = share.database.lineage
        stacks = Set(report.received.keys).union(report.sent.keys).union(report.drift.keys).sorted().map { address in
            Stack(
                stack: address.stack, environment: address.environment, received: report.received[address] ?? 0,
                sent: report.sent[address] ?? 0, driftReceived: report.drift[address]?.received ?? 0,
                driftSent: report.drift[address]?.sent ?? 0)
        }
        self.published = published.map { one in
            Published(
                stack: one.deployment.address.stack, environment: one.deployment.address.environment, id: one.id,
                serial: one.deployment.serial, unseen: one.unseen.map(\.serial))
        }
        unpublished = try share.database.unpublished().compactMap(\.offlineID)
        waiting = try share.database.unshared(share.name).map(\.description)
    }

    func tell(_ common: CommonOptions, _ context: Context) throws {
        if common.json { return context.terminal.write(try JSONReport.render(self)) }
        var text = stacks.isEmpty && published.isEmpty ? "Nothing new on \(share).\n" : ""
        for stack in stacks { text += "\(stack.text.printable)\n" }
        for one in published {
            text += "\(StackAddress(stack: one.stack, environment: one.environment)): deployment \(one.id) published as \(one.serial)\n"
        }
        if !waiting.isEmpty { text += "Still here only: \(waiting.joined(separator: ", ")). `pipeplan resume` settles what is open.\n" }
        if !unpublished.isEmpty { text += "Not published yet: \(unpublished.joined(separator: ", ")).\n" }
        context.terminal.write(text)
    }
}
