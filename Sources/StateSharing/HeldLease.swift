import Foundation
package import Model
package import StateDatabase

/// A lease while it is held: renewed in the background, asked for before each effect, and released at the end.
package actor HeldLease {
    package nonisolated let lease: Lease
    package nonisolated let address: StackAddress
    nonisolated let share: Share
    private var beat = 0
    private var serial: Int?
    private var progress = DeploymentProgress()
    private var beating: Task<Void, Never>?
    private var writing: Task<Void, any Error>?

    init(share: Share, address: StackAddress, lease: Lease) {
        self.share = share
        self.address = address
        self.lease = lease
    }

    func startBeating() async {
        try? await renew()
        let interval = lease.timeToLive / 4
        let clock = share.clock
        beating = Task { [weak self] in
            while !Task.isCancelled {
                do { try await clock.sleep(interval) } catch { return }
                guard let self else { return }
                // One that can't be written is followed by others; the fence does not rely on them.
                try? await self.renew()
            }
        }
    }

    private func renew() async throws {
        beat += 1
        let heartbeat = Heartbeat(
            id: lease.id, beat: beat, serial: serial, step: progress.step, changeSetID: progress.changeSetID, stackID: progress.stackID)
        // One behind the other: an older one that arrives late would take back what was told.
        let before = writing
        let task = Task { [share, path = ShareLayout.heartbeat(address, lease.epoch)] in
            _ = await before?.result
            try await share.storage.put(ShareJSON.encode(heartbeat), at: path)
        }
        writing = task
        try await task.value
    }

    /// Reserves the serial of a deployment that has been recorded here.
    /// - Throws: `Problem` (exit code 3) where somebody else has it: then nothing of this deployment is recorded any more, unless it
    ///   was made offline. And where one made offline comes after others that the share lacks.
    package func reserve(_ deployment: Deployment) async throws {
        // Another process of this copy may have taken over that somebody else has the serial.
        guard let current = try share.database.current(deployment) else { throw taken(deployment, by: nil) }
        let position = RecordPosition(current.serial, .intent)
        serial = current.serial
        guard let record = try record(position) else { return }
        if current.isUnpublished, try !isNext(position) {
            throw Problem(
                .refused, "not-next", "Deployment \(current.serial) of \(address) can't be published before those that it comes after",
                detail:
                    "The share \(share.name) lacks one of them, or its outcome. `pipeplan state sync` publishes what was made offline, and "
                    + "`pipeplan resume \(address)` settles what is open.")
        }
        switch try await share.publish(record) {
        case .created:
            try note(position)
            if current.isUnpublished { try share.database.seal(current) }
        case .exists(let data):
            if !current.isUnpublished { try share.database.withdraw(current) }
            throw taken(current, by: (try? RecordBundle(data, name: record.name))?.record.actor)
        }
    }

    /// Whether all before an intent is on the share, or it is there itself already.
    func isNext(_ position: RecordPosition) throws -> Bool {
        let last = try share.database.sharedHeads(share.name)[address]?.position ?? RecordPosition(0, .outcome)
        return last == position.previous || last == position
    }

    private func taken(_ deployment: Deployment, by winner: DeploymentActor?) -> Problem {
        Problem(
            .refused, "serial-taken", "Deployment \(deployment.serial) of \(address) was begun by \(Share.text(winner)) just now",
            detail: deployment.isUnpublished
                ? "The one that was made offline is published by the next sync."
                : "Nothing was done. Sync, plan again, and apply that plan.")
    }

    /// The fence: tells how far the deployment is, and makes sure that nobody has a higher epoch.
    ///
    /// It is told before the epochs are read: whoever takes over writes an epoch before reading what was told. So one of the two
    /// notices the other.
    /// - Throws: `Problem` (exit code 3) where the lease is another's by now.
    package func confirm(_ progress: DeploymentProgress) async throws {
        self.progress.step = progress.step ?? self.progress.step
        self.progress.changeSetID = progress.changeSetID ?? self.progress.changeSetID
        self.progress.stackID = progress.stackID ?? self.progress.stackID
        try await renew()
        try await requireHeld()
    }

    private func requireHeld() async throws {
        let table = try await share.leaseTable(of: address, seen: lease.epoch)
        guard !table.permits(lease.epoch) else { return }
        let holder = table.highest > lease.epoch ? (try? await share.readableLease(table.highest, of: address))?.holderText : nil
        throw Problem(
            .refused, "lease-lost", "The lease \(lease.epoch) of \(address) is not held any more",
            detail: (holder.map { "\($0) has taken lease \(table.highest). " } ?? "It was released by force. ")
                + "Nothing more is done under it.")
    }

    /// What the holder before told last of a deployment that it left open; `nil` for nothing.
    package func lastProgress(of deployment: Deployment) async throws -> DeploymentProgress? {
        // Between the one who began it and this one, others may have held the lease for something else.
        for epoch in stride(from: lease.epoch - 1, to: max(0, lease.epoch - 65), by: -1) {
            guard let last = try await share.heartbeat(of: address, epoch), last.serial == deployment.serial else { continue }
            return DeploymentProgress(step: last.step, changeSetID: last.changeSetID, stackID: last.stackID)
        }
        return nil
    }

    /// Publishes a deployment that has been settled here.
    /// - Throws: `Problem` where the lease is another's by now, or the share has another outcome; `ShareUnavailable`. The outcome
    ///   stays recorded here, and the next sync decides.
    package func publish(_ deployment: Deployment) async throws {
        guard let current = try share.database.current(deployment) else { throw taken(deployment, by: nil) }
        let position = RecordPosition(current.serial, .outcome)
        guard let record = try record(position) else { return }
        try await requireHeld()
        guard case .created = try await share.publish(record) else {
            throw Problem(
                .refused, "settled-elsewhere", "Deployment \(deployment.serial) of \(address) was settled by somebody else",
                detail: "`pipeplan state sync` takes over how.")
        }
        try note(position)
    }

    private func record(_ position: RecordPosition) throws -> PortableRecord? {
        let before = position.part == .intent ? RecordPosition(position.serial - 1, .outcome) : RecordPosition(position.serial, .intent)
        return try share.database.portableRecords(of: address, after: before, limit: 1, withUnpublished: true).first {
            $0.position == position
        }
    }

    private func note(_ position: RecordPosition) throws {
        let head = SharedHead(position: position, epoch: lease.epoch)
        try share.database.setSharedHead(head, of: address, share: share.name)
    }

    /// Lets the next one have it. Whoever is cancelled still gives it back.
    package func release() async throws {
        beating?.cancel()
        beating = nil
        let marker = Data(#"{"released":"\#(lease.id)"}"#.utf8)
        let path = ShareLayout.release(address, lease.epoch)
        _ = try await Task { [share] in try await share.storage.create(marker, at: path, share.clock) }.value
    }
}
