package import Model
package import Planning
import Templates

/// How each change of the change set that CloudFormation made stands to the plan.
package struct ProposalComparison: Hashable, Sendable {
    package enum Standing: Hashable, Sendable {
        case asPlanned
        /// The plan could not tell.
        case wasUnknown
        /// More than the plan shows, in a sentence.
        case more(String)
    }

    package struct Row: Hashable, Sendable {
        package var change: ResourceChange
        package var standing: Standing
    }

    package var rows: [Row]
    /// Logical IDs the plan expects to be listed and that are not.
    package var notListed: [String]

    package init(_ plan: Plan, _ actual: ChangeSet) {
        var planned: [String: PlannedChange] = [:]
        for change in plan.changes { planned[change.logicalID] = change }
        rows = actual.changes.map { change in
            let expected = planned[change.logicalID]
            if let excess = Reconciliation.excess(change, over: expected, in: plan) { return Row(change: change, standing: .more(excess)) }
            let wasUnknown = expected.map { $0.listing == .unknown || $0.willChange == .unknown } ?? false
            return Row(change: change, standing: wasUnknown ? .wasUnknown : .asPlanned)
        }
        let listed = Set(actual.changes.map(\.logicalID))
        notListed = plan.changes.filter { $0.listing == .yes && !listed.contains($0.logicalID) }.map(\.logicalID)
    }

    /// Whether the two say the same, as far as the plan says anything.
    package var agrees: Bool { notListed.isEmpty && rows.allSatisfy { if case .more = $0.standing { false } else { true } } }
}

extension ChangeSet {
    /// The resources of which nothing is left as it was: those that are removed, and those that are certainly replaced.
    package var lost: [ResourceChange] { changes.filter { $0.action == .remove || $0.replacement == .yes } }
}
