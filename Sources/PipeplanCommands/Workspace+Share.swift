import AWS
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

    /// The team's log; `nil` where it is not shared.
    func share(_ aws: AWSOptions, _ context: Context) throws -> Share? {
        try shareLocation().map { try share(at: $0, aws, context) }
    }

    func share(at location: ShareLocation, _ aws: AWSOptions, _ context: Context) throws -> Share {
        let style = Style.error(context)
        return Share(storage: try storage(at: location, aws, context), database: database, context: context) { sentence in
            context.terminal.writeError("\(style.yellow("Share:")) \(sentence)\n")
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

    /// Takes over what others have recorded, before anything is planned that is then carried out.
    /// - Throws: `Problem` (exit code 3) where the share can't be asked.
    func syncBeforeChange(_ addresses: [StackAddress], _ aws: AWSOptions, _ context: Context) async throws {
        guard let share = try share(aws, context) else { return }
        try await refusingUnreachable { _ = try await share.sync(certain: addresses) }
    }

    /// Runs `body` with the right to deploy a stack, after all that others have done to it has been taken over and what one of them
    /// left open is settled; with `nil` where nothing is shared.
    func underLease<Value>(
        _ address: StackAddress, _ cloud: CloudAccess, _ options: ShareOptions, _ aws: AWSOptions,
        _ common: CommonOptions, settlesOpen: Bool = true, _ body: (HeldLease?) async throws -> Value
    ) async throws -> Value {
        guard let share = try share(aws, cloud.context) else { return try await body(nil) }
        let lease = try await refusingUnreachable {
            try await share.acquire(address, leaseRequest(cloud.actor, cloud.context, timeout: .seconds(options.lockTimeout)))
        }
        do {
            try await refusingUnreachable {
                try await share.sync(only: address)
                if settlesOpen { try await settleOpen(lease, cloud, common) }
            }
            let value = try await body(lease)
            await release(lease, cloud.context)
            return value
        } catch {
            await release(lease, cloud.context)
            throw error
        }
    }

    /// Whoever is interrupted still gives the lease back.
    private func release(_ lease: HeldLease, _ context: Context) async {
        do {
            try await Task { try await lease.release() }.value
        } catch {
            let why = explained(error)?.description ?? "\(error)"
            context.terminal.writeError(
                "\(Style.error(context).yellow("Share:")) The lease of \(lease.address) could not be released: \(why) It ends by itself.\n")
        }
    }

    private func leaseRequest(_ actor: DeploymentActor, _ context: Context, timeout: Duration) -> LeaseRequest {
        LeaseRequest(
            holder: actor, process: getpid(), command: Self.commandLine, job: context.jobAddress,
            seconds: context.environment["PIPEPLAN_LEASE_SECONDS"].flatMap { Int($0) } ?? 30, timeout: timeout)
    }

    /// Settles what a holder before has left open: its change set is deleted if it was not executed, and CloudFormation is asked how it
    /// ended if it was.
    private func settleOpen(_ lease: HeldLease, _ cloud: CloudAccess, _ common: CommonOptions) async throws {
        guard let open = try database.openDeployment(lease.address) else { return }
        cloud.context.terminal.writeError(Self.notice(of: open, Style.error(cloud.context)))
        let result = try await resume(open, lease, cloud, quiet: common.json)
        DeploymentEnd(cloud.context, common).tell(result, template: nil)
        if result.ending.exit == .interrupted { throw CancellationError() }
        guard !result.deployment.status.isOpen else { throw RecordingRefusal.deploymentOpen(result.deployment) }
        // What had not begun, and was taken back, is no failure.
        guard result.ending.exit == .success || result.deployment.effect == .untouched else { throw Self.failedMeanwhile(lease.address) }
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

    /// Goes on with an open deployment, under a lease where the log is shared.
    func resume(
        _ open: Deployment, _ lease: HeldLease?, _ cloud: CloudAccess, quiet: Bool, onInterrupt: OnInterrupt? = nil
    ) async throws -> DeploymentResult {
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
        deployer.lease = lease
        return try await deployer.resume(deployment, plan: plan, by: cloud.actor)
    }

    /// Runs `body`, which changes what is recorded of stacks and nothing else, while nobody deploys them, and pushes what it recorded.
    func changingRecords<Value>(
        of addresses: [StackAddress], _ aws: AWSOptions, _ context: Context, _ body: () async throws -> Value
    ) async throws -> Value {
        guard let share = try share(aws, context) else { return try await body() }
        let actor = DeploymentActor(user: context.userName, host: context.hostName)
        var held: [HeldLease] = []
        do {
            try await refusingUnreachable {
                // In one order everywhere, so that no two wait for each other.
                for address in addresses.sorted() {
                    held.append(try await share.acquire(address, leaseRequest(actor, context, timeout: .zero)))
                }
                _ = try await share.sync(certain: addresses)
            }
            let value = try await body()
            _ = try await share.sync()
            for lease in held { await release(lease, context) }
            return value
        } catch {
            for lease in held { await release(lease, context) }
            throw error
        }
    }

    private func refusingUnreachable<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let failure as ShareUnavailable {
            var problem = failure.problem
            problem.status = .refused
            problem.findings = problem.findings.map { finding in
                var finding = finding
                finding.detail += " Nothing was done: while the share can't be asked, nobody knows what others are doing."
                return finding
            }
            throw problem
        }
    }

    /// Tells what is not on the share yet, and for commands that work offline how old this copy is.
    func tellOfShare(_ access: StateDatabase.Access) {
        guard let name = try? shareLocation()?.name else { return }
        let style = Style.error(context)
        if let waiting = try? database.unshared(name), !waiting.isEmpty {
            context.terminal.writeError(
                """
                \(style.yellow("Share:")) Not yet on \(name): what is recorded of \(waiting.map(\.description).joined(separator: ", ")). \
                `pipeplan state sync` pushes it.\n
                """)
        }
        guard access == .readOnly else { return }
        let age = (try? database.syncedAt(name)).flatMap(\.self).map { context.clock.now().timeIntervalSince($0) }
        guard let age else {
            context.terminal.writeError("\(style.yellow("Share:")) \(name) has not been synced yet: `pipeplan state sync`.\n")
            return
        }
        guard age >= 60 else { return }
        context.terminal.writeError(style.dim("As of the last sync with \(name), \(TimeText.duration(age)) ago.") + "\n")
    }
}

extension Context {
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
