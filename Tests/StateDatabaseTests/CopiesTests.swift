import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

@Suite struct `Backups, restoring and compacting` {
    let folder: TemporaryFolder
    let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.open()
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func restore(_ path: String, force: Bool = false) throws -> Restoration {
        try StateDatabase.restore(path, in: folder.path, force: force, context: .test)
    }

    @Test func `a backup is a whole copy for its owner only, also where nothing may be written`() throws {
        let reader = try folder.open(.readOnly)
        let path = try reader.backUp(now: .second(0))
        #expect(path == folder.path + "/backups/pipeplan-20250615T150640Z.sqlite")
        #expect(try mode(path) == 0o600)
        #expect(try mode(folder.path + "/backups") == 0o700)
        #expect(try reader.backUp(now: .second(0)) == folder.path + "/backups/pipeplan-20250615T150640Z-2.sqlite")
        let elsewhere = try TemporaryFolder()
        try reader.backUp(to: elsewhere.database, now: .second(0))
        let copy = try elsewhere.open(.readOnly)
        #expect(try copy.deployments() == database.deployments())
        #expect(try copy.verify().faults == [])
        #expect(copy.lineage == database.lineage)
    }

    @Test func `a backup replaces nothing`() throws {
        #expect(try problemCode { try database.backUp(to: folder.database, now: .second(0)) } == "backup-exists")
        #expect(try problemCode { try database.backUp(to: folder.path + "/none/x.sqlite", now: .second(0)) } == "backup-failed")
    }

    @Test func `a backup is put back, what was there is backed up first, and readers go on`() throws {
        let path = try database.backUp(now: .second(0))
        let lost = try database.record(.sample(start: 60, plannedAgainst: 1), .unchanged, .untouched)
        let reader = try folder.open(.readOnly)
        #expect(try reader.deployments().count == 2)
        let result = try restore(path)
        #expect(
            result
                == Restoration(
                    backup: result.backup, wasDamaged: false, deployments: 1, lost: [Restoration.Lost(address: .pipeline, serial: 2)]))
        #expect(try reader.deployments().count == 1)
        let restored = try folder.open(.readOnly)
        #expect(try restored.verify().faults == [], "the heads that were seen are those of the backup from now on")
        let before = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: try #require(result.backup), toPath: before.database)
        #expect(try before.open(.readOnly).deployments().first == lost)
    }

    @Test func `a backup of another log needs to be forced, and so does one while a deployment is open`() throws {
        let other = try TemporaryFolder()
        try other.execute("UPDATE origin SET lineage = 'ffff'")
        let path = try other.open().backUp(now: .second(0))
        let before = try database.deployments()
        #expect(try problemCode { _ = try restore(path) } == "other-lineage")
        #expect(try database.deployments() == before)
        _ = try restore(path, force: true)
        #expect(try folder.open(.readOnly).lineage == "ffff")

        let own = try database.backUp(now: .second(1))
        _ = try database.begin(.sample(plannedAgainst: nil), secrets: [])
        #expect(throws: RecordingRefusal.self) { _ = try restore(own) }
    }

    @Test func `what is no sound backup of this version is refused, and nothing changes`() throws {
        let path = try database.backUp(now: .second(0))
        func edited(_ name: String, _ sql: String) throws -> String {
            let copy = "\(folder.path)/\(name)"
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            let queue = try DatabaseQueue(path: copy)
            try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
            try queue.close()
            return copy
        }
        let before = try database.deployments()
        let newer = try edited("newer", "PRAGMA user_version = \(Schema.version + 1)")
        #expect(try problemCode { _ = try restore(newer) } == "state-newer")
        let altered = try edited("altered", "UPDATE deployments SET actor_user = 'eve'")
        #expect(try problemCode { _ = try restore(altered) } == "bad-backup")
        try Data("no database".utf8).write(to: URL(fileURLWithPath: folder.path + "/text"))
        #expect(try problemCode { _ = try restore(folder.path + "/text") } == "bad-backup")
        #expect(try problemCode { _ = try restore(folder.path + "/none") } == "no-backup")
        #expect(try database.deployments() == before)
    }

    @Test func `a damaged database is copied aside as it is, and the last backup works`() throws {
        let path = try database.backUp(now: .second(0))
        try database.close()
        var random = SystemRandomNumberGenerator()
        let whole = try folder.bytes()
        for round in 0..<20 {
            var damaged = round == 0 ? Data(whole.prefix(700)) : whole
            for _ in 0..<2000 {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            // The header's mark stays, so that it is not taken for another program's.
            damaged.replaceSubrange(0..<100, with: whole.prefix(100))
            for suffix in ["-wal", "-shm"] { unlink(folder.database + suffix) }
            try damaged.write(to: URL(fileURLWithPath: folder.database))
            let result = try restore(path)
            #expect(result.wasDamaged)
            #expect(try FileManager.default.contents(atPath: #require(result.backup)) == damaged)
            #expect(try folder.open(.readOnly).verify().faults == [])
            #expect(try folder.open(.readOnly).deployments().count == 1)
            #expect(try mode(folder.database) == 0o600)
        }
    }

    @Test func `a record that was altered is a reason to restore, and takes no check away`() throws {
        let path = try database.backUp(now: .second(0))
        try database.record(.sample(start: 60, plannedAgainst: 1), .unchanged, .untouched)
        let open = try database.begin(.sample(.network, start: 90, plannedAgainst: nil), secrets: [])
        try folder.execute("UPDATE deployments SET actor_user = 'eve' WHERE serial = 2")
        #expect(try database.verify().faults.map(\.serial) == [2])
        #expect(throws: RecordingRefusal.deploymentOpen(open)) { _ = try restore(path) }
        let other = try TemporaryFolder()
        try other.execute("UPDATE origin SET lineage = 'ffff'")
        let foreign = try other.open().backUp(now: .second(0))
        #expect(try problemCode { _ = try restore(foreign) } == "other-lineage")

        let result = try restore(path, force: true)
        #expect(!result.wasDamaged)
        #expect(result.lost == [.init(address: .network, serial: 1), .init(address: .pipeline, serial: 2)])
        #expect(try folder.open(.readOnly).verify().faults == [])
    }

    @Test(arguments: [false, true])
    func `while somebody works on a stack nothing is put back, be the database damaged or not`(isDamaged: Bool) throws {
        let path = try database.backUp(now: .second(0))
        let worker = try folder.open()
        let running = try worker.begin(.sample(.network, plannedAgainst: nil), secrets: [])
        let hold = try worker.requireHold(.network)
        if isDamaged {
            try database.close()
            try worker.close()
            var damaged = try folder.bytes()
            damaged.replaceSubrange(4096..<damaged.count, with: Data(repeating: 7, count: damaged.count - 4096))
            try damaged.write(to: URL(fileURLWithPath: folder.database))
        }
        let before = try folder.bytes()
        #expect(throws: RecordingRefusal.held(.network, by: isDamaged ? nil : running, process: Int(getpid()))) {
            _ = try restore(path, force: true)
        }
        #expect(try folder.bytes() == before)
        withExtendedLifetime(hold) {}
    }

    @Test func `a database that is locked is not taken for a damaged one`() throws {
        let path = try database.backUp(now: .second(0))
        try database.queue.writeWithoutTransaction { db in
            // Even readers wait for that one.
            try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")
            #expect(try problemCode { _ = try restore(path) } == "state-locked")
            try db.execute(sql: "ROLLBACK")
        }
    }

    @Test func `an older database is backed up before it is brought up to date`() throws {
        let old = try TemporaryFolder()
        let queue = try DatabaseQueue(path: old.database)
        try queue.writeWithoutTransaction { db in
            for step in Schema.steps[..<2] { try db.execute(sql: step) }
            try db.execute(
                sql: "INSERT INTO origin VALUES (1, 'abc', 0); PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = 2")
        }
        try queue.close()
        let database = try old.open()
        let names = try FileManager.default.contentsOfDirectory(atPath: old.path + "/backups")
        #expect(names == ["before-schema-\(Schema.version)-20250615T150640Z.sqlite"])
        #expect(try database.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == Schema.version)
        #expect(try DatabaseQueue(path: "\(old.path)/backups/\(names[0])").read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == 2)
    }

    // MARK: Compacting

    private func recordMany() throws {
        for number in 1...20 {
            let deployment = try database.begin(
                .sample(start: number * 100, template: "Resources: {} # \(number)", plan: "{\"n\": \(number)}", plannedAgainst: number),
                secrets: [])
            try database.append((1...3).map { .sample($0) }, to: deployment, secrets: [])
            try database.finish(
                deployment, DeploymentOutcome(status: .succeeded, effect: .applied(.sample()), finishedAt: .second(number * 100 + 9)),
                secrets: [])
        }
    }

    @Test func `gc removes what is old and superseded, and the chain stays whole`() throws {
        try recordMany()
        let policy = CompactionPolicy(eventsBefore: .second(1500), plansBefore: .second(1200), templatesBefore: .second(1000), newest: 3)
        let trial = try folder.open(.readOnly).compact(policy, isTrial: true)
        #expect(try database.verify().removedTexts == 0)
        let result = try database.compact(policy, isTrial: false)
        #expect(result == trial)
        #expect((result.events, result.plans, result.templates) == (14 * 3, 12, 10))
        let verified = try database.verify()
        #expect(verified.faults == [])
        #expect(verified.removedEventLists == 14)
        #expect(verified.removedTexts == 22)
        let first = try #require(try database.deployment(.pipeline, serial: 2))
        #expect(try database.template(of: first) == nil)
        #expect(try database.stack(asOf: first) == nil)
        #expect(try database.recordedStack(.pipeline)?.templateBody == "Resources: {} # 20")
        #expect(try database.compact(policy, isTrial: false) == Compaction())
    }

    @Test func `nested templates that were removed are not taken for none`() throws {
        func record(_ serial: Int, nested: [String: String]) throws -> Deployment {
            var intent = DeploymentIntent.sample(start: serial * 100, plannedAgainst: serial - 1)
            intent.nestedTemplates = .init(uniqueKeysWithValues: nested.map { ($0, $1) })
            return try database.record(intent, .succeeded, .applied(.sample()))
        }
        let (nesting, flat) = (try record(2, nested: ["network.yml": "Resources: {}"]), try record(3, nested: [:]))
        _ = try record(4, nested: ["network.yml": "Resources: {A: 1}"])
        #expect(try database.nestedTemplates(of: nesting) == ["network.yml": "Resources: {}"])
        let all = CompactionPolicy(eventsBefore: nil, plansBefore: nil, templatesBefore: .distantFuture, newest: 1)
        _ = try database.compact(all, isTrial: false)
        // The template itself is still in effect.
        #expect(try database.template(of: nesting) != nil)
        #expect(try database.nestedTemplates(of: nesting) == nil)
        #expect(try database.stack(asOf: nesting) == nil)
        #expect(try database.nestedTemplates(of: flat) == [:])
        #expect(try database.recordedStack(.pipeline)?.nestedTemplates == ["network.yml": "Resources: {A: 1}"])
    }

    @Test func `the newest and what is in effect stay, however old`() throws {
        try recordMany()
        try database.record(.sample(start: 9000, template: "failed", plannedAgainst: 21), .rolledBack, .kept(.sample()))
        let all = CompactionPolicy(eventsBefore: .distantFuture, plansBefore: .distantFuture, templatesBefore: .distantFuture, newest: 1)
        _ = try database.compact(all, isTrial: false)
        #expect(try database.recordedStack(.pipeline)?.templateBody == "Resources: {} # 20")
        #expect(try database.verify().faults == [])
        let size = try database.vacuum()
        #expect(size.after <= size.before)
        #expect(try database.verify().faults == [])
    }

    // MARK: Edits

    private let edit = StateEdit(at: .second(5000), actor: .ada, git: nil, toolVersion: "0.1.0", commandLine: "pipeplan state …")

    @Test func `a forgotten stack leaves its history, with a record of who did it`() throws {
        let record = try database.forget(.pipeline, by: edit)
        #expect((record.serial, record.kind, record.status, record.effect) == (2, .stateEdit, .succeeded, .removed))
        #expect(try database.recordedStack(.pipeline) == nil)
        #expect(try database.verify().faults == [])
        #expect(try problemCode { _ = try database.forget(.pipeline, by: edit) } == "not-recorded")
        try database.record(.sample(start: 6000, plannedAgainst: nil), .succeeded, .applied(.sample()))
        #expect(try database.recordedStack(.pipeline)?.serial == 3)
    }

    @Test func `a stack with an open deployment is not forgotten or moved`() throws {
        _ = try database.begin(.sample(plannedAgainst: 1), secrets: [])
        #expect(throws: RecordingRefusal.self) { _ = try database.forget(.pipeline, by: edit) }
        #expect(throws: RecordingRefusal.self) { _ = try database.move(.pipeline, to: .network, by: edit) }
        #expect(try database.recordedStack(.network) == nil)
        #expect(try database.deployments().count == 2)
    }

    @Test func `a moved stack is the same under its new address, and both histories tell`() throws {
        let before = try #require(try database.recordedStack(.pipeline))
        let (from, to) = try database.move(.pipeline, to: .network, by: edit)
        var expected = before
        expected.address = .network
        #expect(try database.recordedStack(.network) == expected)
        #expect(try database.recordedStack(.pipeline) == nil)
        #expect(from.step == "to network 1" && to.map(\.step) == ["from image-pipeline:develop 1"])
        #expect(try database.resources(of: to[0]).first?.properties?["Depth"] == .number("1.10"))
        #expect(try database.verify().faults == [])
        try database.record(.sample(start: 6000, plannedAgainst: nil), .succeeded, .applied(.sample()))
        #expect(try problemCode { _ = try database.move(.pipeline, to: .network, by: edit) } == "address-taken")
    }

    @Test func `what a failed creation left is moved without a template in effect`() throws {
        let shop = StackAddress(stack: "shop")
        try database.record(
            .sample(shop, kind: .create, plannedAgainst: nil), .rolledBack, .kept(.sample("ROLLBACK_COMPLETE", resources: [:])))
        let before = try #require(try database.recordedStack(shop))
        _ = try database.move(shop, to: .network, by: edit)
        var expected = before
        expected.address = .network
        #expect(try database.recordedStack(.network) == expected)
    }
}
