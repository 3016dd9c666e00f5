import AWS
import Foundation
import Model
package import Planning
package import StateDatabase

/// The way on from a deployment that was interrupted.
extension Deployer {
    /// Settles a deployment whose process is gone: asks CloudFormation how it ended, follows it to its end, or, where nothing was
    /// executed, takes back what was prepared.
    /// - Throws: `RecordingRefusal.held` where it is still under way; and as the client does, which leaves it open.
    package func resume(_ deployment: Deployment, plan: Plan, by actor: DeploymentActor) async throws -> DeploymentResult {
        let hold = try database.requireHold(deployment.address)
        defer { withExtendedLifetime(hold) {} }
        let seen = interruption.count
        return try await interruption.dealing {
            switch try await settle(deployment, plan, actor, past: seen) {
            case .settled(let result): return result
            case .notBegun(let stack):
                var run = DeploymentRun(resuming: deployment, plan, by: actor)
                run.stackID = stack?.stackID ?? deployment.stackID
                return try await abandon(&run, stack)
            }
        }
    }

    /// The same for a deployment that CloudFormation has begun to carry out; `nil` leaves one that it was never told of as it is,
    /// to be taken up by `proceed` or taken back by `resume`.
    package func settleIfBegun(_ deployment: Deployment, plan: Plan, by actor: DeploymentActor) async throws -> DeploymentResult? {
        let hold = try database.requireHold(deployment.address)
        defer { withExtendedLifetime(hold) {} }
        let seen = interruption.count
        return try await interruption.dealing {
            guard case .settled(let result) = try await settle(deployment, plan, actor, past: seen) else { return nil }
            return result
        }
    }

    /// Goes on with a deployment that was interrupted before anything was executed. Every step of it is known by its name, so that
    /// what was done before is found and not done again.
    /// - Parameter request: the same as was recorded (`DeploymentRequest.repeats`), approved anew.
    package func proceed(_ interrupted: Deployment, _ request: DeploymentRequest) async throws -> DeploymentResult {
        let hold = try database.requireHold(interrupted.address)
        defer { withExtendedLifetime(hold) {} }
        secrets.add(request.secrets)
        let deployment = try database.takeUp(interrupted)
        if deployment.status == .detached { try database.reattach(deployment) }
        report(.takenUp(deployment))
        let seen = interruption.count
        return try await interruption.dealing {
            try await deploy(
                request, as: deployment, resumedBy: request.actor == deployment.actor ? nil : request.actor, past: seen)
        }
    }

    private enum Settling {
        case settled(DeploymentResult)
        /// CloudFormation had begun nothing with the stack, which is as it is described.
        case notBegun(StackDescription?)
    }

    private func settle(
        _ deployment: Deployment, _ plan: Plan, _ actor: DeploymentActor, past seen: Int
    ) async throws -> Settling {
        let stack = try await client.describeStack(deployment.stackID ?? deployment.stackName)
        var run = DeploymentRun(resuming: deployment, plan, by: actor)
        run.interruptionsSeen = seen
        run.stackID = stack?.stackID ?? deployment.stackID
        let events = try await startFollowing(&run, ofOperationSince: deployment.startedAt)
        guard let operation = try await interruptedOperation(of: deployment, stack, events) else { return .notBegun(stack) }
        if deployment.status == .detached { try database.reattach(deployment) }
        var handling = OperationHandling()
        // A rollback to an earlier deployment, and an apply that has to continue a rollback first, have changes to make.
        handling.rollsBack = deployment.kind == .rollback && !plan.hasChanges
        let machine = DeploymentMachine.resumed(
            plan: plan, in: operation, handling: handling, isCancelled: deployment.step == Step.cancel)
        return .settled(try await drive(machine, &run, from: .followStack))
    }

    /// What CloudFormation had been told to do, and has begun, when the deployment was interrupted.
    private func interruptedOperation(
        of deployment: Deployment, _ stack: StackDescription?, _ events: [StackEvent]
    ) async throws -> DeploymentMachine.Operation? {
        let wasTaken =
            switch (deployment.kind, deployment.step) {
            case (.destroy, _), (_, Step.delete.rawValue): false
            case (_, Step.rollback.rawValue): wasRolledBack(deployment, stack, events)
            default: try await wasExecuted(deployment, stack, events)
            }
        return DeploymentMachine.Operation(
            interruptedAt: deployment.step, of: deployment.kind, stack: stack?.status, wasTaken: wasTaken)
    }

    /// Whether a rollback has begun: it bears its token, or the stack is not any more in what it was to be rolled back from.
    private func wasRolledBack(_ deployment: Deployment, _ stack: StackDescription?, _ events: [StackEvent]) -> Bool {
        guard let stack else { return true }
        if let token = deployment.clientToken, events.contains(where: { $0.clientRequestToken == Step.rollback.token(token) }) {
            return true
        }
        return !stack.status.awaitsRetry && stack.status != "UPDATE_ROLLBACK_FAILED"
    }

    private func wasExecuted(_ deployment: Deployment, _ stack: StackDescription?, _ events: [StackEvent]) async throws -> Bool {
        // Only an execution is cancelled.
        let wasToBeExecuted = deployment.step == Step.execute || deployment.step == Step.cancel
        guard let stack else { return wasToBeExecuted }
        guard stack.status != "REVIEW_IN_PROGRESS" else { return false }
        guard let name = deployment.changeSetName else { return false }
        // A stack forgets its executed change sets in time, but not which one was the last.
        if let last = stack.changeSetID, last == deployment.changeSetID || last.contains("/\(name)/") { return true }
        if let token = deployment.clientToken, events.contains(where: { $0.clientRequestToken == Step.execute.token(token) }) {
            return true
        }
        do {
            let described = try await client.describeChangeSet(deployment.changeSetID ?? name, stack: deployment.stackName)
            return described.executionStatus?.hasPrefix("EXECUTE_") ?? false
        } catch let error as AWSError where error.isNotFound {
            return stack.changeSetID == nil && wasToBeExecuted
        }
    }

    /// Settles a deployment that did not get as far as to change anything, and cleans up after it.
    private func abandon(_ run: inout DeploymentRun, _ stack: StackDescription?) async throws -> DeploymentResult {
        if run.deployment.kind != .destroy { try await deleteUnexecutedChangeSet(run) }
        if stack?.status == "REVIEW_IN_PROGRESS" {
            try? await deleteEmptyStack(run.stackID ?? run.stackName, besides: run.deployment.changeSetName)
        }
        let recorded = try database.recordedStack(run.deployment.address)?.stackID
        // Then the old stack had been deleted to make room.
        let isCleared = recorded != nil && recorded != stack?.stackID
        let failure = DeploymentFailure(message: "It was interrupted before CloudFormation was told to execute anything")
        return try await finish(
            DeploymentMachine.Settlement(.cancelled, isCleared ? .removed : .untouched, failure, exit: .failed, stack: stack), &run)
    }

    /// Takes away what could still be executed. Throws where it may be executed by now, which leaves the deployment open.
    private func deleteUnexecutedChangeSet(_ run: DeploymentRun) async throws {
        do {
            try await client.deleteChangeSet(run.changeSetName, stack: run.stackID ?? run.stackName)
        } catch let refusal as AWSError where !refusal.isInvalidChangeSetStatus && !refusal.requestMayHaveBeenTaken {
            // There is none, or it can't be deleted from here: either way it was not executed.
        }
    }

    /// Notes which events are older than the operation that was interrupted.
    /// - Returns: all events since `start`, newest first.
    private func startFollowing(_ run: inout DeploymentRun, ofOperationSince start: Date) async throws -> [StackEvent] {
        guard let stackID = run.stackID else { return [] }
        let since = start - Self.clockTolerance
        do {
            let events = try await client.describeStackEvents(stackID) { $0.timestamp < since }
            let tokens = [Step.execute, .delete, .rollback].map { $0.token(run.token) }
            run.follower = OperationFollower(
                EventFollower(since: since, after: EventFollower.earlier(thanOperationOf: tokens, in: events)))
            return events
        } catch let error as AWSError where error.isNotFound {
            return []
        }
    }

    /// Deletes the stack that the change set was to create, unless somebody else has begun to make something of it.
    func deleteEmptyStack(_ stack: String, besides changeSet: String?) async throws {
        guard let stack = try await client.describeStack(stack), stack.status == "REVIEW_IN_PROGRESS" else { return }
        let others = try await client.listChangeSets(stack: stack.stackID).filter {
            $0.name != changeSet && !$0.status.hasPrefix("DELETE_")
        }
        if others.isEmpty { try await client.deleteStack(stack.stackID) }
    }
}
