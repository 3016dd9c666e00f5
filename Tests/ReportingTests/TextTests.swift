import Foundation
import Model
import Testing

@testable import Reporting

@Suite struct TimeTextTests {
    static let times: [(seconds: Double, text: String)] = [
        (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (-0.5, "1969-12-31T23:59:59Z"), (1.999, "1970-01-01T00:00:01Z"),
        (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"), (951_868_800, "2000-03-01T00:00:00Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"), (1_709_164_800, "2024-02-29T00:00:00Z"),
        (1_769_860_800, "2026-01-31T12:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"), (-62_135_596_800, "0001-01-01T00:00:00Z"),
        (-2_203_891_200, "1900-03-01T00:00:00Z"), (-2_203_977_600, "1900-02-28T00:00:00Z"),
    ]

    @Test(arguments: times)
    func `times are written by RFC 3339`(seconds: Double, text: String) {
        let date = Date(timeIntervalSince1970: seconds)
        #expect(TimeText.rfc3339(date) == text)
        #expect(TimeText.table(date) + "Z" == text.replacing("T", with: " "))
        #expect("T" + TimeText.timeOfDay(date) + "Z" == text.suffix(10))
    }

    @Test func `every day is the one after the day before`() {
        let format = Date.ISO8601FormatStyle(timeZone: .gmt)
        // Every 97th day up to the year 9999. Foundation has the Julian calendar before 1582-10-15.
        for day in stride(from: -141_427, to: 2_932_896, by: 97) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let text = TimeText.rfc3339(date)
            guard (try? format.parse(text)) == date else {
                Issue.record("\(text) is day \(day)?")
                return
            }
        }
    }

    static let durations: [(seconds: Double, text: String)] = [
        (-1, "0.0s"), (0, "0.0s"), (0.44, "0.4s"), (3, "3.0s"), (9.94, "9.9s"), (9.95, "10s"), (59.4, "59s"), (59.6, "1m 00s"),
        (185, "3m 05s"),
        (3599.4, "59m 59s"), (3599.6, "1h 00m"), (7380, "2h 03m"), (360_000, "100h 00m"), (.infinity, "277777h 46m"),
    ]

    @Test(arguments: durations)
    func `durations are written as exactly as they matter`(seconds: Double, text: String) {
        #expect(TimeText.duration(seconds) == text)
    }
}

@Suite struct StyleTests {
    static let texts: [(text: String, printable: String)] = [
        ("", ""), ("plain größe 名前\n\ttab", "plain größe 名前\n\ttab"), ("\u{1B}[31mred", #"\u{1b}[31mred"#), ("a\rb", #"a\u{d}b"#),
        ("\u{7F}\u{9B}\u{0}", #"\u{7f}\u{9b}\u{0}"#), ("a\u{202E}b\u{2066}", #"a\u{202e}b\u{2066}"#), ("a\r\nb", "a\\u{d}\nb"),
    ]

    @Test(arguments: texts)
    func `what would steer the terminal is shown instead`(text: String, printable: String) {
        #expect(text.printable == printable)
    }

    static let widths: [(text: String, width: Int)] = [
        ("", 0), ("abc", 3), ("größe", 5), ("e\u{301}", 1), ("名前", 4), ("한글", 4), ("ＡＢ", 4), ("🚀", 2), ("𠀀", 2), ("￥", 2), ("→…█", 3),
    ]

    @Test(arguments: widths)
    func `wide characters take two columns`(text: String, width: Int) {
        #expect(text.displayWidth == width)
    }

    static let cuts: [(text: String, width: Int, cut: String)] = [
        ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 1, "…"), ("abcdef", 0, ""), ("abcdef", -1, ""), ("", 0, ""),
        ("名前名前", 8, "名前名前"),
        ("名前名前", 7, "名前名…"), ("名前名前", 6, "名前…"),
    ]

    @Test(arguments: cuts)
    func `a text is cut to the columns there are`(text: String, width: Int, cut: String) {
        #expect(text.truncated(to: width) == cut)
        #expect(cut.displayWidth <= max(0, width))
    }

    static let surroundings: [(environment: [String: String], isTerminal: Bool, isColored: Bool)] = [
        ([:], true, true), ([:], false, false), (["NO_COLOR": "1"], true, false), (["NO_COLOR": ""], true, true),
        (["TERM": "dumb"], true, false),
        (["TERM": "xterm-256color"], true, true),
    ]

    @Test(arguments: surroundings)
    func `colour is for terminals, where nobody forbids it`(environment: [String: String], isTerminal: Bool, isColored: Bool) {
        var context = Context.test
        context.environment = environment
        context.terminal.outputIsTerminal = isTerminal
        #expect(Style.output(context).isColored == isColored)
        #expect(!Style.error(context).isColored)
        context.terminal.outputIsTerminal = false
        context.terminal.errorIsTerminal = isTerminal
        #expect(Style.error(context).isColored == isColored)
        #expect(!Style.output(context).isColored)
    }

    @Test func `an empty text is not marked`() {
        #expect(Style.colored.red("") == "")
        #expect(Style.colored.red("x") == "\u{1B}[31mx\u{1B}[0m")
        #expect(Style.plain.red("x") == "x")
    }
}

@Suite struct TableTests {
    @Test func `columns line up, whatever is in them`() {
        var table = Table(header: ["NAME", "N", "REASON"])
        table.rows = [
            [.init(text: "größe"), .init(text: "1"), .init(text: "short")],
            [.init(text: "名前名前", mark: Style.colored.red), .init(text: "1000"), .init(text: "")],
            [.init(text: "two\nlines"), .init(text: "\u{1B}"), .init(text: "tab\tand\(escape)")],
        ]
        #expect(
            table.render(.plain) == #"""
                NAME       N       REASON
                größe      1       short
                \#u{1B}[31m名前名前\#u{1B}[0m   1000
                two lines  \u{1b}  tab and\u{1b}[2J

                """#)
    }

    @Test func `a table without rows is its header`() {
        #expect(Table(header: ["A", "B"]).render(.plain) == "A  B\n")
    }
}
