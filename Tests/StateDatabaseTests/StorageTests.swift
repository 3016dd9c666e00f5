import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

extension TemporaryFolder {
    func integers(_ sql: String) throws -> [Int] { try open(.readOnly).read { try Int.fetchAll($0, sql: sql) } }
}

@Suite struct `How much is stored and how it is found` {
    let folder: TemporaryFolder
    let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.open()
    }

    @Test func `equal bodies are stored once, and compressed`() throws {
        let template = String(repeating: "  Type: AWS::S3::Bucket\n", count: 1000)
        for _ in 0..<3 { try database.record(.sample(template: template, plannedAgainst: nil), .unchanged, .untouched) }
        #expect(try folder.integers("SELECT count(*) FROM blobs") == [2])
        #expect(try folder.integers("SELECT count(*) FROM configurations") == [1])
        #expect(try folder.integers("SELECT length(body) < 500 FROM blobs WHERE size = \(template.utf8.count)") == [1])
    }

    @Test func `a deployment without changes takes less than a kilobyte`() throws {
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
        func size() throws -> Int {
            try database.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            return try folder.bytes().count
        }
        let before = try size()
        for round in 0..<500 { try database.record(.sample(start: round, plannedAgainst: 1), .unchanged, .untouched) }
        #expect(try size() - before < 500 * 1024)
    }

    @Test(arguments: ["", "x", "short text", String(repeating: "long ", count: 10_000)])
    func `a body comes back from its packed form`(text: String) {
        let original = Data(text.utf8)
        #expect(Compression.unpack(Compression.pack(original), size: original.count) == original)
    }

    @Test func `a damaged body is told from a whole one`() {
        let original = Data(String(repeating: "long ", count: 10_000).utf8)
        let packed = Compression.pack(original)
        #expect(Compression.unpack(packed.dropLast(), size: original.count) == nil)
        #expect(Compression.unpack(packed, size: original.count - 1) == nil)
        #expect(Compression.unpack(packed, size: .max) == nil)
        #expect(Compression.unpack(packed, size: -1) == nil)
        #expect(Compression.unpack(Data(), size: 5) == nil)
    }

    @Test func `the main queries use an index`() throws {
        let queries = [
            DeploymentStore.select + "d.stack_key = 1 ORDER BY d.serial DESC LIMIT 20": "deployments_by_serial",
            DeploymentStore.select + "TRUE ORDER BY d.started_at DESC, d.id DESC LIMIT 20": "deployments_by_start",
            DeploymentStore.select + "d.stack_key = 1 AND d.finished_at IS NULL LIMIT 1": "deployments_open",
            StateDatabase.recordedStackQuery + " WHERE s.stack = 'a' AND s.environment = ''": "sqlite_autoindex_stacks_1",
            StateDatabase.exportsQuery: "exports_now",
            "SELECT * FROM resources \(StackHistory.source(index: "resources_now", at: nil)) ORDER BY logical_id": "resources_now",
            "UPDATE resources SET until = 2 WHERE stack_key = 1 AND logical_id = 'A' AND until IS NULL": "resources_now",
            "SELECT * FROM outputs \(StackHistory.source(index: "outputs_now", at: nil)) ORDER BY name": "outputs_now",
            "SELECT * FROM resources \(StackHistory.source(index: "", at: 3)) ORDER BY logical_id": "PRIMARY KEY",
            "SELECT id FROM blobs WHERE digest = x'00'": "sqlite_autoindex_blobs_1",
        ]
        for (query, index) in queries {
            let explanation = "EXPLAIN QUERY PLAN " + query.replacing("?", with: "1")
            let plan = try database.read { try Row.fetchAll($0, sql: explanation).map { $0["detail"] as String } }
            #expect(plan.contains { $0.contains("INDEX \(index)") || $0.contains("USING \(index)") }, "\(query): \(plan)")
            #expect(!plan.contains { $0.hasPrefix("SCAN") && !$0.contains("INDEX") }, "\(query): \(plan)")
            let sorts = plan.contains { $0.contains("TEMP B-TREE FOR ORDER BY") }
            #expect(!sorts || query == StateDatabase.exportsQuery, "\(query): \(plan)")
        }
    }
}
