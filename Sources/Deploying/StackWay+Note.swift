package import Model
package import Planning

extension StackWay {
    /// What `apply` does first with a stack that is recorded in a status in which it takes no usual update, to be told with its plan;
    /// `nil` in any other status.
    package static func note(on plan: Plan, recordedIn status: StackStatus) -> Finding? {
        let stack = "\(plan.address) is recorded in \(status)"
        func note(_ summary: String, _ detail: String) -> Finding { Finding("stack-status", .note, "\(stack): \(summary)", detail: detail) }
        let recovery = "`pipeplan recover \(plan.address)`"
        switch StackWay(.apply, from: status) {
        case .recreate:
            return note("it can only be deleted and created anew", "`apply` does both after a yes. What the stack holds is lost.")
        case .continueRollback:
            return plan.hasChanges
                ? note(
                    "its last rollback failed", "`apply` continues that after a yes, and updates after that. \(recovery) only continues it."
                )
                : note("its last rollback failed", "There is nothing to apply. \(recovery) continues the rollback.")
        case .retry:
            return plan.hasChanges
                ? note("what failed last was not rolled back", "`apply` tries again from there. \(recovery) goes back instead.")
                : note("what failed last was not rolled back", "There is nothing to apply. \(recovery) goes back.")
        case .refuse: return note("it takes no update", "`apply` refuses it, with what to do.")
        case .create, .update, .delete, .wait, .follow, .record, .review, .rollBack, .nothing: return nil
        }
    }
}
