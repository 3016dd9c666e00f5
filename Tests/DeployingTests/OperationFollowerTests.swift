import Foundation
import Model
import StateDatabase
import Testing

@testable import Deploying

private func arn(_ name: String) -> String { "arn:aws:cloudformation:eu-central-1:123456789012:stack/\(name)/1" }

extension StackEvent {
    /// An event of a nested stack as a resource of the one around it.
    fileprivate static func nested(
        _ id: String, _ status: StackStatus, of resource: String, in outer: String = stackARN, at second: Double = 0,
        as stack: String? = nil, _ reason: String? = nil
    ) -> StackEvent {
        var event = sample(id, status, of: resource, at: second, reason)
        event.stackID = outer
        event.resourceType = "AWS::CloudFormation::Stack"
        event.physicalID = stack
        return event
    }

    fileprivate func of(_ stack: String) -> StackEvent {
        var event = self
        event.stackID = stack
        if event.isOfStack || physicalID == stackARN { event.physicalID = stack }
        return event
    }
}

@Suite struct OperationFollowerTests {
    let network = arn("Network")
    let subnets = arn("Subnets")

    /// Asks every nested stack that is to be asked in this round.
    private func round(
        _ follower: inout OperationFollower, _ described: [StackEvent], nested: [String: [StackEvent]] = [:]
    ) -> (asked: [String], new: [String]) {
        var new = follower.take(described).map(\.eventID)
        var asked: [String] = []
        while let id = follower.nestedToAsk {
            asked.append(id)
            let handedOn = (nested[id] ?? []).prefix { !follower.isOld($0, ofNested: id) }
            new += follower.take(Array(handedOn), ofNested: id).map(\.eventID)
        }
        return (asked, new)
    }

    @Test func `nested stacks at any depth are asked while they are in progress, and once more at their end`() {
        var follower = OperationFollower()
        let begins = StackEvent.ofStack("begin", "CREATE_IN_PROGRESS", at: 1)
        let unnamed = StackEvent.nested("n1", "CREATE_IN_PROGRESS", of: "Network", at: 2)
        let named = StackEvent.nested("n2", "CREATE_IN_PROGRESS", of: "Network", at: 4, as: network)
        let ended = StackEvent.nested("n3", "CREATE_COMPLETE", of: "Network", at: 9, as: network)
        let inner = StackEvent.ofStack("i1", "CREATE_IN_PROGRESS", at: 3).of(network)
        let innerNamed = StackEvent.nested("i2", "CREATE_IN_PROGRESS", of: "Subnets", in: network, at: 5, as: subnets)
        let innerEnded = StackEvent.nested("i3", "CREATE_COMPLETE", of: "Subnets", in: network, at: 7, as: subnets)
        let innerDone = StackEvent.ofStack("i4", "CREATE_COMPLETE", at: 8).of(network)
        let deep = StackEvent.sample("d1", "CREATE_IN_PROGRESS", of: "A", at: 6).of(subnets)
        let deepDone = StackEvent.ofStack("d2", "CREATE_COMPLETE", at: 7).of(subnets)

        var rounds: [(asked: [String], new: [String])] = []
        rounds.append(round(&follower, [unnamed, begins]))
        rounds.append(round(&follower, [named, unnamed, begins], nested: [network: [inner]]))
        rounds.append(round(&follower, [named, unnamed, begins], nested: [network: [innerNamed, inner], subnets: [deep]]))
        rounds.append(
            round(
                &follower, [ended, named, unnamed, begins],
                nested: [network: [innerDone, innerEnded, innerNamed, inner], subnets: [deepDone, deep]]))
        rounds.append(round(&follower, [ended, named, unnamed, begins]))
        #expect(rounds.map(\.asked) == [[], [network], [network, subnets], [network, subnets], []])
        #expect(rounds.map(\.new) == [["begin", "n1"], ["n2", "i1"], ["i2", "d1"], ["n3", "i3", "i4", "d2"], []])
        #expect(follower.paths.name(of: deep) == "Network/Subnets/A")
        #expect(follower.paths.name(of: deepDone) == "Network/Subnets")
        #expect(follower.paths.name(of: begins) == "image-pipeline-develop")
    }

    @Test func `an end that the nested stack does not show yet is asked for some more times`() {
        var follower = OperationFollower()
        let ended = StackEvent.nested("n", "UPDATE_COMPLETE", of: "Network", at: 9, as: network)
        let inner = StackEvent.ofStack("i1", "UPDATE_IN_PROGRESS", at: 9).of(network)
        let rounds = (0..<5).map { _ in round(&follower, [ended], nested: [network: [inner]]).asked.count }
        #expect(rounds == [1, 1, 1, 0, 0])

        var quick = OperationFollower()
        #expect((0..<3).map { _ in round(&quick, [ended]).asked.count } == [1, 0, 0])
    }

    @Test func `one that goes on after its end, as in a rollback, is asked again`() {
        var follower = OperationFollower()
        let failed = StackEvent.nested("n1", "UPDATE_FAILED", of: "Network", at: 2, as: network)
        // An endpoint need not say again which stack it is.
        let back = StackEvent.nested("n2", "UPDATE_IN_PROGRESS", of: "Network", at: 3)
        let done = StackEvent.nested("n3", "UPDATE_COMPLETE", of: "Network", at: 4)
        let rounds = [[failed], [failed], [back, failed], [back, failed], [done, back, failed], [done, back, failed]]
        #expect(rounds.map { round(&follower, $0).asked.count } == [1, 0, 1, 1, 1, 0])
    }

    @Test func `what a nested stack did before the operation is left out`() {
        var follower = OperationFollower()
        let begins = StackEvent.ofStack("begin", "UPDATE_IN_PROGRESS", at: 10)
        let named = StackEvent.nested("n", "UPDATE_IN_PROGRESS", of: "Network", at: 12, as: network)
        let described = [
            StackEvent.sample("new", "UPDATE_IN_PROGRESS", at: 11).of(network), .sample("old", "UPDATE_FAILED", at: 9).of(network),
        ]
        #expect(round(&follower, [named, begins], nested: [network: described]).new == ["begin", "n", "new"])
    }

    @Test(arguments: [true, false])
    func `one that is not there is asked again when there is news of it, and one that may not be looked at never`(_ isForbidden: Bool) {
        var follower = OperationFollower()
        let begins = StackEvent.nested("n1", "CREATE_IN_PROGRESS", of: "Network", at: 1, as: network)
        let ended = StackEvent.nested("n2", "CREATE_COMPLETE", of: "Network", at: 2, as: network)
        _ = follower.take([begins])
        #expect(follower.nestedToAsk == network)
        follower.giveUp(onNested: network, isForbidden: isForbidden)
        #expect(follower.nestedToAsk == nil)
        _ = follower.take([begins])
        #expect(follower.nestedToAsk == nil)
        _ = follower.take([ended, begins])
        #expect(follower.nestedToAsk == (isForbidden ? nil : network))
    }

    @Test func `stacks that are said to nest each other do not hang it`() {
        var follower = OperationFollower()
        let begins = StackEvent.ofStack("begin", "CREATE_IN_PROGRESS", at: 1)
        let loop = [StackEvent.nested("n", "CREATE_IN_PROGRESS", of: "Network", at: 1, as: network), begins]
        let back = StackEvent.nested("b", "CREATE_IN_PROGRESS", of: "Outer", in: network, at: 1, as: stackARN)
        #expect(round(&follower, loop, nested: [network: [back]]).asked == [network])
        #expect(follower.paths.name(of: back).hasSuffix("/Outer"))
        #expect(StackPaths([loop[0], back]).path(ofStack: network)?.isEmpty == false)
    }

    static let causes: [(events: [StackEvent], cause: DeploymentFailure)] = [
        // What AWS tells: the nested stack fails in the one around it, and what else there was is cancelled.
        (
            [
                .nested("n1", "CREATE_IN_PROGRESS", of: "Network", at: 1, as: arn("Network")),
                .nested("i1", "CREATE_IN_PROGRESS", of: "Subnets", in: arn("Network"), at: 2, as: arn("Subnets")),
                .sample("d0", "CREATE_FAILED", of: "B", at: 3, "Resource creation cancelled").of(arn("Subnets")),
                .sample("d1", "CREATE_FAILED", of: "A", at: 3, "Name taken").of(arn("Subnets")),
                .nested(
                    "i2", "CREATE_FAILED", of: "Subnets", in: arn("Network"), at: 4, as: arn("Subnets"),
                    "Embedded stack \(arn("Subnets")) was not successfully created: The following resource(s) failed to create: [A, B]. "),
                .nested(
                    "n2", "CREATE_FAILED", of: "Network", at: 5, as: arn("Network"),
                    "Embedded stack \(arn("Network")) was not successfully created: The following resource(s) failed to create: [Subnets]. "
                ),
                .sample("r", "CREATE_FAILED", of: "Queue", at: 2.5, "Resource creation cancelled"),
            ], DeploymentFailure(logicalID: "Network/Subnets/A", resourceType: "AWS::SNS::Topic", message: "Name taken")
        ),
        // An endpoint that gives the nested stack the reason of what failed in it, at the same time and told first.
        (
            [
                .nested("n2", "UPDATE_FAILED", of: "Network", at: 3, as: nil, "Name taken"),
                .nested("n1", "UPDATE_IN_PROGRESS", of: "Network", at: 1, as: arn("Network")),
                .sample("i1", "UPDATE_FAILED", of: "A", at: 3, "Name taken").of(arn("Network")),
            ], DeploymentFailure(logicalID: "Network/A", resourceType: "AWS::SNS::Topic", message: "Name taken")
        ),
        // Its events are not to be had: then the nested stack itself, and not what was cancelled beside it.
        (
            [
                .sample("r", "CREATE_FAILED", of: "Queue", at: 2, "Resource creation cancelled"),
                .nested(
                    "n2", "CREATE_FAILED", of: "Network", at: 5, as: arn("Network"),
                    "Embedded stack was not successfully created: The following resource(s) failed to create: [A]."),
            ],
            DeploymentFailure(
                logicalID: "Network", resourceType: "AWS::CloudFormation::Stack",
                message: "Embedded stack was not successfully created: The following resource(s) failed to create: [A].")
        ),
        // What fails first in the stack around it is the cause of what is cancelled within.
        (
            [
                .nested("n1", "CREATE_IN_PROGRESS", of: "Network", at: 1, as: arn("Network")),
                .sample("t", "CREATE_FAILED", of: "Topic", at: 2, "Name taken"),
                .sample("i1", "CREATE_FAILED", of: "A", at: 3, "Resource creation cancelled").of(arn("Network")),
                .nested("n2", "CREATE_FAILED", of: "Network", at: 4, as: arn("Network"), "Resource creation cancelled"),
            ], DeploymentFailure(logicalID: "Topic", resourceType: "AWS::SNS::Topic", message: "Name taken")
        ),
    ]

    @Test(arguments: causes)
    func `the root cause is the first failure in the deepest stack`(events: [StackEvent], cause: DeploymentFailure) {
        #expect(EventFollower.rootCause(of: events) == cause)
    }
}
