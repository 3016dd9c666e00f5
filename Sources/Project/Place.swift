package import Model
package import Templates

/// A stretch of a file that was read: makes findings about itself long after the reading.
package struct Place: Sendable {
    package var source: SourceText
    package var span: Span
    /// Whether the line may hold a secret, so that no finding quotes it.
    var isConfidential = false

    package init(source: SourceText, span: Span) {
        self.source = source
        self.span = span
    }

    package var range: SourceRange { source.range(span) }

    /// An error about this place.
    package func finding(_ code: String, _ summary: String, detail: String = "") -> Finding {
        finding(code, .error, summary, detail: detail)
    }

    package func finding(_ code: String, _ severity: Finding.Severity, _ summary: String, detail: String = "") -> Finding {
        var finding = source.finding(code, severity, summary, detail: detail, at: span)
        if isConfidential { finding.excerpt = nil }
        return finding
    }
}

/// A value and where it was written.
package struct Located<Value: Sendable>: Sendable {
    package var value: Value
    package var place: Place

    package init(_ value: Value, at place: Place) {
        self.value = value
        self.place = place
    }
}
