import Foundation
import Model
import StateDatabase
import Testing

@testable import Deploying

@Suite struct EventFollowerTests {
    @Test func `events come oldest first, each once, whatever is described again`() {
        var follower = EventFollower(after: [.sample("old")])
        let a = StackEvent.sample("a", at: 1)
        let b = StackEvent.sample("b", at: 2)
        let c = StackEvent.sample("c", at: 2)
        let taken = [[b, a, .sample("old")], [b, a], [c, b, a], []].map { follower.take($0).map(\.eventID) }
        #expect(taken == [["a", "b"], [], ["c"], []])
        #expect(follower.events.map(\.eventID) == ["a", "b", "c"])
    }

    @Test func `an event that turns up late, or among others of its time, is not missed`() {
        var follower = EventFollower(after: [.sample("old", at: 0)])
        _ = follower.take([.sample("d", at: 30), .sample("a", at: 10)])
        let described: [StackEvent] = [
            .sample("d", at: 30), .sample("late", at: 20), .sample("a", at: 10), .sample("same time", at: 10), .sample("old", at: 0),
        ]
        // What the client hands on: everything before the first event that is old.
        let handedOn = Array(described.prefix { !follower.isOld($0) })
        #expect(handedOn.map(\.eventID) == ["d", "late", "a", "same time"])
        #expect(follower.take(handedOn).map(\.eventID) == ["same time", "late"])
    }

    @Test func `what was seen a minute ago is not asked for again`() {
        var follower = EventFollower()
        _ = follower.take([.sample("new", at: 100), .sample("seen", at: 39), .sample("recent", at: 41)])
        #expect(
            [StackEvent.sample("new", at: 100), .sample("recent", at: 41), .sample("seen", at: 39)].map(follower.isOld) == [
                false, false, true,
            ])
        #expect(!follower.isOld(.sample("never seen", at: 5)))
    }

    @Test func `what is older than the operation is left out, even where only its time says so`() {
        var follower = EventFollower(since: noon, after: [.sample("before", at: 1)])
        let described: [StackEvent] = [.sample("a", at: 2), .sample("before", at: 1), .sample("ancient", at: -1)]
        #expect(described.map(follower.isOld) == [false, true, true])
        #expect(follower.take(described).map(\.eventID) == ["a"])
    }

    static let history: [StackEvent] = [
        .ofStack("update done", "UPDATE_COMPLETE", at: 9, token: "other-execute"),
        .sample("update", "UPDATE_COMPLETE", at: 8, token: "other-execute"),
        .ofStack("update begins", "UPDATE_IN_PROGRESS", at: 7, token: "other-execute"),
        .ofStack("rolled back", "UPDATE_ROLLBACK_COMPLETE", at: 6, token: "mine-execute"),
        .ofStack("rolling back", "UPDATE_ROLLBACK_IN_PROGRESS", at: 5, token: "mine-execute"),
        .sample("failed", "UPDATE_FAILED", at: 4, token: "mine-execute"),
        .ofStack("mine begins", "UPDATE_IN_PROGRESS", at: 3, token: "mine-execute"),
        .ofStack("created", "CREATE_COMPLETE", at: 2), .ofStack("creation begins", "CREATE_IN_PROGRESS", at: 1),
        .ofStack("reviewed", "REVIEW_IN_PROGRESS", at: 0),
    ]

    static let operations: [(tokens: [String], described: [StackEvent], earlier: [String])] = [
        (["mine-execute", "mine-delete"], history, ["created", "creation begins", "reviewed"]),
        (["other-execute"], Array(history), history[3...].map(\.eventID)),
        (["unknown"], Array(history[3...]), ["created", "creation begins", "reviewed"]),
        ([], Array(history[7...]), ["reviewed"]),
        ([], [.sample("a"), .sample("b")], []),
        ([], [], []),
    ]

    @Test(arguments: operations)
    func `the events of an operation are told from earlier ones by their token, or by how it begins`(
        tokens: [String], described: [StackEvent], earlier: [String]
    ) {
        #expect(EventFollower.earlier(thanOperationOf: tokens, in: described).map(\.eventID) == earlier)
    }

    @Test func `an operation has begun when the stack says so`() {
        var follower = EventFollower()
        _ = follower.take([.sample("a"), .ofStack("review", "REVIEW_IN_PROGRESS")])
        #expect(!follower.hasBegun)
        _ = follower.take([.ofStack("begin", "CREATE_IN_PROGRESS")])
        #expect(follower.hasBegun)
    }

    static let causes: [(events: [StackEvent], cause: DeploymentFailure?)] = [
        ([], nil),
        ([.sample("a", "CREATE_COMPLETE"), .ofStack("s", "UPDATE_COMPLETE", "fine")], nil),
        (
            [
                .sample("1", "CREATE_FAILED", of: "Queue", at: 1, "Resource creation cancelled"),
                .sample("2", "CREATE_FAILED", of: "Topic", at: 2, "Topic exists"),
                .sample("3", "DELETE_FAILED", of: "Bucket", at: 3, "Not empty"), .ofStack("4", "ROLLBACK_FAILED", at: 4, "The following…"),
            ], DeploymentFailure(logicalID: "Topic", resourceType: "AWS::SNS::Topic", message: "Topic exists")
        ),
        // A deployment that CodeDeploy cancelled is a cause and no consequence.
        (
            [
                .sample("1", "UPDATE_FAILED", of: "Service", at: 1, "The deployment was cancelled by an alarm"),
                .sample("2", "UPDATE_FAILED", of: "Topic", at: 2, "Resource update cancelled"),
                .sample("3", "UPDATE_FAILED", of: "Bucket", at: 3, "Could not be put back"),
            ], DeploymentFailure(logicalID: "Service", resourceType: "AWS::SNS::Topic", message: "The deployment was cancelled by an alarm")
        ),
        // Told late, but first to fail.
        (
            [
                .sample("2", "CREATE_FAILED", of: "Second", at: 2, "Access denied"),
                .sample("1", "CREATE_FAILED", of: "First", at: 1, "Name taken"),
            ],
            DeploymentFailure(logicalID: "First", resourceType: "AWS::SNS::Topic", message: "Name taken")
        ),
        (
            [.sample("1", "CREATE_FAILED", of: "Queue", "Resource creation cancelled")],
            DeploymentFailure(logicalID: "Queue", resourceType: "AWS::SNS::Topic", message: "Resource creation cancelled")
        ),
        (
            [.sample("1", "CREATE_FAILED", of: "Queue")],
            DeploymentFailure(logicalID: "Queue", resourceType: "AWS::SNS::Topic", message: "CREATE_FAILED")
        ),
        (
            [
                .sample(
                    "1", "UPDATE_FAILED", of: "Nested", at: 1, "Embedded stack failed: The following resource(s) failed to update: [Topic]."
                ),
                .sample("2", "UPDATE_FAILED", of: "Topic", at: 2, "Name taken"),
            ], DeploymentFailure(logicalID: "Topic", resourceType: "AWS::SNS::Topic", message: "Name taken")
        ),
        (
            [.ofStack("1", "UPDATE_IN_PROGRESS", "User Initiated"), .ofStack("2", "UPDATE_ROLLBACK_IN_PROGRESS", "Alarm went off")],
            DeploymentFailure(message: "Alarm went off")
        ),
    ]

    @Test(arguments: causes)
    func `the root cause is the first failure that follows from no other`(events: [StackEvent], cause: DeploymentFailure?) {
        #expect(EventFollower.rootCause(of: events) == cause)
    }
}
