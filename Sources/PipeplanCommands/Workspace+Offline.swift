import Deploying
import Foundation
import Model
import Project
import Reporting
import StateDatabase
import StateSharing

/// Without the share.
extension Workspace {
    /// Publishes what was deployed offline, stack by stack. One that can't be published is no reason not to publish another.
    /// - Returns: what was published, and the worst exit code of what could not be.
    func publishOffline(_ share: Share, _ context: Context) async throws -> (published: [PublishedDeployment], status: ExitStatus) {
        let actor = DeploymentActor(user: context.userName, host: context.hostName)
        var published: [PublishedDeployment] = []
        var status = ExitStatus.success
        for address in Set(try database.unpublished().map(\.address)).sorted() {
            do {
                published += try await share.publishOffline(address, try leaseRequest(address, actor, context, timeout: .zero))
            } catch let problem as Problem {
                context.terminal.writeError(FindingText.render(problem.findings, .error(context)))
                if problem.status.rawValue > status.rawValue { status = problem.status }
            }
        }
        return (published, status)
    }

    /// Whether to go on although the share can't be reached.
    /// - Throws: `Problem` (exit code 3) where the command or the project says no.
    func requireOffline(_ options: ShareOptions?, _ failure: ShareUnavailable) throws {
        // One that says no is there, and the others may be at work on it.
        let isAllowed = project.settings.offlineOk && !failure.isDenied
        if let options, options.offlineOk, isAllowed { return }
        let why: String
        switch options?.offlineOk {
        case _ where failure.isDenied: why = "Without it nobody knows what others are doing."
        case true?:
            why = "--offline-ok is not allowed in this project: `offlineOk: true` in stacks/pipeplan.yml would allow it."
        case false? where isAllowed: why = "With --offline-ok it is done all the same, and published later."
        default: why = "While the share can't be asked, nobody knows what others are doing."
        }
        var problem = failure.problem
        problem.status = .refused
        problem.findings = problem.findings.map { finding in
            var finding = finding
            finding.detail += " Nothing was done. \(why)"
            return finding
        }
        throw problem
    }

    /// Runs `body`, which can't do without the share.
    func refusingUnreachable<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let failure as ShareUnavailable {
            try requireOffline(nil, failure)
            throw failure
        }
    }

    /// The right to deploy a stack offline, which is told of.
    func offlineRight(_ address: StackAddress, _ share: Share, _ context: Context) -> DeploymentRight {
        let id = UUID(randomBytes: context.randomBytes(16)).uuidString.lowercased()
        context.terminal.writeError(
            """
            \(Style.error(context).yellow("Share:")) \(share.name) can't be reached. \(address) is deployed without it: what is recorded has \
            the name \(id) until it is published, and only then a serial for good. Whether others deploy \(address) meanwhile, nobody knows.\n
            """)
        return .offline(id: id)
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
        for deployment in (try? database.unpublished()) ?? [] {
            let what = "deployment \(deployment.offlineID ?? "\(deployment.serial)") of \(deployment.address), made offline"
            let next =
                deployment.status.isOpen
                ? "It has no outcome yet: `pipeplan resume \(deployment.address)` settles it."
                : "`pipeplan state sync` publishes it. Until then it is \(deployment.serial) here, which may change."
            context.terminal.writeError("\(style.yellow("Share:")) Not published yet: \(what). \(next)\n")
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

extension UUID {
    /// A random one (RFC 9562, version 4) of sixteen bytes.
    fileprivate init(randomBytes: Data) {
        var bytes = Array(randomBytes.prefix(16))
        bytes += Array(repeating: 0, count: 16 - bytes.count)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        self = bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
