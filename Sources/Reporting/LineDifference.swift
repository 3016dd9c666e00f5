import Model

/// Two texts line by line: what stays, what goes, what comes.
enum LineDifference {
    /// - Parameter context: how many unchanged lines are shown around a change.
    static func render(_ before: [String], _ after: [String], indent: Int, _ style: Style, context: Int = 3) -> String {
        let space = String(repeating: " ", count: indent)
        let lines = mergedLines(before, after)
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
}
