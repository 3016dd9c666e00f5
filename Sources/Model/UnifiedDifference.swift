/// Two texts line by line, as `diff -u` writes them.
package enum UnifiedDifference {
    /// The hunks between two texts, each with its `@@` line; empty where they are the same.
    /// - Parameter context: how many unchanged lines stand around a change.
    package static func lines(_ before: String, _ after: String, context: Int = 3) -> [String] {
        mergedLines(split(before), split(after)).hunks(context: context).flatMap { hunk in
            ["@@ -\(hunk.oldStart),\(hunk.oldCount) +\(hunk.newStart),\(hunk.newCount) @@"]
                + hunk.lines.map { line in
                    switch line {
                    case .kept(let text): " " + text
                    case .removed(let text): "-" + text
                    case .inserted(let text): "+" + text
                    }
                }
        }
    }

    /// By line feeds, also behind carriage returns, which are part of no line.
    private static func split(_ text: String) -> [String] {
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}
