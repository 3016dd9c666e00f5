package import Deploying
package import Model
package import Planning

/// Plans as a comment on a pull request: what happens on top, the whole plan folded below.
package enum PlanMarkdown {
    /// - Parameter proposals: the change sets that CloudFormation made of the plans, by address.
    package static func render(_ plans: [Plan], proposals: [StackAddress: ProposedChangeSet] = [:]) -> String {
        plans.map { render($0, proposals[$0.address]) }.joined(separator: "\n")
    }

    /// Remarks, each as a note.
    package static func render(_ notes: [Finding]) -> String {
        notes.map { "\n> [!NOTE]\n> \(escaped("\($0.summary). \($0.detail)"))\n" }.joined()
    }

    private static func render(_ plan: Plan, _ proposal: ProposedChangeSet?) -> String {
        let summary = plan.summary
        var text = "### \(code(plan.address.description))\n\n"
        let status = plan.notes.filter { $0.code == "stack-status" }
        guard plan.hasChanges || proposal?.changeSet.changes.isEmpty == false else { return text + "No changes.\n" + render(status) }
        text +=
            "**\(summary.add)** to add, **\(summary.modify)** to change, **\(summary.replace)** to replace, **\(summary.remove)** to remove; "
            + "\(plan.unchangedCount) unchanged.\n"
        for hazard in plan.hazards {
            text += "\n> [!WARNING]\n> \(escaped(hazard.summary))\(hazard.isProtected ? " (protected in stack.yml)" : "")\n"
        }
        text += render(status)
        let rows = rows(plan, in: "")
        if !rows.isEmpty { text += "\n| | resource | type | why |\n|---|---|---|---|\n\(rows)" }
        if let proposal {
            let agrees = ProposalComparison(plan, proposal.changeSet).agrees
            text +=
                agrees ? "\nCloudFormation's change set agrees.\n" : "\n> [!WARNING]\n> CloudFormation's change set differs, see below.\n"
        }
        let whole = PlanText.render(plan, .plain) + (proposal.map { ProposalText.render(plan, $0, isKept: false, .plain) } ?? "")
        return text + "\n<details><summary>The whole plan</summary>\n\n\(fenced(whole))\n</details>\n"
    }

    /// A row for each change, those in a nested stack behind it as `Network/Vpc`.
    private static func rows(_ plan: Plan, in scope: String) -> String {
        var text = ""
        for change in plan.changes.sorted(by: { PlanText.rank($0) < PlanText.rank($1) }) {
            let causes = Set(change.properties.flatMap { $0.causes.map(\.description) }).sorted().map(code).joined(separator: ", ")
            text += "| \(verb(change)) | \(code(scope + change.logicalID)) | \(code(change.type)) | \(causes) |\n"
            if let nested = change.nested { text += rows(nested, in: "\(scope)\(change.logicalID)/") }
        }
        return text
    }

    private static func verb(_ change: PlannedChange) -> String {
        if change.willChange == .no { return "only listed" }
        let isSure = change.willChange == .yes
        switch change.action {
        case .add: return isSure ? "add" : "may be added"
        case .import: return "import"
        case .remove: return isSure ? "**remove**" : "may be removed"
        case .modify, .dynamic, .syncWithActual:
            if change.willReplace == .yes { return "**replace**" }
            return change.willReplace == .unknown ? "**may be replaced**" : isSure ? "change" : "may change"
        }
    }

    /// As code, whatever is in it; a bar would end the table's cell all the same.
    private static func code(_ text: String) -> String {
        let shown = text.oneLine.replacing("|", with: "\\|")
        return shown.contains("`") ? "`` \(shown) ``" : "`\(shown)`"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.oneLine {
            if "\\`*_{}[]<>#|!".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }

    /// Behind a fence longer than any in the text.
    private static func fenced(_ text: String) -> String {
        var fence = "```"
        while text.contains(fence) { fence += "`" }
        return "\(fence)\n\(text)\(fence)\n"
    }
}
