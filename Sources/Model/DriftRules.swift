package import Foundation

/// Drift that does not matter, as `ignoreDrift` in stack.yml names it.
///
/// In a pattern `*` stands for any text and `?` for one character; everything else for itself.
package struct DriftIgnoreRule: Hashable, Sendable, Codable {
    /// A pattern for logical IDs: `Service`, `Network/*`.
    package var resource: String
    /// A pattern for paths, which counts for everything below them too; `nil` for the resource as a whole, its deletion included.
    package var path: String?
    /// A pattern for the live value, as text; `nil` for any.
    package var value: String?

    package init(resource: String, path: String? = nil, value: String? = nil) {
        self.resource = resource
        self.path = path
        self.value = value
    }

    /// Reads `Resource` or `Resource.Path`.
    package init(text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(resource: String(parts[0]), path: parts.count > 1 ? String(parts[1]) : nil)
    }

    func covers(_ difference: DriftDifference, of logicalID: String) -> Bool {
        guard resource.covers(logicalID), path.map({ $0.covers(path: difference.path) }) ?? true else { return false }
        guard let value else { return true }
        // Of a secret nothing is said, not even whether a pattern fits it.
        guard !difference.sensitive else { return false }
        return value.covers(difference.actual.map { $0.scalarText ?? $0.compactText } ?? "")
    }

    func coversDeletion(of logicalID: String) -> Bool { path == nil && value == nil && resource.covers(logicalID) }
}

/// A live value that somebody has accepted.
package struct AcceptedDrift: Hashable, Sendable, Codable {
    package var logicalID: String
    /// Empty for the deletion of the resource.
    package var path: String
    /// `nil` where the live resource has nothing there.
    package var value: JSONValue?
    package var reason: String
    /// `user@host`.
    package var by: String
    package var acceptedAt: Date

    package init(logicalID: String, path: String, value: JSONValue?, reason: String, by: String, acceptedAt: Date) {
        self.logicalID = logicalID
        self.path = path
        self.value = value
        self.reason = reason
        self.by = by
        self.acceptedAt = acceptedAt
    }
}

extension DriftReport {
    /// The report with a verdict on every difference. An accepted value counts as that only as long as the live value stays it.
    package func judged(by rules: [DriftIgnoreRule], accepted: [AcceptedDrift]) -> DriftReport {
        var report = self
        for index in report.resources.indices {
            let logicalID = report.resources[index].logicalID
            let known = accepted.filter { $0.logicalID == logicalID }
            if let deletion = known.first(where: { $0.path.isEmpty }), report.resources[index].status == .deleted {
                report.resources[index].deletion = .accepted
                report.resources[index].reason = deletion.reason
            } else {
                report.resources[index].deletion = rules.contains { $0.coversDeletion(of: logicalID) } ? .ignored : .drift
            }
            for place in report.resources[index].differences.indices {
                let difference = report.resources[index].differences[place]
                let acceptance = known.first { $0.path == difference.path && $0.value == difference.actual && !difference.sensitive }
                let isIgnored = rules.contains { $0.covers(difference, of: logicalID) }
                report.resources[index].differences[place].verdict = acceptance != nil ? .accepted : isIgnored ? .ignored : .drift
                report.resources[index].differences[place].reason = acceptance?.reason
            }
        }
        return report
    }
}

extension String {
    /// Whether this path pattern fits a path or one it is below.
    fileprivate func covers(path: String) -> Bool {
        if covers(path) { return true }
        return path.indices.contains { index in (path[index] == "." || path[index] == "[") && covers(String(path[..<index])) }
    }

    /// Whether this pattern fits the whole of a text.
    fileprivate func covers(_ text: String) -> Bool {
        let pattern = Array(unicodeScalars)
        let text = Array(text.unicodeScalars)
        var (place, position) = (0, 0)
        var star: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, position)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[position] {
                place += 1
                position += 1
            } else if let last = star {
                // The last star takes one character more.
                place = last.place + 1
                position = last.position + 1
                star = (last.place, position)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
