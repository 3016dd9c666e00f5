/// Two texts line by line: what stays, what goes, what comes.
enum LineDifference {
    private enum Line {
        case kept(String)
        case removed(String)
        case inserted(String)

        var isChange: Bool {
            if case .kept = self { false } else { true }
        }
    }

    /// - Parameter context: how many unchanged lines are shown around a change.
    static func render(_ before: [String], _ after: [String], indent: Int, _ style: Style, context: Int = 3) -> String {
        let space = String(repeating: " ", count: indent)
        let lines = merged(before, after)
        let changes = lines.indices.filter { lines[$0].isChange }
        var text = ""
        var isCut = false
        for (index, line) in lines.enumerated() {
            guard changes.isEmpty || changes.contains(where: { abs($0 - index) <= context }) else {
                if !isCut { text += "\(space)\(style.dim("  …"))\n" }
                isCut = true
                continue
            }
            isCut = false
            switch line {
            case .kept(let line): text += line.isEmpty ? "\n" : "\(space)  \(line)\n"
            case .removed(let line): text += "\(space)\(style.red("- " + line))\n"
            case .inserted(let line): text += "\(space)\(style.green("+ " + line))\n"
            }
        }
        return text
    }

    private static func merged(_ before: [String], _ after: [String]) -> [Line] {
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in after.difference(from: before) {
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
}
