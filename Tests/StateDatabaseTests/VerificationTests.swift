import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

@Suite struct `Verifying the log` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let database = try folder.open()
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
        let second = try database.begin(.sample(start: 60, template: "Resources: {A: 1}\n", plannedAgainst: 1), secrets: [])
        try database.append([.sample(1), .sample(2, reason: "why \"so\"\n")], to: second, secrets: [])
        try database.finish(
            second,
            DeploymentOutcome(
                status: .succeeded,
                effect: .applied(
                    .sample(
                        "UPDATE_COMPLETE", resources: ["Bucket": "UPDATE_COMPLETE", "Queue": "CREATE_COMPLETE"],
                        outputs: [StackOutput(key: "Url", value: "x", exportName: "url")])), finishedAt: .second(90)), secrets: [])
        try database.record(
            .sample(start: 120, plannedAgainst: 2), .rolledBack,
            .kept(.sample("UPDATE_ROLLBACK_COMPLETE", resources: ["Bucket": "UPDATE_COMPLETE"])))
        try database.record(.sample(.network, kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
        _ = try database.begin(.sample(.network, plannedAgainst: 1), secrets: [])
        try database.close()
    }

    private func faults() throws -> [Verification.Fault] { try folder.open(.readOnly).verify().faults }

    @Test func `what was recorded is sound, whatever it is`() throws {
        let database = try folder.open(.readOnly)
        let result = try database.verify()
        #expect(result.faults == [])
        #expect(result.deployments == 5)
        #expect(result.heads.map(\.serial) == [3, 2])
        #expect(
            result.heads.map(\.hash) == [
                try database.deployment(.pipeline, serial: 3)?.hash, try database.deployment(.network, serial: 2)?.hash,
            ])
        #expect(result.confirmedHeads == 2)
        #expect(result.records > 15)
    }

    @Test func `a log that nothing was recorded in is sound`() throws {
        let empty = try TemporaryFolder()
        #expect(try empty.open(.readOnly).verify() == Verification())
        #expect(try empty.open().verify().faults == [])
    }

    @Test(arguments: [
        ("UPDATE deployments SET actor_user = 'eve' WHERE serial = 2 AND stack_key = 1", 2, "not what its hash says"),
        ("UPDATE deployments SET finished_at = finished_at + 1 WHERE serial = 1 AND stack_key = 1", 1, "not what its hash says"),
        ("UPDATE deployments SET hash = zeroblob(32) WHERE serial = 2 AND stack_key = 1", 2, "not what its hash says"),
        ("UPDATE resources SET physical_id = 'mine' WHERE logical_id = 'Queue' AND stack_key = 1", 2, "resources or outputs"),
        ("DELETE FROM resources WHERE stack_key = 1 AND since = 2 AND logical_id = 'Queue'", 2, "resources or outputs"),
        ("UPDATE outputs SET value = 'y' WHERE stack_key = 1", 2, "resources or outputs"),
        ("UPDATE resources SET until = NULL WHERE stack_key = 1 AND logical_id = 'Queue'", 3, "resources or outputs"),
        ("UPDATE events SET status = 'CREATE_FAILED' WHERE event_id = 'Bucket-1'", 2, "Its events"),
        ("DELETE FROM events WHERE event_id = 'Bucket-1'", 2, "Its events"),
        ("UPDATE parameters SET value = 'main' WHERE configuration = 1", 1, "parameters, tags or settings"),
        ("UPDATE blobs SET body = x'00' WHERE id = 1", 1, "template or plan"),
        ("UPDATE stacks SET in_effect = 1 WHERE id = 1", nil, "does not follow from the records"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM deployments WHERE serial = 3 AND stack_key = 1", nil, "refer to rows that are missing"),
    ])
    func `the first bad record of a stack is named`(change: String, serial: Int?, summary: String) throws {
        try folder.execute(change)
        let found = try faults()
        #expect(found.contains { $0.serial == serial && $0.summary.contains(summary) }, "\(found)")
        #expect(!found.contains { $0.address == .network && $0.serial == nil }, "\(found)")
    }

    @Test func `a log that was written anew from a record on is noticed by the head that was seen before, and by no table`() throws {
        try folder.execute("UPDATE deployments SET actor_user = 'eve' WHERE serial = 3 AND stack_key = 1")
        let database = try folder.open()
        try database.write { db in try RecordChain(db: db).seal(3) }
        let faults = try database.verify().faults
        #expect(faults.map(\.serial) == [3])
        #expect(faults.first?.summary.contains("written anew") == true)
        try FileManager.default.removeItem(atPath: folder.path + "/heads")
        #expect(try database.verify().faults == [])
    }

    @Test func `another log in this one's place, and one that lacks what was seen, are noticed`() throws {
        let seen = try folder.bytes("heads")
        let other = try TemporaryFolder()
        try other.open().close()
        try seen.write(to: URL(fileURLWithPath: other.path + "/heads"))
        // The same lineage, and nothing in it.
        #expect(try other.open(.readOnly).verify().faults.map(\.summary).contains { $0.contains("not in the log any more") })
        try other.execute("UPDATE origin SET lineage = 'ffff'")
        #expect(try other.open(.readOnly).verify().faults.map(\.summary).contains { $0.contains("had the log") })
    }

    @Test func `a head that was seen elsewhere is found, be it of an intent or of an outcome`() throws {
        let database = try folder.open(.readOnly)
        let known = try #require(try database.deployment(.pipeline, serial: 2)?.hash)
        let unknown = Digest(of: "no record")
        let result = try database.verify(heads: [known, unknown])
        #expect(result.found[known]?.serial == 2)
        #expect(result.found[unknown] == nil)
    }

    @Test func `heads are kept for their owner only, and not for ever`() throws {
        let file = DatabaseFile(folder: folder.path, busyTimeout: .zero)
        let seen = SeenHeads(beside: file)
        let mode = try FileManager.default.attributesOfItem(atPath: folder.path + "/heads")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        for serial in 4...3000 {
            seen.remember(SeenHeads.Head(lineage: "l", address: .pipeline, serial: serial, hash: Digest(of: "\(serial)")))
        }
        #expect(try folder.bytes("heads").count < 300 << 10)
        #expect(seen.heads.last?.serial == 3000)
        #expect(seen.heads.count == 3, "of the other log, two stacks")
    }

    @Test func `bits that were flipped are told of or do no harm, and nothing is written`() throws {
        let whole = try folder.bytes()
        let before = try settled(folder.open(.readOnly))
        // Most of a small database is room for more, which holds nothing.
        let held = whole.indices.filter { $0 >= 100 && whole[$0] != 0 }
        var random = SystemRandomNumberGenerator()
        var told = 0
        for _ in 0..<700 {
            var damaged = whole
            let (offset, bit) = (held[Int.random(in: held.indices, using: &random)], Int.random(in: 0..<8, using: &random))
            damaged[offset] ^= UInt8(1 << bit)
            try damaged.write(to: URL(fileURLWithPath: folder.database))
            let problem = try problem {
                let database = try folder.open(.readOnly)
                guard try database.verify().faults.isEmpty else { return told += 1 }
                #expect(try settled(database) == before, "bit \(bit) of byte \(offset)")
            }
            if problem != nil { told += 1 }
            #expect(try folder.bytes() == damaged)
        }
        #expect(told > 200)
    }

    /// All that is recorded of deployments that have ended.
    private func settled(_ database: StateDatabase) throws -> [String] {
        try database.deployments().filter { !$0.status.isOpen }.flatMap { deployment in
            [
                "\(deployment)", "\(try database.template(of: deployment) ?? "")", "\(try database.plan(of: deployment) ?? "")",
                "\(try database.configuration(of: deployment))", "\(try database.resources(of: deployment))",
                "\(try database.outputs(of: deployment))", "\(try database.events(of: deployment))",
            ]
        }
    }

    @Test func `a document written from a row is the canonical text of its value`() throws {
        let row: Row = ["b": "q\"\n\u{1}ü", "a": 7, "c": nil, "aa": Data([0, 255])]
        let written = RowDocument(columns: Array(row.columnNames)).text(row)
        #expect(String(decoding: written, as: UTF8.self) == JSONValue(columns: row).canonicalText)
    }
}
