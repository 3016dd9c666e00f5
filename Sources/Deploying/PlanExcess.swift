import Model
package import Planning

extension Plan {
    /// What this plan does that one which was shown before did not, in sentences; empty where that one covers it.
    ///
    /// Another value is no more than was shown, nor is a replacement that was shown as possible; another resource, a removal, a
    /// replacement or a hazard that was not shown is.
    /// - Parameter allowed: logical IDs whose hazards are agreed to.
    package func excess(over shown: Plan, allowed: Set<String> = []) -> [String] {
        var planned: [String: PlannedChange] = [:]
        for var change in shown.changes where change.willChange != .no {
            // What may be replaced, for all that is known, was approved as that.
            if change.willReplace == .unknown { change.willReplace = .yes }
            planned[change.logicalID] = change
        }
        var lines: [String] = []
        for change in changes where change.willChange != .no {
            if let line = Reconciliation.excess(change.asForeseen, over: planned[change.logicalID], in: shown) {
                lines.append(line)
            } else if let nested = change.nested, let before = planned[change.logicalID]?.nested {
                // Hazards inside are those of the outermost plan.
                lines += nested.excess(over: before).map { "in \(change.logicalID), \($0)" }
            }
        }
        let known = Set(shown.hazards.map(HazardIdentity.init))
        lines += hazards.filter { !known.contains(HazardIdentity($0)) && !allowed.contains($0.logicalID) }.map(\.summary)
        return lines
    }
}

/// A hazard without its words, which name values.
private struct HazardIdentity: Hashable {
    var logicalID: String
    var kind: Hazard.Kind

    init(_ hazard: Hazard) {
        logicalID = hazard.logicalID
        kind = hazard.kind
    }
}

extension PlannedChange {
    /// This change in CloudFormation's terms, as far as it is foreseen.
    fileprivate var asForeseen: ResourceChange {
        let foreseen: ResourceChange.Replacement =
            switch willReplace {
            case .yes: .yes
            case .unknown: .conditional
            case .no: .no
            }
        return ResourceChange(
            action: action, logicalID: logicalID, physicalID: physicalID, type: type, replacement: action == .modify ? foreseen : nil,
            policyAction: policyAction, scope: [], details: [])
    }
}
