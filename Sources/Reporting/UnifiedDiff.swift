import Model

/// Two texts in the form that `diff -u` and `git apply` know.
package enum UnifiedDiff {
    private static let context = 3

    private enum Line {
        case kept(String)
        case removed(String)
        case inserted(String)
    }

    /// - Returns: nothing where the two are the same.
    package static func render(_ before: String, _ after: String, names: (String, String), _ style: Style) -> String {
        guard before != after else { return "" }
        let lines = merged(Self.lines(of: before), Self.lines(of: after))
        var text = style.bold("--- \(names.0.printable)") + "\n" + style.bold("+++ \(names.1.printable)") + "\n"
        for hunk in hunks(of: lines) { text += render(hunk, lines, style) }
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

    private static func merged(_ before: [String], _ after: [String]) -> [Line] {
        let difference = after.difference(from: before)
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var lines: [Line] = []
        var (old, new) = (0, 0)
        while old < before.count || new < after.count {
            if removed.contains(old) {
                lines.append(.removed(before[old]))
                old += 1
            } else if inserted.contains(new) {
                lines.append(.inserted(after[new]))
                new += 1
            } else {
                lines.append(.kept(after[new]))
                old += 1
                new += 1
            }
        }
        return lines
    }

    /// Changes with what is around them; those that are near each other together.
    private static func hunks(of lines: [Line]) -> [Range<Int>] {
        var hunks: [Range<Int>] = []
        for (index, line) in lines.enumerated() {
            if case .kept = line { continue }
            let around = max(0, index - context)..<min(lines.count, index + context + 1)
            if let last = hunks.last, last.upperBound >= around.lowerBound {
                hunks[hunks.count - 1] = last.lowerBound..<around.upperBound
            } else {
                hunks.append(around)
            }
        }
        return hunks
    }

    private static func render(_ hunk: Range<Int>, _ lines: [Line], _ style: Style) -> String {
        func counts(_ range: Range<Int>) -> (old: Int, new: Int) {
            var (old, new) = (0, 0)
            for line in lines[range] {
                switch line {
                case .kept: (old, new) = (old + 1, new + 1)
                case .removed: old += 1
                case .inserted: new += 1
                }
            }
            return (old, new)
        }
        let (before, inside) = (counts(0..<hunk.lowerBound), counts(hunk))
        func place(_ before: Int, _ count: Int) -> String { "\(count == 0 ? before : before + 1)\(count == 1 ? "" : ",\(count)")" }
        var text = style.cyan("@@ -\(place(before.old, inside.old)) +\(place(before.new, inside.new)) @@") + "\n"
        for line in lines[hunk] {
            switch line {
            case .kept(let line): text += " \(line.printable)\n"
            case .removed(let line): text += style.red("-\(line.printable)") + "\n"
            case .inserted(let line): text += style.green("+\(line.printable)") + "\n"
            }
        }
        return text
    }
}
