package import Model

/// What was done to a stack past pipeplan, in lines.
package enum OutsideChangeText {
    /// - Parameter limit: the most lines of the template's difference; the rest is counted.
    package static func render(_ change: OutsideChange, _ style: Style, lines limit: Int = .max) -> String {
        let time = change.updatedAt.map { "at \(TimeText.table($0)) UTC" }
        let words: [String?] =
            if let id = change.changeSetID { ["by the change set \(id)", time] } else { [time, "without a change set that is recorded"] }
        let told = words.compactMap(\.self).joined(separator: ", ").oneLine
        var text = "  \(style.yellow("~")) The stack was changed past pipeplan \(told)\n"
        let parameters = change.parameterDifference
        guard change.isDifferent else {
            return text + "      its template\(parameters == nil ? " is the recorded one" : " and parameters are the recorded ones")\n"
        }
        if !change.templateDifference.isEmpty { text += "      its template differs from the recorded one:\n" }
        for line in change.templateDifference.prefix(limit) { text += "      \(DriftText.mark(line, style))\n" }
        if change.templateDifference.count > limit { text += "      … and \(change.templateDifference.count - limit) more lines\n" }
        for parameter in parameters ?? [] {
            let values = "recorded \(quoted(parameter.recorded)), live \(quoted(parameter.live))"
            text += "      \("parameter \(parameter.name): \(values)".oneLine)\n"
        }
        return text
    }

    private static func quoted(_ value: String) -> String { JSONValue.string(value).compactText }
}
