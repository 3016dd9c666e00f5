import Foundation
package import Model
package import Planning
package import StateDatabase

/// `history blame --json`, format version 1.
package struct BlameReport: Encodable, Sendable {
    package var formatVersion = 1
    var stack: String
    @OrNull var environment: String?
    var resources: [Resource]
    private let deployments: [Int: Deployment]

    private enum CodingKeys: CodingKey { case formatVersion, stack, environment, resources }

    struct Resource: Encodable {
        var logicalId: String
        var type: String
        /// The deployment that brought it, and the one that last changed something about it.
        var since: Int
        var lastChanged: Change
        var properties: [Property]
    }

    struct Property: Encodable {
        var name: String
        var value: JSONValue
        var lastChanged: Change
    }

    struct Change: Encodable {
        var serial: Int
        @OrNull var startedAt: Date?
        @OrNull var user: String?
        @OrNull var commit: String?
    }

    /// - Parameter deployments: those of the stack, to tell who made them.
    package init(_ address: StackAddress, _ resources: [Blame.Resource], _ deployments: [Deployment]) {
        stack = address.stack
        environment = address.environment
        let known = Dictionary(deployments.map { ($0.serial, $0) }, uniquingKeysWith: { first, _ in first })
        self.deployments = known
        func change(_ serial: Int) -> Change {
            let deployment = known[serial]
            return Change(
                serial: serial, startedAt: deployment?.startedAt, user: deployment.map { "\($0.actor.user)@\($0.actor.host)" },
                commit: deployment?.git?.commit)
        }
        self.resources = resources.map { resource in
            Resource(
                logicalId: resource.logicalID, type: resource.type, since: resource.since, lastChanged: change(resource.serial),
                properties: resource.properties.map { Property(name: $0.name, value: $0.value, lastChanged: change($0.serial)) })
        }
    }

    package func text(_ style: Style) -> String {
        guard !resources.isEmpty else { return "The stack has no resources.\n" }
        func isDirty(_ change: Change) -> Bool { deployments[change.serial]?.git?.isDirty ?? false }
        var table = Table(header: ["DEPLOYMENT", "STARTED (UTC)", "BY", "COMMIT", "WHAT"])
        func row(_ change: Change, _ what: String, _ mark: @escaping (String) -> String) {
            table.rows.append([
                Table.Cell(text: String(change.serial)), Table.Cell(text: change.startedAt.map(TimeText.table) ?? "-"),
                Table.Cell(text: (change.user ?? "-").oneLine.truncated(to: 24)),
                Table.Cell(text: change.commit.map { String($0.prefix(8)) + (isDirty(change) ? "*" : "") } ?? "-", mark: style.dim),
                Table.Cell(text: what, mark: mark),
            ])
        }
        for resource in resources {
            row(resource.lastChanged, "\(resource.logicalId)  \(resource.type)", style.bold)
            for property in resource.properties {
                row(property.lastChanged, "  \(property.name) = \(property.value.compactText)".oneLine.truncated(to: 100)) { $0 }
            }
        }
        return table.render(style)
    }
}
