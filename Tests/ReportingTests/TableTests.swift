import Testing

@testable import Reporting

@Suite struct `A table` {
    private let table = Table(
        header: ["NAME", "REASON"],
        rows: [[Table.Cell(text: "a"), Table.Cell(text: "it is\nlong")], [Table.Cell(text: "bbbbbb"), Table.Cell(text: "")]])

    @Test func `has all of its last column where there is no screen`() {
        #expect(table.render(Style(isColored: false)) == "NAME    REASON\na       it is long\nbbbbbb\n")
    }

    @Test(arguments: [(19, "a       it is long\n"), (20, "a       it is long\n"), (200, "a       it is long\n")])
    func `keeps what a screen has room for, and a few letters where it has none`(columns: Int, row: String) {
        #expect(table.render(Style(isColored: false), columns: columns) == "NAME    REASON\n\(row)bbbbbb\n")
    }

    @Test func `ends with the screen`() {
        let wide = Table(
            header: ["N", "REASON"],
            rows: [[Table.Cell(text: "a"), Table.Cell(text: String(repeating: "xyz ", count: 50), mark: { "<\($0)>" })]])
        let lines = wide.render(Style(isColored: false), columns: 40).split(separator: "\n")
        #expect(lines.last == "a  <xyz xyz xyz xyz xyz xyz xyz xyz xyz …>")
        #expect(lines.last.map { String($0).displayWidth } == 42, "with the two marks")
    }
}
