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
        settlesOpen: Bool = true, _ body: (HeldLease?) async throws -> Value
    ) async throws -> Value {
        guard let share = try share(aws, cloud.context) else { return try await body(nil) }
        let lease = try await refusingUnreachable { try await share.acquire(address, leaseRequest(cloud, options)) }
        do {
            try await refusingUnreachable {
                _ = try await share.sync(certain: [address])
                if settlesOpen { try await settleOpen(lease, cloud) }
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

    private func leaseRequest(_ cloud: CloudAccess, _ options: ShareOptions) -> LeaseRequest {
        LeaseRequest(
            holder: cloud.actor, process: getpid(), command: Self.commandLine, job: cloud.context.jobAddress,
            seconds: cloud.context.environment["PIPEPLAN_LEASE_SECONDS"].flatMap { Int($0) } ?? 30,
            timeout: .seconds(options.lockTimeout))
    }

    /// Settles what a holder before has left open: its change set is deleted if it was not executed, and CloudFormation is asked how it
    /// ended if it was.
    private func settleOpen(_ lease: HeldLease, _ cloud: CloudAccess) async throws {
        guard let open = try database.openDeployment(lease.address) else { return }
        let result = try await resume(open, lease, cloud)
        cloud.context.terminal.writeError(
            """
            \(Style.error(cloud.context).yellow("Share:")) Deployment \(open.serial) of \(open.address), which \(open.actor.user) on \
            \(open.actor.host) left open, is settled: \(result.deployment.status.rawValue).\n
            """)
    }

    /// Goes on with an open deployment under a lease.
    func resume(_ open: Deployment, _ lease: HeldLease?, _ cloud: CloudAccess, quiet: Bool = true) async throws -> DeploymentResult {
        guard let plan = try database.recordedPlan(of: open) else {
            throw Problem(
                .failed, "no-recorded-plan", "The plan of \(open.address) deployment \(open.serial) can't be read",
                detail: "It was recorded by pipeplan \(open.toolVersion): resume it with that version.")
        }
        var deployment = open
        if let lease {
            try await lease.reserve(open)
            if let progress = try await lease.lastProgress(of: open) {
                try database.note(
                    DeploymentProgress(
                        step: open.step == nil ? progress.step : nil, changeSetID: open.changeSetID == nil ? progress.changeSetID : nil,
                        stackID: open.stackID == nil ? progress.stackID : nil), of: open)
                deployment = try database.openDeployment(open.address) ?? open
            }
        }
        var deployer = try cloud.deployer(database, total: plan.changes.count, autoApprove: false, quiet: quiet)
        deployer.lease = lease
        return try await deployer.resume(deployment, plan: plan, by: cloud.actor)
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
