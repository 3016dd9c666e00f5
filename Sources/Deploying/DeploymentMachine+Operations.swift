import Model
import StateDatabase

/// What CloudFormation does with the stack as a whole, from its beginning to its end.
extension DeploymentMachine {
    static let protected = "The stack has termination protection. Set terminationProtection to false in stack.yml and apply that first"

    mutating func start(_ operation: Operation) -> Action {
        phase = .starting(operation)
        switch operation {
        case .executing: return .execute
        case .rollingBack: return rollback
        case .clearing, .destroying: return retained.isEmpty ? .deleteStack : .deleteStackRetaining(retained)
        }
    }

    mutating func nextOfOperation(_ event: Event) -> Action {
        switch (phase, event) {
        case (.starting(let operation), .operationStarted):
            phase = .following(operation)
            return .followStack
        case (.following(.clearing), .stackSettled(let stack, let cause)): return settleClearing(stack, cause)
        case (.following(.executing), .stackSettled(let stack, let cause)): return settleExecution(stack, cause)
        case (.following(.destroying), .stackSettled(let stack, let cause)): return settleRemoval(.destroying, stack, cause)
        case (.following(.rollingBack), .stackSettled(let stack, let cause)): return settleRollback(stack, cause)
        case (.lookingForUndeleted(let operation, let settlement), .resourcesListed(let resources)):
            return retain(resources, operation, otherwise: settlement)
        case (.askingToRetain(let operation, let settlement, let failed), .answered(let isAgreed)):
            guard isAgreed else { return end(settlement) }
            retained = failed
            return start(operation)
        default: return nextOfInterruption(event)
        }
    }

    mutating func destroy() -> Action {
        guard let stack else { return end(Settlement(.succeeded, .removed, exit: .success)) }
        if stack.terminationProtection { return refuse(Self.protected) }
        // Deleting it failed before, and what may be left then is known.
        if stack.status == "DELETE_FAILED", !handling.retained.isEmpty {
            return lookForUndeleted(.destroying, Self.failedRemoval(stack, nil))
        }
        return start(.destroying)
    }

    private mutating func settleClearing(_ stack: StackDescription?, _ cause: DeploymentFailure?) -> Action {
        guard stack == nil || stack?.status == "DELETE_COMPLETE" else { return settleRemoval(.clearing, stack, cause) }
        self.stack = nil
        isCleared = true
        retained = []
        guard isResumed else { return createChangeSet() }
        let failure = DeploymentFailure(message: "It was interrupted when the old stack had been deleted and the new one was not begun")
        return end(Settlement(.cancelled, .removed, failure, exit: .failed))
    }

    private mutating func settleExecution(_ stack: StackDescription?, _ cause: DeploymentFailure?) -> Action {
        guard let stack, stack.status != "DELETE_COMPLETE" else {
            if isCancelled { return end(Settlement(.cancelled, .removed, Self.cancelled, exit: .interrupted)) }
            return end(Settlement(.failed, .removed, cause ?? DeploymentFailure(message: "The stack was deleted"), exit: .failed))
        }
        if stack.status.isInProgress { return detach(DeploymentFailure(message: "The stack is still in \(stack.status)")) }
        if stack.status.isSuccess { return end(Settlement(.succeeded, .applied, exit: .success, stack: stack)) }
        let isRolledBack = stack.status.isRollback && !stack.status.isFailure
        if isCancelled, isRolledBack { return end(Settlement(.cancelled, .kept, Self.cancelled, exit: .interrupted, stack: stack)) }
        let failure = cause ?? DeploymentFailure(message: stack.statusReason ?? "The stack is in \(stack.status)")
        return end(Settlement(isRolledBack ? .rolledBack : .failed, .kept, failure, exit: .failed, stack: stack))
    }

    private static let cancelled = DeploymentFailure(message: "It was cancelled, and what it had done was undone")

    // MARK: Rolling back

    private mutating func settleRollback(_ stack: StackDescription?, _ cause: DeploymentFailure?) -> Action {
        guard let stack, stack.status != "DELETE_COMPLETE" else {
            // RollbackStack deletes a stack that was never whole.
            self.stack = nil
            isCleared = true
            return command == .recover ? end(Settlement(.succeeded, .removed, exit: .success)) : goOnAfterRollback()
        }
        if stack.status.isInProgress { return detach(DeploymentFailure(message: "The stack is still in \(stack.status)")) }
        guard !stack.status.isFailure else {
            let failure = cause ?? DeploymentFailure(message: stack.statusReason ?? "The stack is in \(stack.status)")
            return end(Settlement(.failed, .kept, failure, exit: .failed, stack: stack))
        }
        self.stack = stack
        isTouched = true
        guard command != .recover else { return end(Settlement(.succeeded, .kept, exit: .success, stack: stack)) }
        return goOnAfterRollback()
    }

    private mutating func goOnAfterRollback() -> Action {
        guard isResumed else { return createChangeSet() }
        let failure = DeploymentFailure(message: "It was interrupted when the stack had been rolled back and the update was not begun")
        return end(settlement(.cancelled, failure, exit: .failed))
    }

    // MARK: Deleting

    private mutating func settleRemoval(_ operation: Operation, _ stack: StackDescription?, _ cause: DeploymentFailure?) -> Action {
        guard let stack, stack.status != "DELETE_COMPLETE" else { return end(Settlement(.succeeded, .removed, exit: .success)) }
        if stack.status.isInProgress { return detach(DeploymentFailure(message: "The stack is still in \(stack.status)")) }
        self.stack = stack
        isTouched = true
        let settlement = Self.failedRemoval(stack, cause)
        guard stack.status == "DELETE_FAILED", !isResumed else { return end(settlement) }
        return lookForUndeleted(operation, settlement)
    }

    private static func failedRemoval(_ stack: StackDescription, _ cause: DeploymentFailure?) -> Settlement {
        let failure = cause ?? DeploymentFailure(message: stack.statusReason ?? "The stack could not be deleted: it is in \(stack.status)")
        return Settlement(.failed, .kept, failure, exit: .failed, stack: stack)
    }

    private mutating func lookForUndeleted(_ operation: Operation, _ settlement: Settlement) -> Action {
        phase = .lookingForUndeleted(operation, settlement)
        return .listResources
    }

    /// Deletes the stack once more without what could not be deleted, where that is agreed to.
    private mutating func retain(_ resources: [StackResource], _ operation: Operation, otherwise settlement: Settlement) -> Action {
        let failed = resources.filter { $0.status == "DELETE_FAILED" && !$0.logicalID.contains("/") }
        let names = failed.map(\.logicalID)
        // Leaving the same once more would not help.
        guard names.contains(where: { !retained.contains($0) }) else { return end(settlement) }
        let open = failed.filter { !handling.retained.contains($0.logicalID) && !retained.contains($0.logicalID) }
        if open.isEmpty {
            retained = names
            return start(operation)
        }
        phase = .askingToRetain(operation, settlement, names)
        return .ask(.retain(open))
    }
}
