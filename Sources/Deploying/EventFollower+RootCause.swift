package import Model
package import StateDatabase

extension EventFollower {
    /// Why an operation failed: the first failure that is not a consequence of another, in whichever nested stack it was.
    /// - Parameter events: of the stack and of those nested in it.
    package static func rootCause(of events: [StackEvent]) -> DeploymentFailure? {
        if let first = failures(in: events).first { return first }
        let stack = events.inOrderOfTime.first { $0.isOfStack && $0.statusReason != nil && ($0.status.isFailure || $0.status.isRollback) }
        return stack?.statusReason.map { DeploymentFailure(message: $0) }
    }

    /// The resources that failed, the root cause first, without those that only failed because another one did: these count
    /// only where there are no others.
    package static func failures(in events: [StackEvent]) -> [DeploymentFailure] {
        // What came late is not what happened last.
        let failures = events.inOrderOfTime.filter { $0.status.isFailure && !$0.isOfStack }
        let paths = StackPaths(events)
        // A nested stack fails in the one around it because something in it did.
        let explained = Set(failures.compactMap { paths.path(ofStack: $0.stackID) })
        let causes = failures.filter { !$0.isConsequence && !($0.isOfNestedStack && explained.contains(paths.name(of: $0))) }
        let told = causes.isEmpty ? [failures.first { !$0.isCancellation } ?? failures.first].compactMap { $0 } : causes
        return told.map {
            DeploymentFailure(logicalID: paths.name(of: $0), resourceType: $0.resourceType, message: $0.statusReason ?? "\($0.status)")
        }
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
