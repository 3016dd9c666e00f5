import ArgumentParser
import Foundation
import Model
import Reporting
import StateDatabase
import StateSharing

struct StateLease: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lease", abstract: "Show who may deploy which stack right now, and end a lease by force.",
        subcommands: [StateLeaseList.self, StateLeaseShow.self, StateLeaseRelease.self], defaultSubcommand: StateLeaseList.self)
}

struct StateLeaseList: ContextCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the leases that are held.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let share = try workspace.share(at: try workspace.requireShared(), aws, context)
        var held: [LeaseReport.Entry] = []
        for address in try await share.addresses() {
            if let lease = try await share.currentLease(of: address) { held.append(LeaseReport.Entry(address, lease)) }
        }
        if common.json {
            context.terminal.write(try JSONReport.render(LeaseReport(leases: held)))
        } else {
            context.terminal.write(held.isEmpty ? "No lease is held.\n" : held.map { "\($0.text)\n" }.joined())
        }
        return .success
    }
}

struct StateLeaseShow: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the lease of a stack: who, where, since when, with what, and how far it is.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let share = try workspace.share(at: try workspace.requireShared(), aws, context)
        let address = try parseAddress(stack)
        guard let current = try await share.currentLease(of: address) else {
            context.terminal.write(
                common.json ? try JSONReport.render(LeaseReport(leases: [])) : "Nobody holds the lease of \(address).\n")
            return .success
        }
        var entry = LeaseReport.Entry(address, current)
        if let heartbeat = try await share.heartbeat(of: address, current.epoch) {
            entry.serial = heartbeat.serial
            entry.step = heartbeat.step
        }
        context.terminal.write(common.json ? try JSONReport.render(LeaseReport(leases: [entry])) : entry.details)
        return .success
    }
}

struct StateLeaseRelease: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "End a lease that somebody else holds.",
        discussion: """
              pipeplan state lease show web                     tells its ID
              pipeplan state lease release web --force --id 5f0c…

            A dead holder's lease is taken over by itself, so this is for one that lives and hangs. It notices before it next has
            CloudFormation do something, and stops. What it has asked for already goes on: a request on its way can't be called back,
            and until CloudFormation has done it, somebody else may plan against a stack that is about to change.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String
    @Flag(name: .long, help: "Do so although its holder may be at work.")
    var force = false
    @Option(name: .long, help: "The lease's ID, so that no other one is ended than the one that was looked at.")
    var id: String?

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let share = try workspace.share(at: try workspace.requireShared(), aws, context)
        let address = try parseAddress(stack)
        guard let lease = try await share.currentLease(of: address) else {
            throw Problem(.badInput, "no-lease", "Nobody holds the lease of \(address)", detail: "There is nothing to release.")
        }
        guard force, let id else {
            throw Problem(
                .refused, "lease-held", "The lease of \(address) is ended only with --force and its ID",
                detail:
                    "\(lease.holderText) has it, as lease \(lease.epoch). If it is at work, what it has asked CloudFormation for goes on, and somebody else "
                    + "may plan meanwhile against a stack that is about to change. If you are sure: pipeplan state lease release "
                    + "\(address) --force --id \(lease.id)")
        }
        guard try await share.release(address, id: id) else {
            throw Problem(
                .refused, "other-lease", "The lease of \(address) has another ID", detail: "It is \(lease.id), of \(lease.holderText).")
        }
        context.terminal.write(
            common.json
                ? try JSONReport.render(LeaseReport(leases: [LeaseReport.Entry(address, lease)]))
                : "Ended the lease \(lease.epoch) of \(address), which \(lease.holderText.printable) had.\n")
        return .success
    }
}

struct StateWho: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "who", abstract: "Show who deploys what right now, and who deployed each stack last.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions

    private struct Report: Encodable {
        struct Stack: Encodable {
            var stack: String
            var environment: String?
            var lease: LeaseReport.Entry?
            var lastSerial: Int?
            var lastStatus: String?
            var lastActor: DeploymentActor?
            var lastStartedAt: String?
        }

        var formatVersion = 1
        var stacks: [Stack]
    }

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let share = try workspace.share(at: try workspace.requireShared(), aws, context)
        do {
            try await share.sync(pushes: false)
        } catch let problem as Problem where problem.findings.allSatisfy({ ["share-damaged", "record-damaged"].contains($0.code) }) {
            // Who is at work can be told all the same.
            context.terminal.writeError(FindingText.render(problem.findings, .error(context)))
        }
        var report = Report(stacks: [])
        var text = ""
        for address in try await share.addresses() {
            let lease = try await share.currentLease(of: address)
            let filter = DeploymentFilter(stack: address.stack, environment: address.environment ?? "", limit: 1)
            let last = try workspace.database.deployments(filter).first
            report.stacks.append(
                Report.Stack(
                    stack: address.stack, environment: address.environment, lease: lease.map { LeaseReport.Entry(address, $0) },
                    lastSerial: last?.serial, lastStatus: last?.status.rawValue, lastActor: last?.actor,
                    lastStartedAt: last?.startedAt.formatted(.iso8601)))
            let now = lease.map { "\($0.holderText) deploys it now; " } ?? ""
            let before =
                last.map {
                    "last deployment \($0.serial), \($0.status.rawValue), by \($0.actor.user) on \($0.actor.host) at \($0.startedAt.formatted(.iso8601))"
                } ?? "never deployed"
            text += "\(address): \(now)\(before)".printable + "\n"
        }
        context.terminal.write(common.json ? try JSONReport.render(report) : text.isEmpty ? "Nothing is on the share yet.\n" : text)
        return .success
    }
}

/// Leases for scripts and people.
private struct LeaseReport: Encodable {
    struct Entry: Encodable {
        var stack: String
        var environment: String?
        var epoch: Int
        /// What it is ended by; of a lease that can't be read its number.
        var id: String
        /// This and the next three are there where the lease can be read.
        var holder: DeploymentActor?
        var process: Int32?
        var since: String?
        var command: String?
        var job: String?
        /// The deployment it is at, and how far that is.
        var serial: Int?
        var step: String?

        init(_ address: StackAddress, _ current: CurrentLease) {
            stack = address.stack
            environment = address.environment
            epoch = current.epoch
            id = current.id
            holder = current.lease?.holder
            process = current.lease?.process
            since = current.lease?.since.formatted(.iso8601)
            command = current.lease?.command
            job = current.lease?.job
            holderText = current.holderText
        }

        private let holderText: String

        private enum CodingKeys: CodingKey { case stack, environment, epoch, id, holder, process, since, command, job, serial, step }

        private var name: String { StackAddress(stack: stack, environment: environment).description }

        var text: String { "\(name): \(holderText); lease \(epoch), ID \(id)".printable }

        var details: String {
            var lines = ["stack    \(name)", "lease    \(epoch)", "ID       \(id)"]
            if let holder, let process, let since, let command {
                lines.append("holder   \(holder.user) on \(holder.host), process \(process)")
                if let arn = holder.identityArn { lines.append("identity \(arn)") }
                lines += ["since    \(since)", "command  \(command)"]
            } else {
                lines.append("holder   \(holderText)")
            }
            if let job { lines.append("job      \(job)") }
            if let serial { lines.append("at       deployment \(serial)" + (step.map { ", step \($0)" } ?? "")) }
            return lines.map { "\($0.printable)\n" }.joined()
        }
    }

    var formatVersion = 1
    var leases: [Entry]
}
