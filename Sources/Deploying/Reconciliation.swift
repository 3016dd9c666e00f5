package import Model
package import Planning

/// How the change set that CloudFormation made compares with the plan that was approved.
package struct Reconciliation: Hashable, Sendable {
    /// Something CloudFormation would do to a resource that the plan did not show.
    package struct Excess: Hashable, Sendable {
        /// The resource, with the nested stacks it is in: `Network/Topic`.
        package var name: String
        package var sentence: String
        /// What it would make of the resource's properties, where that was asked for.
        package var values: [UnplannedValue] = []
    }

    package var excesses: [Excess]
    /// Planned changes CloudFormation does not list: harmless, and told.
    package var notListed: [String]
    /// The endpoint does not say whether modified resources are replaced, as emulators do.
    package var lacksReplacementDetail: Bool

    /// Nested stacks of whose change sets the endpoint tells nothing, though it was asked, as emulators do.
    package var lacksNestedDetail: [String] = []

    /// The excesses in sentences.
    package var unplanned: [String] { excesses.map(\.sentence) }

    /// Whether the change set does no more than what was approved.
    package var isCovered: Bool { excesses.isEmpty }

    /// - Parameters:
    ///   - plan: what was approved.
    ///   - actual: what CloudFormation would execute.
    ///   - isRetry: whether the stack holds what a failed operation has left: what was to be added may be there already then.
    package init(_ plan: Plan, _ actual: ChangeSet, isRetry: Bool = false) {
        self.init(plan, actual, isRetry, within: "")
    }

    private init(_ plan: Plan, _ actual: ChangeSet, _ isRetry: Bool, within path: String) {
        var planned: [String: PlannedChange] = [:]
        for change in plan.changes { planned[change.logicalID] = change }
        excesses = actual.changes.compactMap { change in
            if isRetry, change.action == .modify, change.replacement != .yes, planned[change.logicalID]?.action == .add { return nil }
            return Self.excess(change, over: planned[change.logicalID], in: plan, within: path).map {
                Excess(name: path + change.logicalID, sentence: $0)
            }
        }
        let listed = Set(actual.changes.map(\.logicalID))
        notListed = plan.changes.filter { $0.listedByCloudFormation && !listed.contains($0.logicalID) }.map { path + $0.logicalID }
        let modified = actual.changes.filter { $0.action == .modify }
        lacksReplacementDetail = !modified.isEmpty && modified.allSatisfy { $0.replacement == nil }
        for change in actual.changes where change.action != .remove && plan.followed?.contains(change.logicalID) == true {
            guard let inner = actual.nested?[change.logicalID] else {
                // Nobody asked for it, as of a change set that was made before.
                if actual.nested != nil { lacksNestedDetail.append(path + change.logicalID) }
                continue
            }
            // Nothing is planned inside a stack that is only looked into.
            let approved = planned[change.logicalID]?.nested ?? plan.withoutChanges
            let nested = Reconciliation(approved, inner, isRetry, within: "\(path)\(change.logicalID)/")
            excesses += nested.excesses
            notListed += nested.notListed
            lacksNestedDetail += nested.lacksNestedDetail
        }
    }

    /// What CloudFormation would do to a resource that the plan does not show, in a sentence; `nil` where there is nothing.
    /// - Parameter path: that leads to the nested stack it is in, as `Network/`.
    package static func excess(
        _ actual: ResourceChange, over planned: PlannedChange?, in plan: Plan, within path: String = ""
    ) -> String? {
        let what = "\(path)\(actual.logicalID) (\(actual.type))"
        // The resource is not touched: the template says what is live already.
        if actual.action == .syncWithActual { return nil }
        // What is in it was planned too, and stays.
        if planned == nil, actual.isOnlyLookedInto, plan.followed?.contains(actual.logicalID) == true { return nil }
        guard let planned else { return "\(what) would be \(actual.action.participle), and is not in the plan" }
        let isAnyUpdate = planned.action == .dynamic || planned.isRecreation
        guard planned.action == actual.action || (isAnyUpdate && actual.action == .modify) else {
            return "\(what) would be \(actual.action.participle), not \(planned.action.participle)"
        }
        if let policy = actual.policyAction, let approved = planned.policyAction, approved.keepsSomething, !policy.keepsSomething {
            return "\(what) would be deleted for good, and not be \(approved.participle)"
        }
        guard actual.action == .modify, !planned.isRecreation, let replacement = actual.replacement else { return nil }
        let approved = max(planned.replacement?.severity ?? 0, planned.willReplace.severity)
        guard replacement.severity > approved else { return nil }
        return replacement == .yes ? "\(what) would be replaced" : "\(what) might be replaced"
    }
}

extension ResourceChange {
    /// Whether this is a nested stack that CloudFormation lists for no other reason than that its template might be another one
    /// (API reference, ResourceChangeDetail: ChangeSource Automatic).
    fileprivate var isOnlyLookedInto: Bool {
        type == "AWS::CloudFormation::Stack" && action == .modify && replacement != .yes && !details.isEmpty
            && details.allSatisfy { $0.source == .automatic }
    }
}

extension ResourceChange.Action {
    package var participle: String {
        switch self {
        case .add: "added"
        case .modify: "modified"
        case .remove: "removed"
        case .import: "imported"
        case .dynamic: "changed in a way known only then"
        case .syncWithActual: "recorded as it is"
        }
    }
}

extension ResourceChange.PolicyAction {
    fileprivate var keepsSomething: Bool { self != .delete && self != .replaceAndDelete }

    fileprivate var participle: String {
        switch self {
        case .retain, .replaceAndRetain: "retained"
        case .snapshot, .replaceAndSnapshot: "kept as a snapshot"
        case .delete, .replaceAndDelete: "deleted"
        }
    }
}

extension ResourceChange.Replacement {
    fileprivate var severity: Int {
        switch self {
        case .no: 0
        case .conditional: 1
        case .yes: 2
        }
    }
}

extension Certainty {
    fileprivate var severity: Int {
        switch self {
        case .no: 0
        case .unknown: 1
        case .yes: 2
        }
    }
}
