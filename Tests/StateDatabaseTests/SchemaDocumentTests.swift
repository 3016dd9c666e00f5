import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

/// docs/state-schema.md is what people read who use plain `sqlite3`.
@Suite struct `The documented schema` {
    let folder: TemporaryFolder
    let database: StateDatabase
    let document: String

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.open()
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        document = try String(contentsOf: root.appending(path: "docs/state-schema.md"), encoding: .utf8)
    }

    @Test func `every table and column is in the document`() throws {
        let names = try database.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.name NOT LIKE 'sqlite_%'
                    """)
            return rows.map { ($0[0] as String, $0[1] as String) }
        }
        #expect(names.count > 100)
        for (table, column) in names {
            let isNamed = ["`\(column)`", "`\(table).\(column)`"].contains { document.contains($0) }
            #expect(isNamed && document.contains("`\(table)`"), "\(table).\(column)")
        }
    }

    @Test func `the queries in the document find what they say`() throws {
        for serial in 1...3 {
            let deployment = try database.begin(
                .sample(
                    kind: serial == 1 ? .create : .update, start: serial * 60, parameters: ["GithubBranch": .plain("\(serial)")],
                    plannedAgainst: serial == 1 ? nil : serial - 1), secrets: [])
            try database.append([.sample(1), .sample(4)], to: deployment, secrets: [])
            let contents = StackContents.sample(outputs: [StackOutput(key: "Url", value: "x", exportName: "url")])
            try database.finish(
                deployment,
                DeploymentOutcome(
                    status: serial == 3 ? .rolledBack : .succeeded, effect: serial == 3 ? .kept(contents) : .applied(contents),
                    finishedAt: .second(serial * 60 + 9),
                    failure: serial == 3 ? DeploymentFailure(logicalID: "Bucket", message: "no") : nil),
                secrets: [])
        }
        try database.record(
            DriftReport(
                id: "a", address: .pipeline, stackName: "s", region: "r", checkedAt: .second(300), checkedBy: "ada@laptop", serial: 3,
                recordedStatus: "CREATE_COMPLETE", stackStatus: "CREATE_COMPLETE",
                resources: [
                    ResourceDriftReport(
                        logicalID: "Bucket", type: "AWS::S3::Bucket", status: .modified,
                        differences: [DriftDifference(path: "BucketName", expected: "b", actual: "c")])
                ]))
        let queries = document.components(separatedBy: "```sql\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
        #expect(queries.count >= 5)
        for query in queries {
            // A function that only the shell has.
            let sql = query.replacing("sqlar_uncompress(b.body, b.size)", with: "b.body")
            let rows = try database.read { try Row.fetchAll($0, sql: sql) }
            #expect(!rows.isEmpty, "\(query)")
        }
    }
}
