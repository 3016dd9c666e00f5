package import Model

/// A text file and its name: what turns a span into a finding with an excerpt.
package struct SourceText: Sendable {
    /// The path as the user would write it.
    package var file: String
    package var text: String

    package init(file: String, text: String) {
        self.file = file
        self.text = text
    }

    package func range(_ span: Span) -> SourceRange {
        SourceRange(
            file: file,
            start: SourcePosition(line: Int(span.start.line), column: Int(span.start.column)),
            end: SourcePosition(line: Int(span.end.line), column: Int(span.end.column)))
    }

    /// A finding about `span`, with the line it starts on. Very long lines are cut, since a minified template is one line.
    package func finding(
        _ code: String, _ severity: Finding.Severity, _ summary: String, detail: String = "", at span: Span
    ) -> Finding {
        Finding(code, severity, summary, detail: detail, at: range(span), excerpt: line(Int(span.start.line)))
    }

    /// An error about `span`.
    package func finding(_ code: String, _ summary: String, detail: String = "", at span: Span) -> Finding {
        finding(code, .error, summary, detail: detail, at: span)
    }

    private func line(_ number: Int) -> String? {
        guard number > 0 else { return nil }
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), maxSplits: number, omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1) else { return nil }
        let longest = 400
        return String(decoding: lines[number - 1].prefix(longest), as: UTF8.self).trimmingTrailingCarriageReturn
    }
}

extension String {
    fileprivate var trimmingTrailingCarriageReturn: String { hasSuffix("\r") ? String(dropLast()) : self }
}

/// What reading something gave: the value where there is one, and everything that was found on the way.
package struct Reading<Value: Sendable>: Sendable {
    package var value: Value?
    package var findings: [Finding]

    package init(value: Value?, findings: [Finding]) {
        self.value = value
        self.findings = findings
    }

    /// The value, where nothing found is an error.
    /// - Throws: `Problem` with all findings (exit code 4) otherwise.
    package func get() throws -> Value {
        guard let value, !findings.contains(where: { $0.severity == .error }) else { throw Problem(.badInput, findings) }
        return value
    }
}
