/// Two texts line by line, as `diff -u` writes them.
package enum UnifiedDifference {
    /// The hunks between two texts, each with its `@@` line; empty where they are the same.
    /// - Parameter context: how many unchanged lines stand around a change.
    package static func lines(_ before: String, _ after: String, context: Int = 3) -> [String] {
        let old = split(before)
        let new = split(after)
        guard old != new else { return [] }
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var script: [(mark: String, line: String, old: Int, new: Int)] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if removed.contains(left) {
                script.append(("-", old[left], left, right))
                left += 1
            } else if inserted.contains(right) {
                script.append(("+", new[right], left, right))
                right += 1
            } else {
                script.append((" ", old[left], left, right))
                left += 1
                right += 1
            }
        }
        var hunks: [Range<Int>] = []
        for index in script.indices where script[index].mark != " " {
            let hunk = max(0, index - context)..<min(script.count, index + context + 1)
            if let last = hunks.last, last.upperBound >= hunk.lowerBound {
                hunks[hunks.count - 1] = last.lowerBound..<hunk.upperBound
            } else {
                hunks.append(hunk)
            }
        }
        return hunks.flatMap { hunk in
            let lines = script[hunk]
            let oldCount = lines.count { $0.mark != "+" }
            let newCount = lines.count { $0.mark != "-" }
            let oldStart = (lines.first?.old ?? 0) + (oldCount > 0 ? 1 : 0)
            let newStart = (lines.first?.new ?? 0) + (newCount > 0 ? 1 : 0)
            return ["@@ -\(oldStart),\(oldCount) +\(newStart),\(newCount) @@"] + lines.map { $0.mark + $0.line }
        }
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}
