import Foundation
import Model
import StateDatabase
import Testing

@testable import Reporting

@Suite struct TimelineTests {
    /// A creation that fails and is undone.
    private let timeline = Timeline([
        .ofStack("CREATE_IN_PROGRESS", at: 0), .sample("Topic", "CREATE_IN_PROGRESS", at: 10),
        .sample("Topic", "CREATE_IN_PROGRESS", at: 12),
        .sample("Queue", "CREATE_IN_PROGRESS", at: 20), .sample("Topic", "CREATE_COMPLETE", at: 30),
        .sample("Queue", "CREATE_FAILED", at: 40, "taken"), .ofStack("ROLLBACK_IN_PROGRESS", at: 40),
        .sample("Topic", "DELETE_IN_PROGRESS", at: 50), .sample("Topic", "DELETE_COMPLETE", at: 80), .ofStack("ROLLBACK_COMPLETE", at: 100),
    ])

    @Test func `each operation of a resource is a row with its beginning and end`() {
        #expect(timeline.rows.map(\.status.rawValue) == ["ROLLBACK_COMPLETE", "CREATE_COMPLETE", "CREATE_FAILED", "DELETE_COMPLETE"])
        #expect(timeline.rows.map(\.seconds) == [100, 20, 20, 30])
        #expect(timeline.rows.map(\.reason) == [nil, nil, "taken", nil])
    }

    @Test func `bars stand on one scale that fits the screen`() {
        let lines = timeline.text(.plain, columns: 90).split(separator: "\n").map(String.init)
        #expect(lines.count == 5)
        #expect(lines.allSatisfy { $0.count <= 90 }, "\(lines)")
        func bar(_ line: String) -> (start: Int, length: Int)? {
            let cells = Array(line)
            return cells.firstIndex(of: "█").map { ($0, cells.count { $0 == "█" }) }
        }
        let bars = lines.compactMap(bar)
        #expect(bars.count == 4)
        let scale = Double(bars[0].length) / 100
        for (bar, (start, length)) in zip(bars, [(0.0, 100.0), (10, 20), (20, 20), (50, 30)]) {
            #expect(abs(Double(bar.start - bars[0].start) - start * scale) <= 1)
            #expect(abs(Double(bar.length) - length * scale) <= 1)
        }
        #expect(timeline.text(Style(isColored: true), columns: 90).contains("\u{1B}[31m"))
        #expect(timeline.text(.plain, columns: 20).split(separator: "\n").count == 5, "a screen that is too narrow is no reason to fail")
    }

    @Test func `nothing has no rows`() { #expect(Timeline([]).text(.plain, columns: 80) == "") }

    @Test func `texts that differ in two far places have two hunks, and an end of line that is missing is told`() {
        let before = (1...20).map { "line \($0)\n" }.joined()
        let after = before.replacing("line 3\n", with: "line three\n").replacing("line 18\n", with: "") + "end"
        #expect(
            UnifiedDiff.render(before, after, names: ("a", "b"), .plain) == """
                --- a
                +++ b
                @@ -1,6 +1,6 @@
                 line 1
                 line 2
                -line 3
                +line three
                 line 4
                 line 5
                 line 6
                @@ -15,6 +15,6 @@
                 line 15
                 line 16
                 line 17
                -line 18
                 line 19
                 line 20
                +end
                \\ No newline at end of file

                """)
        #expect(UnifiedDiff.render("a\n", "a\n", names: ("a", "b"), .plain) == "")
        #expect(UnifiedDiff.render("", "a\n", names: ("/dev/null", "b"), .plain) == "--- /dev/null\n+++ b\n@@ -0,0 +1 @@\n+a\n")
    }
}
