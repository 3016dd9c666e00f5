import Foundation
package import Model
package import StateDatabase

/// Who wants a lease, and how it is waited for.
package struct LeaseRequest: Sendable {
    package var holder: DeploymentActor
    package var process: Int32
    package var command: String
    package var job: String?
    /// How long a heartbeat may stay unchanged, in seconds.
    package var seconds: Int
    /// How long to wait for a living holder to release it.
    package var timeout: Duration

    package init(holder: DeploymentActor, process: Int32, command: String, job: String?, seconds: Int = 30, timeout: Duration) {
        self.holder = holder
        self.process = process
        self.command = command
        self.job = job
        self.seconds = seconds
        self.timeout = timeout
    }
}

extension Share {
    /// Takes the lease of a stack: a free one, or that of a holder whose heartbeat has stopped, with the next epoch.
    /// - Throws: `Problem` (exit code 3) where a living holder keeps it for longer than one wants to wait.
    package func acquire(_ address: StackAddress, _ request: LeaseRequest) async throws -> HeldLease {
        try await join()
        var watch = DeathWatch()
        let start = clock.uptime()
        var isTold = false
        while true {
            let seen = try database.sharedHeads(name)[address]?.epoch ?? 0
            let table = try await leaseTable(of: address, seen: seen)
            switch table.standing {
            case .free(let next):
                if let lease = try await create(next, of: address, request) { return try await held(lease, address) }
                continue
            case .held(let epoch):
                guard let holder = try await readableLease(epoch, of: address) else { throw unreadable(epoch, address) }
                if watch.isDead(table, now: clock.uptime(), after: holder.timeToLive) {
                    guard let lease = try await create(table.takeover, of: address, request) else { continue }
                    warn("The lease of \(address) is taken over from \(holder.holderText): its heartbeat has stopped.")
                    return try await held(lease, address)
                }
                // Whether a silent one is dead is waited for in any case, since waiting is then not in vain.
                guard clock.uptime() - start < request.timeout || !watch.hasMoved else {
                    throw refused(address, holder)
                }
                if !isTold {
                    let what =
                        request.timeout > .zero
                        ? "Waiting for the lease of \(address)" : "Looking whether the lease of \(address) is in use"
                    warn("\(what): \(holder.holderText) has it.")
                }
                isTold = true
            }
            try await clock.sleep(min(.milliseconds(500), .seconds(request.seconds) / 4))
        }
    }

    /// `nil` where somebody else was faster.
    private func create(_ epoch: Int, of address: StackAddress, _ request: LeaseRequest) async throws -> Lease? {
        guard epoch < 1_000_000 else {
            throw Problem(
                .failed, "leases-used-up", "\(address) has had a million leases", detail: "There is no name left for the next one.")
        }
        let lease = Lease(
            epoch: epoch, id: newID(), holder: request.holder, process: request.process, since: clock.now(), command: request.command,
            job: request.job, seconds: request.seconds)
        let creation = try await storage.create(ShareJSON.encode(lease), at: ShareLayout.lease(address, epoch), clock)
        return creation == .created ? lease : nil
    }

    private func held(_ lease: Lease, _ address: StackAddress) async throws -> HeldLease {
        var head = try database.sharedHeads(name)[address] ?? SharedHead()
        head.epoch = lease.epoch
        try database.setSharedHead(head, of: address, share: name)
        let held = HeldLease(share: self, address: address, lease: lease)
        await held.startBeating()
        return held
    }

    private func refused(_ address: StackAddress, _ holder: Lease) -> Problem {
        Problem(
            .refused, "lease-held", "\(address) is being deployed by somebody else",
            detail: "\(holder.holderText) has the lease \(holder.epoch). Wait for it with --lock-timeout; "
                + "a dead holder's lease is taken over \(holder.timeToLive.components.seconds) seconds after its last heartbeat.")
    }

    /// A lease as it is written down; `nil` where its object is damaged or gone.
    func readableLease(_ epoch: Int, of address: StackAddress) async throws -> Lease? {
        guard let data = try await storage.get(ShareLayout.lease(address, epoch)) else { return nil }
        return ShareJSON.decode(Lease.self, data).flatMap { $0.epoch == epoch && $0.hasPlainID ? $0 : nil }
    }

    /// Nobody can tell whose it is, or how long to wait for its heartbeat.
    private func unreadable(_ epoch: Int, _ address: StackAddress) -> Problem {
        Problem(
            .refused, "lease-damaged", "The lease \(epoch) of \(address) is held, and can't be read",
            detail: "\(ShareLayout.lease(address, epoch)) on the share \(name) is damaged or gone, so nobody can tell whose it is. "
                + "Make sure that nobody deploys \(address); then end it: pipeplan state lease release \(address) --force --id \(epoch)")
    }

    package func heartbeat(of address: StackAddress, _ epoch: Int) async throws -> Heartbeat? {
        try await storage.get(ShareLayout.heartbeat(address, epoch)).flatMap { ShareJSON.decode(Heartbeat.self, $0) }
    }

    /// All stacks that are on the share or recorded here, sorted.
    package func addresses() async throws -> [StackAddress] {
        let shared = try await storage.list(ShareLayout.heads, after: nil).compactMap { ShareLayout.address($0.name) }
        return Set(shared).union(try database.recordedAddresses()).sorted()
    }

    /// The lease that is held on a stack now; `nil` for none.
    package func currentLease(of address: StackAddress) async throws -> CurrentLease? {
        let table = try await leaseTable(of: address, seen: try database.sharedHeads(name)[address]?.epoch ?? 0)
        guard case .held(let epoch) = table.standing else { return nil }
        return CurrentLease(epoch: epoch, lease: try await readableLease(epoch, of: address))
    }

    /// Ends a lease that somebody else holds. They notice before they next act; a request that is on its way is not stopped.
    /// - Parameter id: the lease's, or the number of one that can't be read.
    /// - Returns: `false` where the lease with that ID is not the one that is held.
    package func release(_ address: StackAddress, id: String) async throws -> Bool {
        guard let current = try await currentLease(of: address), current.id == id else { return false }
        _ = try await storage.create(Data(#"{"forced":"\#(newID())"}"#.utf8), at: ShareLayout.release(address, current.epoch), clock)
        return true
    }
}
