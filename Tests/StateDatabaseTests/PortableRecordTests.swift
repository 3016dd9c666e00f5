import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

@Suite struct `Records that leave the database` {
    let folder: TemporaryFolder
    let database: StateDatabase
    let password = Secret("correct horse battery")

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.open()
        let parameters: RecordedParameter = .secret(SecretDigest(of: password, salt: Data(repeating: 7, count: 16)))
        var first = DeploymentIntent.sample(kind: .create, template: "Resources: {} # \u{0} \"ü\" \\ \u{1F680}\r\n", plannedAgainst: nil)
        first.configuration.parameters = ["Password": parameters, "Kept": .secret(nil), "Branch": .plain("a\tb\"c")]
        first.configuration.storedValues = ["Branch": "stored"]
        first.configuration.stackPolicy = ["Statement": [["Effect": "Allow", "Version": .number("1.10")]]]
        first.nestedTemplates = ["nested/inner.yml": "Resources: {}\n"]
        let begun = try database.begin(first, secrets: [password])
        try database.append([.sample(1, reason: "with \(password.reveal())"), .sample(2)], to: begun, secrets: [password])
        try database.finish(
            begun,
            DeploymentOutcome(
                status: .succeeded,
                effect: .applied(.sample(outputs: [StackOutput(key: "Url", value: "https://x", description: nil, exportName: "u")])),
                finishedAt: .second(20)), secrets: [password])
        try database.record(
            .sample(start: 30, template: "two", plannedAgainst: 1), .rolledBack,
            .kept(.sample("UPDATE_ROLLBACK_COMPLETE", resources: ["Bucket": "UPDATE_COMPLETE", "Topic": "CREATE_COMPLETE"], outputs: [])))
        let third = try database.begin(.sample(start: 60, template: "two", plannedAgainst: 2), secrets: [])
        try database.finish(
            third,
            DeploymentOutcome(
                status: .failed, effect: .untouched, finishedAt: .second(70),
                failure: DeploymentFailure(logicalID: "Topic", resourceType: "AWS::SNS::Topic", message: "no"), resumedBy: .grace),
            secrets: [])
        try database.record(.sample(kind: .destroy, start: 90, plan: nil, plannedAgainst: 2), .succeeded, .removed)
        try database.record(.sample(kind: .create, start: 120, plannedAgainst: nil), .succeeded, .applied(.sample()))
        try database.record(.sample(.network, kind: .create, start: 5, plannedAgainst: nil), .succeeded, .applied(.sample()))
        _ = try database.begin(.sample(.network, start: 200, plannedAgainst: 1), secrets: [])
    }

    private func records() throws -> [PortableRecord] {
        try database.recordedAddresses().flatMap { try database.portableRecords(of: $0) }
    }

    private func bodies(of records: [PortableRecord]) throws -> [Digest: String] {
        try records.reduce(into: [:]) { bodies, record in
            bodies.merge(try database.bodies(of: record)) { first, _ in first }
        }
    }

    /// What a reader of the database can see, but keys of this file.
    private func contents(of database: StateDatabase) throws -> [String] {
        let deployments = try database.deployments(DeploymentFilter()).sorted { ($0.address, $0.serial) < ($1.address, $1.serial) }
        return try deployments.flatMap { deployment in
            [
                "\(deployment.address) \(deployment.serial) \(deployment.status) \(deployment.hash)",
                "\(try database.configuration(of: deployment))", "\(try database.template(of: deployment) ?? "none")",
                "\(try database.plan(of: deployment) ?? "none")", "\(try database.resources(of: deployment))",
                "\(try database.outputs(of: deployment))", "\(try database.events(of: deployment))",
            ]
        } + (try database.recordedStacks().map { "\($0)" })
    }

    private func emptyClone() throws -> (StateDatabase, TemporaryFolder) {
        let folder = try TemporaryFolder()
        try folder.execute("UPDATE origin SET lineage = 'ffff'")
        let clone = try folder.open()
        try clone.adopt(lineage: try #require(database.lineage))
        return (clone, folder)
    }

    @Test func `a copy made of records equals the original, with equal heads`() throws {
        let records = try records()
        #expect(records.count == 13)
        let (clone, folder) = try emptyClone()
        let carried = try records.map { try PortableRecord($0.bytes, name: $0.name) }
        #expect(carried == records)
        try clone.insert(carried, bodies: try bodies(of: records))
        #expect(try contents(of: clone) == contents(of: database))
        #expect(clone.lineage == database.lineage)
        // Once more changes nothing.
        try clone.insert(carried, bodies: try bodies(of: records))
        #expect(try clone.recordedAddresses().flatMap { try clone.portableRecords(of: $0) } == records)
        #expect(!(try folder.contents().values.contains { $0.range(of: Data(password.reveal().utf8)) != nil }))
    }

    @Test func `records that are taken over one by one lead to the same`() throws {
        let (clone, _) = try emptyClone()
        for record in try records() {
            try clone.insert([record], bodies: try database.bodies(of: record))
            let head = try #require(try clone.head(of: record.address))
            #expect(head.position == record.position && head.hash == record.hash)
            #expect(try clone.portableRecords(of: record.address, after: record.position) == [])
        }
        #expect(try contents(of: clone) == contents(of: database))
    }

    @Test func `a record with any byte altered is refused, and named`() throws {
        let (clone, _) = try emptyClone()
        let records = try records().filter { $0.address == .pipeline }
        let bodies = try bodies(of: records)
        let record = try #require(records.first { $0.position == RecordPosition(3, .outcome) })
        try clone.insert(records.filter { $0.position < record.position }, bodies: bodies)
        let bytes = record.bytes
        for index in bytes.indices {
            for altered in [bytes[index] ^ 1, UInt8(ascii: " ")] where altered != bytes[index] {
                var tampered = bytes
                tampered[index] = altered
                let problem = try problem { try clone.insert([try PortableRecord(tampered, name: record.name)], bodies: bodies) }
                #expect(problem?.findings.first?.summary.contains("outcome") == true, "byte \(index)")
            }
        }
        #expect(try clone.head(of: .pipeline)?.position == RecordPosition(3, .intent))
        #expect(try problemCode { _ = try PortableRecord(bytes + Data(" ".utf8), name: "longer") } == "record-damaged")
        #expect(try problemCode { _ = try PortableRecord(bytes.dropLast(), name: "shorter") } == "record-damaged")
    }

    @Test func `a text that is altered or missing is refused, its record is named, and nothing is written`() throws {
        let records = try records()
        let bodies = try bodies(of: records)
        for (digest, text) in bodies {
            for tampered in [nil, text + " "] {
                let (clone, _) = try emptyClone()
                var spoilt = bodies
                spoilt[digest] = tampered
                let problem = try problem { try clone.insert(records, bodies: spoilt) }
                let owner = try #require(records.first { $0.bodies.contains(digest) })
                #expect(problem?.findings.first?.summary.contains(owner.name) == true)
                #expect(try clone.deployments(DeploymentFilter()).isEmpty)
            }
        }
    }

    @Test func `a record without the one before it is refused`() throws {
        let records = try records().filter { $0.address == .pipeline }
        let bodies = try bodies(of: records)
        for missing in records.indices.dropLast() {
            let (clone, _) = try emptyClone()
            var rest = records
            rest.remove(at: missing)
            #expect(try problemCode { try clone.insert(rest, bodies: bodies) } == "record-damaged", "\(records[missing].name)")
            #expect(try clone.deployments(DeploymentFilter()).isEmpty)
        }
    }

    @Test func `two logs that went apart are not merged`() throws {
        let records = try records()
        let bodies = try bodies(of: records)
        let (clone, _) = try emptyClone()
        try clone.insert(Array(records.prefix(2)), bodies: bodies)
        try clone.record(.sample(start: 31, template: "ours", plannedAgainst: 1), .succeeded, .applied(.sample()))
        #expect(try problemCode { try clone.insert(records, bodies: bodies) } == "histories-differ")
        #expect(try problemCode { try clone.adopt(lineage: "another") } == "other-lineage")
    }

    @Test func `texts and events that were removed to save space leave without them`() throws {
        try database.queue.write { db in
            try db.execute(sql: "UPDATE blobs SET body = NULL WHERE id = (SELECT plan FROM deployments WHERE serial = 2 LIMIT 1)")
            try db.execute(sql: "DELETE FROM events WHERE deployment = 1")
        }
        let records = try records().map { try PortableRecord($0.bytes, name: $0.name) }
        let (clone, _) = try emptyClone()
        try clone.insert(records, bodies: try bodies(of: records))
        #expect(try contents(of: clone) == contents(of: database))
        // What comes back is whole again.
        try clone.record(.sample(start: 300, plan: #"{"changes":[]}"#, plannedAgainst: 5), .unchanged, .untouched)
        let last = try #require(try clone.deployment(.pipeline, serial: 6))
        #expect(try clone.plan(of: last) == #"{"changes":[]}"#)
    }
}
