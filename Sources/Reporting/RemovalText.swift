package import Deploying
import Model

/// What is found out about stacks before they are deleted, as a person reads it.
package enum RemovalText {
    package static func render(_ surveys: [RemovalSurvey], _ style: Style) -> String {
        let names = surveys.count > 1
        var text = ""
        let kept = surveys.flatMap { survey in survey.kept.map { (survey.address, $0) } }
        if !kept.isEmpty {
            text += "\n  \(style.bold("Stays in AWS"))\n"
            var table = Table(header: ["RESOURCE", "TYPE", "PHYSICAL ID", ""])
            for (address, resource) in kept {
                let cells = [
                    names ? "\(address) \(resource.logicalID)" : resource.logicalID, resource.type, resource.physicalID ?? "",
                    resource.isSnapshot ? "as a snapshot" : "",
                ]
                table.rows.append(cells.map { Table.Cell(text: $0.printable) })
            }
            for line in table.render(style).split(separator: "\n") { text += "      \(line)\n" }
        }
        let unchecked = surveys.flatMap(\.unchecked)
        return text + (unchecked.isEmpty ? "" : "\n" + FindingText.render(unchecked, style))
    }
}
