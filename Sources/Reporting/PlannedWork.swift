package import Planning
import StateDatabase
package import Templates

/// What a deployment is expected to do to each resource, and what of that waits for what.
package struct PlannedWork: Sendable {
    struct Step: Sendable {
        var logicalID: String
        var resource: TypicalDurations.Resource
        /// Logical IDs of what is done before.
        var dependencies: Set<String>
    }

    private(set) var steps: [Step]
    /// Whether it is known what waits for what.
    let hasOrder: Bool

    /// Of this only the number is known.
    let count: Int

    package init(count: Int) {
        self.count = count
        steps = []
        hasOrder = false
    }

    /// - Parameter graph: what in the template needs what; `nil` where it is not at hand.
    package init(_ plan: Plan, _ graph: DependencyGraph?) {
        // CloudFormation does nothing to a resource that stays as it is, and to one that it only forgets.
        let changes = plan.changes.filter { $0.willChange != .no && $0.policyAction != .retain }
        let isRemoved = Set(changes.filter { $0.action == .remove }.map(\.logicalID))
        let isKept = Set(changes.map(\.logicalID)).subtracting(isRemoved)
        let removedNeeds = isRemoved.reduce(into: [:]) { $0[$1] = Self.needed(by: $1, graph) }
        steps = changes.map { change in
            let operation: ResourceOperation =
                switch change.action {
                case .add: .create
                case .remove: .delete
                default: change.willReplace == .yes ? .create : .update
                }
            // What is removed goes when all else is done, and behind what needs it.
            let dependencies =
                change.action == .remove
                ? isKept.union(isRemoved.filter { removedNeeds[$0]?.contains(change.logicalID) ?? false })
                : Self.needed(by: change.logicalID, graph).intersection(isKept)
            return Step(
                logicalID: change.logicalID, resource: .init(change.logicalID, type: change.type, operation), dependencies: dependencies)
        }
        count = steps.count
        hasOrder = graph != nil
    }

    /// Everything that has to be there first, also by way of what stays as it is.
    private static func needed(by logicalID: String, _ graph: DependencyGraph?) -> Set<String> {
        var needed: Set<String> = []
        var pending = [logicalID]
        while let next = pending.popLast() {
            for name in graph?.dependencies[next] ?? [] where needed.insert(name).inserted { pending.append(name) }
        }
        return needed
    }
}
