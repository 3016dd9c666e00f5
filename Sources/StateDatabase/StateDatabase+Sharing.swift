package import Foundation
import GRDB
package import Model

/// What this copy knows of one stack's log on a share.
package struct SharedHead: Hashable, Sendable {
    /// All up to here is there as it is here; `nil` for nothing.
    package var position: RecordPosition?
    /// What the share's hint looked like when it was read last.
    package var tag: String?
    /// The highest lease epoch that was seen there.
    package var epoch: Int

    package init(position: RecordPosition? = nil, tag: String? = nil, epoch: Int = 0) {
        self.position = position
        self.tag = tag
        self.epoch = epoch
    }
}

extension StateDatabase {
    /// What is known of a share, by stack.
    package func sharedHeads(_ share: String) throws -> [StackAddress: SharedHead] {
        try known(of: share, "h.serial, h.part, h.tag, h.epoch") { columns in
            let serial = try columns.integer()
            guard (0..<1 << 40).contains(serial) else { throw DamagedRecord("A shared log ends at deployment \(serial)") }
            let part = try columns.name(RecordPosition.Part.self, "part of a record")
            return SharedHead(
                position: serial > 0 ? RecordPosition(serial, part) : nil, tag: try columns.optionalText(), epoch: try columns.integer())
        }
    }

    /// What some columns of `shared`, which is called `h`, tell of a share, by stack.
    func known<Value>(
        of share: String, _ columns: String, _ value: (inout RowReader) throws -> Value
    ) throws -> [StackAddress: Value] {
        try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT s.stack, s.environment, \(columns) FROM shared h JOIN stacks s ON s.id = h.stack_key WHERE h.share = ?
                    """,
                arguments: [share])
            var known: [StackAddress: Value] = [:]
            for row in rows {
                var columns = RowReader(row)
                known[try StackAddress(columns: &columns)] = try value(&columns)
            }
            return known
        }
    }

    /// What is known of a log on a share only grows, whatever two processes of this copy note in which order.
    package func setSharedHead(_ head: SharedHead, of address: StackAddress, share: String) throws {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO shared (share, stack_key, serial, part, tag, epoch) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET
                        serial = CASE WHEN (excluded.serial, excluded.part) > (serial, part) THEN excluded.serial ELSE serial END,
                        part = CASE WHEN (excluded.serial, excluded.part) > (serial, part) THEN excluded.part ELSE part END,
                        tag = excluded.tag, epoch = max(epoch, excluded.epoch)
                    """,
                arguments: [
                    share, try stackKey(of: address, in: db), head.position?.serial ?? 0,
                    (head.position?.part ?? .intent).rawValue, head.tag, head.epoch,
                ])
        }
    }

    /// When all that a share had was last taken over; `nil` for never.
    package func syncedAt(_ share: String) throws -> Date? {
        try read { db in
            try Int64.fetchOne(db, sql: "SELECT synced_at FROM share_syncs WHERE share = ?", arguments: [share]).map(
                Date.init(milliseconds:))
        }
    }

    package func setSyncedAt(_ time: Date, share: String) throws {
        try write { db in
            try db.execute(
                sql: "INSERT INTO share_syncs (share, synced_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET synced_at = excluded.synced_at",
                arguments: [share, time.milliseconds])
        }
    }

    /// Forgets what was known of a share. Nothing that is recorded goes away.
    package func forgetShare(_ share: String) throws {
        try write { db in
            try db.execute(sql: "DELETE FROM shared WHERE share = ?", arguments: [share])
            try db.execute(sql: "DELETE FROM share_syncs WHERE share = ?", arguments: [share])
        }
    }

    /// The stacks of which something is recorded here that is not known to be on the share, sorted.
    package func unshared(_ share: String) throws -> [StackAddress] {
        let shared = try sharedHeads(share)
        return try recordedAddresses().filter { address in
            guard let head = try head(of: address) else { return false }
            return shared[address]?.position.map { $0 < head.position } ?? true
        }
    }

    /// Which of the texts are here.
    package func knownBodies(_ digests: [Digest]) throws -> Set<Digest> {
        try read { db in
            let statement = try db.cachedStatement(sql: "SELECT 1 FROM blobs WHERE digest = ? AND body IS NOT NULL")
            return Set(try digests.filter { try Int.fetchOne(statement, arguments: [$0.bytes]) != nil })
        }
    }

    /// Takes away an intent that was never told to anybody: the share has another deployment under its serial.
    /// - Throws: `RecordingRefusal.alreadySettled` where it has an outcome.
    package func withdraw(_ deployment: Deployment) throws {
        try write { db in
            // The row may be that of the other deployment by now, which another process of this copy has taken over.
            guard let current = try DeploymentStore(db: db).deployment(id: deployment.id), current.isSame(as: deployment) else { return }
            if !current.status.isOpen { throw RecordingRefusal.alreadySettled(current) }
            try beneathUnpublished(of: current.stackKey, above: current.serial, in: db) { try remove(current, in: db) }
        }
    }

    /// Takes away a record with all that belongs to it alone.
    func remove(_ deployment: Deployment, in db: Database) throws {
        for table in ["events", "accepted_drift"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE deployment = ?", arguments: [deployment.id])
        }
        try db.execute(sql: "DELETE FROM deployments WHERE id = ?", arguments: [deployment.id])
    }

    /// Takes back the outcome of the last deployment of a stack, which somebody else has settled differently on the share, so that
    /// theirs can be taken over.
    package func reopen(_ deployment: Deployment) throws {
        try write { db in
            try beneathUnpublished(of: deployment.stackKey, above: deployment.serial, in: db) { try reopen(deployment, in: db) }
        }
    }

    private func reopen(_ deployment: Deployment, in db: Database) throws {
        let (key, serial) = (deployment.stackKey, deployment.serial)
        let last = try Int.fetchOne(db, sql: "SELECT max(serial) FROM deployments WHERE stack_key = ?", arguments: [key])
        guard last == serial else { throw DamagedRecord("Deployment \(serial) of \(deployment.address) is not the last one") }
        for table in ["resources", "outputs"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE stack_key = ? AND since = ?", arguments: [key, serial])
            try db.execute(sql: "UPDATE \(table) SET until = NULL WHERE stack_key = ? AND until = ?", arguments: [key, serial])
        }
        try db.execute(sql: "DELETE FROM accepted_drift WHERE deployment = ?", arguments: [deployment.id])
        let cleared = ["finished_at", "stack_status", "effect", "failure_logical_id", "failure_type", "failure_message"]
        let byOthers = ["resumed_by_arn", "resumed_by_user", "resumed_by_host", "contents_digest", "events_digest"]
        try db.execute(
            sql: """
                UPDATE deployments SET status = ?, \((cleared + byOthers).map { "\($0) = NULL" }.joined(separator: ", ")) WHERE id = ?
                """,
            arguments: [DeploymentStatus.inProgress.rawValue, deployment.id])
        try rewindHead(of: key, in: db)
        try RecordChain(db: db).seal(deployment.id)
        // Before it is done: what was seen and is gone would look like a log that was written anew.
        let before = try DeploymentStore(db: db).deployment(stackKey: key, serial: serial - 1)
        forgetHead(of: deployment.address, backTo: before)
    }

    /// Works out anew which deployments the recorded stack is to be taken from.
    func rewindHead(of stackKey: Int64, in db: Database) throws {
        try db.execute(sql: "UPDATE stacks SET left_by = NULL, in_effect = NULL WHERE id = ?", arguments: [stackKey])
        let rows = try Row.fetchAll(
            db, sql: "SELECT id, effect FROM deployments WHERE stack_key = ? AND effect IS NOT NULL ORDER BY serial", arguments: [stackKey])
        for row in rows {
            var columns = RowReader(row)
            let id = try columns.key()
            try moveHead(of: stackKey, to: id, try columns.name(DeploymentEffect.self, "effect of a deployment"), in: db)
        }
    }
}
