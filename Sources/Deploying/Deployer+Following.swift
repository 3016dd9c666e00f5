import AWS
import Foundation
import Model
import StateDatabase

/// Watching what CloudFormation does, to its end.
extension Deployer {
    /// Notes which events are older than the operation that is about to begin.
    func startFollowing(_ run: inout DeploymentRun) async throws {
        guard let stackID = run.stackID else { return }
        let since = clock.now() - Self.clockTolerance
        let earlier = try await client.describeStackEvents(stackID) { $0.timestamp < since }
        run.follower = OperationFollower(EventFollower(since: since, after: earlier))
    }

    /// How far this machine's clock may be from CloudFormation's: more than AWS accepts in a signature.
    static let clockTolerance: TimeInterval = 3600

    /// Follows the stack until its operation has ended; `nil` where it is gone then.
    ///
    /// Events tell how it goes, so that a round is one request; the stack is described when they tell that it has ended.
    /// Right after a request, a stack may still be described as it was before it. So the end counts once events tell that
    /// the operation has begun, or after some rounds at an endpoint that has no such events.
    /// - Throws: `CancellationError` where somebody interrupts.
    func follow(_ run: inout DeploymentRun) async throws -> StackDescription? {
        var pace = PollingPace()
        var rounds = 0
        let stack = run.stackID ?? run.stackName
        while true {
            let isThere = try await takeEvents(of: stack, &run)
            rounds += 1
            let isPatient = rounds < Self.roundsUntilBegun
            // Now and then it is asked for all the same: an endpoint may have no events, or have them late.
            if !isThere || run.follower.hasEnded || rounds.isMultiple(of: Self.roundsUntilBegun) {
                let description = try await client.describeStack(stack)
                guard let description, description.status != "DELETE_COMPLETE" else { return description }
                let mayHaveEnded = !description.status.isInProgress || (description.status == "REVIEW_IN_PROGRESS" && !isPatient)
                if mayHaveEnded, run.follower.hasBegun || !isPatient { return description }
            }
            guard try await pause(&pace, past: run.interruptionsSeen) else { throw CancellationError() }
        }
    }

    private static let roundsUntilBegun = 8

    /// Follows what somebody else has CloudFormation do. It is shown, and no part of this deployment's record.
    func waitForStack(_ run: inout DeploymentRun) async throws -> StackDescription? {
        guard let stackID = run.stackID else { return nil }
        report(.note("waiting for the operation that is under way"))
        let since = clock.now() - Self.clockTolerance
        let events = try await client.describeStackEvents(stackID) { $0.timestamp < since }
        run.follower = OperationFollower(EventFollower(since: since, after: EventFollower.earlier(thanOperationOf: [], in: events)))
        run.isWaiting = true
        defer {
            run.isWaiting = false
            run.follower = OperationFollower()
        }
        let stack = try await follow(&run)
        if stack == nil || stack?.status == "DELETE_COMPLETE" { run.stackID = nil }
        return stack
    }

    /// - Parameter seen: how many interruptions are dealt with.
    /// - Returns: whether nobody interrupted meanwhile.
    func pause(_ pace: inout PollingPace, past seen: Int) async throws -> Bool {
        report(.waiting)
        let delay = pace.next()
        let waited: Void? = try await interruption.unlessInterrupted(past: seen) { [clock, polling] in
            try await clock.sleep(delay)
            try await polling.wait(clock)
        }
        return waited != nil
    }

    /// - Returns: whether there is such a stack.
    func takeEvents(of stack: String, _ run: inout DeploymentRun) async throws -> Bool {
        let follower = run.follower
        let described: [StackEvent]
        do {
            described = try await client.describeStackEvents(stack, until: follower.isOld)
        } catch let error as AWSError where error.isNotFound {
            return false
        }
        let new = run.follower.take(described)
        let (nested, failure) = await takeNestedEvents(&run)
        let all = nested.isEmpty ? new : (new + nested).inOrderOfTime
        if !run.isWaiting { try database.append(all, to: run.deployment, secrets: secrets.all) }
        for event in all { report(.event(event, within: run.follower.paths.path(ofStack: event.stackID))) }
        if let failure { throw failure }
        return true
    }
}
