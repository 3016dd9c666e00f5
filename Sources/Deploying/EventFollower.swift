package import Model
package import StateDatabase

/// Sorts the events of one operation out of what is described again and again: in order, none twice, none missed.
package struct EventFollower: Sendable {
    private var seen: Set<String>
    package private(set) var events: [StackEvent] = []

    /// - Parameter before: the IDs of events that are older than the operation.
    package init(before: Set<String> = []) { seen = before }

    package func hasSeen(_ event: StackEvent) -> Bool { seen.contains(event.eventID) }

    /// Takes in what was described, newest first, and returns what is new, oldest first.
    package mutating func take(_ described: [StackEvent]) -> [StackEvent] {
        let new = described.reversed().filter { seen.insert($0.eventID).inserted }
        events += new
        return new
    }

    /// Why the operation failed: the first failure that is not a consequence of another.
    package var rootCause: DeploymentFailure? { Self.rootCause(of: events) }

    package static func rootCause(of events: [StackEvent]) -> DeploymentFailure? {
        let failures = events.filter { $0.status.isFailure && !$0.isOfStack }
        let first = failures.first { !$0.isConsequence } ?? failures.first
        if let first {
            return DeploymentFailure(
                logicalID: first.logicalID, resourceType: first.resourceType, message: first.statusReason ?? "\(first.status)")
        }
        guard let stack = events.first(where: { $0.isOfStack && $0.statusReason != nil && ($0.status.isFailure || $0.status.isRollback) })
        else { return nil }
        return DeploymentFailure(message: stack.statusReason ?? "")
    }
}

extension StackEvent {
    /// Whether the resource failed only because another one did.
    fileprivate var isConsequence: Bool {
        guard let reason = statusReason?.lowercased() else { return false }
        return reason.contains("cancelled") || reason.contains("the following resource(s) failed")
    }
}
