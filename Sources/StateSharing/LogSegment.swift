package import StateDatabase

/// A run of deployments of one stack whose records are together in one object, too.
package struct LogSegment: Hashable, Sendable {
    /// In deployments: what a long log costs to take over is least where this is about the root of its length.
    package static let length = 32

    /// Counted from 0.
    package let index: Int

    /// - Parameter serial: of a deployment in it.
    package init(of serial: Int) { index = (serial - 1) / Self.length }

    package var first: RecordPosition { RecordPosition(index * Self.length + 1, .intent) }
    package var last: RecordPosition { RecordPosition((index + 1) * Self.length, .outcome) }
    package var count: Int { 2 * Self.length }
}
