import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

@Suite struct `Opening the database` {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func recordSomething() throws {
        let database = try folder.open()
        try database.record(
            .sample(kind: .create, template: String(repeating: "some template\n", count: 3000), plannedAgainst: nil), .succeeded,
            .applied(.sample(resources: Dictionary(uniqueKeysWithValues: (0..<300).map { ("Resource\($0)", "CREATE_COMPLETE") }))))
        try database.close()
    }

    @Test func `the first write makes folder and file for their owner only`() throws {
        let state = folder.path + "/nested/state"
        let database = try StateDatabase.open(folder: state, access: .readWrite, context: .test)
        try database.record(.sample(plannedAgainst: nil), .unchanged, .untouched)
        #expect(try mode(state) == 0o700)
        for name in ["pipeplan.sqlite", "pipeplan.sqlite-wal", "pipeplan.sqlite-shm"] {
            #expect(try mode("\(state)/\(name)") == 0o600)
        }
        #expect(database.lineage == "000102030405060708090a0b0c0d0e0f")
    }

    @Test func `reading what is not there finds nothing and makes nothing`() throws {
        let database = try StateDatabase.open(folder: folder.path + "/none", access: .readOnly, context: .test)
        #expect(database.lineage == nil)
        #expect(try database.deployments() == [])
        #expect(try database.recordedStack(.pipeline) == nil)
        #expect(try problemCode { _ = try database.begin(.sample(plannedAgainst: nil), secrets: []) } == "state-read-only")
        #expect(try folder.contents() == [:])
    }

    @Test func `an empty file reads as empty and is filled by the first write`() throws {
        try Data().write(to: URL(fileURLWithPath: folder.database))
        #expect(try folder.open(.readOnly).deployments() == [])
        #expect(try folder.bytes().isEmpty)
        #expect(try folder.open().lineage != nil)
    }

    @Test func `a reader can't write`() throws {
        try recordSomething()
        let reader = try folder.open(.readOnly)
        #expect(try reader.deployments().count == 1)
        #expect(try problemCode { _ = try reader.begin(.sample(plannedAgainst: 1), secrets: []) } == "state-read-only")
    }

    @Test func `a reader sees what a writer has just recorded`() throws {
        let writer = try folder.open()
        let reader = try folder.open(.readOnly)
        let recorded = try writer.record(.sample(plannedAgainst: nil), .unchanged, .untouched)
        #expect(try reader.deployments() == [recorded])
    }

    @Test func `a database of the first version can be read as it is, and is brought up to date by the first write`() throws {
        let old = try DatabaseQueue(path: folder.database)
        try old.writeWithoutTransaction { db in
            try db.execute(
                sql: Schema.steps[0] + ";INSERT INTO origin VALUES (1, 'abc', 0); INSERT INTO stacks VALUES (1, 'shop', '', NULL, NULL);"
                    + "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = 1")
        }
        try old.close()
        let before = try folder.bytes()
        let reader = try folder.open(.readOnly)
        #expect(reader.lineage == "abc")
        #expect(try reader.recordedStacks() == [])
        #expect(try reader.deployments() == [])
        #expect(try folder.bytes() == before)
        let writer = try folder.open()
        #expect(writer.lineage == "abc")
        try writer.record(.sample(plannedAgainst: nil), .unchanged, .untouched)
        #expect(try folder.open(.readOnly).deployments().count == 1)
    }

    @Test(arguments: [StateDatabase.Access.readOnly, .readWrite])
    func `a newer database is refused untouched`(access: StateDatabase.Access) throws {
        try recordSomething()
        try folder.execute("PRAGMA user_version = \(Schema.version + 1)")
        let before = try folder.contents()
        let problem = try #require(try problem { _ = try folder.open(access) })
        #expect(problem.status == .failed)
        #expect(problem.findings.first?.code == "state-newer")
        #expect(problem.description.contains(folder.database))
        #expect(try folder.contents() == before)
    }

    @Test(arguments: [StateDatabase.Access.readOnly, .readWrite])
    func `a newer version that is in the log only is refused, too`(access: StateDatabase.Access) throws {
        try recordSomething()
        let newer = try folder.open()
        try newer.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = \(Schema.version + 1)") }
        // A copy of the files at this moment is what a crash leaves.
        let crashed = try TemporaryFolder()
        for name in ["pipeplan.sqlite", "pipeplan.sqlite-wal"] {
            try folder.bytes(name).write(to: URL(fileURLWithPath: "\(crashed.path)/\(name)"))
        }
        let before = try crashed.bytes()
        #expect(try problemCode { _ = try crashed.open(access) } == "state-newer")
        #expect(try crashed.bytes() == before)
    }

    @Test(arguments: [StateDatabase.Access.readOnly, .readWrite])
    func `another program's database is refused untouched`(access: StateDatabase.Access) throws {
        for statements in ["CREATE TABLE bookmarks (url TEXT)", "PRAGMA application_id = 99", "PRAGMA user_version = 3"] {
            let folder = try TemporaryFolder()
            let other = try DatabaseQueue(path: folder.database)
            try other.write { try $0.execute(sql: statements + "; CREATE TABLE more (id INTEGER)") }
            try other.close()
            let before = try folder.contents()
            let problem = try #require(try problem { _ = try folder.open(access) })
            #expect(problem.findings.first?.code == "state-foreign")
            #expect(problem.status == .badInput)
            #expect(try folder.contents()["pipeplan.sqlite"] == before["pipeplan.sqlite"])
        }
    }

    @Test(arguments: [StateDatabase.Access.readOnly, .readWrite])
    func `garbage is refused untouched`(access: StateDatabase.Access) throws {
        for garbage in [Data("not a database".utf8), Data(repeating: 0, count: 50_000), Data("SQLite format 3\0".utf8)] {
            try garbage.write(to: URL(fileURLWithPath: folder.database))
            #expect(try problemCode { _ = try folder.open(access) } == "state-corrupt")
            #expect(try folder.contents() == ["pipeplan.sqlite": garbage])
        }
    }

    @Test(arguments: [StateDatabase.Access.readOnly, .readWrite], [150, 4096, 20_000])
    func `a truncated database is refused and not written to`(access: StateDatabase.Access, length: Int) throws {
        try recordSomething()
        let rest = try folder.bytes().prefix(length)
        try rest.write(to: URL(fileURLWithPath: folder.database))
        #expect(try problemCode { _ = try folder.open(access) } == "state-corrupt")
        #expect(try folder.bytes() == rest)
    }

    @Test func `overwritten bytes end in a problem or do not matter, and reading never writes`() throws {
        try recordSomething()
        let whole = try folder.bytes()
        var random = SystemRandomNumberGenerator()
        // With the bits that are flipped in the tests of `verify`, a thousand.
        for _ in 0..<300 {
            var damaged = whole
            let start = Int.random(in: 0..<damaged.count, using: &random)
            for offset in start..<min(start + Int.random(in: 1...600, using: &random), damaged.count) {
                damaged[offset] = UInt8.random(in: .min ... .max, using: &random)
            }
            try damaged.write(to: URL(fileURLWithPath: folder.database))
            _ = try problem {
                let reader = try folder.open(.readOnly)
                _ = try reader.recordedStacks()
                _ = try reader.exports()
                for deployment in try reader.deployments() {
                    _ = try reader.template(of: deployment)
                    _ = try reader.plan(of: deployment)
                    _ = try reader.configuration(of: deployment)
                    _ = try reader.resources(of: deployment)
                    _ = try reader.outputs(of: deployment)
                    _ = try reader.events(of: deployment)
                }
                try reader.close()
            }
            #expect(try folder.bytes() == damaged)
        }
    }

    @Test func `a full disk ends in a problem and leaves what was recorded`() throws {
        let database = try folder.open()
        let recorded = try database.record(.sample(plannedAgainst: nil), .unchanged, .untouched)
        try database.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 40") }
        let noise = (0..<20_000).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
        let problem = try #require(
            try problem { _ = try database.begin(.sample(template: noise, plannedAgainst: nil), secrets: []) })
        #expect(problem.findings.first?.code == "state-disk-full")
        #expect(try database.deployments() == [recorded])
    }

    @Test func `a path that can't be a folder is named`() throws {
        let state = folder.path + "/file/state"
        try Data("text".utf8).write(to: URL(fileURLWithPath: folder.path + "/file"))
        let problem = try #require(
            try problem { _ = try StateDatabase.open(folder: state, access: .readWrite, context: .test) })
        #expect(problem.findings.first?.code == "state-folder")
        #expect(problem.status == .badInput)
        #expect(problem.description.contains(state))
    }

    /// The superuser may write anywhere.
    @Test(.enabled(if: geteuid() != 0))
    func `a read-only folder is read and not written`() throws {
        try recordSomething()
        chmod(folder.database, 0o400)
        chmod(folder.path, 0o500)
        defer { chmod(folder.path, 0o700) }
        #expect(try folder.open(.readOnly).deployments().count == 1)
        #expect(try problemCode { _ = try folder.open() } == "state-read-only")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["pipeplan.sqlite"])
        let below = folder.path + "/state"
        #expect(try problemCode { _ = try StateDatabase.open(folder: below, access: .readWrite, context: .test) } == "state-read-only")
    }

    @Test func `a path with characters that mean something in a URI is read where nothing may be written`() throws {
        let file = DatabaseFile(folder: folder.path + "/50%?#ü x", busyTimeout: .seconds(1))
        try file.create()
        let database = try StateDatabase.open(folder: file.folder, access: .readWrite, context: .test)
        try database.close()
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: file.immutableURI, configuration: configuration)
        #expect(try queue.read { try String.fetchOne($0, sql: "SELECT lineage FROM origin") } == database.lineage)
    }
}
