package import StateDatabase

/// The records of a stack that a listing shows, up to the first gap.
package struct LogListing: Hashable, Sendable {
    /// In the order of the log, without a gap.
    package var positions: [RecordPosition]
    /// What is missing although something behind it is there; `nil` where nothing is.
    package var missing: RecordPosition?

    /// - Parameter after: the last position that is known.
    package init(_ names: [String], after: RecordPosition?) {
        let found = names.compactMap { ShareLayout.position($0) }.filter { position in after.map { $0 < position } ?? true }.sorted()
        var expected = after?.next ?? RecordPosition(1, .intent)
        positions = []
        for position in found {
            guard position == expected else {
                missing = expected
                return
            }
            positions.append(position)
            expected = position.next
        }
    }
}
