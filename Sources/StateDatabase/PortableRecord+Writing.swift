import Foundation
import GRDB
package import Model
import OrderedCollections

extension StateDatabase {
    /// Takes over records of another copy of this log, in the order of the log, all of them or none. Those that are here already are
    /// passed over.
    ///
    /// Each is held against its hash, against the record before it here, and its texts against their digests; what then stands in
    /// the database has the hash once more.
    ///
    /// - Parameter bodies: the texts that belong to them, by digest.
    /// - Throws: `Problem` (exit code 1) that names the record which is not what it must be, (exit code 3) one that this copy has
    ///   differently.
    package func insert(_ records: [PortableRecord], bodies: [Digest: String]) throws {
        let settled = try write { db in
            var settled: [Deployment] = []
            for (address, records) in OrderedDictionary(grouping: records, by: \.address) {
                settled += try beneathUnpublished(of: stackKey(of: address, in: db), in: db) { try insert(records, bodies, in: db) }
            }
            return settled
        }
        for deployment in settled { remember(deployment) }
    }

    private func insert(_ records: [PortableRecord], _ bodies: [Digest: String], in db: Database) throws -> [Deployment] {
        var settled: [Deployment] = []
        for record in records {
            do {
                settled += try PortableRecordSink(database: self, db: db, record: record, bodies: bodies).insert()
            } catch let error as DamagedRecord {
                throw record.notTaken(error.message)
            } catch let error as RowDecodingError {
                throw record.notTaken("\(error)")
            } catch let error as DatabaseError where [.SQLITE_CONSTRAINT, .SQLITE_MISMATCH].contains(error.resultCode) {
                throw record.notTaken("It does not go into the database: \(error.message ?? "")")
            }
        }
        return settled
    }

    /// Makes this log, in which nothing is recorded yet, a copy of another one.
    /// - Throws: `Problem` (exit code 3) where something is recorded under another lineage.
    package func adopt(lineage: String) throws {
        guard lineage != self.lineage else { return }
        try write { db in
            guard try Bool.fetchOne(db, sql: "SELECT count(*) = 0 FROM deployments") ?? false else {
                throw Problem(
                    .refused, "other-lineage", "\(path) is another log: its lineage is \(self.lineage ?? "unknown"), not \(lineage)",
                    detail: "Two histories are never merged. Name another state folder with PIPEPLAN_STATE, or another share.")
            }
            try db.execute(sql: "UPDATE origin SET lineage = ?", arguments: [lineage])
            // What is known of shares is known of those of the other log.
            try db.execute(sql: "DELETE FROM shared")
            try db.execute(sql: "DELETE FROM share_syncs")
        }
        knownLineage.withLock { $0 = lineage }
    }
}

extension PortableRecord {
    func notTaken(_ why: String) -> Problem {
        Problem(
            .failed, "record-damaged", "The record \(name) was not taken over",
            detail: "\(why). Nothing was written. Somebody may have altered it, or a newer pipeplan may have written it.")
    }
}

/// Puts one record into the database.
struct PortableRecordSink {
    let database: StateDatabase
    let db: Database
    let record: PortableRecord
    let bodies: [Digest: String]

    /// - Returns: the deployment that it has settled, if it has.
    func insert() throws -> [Deployment] {
        guard record.computedHash == record.hash else { throw DamagedRecord("It has another hash than it gives") }
        let stackKey = try database.stackKey(of: record.address, in: db)
        let serial = record.position.serial
        let known = try db.row(
            "SELECT id, finished_at IS NOT NULL FROM deployments WHERE stack_key = ? AND serial = ?", [stackKey, serial])
        if let known {
            var columns = RowReader(known)
            return try insert(into: try columns.key(), isSettled: try columns.next(Bool.self), stackKey)
        } else if record.position.part == .intent {
            try insertIntent(stackKey)
            return []
        } else {
            throw DamagedRecord("The intent before it is missing")
        }
    }

    private func insert(into deployment: Int64, isSettled: Bool, _ stackKey: Int64) throws -> [Deployment] {
        let source = PortableRecordSource(db: db, address: record.address, stackKey: stackKey)
        let intent = try source.intent(of: deployment, serial: record.position.serial)
        switch record.position.part {
        case .intent: try requireSame(intent.hash)
        case .outcome where isSettled: try requireSame(try source.outcome(of: deployment, intent: intent).hash)
        case .outcome:
            guard record.previous == intent.hash.hex else { throw diverged }
            return [try insertOutcome(of: deployment, stackKey)]
        }
        return []
    }

    private func requireSame(_ hash: Digest) throws { if hash != record.hash { throw diverged } }

    private var diverged: Problem {
        Problem(
            .refused, "histories-differ", "The record \(record.name) is another one here",
            detail: "This copy and the other one have been written to apart from each other. Nothing was merged.")
    }

    // MARK: Intent

    private func insertIntent(_ stackKey: Int64) throws {
        let serial = record.position.serial
        let last = try db.row(
            "SELECT serial, finished_at IS NOT NULL, hash FROM deployments WHERE stack_key = ? ORDER BY serial DESC LIMIT 1", [stackKey])
        if let last {
            var columns = RowReader(last)
            let (before, isSettled) = (try columns.integer(), try columns.next(Bool.self))
            guard before == serial - 1 else { throw DamagedRecord("It does not follow deployment \(before), the last one here") }
            guard isSettled else { throw DamagedRecord("Deployment \(before) has no outcome") }
            guard record.previous == (try columns.digest().hex) else { throw diverged }
        } else {
            guard serial == 1 else { throw DamagedRecord("The records before it are missing") }
            guard record.previous == (try db.value("SELECT lineage FROM origin")) else { throw diverged }
        }
        try requireKnown(["stack", "environment", "serial", "configuration"] + RecordChain.intentColumns + RecordChain.intentBlobs)
        guard record.text("kind").flatMap(DeploymentKind.init(rawValue:)) != nil else {
            throw DamagedRecord("This program does not know its kind")
        }
        let configuration = try ConfigurationStore(db: db).store(StackConfiguration(document: try body("configuration")))
        let blobs = try RecordChain.intentBlobs.map { column in try record.digest(column).map { try blob($0) } }
        let names =
            ["stack_key", "serial", "configuration", "status", "hash"] + RecordChain.intentBlobs + RecordChain.intentColumns
        let fixed: StatementArguments = [stackKey, serial, configuration, DeploymentStatus.inProgress.rawValue, record.hash.bytes]
        try db.run(
            "INSERT INTO deployments (\(names.joined(separator: ", "))) VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))",
            fixed + StatementArguments(blobs) + StatementArguments(RecordChain.intentColumns.map(value)))
        let deployment = db.lastInsertedRowID
        try requireHash(of: deployment)
        // What can't be read back is not to stay.
        _ = try database.existing(deployment, in: db)
    }

    private func blob(_ digest: Digest) throws -> Int64 {
        let store = BlobStore(db: db)
        if let text = bodies[digest] {
            guard Digest(of: text) == digest else { throw DamagedRecord("The text \(digest) is not what its digest says") }
            return try store.store(text)
        }
        if let row = try store.row(of: digest) { return row }
        guard record.removed.contains(digest) else { throw DamagedRecord("The text \(digest) is missing") }
        return try store.storeRemoved(digest)
    }

    // MARK: Outcome

    private func insertOutcome(of deployment: Int64, _ stackKey: Int64) throws -> Deployment {
        try requireKnown(RecordChain.outcomeColumns)
        guard let effect = record.text("effect").flatMap(DeploymentEffect.init(rawValue:)), record.text("finished_at") != nil,
            record.text("status").flatMap(DeploymentStatus.init(rawValue:))?.isOpen == false
        else { throw DamagedRecord("It is no outcome") }
        let assignments = RecordChain.outcomeColumns.map { "\($0) = ?" }.joined(separator: ", ")
        try db.run(
            "UPDATE deployments SET \(assignments), hash = ? WHERE id = ?",
            StatementArguments(
                RecordChain.outcomeColumns.map { $0.hasSuffix("_digest") ? record.digest($0)?.bytes : value($0) })
                + [record.hash.bytes, deployment])
        if record.digest("contents_digest") != nil {
            let contents = ContentsRecorder(db: db, stackKey: stackKey, serial: record.position.serial)
            let text = try body("contents_digest")
            try contents.apply(try JSONText.value(of: text))
            guard try contents.document().canonicalText == text else {
                throw DamagedRecord("What the stack consists of is in another form")
            }
        }
        try insertEvents(of: deployment)
        try database.moveHead(of: stackKey, to: deployment, effect, in: db)
        try requireHash(of: deployment)
        let settled = try database.existing(deployment, in: db)
        if settled.kind == .driftAccept { try database.accept(asIn: settled, in: db) }
        try database.cutDownSuperseded(by: settled, takesEffect: effect == .applied, in: db)
        return settled
    }

    private func insertEvents(of deployment: Int64) throws {
        // Those that were seen from here, while another process settled the deployment.
        try db.run("DELETE FROM events WHERE deployment = ?", [deployment])
        guard let digest = record.digest("events_digest"), !record.removed.contains(digest) else { return }
        let document = try JSONText.value(of: try body("events_digest"))
        for (position, event) in (document.arrayItems ?? []).enumerated() {
            guard let stackID = event["stack_id"]?.scalarText, let stackName = event["stack_name"]?.scalarText else {
                throw DamagedRecord("An event is of no stack")
            }
            let names = ["event_id", "logical_id", "physical_id", "type", "happened_at", "status", "status_reason", "client_token"]
            try db.run(
                """
                INSERT INTO events (deployment, position, event_stack, \(names.joined(separator: ", ")))
                VALUES (?, ?, ?\(String(repeating: ", ?", count: names.count)))
                """,
                [deployment, position, try database.eventStack(stackID, stackName, in: db)]
                    + StatementArguments(names.map { event[$0]?.columnValue }))
        }
        guard try RecordChain(db: db).eventsDigest(of: deployment) == digest else { throw DamagedRecord("The events are in another form") }
    }

    // MARK: Checks

    private func value(_ column: String) -> (any DatabaseValueConvertible)? { record.document[column]?.columnValue }

    private func body(_ column: String) throws -> String {
        guard let digest = record.digest(column) else { throw DamagedRecord("It has no \(column)") }
        guard let text = bodies[digest] else { throw DamagedRecord("The text \(digest) is missing") }
        guard Digest(of: text) == digest else { throw DamagedRecord("The text \(digest) is not what its digest says") }
        return text
    }

    private func requireKnown(_ columns: [String]) throws {
        guard case .object(let members) = record.document else { throw DamagedRecord("It holds nothing") }
        if let unknown = members.keys.first(where: { !columns.contains($0) }) {
            throw DamagedRecord("This program does not know its \(unknown)")
        }
    }

    private func requireHash(of deployment: Int64) throws {
        let lineage = try db.value("SELECT lineage FROM origin") ?? ""
        guard try RecordChain(db: db).hash(of: deployment, lineage: lineage) == record.hash else {
            throw DamagedRecord("Its hash is another one once it is stored")
        }
    }
}
