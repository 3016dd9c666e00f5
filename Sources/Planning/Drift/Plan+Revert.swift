package import Model
import OrderedCollections
package import ResourceTypes
import Templates

extension ChangeCause {
    /// Nothing in the template: the live value is another one than was deployed.
    package static let drift = ChangeCause(.noModification, "drift")
}

extension Plan {
    /// The plan of a drift-aware change set: what puts right everything that a report found, beside what the plan does anyway.
    ///
    /// CloudFormation knows nothing of what is ignored or accepted, and puts that right too. Resources that are gone must be missing in
    /// the recorded stack that the plan was made with, so that they are added again and what refers to them is known.
    package func reverting(_ report: DriftReport, types: ResourceTypeCatalog) -> Plan {
        var plan = self
        plan.revert(report.resources, types)
        return plan
    }

    private mutating func revert(_ resources: [ResourceDriftReport], _ types: ResourceTypeCatalog) {
        var inside: OrderedDictionary<String, [ResourceDriftReport]> = [:]
        for var resource in resources {
            if let slash = resource.logicalID.firstIndex(of: "/") {
                let stack = String(resource.logicalID[..<slash])
                resource.logicalID = String(resource.logicalID[resource.logicalID.index(after: slash)...])
                inside[stack, default: []].append(resource)
            } else if resource.isToRevert {
                revert(resource, types)
            }
        }
        for (logicalID, inside) in inside where inside.contains(where: \.isToRevert) {
            revert(inside, in: logicalID, named: resources.first { $0.logicalID == logicalID }?.physicalID, types)
        }
    }

    private mutating func revert(_ resource: ResourceDriftReport, _ types: ResourceTypeCatalog) {
        let index = changes.firstIndex { $0.logicalID == resource.logicalID }
        if resource.status == .deleted {
            guard let index, changes[index].action == .add else { return }
            // That it has one tells it from a resource that never was.
            changes[index].physicalID = resource.physicalID
            for place in changes[index].properties.indices { changes[index].properties[place].causes = [.drift] }
        } else {
            let type = types[resource.type]
            let reverted = resource.differences.filter { $0.isReverted(type) }
            let kept = resource.differences.filter { !$0.isReverted(type) }
            notes += kept.map { $0.noteOnKept(of: resource.logicalID) }
            guard !reverted.isEmpty else { return }
            if index == nil { unchangedCount = max(0, unchangedCount - 1) }
            let place = index ?? changes.endIndex
            if index == nil { changes.append(PlannedChange(resource, .modify)) }
            changes[place].revert(reverted, type)
        }
        if let excuse = resource.excuse {
            notes.append(
                Finding(
                    "excused-drift-reverted", .warning,
                    "The drift of \(resource.logicalID) is \(excuse.rawValue), and put right all the same",
                    detail: "A drift-aware change set knows no exceptions. Adopt it with `pipeplan drift adopt` to keep it."))
        }
    }

    /// Plans what is put right in a nested stack. CloudFormation's documentation tells neither that a change set for nested stacks too
    /// puts drift right in them nor that it does not: so it may.
    private mutating func revert(
        _ resources: [ResourceDriftReport], in logicalID: String, named physicalID: String?, _ types: ResourceTypeCatalog
    ) {
        guard followed?.contains(logicalID) == true else {
            notes.append(
                Finding(
                    "nested-drift", .warning, "The drift inside the nested stack \(logicalID) is left as it is",
                    detail: "Its template is not named by a path, so that CloudFormation is not asked what it would do inside. "
                        + "Put it right in that stack itself (docs/drift.md)."))
            return
        }
        let found = changes.firstIndex { $0.logicalID == logicalID }
        if let found, changes[found].action != .modify { return }
        var inner = found.flatMap { changes[$0].nested } ?? withoutChanges(in: logicalID, named: physicalID, resources)
        let planned = Set(inner.changes.map(\.logicalID))
        // The plan around it counts what stays in there too.
        let unchangedBefore = inner.unchangedCount
        inner.revert(resources, types)
        for resource in resources where resource.status == .deleted && !resource.logicalID.contains("/") {
            guard !inner.changes.contains(where: { $0.logicalID == resource.logicalID }) else { continue }
            inner.changes.append(PlannedChange(resource, .add))
            inner.unchangedCount -= 1
        }
        for index in inner.changes.indices where !planned.contains(inner.changes[index].logicalID) {
            inner.changes[index].listing = .unknown
            if inner.changes[index].willChange == .yes { inner.changes[index].willChange = .unknown }
        }
        let stack = ResourceDriftReport(logicalID: logicalID, type: TemplateResource.nestedStackType, status: .modified)
        if found == nil {
            var change = PlannedChange(stack, .modify)
            (change.listing, change.willChange) = (.unknown, .unknown)
            changes.append(change)
            unchangedCount -= 1
        }
        unchangedCount = max(0, unchangedCount - (unchangedBefore - inner.unchangedCount))
        changes[found ?? changes.endIndex - 1].nested = inner
        notes.append(
            Finding(
                "nested-drift", .warning, "Whether the drift inside the nested stack \(logicalID) is put right is not known before",
                detail: "CloudFormation is asked to. Detection afterwards tells, and what to do where it has stayed."))
    }

    /// A plan of the same stack in which nothing happens.
    package var withoutChanges: Plan {
        var plan = self
        (plan.changes, plan.notes, plan.parameters, plan.outputs, plan.conditions) = ([], [], [], [], [])
        (plan.tags, plan.settings, plan.hazards, plan.access) = ([], [], [], [])
        return plan
    }

    /// The plan of a nested stack in which nothing happens, which is planned through as far as something in it has drifted.
    /// - Parameter resources: what is known to be in it.
    private func withoutChanges(in logicalID: String, named physicalID: String?, _ resources: [ResourceDriftReport]) -> Plan {
        var plan = withoutChanges
        plan.stackName = physicalID.flatMap(Planner.stackName) ?? logicalID
        plan.unchangedCount = resources.count
        let stacks = resources.filter(\.isToRevert).compactMap { resource in
            resource.logicalID.firstIndex(of: "/").map { resource.logicalID[..<$0] }
        }
        plan.followed = stacks.isEmpty ? nil : Set(stacks.map(String.init)).sorted()
        return plan
    }
}

extension ResourceDriftReport {
    /// Whether a drift-aware change set has anything to put right of it, be it excused or not.
    fileprivate var isToRevert: Bool { status == .modified || status == .deleted }
}

extension PlannedChange {
    /// Whether this makes a resource again that was deleted past CloudFormation.
    package var isRecreation: Bool { action == .add && physicalID != nil }

    /// A change that does nothing yet.
    fileprivate init(_ resource: ResourceDriftReport, _ action: ResourceChange.Action) {
        self.init(
            logicalID: resource.logicalID, type: resource.type, physicalID: resource.physicalID, action: action,
            replacement: action == .modify ? .no : nil,
            policyAction: nil, listing: .yes, willChange: .yes, willReplace: .no, scope: [], properties: [], details: [],
            detailsWithValues: [], renamedFrom: nil, location: nil)
    }

    /// Adds what puts differences right.
    fileprivate mutating func revert(_ differences: [DriftDifference], _ type: ResourceType?) {
        guard action == .modify else { return }
        for difference in differences {
            if let index = properties.firstIndex(where: { $0.path == difference.path }) {
                properties[index].before = difference.actual
                if properties[index].after == difference.actual, properties[index].known { properties[index].willChange = .no }
                continue
            }
            let recreation = type.map { $0.recreation(at: difference.components) } ?? .conditionally
            properties.append(
                PropertyChange(
                    path: difference.path, pointer: difference.pointer, before: difference.actual, after: difference.expected, known: true,
                    sensitive: difference.sensitive, requiresReplacement: recreation, causes: [.drift], willChange: .yes))
            let detail = ChangeDetail(
                attribute: "Properties", name: difference.components.first, recreation: recreation, evaluation: .static,
                source: .noModification)
            if !details.contains(detail) {
                details.append(detail)
                detailsWithValues = (detailsWithValues ?? []) + [detail]
            }
            switch recreation {
            case .always: willReplace = .yes
            case .conditionally: if willReplace == .no { willReplace = .unknown }
            case .never: break
            }
        }
        if !scope.contains("Properties") { scope.append("Properties") }
        listing = .yes
        guard properties.contains(where: { $0.willChange != .no }) else {
            // The template says what is live: CloudFormation takes note of that, and leaves the resource alone.
            action = .syncWithActual
            (willChange, willReplace, replacement) = (.no, .no, nil)
            return
        }
        replacement = ResourceChange.Replacement(of: details, action: action)
        willChange = .yes
    }
}

extension ResourceType {
    fileprivate func recreation(at components: [String]) -> ChangeDetail.Recreation {
        switch updateBehavior(at: PropertyPath(components)) {
        case .replacement: .always
        case .conditionalReplacement: .conditionally
        case .noInterruption: .never
        }
    }
}

extension DriftDifference {
    /// Whether a drift-aware change set puts it right (user guide, Using drift-aware change sets, Considerations).
    fileprivate func isReverted(_ type: ResourceType?) -> Bool { !isAddedTag && type?.recreation(at: components) != .always }

    /// A tag that the template says nothing of.
    private var isAddedTag: Bool {
        guard expected == nil, let last = steps.last else { return false }
        return last.isItem && Int(last.name) == nil
    }

    fileprivate func noteOnKept(of logicalID: String) -> Finding {
        Finding(
            "drift-not-reverted", .warning, "\(logicalID).\(path) is not put right",
            detail: isAddedTag
                ? "CloudFormation leaves tags alone whose keys are not in the template. Remove it by hand, or name it under `ignoreDrift`."
                : "The property can't be changed without replacing the resource, and CloudFormation reverts no drift of such. "
                    + "Adopt it with `pipeplan drift adopt`, or put it right by hand.")
    }

    /// The steps of the path: `Tags[env].Value` is `Tags`, `env`, `Value`.
    private var steps: [(name: String, isItem: Bool)] {
        var steps: [(name: String, isItem: Bool)] = []
        var name = ""
        var isItem = false
        func end() {
            if !name.isEmpty { steps.append((name, isItem)) }
            name = ""
        }
        for character in path {
            switch character {
            case "." where !isItem: end()
            case "[" where !isItem:
                end()
                isItem = true
            case "]" where isItem:
                end()
                isItem = false
            default: name.append(character)
            }
        }
        end()
        return steps
    }

    /// As a schema writes the path, `*` for items.
    fileprivate var components: [String] { steps.map { $0.isItem ? "*" : $0.name } }

    fileprivate var pointer: String {
        "/Properties"
            + steps.map { "/" + $0.name.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
    }
}
