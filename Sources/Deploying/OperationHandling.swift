package import AWS

/// How a deployment goes about what it meets on its way, beside what it is to do.
package struct OperationHandling: Hashable, Sendable {
    /// Whether an operation that is under way is waited for; otherwise the deployment is refused.
    package var waits = false
    /// Whether all that is wanted is to roll back what failed.
    package var rollsBack = false
    /// Resources that a rollback which is continued leaves as they are, by logical ID, in a nested stack as `Network/Table`.
    package var skipped: [String] = []
    /// Resources that may be left where they can't be deleted.
    package var retained: Set<String> = []
    /// Whether a failing operation leaves everything as it is.
    package var disablesRollback = false
    /// What becomes of a stack whose creation fails; `nil` leaves it to CloudFormation, which rolls back.
    package var onFailure: CreateChangeSetInput.OnStackFailure?

    package init() {}
}
