package import Model
import Planning
import StateDatabase

/// From the plan to the change set, and what is made of that.
extension DeploymentMachine {
    static let stale = DeploymentFailure(
        message: "The change set that was reviewed can't be executed any more: the stack has changed since. Plan again")

    mutating func createChangeSet() -> Action {
        guard reviewed == nil else {
            phase = .computingChangeSet
            return .describeChangeSet
        }
        phase = .creatingChangeSet
        return .createChangeSet(plan.importsResources ? .import : stack == nil ? .create : .update)
    }

    mutating func judge(_ changeSet: ChangeSet) -> Action {
        if let reviewed { return judge(changeSet, reviewed: reviewed) }
        guard changeSet.status == "CREATE_COMPLETE" else {
            if changeSet.saysNothingChanges { return protectOnly() }
            let reason = changeSet.statusReason ?? "CloudFormation left the change set in \(changeSet.status) and gave no reason"
            return discard(settlement(.failed, DeploymentFailure(message: reason), exit: .failed))
        }
        let reconciliation = Reconciliation(plan, changeSet, isRetry: stack?.status.awaitsRetry ?? false)
        guard reconciliation.isCovered else {
            phase = .askingAboutUnplanned
            return .ask(.unplanned(reconciliation))
        }
        return start(.executing)
    }

    private mutating func judge(_ changeSet: ChangeSet, reviewed: ChangeSet) -> Action {
        if changeSet.digest == reviewed.digest, changeSet.isAvailable { return start(.executing) }
        let settlement = settlement(.cancelled, Self.stale, exit: .refused)
        return changeSet.status.hasPrefix("DELETE_") ? end(settlement) : discard(settlement)
    }

    /// Termination protection and stack policy are in no change set: where they are all that changes, there is none, and still
    /// something to do.
    private mutating func protectOnly() -> Action {
        guard stack != nil, plan.terminationProtection != nil || plan.stackPolicy != nil else {
            guard let stack, plan.mayGiveSameSecret || known?.account(for: stack) == false else {
                return discard(settlement(.unchanged, exit: .success))
            }
            // A secret that was never seen here was the one that the stack has: from now on its digest tells. What somebody made of the
            // stack past pipeplan is what the files say: from now on it is what is recorded.
            return discard(Settlement(.unchanged, .applied, exit: .success, stack: stack))
        }
        phase = .protecting
        return .setProtections
    }

    mutating func discard(_ settlement: Settlement) -> Action {
        phase = .discardingChangeSet(settlement)
        return .deleteChangeSet
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
