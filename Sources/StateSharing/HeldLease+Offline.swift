package import Model
package import StateDatabase

/// A deployment that was made while the share could not be reached, and is on it now.
package struct PublishedDeployment: Hashable, Sendable {
    /// Under the serial that it has for good.
    package var deployment: Deployment
    /// What others have done to the stack that was not known when it was made, in the order of the log.
    package var unseen: [Deployment]

    package var id: String { deployment.offlineID ?? "" }

    /// What became of it, in sentences.
    package var text: String {
        var text = "deployment \(id) of \(deployment.address) published as \(deployment.serial)."
        guard hasTouched, !unseen.isEmpty else { return text }
        let others = unseen.map { "\($0.serial) (\(Share.text($0.actor)))" }.joined(separator: ", ")
        text += " It and deployment\(unseen.count == 1 ? "" : "s") \(others) changed the stack without knowing of each other. "
        text +=
            deployment.effect == .untouched
            ? "CloudFormation did it before: the stack is recorded as they left it, and what this one changed may be undone."
            : "CloudFormation did it last: what they changed may be undone."
        return text + " `pipeplan history diff` shows how they differ, and `pipeplan drift \(deployment.address)` how the stack is."
    }

    /// Whether CloudFormation did anything to the stack, also where another deployment came after it.
    private var hasTouched: Bool {
        deployment.effect != .untouched || deployment.stackStatus != nil || (deployment.kind == .destroy && deployment.status == .succeeded)
    }
}

extension HeldLease {
    /// Publishes what was deployed offline, in its order, under the next free serials.
    ///
    /// All that the share has must have been taken over. What is still open is left for `reserve`, and what comes after it, too; so is
    /// everything where somebody else has left a deployment open.
    package func publishOffline() async throws -> [PublishedDeployment] {
        let database = share.database
        var published: [PublishedDeployment] = []
        let waiting = try database.unpublished(address)
        // Whatever others did comes beneath the first one.
        let unseen = try waiting.first.map { try self.unseen(by: $0) } ?? []
        for deployment in waiting {
            // All before it must be there, with its outcome.
            guard !deployment.status.isOpen, try isNext(RecordPosition(deployment.serial, .intent)) else { break }
            try await reserve(deployment)
            try await publish(deployment)
            guard let sealed = try database.deployment(address, serial: deployment.serial) else { break }
            let one = PublishedDeployment(deployment: sealed, unseen: unseen)
            published.append(one)
            // At once: the next one may fail.
            share.warn(one.text)
        }
        return published
    }

    /// What others have done to the stack since it was as it was when an offline deployment was planned.
    private func unseen(by deployment: Deployment) throws -> [Deployment] {
        let before = try share.database.deployments(DeploymentFilter(stack: address.stack, environment: address.environment ?? ""))
            .filter { $0.serial < deployment.serial && $0.effect != .untouched }.reversed()
        // One that was planned against no stack comes behind its removal.
        let known = deployment.plannedAgainst ?? before.last { $0.effect == .removed }?.serial ?? 0
        return before.filter { $0.serial > known }
    }
}

extension Share {
    /// Publishes what was deployed offline of a stack, if nobody deploys it right now.
    package func publishOffline(_ address: StackAddress, _ request: LeaseRequest) async throws -> [PublishedDeployment] {
        guard try database.unpublished(address).first.map({ !$0.status.isOpen }) ?? false else { return [] }
        let lease: HeldLease
        do {
            lease = try await acquire(address, request)
        } catch let problem as Problem where problem.findings.first?.code == "lease-held" {
            warn("What was deployed of \(address) offline is not published yet. \(problem.findings.first?.summary ?? "").")
            return []
        }
        do {
            try await sync(only: address)
            let published = try await lease.publishOffline()
            await end(lease)
            return published
        } catch {
            await end(lease)
            throw error
        }
    }

    private func end(_ lease: HeldLease) async {
        do {
            try await lease.release()
        } catch {
            warn("The lease of \(lease.address) could not be released, and ends by itself.")
        }
    }
}
