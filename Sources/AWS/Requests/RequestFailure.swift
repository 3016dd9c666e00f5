package import Model

/// Why a request to AWS brought no answer that could be used.
package protocol RequestFailure: Error {
    /// Whether AWS may have done what was asked although no good answer came: then look before asking again.
    var requestMayHaveBeenTaken: Bool { get }

    /// What the user is told: what happened, to which request, and what to do.
    var problem: Problem { get }
}
