import Foundation
import Model
import Testing

@testable import StateDatabase

@Suite struct `Several at one database` {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `a second deployment of a stack is told who is at it, and another stack goes on`() throws {
        let (first, second) = (try folder.open(), try folder.open())
        let held = try first.begin(.sample(plannedAgainst: nil), secrets: [])
        let refusal = RecordingRefusal.deploymentOpen(held)
        #expect(throws: refusal) { try second.begin(.sample(plannedAgainst: nil), secrets: []) }
        for part in ["image-pipeline:develop", "ada", "laptop", "2025-06-15T15:06:40Z"] {
            #expect(refusal.problem.description.contains(part))
        }
        #expect(refusal.problem.status == .refused)
        #expect(try second.begin(.sample(.network, plannedAgainst: nil), secrets: []).serial == 1)
    }

    @Test func `of many that make and use the database at once each gets its own serial`() async throws {
        let (folder, workers, rounds) = (folder, 8, 10)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                group.addTask {
                    let database = try folder.open(busyTimeout: .seconds(60))
                    for _ in 0..<rounds {
                        try database.record(.sample(StackAddress(stack: "own-\(worker)"), plannedAgainst: nil), .unchanged, .untouched)
                        while true {
                            do {
                                try database.record(.sample(.network, plannedAgainst: nil), .unchanged, .untouched)
                                break
                            } catch RecordingRefusal.deploymentOpen {
                                await Task.yield()
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let database = try folder.open(.readOnly)
        #expect(try database.deployments(DeploymentFilter(stack: "network")).map(\.serial) == (1...workers * rounds).reversed())
        #expect(try database.deployments(DeploymentFilter(stack: "own-3")).map(\.serial) == (1...rounds).reversed())
        #expect(try database.deployments().count == 2 * workers * rounds)
    }

    @Test func `a database that stays locked ends in a problem after the time-out, and readers go on`() throws {
        let (holder, other) = (try folder.open(), try folder.open(busyTimeout: .milliseconds(50)))
        try holder.queue.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            let problem = try #require(try problem { _ = try other.begin(.sample(plannedAgainst: nil), secrets: []) })
            #expect(problem.findings.first?.code == "state-locked")
            #expect(problem.description.contains(folder.database))
            #expect(try other.deployments() == [])
            #expect(try folder.open(.readOnly).deployments() == [])
            try db.execute(sql: "ROLLBACK")
        }
        #expect(try other.begin(.sample(plannedAgainst: nil), secrets: []).serial == 1)
    }
}
