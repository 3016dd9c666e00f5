import Foundation
package import Model
package import StateDatabase

/// `history template --json`, format version 1.
package struct RecordedTemplateReport: Encodable, Sendable {
    package var formatVersion = 1
    var stack: String
    @OrNull var environment: String?
    var serial: Int
    var digest: String
    var template: String
    /// The local templates it nests, by path; `null` where they were removed to save space.
    @OrNull var nested: [String: String]?

    package init(_ deployment: Deployment, template: String, nested: [(path: String, text: String)]?) {
        stack = deployment.address.stack
        environment = deployment.address.environment
        serial = deployment.serial
        digest = deployment.templateDigest.hex
        self.template = template
        self.nested = nested.map { Dictionary($0.map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first }) }
    }
}

/// `history parameters --json`, format version 1.
package struct RecordedParametersReport: Encodable, Sendable {
    package var formatVersion = 1
    var stack: String
    @OrNull var environment: String?
    var serial: Int
    var parameters: [Parameter]

    struct Parameter: Encodable {
        var name: String
        /// `null` for a secret.
        @OrNull var value: String?
        /// What the parameter store had under the name that the value is.
        @OrNull var storedValue: String?
        var sensitive: Bool
        /// Of a secret: tells whether it is the same in two deployments, and nothing of what it is.
        @OrNull var digest: String?
    }

    package init(_ deployment: Deployment, _ configuration: StackConfiguration) {
        stack = deployment.address.stack
        environment = deployment.address.environment
        serial = deployment.serial
        parameters = configuration.parameters.map { name, value in
            let stored = configuration.storedValues[name]
            return switch value {
            case .plain(let text): Parameter(name: name, value: text, storedValue: stored, sensitive: false, digest: nil)
            case .secret(let digest):
                Parameter(name: name, value: nil, storedValue: stored, sensitive: true, digest: digest.map(Self.shown))
            }
        }
    }

    /// Not the salt and the hash themselves: they are what somebody would guess against.
    private static func shown(_ digest: SecretDigest) -> String { "scrypt:" + String(Digest(of: digest.salt + digest.hash).hex.prefix(12)) }

    package func text(_ style: Style) -> String {
        guard !parameters.isEmpty else { return "The deployment has no parameters.\n" }
        let width = parameters.map(\.name.displayWidth).max() ?? 0
        return parameters.map { parameter in
            let value = parameter.sensitive ? "(sensitive\(parameter.digest.map { ", \($0)" } ?? ""))" : parameter.value ?? ""
            let stored = parameter.storedValue.map { style.dim("  # stored: \($0.oneLine)") } ?? ""
            return "\(parameter.name.printable.padded(to: width)) = \(value.printable)\(stored)\n"
        }.joined()
    }
}

/// `history plan --json` of a deployment that accepted drift, format version 1.
package struct AcceptanceReport: Encodable, Sendable {
    package var formatVersion = 1
    var stack: String
    @OrNull var environment: String?
    var serial: Int
    var accepted: [Acceptance]

    struct Acceptance: Encodable {
        var logicalId: String
        /// Empty for the deletion of the resource.
        var path: String
        /// `null` where the live resource has nothing there.
        @OrNull var value: JSONValue?
        var reason: String
        var by: String
        var at: Date
    }

    package init(_ deployment: Deployment, _ accepted: [AcceptedDrift]) {
        stack = deployment.address.stack
        environment = deployment.address.environment
        serial = deployment.serial
        self.accepted = accepted.map {
            Acceptance(
                logicalId: $0.logicalID, path: $0.path, value: $0.value, reason: $0.reason, by: $0.by, at: $0.acceptedAt)
        }
    }

    package func text(_ style: Style) -> String {
        accepted.map { item in
            let what =
                item.path.isEmpty
                ? "the deletion of \(item.logicalId)" : "\(item.logicalId).\(item.path) = \(item.value?.compactText ?? "nothing")"
            let who = style.dim("# by \(item.by.oneLine), \(TimeText.table(item.at)) UTC")
            return "Accepts \(what.oneLine): \(item.reason.oneLine)  \(who)\n"
        }.joined()
    }
}

/// `history events --json`, format version 1.
package struct RecordedEventsReport: Encodable, Sendable {
    package var formatVersion = 1
    var events: [DeploymentReport.Event]
    /// Whether there were some, and `state gc` has removed them.
    var removed: Bool
    private let recorded: [StackEvent]
    private let start: Date

    private enum CodingKeys: CodingKey { case formatVersion, events, removed }

    package init(_ deployment: Deployment, _ events: [StackEvent], areRemoved: Bool) {
        removed = areRemoved
        let paths = StackPaths(events)
        self.events = events.map { DeploymentReport.Event($0, paths) }
        recorded = events
        start = events.map(\.timestamp).min() ?? deployment.startedAt
    }

    /// - Parameter columns: the width of the screen, which reasons are cut to; `nil` where there is none.
    package func text(_ style: Style, columns: Int? = nil) -> String {
        guard !recorded.isEmpty else {
            return removed
                ? "The events of this deployment were removed by `pipeplan state gc`.\n" : "No events are recorded of this deployment.\n"
        }
        let paths = StackPaths(recorded)
        var table = Table(header: ["AFTER", "RESOURCE", "STATUS", "REASON"])
        for event in recorded {
            table.rows.append([
                Table.Cell(text: "+" + TimeText.duration(event.timestamp.timeIntervalSince(start)), mark: style.dim),
                Table.Cell(text: paths.name(of: event)), Table.Cell(text: event.status.rawValue, mark: event.status.mark(style)),
                Table.Cell(text: event.statusReason ?? ""),
            ])
        }
        return table.render(style, columns: columns)
    }
}
