package import Model
package import Planning
package import StateDatabase

/// The protocol of one deployment, as a pure function: what happened leads to what is to be done next.
///
/// It holds no client and no clock, so that every path through it, and every point at which a process can die, is a value.
package struct DeploymentMachine: Sendable {
    package enum ChangeSetKind: String, Hashable, Sendable {
        case create = "CREATE"
        case update = "UPDATE"
    }

    /// What happened.
    package enum Event: Sendable {
        case started
        case stackDescribed(StackDescription?)
        case answered(Bool)
        case changeSetCreated
        /// The change set when it is no longer being computed.
        case changeSetDescribed(ChangeSet)
        case changeSetDeleted
        case executionStarted
        case deletionStarted
        /// The stack when its operation has ended; `nil` where it is gone.
        case stackSettled(StackDescription?, rootCause: DeploymentFailure?)
        /// A request that was refused.
        case refused(DeploymentFailure)
    }

    /// What is to be done.
    package enum Action: Hashable, Sendable {
        case describeStack
        case ask(Question)
        case createChangeSet(ChangeSetKind)
        case describeChangeSet
        case deleteChangeSet
        /// Deletes the stack itself: to destroy it, to make room for creating it anew, or because a change set left it empty.
        case deleteStack
        case execute(ChangeSetKind)
        case followStack
        case end(Ending)
    }

    /// What somebody must agree to before it goes on.
    package enum Question: Hashable, Sendable {
        /// The stack can only be deleted and created anew.
        case recreate(StackStatus)
        /// CloudFormation would do more than was approved.
        case unplanned(Reconciliation)
    }

    /// How a deployment ends.
    package struct Ending: Hashable, Sendable {
        package enum Effect: Hashable, Sendable { case untouched, kept, applied, removed }

        package var status: DeploymentOutcome.Status
        package var effect: Effect
        package var failure: DeploymentFailure?
        /// The exit code the command ends with.
        package var exit: ExitStatus
        /// The stack as it was described last.
        package var stack: StackDescription?
    }

    private enum Phase: Sendable {
        case new
        case checkingStack
        case askingToRecreate
        case deletingToRecreate
        case creatingChangeSet(ChangeSetKind)
        case computingChangeSet(ChangeSetKind)
        case askingAboutUnplanned(ChangeSetKind)
        case discarding(Ending, ChangeSetKind)
        case executing(ChangeSetKind)
        case destroying
        case ended
    }

    private let plan: Plan
    private var phase = Phase.new
    private var stack: StackDescription?

    /// - Parameter plan: what was approved.
    package init(plan: Plan) { self.plan = plan }

    /// What a deployment that was interrupted after its change set was executed goes on with: following the stack to its end.
    package static func resumed(plan: Plan, stack: StackDescription?) -> DeploymentMachine {
        var machine = DeploymentMachine(plan: plan)
        machine.stack = stack
        machine.phase = plan.kind == .destroy ? .destroying : .executing(plan.kind == .create ? .create : .update)
        return machine
    }

    package mutating func handle(_ event: Event) -> Action {
        if case .refused(let failure) = event { return refused(failure) }
        switch (phase, event) {
        case (.new, .started):
            phase = .checkingStack
            return .describeStack
        case (.checkingStack, .stackDescribed(let stack)):
            self.stack = stack
            return plan.kind == .destroy ? destroy(stack) : prepare(stack)
        case (.askingToRecreate, .answered(true)):
            phase = .deletingToRecreate
            return .deleteStack
        case (.askingToRecreate, .answered(false)):
            return end(.cancelled, .untouched, exit: .refused)
        case (.deletingToRecreate, .deletionStarted): return .followStack
        case (.deletingToRecreate, .stackSettled(let stack, let cause)): return recreate(stack, cause)
        case (.creatingChangeSet(let kind), .changeSetCreated):
            phase = .computingChangeSet(kind)
            return .describeChangeSet
        case (.computingChangeSet(let kind), .changeSetDescribed(let changeSet)): return judge(changeSet, kind)
        case (.askingAboutUnplanned(let kind), .answered(true)): return execute(kind)
        case (.askingAboutUnplanned(let kind), .answered(false)):
            let failure = DeploymentFailure(message: "CloudFormation's change set does more than the plan that was approved")
            return discard(ending(.cancelled, .untouched, failure, exit: .refused), kind)
        case (.discarding(let ending, let kind), .changeSetDeleted):
            // A change set that was to create a stack leaves an empty one in REVIEW_IN_PROGRESS behind.
            if kind == .create, stack == nil { return .deleteStack }
            phase = .ended
            return .end(ending)
        case (.discarding(let ending, _), .deletionStarted):
            phase = .ended
            return .end(ending)
        case (.executing, .executionStarted), (.destroying, .deletionStarted): return .followStack
        case (.executing, .stackSettled(let stack, let cause)): return settle(stack, cause)
        case (.destroying, .stackSettled(let stack, let cause)): return settleRemoval(stack, cause)
        default:
            let failure = DeploymentFailure(message: "The deployment got out of step; this is a bug in pipeplan")
            return end(.failed, .untouched, failure, exit: .failed)
        }
    }

    // MARK: Steps

    private mutating func prepare(_ stack: StackDescription?) -> Action {
        guard let stack else { return create(.create) }
        let status = stack.status
        switch status.rawValue {
        case "REVIEW_IN_PROGRESS", "DELETE_COMPLETE":
            // Nothing was ever made in it: to be cleaned up as if it were not there.
            self.stack = nil
            return create(.create)
        case _ where status.mustBeRecreated:
            phase = .askingToRecreate
            return .ask(.recreate(status))
        case _ where status.acceptsUpdate: return create(.update)
        case _ where status.isInProgress:
            return end(
                .cancelled, .untouched,
                DeploymentFailure(message: "The stack is in \(status): another operation is under way. Try again when it has ended"),
                exit: .refused)
        case "UPDATE_ROLLBACK_FAILED":
            return end(
                .cancelled, .untouched,
                DeploymentFailure(
                    message: "The stack is in \(status): its last rollback failed. Put right what it names, and continue the rollback in CloudFormation first"),
                exit: .refused)
        default:
            return end(
                .cancelled, .untouched, DeploymentFailure(message: "The stack is in \(status), in which it takes no update"), exit: .refused)
        }
    }

    private mutating func create(_ kind: ChangeSetKind) -> Action {
        phase = .creatingChangeSet(kind)
        return .createChangeSet(kind)
    }

    private mutating func recreate(_ stack: StackDescription?, _ cause: DeploymentFailure?) -> Action {
        guard let stack, stack.status != "DELETE_COMPLETE" else {
            self.stack = nil
            return create(.create)
        }
        let failure = cause ?? DeploymentFailure(message: "The stack could not be deleted: it is in \(stack.status)")
        return end(.failed, .kept, failure, exit: .failed, stack)
    }

    private mutating func judge(_ changeSet: ChangeSet, _ kind: ChangeSetKind) -> Action {
        guard changeSet.status != "FAILED" else {
            if changeSet.saysNothingChanges { return discard(ending(.unchanged, .untouched, exit: .success), kind) }
            let reason = changeSet.statusReason ?? "CloudFormation could not make the change set and gave no reason"
            return discard(ending(.failed, .untouched, DeploymentFailure(message: reason), exit: .failed), kind)
        }
        let reconciliation = Reconciliation(plan, changeSet)
        guard reconciliation.isCovered else {
            phase = .askingAboutUnplanned(kind)
            return .ask(.unplanned(reconciliation))
        }
        return execute(kind)
    }

    private mutating func execute(_ kind: ChangeSetKind) -> Action {
        phase = .executing(kind)
        return .execute(kind)
    }

    private mutating func discard(_ ending: Ending, _ kind: ChangeSetKind) -> Action {
        phase = .discarding(ending, kind)
        return .deleteChangeSet
    }

    private mutating func destroy(_ stack: StackDescription?) -> Action {
        guard let stack, stack.status != "DELETE_COMPLETE" else {
            return end(.succeeded, .removed, exit: .success)
        }
        if stack.status.isInProgress, stack.status != "REVIEW_IN_PROGRESS" {
            return end(
                .cancelled, .untouched,
                DeploymentFailure(message: "The stack is in \(stack.status): another operation is under way. Try again when it has ended"),
                exit: .refused)
        }
        if stack.terminationProtection {
            return end(
                .cancelled, .untouched,
                DeploymentFailure(
                    message: "The stack has termination protection. Set terminationProtection to false in stack.yml and apply that first"),
                exit: .refused)
        }
        phase = .destroying
        return .deleteStack
    }

    private mutating func settle(_ stack: StackDescription?, _ cause: DeploymentFailure?) -> Action {
        guard let stack, stack.status != "DELETE_COMPLETE" else {
            return end(.failed, .removed, cause ?? DeploymentFailure(message: "The stack was deleted"), exit: .failed)
        }
        if stack.status.isSuccess { return end(.succeeded, .applied, exit: .success, stack) }
        let failure = cause ?? DeploymentFailure(message: stack.statusReason ?? "The stack is in \(stack.status)")
        let isRolledBack = stack.status.isRollback && !stack.status.isFailure
        return end(isRolledBack ? .rolledBack : .failed, .kept, failure, exit: .failed, stack)
    }

    private mutating func settleRemoval(_ stack: StackDescription?, _ cause: DeploymentFailure?) -> Action {
        guard let stack, stack.status != "DELETE_COMPLETE" else { return end(.succeeded, .removed, exit: .success) }
        let failure = cause ?? DeploymentFailure(message: stack.statusReason ?? "The stack is in \(stack.status)")
        return end(.failed, .kept, failure, exit: .failed, stack)
    }

    private mutating func refused(_ failure: DeploymentFailure) -> Action {
        switch phase {
        case .discarding(let ending, _):
            // What could not be cleaned up does not change how it ended.
            phase = .ended
            return .end(ending)
        case .deletingToRecreate, .destroying:
            return end(.failed, stack == nil ? .untouched : .kept, failure, exit: .failed, stack)
        case .creatingChangeSet(let kind), .computingChangeSet(let kind), .executing(let kind):
            return discard(ending(.failed, .untouched, failure, exit: .failed), kind)
        case .new, .checkingStack, .askingToRecreate, .askingAboutUnplanned, .ended:
            return end(.failed, .untouched, failure, exit: .failed)
        }
    }

    private func ending(
        _ status: DeploymentOutcome.Status, _ effect: Ending.Effect, _ failure: DeploymentFailure? = nil, exit: ExitStatus,
        _ stack: StackDescription? = nil
    ) -> Ending {
        Ending(status: status, effect: effect, failure: failure, exit: exit, stack: stack)
    }

    private mutating func end(
        _ status: DeploymentOutcome.Status, _ effect: Ending.Effect, _ failure: DeploymentFailure? = nil, exit: ExitStatus,
        _ stack: StackDescription? = nil
    ) -> Action {
        phase = .ended
        return .end(ending(status, effect, failure, exit: exit, stack))
    }
}

extension ChangeSet {
    /// Whether a change set failed only because there is nothing to do; CloudFormation has two texts for it, and emulators one of them.
    package var saysNothingChanges: Bool {
        guard status == "FAILED", let statusReason else { return false }
        return statusReason.contains("didn't contain changes") || statusReason.contains("No updates are to be performed")
    }
}
