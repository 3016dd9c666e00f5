package import Foundation
package import Model

/// A drift report as a person reads it.
package enum DriftText {
    /// - Parameter now: to tell how old the report is; `nil` where it was made just now.
    package static func render(_ report: DriftReport, _ style: Style, now: Date? = nil) -> String {
        var text = "\(style.bold(report.address.description)) → stack \(report.stackName) in \(report.region), "
        text += "compared with deployment \(report.serial)"
        if let now { text += ", \(age(report.checkedAt, now)) by \(report.checkedBy.oneLine)" }
        text += "\n"
        text += stack(report, style)
        for resource in report.resources where resource.status == .modified || resource.status == .deleted {
            text += self.resource(resource, style)
        }
        text += unchecked(report, style)
        return text + "\n" + conclusion(report, style) + "\n"
    }

    /// `checked 5m 03s ago`.
    package static func age(_ time: Date, _ now: Date) -> String {
        "checked \(TimeText.duration(now.timeIntervalSince(time))) ago"
    }

    private static func stack(_ report: DriftReport, _ style: Style) -> String {
        var text = ""
        if let failure = report.failure { text += "\n  \(style.red("!")) Not checked: \(failure.oneLine)\n" }
        guard let status = report.stackStatus else {
            if report.failure == nil { text += "\n  \(style.red("-")) The stack itself is gone: it was deleted past pipeplan.\n" }
            return text
        }
        if status != report.recordedStatus {
            text += "\n  \(style.yellow("~")) Status: \(report.recordedStatus) → \(status)\n"
        }
        if let outside = report.outside { text += "\n" + OutsideChangeText.render(outside, style) }
        return text
    }

    static func mark(_ line: String, _ style: Style) -> String {
        let line = line.oneLine
        return line.hasPrefix("+")
            ? style.green(line) : line.hasPrefix("-") ? style.red(line) : line.hasPrefix("@") ? style.cyan(line) : line
    }

    /// Unified lines for a terminal.
    package static func unified(_ lines: [String], _ style: Style) -> String {
        lines.map { mark($0, style) + "\n" }.joined()
    }

    private static func resource(_ resource: ResourceDriftReport, _ style: Style) -> String {
        let excuse = resource.excuse
        let isDeleted = resource.status == .deleted
        let symbol = excuse != nil ? style.dim("·") : isDeleted ? style.red("-") : style.yellow("~")
        var remarks = [isDeleted ? "deleted past CloudFormation" : ""].filter { !$0.isEmpty }
        if resource.check == .cloudControl { remarks.append("read through Cloud Control API") }
        if let excuse { remarks.append(excuse.rawValue) }
        let end = remarks.isEmpty ? "" : "  \(style.dim("# \(remarks.joined(separator: ", "))"))"
        var text = "\n  \(symbol) \(style.bold(resource.logicalID))  \(resource.type.printable)\(end)\n"
        for difference in resource.differences { text += line(difference, style) }
        if let reason = resource.reason, !isDeleted || excuse == .accepted { text += "      \(style.dim("# \(reason.oneLine)"))\n" }
        return text
    }

    private static func line(_ difference: DriftDifference, _ style: Style) -> String {
        let symbol =
            switch (difference.verdict, difference.expected, difference.actual) {
            case (.ignored, _, _), (.accepted, _, _): style.dim("·")
            case (_, nil, _): style.green("+")
            case (_, _, nil): style.red("-")
            default: style.yellow("~")
            }
        let head = "      \(symbol) \(difference.path.printable):"
        var remark = ""
        if difference.verdict != .drift {
            remark = "  " + style.dim("# \(difference.verdict.rawValue)\(difference.reason.map { ": \($0.oneLine)" } ?? "")")
        }
        if difference.sensitive { return "\(head) (sensitive)\(remark)\n" }
        let before = difference.expected.map { ValueText.render($0, known: true, style) }
        let after = difference.actual.map { ValueText.render($0, known: true, style) }
        guard let before else { return head + (after.map { ValueText.placed($0, indent: 8) } ?? "") + remark + "\n" }
        guard let after else { return head + ValueText.placed(before, indent: 8) + remark + "\n" }
        if before.count == 1, after.count == 1 { return "\(head) \(before[0]) → \(after[0])\(remark)\n" }
        return "\(head)\(remark)\n" + LineDifference.render(before, after, indent: 10, style)
    }

    /// What was not checked, by reason.
    private static func unchecked(_ report: DriftReport, _ style: Style) -> String {
        var reasons: [(reason: String, resources: [ResourceDriftReport])] = []
        for resource in report.resources where resource.status == .notChecked {
            let reason = resource.reason ?? "No reason is known"
            if let index = reasons.firstIndex(where: { $0.reason == reason }) {
                reasons[index].resources.append(resource)
            } else {
                reasons.append((reason, [resource]))
            }
        }
        guard !reasons.isEmpty else { return "" }
        var text = "\n  \(style.bold("Not checked"))\n"
        for (reason, resources) in reasons {
            text += "      \(style.dim("# \(reason.oneLine)"))\n"
            for resource in resources { text += "      ? \(resource.logicalID)  \(resource.type.printable)\n" }
        }
        return text
    }

    /// `Drift: 1 modified, 1 deleted; 12 in sync, 1 not checked; 2 ignored, 1 accepted.`
    static func conclusion(_ report: DriftReport, _ style: Style) -> String {
        let summary = report.summary
        let counts =
            "\(summary.modified) modified, \(summary.deleted) deleted; \(summary.inSync) in sync, \(summary.notChecked) not checked"
        let excused = [(summary.ignored, "ignored"), (summary.accepted, "accepted")].filter { $0.0 > 0 }.map { "\($0) \($1)" }
        let tail = excused.isEmpty ? "" : "; \(excused.joined(separator: ", "))"
        let head =
            switch report.status {
            case .inSync: style.green("In sync:")
            case .drifted: style.yellow("Drift:")
            case .deleted: style.red("Gone:")
            case .notChecked: style.red("Not checked:")
            }
        if report.status == .notChecked { return "\(style.bold(head)) none of its resources." }
        return "\(style.bold(head)) \(counts)\(tail)."
    }
}

/// Drift reports as a comment or an issue.
package enum DriftMarkdown {
    package static func render(_ reports: [DriftReport]) -> String { reports.map(render).joined(separator: "\n") }

    private static func render(_ report: DriftReport) -> String {
        var text = "### `\(report.address)`\n\n\(DriftText.conclusion(report, .plain))\n"
        if let failure = report.failure { text += "\n> [!WARNING]\n> Not checked: \(cell(failure))\n" }
        if report.status == .deleted { text += "\n> [!WARNING]\n> The stack itself is gone.\n" }
        if let outside = report.outside {
            text += "\n> [!WARNING]\n> The stack was changed past pipeplan"
            text += outside.isDifferent ? ".\n" : "; its template is the recorded one.\n"
            for parameter in outside.parameterDifference ?? [] {
                text += "> Parameter `\(cell(parameter.name))`: recorded `\(cell(parameter.recorded))`, live `\(cell(parameter.live))`.\n"
            }
        }
        let drifted = report.resources.filter(\.isDrifted)
        if !drifted.isEmpty {
            text += "\n| resource | type | status | property | expected | live |\n|---|---|---|---|---|---|\n"
            for resource in drifted {
                let head = "| `\(cell(resource.logicalID))` | `\(cell(resource.type))` | \(resource.statusText) |"
                if resource.status == .deleted { text += "\(head) | | |\n" }
                for difference in resource.counted {
                    text += "\(head) `\(cell(difference.path))` | \(value(difference.expected)) | \(value(difference.actual)) |\n"
                }
            }
        }
        var whole = DriftText.render(report, .plain)
        var fence = "```"
        while whole.contains(fence) { fence += "`" }
        whole = "\(fence)\n\(whole)\(fence)\n"
        return text + "\n<details><summary>The whole report</summary>\n\n\(whole)\n</details>\n"
    }

    private static func value(_ value: JSONValue?) -> String {
        guard let value else { return "none" }
        let text = cell(value.compactText.truncated(to: 80))
        return text.contains("`") ? "`` \(text) ``" : "`\(text)`"
    }

    private static func cell(_ text: String) -> String { text.oneLine.replacing("|", with: "\\|") }
}

/// When resources of a stack drifted, and when they were put right.
package enum DriftHistoryText {
    /// - Parameter reports: newest first.
    package static func render(_ reports: [DriftReport], _ style: Style) -> String {
        guard let last = reports.first else { return "Its drift was never detected. `pipeplan drift` does.\n" }
        let episodes = DriftEpisode.of(reports)
        let checks = "\(reports.count) report\(reports.count == 1 ? "" : "s"), the last at \(TimeText.table(last.checkedAt)) UTC"
        guard !episodes.isEmpty else { return "No drift in \(checks).\n" }
        var table = Table(header: ["RESOURCE", "STATUS", "LAST IN SYNC (UTC)", "FOUND (UTC)", "ENDED (UTC)", "HOW", "WHAT"])
        for episode in episodes {
            let isOpen = episode.end == nil
            let row: [Table.Cell] = [
                Table.Cell(text: episode.logicalID, mark: style.bold),
                Table.Cell(text: episode.status.rawValue, mark: { isOpen ? style.yellow($0) : style.dim($0) }),
                Table.Cell(text: episode.lastInSyncAt.map(TimeText.table) ?? "-"),
                Table.Cell(text: TimeText.table(episode.foundAt)),
                Table.Cell(text: episode.endedAt.map(TimeText.table) ?? "-"),
                Table.Cell(text: how(episode), mark: { isOpen ? style.yellow($0) : style.green($0) }),
                Table.Cell(text: what(episode).truncated(to: 80)),
            ]
            table.rows.append(row)
        }
        return table.render(style) + "\nBy \(checks).\n"
    }

    private static func how(_ episode: DriftEpisode) -> String {
        switch episode.end {
        case nil: "drifted still"
        case .putRight: episode.endedByDeployment.map { "put right by deployment \($0)" } ?? "put right by hand"
        case .ignored: "ignored"
        case .accepted: "accepted"
        }
    }

    private static func what(_ episode: DriftEpisode) -> String {
        episode.differences.map { difference in
            let before = difference.expected?.compactText ?? "none"
            let after = difference.actual?.compactText ?? "none"
            return "\(difference.path): \(before) → \(after)"
        }.joined(separator: "; ").oneLine
    }
}
