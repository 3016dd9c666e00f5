package import Model
import OrderedCollections
package import StateDatabase

/// Sorts out the events of one operation on a stack and on the stacks nested in it, however deep, and says which of these to
/// ask for news.
///
/// A nested stack is asked once a round as long as the stack around it says that it is in progress, and once more when that
/// has ended; again only where its own events do not tell the end yet.
package struct OperationFollower: Sendable {
    private struct NestedStack {
        var follower: EventFollower
        /// The stack around it, and its logical ID there.
        let owner: String
        let logicalID: String
        var isInProgress = true
        var asksLeft = Self.asksAfterEnd
        /// When it was asked last.
        var round = 0

        /// An end is told by the stack around before, or after, it is told by the nested one.
        static let asksAfterEnd = 3

        var isForbidden = false

        var isOfInterest: Bool { !isForbidden && (isInProgress || asksLeft > 0) }
    }

    private var stack: EventFollower
    private var nested: OrderedDictionary<String, NestedStack> = [:]
    private var round = 0
    package private(set) var paths = StackPaths()

    package init(_ stack: EventFollower = EventFollower()) { self.stack = stack }

    /// Whether the operation has shown itself.
    package var hasBegun: Bool { stack.hasBegun }
    /// Whether it has shown its end, as far as events tell.
    package var hasEnded: Bool { stack.hasEnded }

    /// Why the operation failed.
    package var rootCause: DeploymentFailure? {
        EventFollower.rootCause(of: stack.events + nested.values.flatMap(\.follower.events))
    }

    /// Whether neither this event of the stack nor any behind it, in a list from the newest on, can be news.
    package func isOld(_ event: StackEvent) -> Bool { stack.isOld(event) }

    /// Whether neither this event of a nested stack nor any behind it can be news.
    package func isOld(_ event: StackEvent, ofNested id: String) -> Bool { nested[id]?.follower.isOld(event) ?? true }

    /// Takes in what was described of the stack, newest first, which begins a round.
    /// - Returns: what is new, oldest first.
    package mutating func take(_ described: [StackEvent]) -> [StackEvent] {
        round += 1
        let new = stack.take(described)
        note(new)
        return new
    }

    /// The nested stack to ask next in this round; `nil` where all were asked. One may turn up when another was asked.
    package var nestedToAsk: String? { nested.first { $0.value.isOfInterest && $0.value.round < round }?.key }

    /// Takes in what was described of a nested stack.
    package mutating func take(_ described: [StackEvent], ofNested id: String) -> [StackEvent] {
        guard var asked = nested[id] else { return [] }
        let new = asked.follower.take(described)
        asked.round = round
        if !asked.isInProgress {
            // An update that changes nothing in it has no events there.
            asked.asksLeft = asked.follower.hasEnded || asked.follower.events.isEmpty ? 0 : asked.asksLeft - 1
        }
        nested[id] = asked
        note(new)
        return new
    }

    /// Asks no more for a nested stack that is not there, until the stack around it has news of it.
    /// - Parameter isForbidden: it may not be looked at, so that it is not asked again at all.
    package mutating func giveUp(onNested id: String, isForbidden: Bool) {
        nested[id]?.isForbidden = isForbidden
        nested[id]?.isInProgress = false
        nested[id]?.asksLeft = 0
        nested[id]?.round = round
    }

    private mutating func note(_ new: [StackEvent]) {
        paths.take(new)
        for event in new where event.isOfNestedStack {
            // A stack that is said to be nested in itself is not followed twice.
            if let id = event.nestedStackID, nested[id] == nil, id != stack.events.first?.stackID {
                // What the nested stack did before is older than the operation, by the same clock.
                let start = stack.events.map(\.timestamp).min() ?? .distantPast
                nested[id] = NestedStack(follower: EventFollower(since: start), owner: event.stackID, logicalID: event.logicalID)
            }
            // Some endpoints do not tell in every event which stack it is.
            for (id, known) in nested where known.owner == event.stackID && known.logicalID == event.logicalID {
                guard event.nestedStackID ?? id == id else { continue }
                nested[id]?.isInProgress = event.status.isInProgress
                nested[id]?.asksLeft = NestedStack.asksAfterEnd
            }
        }
    }
}
