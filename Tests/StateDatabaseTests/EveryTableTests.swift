import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

/// Every column of every row is changed, and every row taken away, past `StateDatabase`: `verify` names it.
@Suite struct `Damage in every table` {
    private let folder: TemporaryFolder
    private let queue: DatabaseQueue
    private let lineage: String

    /// What may be changed without being noticed, as docs/security.md says.
    private static let unnoticed: Set = [
        // Said by no record.
        "origin.created_at", "drift_reports.id", "drift_reports.report_id", "drift_reports.checked_at",
        // Follows from the body by a rule that may change.
        "drift_reports.status",
        // Of a text that gc removed.
        "blobs.size", "blobs.base",
    ]
    /// What is there of a deployment without an outcome.
    private static let progress: Set = ["deployments.step", "deployments.change_set_id", "deployments.stack_id"]
    /// Of these only the order counts.
    private static let orders: Set = ["parameters.position", "tags.position", "events.position"]
    /// What this copy knows of a share, which a sync finds out anew.
    private static let caches: Set = ["shared", "share_syncs"]

    init() throws {
        folder = try TemporaryFolder()
        let database = try folder.open()
        lineage = try #require(database.lineage)
        try Self.fill(database)
        let trial = try database.verify()
        try #require(trial.faults == [])
        try database.close()
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        queue = try DatabaseQueue(path: folder.database, configuration: configuration)
    }

    private static func fill(_ database: StateDatabase) throws {
        let lines = (0..<60).map { "  Queue\($0): {Type: AWS::SQS::Queue}\n" }.joined()
        let secret = RecordedParameter.secret(SecretDigest(of: Secret("x"), salt: Data(count: 16)))
        for serial in 1...3 {
            var intent = DeploymentIntent.sample(
                kind: serial == 1 ? .create : .update, start: serial * 60, template: "Resources:\n\(lines)# \(serial)\n",
                parameters: ["A": .plain("\(serial)"), "Token": secret, "Unknown": .secret(nil)], plan: "{\"n\":\(serial)}",
                plannedAgainst: serial == 1 ? nil : serial - 1)
            intent.nestedTemplates = ["nested.yml": "Resources: {}\n# \(serial)"]
            intent.configuration.storedValues = ["A": "stored"]
            intent.configuration.stackPolicy = ["Statement": []]
            intent.configuration.rollback = ["minutes": 5]
            let deployment = try database.begin(intent, secrets: [])
            try database.note(DeploymentProgress(step: "execute", changeSetID: "arn:1"), of: deployment)
            try database.append([.sample(1), .sample(2, reason: "why")], to: deployment, secrets: [])
            try database.finish(
                deployment,
                DeploymentOutcome(
                    status: .succeeded,
                    effect: .applied(
                        .sample(
                            resources: ["Bucket": "UPDATE_COMPLETE", "R\(serial)": "CREATE_COMPLETE"],
                            outputs: [StackOutput(key: "Url", value: "\(serial)", description: "d", exportName: "e")])),
                    finishedAt: .second(serial * 60 + 9), resumedBy: .grace), secrets: [])
        }
        try database.record(
            .sample(.network, kind: .create, plannedAgainst: nil), .rolledBack, .kept(.sample("ROLLBACK_COMPLETE", resources: [:])))
        let removed = CompactionPolicy(eventsBefore: nil, plansBefore: .distantFuture, templatesBefore: nil, newest: 1)
        _ = try database.compact(removed, isTrial: false)
        try database.record(
            DriftReport(
                id: "a", address: .pipeline, stackName: "s", region: "r", checkedAt: .second(300), checkedBy: "ada@laptop", serial: 3,
                recordedStatus: "UPDATE_COMPLETE", stackStatus: "UPDATE_COMPLETE",
                resources: [
                    ResourceDriftReport(
                        logicalID: "Bucket", type: "AWS::S3::Bucket", status: .modified, check: .cloudFormation,
                        differences: [DriftDifference(path: "BucketName", expected: "b", actual: "c")])
                ]))
        _ = try database.accept(
            [AcceptedDrift(logicalID: "Bucket", path: "BucketName", value: "c", reason: "so", by: "eve@x", acceptedAt: .second(301))],
            as: .sample(kind: .driftAccept, start: 310, plannedAgainst: 3))
        let open = try database.begin(.sample(.network, start: 400, plannedAgainst: 1), secrets: [])
        try database.append([.sample(7)], to: open, secrets: [])
        try database.setSharedHead(SharedHead(position: RecordPosition(1, .outcome), tag: "t", epoch: 3), of: .pipeline, share: "s")
        try database.setSyncedAt(.second(0), share: "s")
    }

    private struct Change: CustomStringConvertible {
        var table: String
        /// `nil` where the row is taken away.
        var column: String?
        var sql: String
        var description: String { sql }
        var place: String { column.map { "\(table).\($0)" } ?? table }
    }

    /// One of each column of each row, and one that takes the row away.
    private func changes() throws -> [Change] {
        try queue.read { db in
            let tables = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
            return try tables.filter { !Self.caches.contains($0) }.flatMap { table in
                let columns = try db.columns(in: table)
                let keys = try db.primaryKey(table).columns
                let rows = try Row.fetchAll(db, sql: "SELECT * FROM \(table)")
                #expect(!rows.isEmpty, "\(table)")
                return rows.flatMap { row in
                    let place = keys.map { "\($0) = \((row[$0] as DatabaseValue).literal)" }.joined(separator: " AND ")
                    let updates = columns.map { column in
                        Change(
                            table: table, column: column.name,
                            sql: "UPDATE \(table) SET \(column.name) = \((row[column.name] as DatabaseValue).other(column)) WHERE \(place)")
                    }
                    return updates + [Change(table: table, sql: "DELETE FROM \(table) WHERE \(place)")]
                }
            }
        }
    }

    /// What `verify` says after a change, which is taken back; `nil` where the database itself does not take it.
    private func faults(after change: Change) throws -> [Verification.Fault]? {
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN")
            defer { try? db.execute(sql: "ROLLBACK") }
            do {
                try db.execute(sql: change.sql)
            } catch let error as DatabaseError where [.SQLITE_CONSTRAINT, .SQLITE_MISMATCH].contains(error.resultCode) {
                return nil
            }
            var verifier = Verifier(db: db, lineage: try String.fetchOne(db, sql: "SELECT lineage FROM origin"))
            return try verifier.run(checksFile: true, seen: []).faults
        }
    }

    @Test func `is named, or the document says why not`() throws {
        let changes = try changes()
        #expect(changes.count > 500)
        let open = try queue.read { try Int64.fetchOne($0, sql: "SELECT id FROM deployments WHERE finished_at IS NULL") }
        let ofOpen = "deployment = \(try #require(open)) "
        var passed: Set<String> = []
        for change in changes {
            guard let faults = try faults(after: change), faults.isEmpty else { continue }
            passed.insert(change.place)
            let excused = Self.unnoticed.union(Self.progress).union(Self.orders)
            #expect(
                excused.contains(change.place) || change.table == "events" && change.sql.contains(ofOpen), "\(change)")
        }
        // Nothing is excused that would be noticed.
        #expect(passed.isSuperset(of: Self.unnoticed.union(Self.progress)))
    }

    @Test func `of a settled deployment nothing passes, and neither does another order`() throws {
        for change in [
            "UPDATE deployments SET step = 'x' WHERE finished_at IS NOT NULL",
            "UPDATE deployments SET change_set_id = 'x' WHERE finished_at IS NOT NULL",
            "UPDATE deployments SET stack_id = 'x' WHERE finished_at IS NOT NULL",
            "UPDATE parameters SET position = 10 - position", "UPDATE tags SET position = 10 - position",
            "UPDATE events SET position = 10 - position", "UPDATE blobs SET size = size + 1 WHERE body IS NOT NULL",
            "DELETE FROM drift_reports", "UPDATE event_stacks SET stack_name = 'x'",
            "UPDATE deployments SET actor_user = 'eve' WHERE finished_at IS NULL",
        ] {
            #expect(try faults(after: Change(table: "", sql: change))?.isEmpty == false, "\(change)")
        }
    }
}

extension DatabaseValue {
    fileprivate var literal: String {
        switch storage {
        case .null: "NULL"
        case .int64(let number): String(number)
        case .double(let number): String(number)
        case .string(let text): "'\(text.replacing("'", with: "''"))'"
        case .blob(let data): "x'\(Digest(bytes: data).hex)'"
        }
    }

    /// Another value that the column can hold.
    fileprivate func other(_ column: ColumnInfo) -> String {
        switch storage {
        case .null: return column.type == "TEXT" ? "'x'" : column.type == "BLOB" ? "x'01'" : "1"
        case .int64(let number): return String(number == 0 || number == 1 ? 1 - number : number + 1)
        case .double(let number): return String(number + 1)
        case .string(let text): return ("x" + text).databaseValue.literal
        case .blob(var data):
            if let last = data.indices.last { data[last] ^= 1 } else { data = Data([1]) }
            return data.databaseValue.literal
        }
    }
}
