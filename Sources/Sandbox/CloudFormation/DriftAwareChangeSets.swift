import Foundation
import Model
import OrderedCollections
import ResourceTypes

/// Change sets with the deployment mode `REVERT_DRIFT`: they compare with the resources as they are.
extension CloudFormationService {
    func checkDeploymentMode(_ mode: String?, _ type: String) throws {
        guard let mode else { return }
        guard mode == "REVERT_DRIFT" else {
            throw APIFailure.validation(
                "1 validation error detected: Value '\(mode)' at 'deploymentMode' failed to satisfy constraint: Member must satisfy enum value set: [REVERT_DRIFT]"
            )
        }
        guard type == "UPDATE" else {
            throw APIFailure.validation("Deployment mode REVERT_DRIFT is only supported for change sets of type UPDATE")
        }
    }

    /// The stack with its resources as they are, and without those that are gone.
    func asItIs(_ stack: StackRecord) throws -> StackRecord {
        var actual = stack
        for record in stack.content.resources.values where record.exists && DriftComparison.supports(record.type) {
            if let live = try cloud.liveResource(record.type, record.physicalID, region: stack.region) {
                let properties = DriftComparison.revertible(
                    live.properties, beside: record.properties, ResourceTypeCatalog.bundled[record.type])
                actual.content.resources[record.logicalID]?.properties = properties
            } else {
                actual.content.resources[record.logicalID]?.physicalID = ""
            }
        }
        return actual
    }

    /// What the change set lists: what differs from the live resources. Where a template now says what is live already, only
    /// CloudFormation's own record changes (API reference, ResourceChange: SyncWithActual).
    func driftAwareChanges(_ target: Target, of stack: StackRecord) throws -> [ListedChange] {
        let actual = try asItIs(stack)
        let usual = Dictionary(try changes(target, of: stack).map { ($0.logicalID, $0) }, uniquingKeysWith: { first, _ in first })
        var listed: [ListedChange] = []
        var seen: Set<String> = []
        for var change in try changes(target, of: actual) {
            seen.insert(change.logicalID)
            change.driftStatus = driftStatus(of: change.logicalID, stack, actual)
            let named = Self.targets(usual[change.logicalID])
            change.withoutValues = change.withoutValues.map { Self.attributed($0, except: named) }
            change.withValues = change.withValues.map { Self.attributed($0, except: named) }
            listed.append(change)
        }
        for var change in usual.values where !seen.contains(change.logicalID) {
            change.driftStatus = driftStatus(of: change.logicalID, stack, actual)
            change.withoutValues = change.withoutValues.map(Self.synchronized)
            change.withValues = change.withValues.map(Self.synchronized)
            listed.append(change)
        }
        return listed.sorted { $0.logicalID < $1.logicalID }
    }

    private func driftStatus(of logicalID: String, _ stack: StackRecord, _ actual: StackRecord) -> String? {
        guard let before = stack.content.resources[logicalID], let now = actual.content.resources[logicalID] else { return nil }
        return now.physicalID.isEmpty ? "DELETED" : now.properties == before.properties ? "IN_SYNC" : "MODIFIED"
    }

    private static func targets(_ change: ListedChange?) -> Set<String> {
        Set((change?.withoutValues?.details ?? []).map { "\($0.attribute) \($0.name ?? "")" })
    }

    /// Details that no edit of the template has made are drift's.
    private static func attributed(_ change: ResourceChange, except named: Set<String>) -> ResourceChange {
        var change = change
        for index in change.details.indices {
            let detail = change.details[index]
            if !named.contains("\(detail.attribute) \(detail.name ?? "")") { change.details[index].source = .noModification }
        }
        return change
    }

    private static func synchronized(_ change: ResourceChange) -> ResourceChange {
        guard change.action == .modify else { return change }
        var change = change
        change.action = .syncWithActual
        change.replacement = nil
        change.policyAction = nil
        for index in change.details.indices { change.details[index].attributeChangeType = "SyncWithActual" }
        return change
    }
}
