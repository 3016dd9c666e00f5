package import Foundation
package import Model

/// What is known of the drift of a stack that a plan is about.
package struct KnownDrift: Hashable, Sendable {
    /// One place of a resource that the plan touches.
    package struct ThreeWay: Hashable, Sendable {
        package var logicalID: String
        package var type: String
        /// Empty where the resource was deleted.
        package var path: String
        package var live: JSONValue?
        package var recorded: JSONValue?
        package var desired: JSONValue?
        package var sensitive: Bool
        package var isDeleted: Bool { path.isEmpty }
    }

    package var address: StackAddress
    package var checkedAt: Date
    /// The recorded deployment that the stack was compared with; others may have come since.
    package var serial: Int
    /// Whether that is the one that the plan is based on.
    package var isCurrent: Bool
    package var touched: [ThreeWay]
    /// Drifted resources that the plan does not touch, and so leaves as they are.
    package var untouched: [String]

    /// - Returns: `nil` where the report knows of no drift that counts.
    package init?(_ plan: Plan, _ report: DriftReport) {
        address = plan.address
        checkedAt = report.checkedAt
        serial = report.serial
        isCurrent = report.serial == plan.basedOnSerial
        touched = []
        untouched = []
        let changes = plan.changesByPath
        for resource in report.resources where resource.isDrifted {
            // What is removed or made anew has no drift any more.
            let change = changes[resource.logicalID]
            guard let change, change.willChange != .no else {
                untouched.append(resource.logicalID)
                continue
            }
            if change.action == .remove || change.willReplace == .yes { continue }
            guard resource.status == .modified else {
                touched.append(
                    ThreeWay(
                        logicalID: resource.logicalID, type: resource.type, path: "", live: nil, recorded: nil, desired: nil,
                        sensitive: false))
                continue
            }
            for difference in resource.counted {
                let planned = change.properties.first { $0.path == difference.path || difference.path.isBelow($0.path) }
                let desired = planned.map { $0.path == difference.path ? $0.after : $0.after?.value(at: difference.path, below: $0.path) }
                touched.append(
                    ThreeWay(
                        logicalID: resource.logicalID, type: resource.type, path: difference.path, live: difference.actual,
                        recorded: difference.expected, desired: desired ?? difference.expected,
                        sensitive: difference.sensitive || planned?.sensitive == true))
            }
        }
        guard !touched.isEmpty || !untouched.isEmpty else { return nil }
    }
}

extension Plan {
    /// The changes, those in nested stacks under names such as `Network/Table`.
    package var changesByPath: [String: PlannedChange] {
        var changes: [String: PlannedChange] = [:]
        for change in self.changes {
            changes[change.logicalID] = change
            for (path, inner) in change.nested?.changesByPath ?? [:] { changes["\(change.logicalID)/\(path)"] = inner }
        }
        return changes
    }
}

extension String {
    fileprivate func isBelow(_ path: String) -> Bool {
        hasPrefix(path) && [".", "["].contains(dropFirst(path.count).first)
    }
}

extension JSONValue {
    /// The value at a path of a plan below another one: `Environment.URL` below `Environment` is the member `URL`.
    fileprivate func value(at path: String, below outer: String) -> JSONValue? {
        var value: JSONValue? = self
        for step in path.dropFirst(outer.count).split(whereSeparator: { ".[]".contains($0) }) {
            switch value {
            case .object(let members)?: value = members[String(step)]
            case .array(let items)?:
                let tagged = items.first { $0["Key"]?.scalarText == String(step) }
                value = tagged ?? Int(step).flatMap { items.indices.contains($0) ? items[$0] : nil }
            default: return nil
            }
        }
        return value
    }
}
