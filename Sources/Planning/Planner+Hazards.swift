import Model
import OrderedCollections
import ResourceTypes
import Templates

/// What of a plan can do harm.
extension Planner {
    typealias Properties = OrderedDictionary<String, Value>

    /// - Parameter importers: the stacks known to import a value exported under a name.
    mutating func hazards(
        of changes: [PlannedChange], importers: (_ exportName: String) throws -> [StackAddress]
    ) rethrows -> (hazards: [Hazard], access: [AccessChange]) {
        var hazards: [Hazard] = []
        var access: [AccessChange] = []
        for change in changes where change.willChange != .no {
            hazards += loss(change)
            // What a macro makes of the template is anybody's guess.
            guard !isOpaque else { continue }
            let before = recordedTemplate?.resources[change.logicalID].map { properties(of: $0, &now) }
            let after = change.action == .remove ? nil : desired.template.resources[change.logicalID].map { properties(of: $0, &real) }
            let old = change.action == .add ? nil : before
            func add(_ kind: Hazard.Kind, _ summary: String) {
                hazards.append(
                    Hazard(logicalID: change.logicalID, type: change.type, kind: kind, summary: summary, isProtected: false))
            }
            clash(change, old, after).map { add(.nameClash, $0) }
            let rows = accessChanges(logicalID: change.logicalID, type: change.type, before: old, after: after)
            access += rows
            if recorded != nil, rows.contains(where: \.widens) { add(.widerAccess, "\(change.logicalID) gives wider access") }
            for exposure in exposures(logicalID: change.logicalID, type: change.type, before: old, after: after) {
                add(.publicAccess, exposure.summary)
            }
        }
        return (hazards + losses(of: discarded) + (try lostExports(importers)), access)
    }

    private func loss(_ change: PlannedChange) -> [Hazard] {
        let isProtected = desired.protected.contains(change.logicalID)
        let isRemoved = change.action == .remove && change.policyAction == .delete && change.willChange == .yes
        // That a macro may replace anything is said once, and not of every resource.
        let isReplaced = change.action == .modify && (change.willReplace == .yes || change.willReplace == .unknown && !isOpaque)
        guard isRemoved || isReplaced || (isProtected && change.action == .remove) else { return [] }
        let loss = DataHolding.loss(of: change.type)
        guard loss != nil || isProtected else { return [] }
        let what = change.action == .remove ? "is removed" : change.willReplace == .yes ? "is replaced" : "may be replaced"
        let kept = change.policyAction == .replaceAndRetain ? "; the old one is retained" : ""
        return [
            Hazard(
                logicalID: change.logicalID, type: change.type,
                summary: "\(change.logicalID) \(what)\(loss.map { ": \($0) would be lost" } ?? "")\(kept)", isProtected: isProtected)
        ]
    }

    /// What goes with a stack that can only be deleted, be it to be made anew.
    private mutating func losses(of discarded: RecordedStack?) -> [Hazard] {
        guard let discarded else { return [] }
        let template = try? discarded.readTemplate(file: "recorded template of \(discarded.address) (\(discarded.serial))")
        return discarded.resources.filter { $0.status != "DELETE_COMPLETE" }.compactMap { resource in
            let loss = DataHolding.loss(of: resource.type)
            let isProtected = desired.protected.contains(resource.logicalID)
            guard loss != nil || isProtected,
                removalPolicy(template?.resources[resource.logicalID], of: resource.type) == .delete
            else { return nil }
            return Hazard(
                logicalID: resource.logicalID, type: resource.type,
                summary: "\(resource.logicalID) is deleted with the stack\(loss.map { ": \($0) would be lost" } ?? "")",
                isProtected: isProtected)
        }
    }

    private mutating func clash(_ change: PlannedChange, _ before: Properties?, _ after: Properties?) -> String? {
        guard let type = types[change.type], let after else { return nil }
        if let before {
            return nameClash(logicalID: change.logicalID, type: type, before: before, after: after, willReplace: change.willReplace)
        }
        guard let old = change.renamedFrom, let resource = recordedTemplate?.resources[old] else { return nil }
        return nameClash(renaming: old, to: change.logicalID, type: type, before: properties(of: resource, &now), after: after)
    }

    /// CloudFormation refuses to take away an export that another stack imports, and to give it another value.
    private mutating func lostExports(_ importers: (String) throws -> [StackAddress]) rethrows -> [Hazard] {
        var exporting: [String: TemplateOutput] = [:]
        for output in desired.template.outputs.values where real.holds(output.condition) != false {
            if let name = output.exportName.flatMap({ real.value(of: $0).text }) { exporting[name] = output }
        }
        return try (recorded?.outputs ?? []).compactMap { output in
            guard let name = output.exportName else { return nil }
            let after = exporting[name]
            if let after, !certainlyChanges(output, to: after) { return nil }
            let stacks = try importers(name)
            guard !stacks.isEmpty else { return nil }
            return Hazard(
                logicalID: output.key, type: "AWS::CloudFormation::Output", kind: .exportInUse,
                summary: "The export \(name) \(after == nil ? "goes away" : "gets another value"), and "
                    + "\(stacks.map(\.description).joined(separator: ", ")) imports it: CloudFormation will fail. Take it out of there first.",
                isProtected: false)
        }
    }

    private mutating func certainlyChanges(_ stored: StackOutput, to output: TemplateOutput) -> Bool {
        let change = valueChange(from: recordedTemplate?.outputs[stored.key], to: output, stored.value)
        return change.map { $0.willChange == nil } ?? false
    }

    /// Everything a resource is given, evaluated.
    func properties(of resource: TemplateResource, _ evaluator: inout Evaluator) -> Properties {
        var properties: Properties = [:]
        for property in resource.properties {
            let value = evaluator.value(of: property.value)
            if value != .noValue { properties[property.key] = value }
        }
        return properties
    }
}
