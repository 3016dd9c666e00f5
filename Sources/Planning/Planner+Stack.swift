package import Model
import OrderedCollections
package import ResourceTypes
package import Templates

/// The parts of a plan that are no resources.
extension Planner {
    func tagChanges() -> [ValueChange] {
        let before = recorded?.tags ?? [:]
        let names = desired.tags.keys + before.keys.filter { desired.tags[$0] == nil }
        return names.compactMap { name in
            before[name] == desired.tags[name] ? nil : ValueChange(name: name, before: before[name], after: desired.tags[name])
        }
    }

    func settingChanges() -> [ValueChange] {
        var changes: [ValueChange] = []
        func compare(_ name: String, _ before: String?, _ after: String?) {
            if before != after { changes.append(ValueChange(name: name, before: before, after: after)) }
        }
        func list(_ items: [String]) -> String? { items.isEmpty ? nil : items.joined(separator: ", ") }
        compare("notificationArns", recorded.flatMap { list($0.notificationArns) }, list(desired.notificationArns))
        // A new stack has none unless it is asked for: only then is it worth a line.
        let isProtected = desired.terminationProtection
        compare(
            "terminationProtection", recorded.map { String($0.terminationProtection) },
            recorded == nil && !isProtected ? nil : String(isProtected))
        compare("stackPolicy", recorded?.stackPolicy?.canonicalText, desired.stackPolicy?.canonicalText)
        compare("rollback", recorded?.rollback?.canonicalText, desired.rollback?.canonicalText)
        compare(Plan.capabilities, recorded.flatMap { list($0.capabilities.sorted()) }, list(desired.capabilities.sorted()))
        return changes
    }

    /// Conditions that come out differently, the new ones and those that are gone among them.
    mutating func conditionChanges() -> [ValueChange] {
        guard let recordedTemplate else { return [] }
        func text(_ holds: Bool?) -> String { holds.map(String.init) ?? "(unknown)" }
        var changes: [ValueChange] = []
        for name in desired.template.conditions.keys {
            let before = recordedTemplate.conditions[name] == nil ? nil : text(now.holds(name))
            let after = text(listed.holds(name))
            if before != after { changes.append(ValueChange(name: name, before: before, after: after)) }
        }
        for name in recordedTemplate.conditions.keys where desired.template.conditions[name] == nil {
            changes.append(ValueChange(name: name, before: text(now.holds(name)), after: nil))
        }
        return changes
    }
}

/// Plans the removal of a whole stack: every resource in reverse order of need, and every output.
/// - Throws: `Problem` where the recorded template can't be read, which only a damaged state leads to.
package func planDestroy(_ recorded: RecordedStack, protected: Set<String>, types: ResourceTypeCatalog) throws -> Plan {
    try planDestroy(recorded, in: "", protected: protected, types: types)
}

/// - Parameter folder: where the recorded template is, from the outermost one.
func planDestroy(
    _ recorded: RecordedStack, in folder: String, protected: Set<String>, types: ResourceTypeCatalog
) throws -> Plan {
    let file = "recorded template of \(recorded.address) (\(recorded.serial))"
    let template = try recorded.readTemplate(file: file)
    var empty = template
    // Its text tells that it is not the recorded one.
    empty.source = SourceText(file: file, text: "")
    empty.transforms = []
    empty.parameters = [:]
    empty.conditions = [:]
    empty.resources = [:]
    empty.outputs = [:]
    let desired = DesiredStack(
        address: recorded.address, stackName: recorded.stackName, region: recorded.region, template: empty, tags: recorded.tags,
        capabilities: recorded.capabilities, notificationArns: recorded.notificationArns,
        terminationProtection: recorded.terminationProtection, protected: protected)
    var planner = try Planner(desired, recorded: recorded, types: types, detail: [])
    planner.recordedFolder = folder
    var result = try planner.plan(DependencyGraph(empty)) { _ in [] }
    result.kind = .destroy
    result.parameters = []
    result.conditions = []
    if result.changes.isEmpty { result.changes = remains(of: recorded) }
    let order = DependencyGraph(template).order ?? []
    let rank = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    result.changes.sort { rank[$0.logicalID] ?? 0 > rank[$1.logicalID] ?? 0 }
    return result
}

/// The removal of what is recorded of a stack whose template never took effect, or that can only be made anew.
private func remains(of recorded: RecordedStack) -> [PlannedChange] {
    recorded.resources.filter { $0.status != "DELETE_COMPLETE" }.map { resource in
        PlannedChange(
            logicalID: resource.logicalID, type: resource.type, physicalID: resource.physicalID, action: .remove, policyAction: .delete,
            listing: .yes, willChange: .yes, willReplace: .no, scope: [], properties: [], details: [], detailsWithValues: [])
    }
}

extension RecordedStack {
    /// The recorded template; one without resources where none ever took effect.
    /// - Parameter file: what it is called in messages.
    package func readTemplate(file: String) throws -> Template {
        guard isEmpty else { return try Template.read(templateBody, file: file).get() }
        var template = try Template.read(#"{"Resources": {"None": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}"#, file: file)
            .get()
        template.source = SourceText(file: file, text: templateBody)
        template.resources = [:]
        return template
    }
}
