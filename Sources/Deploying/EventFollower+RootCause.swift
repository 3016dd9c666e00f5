package import Model
package import StateDatabase

extension EventFollower {
    /// Why an operation failed: the first failure that is not a consequence of another, in whichever nested stack it was.
    /// - Parameter events: of the stack and of those nested in it.
    package static func rootCause(of events: [StackEvent]) -> DeploymentFailure? {
        // What came late is not what happened last.
        let ordered = events.inOrderOfTime
        let failures = ordered.filter { $0.status.isFailure && !$0.isOfStack }
        let paths = StackPaths(events)
        // A nested stack fails in the one around it because something in it did.
        let explained = Set(failures.compactMap { paths.path(ofStack: $0.stackID) })
        let causes = failures.filter { !$0.isConsequence && !($0.isOfNestedStack && explained.contains(paths.name(of: $0))) }
        if let first = causes.first ?? failures.first(where: { !$0.isCancellation }) ?? failures.first {
            return DeploymentFailure(
                logicalID: paths.name(of: first), resourceType: first.resourceType, message: first.statusReason ?? "\(first.status)")
        }
        let stack = ordered.first { $0.isOfStack && $0.statusReason != nil && ($0.status.isFailure || $0.status.isRollback) }
        return stack?.statusReason.map { DeploymentFailure(message: $0) }
    }
}

extension [StackEvent] {
    /// By their timestamps; events of the same time stay as they are.
    var inOrderOfTime: [StackEvent] {
        enumerated().sorted { ($0.element.timestamp, $0.offset) < ($1.element.timestamp, $1.offset) }.map(\.element)
    }
}

extension StackEvent {
    /// Whether the resource failed only because another one did.
    fileprivate var isConsequence: Bool {
        isCancellation || statusReason?.lowercased().contains("the following resource(s) failed") ?? false
    }

    fileprivate var isCancellation: Bool {
        guard let reason = statusReason?.lowercased() else { return false }
        return reason.hasPrefix("resource ") && (reason.contains(" cancelled") || reason.contains(" canceled"))
    }
}
