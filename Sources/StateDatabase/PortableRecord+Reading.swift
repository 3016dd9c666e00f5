import Foundation
import GRDB
package import Model
import OrderedCollections

extension StateDatabase {
    /// The records of a stack in the order of its log, ready to leave.
    ///
    /// - Parameters:
    ///   - after: leaves out all up to and including that position.
    ///   - limit: how many at most.
    ///   - withUnpublished: whether those come too whose serials and hashes may change.
    package func portableRecords(
        of address: StackAddress, after: RecordPosition? = nil, limit: Int = .max, withUnpublished: Bool = false
    ) throws -> [PortableRecord] {
        try read { db in
            guard let stackKey = try DeploymentStore(db: db).stackKey(of: address) else { return [] }
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT id, serial, finished_at IS NOT NULL FROM deployments
                    WHERE stack_key = ? AND serial >= ? \(withUnpublished ? "" : "AND unpublished IS NULL") ORDER BY serial
                    """,
                arguments: [stackKey, after?.serial ?? 0])
            let source = PortableRecordSource(db: db, address: address, stackKey: stackKey)
            var records: [PortableRecord] = []
            while records.count < limit, let row = try rows.next() {
                var columns = RowReader(row)
                let (id, serial) = (try columns.key(), try columns.integer())
                let intent = try source.intent(of: id, serial: serial)
                if after.map({ $0 < intent.position }) ?? true { records.append(intent) }
                guard try columns.next(Bool.self), records.count < limit else { continue }
                let outcome = try source.outcome(of: id, intent: intent)
                if after.map({ $0 < outcome.position }) ?? true { records.append(outcome) }
            }
            return records
        }
    }

    /// The last position of a stack's log here and the hash there, without what waits to be published; `nil` where it has none.
    package func head(of address: StackAddress) throws -> (position: RecordPosition, hash: Digest)? {
        try read { db in
            guard let stackKey = try DeploymentStore(db: db).stackKey(of: address) else { return nil }
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT serial, finished_at IS NOT NULL, hash FROM deployments WHERE stack_key = ? AND unpublished IS NULL
                    ORDER BY serial DESC LIMIT 1
                    """,
                arguments: [stackKey])
            guard let row else { return nil }
            var columns = RowReader(row)
            let serial = try columns.integer()
            let isSettled = try columns.next(Bool.self)
            return (RecordPosition(serial, isSettled ? .outcome : .intent), try columns.digest())
        }
    }

    /// Every stack that something was ever recorded of, sorted.
    package func recordedAddresses() throws -> [StackAddress] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT stack, environment FROM stacks ORDER BY stack, environment").map { row in
                var columns = RowReader(row)
                return try StackAddress(columns: &columns)
            }
        }
    }

    /// The texts that belong to a record, by their digests.
    package func bodies(of record: PortableRecord) throws -> [Digest: String] {
        try read { db in
            guard let stackKey = try DeploymentStore(db: db).stackKey(of: record.address) else { return [:] }
            return try PortableRecordSource(db: db, address: record.address, stackKey: stackKey).bodies(of: record)
        }
    }
}

/// Reads the records of one stack as they leave the database.
struct PortableRecordSource {
    let db: Database
    let address: StackAddress
    let stackKey: Int64

    func intent(of deployment: Int64, serial: Int) throws -> PortableRecord {
        let text = try RecordChain(db: db).intentDocument(of: deployment)
        let previous: String?
        if serial == 1 {
            previous = try db.value("SELECT lineage FROM origin")
        } else {
            let hash: Data? = try db.value("SELECT hash FROM deployments WHERE stack_key = ? AND serial = ?", [stackKey, serial - 1])
            previous = hash.map { Digest(bytes: $0).hex }
        }
        guard let previous else { throw DamagedRecord("What \(address) deployment \(serial) is chained to is missing") }
        let removed = try Data.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT DISTINCT b.digest FROM deployments d JOIN blobs b ON b.id IN (d.template, d.nested_templates, d.plan)
                    WHERE d.id = ? AND b.body IS NULL ORDER BY b.digest
                    """),
            arguments: [deployment])
        return PortableRecord(
            address: address, position: RecordPosition(serial, .intent), previous: previous,
            hash: RecordChain.intentHash(behind: previous, text), removed: removed.map(Digest.init(bytes:)),
            document: try JSONText.value(of: String(decoding: text, as: UTF8.self)))
    }

    func outcome(of deployment: Int64, intent: PortableRecord) throws -> PortableRecord {
        let text = try RecordChain(db: db).outcomeDocument(of: deployment)
        let document = try JSONText.value(of: String(decoding: text, as: UTF8.self))
        let events = document["events_digest"]?.scalarText.map(Digest.init(hex:))
        let isWithoutEvents = try events != nil && RecordChain(db: db).eventsDigest(of: deployment) == nil
        return PortableRecord(
            address: address, position: intent.position.next, previous: intent.hash.hex,
            hash: RecordChain.outcomeHash(of: intent.hash, text), removed: isWithoutEvents ? [events].compactMap(\.self) : [],
            document: document)
    }

    func bodies(of record: PortableRecord) throws -> [Digest: String] {
        let row = try db.row(
            "SELECT id, configuration FROM deployments WHERE stack_key = ? AND serial = ?", [stackKey, record.position.serial])
        guard let row else { throw DamagedRecord("\(record.name) is missing") }
        var columns = RowReader(row)
        let (deployment, configuration) = (try columns.key(), try columns.key())
        var bodies: [Digest: String] = [:]
        func add(_ text: String) { bodies[Digest(of: text)] = text }
        switch record.position.part {
        case .intent:
            add(try ConfigurationStore(db: db).configuration(configuration).document.canonicalText)
            for column in RecordChain.intentBlobs {
                guard let digest = record.digest(column), !record.removed.contains(digest) else { continue }
                if let text = try BlobStore(db: db).row(of: digest).flatMap({ try BlobStore(db: db).text($0) }) { add(text) }
            }
        case .outcome:
            if record.digest("contents_digest") != nil {
                add(try ContentsRecorder(db: db, stackKey: stackKey, serial: record.position.serial).document().canonicalText)
            }
            if record.removed.isEmpty, record.digest("events_digest") != nil {
                if let text = try RecordChain(db: db).eventsText(of: deployment) { add(String(decoding: text, as: UTF8.self)) }
            }
        }
        for digest in record.bodies where bodies[digest] == nil {
            throw DamagedRecord("What belongs to \(record.name) is not what its digest \(digest) says")
        }
        return bodies
    }
}
