package import Deploying
package import Model

/// How the stacks of one run ended, a line each.
package enum ScheduleText {
    /// - Parameters:
    ///   - remarks: what there is to say of stacks that were begun.
    ///   - done: what has come of those that went through.
    package static func render(
        _ schedule: DeploymentSchedule, remarks: [StackAddress: String], done: String = "applied", _ style: Style
    ) -> String {
        var table = Table(header: ["STACK", "RESULT", "WHY"])
        var counts: [String: Int] = [:]
        for (address, standing) in schedule.standings {
            let (word, mark) = result(standing, done, style)
            counts[word, default: 0] += 1
            let why = schedule.reason(of: address) ?? remarks[address] ?? ""
            table.rows.append([
                Table.Cell(text: address.description), Table.Cell(text: word, mark: mark), Table.Cell(text: why.printable),
            ])
        }
        let order = [done, "unchanged", "failed", "refused", "interrupted", "skipped"]
        let summary = order.compactMap { word in counts[word].map { "\($0) \(word)" } }.joined(separator: ", ")
        return "\n\(table.render(style))\n\(style.bold("Stacks:")) \(summary).\n"
    }

    private static func result(_ standing: DeploymentSchedule.Standing, _ done: String, _ style: Style) -> (String, (String) -> String) {
        switch standing {
        case .ended(let ending):
            switch ending {
            case .applied: (done, style.green)
            case .unchanged: (ending.rawValue, style.dim)
            case .failed: (ending.rawValue, style.red)
            case .refused: (ending.rawValue, style.red)
            case .interrupted: (ending.rawValue, style.yellow)
            }
        // What still waits or runs was left when the run was interrupted.
        case .waiting, .running, .skipped: ("skipped", style.yellow)
        }
    }
}
