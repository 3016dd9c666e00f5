import AWS
import Foundation
import Model
import StateDatabase

/// The way out of the state that a stack is found in.
extension DeploymentMachine {
    var command: StackWay.Command { plan.kind == .destroy ? .destroy : handling.rollsBack ? .recover : .apply }

    var inStatus: String { "The stack is in \(stack?.status.rawValue ?? "no state")" }

    mutating func find(_ stack: StackDescription?) -> Action {
        self.stack = stack
        let way = StackWay(command, from: stack?.status)
        // What was reviewed is done as it is: nothing is done before it.
        if reviewed != nil, way == .recreate || way == .continueRollback {
            return end(settlement(.cancelled, Self.stale, exit: .refused))
        }
        switch way {
        case .create:
            // Nothing is left of it: as if it were not there.
            self.stack = nil
            return createChangeSet()
        case .retry where handling.onFailure == .delete:
            return refuse("\(inStatus): --on-failure DELETE is for stacks that are created anew, and this tries again with what is there")
        case .update, .retry: return update()
        case .review:
            phase = .checkingReview
            return .listChangeSets
        case .wait:
            guard handling.waits else {
                return refuse("\(inStatus)\(since): another operation is under way. --wait waits for its end; or try again then")
            }
            phase = .waiting
            return .waitForStack
        case .continueRollback, .rollBack:
            phase = .lookingForFailures
            return .listResources
        case .recreate:
            guard stack?.terminationProtection != true else { return refuse(Self.protected) }
            phase = .askingToRecreate
            return .ask(.recreate(stack?.status ?? ""))
        case .delete: return destroy()
        case .nothing: return end(Settlement(.succeeded, .removed, exit: .success))
        case .refuse, .follow, .record: return refuse(refusal)
        }
    }

    /// A stack that others were at work at, once they are done.
    mutating func findAfterWaiting(_ stack: StackDescription?) -> Action {
        self.stack = stack
        guard let stack, stack.status.isInProgress, stack.status != "REVIEW_IN_PROGRESS" else { return find(stack) }
        return refuse("\(inStatus)\(since): the operation that is under way does not come to an end")
    }

    private var since: String {
        guard let time = stack?.updatedAt ?? stack?.createdAt else { return "" }
        return " since \(time.formatted(.iso8601))"
    }

    /// Why a command does nothing with the stack.
    private var refusal: String {
        switch (command, stack?.status) {
        case (.recover, nil): "There is no stack, and so nothing to roll back"
        case (.recover, _): "\(inStatus), in which there is nothing to roll back"
        case (_, "IMPORT_ROLLBACK_FAILED"?):
            "\(inStatus): an import failed, and so did its rollback. CloudFormation documents no way on from there. Put right what its "
                + "events name and import again, or destroy the stack, with DeletionPolicy Retain on what must stay"
        default: "\(inStatus), in which it takes no update"
        }
    }

    // MARK: A stack that somebody has changed past pipeplan

    /// Nothing is asked where all that was done to the stack is recorded. A change set that was reviewed was made of the live stack, and
    /// can't be executed once that has moved.
    private mutating func update() -> Action {
        guard reviewed == nil, let stack, let known, !known.account(for: stack) else { return createChangeSet() }
        phase = .comparingStack
        return .compareStack(stack)
    }

    mutating func judge(_ change: OutsideChange?) -> Action {
        guard let change, change.isDifferent else { return createChangeSet() }
        phase = .askingAboutChange
        return .ask(.changedOutside(change))
    }

    var changedOutside: String {
        "The stack was changed past pipeplan since it was recorded, and the plan was made against what is recorded. `pipeplan drift "
            + "\(plan.address)` shows it. Write into the stack's files what it has, and apply that first; or apply at a terminal, where it is "
            + "asked about; or review CloudFormation's own change set, which knows of it: `pipeplan plan \(plan.address) --online --out FILE`, "
            + "and `pipeplan apply FILE`"
    }

    // MARK: A stack that only holds change sets

    /// Whether a change set is one that pipeplan made, to deploy it or to look at it.
    private static func isOurs(_ changeSet: ChangeSetSummary) -> Bool { changeSet.name.hasPrefix("pipeplan-") }

    /// Takes over a stack in which nothing was ever made, unless somebody else is about to make something in it. What is left in it of
    /// our own goes when the change set is executed.
    mutating func review(_ changeSets: [ChangeSetSummary]) -> Action {
        let theirs = changeSets.filter { !Self.isOurs($0) && !$0.status.hasPrefix("DELETE_") }
        guard theirs.isEmpty else {
            let list = theirs.map(\.told).joined(separator: ", ")
            return refuse(
                "\(inStatus): it holds what somebody else has proposed, \(list). Have that executed or deleted first (`aws cloudformation "
                    + "delete-change-set --stack-name \(plan.stackName) --change-set-name \(theirs.first?.name ?? "…")`), or choose another "
                    + "stackName")
        }
        if command == .destroy { return destroy() }
        stack = nil
        return createChangeSet()
    }

    // MARK: What failed before

    var rollbackAdvice: String {
        ". `pipeplan recover \(plan.address)` does it"
            + (stack?.status == "UPDATE_ROLLBACK_FAILED" ? ", with --skip <LogicalID> for what can't be rolled back" : "")
    }

    mutating func askToRollBack(_ resources: [StackResource]) -> Action {
        let failed = resources.filter(\.status.isFailure)
        guard stack?.status == "UPDATE_ROLLBACK_FAILED" else {
            guard handling.skipped.isEmpty else {
                return refuse("\(inStatus): only a rollback that has failed can skip resources. Leave out --skip")
            }
            rollback = .rollBackStack
            phase = .askingToRollBack
            return .ask(.rollBack(stack?.status ?? "", failed))
        }
        let skipped = handling.skipped.map { $0.replacing(".", with: "/") }
        let known = failed.map(\.logicalID)
        if let unknown = skipped.first(where: { !known.contains($0) }) {
            let advice =
                nearestName(to: unknown, in: known).map { "Did you mean \($0)?" }
                ?? (known.isEmpty ? "Nothing did." : "\(known.joined(separator: ", ")) did.")
            return refuse("\(unknown) can't be skipped: it did not fail in the last rollback. \(advice)")
        }
        rollback = .continueRollback(skipping: skipped)
        phase = .askingToRollBack
        return .ask(.continueRollback(failed, skipping: skipped))
    }
}

extension ChangeSetSummary {
    /// Such as `their-set ("Add a queue", created 2026-01-31T12:00:00Z)`.
    fileprivate var told: String {
        let facts = [description.map { "\"\($0)\"" }, createdAt.map { "created \($0.formatted(.iso8601))" }].compactMap { $0 }
        return facts.isEmpty ? name : "\(name) (\(facts.joined(separator: ", ")))"
    }
}
