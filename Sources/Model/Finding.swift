/// A place in a text file, counted from 1; columns count Unicode scalars, as libyaml's marks do.
package struct SourcePosition: Hashable, Sendable, Codable, Comparable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A stretch of a text file, from its first character to just behind its last.
package struct SourceRange: Hashable, Sendable, Codable {
    /// The file's path as the user would write it.
    package var file: String
    package var start: SourcePosition
    package var end: SourcePosition

    package init(file: String, start: SourcePosition, end: SourcePosition) {
        self.file = file
        self.start = start
        self.end = end
    }
}

extension SourceRange: CustomStringConvertible {
    /// `file:line:column`, the form editors open.
    package var description: String { "\(file):\(start.line):\(start.column)" }
}

/// Something found about the user's input or about the world: what, where, why, and what to do.
package struct Finding: Hashable, Sendable, Codable {
    package enum Severity: String, Hashable, Sendable, Codable { case error, warning, note }

    /// A stable name that scripts may match, such as `unknown-reference`.
    package var code: String
    package var severity: Severity
    /// One line that says what is wrong. Starts with a capital letter, ends without a full stop, holds no secret.
    package var summary: String
    /// Why it is wrong and what to do, in sentences; empty where the summary says it all.
    package var detail: String
    package var location: SourceRange?
    /// The line of the file that `location` starts on, so that a renderer can draw a caret without reading the file again.
    package var excerpt: String?
    /// The column that `excerpt` begins at, where it is cut from the midst of a very long line; `nil` for the first.
    package var excerptColumn: Int?

    package init(
        _ code: String, _ severity: Severity, _ summary: String, detail: String = "",
        at location: SourceRange? = nil, excerpt: String? = nil, excerptColumn: Int? = nil
    ) {
        self.code = code
        self.severity = severity
        self.summary = summary
        self.detail = detail
        self.location = location
        self.excerpt = excerpt
        self.excerptColumn = excerptColumn
    }

    /// An error.
    package init(_ code: String, _ summary: String, detail: String = "", at location: SourceRange? = nil, excerpt: String? = nil) {
        self.init(code, .error, summary, detail: detail, at: location, excerpt: excerpt)
    }
}

/// How a command ends, by design section 9; the raw value is the process's exit code.
package enum ExitStatus: Int32, Sendable, Codable {
    case success = 0
    case failed = 1
    case changesPresent = 2
    case refused = 3
    case badInput = 4
    case interrupted = 130
}

/// An error the user is told of: every finding that explains it, and the exit code it ends the command with.
package struct Problem: Error, Sendable, CustomStringConvertible {
    package var status: ExitStatus
    package var findings: [Finding]

    package init(_ status: ExitStatus, _ findings: [Finding]) {
        self.status = status
        self.findings = findings
    }

    package init(
        _ status: ExitStatus, _ code: String, _ summary: String, detail: String = "", at location: SourceRange? = nil
    ) {
        self.init(status, [Finding(code, .error, summary, detail: detail, at: location)])
    }

    package var description: String { findings.map(Self.text).joined(separator: "\n") }

    /// The first of what is wrong, without line breaks.
    package var oneLine: String {
        findings.prefix(1).map(Self.text).joined().split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private static func text(_ finding: Finding) -> String {
        let place = finding.location.map { "\($0): " } ?? ""
        return place + finding.summary + (finding.detail.isEmpty ? "" : ". \(finding.detail)")
    }
}
