package import Deploying
import Model

/// What CloudFormation would do beyond a plan, as whoever is asked about it reads it.
package enum ExcessText {
    /// The most properties that are told of a resource.
    private static let most = 12

    /// One text for each, of one or more lines.
    package static func lines(_ reconciliation: Reconciliation, _ style: Style) -> [String] {
        reconciliation.excesses.map { excess in
            var lines = [excess.sentence.oneLine]
            for value in excess.values.prefix(most) { lines.append("      \(line(value, style))") }
            if excess.values.count > most { lines.append("      … and \(excess.values.count - most) more") }
            return lines.joined(separator: "\n")
        }
    }

    private static func line(_ value: UnplannedValue, _ style: Style) -> String {
        let symbol = value.before == nil ? style.green("+") : value.after == nil ? style.red("-") : style.yellow("~")
        let shown = [value.before, value.after].compactMap { $0.map(text) }
        return "\(symbol) \(value.path.oneLine): \(Set(shown).count == 1 ? shown[0] : shown.joined(separator: " → "))"
    }

    private static func text(_ value: JSONValue) -> String {
        value == DriftDifference.hidden ? "(sensitive)" : value.compactText.oneLine.truncated(to: 100)
    }
}
