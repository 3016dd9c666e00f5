import Foundation
import Model

/// A change set as the sandbox keeps it.
struct ChangeSetRecord: Codable, Hashable, Sendable {
    /// The ARN.
    var id: String
    var name: String
    var stackID: String
    var stackName: String
    var description: String?
    /// `CREATE` or `UPDATE`.
    var type: String
    var createdAt: Date
    /// When it stops being pending.
    var readyAt: Date
    /// What the stack is to be; without resources, which executing finds.
    var content: StackContent
    var changes: [ListedChange]
    /// Why it can't be executed.
    var failure: String?
    /// `EXECUTE_IN_PROGRESS` and what follows, once it was executed.
    var executionStatus: String?
    /// `ROLLBACK`, `DELETE` or `DO_NOTHING`.
    var onStackFailure: String?
    /// `REVERT_DRIFT`; `nil` for the usual one.
    var deploymentMode: String?

    static let noChanges = "The submitted information didn't contain changes. Submit different information to create a change set."

    func status(at now: Date) -> String {
        guard executionStatus == nil else { return "CREATE_COMPLETE" }
        if now < readyAt {
            return now.timeIntervalSince(createdAt) < readyAt.timeIntervalSince(createdAt) / 2 ? "CREATE_PENDING" : "CREATE_IN_PROGRESS"
        }
        return failure == nil ? "CREATE_COMPLETE" : "FAILED"
    }

    func executionStatus(at now: Date) -> String {
        executionStatus ?? (status(at: now) == "CREATE_COMPLETE" ? "AVAILABLE" : "UNAVAILABLE")
    }
}

extension SandboxFaults {
    /// The listed changes as a fault would have them.
    func distorted(_ changes: [ListedChange], of stack: String) -> [ListedChange] {
        (changeSets ?? []).filter { $0.stack == nil || $0.stack == stack }.reduce(changes) { changes, fault in
            let kept = changes.filter { change in
                let logicalID = change.withoutValues?.logicalID ?? change.withValues?.logicalID ?? ""
                return !(fault.omitting ?? []).contains(logicalID)
            }
            let changed = kept.map { change in
                var change = change
                change.withoutValues = change.withoutValues.map { fault.distorted($0) }
                change.withValues = change.withValues.map { fault.distorted($0) }
                return change
            }
            return changed + (fault.adding ?? []).map { ListedChange(withoutValues: $0, withValues: $0) }
        }
    }
}

extension SandboxFaults.ChangeSetFault {
    fileprivate func distorted(_ change: ResourceChange) -> ResourceChange {
        var change = change
        if let replacement = replacements?[change.logicalID] { change.replacement = replacement }
        if withoutDetails == true {
            change.details = []
            change.scope = []
            change.replacement = nil
            change.policyAction = nil
        }
        return change
    }
}
