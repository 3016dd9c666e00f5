package import Model
package import StateDatabase

/// `outputs --json`, format version 1.
package struct OutputsReport: Encodable, Sendable {
    package var formatVersion = 1
    var stacks: [Stack]

    struct Stack: Encodable {
        var stack: String
        @OrNull var environment: String?
        var serial: Int
        var outputs: [String: Output]
    }

    struct Output: Encodable {
        var value: String
        @OrNull var description: String?
        @OrNull var exportName: String?
    }

    package init(_ stacks: [RecordedStack]) {
        self.stacks = stacks.map { stack in
            Stack(
                stack: stack.address.stack, environment: stack.address.environment, serial: stack.serial,
                outputs: Dictionary(
                    stack.outputs.map { ($0.key, Output(value: $0.value, description: $0.description, exportName: $0.exportName)) },
                    uniquingKeysWith: { first, _ in first }))
        }
    }

    package static func text(_ stacks: [RecordedStack], _ style: Style) -> String {
        stacks.map { stack in
            let title = stacks.count > 1 ? style.bold(stack.address.description) + "\n" : ""
            let indent = stacks.count > 1 ? "  " : ""
            guard !stack.outputs.isEmpty else { return "\(title)\(indent)\(style.dim("no outputs"))\n" }
            let width = stack.outputs.map(\.key.printable.displayWidth).max() ?? 0
            return title + stack.outputs.map { "\(indent)\($0.key.printable.padded(to: width)) = \($0.value.printable)\n" }.joined()
        }.joined(separator: "\n")
    }
}

/// `state list --json` and `state show --json`, format version 1.
package struct StateReport: Encodable, Sendable {
    package var formatVersion = 1
    @OrNull var lineage: String?
    var stacks: [Stack]
    private let recorded: [RecordedStack]

    private enum CodingKeys: CodingKey { case formatVersion, lineage, stacks }

    struct Stack: Encodable {
        var stack: String
        @OrNull var environment: String?
        var stackName: String
        @OrNull var stackId: String?
        var region: String
        @OrNull var accountId: String?
        var serial: Int
        /// `false` where that deployment was made without the team's share and is not published yet: it may get another serial then.
        var published: Bool
        var status: String
        var parameters: [String: String]
        var tags: [String: String]
        var resources: [Resource]
        var outputs: [String: String]
    }

    struct Resource: Encodable {
        var logicalId: String
        var type: String
        @OrNull var physicalId: String?
        var status: String
    }

    /// - Parameter unpublished: the deployments that were made without the team's share and are not published yet.
    package init(_ stacks: [RecordedStack], lineage: String?, unpublished: [Deployment] = []) {
        self.lineage = lineage
        recorded = stacks
        self.stacks = stacks.map { stack in
            Stack(
                stack: stack.address.stack, environment: stack.address.environment, stackName: stack.stackName, stackId: stack.stackID,
                region: stack.region, accountId: stack.accountID, serial: stack.serial,
                published: !unpublished.contains { $0.address == stack.address && $0.serial == stack.serial },
                status: stack.status.rawValue,
                parameters: Dictionary(uniqueKeysWithValues: stack.parameters.map { ($0, $1.shown) }),
                tags: Dictionary(uniqueKeysWithValues: stack.tags.map { ($0, $1) }),
                resources: stack.resources.map {
                    Resource(logicalId: $0.logicalID, type: $0.type, physicalId: $0.physicalID, status: $0.status.rawValue)
                },
                outputs: Dictionary(stack.outputs.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }))
        }
    }

    /// The stacks, one a line.
    package func list(_ style: Style) -> String {
        guard !recorded.isEmpty else { return "No stack is recorded.\n" }
        var table = Table(header: ["STACK", "STACK NAME", "REGION", "SERIAL", "STATUS", "RESOURCES"])
        for (stack, report) in zip(recorded, stacks) {
            table.rows.append([
                Table.Cell(text: stack.address.description, mark: style.bold), Table.Cell(text: stack.stackName),
                Table.Cell(text: stack.region), Table.Cell(text: String(stack.serial) + (report.published ? "" : ", not published")),
                Table.Cell(text: stack.status.rawValue, mark: stack.status.mark(style)), Table.Cell(text: String(stack.resources.count)),
            ])
        }
        return table.render(style)
    }

    /// Everything recorded of each stack.
    package func details(_ style: Style) -> String {
        zip(recorded, stacks).map { stack, report in
            let deployment = "deployment \(stack.serial)\(report.published ? "" : ", not published")"
            var text = "\(style.bold(stack.address.description)) \(style.dim("(\(deployment))"))\n"
            text +=
                "  \(stack.stackName.printable) in \(stack.region.printable): \(stack.status.mark(style)(stack.status.rawValue.printable))\n"
            if let id = stack.stackID { text += "  \(style.dim(id.printable))\n" }
            text += section("Parameters", stack.parameters.map { ($0, $1.shown) }, style)
            text += section("Tags", stack.tags.map { ($0, $1) }, style)
            if !stack.resources.isEmpty {
                text += "\n  \(style.bold("Resources"))\n"
                var table = Table(header: ["    LOGICAL ID", "TYPE", "STATUS", "PHYSICAL ID"])
                for resource in stack.resources {
                    table.rows.append([
                        Table.Cell(text: "    " + resource.logicalID), Table.Cell(text: resource.type),
                        Table.Cell(text: resource.status.rawValue, mark: resource.status.mark(style)),
                        Table.Cell(text: resource.physicalID ?? ""),
                    ])
                }
                text += table.render(style)
            }
            text += section("Outputs", stack.outputs.map { ($0.key, $0.value) }, style)
            return text
        }.joined(separator: "\n")
    }

    private func section(_ title: String, _ values: [(String, String)], _ style: Style) -> String {
        guard !values.isEmpty else { return "" }
        return "\n  \(style.bold(title))\n" + values.map { "    \($0.printable) = \($1.printable)\n" }.joined()
    }
}

extension RecordedParameter {
    fileprivate var shown: String {
        switch self {
        case .plain(let text): text
        case .secret: "(sensitive)"
        }
    }
}
