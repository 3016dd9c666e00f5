package import Model
import OrderedCollections

/// Whose account of a plan's changes.
package enum ChangeSetView: String, CaseIterable, Sendable {
    /// What DescribeChangeSet lists.
    case aws
    /// What it lists when asked for property values, with which it lists fewer changes.
    case awsValues = "aws-values"
    /// What will really happen.
    case real
}

extension Plan {
    /// This plan in the terms of DescribeChangeSet. A change that can't be foretold has the action Dynamic and no details.
    package func changeSet(_ view: ChangeSetView) -> ChangeSet {
        let listed = changes.compactMap { view == .real ? $0.realChange : $0.listedChange(withValues: view == .awsValues) }
        // What changes no resource can be executed all the same: outputs, tags.
        guard listed.isEmpty, !hasChanges else {
            return ChangeSet(status: "CREATE_COMPLETE", statusReason: unknownReason, executionStatus: "AVAILABLE", changes: listed)
        }
        return ChangeSet(
            status: "FAILED",
            statusReason: "The submitted information didn't contain changes. Submit different information to create a change set.",
            executionStatus: "UNAVAILABLE", changes: [])
    }

    /// `Unknown offline: DerivedParameter (the stored value of /image)`; `nil` where everything is known.
    private var unknownReason: String? {
        let unknown = changes.filter { $0.willChange == .unknown || $0.listing == .unknown }.map { change in
            let reasons = change.properties.compactMap(\.unknownBecause)
            return reasons.first.map { "\(change.logicalID) (\($0))" } ?? change.logicalID
        }
        return unknown.isEmpty ? nil : "Unknown offline: \(unknown.joined(separator: ", "))"
    }
}

extension PlannedChange {
    fileprivate func listedChange(withValues: Bool) -> ResourceChange? {
        switch listing {
        case .no: return nil
        case .unknown: return dynamicChange
        case .yes:
            guard let details = withValues ? detailsWithValues : details else { return nil }
            let replacement = ResourceChange.Replacement(of: details, action: action)
            return ResourceChange(
                action: action, logicalID: logicalID, physicalID: physicalID, type: type, replacement: replacement,
                policyAction: action == .modify && replacement != .yes ? nil : policyAction, scope: scope, details: details,
                beforeContext: withValues ? contexts?.before?.compactText : nil,
                afterContext: withValues ? contexts?.after?.compactText : nil)
        }
    }

    fileprivate var realChange: ResourceChange? {
        switch willChange {
        case .no: return nil
        case .unknown: return dynamicChange
        case .yes:
            guard action == .modify else {
                return ResourceChange(
                    action: action, logicalID: logicalID, physicalID: physicalID, type: type, policyAction: policyAction)
            }
            let details = properties.filter { $0.willChange != .no }.flatMap(\.realDetails)
            return ResourceChange(
                action: action, logicalID: logicalID, physicalID: physicalID, type: type, replacement: willReplace.replacement,
                policyAction: willReplace == .yes ? policyAction : nil, scope: Array(OrderedSet(details.map(\.attribute))), details: details
            )
        }
    }

    private var dynamicChange: ResourceChange {
        ResourceChange(action: .dynamic, logicalID: logicalID, physicalID: physicalID, type: type)
    }
}

extension PropertyChange {
    fileprivate var realDetails: [ChangeDetail] {
        let steps = pointer.split(separator: "/").map(String.init)
        let attribute = steps.first ?? "Properties"
        return causes.map { cause in
            ChangeDetail(
                attribute: attribute, name: attribute == "Properties" && steps.count > 1 ? steps[1] : nil, path: pointer,
                recreation: requiresReplacement, beforeValue: before?.changeSetText, afterValue: after?.changeSetText,
                attributeChangeType: before == nil ? "Add" : after == nil ? "Remove" : "Modify",
                evaluation: willChange == .yes ? .static : .dynamic, source: cause.source,
                causingEntity: cause.source == .directModification ? nil : cause.entity)
        }
    }
}

extension JSONValue {
    /// As DescribeChangeSet writes values: a scalar as it is, anything else as JSON.
    var changeSetText: String { scalarText ?? compactText }
}

extension Certainty {
    fileprivate var replacement: ResourceChange.Replacement {
        switch self {
        case .yes: .yes
        case .unknown: .conditional
        case .no: .no
        }
    }
}
