import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

/// What a power cut may leave, and what a killed process leaves.
@Suite struct `Durability` {
    /// A file system that lost what was not synced has a log cut off anywhere behind the last sync; what was checkpointed is in the file.
    @Test func `a log that is cut off anywhere has each record whole or not at all`() throws {
        let folder = try TemporaryFolder()
        let database = try folder.open()
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
        try database.writeAlone { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0") }
        for number in 1...12 {
            let deployment = try database.begin(
                .sample(start: number * 60, template: "Resources: {} # \(number)", plannedAgainst: number), secrets: [])
            try database.append([.sample(number)], to: deployment, secrets: [])
            let resources: [String: StackStatus] = ["Bucket": "UPDATE_COMPLETE", "R\(number)": "CREATE_COMPLETE"]
            try database.finish(
                deployment,
                DeploymentOutcome(
                    status: .succeeded, effect: .applied(.sample("UPDATE_COMPLETE", resources: resources)),
                    finishedAt: .second(number * 60 + 9)),
                secrets: [])
        }
        let (file, log) = (try folder.bytes(), try folder.bytes("pipeplan.sqlite-wal"))
        let whole = try database.deployments()
        var seen: Set<Int> = []
        var random = SystemRandomNumberGenerator()
        for cut in [0, log.count] + (0..<200).map({ _ in Int.random(in: 0...log.count, using: &random) }) {
            let left = try TemporaryFolder()
            try file.write(to: URL(fileURLWithPath: left.database))
            try log.prefix(cut).write(to: URL(fileURLWithPath: left.path + "/pipeplan.sqlite-wal"))
            let after = try left.open()
            #expect(try after.verify().faults == [])
            let deployments = try after.deployments()
            seen.insert(deployments.count)
            // All that are settled are as they were; the last one may be as it was before its outcome.
            let settled = deployments.filter { !$0.status.isOpen }
            #expect(settled == Array(whole.suffix(settled.count)))
            #expect(deployments.count - settled.count <= 1)
            if let last = settled.first, deployments.count == settled.count {
                #expect(try after.recordedStack(.pipeline)?.serial == last.serial)
            }
        }
        #expect(seen.count > 5)
    }

    @Test func `what is on a read-only disk is read, without a companion file`() throws {
        let folder = try TemporaryFolder()
        let database = try folder.open()
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
        try database.close()
        try FileManager.default.removeItem(atPath: folder.path + "/heads")
        let file = DatabaseFile(folder: folder.path, busyTimeout: .seconds(1))
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: file.immutableURI, configuration: configuration)
        let reader = StateDatabase(file: file, queue: queue, access: .readOnly, lineage: database.lineage)
        #expect(try reader.verify().faults == [])
        #expect(try reader.recordedStack(.pipeline)?.serial == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["pipeplan.sqlite"])
    }

    @Test func `reading goes on beside a running deployment, and sees it`() throws {
        let folder = try TemporaryFolder()
        let (writer, reader) = (try folder.open(), try folder.open(.readOnly))
        let deployment = try writer.begin(.sample(kind: .create, plannedAgainst: nil), secrets: [])
        try writer.queue.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE; UPDATE deployments SET step = 'half'")
            #expect(try reader.deployments().map(\.status) == [.inProgress])
            #expect(try reader.deployments().first?.step == nil)
            #expect(try reader.verify().faults == [])
            try db.execute(sql: "ROLLBACK")
        }
        try writer.finish(
            deployment, DeploymentOutcome(status: .succeeded, effect: .applied(.sample()), finishedAt: .second(9)), secrets: [])
        #expect(try reader.recordedStack(.pipeline)?.serial == 1)
    }

    @Test func `every filter of the history uses an index`() throws {
        let folder = try TemporaryFolder()
        let database = try folder.open()
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
        func plan(_ filter: DeploymentFilter) throws -> [String] {
            try database.read { db in
                let (sql, arguments) = try DeploymentStore(db: db).query(filter)
                return try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map { $0["detail"] as String }
            }
        }
        let pipeline = DeploymentFilter(stack: "image-pipeline", environment: "develop")
        for (filter, index) in [
            (pipeline, "deployments_by_serial"), (DeploymentFilter(who: "ada", limit: 5), "deployments_by_start"),
            (DeploymentFilter(since: .second(0), until: .second(9)), "deployments_by_start"),
            (DeploymentFilter(stack: "image-pipeline", environment: "develop", resource: "Bucket"), "deployments_by_serial"),
            (DeploymentFilter(statuses: [.failed], kinds: [.update]), "deployments_by_start"),
        ] {
            let lines = try plan(filter)
            #expect(lines.contains { $0.contains("INDEX \(index)") }, "\(lines)")
            #expect(!lines.contains { $0.contains("TEMP B-TREE") || $0.hasPrefix("SCAN d ") && !$0.contains("INDEX") }, "\(lines)")
        }
        let resource = try plan(DeploymentFilter(resource: "Bucket"))
        #expect(
            resource.contains { $0.hasPrefix("SEARCH r USING PRIMARY KEY") }
                && resource.contains { $0.hasPrefix("SEARCH e USING PRIMARY KEY") }, "\(resource)")
    }
}
