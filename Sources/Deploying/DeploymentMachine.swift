package import AWS
package import Model
package import Planning
package import StateDatabase

/// The protocol of one deployment, as a pure function: what happened leads to what is to be done next.
///
/// It holds no client and no clock, so that every path through it, and every point at which a process can die, is a value.
/// Its parts: which way leads out of the state a stack is found in (`+Finding`), change sets (`+ChangeSets`), what CloudFormation is
/// at work at (`+Operations`), and whoever interrupts it (`+Interruption`).
package struct DeploymentMachine: Sendable {
    package enum ChangeSetKind: String, Hashable, Sendable {
        case create = "CREATE"
        case update = "UPDATE"
        case `import` = "IMPORT"
    }

    /// What happened.
    package enum Event: Sendable {
        case started
        case stackDescribed(StackDescription?)
        /// What was done to the stack past pipeplan; `nil` where that is nothing, or left it as it is recorded.
        case stackCompared(OutsideChange?)
        case changeSetsListed([ChangeSetSummary])
        /// The stack's resources; those of a nested stack have names like `Network/Table`.
        case resourcesListed([StackResource])
        case answered(Bool)
        case changeSetCreated
        /// The change set when it is no longer being computed.
        case changeSetDescribed(ChangeSet)
        case changeSetDeleted
        case protectionsSet
        /// The stack that a change set had made only for itself is gone, or is somebody else's by now.
        case emptyStackDeleted
        /// CloudFormation has taken what it was asked for.
        case operationStarted
        /// The stack when its operation has ended; `nil` where it is gone.
        case stackSettled(StackDescription?, rootCause: DeploymentFailure?)
        /// A request that certainly did nothing.
        case refused(DeploymentFailure)
        /// A request without an answer: whether it did anything is not known.
        case lost(DeploymentFailure)
        /// Somebody wants it to stop. What was to be done was not begun, or was only a matter of waiting.
        case interrupted
        case decided(InterruptChoice)
    }

    /// What is to be done.
    package enum Action: Hashable, Sendable {
        case describeStack
        /// Compares a stack that somebody else has worked on with what is recorded of it.
        case compareStack(StackDescription)
        case listChangeSets
        case listResources
        /// Follows what others have CloudFormation do, to its end.
        case waitForStack
        case ask(Question)
        case createChangeSet(ChangeSetKind)
        case describeChangeSet
        case deleteChangeSet
        case setProtections
        /// Deletes the stack if it still is the one in REVIEW_IN_PROGRESS that the change set was for, and waits for nothing else.
        case deleteEmptyStack
        /// Deletes the stack itself: to destroy it, or to make room for creating it anew.
        case deleteStack
        /// The same for a stack in DELETE_FAILED, leaving what could not be deleted.
        case deleteStackRetaining([String])
        case rollBackStack
        case continueRollback(skipping: [String])
        case execute
        case followStack
        /// Asks whoever interrupts what is meant.
        case decide(canCancel: Bool)
        case cancelUpdate
        case cancelCreation
        case end(Ending)
    }

    /// What somebody must agree to before it goes on.
    package enum Question: Hashable, Sendable {
        /// The stack is not what is recorded of it, and the plan was made against that.
        case changedOutside(OutsideChange)
        /// The stack can only be deleted and created anew.
        case recreate(StackStatus)
        /// CloudFormation would do more than was approved.
        case unplanned(Reconciliation)
        /// The last rollback failed, at these resources.
        case continueRollback([StackResource], skipping: [String])
        /// What failed was left as it is, these resources among it.
        case rollBack(StackStatus, [StackResource])
        /// The stack can only be deleted without these.
        case retain([StackResource])
    }

    /// What somebody who interrupts wants.
    package enum InterruptChoice: Hashable, Sendable {
        case cancel
        /// CloudFormation goes on, and nobody watches.
        case detach
        /// It was not meant.
        case goOn
    }

    /// How a run of a deployment ends.
    package enum Ending: Hashable, Sendable {
        case settled(Settlement)
        /// CloudFormation is at work, or may be, and can't be watched: the deployment stays open until it is resumed.
        case detached(DeploymentFailure)
        /// The same, because somebody wanted it.
        case leftRunning(DeploymentFailure)

        /// The exit code the command ends with.
        package var exit: ExitStatus {
            switch self {
            case .settled(let settlement): settlement.exit
            case .detached: .failed
            case .leftRunning: .interrupted
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
        /// Rolls back what failed, or goes on with a rollback that did.
        case rollingBack
    }

    enum Phase: Sendable {
        case new
        case checkingStack
        case comparingStack
        case askingAboutChange
        case checkingReview
        case waiting
        case askingToRecreate
        /// Looking for what failed before the stack came into its status.
        case lookingForFailures
        case askingToRollBack
        case creatingChangeSet
        case computingChangeSet
        case askingAboutUnplanned
        case protecting
        /// Taking away the change set, and then the empty stack, that nothing will come of.
        case discardingChangeSet(Settlement)
        case discardingStack(Settlement)
        /// Looking for what could not be deleted; how it ends where there is no way on.
        case lookingForUndeleted(Operation, Settlement)
        case askingToRetain(Operation, Settlement, [String])
        /// The request is on its way.
        case starting(Operation)
        case following(Operation)
        /// CloudFormation is at work, and somebody is asked whether it should be.
        case deciding(Operation)
        case checkingCancellation
        case cancelling
        case ended(Ending)
    }

    let plan: Plan
    /// The change set that was reviewed and is to be executed, with no other made in its place.
    let reviewed: ChangeSet?
    let handling: OperationHandling
    /// What is recorded of the operations on the stack; `nil` where none is recorded.
    let known: KnownOperations?
    var phase = Phase.new
    /// The stack as it was found; `nil` where there is none, or one that nothing was ever made in.
    var stack: StackDescription?
    var isCleared = false
    /// Whether something was done to the stack that is not all that was to be done.
    var isTouched = false
    var isResumed = false
    var isCancelled = false
    /// What could not be deleted and was agreed to be left.
    var retained: [String] = []
    /// How a rollback begins.
    var rollback = Action.rollBackStack
    var interruptions = 0
    /// What was answered last.
    private var pending = Action.describeStack

    /// - Parameters:
    ///   - plan: what was approved.
    ///   - reviewed: the change set that was approved with it; `nil` has one made and held against the plan.
    ///   - known: what is recorded of the operations on the stack, so that what was done past pipeplan is asked about.
    package init(
        plan: Plan, reviewed: ChangeSet? = nil, handling: OperationHandling = OperationHandling(), known: KnownOperations? = nil
    ) {
        self.plan = plan
        self.reviewed = reviewed
        self.handling = handling
        self.known = known
    }

    /// A deployment that was interrupted in the middle of an operation: it follows that to its end, and starts no other one.
    /// What is to be done first is `followStack`.
    /// - Parameters:
    ///   - handling: as of the deployment itself.
    ///   - isCancelled: whether CloudFormation had been told to cancel it.
    package static func resumed(
        plan: Plan, in operation: Operation, handling: OperationHandling = OperationHandling(), isCancelled: Bool = false
    ) -> DeploymentMachine {
        var machine = DeploymentMachine(plan: plan, handling: handling)
        machine.isResumed = true
        machine.isCancelled = isCancelled
        machine.phase = .following(operation)
        machine.pending = .followStack
        return machine
    }

    package mutating func handle(_ event: Event) -> Action {
        if case .ended(let ending) = phase { return .end(ending) }
        pending =
            switch event {
            case .refused(let failure): fail(failure, mayHaveBeenTaken: false)
            case .lost(let failure): fail(failure, mayHaveBeenTaken: true)
            case .interrupted: interrupt(before: pending)
            default: next(event)
            }
        return pending
    }

    private mutating func next(_ event: Event) -> Action {
        switch (phase, event) {
        case (.new, .started):
            phase = .checkingStack
            return .describeStack
        case (.checkingStack, .stackDescribed(let stack)): return find(stack)
        case (.comparingStack, .stackCompared(let change)): return judge(change)
        case (.askingAboutChange, .answered(let isAgreed)):
            return isAgreed ? createChangeSet() : refuse(changedOutside)
        case (.checkingReview, .changeSetsListed(let changeSets)): return review(changeSets)
        case (.waiting, .stackSettled(let stack, _)): return findAfterWaiting(stack)
        case (.askingToRecreate, .answered(let isAgreed)):
            if isAgreed { return start(.clearing) }
            return refuse("\(inStatus): it can only be deleted and created anew, which was not agreed to")
        case (.lookingForFailures, .resourcesListed(let resources)): return askToRollBack(resources)
        case (.askingToRollBack, .answered(let isAgreed)):
            return isAgreed ? start(.rollingBack) : refuse("\(inStatus): rolling it back was not agreed to\(rollbackAdvice)")
        case (.creatingChangeSet, .changeSetCreated):
            phase = .computingChangeSet
            return .describeChangeSet
        case (.computingChangeSet, .changeSetDescribed(let changeSet)): return judge(changeSet)
        case (.askingAboutUnplanned, .answered(let isAgreed)):
            if isAgreed { return start(.executing) }
            let failure = DeploymentFailure(message: "CloudFormation's change set does more than the plan that was approved")
            return discard(settlement(.cancelled, failure, exit: .refused))
        case (.protecting, .protectionsSet): return discard(Settlement(.succeeded, .applied, exit: .success, stack: stack))
        case (.discardingChangeSet(let settlement), .changeSetDeleted):
            // A change set that was to create a stack leaves an empty one in REVIEW_IN_PROGRESS behind.
            guard stack == nil else { return end(settlement) }
            phase = .discardingStack(settlement)
            return .deleteEmptyStack
        case (.discardingStack(let settlement), .emptyStackDeleted): return end(settlement)
        default: return nextOfOperation(event)
        }
    }

    // MARK: Endings

    /// What a deployment that executed no change set has done.
    var effectSoFar: Settlement.Effect { isCleared ? .removed : isTouched ? .kept : .untouched }

    /// How a deployment ends that executed no change set.
    func settlement(_ status: DeploymentOutcome.Status, _ failure: DeploymentFailure? = nil, exit: ExitStatus) -> Settlement {
        Settlement(status, effectSoFar, failure, exit: exit, stack: effectSoFar == .kept ? stack : nil)
    }

    private mutating func fail(_ failure: DeploymentFailure, mayHaveBeenTaken: Bool) -> Action {
        let settlement = settlement(.failed, failure, exit: .failed)
        switch phase {
        case .discardingChangeSet(let settlement), .discardingStack(let settlement), .lookingForUndeleted(_, let settlement):
            // What could not be cleaned up, or looked at, does not change how it ended.
            return end(settlement)
        case .computingChangeSet where reviewed != nil:
            // It could not be read just now; it is still what was reviewed.
            return end(settlement)
        case .creatingChangeSet where stack?.status == "CREATE_FAILED" && !mayHaveBeenTaken && failure.takesNoRetry:
            phase = .askingToRecreate
            return .ask(.recreate("CREATE_FAILED"))
        case .creatingChangeSet, .computingChangeSet, .askingAboutUnplanned, .protecting: return discard(settlement)
        case .starting(.executing) where !mayHaveBeenTaken: return discard(settlement)
        case .starting where !mayHaveBeenTaken: return end(settlement)
        case .checkingCancellation, .cancelling:
            // Refused, it is too late; unanswered, how it ends tells.
            if case .cancelling = phase { isCancelled = mayHaveBeenTaken }
            phase = .following(.executing)
            return .followStack
        case .starting, .following, .deciding: return detach(failure)
        case .new, .checkingStack, .comparingStack, .askingAboutChange, .checkingReview, .waiting, .askingToRecreate,
            .lookingForFailures, .askingToRollBack, .ended:
            return end(settlement)
        case .askingToRetain(_, let settlement, _): return end(settlement)
        }
    }

    /// Ends before anything was done, for a reason that is no fault of CloudFormation's.
    mutating func refuse(_ message: String) -> Action {
        end(settlement(.cancelled, DeploymentFailure(message: message), exit: .refused))
    }

    mutating func end(_ settlement: Settlement) -> Action {
        phase = .ended(.settled(settlement))
        return .end(.settled(settlement))
    }

    mutating func detach(_ failure: DeploymentFailure) -> Action {
        phase = .ended(.detached(failure))
        return .end(.detached(failure))
    }
}

extension DeploymentFailure {
    /// Whether CloudFormation takes no update of a failed stack because it was to be left as it is, in its own words (recorded).
    fileprivate var takesNoRetry: Bool { message.contains("cannot be updated from [CREATE_FAILED]") }
}
