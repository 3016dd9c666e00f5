package import Model

/// What `verify` found.
package struct Verification: Hashable, Sendable {
    /// The end of a stack's chain.
    package struct Head: Hashable, Sendable {
        package var address: StackAddress
        package var serial: Int
        package var hash: Digest
        /// Whether that is the hash of an outcome: the one of an intent gives way to it.
        package var isSettled: Bool
        /// Whether that deployment was made without the team's share and is not published yet: the hash may change.
        package var isUnpublished = false
    }

    /// Something that is not as it was recorded.
    package struct Fault: Hashable, Sendable {
        /// The stack and deployment it belongs to; `nil` where it is the file as a whole.
        package var address: StackAddress?
        package var serial: Int?
        /// A sentence without its end.
        package var summary: String
    }

    package var lineage: String?
    /// By address.
    package var heads: [Head] = []
    /// The first of each stack, in the order of the stacks; those of the file come first.
    package var faults: [Fault] = []
    package var deployments = 0
    /// Rows of deployments, resources, outputs, events, configurations and texts that were checked.
    package var records = 0
    /// What gc has removed; the records still tell its digests.
    package var removedTexts = 0
    package var removedEventLists = 0
    /// The records that have the wanted hashes, by them; a hash that no record has is missing.
    package var found: [Digest: Head] = [:]
    /// How many heads that were seen before are in the chains.
    package var confirmedHeads = 0
}
