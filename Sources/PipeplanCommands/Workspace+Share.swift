import AWS
import ArgumentParser
import Deploying
import Foundation
import Model
import Project
import Reporting
import StateDatabase
import StateSharing

extension Workspace {
    /// Where the team's log is; `nil` where it is not shared, or the sandbox is used, whose stacks are nobody else's.
    func shareLocation() throws -> ShareLocation? {
        guard !usesSandbox, let share = project.settings.share else { return nil }
        return try ShareLocation(share.value, relativeTo: project.root)
    }

    /// - Throws: `Problem` (exit code 3) where this copy of a shared log is empty because it was never synced: whatever is deployed
    ///   would look new.
    func requireSynced() throws {
        guard let name = try shareLocation()?.name, try database.syncedAt(name) == nil, try database.recordedAddresses().isEmpty else {
            return
        }
        throw Problem(
            .refused, "never-synced", "The history that the team shares at \(name) has not been synced yet",
            detail:
                "Without it every stack would look new. `pipeplan state sync` takes it over (`state pull` where nothing may be written).")
    }

    /// The team's log; `nil` where it is not shared.
    func share(_ aws: AWSOptions, _ context: Context) throws -> Share? {
        try shareLocation().map { try share(at: $0, aws, context) }
    }

    func share(at location: ShareLocation, _ aws: AWSOptions, _ context: Context) throws -> Share {
        let style = Style.error(context)
        return Share(storage: try storage(at: location, aws, context), database: database, context: context) { sentence in
            context.terminal.writeError("\(style.yellow("Share:")) \(sentence.printable)\n")
        }
    }

    private func storage(at location: ShareLocation, _ aws: AWSOptions, _ context: Context) throws -> any ShareStorage {
        switch location {
        case .s3(let bucket, let prefix, let region, let profile):
            let session = try AWSSession(
                context: context, profile: profile ?? aws.profile, region: region ?? project.settings.region?.value,
                fallbackRegion: "us-east-1", pool: credentials, log: aws.log(context))
            return S3ShareStorage(name: location.name, client: try session.s3(), bucket: bucket, prefix: prefix)
        case .directory(let path):
            return DirectoryShareStorage(name: location.name, root: path) {
                context.hostName + "-" + context.randomBytes(12).map { String($0, radix: 36) }.joined()
            }
        }
    }

    /// Takes over what others have recorded, and publishes what was done offline, before anything is planned that is then carried out.
    /// - Throws: `Problem` (exit code 3) where the share can't be asked, and it is not allowed to go on without it.
    func syncBeforeChange(
        _ addresses: [StackAddress], _ options: ShareOptions, _ aws: AWSOptions, _ context: Context
    ) async throws {
        guard let share = try share(aws, context) else { return }
        do {
            _ = try await share.sync(certain: addresses)
            _ = try await publishOffline(share, context)
        } catch let failure as ShareUnavailable {
            try requireOffline(options, failure)
        }
    }

    /// Runs `body` with the right to deploy a stack, after all that others have done to it has been taken over and what one of them
    /// left open is settled.
    func underLease<Value>(
        _ address: StackAddress, _ cloud: CloudAccess, _ options: ShareOptions, _ aws: AWSOptions,
        _ common: CommonOptions, settlesOpen: Bool = true, _ body: (DeploymentRight) async throws -> Value
    ) async throws -> Value {
        guard let share = try share(aws, cloud.context) else { return try await body(.alone) }
        let lease: HeldLease
        do {
            lease = try await share.acquire(
                address, try leaseRequest(address, cloud.actor, cloud.context, timeout: .seconds(options.lockTimeout)))
        } catch let failure as ShareUnavailable {
            try requireOffline(options, failure)
            let right = offlineRight(address, share, cloud.context)
            if settlesOpen { try await settleOpen(address, right, cloud, common) }
            return try await body(right)
        }
        do {
            try await refusingUnreachable {
                try await share.sync(only: address)
                if settlesOpen { try await settleOpen(address, .lease(lease), cloud, common) }
            }
            let value = try await body(.lease(lease))
            await release(lease, cloud.context)
            return value
        } catch {
            await release(lease, cloud.context)
            throw error
        }
    }

    private func release(_ lease: HeldLease, _ context: Context) async {
        do {
            try await lease.release()
        } catch {
            let why = explained(error)?.description ?? "\(error)"
            context.terminal.writeError(
                "\(Style.error(context).yellow("Share:")) The lease of \(lease.address) could not be released: \(why) It ends by itself.\n")
        }
    }

    func leaseRequest(
        _ address: StackAddress, _ actor: DeploymentActor, _ context: Context, timeout: Duration
    ) throws -> LeaseRequest {
        LeaseRequest(
            holder: actor, process: getpid(), command: Self.publicCommand(for: address),
            job: context.jobAddress?.withoutURLCredentials, seconds: try context.leaseSeconds, timeout: timeout)
    }

    /// What the others are told of the command while it runs: what it is called, the stack, and the names of its options. What else
    /// was typed may be a secret, and a lease is never written over.
    static func publicCommand(for address: StackAddress, _ arguments: [String] = Array(CommandLine.arguments.dropFirst())) -> String {
        var command: any ParsableCommand.Type = Pipeplan.self
        let path = arguments.prefix { word in
            guard let next = command.configuration.subcommands.first(where: { $0.configuration.commandName == word }) else { return false }
            command = next
            return true
        }
        let words = arguments.dropFirst(path.count).map { word in
            if word.hasPrefix("--") { return word.prefix { $0 != "=" } + (word.contains("=") ? "=…" : "") }
            return [address.description, address.stack].contains(word) ? Substring(word) : "…"
        }
        return (["pipeplan"] + path.map { Substring($0) } + words).joined(separator: " ")
    }

    /// Settles what a holder before has left open: its change set is deleted if it was not executed, and CloudFormation is asked how it
    /// ended if it was. What was done offline is published before and after, so that nothing is planned against what may yet move.
    private func settleOpen(
        _ address: StackAddress, _ right: DeploymentRight, _ cloud: CloudAccess, _ common: CommonOptions
    ) async throws {
        while true {
            _ = try await right.lease?.publishOffline()
            guard let open = try database.openDeployment(address) else { return }
            cloud.context.terminal.writeError(Self.notice(of: open, Style.error(cloud.context)))
            let result = try await resume(open, right, cloud, quiet: common.json)
            DeploymentEnd(cloud.context, common).tell(result, template: nil)
            if result.ending.exit == .interrupted { throw CancellationError() }
            guard !result.deployment.status.isOpen else { throw RecordingRefusal.deploymentOpen(result.deployment) }
            // What had not begun, and was taken back, is no failure.
            guard result.ending.exit == .success || result.deployment.effect == .untouched else { throw Self.failedMeanwhile(address) }
        }
    }

    /// Settles a deployment that is open on the share, once its lease can be had: before anything is planned.
    func settleShared(
        _ open: Deployment, _ aws: AWSOptions, _ common: CommonOptions, _ context: Context, _ sharing: ShareOptions
    ) async throws {
        let cloud = try await CloudAccess(
            context, aws, self, open.address, settings: try settings(ofRecorded: open.address), region: open.region,
            recordedAccount: open.accountID)
        try await underLease(open.address, cloud, sharing, aws, common) { _ in }
    }

    /// Goes on with an open deployment.
    /// - Throws: `Problem` (exit code 3) for one that the others know of, where they can't be asked.
    func resume(
        _ open: Deployment, _ right: DeploymentRight, _ cloud: CloudAccess, quiet: Bool, onInterrupt: OnInterrupt? = nil
    ) async throws -> DeploymentResult {
        let lease = right.lease
        if right.offlineID != nil, !open.isUnpublished {
            throw Problem(
                .refused, "open-elsewhere", "Deployment \(open.serial) of \(open.address) has no outcome, and the share can't be reached",
                detail:
                    "\(open.actor.user) on \(open.actor.host) began it. Somebody may be at it, or have settled it: only the share tells.")
        }
        try await lease?.reserve(open)
        guard !open.isAdoption else {
            // Nothing but records was to come of it.
            let settled = try database.finish(
                open, Deployment.interruptedAdoption(at: cloud.context.clock.now(), by: cloud.actor), secrets: [])
            try await lease?.publish(settled)
            return DeploymentResult(interruptedAdoption: settled)
        }
        var deployment = open
        if let progress = try await lease?.lastProgress(of: open) {
            try database.note(
                DeploymentProgress(
                    step: open.step == nil ? progress.step : nil, changeSetID: open.changeSetID == nil ? progress.changeSetID : nil,
                    stackID: open.stackID == nil ? progress.stackID : nil), of: open)
            deployment = try database.openDeployment(open.address) ?? open
        }
        let plan = try recordedPlan(of: deployment)
        var deployer = try cloud.deployer(
            database, total: plan.changes.count, autoApprove: false, quiet: quiet, plan: plan, graph: graph(of: deployment),
            onInterrupt: onInterrupt)
        deployer.right = right
        return try await deployer.resume(deployment, plan: plan, by: cloud.actor)
    }

    /// Runs `body`, which changes what is recorded of stacks and nothing else, while nobody deploys them, and pushes what it recorded.
    /// - Parameter options: `nil` where that is not to be done offline.
    func changingRecords<Value>(
        of addresses: [StackAddress], _ options: ShareOptions?, _ aws: AWSOptions, _ context: Context,
        _ body: (DeploymentRight) async throws -> Value
    ) async throws -> Value {
        guard let share = try share(aws, context) else { return try await body(.alone) }
        let actor = DeploymentActor(user: context.userName, host: context.hostName)
        let timeout = Duration.seconds(options?.lockTimeout ?? 0)
        var held: [HeldLease] = []
        func releaseAll() async { for lease in held { await release(lease, context) } }
        do {
            // In one order everywhere, so that no two wait for each other.
            for address in addresses.sorted() {
                held.append(try await share.acquire(address, leaseRequest(address, actor, context, timeout: timeout)))
            }
            _ = try await share.sync(certain: addresses)
            for lease in held { _ = try await lease.publishOffline() }
        } catch let failure as ShareUnavailable {
            await releaseAll()
            try requireOffline(options, failure)
            return try await body(offlineRight(addresses[0], share, context))
        } catch {
            await releaseAll()
            throw error
        }
        do {
            for lease in held {
                // The share would get the change before it.
                if let waiting = try database.unpublished(lease.address).first { throw RecordingRefusal.deploymentOpen(waiting) }
            }
            let value = try await body(held.first.map { .lease($0) } ?? .alone)
            do {
                _ = try await share.sync(certain: addresses)
            } catch let failure as ShareUnavailable {
                // It is done, and waits here to be pushed: every command says so.
                context.terminal.writeError(FindingText.render(failure.problem.findings, .error(context)))
            }
            await releaseAll()
            return value
        } catch {
            await releaseAll()
            throw error
        }
    }
}

extension Context {
    /// For how long the holder of a lease may be silent, in seconds.
    /// - Throws: `Problem` (exit code 4) for what is no such time.
    fileprivate var leaseSeconds: Int {
        get throws {
            guard let text = environment["PIPEPLAN_LEASE_SECONDS"] else { return 30 }
            guard let seconds = Int(text), (1...600).contains(seconds) else {
                throw Problem(
                    .badInput, "bad-lease-seconds", "PIPEPLAN_LEASE_SECONDS is \(JSONValue.quoted(text))",
                    detail: "It takes a number of seconds from 1 to 600.")
            }
            return seconds
        }
    }

    /// The address of the CI job this runs in, where a CI names it.
    var jobAddress: String? {
        if let server = environment["GITHUB_SERVER_URL"], let repository = environment["GITHUB_REPOSITORY"],
            let run = environment["GITHUB_RUN_ID"]
        {
            return "\(server)/\(repository)/actions/runs/\(run)"
        }
        return ["CI_JOB_URL", "BUILD_URL", "CIRCLE_BUILD_URL", "BUILDKITE_BUILD_URL"].compactMap { environment[$0] }.first
    }
}
