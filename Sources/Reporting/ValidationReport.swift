package import Model

/// `validate --json`, format version 1.
package struct ValidationReport: Encodable, Sendable {
    package var formatVersion = 1
    var targets: [Target] = []

    struct Target: Encodable {
        /// The stack or file as it was named.
        var target: String
        var valid: Bool
        var findings: [Finding]
    }

    package init() {}

    package mutating func add(_ target: String, findings: [Finding]) {
        targets.append(Target(target: target, valid: !findings.contains { $0.severity == .error }, findings: findings))
    }

    package var isValid: Bool { targets.allSatisfy(\.valid) }

    /// Each finding once: several environments share a template.
    package func text(_ style: Style) -> String {
        var told: Set<Finding> = []
        var text = ""
        for target in targets {
            let new = target.findings.filter { told.insert($0).inserted }
            text += FindingText.render(new, style)
            let result = target.valid ? style.green("valid") : style.red("not valid")
            text += "\(style.bold(target.target)): \(result)\n"
        }
        return text
    }
}
