import Foundation
import Model
import Testing

@testable import StateDatabase

/// What was seen here before is held against the chains. What is given up on purpose must not look like a log that was written anew.
@Suite struct `Heads seen before` {
    let folder: TemporaryFolder
    let database: StateDatabase
    private let edit = StateEdit(at: .second(500), actor: .ada, git: nil, toolVersion: "0.1.0", commandLine: "pipeplan state …")

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.open()
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
    }

    /// Verifies, and tells how many heads were found again.
    private func confirmed(_ database: StateDatabase? = nil) throws -> Int {
        let result = try (database ?? self.database).verify()
        #expect(result.faults == [])
        return result.confirmedHeads
    }

    private func seen() -> [Int] { SeenHeads(beside: database.file).heads.map(\.serial) }

    @Test func `a record that gave way to another one's is not missed`() throws {
        let own = try database.record(.sample(start: 60, plannedAgainst: 1), .unchanged, .untouched)
        #expect(seen() == [2])
        try database.reopen(own)
        #expect(seen() == [1])
        #expect(try confirmed() == 1)
        try database.withdraw(own)
        #expect(try confirmed() == 1)
        // The one that it gave way to, under the same serial.
        let theirs = try database.begin(.sample(start: 70, plannedAgainst: 1), secrets: [])
        #expect(try confirmed() == 1)
        try database.finish(theirs, DeploymentOutcome(status: .unchanged, effect: .untouched, finishedAt: .second(80)), secrets: [])
        #expect(seen() == [2])
        #expect(try confirmed() == 1)
    }

    @Test func `nor is the only record of a stack, and other stacks are remembered`() throws {
        let own = try database.record(.sample(.network, start: 60, plannedAgainst: nil), .unchanged, .untouched)
        try database.reopen(own)
        try database.withdraw(own)
        #expect(try confirmed() == 1)
    }

    @Test func `an outcome that somebody else has settled differently is not missed`() throws {
        let own = try database.record(
            .sample(start: 60, plannedAgainst: 1), .failed, .kept(.sample("UPDATE_ROLLBACK_COMPLETE", resources: [:])))
        try database.reopen(own)
        #expect(try confirmed() == 1)
        try database.finish(
            own, DeploymentOutcome(status: .succeeded, effect: .applied(.sample("UPDATE_COMPLETE")), finishedAt: .second(90)), secrets: [])
        #expect(seen() == [2])
        #expect(try confirmed() == 1)
    }

    @Test func `an intent that came to nothing was never seen`() throws {
        let open = try database.begin(.sample(start: 60, plannedAgainst: 1), secrets: [])
        try database.withdraw(open)
        #expect(try confirmed() == 1)
    }

    @Test func `forgetting and moving a stack go on with the chains`() throws {
        _ = try database.move(.pipeline, to: .network, by: edit)
        #expect(try confirmed() == 2)
        _ = try database.forget(.network, by: edit)
        #expect(try confirmed() == 2)
        _ = try database.compact(
            CompactionPolicy(eventsBefore: .distantFuture, plansBefore: .distantFuture, templatesBefore: .distantFuture, newest: 1),
            isTrial: false)
        #expect(try confirmed() == 2)
    }

    @Test func `a restore begins anew with what was put back, forwards, backwards and with a deployment open`() throws {
        func restore(_ path: String) throws {
            _ = try StateDatabase.restore(path, in: folder.path, force: true, context: .test)
        }
        let empty = try TemporaryFolder()
        let nothing = try empty.open().backUp(now: .second(0))
        let early = try database.backUp(now: .second(1))
        _ = try database.begin(.sample(start: 60, plannedAgainst: 1), secrets: [])
        let open = try database.backUp(now: .second(2))
        for (path, heads) in [(early, 1), (open, 1), (early, 1), (nothing, 0), (open, 1)] {
            try restore(path)
            #expect(try confirmed(folder.open(.readOnly)) == heads)
        }
    }
}
