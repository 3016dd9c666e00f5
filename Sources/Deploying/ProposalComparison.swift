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
            if expected.map({ $0.listing == .unknown || $0.willChange == .unknown }) == true {
                return Row(change: change, standing: .wasUnknown)
            }
            return Row(change: change, standing: Reconciliation.excess(change, over: expected).map { .more($0) } ?? .asPlanned)
        }
        let listed = Set(actual.changes.map(\.logicalID))
        notListed = plan.changes.filter { $0.listing == .yes && !listed.contains($0.logicalID) }.map(\.logicalID)
    }

    /// Whether the two say the same, as far as the plan says anything.
    package var agrees: Bool { notListed.isEmpty && rows.allSatisfy { if case .more = $0.standing { false } else { true } } }
}
