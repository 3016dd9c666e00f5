import Model

/// Two texts in the form that `diff -u` and `git apply` know.
package enum UnifiedDiff {
    private static let context = 3

    /// - Returns: nothing where the two are the same.
    package static func render(_ before: String, _ after: String, names: (String, String), _ style: Style) -> String {
        guard before != after else { return "" }
        let hunks = mergedLines(lines(of: before), lines(of: after)).hunks(context: context)
        var text = style.bold("--- \(names.0.printable)") + "\n" + style.bold("+++ \(names.1.printable)") + "\n"
        for hunk in hunks { text += render(hunk, style) }
        return text
    }

    /// Lines without their ends; what is behind the last end, where there is something, is marked as git marks it.
    private static func lines(of text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" {
            lines.removeLast()
        } else if let last = lines.popLast() {
            lines.append(last + "\n\\ No newline at end of file")
        }
        return lines
    }

    private static func render(_ hunk: MergedHunk, _ style: Style) -> String {
        func place(_ start: Int, _ count: Int) -> String { "\(start)\(count == 1 ? "" : ",\(count)")" }
        let places = "-\(place(hunk.oldStart, hunk.oldCount)) +\(place(hunk.newStart, hunk.newCount))"
        var text = style.cyan("@@ \(places) @@") + "\n"
        for line in hunk.lines {
            switch line {
            case .kept(let line): text += " \(line.printable)\n"
            case .removed(let line): text += style.red("-\(line.printable)") + "\n"
            case .inserted(let line): text += style.green("+\(line.printable)") + "\n"
            }
        }
        return text
    }
}
