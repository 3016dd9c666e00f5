package import Model

/// What a command does first with a stack that it finds in some status. docs/stack-states.md tells of each, by these names.
package enum StackWay: String, Hashable, Sendable, CaseIterable {
    package enum Command: String, Hashable, Sendable, CaseIterable { case apply, destroy, recover, resume }

    case create, update, retry, recreate, delete, wait, refuse, follow, record
    /// Whose change sets it holds decides.
    case review
    case continueRollback = "continue"
    case rollBack = "roll back"
    case nothing = "nothing to do"

    /// - Parameter status: `nil` where there is no stack.
    package init(_ command: Command, from status: StackStatus?) {
        guard let status, status != "DELETE_COMPLETE" else {
            switch command {
            case .apply: self = .create
            case .destroy: self = .nothing
            case .recover: self = .refuse
            case .resume: self = .record
            }
            return
        }
        let isUnderWay = status.isInProgress && status != "REVIEW_IN_PROGRESS"
        switch command {
        case .resume: self = isUnderWay ? .follow : .record
        case _ where isUnderWay: self = .wait
        case .apply: self = Self.application(to: status)
        case .destroy: self = status == "REVIEW_IN_PROGRESS" ? .review : .delete
        case .recover:
            self = status.awaitsRetry ? .rollBack : status == "UPDATE_ROLLBACK_FAILED" ? .continueRollback : .refuse
        }
    }

    private static func application(to status: StackStatus) -> StackWay {
        switch status.rawValue {
        case "REVIEW_IN_PROGRESS": .review
        case "UPDATE_ROLLBACK_FAILED": .continueRollback
        case _ where status.acceptsUpdate: .update
        case _ where status.awaitsRetry: .retry
        case _ where status.mustBeRecreated: .recreate
        default: .refuse
        }
    }
}
