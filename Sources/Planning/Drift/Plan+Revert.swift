package import Model
package import ResourceTypes

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
        for resource in report.resources {
            if resource.logicalID.contains("/") {
                if resource.isDrifted { plan.notes.append(Self.noteOnNested(resource)) }
                continue
            }
            let index = plan.changes.firstIndex { $0.logicalID == resource.logicalID }
            switch resource.status {
            case .modified:
                if let index {
                    plan.changes[index].revert(resource, types[resource.type])
                } else {
                    var change = PlannedChange(resource)
                    change.revert(resource, types[resource.type])
                    plan.changes.append(change)
                    plan.unchangedCount = max(0, plan.unchangedCount - 1)
                }
            case .deleted:
                guard let index, plan.changes[index].action == .add else { continue }
                // That it has one tells it from a resource that never was.
                plan.changes[index].physicalID = resource.physicalID
                for place in plan.changes[index].properties.indices { plan.changes[index].properties[place].causes = [.drift] }
            case .inSync, .notChecked: continue
            }
            if let excuse = resource.excuse {
                plan.notes.append(
                    Finding(
                        "excused-drift-reverted", .warning,
                        "The drift of \(resource.logicalID) is \(excuse.rawValue), and put right all the same",
                        detail: "A drift-aware change set knows no exceptions. Adopt it with `pipeplan drift adopt` to keep it."))
            }
        }
        return plan
    }

    private static func noteOnNested(_ resource: ResourceDriftReport) -> Finding {
        Finding(
            "nested-drift", .warning, "\(resource.logicalID) has drifted inside a nested stack",
            detail: "Whether CloudFormation puts that right along with the stack around it is not known before. Detection afterwards tells."
        )
    }
}

extension PlannedChange {
    /// Whether this makes a resource again that was deleted past CloudFormation.
    package var isRecreation: Bool { action == .add && physicalID != nil }

    /// A change that does nothing yet.
    fileprivate init(_ resource: ResourceDriftReport) {
        self.init(
            logicalID: resource.logicalID, type: resource.type, physicalID: resource.physicalID, action: .modify, replacement: .no,
            policyAction: nil, listing: .yes, willChange: .yes, willReplace: .no, scope: [], properties: [], details: [],
            detailsWithValues: [], renamedFrom: nil, location: nil)
    }

    /// Adds what puts the drift of a resource right.
    fileprivate mutating func revert(_ resource: ResourceDriftReport, _ type: ResourceType?) {
        guard action == .modify else { return }
        for difference in resource.differences {
            if let index = properties.firstIndex(where: { $0.path == difference.path }) {
                properties[index].before = difference.actual
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
        replacement = ResourceChange.Replacement(of: details, action: action)
        listing = .yes
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
