import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

@Suite struct `The chain of records` {
    let folder: TemporaryFolder
    let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.open()
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
        let second = try database.begin(.sample(template: "other", plannedAgainst: 1), secrets: [])
        try database.append([.sample(1), .sample(2)], to: second, secrets: [])
        try database.finish(
            second,
            DeploymentOutcome(
                status: .rolledBack, effect: .kept(.sample("UPDATE_ROLLBACK_COMPLETE", resources: [:])), finishedAt: .second(9),
                failure: DeploymentFailure(message: "no")), secrets: [])
        _ = try database.begin(.sample(template: "third", plannedAgainst: 2), secrets: [])
    }

    /// The serials whose stored hash is not that of their stored bytes.
    private func broken() throws -> [Int] {
        let lineage = try #require(database.lineage)
        return try database.deployments().filter { deployment in
            try database.read { try RecordChain(db: $0).hash(of: deployment.id, lineage: lineage) } != deployment.hash
        }.map(\.serial).sorted()
    }

    @Test func `the hashes are those of the stored bytes`() throws {
        #expect(try broken() == [])
        #expect(Set(try database.deployments().map(\.hash)).count == 3)
    }

    @Test(arguments: [
        "UPDATE deployments SET command_line = 'pipeplan apply' WHERE serial = 1",
        "UPDATE deployments SET status = 'failed' WHERE serial = 1",
        "UPDATE deployments SET actor_user = NULL, actor_arn = actor_user WHERE serial = 1",
        "UPDATE blobs SET digest = zeroblob(32) WHERE id = (SELECT template FROM deployments WHERE serial = 1)",
    ])
    func `an altered record is found`(alteration: String) throws {
        try database.queue.write { try? $0.execute(sql: alteration) }
        let isRefused = alteration.contains("NULL")
        #expect(try broken() == (isRefused ? [] : [1]))
    }

    @Test func `a record that is altered and sealed again breaks the one after it`() throws {
        try database.queue.write { db in
            try db.execute(sql: "UPDATE deployments SET command_line = 'nothing' WHERE serial = 1")
            try RecordChain(db: db).seal(1)
        }
        #expect(try broken() == [2])
    }

    @Test func `the events' digest covers each of them`() throws {
        func digests() throws -> [Data?] {
            try database.read { db in
                [
                    try RecordChain(db: db).eventsDigest(of: 2)?.bytes,
                    try Data.fetchOne(db, sql: "SELECT events_digest FROM deployments WHERE id = 2"),
                ]
            }
        }
        let before = try digests()
        #expect(before[0] == before[1])
        try database.queue.write { try $0.execute(sql: "UPDATE events SET status_reason = 'other' WHERE position = 1") }
        #expect(try digests()[0] != before[1])
    }

    @Test func `the contents' digest is that of the rows that began and ended`() throws {
        let rows = try database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT logical_id, physical_id, type, status, status_reason, updated_at, properties FROM resources WHERE since = 1
                    """)
        }
        let added = rows.map { JSONValue(columns: $0) }
        let first: JSONValue = ["resources": .array(added), "ended_resources": [], "outputs": [], "ended_outputs": []]
        let second: JSONValue = ["resources": [], "ended_resources": ["Bucket"], "outputs": [], "ended_outputs": []]
        let stored = try database.read {
            try Data.fetchAll($0, sql: "SELECT contents_digest FROM deployments WHERE serial < 3 ORDER BY serial")
        }
        #expect(stored == [first, second].map { Digest(of: $0.canonicalText).bytes })
    }
}
