import Model
import StateDatabase

/// Whoever interrupts a deployment: once is a question, twice is the answer that nobody wants to watch any more.
extension DeploymentMachine {
    /// - Parameter pending: what was to be done next, and was not begun.
    mutating func interrupt(before pending: Action) -> Action {
        interruptions += 1
        switch phase {
        case .following(let operation):
            // Whoever cancels and interrupts again does not want to see that through.
            if isCancelled, !isResumed { return leaveRunning() }
            phase = .deciding(operation)
            return .decide(canCancel: operation == .executing && !isCancelled)
        case .deciding, .checkingCancellation, .cancelling: return leaveRunning()
        case .discardingChangeSet(let settlement), .discardingStack(let settlement):
            return interruptions > 1 ? end(settlement) : pending
        case .lookingForUndeleted(_, let settlement), .askingToRetain(_, let settlement, _): return end(settlement)
        case .computingChangeSet where reviewed == nil, .askingAboutUnplanned where reviewed == nil,
            .starting(.executing) where reviewed == nil:
            return discard(interrupted)
        case .protecting: return pending
        case .ended(let ending): return .end(ending)
        case .new, .checkingStack, .comparingStack, .askingAboutChange, .checkingReview, .waiting, .askingToRecreate, .lookingForFailures,
            .askingToRollBack, .creatingChangeSet, .computingChangeSet, .askingAboutUnplanned, .starting:
            return end(interrupted)
        }
    }

    mutating func nextOfInterruption(_ event: Event) -> Action {
        switch (phase, event) {
        case (.deciding(let operation), .decided(let choice)):
            switch choice {
            case .cancel where operation == .executing && !isCancelled:
                phase = .checkingCancellation
                return .describeStack
            case .cancel, .detach: return leaveRunning()
            case .goOn:
                interruptions = 0
                phase = .following(operation)
                return .followStack
            }
        case (.checkingCancellation, .stackDescribed(let stack)):
            switch stack?.status {
            case "UPDATE_IN_PROGRESS"?:
                phase = .cancelling
                return .cancelUpdate
            case "CREATE_IN_PROGRESS"?:
                phase = .cancelling
                return .cancelCreation
            default:
                // It has ended, or is cleaning up or rolling back by now, which nothing stops.
                phase = .following(.executing)
                return .followStack
            }
        case (.cancelling, .operationStarted):
            isCancelled = true
            phase = .following(.executing)
            return .followStack
        default: return handle(.lost(DeploymentFailure(message: "The deployment got out of step; this is a bug in pipeplan")))
        }
    }

    private var interrupted: Settlement {
        settlement(.cancelled, DeploymentFailure(message: "It was interrupted before CloudFormation was told to go on"), exit: .interrupted)
    }

    private mutating func leaveRunning() -> Action {
        let failure = DeploymentFailure(message: "It was interrupted, and left to CloudFormation")
        phase = .ended(.leftRunning(failure))
        return .end(.leftRunning(failure))
    }
}
