package import Foundation
package import Model
import StateDatabase

/// Sorts the events of one operation out of what is described again and again: in order, none twice, none missed.
package struct EventFollower: Sendable {
    private let since: Date
    private let earlier: Set<String>
    private var seen: Set<String> = []
    private var newest = Date.distantPast
    package private(set) var events: [StackEvent] = []

    /// How late an event may turn up behind younger ones.
    private static let lateness: TimeInterval = 60

    /// - Parameters:
    ///   - since: what is older is not of the operation.
    ///   - earlier: events since then that are not of the operation either.
    package init(since: Date = .distantPast, after earlier: [StackEvent] = []) {
        self.since = since
        self.earlier = Set(earlier.map(\.eventID))
    }

    /// Whether neither this event nor any behind it, in a list from the newest on, can be news.
    package func isOld(_ event: StackEvent) -> Bool {
        isEarlier(event) || (seen.contains(event.eventID) && event.timestamp < newest - Self.lateness)
    }

    private func isEarlier(_ event: StackEvent) -> Bool { event.timestamp < since || earlier.contains(event.eventID) }

    /// Takes in what was described, newest first, and returns what is new, oldest first.
    package mutating func take(_ described: [StackEvent]) -> [StackEvent] {
        let new = described.reversed().filter { !isEarlier($0) && seen.insert($0.eventID).inserted }
        newest = new.map(\.timestamp).max().map { max($0, newest) } ?? newest
        events += new
        return new
    }

    /// Whether the operation has shown itself.
    package var hasBegun: Bool { events.contains { $0.isOfStack && $0.status != "REVIEW_IN_PROGRESS" } }

    /// Whether it has shown its end, as far as events tell.
    package var hasEnded: Bool {
        let last = events.enumerated().filter { $0.element.isOfStack }.max {
            ($0.element.timestamp, $0.offset) < ($1.element.timestamp, $1.offset)
        }
        return last.map { !$0.element.status.isInProgress } ?? false
    }

    /// The events, newest first, that are older than an operation: the one whose requests had these tokens, or, where no
    /// event bears them, the last one.
    package static func earlier(thanOperationOf tokens: [String], in described: [StackEvent]) -> [StackEvent] {
        let first =
            described.lastIndex { $0.clientRequestToken.map(tokens.contains) ?? false }
            ?? described.firstIndex { $0.isOfStack && $0.status.beginsOperation }
        return first.map { Array(described[($0 + 1)...]) } ?? []
    }
}

extension StackStatus {
    /// Whether a stack that gets into this status was told to do something; not so for what follows of itself.
    fileprivate var beginsOperation: Bool {
        ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS"].contains(rawValue)
    }
}
