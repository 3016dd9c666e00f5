import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

@Suite struct `How long things typically take` {
    private let folder: TemporaryFolder
    private let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.open()
    }

    private func record(_ address: StackAddress, _ spans: [(String, String, ResourceOperation, Int)]) throws {
        let deployment = try database.begin(
            .sample(address, plannedAgainst: try database.deployments(DeploymentFilter(stack: address.stack)).first?.serial), secrets: [])
        var events: [StackEvent] = []
        for (index, (logicalID, type, operation, seconds)) in spans.enumerated() {
            for (status, time) in [("IN_PROGRESS", 0), ("IN_PROGRESS", 1), ("COMPLETE", seconds)] {
                var event = StackEvent.sample(index * 10 + time, reason: nil)
                event.eventID = "\(address)-\(deployment.serial)-\(logicalID)-\(status)-\(time)"
                event.logicalID = logicalID
                event.resourceType = type
                event.status = StackStatus(rawValue: "\(operation.rawValue)_\(status)")
                event.timestamp = .second(time)
                events.append(event)
            }
        }
        try database.append(events, to: deployment, secrets: [])
        _ = try database.finish(
            deployment, DeploymentOutcome(status: .succeeded, effect: .applied(.sample()), finishedAt: .second(500)), secrets: [])
    }

    @Test func `is the median of the resource's own past, else of its type in the stack, else of its type anywhere`() throws {
        for seconds in [10, 300, 20] { try record(.pipeline, [("Topic", "T", .update, seconds), ("Queue", "Q", .create, 5)]) }
        try record(.network, [("Topic", "T", .update, 77), ("Role", "R", .create, 15)])
        let typical = try database.typicalDurations(of: .pipeline)
        #expect(typical[.init("Topic", type: "T", .update)] == 20)
        #expect(typical[.init("Other", type: "T", .update)] == 20)
        #expect(typical[.init("Role", type: "R", .create)] == 15)
        #expect(typical[.init("Topic", type: "T", .delete)] == nil)
        #expect(typical[.init("Topic", type: "Other", .update)] == nil)
        // A stack that was never deployed knows what others do.
        #expect(try database.typicalDurations(of: StackAddress(stack: "new"))[.init("Any", type: "Q", .create)] == 5)
    }

    @Test func `is read from the events of the last deployments only, which an index leads to`() throws {
        try record(.pipeline, [("Topic", "T", .update, 10)])
        let plans = try folder.plans(
            "SELECT * FROM events WHERE deployment IN (SELECT id FROM deployments WHERE stack_key = 1 ORDER BY serial DESC LIMIT 20)")
        #expect(plans.contains { $0.contains("SEARCH events USING PRIMARY KEY (deployment=?)") }, "\(plans)")
        #expect(
            plans.contains { $0.contains("USING INDEX deployments_by_serial (stack_key=?)") || $0.contains("COVERING INDEX") }, "\(plans)")
    }
}

extension TemporaryFolder {
    /// How SQLite goes about a query.
    fileprivate func plans(_ sql: String) throws -> [String] {
        try DatabaseQueue(path: database).read { db in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)").map { $0["detail"] as String? ?? "" }
        }
    }
}
