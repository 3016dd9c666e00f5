package import Model

/// Findings as a person reads them: what, where with a caret, why and what to do.
///
///     error: Parameter GithubBranch has no value (missing-parameter)
///       stacks/image-pipeline/pipeline.yml:12:3
///       12 |   GithubBranch:
///          |   ^^^^^^^^^^^^
///       It has no default. Give it a value under `parameters` in stack.yml.
package enum FindingText {
    package static func render(_ findings: [Finding], _ style: Style) -> String {
        findings.map { render($0, style) }.joined()
    }

    package static func render(_ finding: Finding, _ style: Style) -> String {
        let label: String
        switch finding.severity {
        case .error: label = style.red(style.bold("error"))
        case .warning: label = style.yellow(style.bold("warning"))
        case .note: label = style.cyan("note")
        }
        var text = "\(label): \(style.bold(finding.summary.printable)) \(style.dim("(\(finding.code))"))\n"
        if let location = finding.location {
            text += "  \(location.description.printable)\n"
            text += excerpt(finding, location, style)
        }
        if !finding.detail.isEmpty { text += indented(finding.detail.printable) }
        return text
    }

    private static func excerpt(_ finding: Finding, _ location: SourceRange, _ style: Style) -> String {
        guard let line = finding.excerpt, !line.isEmpty else { return "" }
        let number = String(location.start.line)
        let gutter = String(repeating: " ", count: number.count)
        let scalars = Array(line.unicodeScalars)
        let start = min(max(1, location.start.column), scalars.count + 1) - 1
        let end = location.end.line == location.start.line ? max(start, min(location.end.column - 1, scalars.count)) : scalars.count
        // A long line is shown around the place, not from its beginning.
        let window = 120
        let offset = start > window - 20 ? start - 40 : 0
        func shown(_ range: Range<Int>) -> String {
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars[range])
            return String(text).oneLine
        }
        let last = min(offset + window, scalars.count)
        let lead = String(repeating: " ", count: shown(offset..<start).displayWidth)
        let carets = String(repeating: "^", count: max(1, shown(start..<max(start, min(end, last))).displayWidth))
        return "  \(style.dim("\(number) |")) \(shown(offset..<last))\n  \(style.dim("\(gutter) |")) \(lead)\(style.red(carets))\n"
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined()
    }
}
