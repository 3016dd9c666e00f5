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
        case protectionsSet
        /// The stack that a change set had made only for itself is gone, or is somebody else's by now.
        case emptyStackDeleted
        /// CloudFormation has taken the change set or the deletion.
        case operationStarted
        /// The stack when its operation has ended; `nil` where it is gone.
        case stackSettled(StackDescription?, rootCause: DeploymentFailure?)
        /// A request that certainly did nothing.
        case refused(DeploymentFailure)
        /// A request without an answer: whether it did anything is not known.
        case lost(DeploymentFailure)
    }

    /// What is to be done.
    package enum Action: Hashable, Sendable {
        case describeStack
        case ask(Question)
        case createChangeSet(ChangeSetKind)
        case describeChangeSet
        case deleteChangeSet
        case setProtections
        /// Deletes the stack if it still is the one in REVIEW_IN_PROGRESS that the change set was for, and waits for nothing else.
        case deleteEmptyStack
        /// Deletes the stack itself: to destroy it, or to make room for creating it anew.
        case deleteStack
        case execute
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

    /// How a run of a deployment ends.
    package enum Ending: Hashable, Sendable {
        case settled(Settlement)
        /// CloudFormation is at work, or may be, and can't be watched: the deployment stays open until it is resumed.
        case detached(DeploymentFailure)

        /// The exit code the command ends with.
        package var exit: ExitStatus {
            switch self {
            case .settled(let settlement): settlement.exit
            case .detached: .failed
            }
        }
    }

    /// What is recorded of a deployment that is over.
    package struct Settlement: Hashable, Sendable {
        package enum Effect: Hashable, Sendable { case untouched, kept, applied, removed }

        package var status: DeploymentOutcome.Status
        package var effect: Effect
        package var failure: DeploymentFailure?
        package var exit: ExitStatus
        /// The stack as it was described last.
        package var stack: StackDescription?

        package init(
            _ status: DeploymentOutcome.Status, _ effect: Effect, _ failure: DeploymentFailure? = nil, exit: ExitStatus,
            stack: StackDescription? = nil
        ) {
            self.status = status
            self.effect = effect
            self.failure = failure
            self.exit = exit
            self.stack = stack
        }
    }

    /// What CloudFormation does with the stack as a whole.
    package enum Operation: Hashable, Sendable {
        /// Deletes what stands in the way of creating the stack anew.
        case clearing
        case executing
        case destroying
    }

    private enum Phase: Sendable {
        case new
        case checkingStack
        case askingToRecreate
        case creatingChangeSet
        case computingChangeSet
        case askingAboutUnplanned
        case protecting
        /// Taking away the change set, and then the empty stack, that nothing will come of.
        case discardingChangeSet(Settlement)
        case discardingStack(Settlement)
        /// The request is on its way.
        case starting(Operation)
        case following(Operation)
        case ended(Ending)
    }

    private let plan: Plan
    /// The change set that was reviewed and is to be executed, with no other made in its place.
    private let reviewed: ChangeSet?
    private var phase = Phase.new
    /// The stack as it was found; `nil` where there is none, or one that nothing was ever made in.
    private var stack: StackDescription?
    private var isCleared = false
    private var isResumed = false

    /// - Parameters:
    ///   - plan: what was approved.
    ///   - reviewed: the change set that was approved with it; `nil` has one made and held against the plan.
    package init(plan: Plan, reviewed: ChangeSet? = nil) {
        self.plan = plan
        self.reviewed = reviewed
    }

    /// A deployment that was interrupted in the middle of an operation: it follows that to its end, and starts no other one.
    /// What is to be done first is `followStack`.
    package static func resumed(plan: Plan, in operation: Operation) -> DeploymentMachine {
        var machine = DeploymentMachine(plan: plan)
        machine.isResumed = true
        machine.phase = .following(operation)
        return machine
    }

    package mutating func handle(_ event: Event) -> Action {
        switch (phase, event) {
        case (.ended(let ending), _): return .end(ending)
        case (_, .refused(let failure)): return fail(failure, mayHaveBeenTaken: false)
        case (_, .lost(let failure)): return fail(failure, mayHaveBeenTaken: true)
        case (.new, .started):
            phase = .checkingStack
            return .describeStack
        case (.checkingStack, .stackDescribed(let stack)):
            self.stack = stack
            return plan.kind == .destroy ? destroy(stack) : prepare(stack)
        case (.askingToRecreate, .answered(true)): return start(.clearing)
        case (.askingToRecreate, .answered(false)):
            return refuse("\(inStatus): it can only be deleted and created anew, which was not agreed to")
        case (.creatingChangeSet, .changeSetCreated):
            phase = .computingChangeSet
            return .describeChangeSet
        case (.computingChangeSet, .changeSetDescribed(let changeSet)): return judge(changeSet)
        case (.askingAboutUnplanned, .answered(true)): return start(.executing)
        case (.askingAboutUnplanned, .answered(false)):
            let failure = DeploymentFailure(message: "CloudFormation's change set does more than the plan that was approved")
            return discard(Settlement(.cancelled, effectSoFar, failure, exit: .refused))
        case (.protecting, .protectionsSet): return discard(Settlement(.succeeded, .applied, exit: .success, stack: stack))
        case (.discardingChangeSet(let settlement), .changeSetDeleted):
            // A change set that was to create a stack leaves an empty one in REVIEW_IN_PROGRESS behind.
            guard stack == nil else { return end(settlement) }
            phase = .discardingStack(settlement)
            return .deleteEmptyStack
        case (.discardingStack(let settlement), .emptyStackDeleted): return end(settlement)
        case (.starting(let operation), .operationStarted):
            phase = .following(operation)
            return .followStack
        case (.following(.clearing), .stackSettled(let stack, let cause)): return settleClearing(stack, cause)
        case (.following(.executing), .stackSettled(let stack, let cause)): return settleExecution(stack, cause)
        case (.following(.destroying), .stackSettled(let stack, let cause)): return settleRemoval(stack, cause)
        default:
            return fail(
                DeploymentFailure(message: "The deployment got out of step; this is a bug in pipeplan"), mayHaveBeenTaken: true)
        }
    }

    // MARK: Towards the change set

    private mutating func prepare(_ stack: StackDescription?) -> Action {
        guard let status = stack?.status else { return createChangeSet() }
        switch status.rawValue {
        case "REVIEW_IN_PROGRESS", "DELETE_COMPLETE":
            // Nothing was ever made in it, or nothing is left: as if it were not there.
            self.stack = nil
            return createChangeSet()
        case _ where status.mustBeRecreated && reviewed != nil:
            return end(Settlement(.cancelled, .untouched, Self.stale, exit: .refused))
        case _ where status.mustBeRecreated:
            phase = .askingToRecreate
            return .ask(.recreate(status))
        case _ where status.acceptsUpdate: return createChangeSet()
        case _ where status.isInProgress: return refuse("\(inStatus): another operation is under way. Try again when it has ended")
        case "UPDATE_ROLLBACK_FAILED":
            return refuse(
                "\(inStatus): its last rollback failed. Put right what it names, and continue the rollback in CloudFormation first")
        default: return refuse("\(inStatus), in which it takes no update")
        }
    }

    private var inStatus: String { "The stack is in \(stack?.status.rawValue ?? "no state")" }

    private mutating func createChangeSet() -> Action {
        guard reviewed == nil else {
            phase = .computingChangeSet
            return .describeChangeSet
        }
        phase = .creatingChangeSet
        return .createChangeSet(stack == nil ? .create : .update)
    }

    private mutating func judge(_ changeSet: ChangeSet) -> Action {
        if let reviewed { return judge(changeSet, reviewed: reviewed) }
        guard changeSet.status == "CREATE_COMPLETE" else {
            if changeSet.saysNothingChanges { return protectOnly() }
            let reason = changeSet.statusReason ?? "CloudFormation left the change set in \(changeSet.status) and gave no reason"
            return discard(Settlement(.failed, effectSoFar, DeploymentFailure(message: reason), exit: .failed))
        }
        let reconciliation = Reconciliation(plan, changeSet)
        guard reconciliation.isCovered else {
            phase = .askingAboutUnplanned
            return .ask(.unplanned(reconciliation))
        }
        return start(.executing)
    }

    private mutating func judge(_ changeSet: ChangeSet, reviewed: ChangeSet) -> Action {
        if changeSet.digest == reviewed.digest, changeSet.isAvailable { return start(.executing) }
        let settlement = Settlement(.cancelled, effectSoFar, Self.stale, exit: .refused)
        return changeSet.status.hasPrefix("DELETE_") ? end(settlement) : discard(settlement)
    }

    /// Termination protection and stack policy are in no change set: where they are all that changes, there is none, and still
    /// something to do.
    private mutating func protectOnly() -> Action {
        guard stack != nil, plan.terminationProtection != nil || plan.stackPolicy != nil else {
            // A secret that was never seen here was the one that the stack has: from now on its digest tells.
            let isLearned = stack != nil && plan.mayGiveSameSecret
            return discard(Settlement(.unchanged, isLearned ? .applied : effectSoFar, exit: .success, stack: isLearned ? stack : nil))
        }
        phase = .protecting
        return .setProtections
    }

    private mutating func discard(_ settlement: Settlement) -> Action {
        phase = .discardingChangeSet(settlement)
        return .deleteChangeSet
    }

    /// What a deployment that executed no change set has done.
    private var effectSoFar: Settlement.Effect { isCleared ? .removed : .untouched }

    // MARK: Operations

    private mutating func start(_ operation: Operation) -> Action {
        phase = .starting(operation)
        return operation == .executing ? .execute : .deleteStack
    }

    private mutating func destroy(_ stack: StackDescription?) -> Action {
        guard let stack, stack.status != "DELETE_COMPLETE" else { return end(Settlement(.succeeded, .removed, exit: .success)) }
        if stack.status.isInProgress, stack.status != "REVIEW_IN_PROGRESS" {
            return refuse("\(inStatus): another operation is under way. Try again when it has ended")
        }
        if stack.terminationProtection {
            return refuse("The stack has termination protection. Set terminationProtection to false in stack.yml and apply that first")
        }
        return start(.destroying)
    }

    private mutating func settleClearing(_ stack: StackDescription?, _ cause: DeploymentFailure?) -> Action {
        guard stack == nil || stack?.status == "DELETE_COMPLETE" else { return settleRemoval(stack, cause) }
        self.stack = nil
        isCleared = true
        guard isResumed else { return createChangeSet() }
        let failure = DeploymentFailure(message: "It was interrupted when the old stack had been deleted and the new one was not begun")
        return end(Settlement(.cancelled, .removed, failure, exit: .failed))
    }

    private mutating func settleExecution(_ stack: StackDescription?, _ cause: DeploymentFailure?) -> Action {
        guard let stack, stack.status != "DELETE_COMPLETE" else {
            return end(Settlement(.failed, .removed, cause ?? DeploymentFailure(message: "The stack was deleted"), exit: .failed))
        }
        if stack.status.isInProgress { return detach(DeploymentFailure(message: "The stack is still in \(stack.status)")) }
        if stack.status.isSuccess { return end(Settlement(.succeeded, .applied, exit: .success, stack: stack)) }
        let failure = cause ?? DeploymentFailure(message: stack.statusReason ?? "The stack is in \(stack.status)")
        let isRolledBack = stack.status.isRollback && !stack.status.isFailure
        return end(Settlement(isRolledBack ? .rolledBack : .failed, .kept, failure, exit: .failed, stack: stack))
    }

    private mutating func settleRemoval(_ stack: StackDescription?, _ cause: DeploymentFailure?) -> Action {
        guard let stack, stack.status != "DELETE_COMPLETE" else { return end(Settlement(.succeeded, .removed, exit: .success)) }
        if stack.status.isInProgress { return detach(DeploymentFailure(message: "The stack is still in \(stack.status)")) }
        let failure = cause ?? DeploymentFailure(message: stack.statusReason ?? "The stack could not be deleted: it is in \(stack.status)")
        return end(Settlement(.failed, .kept, failure, exit: .failed, stack: stack))
    }

    // MARK: Endings

    private static let stale = DeploymentFailure(
        message: "The change set that was reviewed can't be executed any more: the stack has changed since. Plan again")

    private mutating func fail(_ failure: DeploymentFailure, mayHaveBeenTaken: Bool) -> Action {
        if case .computingChangeSet = phase, reviewed != nil {
            // It could not be read just now; it is still what was reviewed.
            return end(Settlement(.failed, effectSoFar, failure, exit: .failed))
        }
        let settlement = Settlement(.failed, effectSoFar, failure, exit: .failed)
        switch phase {
        case .discardingChangeSet(let settlement), .discardingStack(let settlement):
            // What could not be cleaned up does not change how it ended.
            return end(settlement)
        case .creatingChangeSet, .computingChangeSet, .askingAboutUnplanned, .protecting: return discard(settlement)
        case .starting(.executing) where !mayHaveBeenTaken: return discard(settlement)
        case .starting where !mayHaveBeenTaken: return end(settlement)
        case .starting, .following: return detach(failure)
        case .new, .checkingStack, .askingToRecreate, .ended: return end(settlement)
        }
    }

    /// Ends before anything was done, for a reason that is no fault of CloudFormation's.
    private mutating func refuse(_ message: String) -> Action {
        end(Settlement(.cancelled, .untouched, DeploymentFailure(message: message), exit: .refused))
    }

    private mutating func end(_ settlement: Settlement) -> Action {
        phase = .ended(.settled(settlement))
        return .end(.settled(settlement))
    }

    private mutating func detach(_ failure: DeploymentFailure) -> Action {
        phase = .ended(.detached(failure))
        return .end(.detached(failure))
    }
}

extension Plan {
    /// What termination protection is to become; `nil` where it stays.
    var terminationProtection: Bool? { settings.first { $0.name == "terminationProtection" }.map { $0.after == "true" } }

    /// The stack policy to set, as JSON; `nil` where it stays.
    var stackPolicy: String? { settings.first { $0.name == "stackPolicy" }?.after }
}

extension ChangeSet {
    /// Whether a change set failed only because there is nothing to do; CloudFormation has two texts for it, and emulators one of them.
    package var saysNothingChanges: Bool {
        guard status == "FAILED", let statusReason else { return false }
        return statusReason.contains("didn't contain changes") || statusReason.contains("No updates are to be performed")
    }
}
