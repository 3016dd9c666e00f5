package import Deploying
import Model
package import Planning

/// The change set that CloudFormation made of a plan, beside that plan.
package enum ProposalText {
    /// - Parameter isKept: whether the change set waits to be executed; otherwise it is deleted again.
    package static func render(_ plan: Plan, _ proposal: ProposedChangeSet, isKept: Bool, _ style: Style) -> String {
        let comparison = ProposalComparison(plan, proposal.changeSet)
        var text = "\n  \(style.bold("CloudFormation's change set"))\(style.dim(isKept ? " \(proposal.name.printable)" : ""))\n"
        if proposal.changeSet.saysNothingChanges { text += "      \(style.dim("CloudFormation finds nothing to change."))\n" }
        var table = Table(header: ["", "RESOURCE", "TYPE", "REPLACED", "CHANGES", "BESIDE THE PLAN"])
        for row in comparison.rows { table.rows.append(cells(row, style)) }
        if !table.rows.isEmpty {
            for line in table.render(style).split(separator: "\n") { text += "      \(line)\n" }
        }
        for name in comparison.notListed { text += "      \(style.yellow("?")) \(name.printable) is planned, and not listed\n" }
        if comparison.rows.isEmpty, proposal.changeSet.status == "CREATE_COMPLETE" {
            text += "      It changes no resource; what changes besides, such as outputs and tags, CloudFormation does not list.\n"
        }
        guard plan.hasChanges || !comparison.rows.isEmpty else { return text }
        return text + "      "
            + (comparison.agrees ? style.green("The two agree.") : style.yellow("The two differ; what is executed is the change set."))
            + "\n"
    }

    private static func cells(_ row: ProposalComparison.Row, _ style: Style) -> [Table.Cell] {
        let change = row.change
        let names = change.details.compactMap { $0.name ?? ($0.attribute == "Properties" ? nil : $0.attribute) }
        var seen: Set<String> = []
        let changed = names.filter { seen.insert($0).inserted }.joined(separator: ", ")
        let standing =
            switch row.standing {
            case .asPlanned: Table.Cell(text: "as planned", mark: style.dim)
            case .wasUnknown: Table.Cell(text: "was unknown", mark: style.yellow)
            case .more(let sentence): Table.Cell(text: sentence.printable, mark: style.red)
            }
        var replaced = Table.Cell(text: change.replacement?.rawValue ?? "")
        if change.replacement == .yes { replaced.mark = style.red }
        return [
            sign(change.action, style), Table.Cell(text: change.logicalID.printable), Table.Cell(text: change.type.printable), replaced,
            Table.Cell(text: changed.printable.truncated(to: 60)), standing,
        ]
    }

    private static func sign(_ action: ResourceChange.Action, _ style: Style) -> Table.Cell {
        switch action {
        case .add: Table.Cell(text: "+", mark: style.green)
        case .import: Table.Cell(text: "<-", mark: style.cyan)
        case .remove: Table.Cell(text: "-", mark: style.red)
        case .modify, .dynamic, .syncWithActual: Table.Cell(text: "~", mark: style.yellow)
        }
    }
}
