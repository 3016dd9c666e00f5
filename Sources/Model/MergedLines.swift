/// A line of two texts that are laid over each other.
package enum MergedLine: Hashable, Sendable {
    case kept(String)
    case removed(String)
    case inserted(String)

    package var isChange: Bool {
        if case .kept = self { false } else { true }
    }

    /// Whether the text before has it.
    package var isInOld: Bool {
        if case .inserted = self { false } else { true }
    }

    /// Whether the text behind has it.
    package var isInNew: Bool {
        if case .removed = self { false } else { true }
    }
}

/// Lays two texts over each other: what stays, what goes, what comes, where lines change first those that go.
package func mergedLines(_ before: [String], _ after: [String]) -> [MergedLine] {
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in after.difference(from: before) {
        switch change {
        case .remove(let offset, _, _): removed.insert(offset)
        case .insert(let offset, _, _): inserted.insert(offset)
        }
    }
    var lines: [MergedLine] = []
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

extension [MergedLine] {
    /// Stretches of changes with what is around them, as `diff -u` has them; those that touch are one.
    package func hunks(context: Int) -> [MergedHunk] {
        var ranges: [Range<Int>] = []
        for index in indices where self[index].isChange {
            let around = Swift.max(0, index - context)..<Swift.min(count, index + context + 1)
            if let last = ranges.last, last.upperBound >= around.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<around.upperBound
            } else {
                ranges.append(around)
            }
        }
        return ranges.map { range in
            let earlier = self[..<range.lowerBound]
            return MergedHunk(
                oldBefore: earlier.count(where: \.isInOld), newBefore: earlier.count(where: \.isInNew), lines: Array(self[range]))
        }
    }
}

/// A stretch of changes, and how many lines of each text come before it.
package struct MergedHunk: Hashable, Sendable {
    package var oldBefore: Int
    package var newBefore: Int
    package var lines: [MergedLine]

    package var oldCount: Int { lines.count(where: \.isInOld) }
    package var newCount: Int { lines.count(where: \.isInNew) }
    /// The number of its first line in each text; of the line before it, where it has none there.
    package var oldStart: Int { oldBefore + (oldCount > 0 ? 1 : 0) }
    package var newStart: Int { newBefore + (newCount > 0 ? 1 : 0) }
}
