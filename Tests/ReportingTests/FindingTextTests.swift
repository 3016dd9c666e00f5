import Model
import Testing

@testable import Reporting

@Suite struct FindingTextTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var line: String
        var start: (line: Int, column: Int)
        var end: (line: Int, column: Int)
        var shown: String
        var marks: String
    }

    static let x = String(repeating: "x", count: 300)
    static let cases = [
        Case(testDescription: "a word", line: "  Branch: main", start: (7, 3), end: (7, 9), shown: "  Branch: main", marks: "  ^^^^^^"),
        Case(testDescription: "an empty range", line: "abc", start: (7, 2), end: (7, 2), shown: "abc", marks: " ^"),
        Case(testDescription: "several lines", line: "  Branch:", start: (7, 3), end: (9, 1), shown: "  Branch:", marks: "  ^^^^^^^"),
        Case(testDescription: "behind the line's end", line: "abc", start: (7, 4), end: (7, 5), shown: "abc", marks: "   ^"),
        Case(testDescription: "far behind the line's end", line: "abc", start: (7, 5000), end: (7, 6000), shown: "abc", marks: "   ^"),
        Case(testDescription: "an end before its start", line: "abcdef", start: (7, 5), end: (7, 2), shown: "abcdef", marks: "    ^"),
        Case(testDescription: "columns that are none", line: "abc", start: (7, 0), end: (7, 0), shown: "abc", marks: "^"),
        Case(testDescription: "tabs", line: "\tkey:\tvalue", start: (7, 7), end: (7, 12), shown: " key: value", marks: "      ^^^^^"),
        Case(testDescription: "wide characters", line: "名前: größe", start: (7, 5), end: (7, 10), shown: "名前: größe", marks: "      ^^^^^"),
        Case(testDescription: "marked wide characters", line: "a: 名前", start: (7, 4), end: (7, 6), shown: "a: 名前", marks: "   ^^^^"),
        Case(
            testDescription: "combining characters", line: "e\u{301}e\u{301}: x", start: (7, 7), end: (7, 8), shown: "e\u{301}e\u{301}: x",
            marks: "    ^"),
        Case(
            testDescription: "control characters", line: "a\u{1B}b: x", start: (7, 6), end: (7, 7), shown: #"a\u{1b}b: x"#,
            marks: "          ^"),
        Case(
            testDescription: "a long line, at its start", line: x, start: (7, 1), end: (7, 300), shown: String(x.prefix(120)),
            marks: String(repeating: "^", count: 120)),
        Case(
            testDescription: "a long line, in its middle", line: x, start: (7, 201), end: (7, 206), shown: String(x.prefix(120)),
            marks: String(repeating: " ", count: 40) + "^^^^^"),
        Case(
            testDescription: "a long line, at its end", line: x, start: (7, 300), end: (7, 301), shown: String(x.prefix(41)),
            marks: String(repeating: " ", count: 40) + "^"),
    ]

    @Test(arguments: cases)
    func `carets stand below what a finding is about`(_ given: Case) {
        let place = SourceRange(
            file: "stack.yml", start: .init(line: given.start.line, column: given.start.column),
            end: .init(line: given.end.line, column: given.end.column))
        let finding = Finding("wrong", "It is wrong", at: place, excerpt: given.line)
        #expect(
            FindingText.render(finding, .plain) == """
                error: It is wrong (wrong)
                  stack.yml:7:\(given.start.column)
                  7 | \(given.shown)
                    | \(given.marks)

                """)
    }

    @Test func `findings say what is wrong and what to do, as far as they know`() {
        let place = SourceRange(file: "a\(escape).yml", start: .init(line: 120, column: 1), end: .init(line: 120, column: 4))
        let findings = [
            Finding("bare", .note, "Nothing more"), Finding("placed", .warning, "No line\(escape)", at: place),
            Finding("whole", "All", detail: "Why.\nWhat to do\(escape).", at: place, excerpt: "abc\(escape)"),
        ]
        #expect(
            FindingText.render(findings, .plain) == #"""
                note: Nothing more (bare)
                warning: No line\u{1b}[2J (placed)
                  a\u{1b}[2J.yml:120:1
                error: All (whole)
                  a\u{1b}[2J.yml:120:1
                  120 | abc\u{1b}[2J
                      | ^^^
                  Why.
                  What to do\u{1b}[2J.

                """#)
    }
}
