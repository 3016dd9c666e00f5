/// Rows of text in aligned columns, the way `docker ps` and `kubectl get` print them.
struct Table {
    var header: [String]
    /// Each cell is its text and a function that marks it; marks take no width.
    var rows: [[Cell]] = []

    struct Cell {
        var text: String
        var mark: (String) -> String = { $0 }
    }

    func render(_ style: Style) -> String {
        let rows = rows.map { $0.map { Cell(text: $0.text.oneLine, mark: $0.mark) } }
        let widths = header.indices.map { column in
            ([header[column]] + rows.map { $0[column].text }).map(\.displayWidth).max() ?? 0
        }
        func line(_ cells: [Cell]) -> String {
            var text = ""
            // Nothing behind the last cell that has something in it.
            let last = cells.lastIndex { !$0.text.isEmpty } ?? 0
            for (column, cell) in cells[...last].enumerated() {
                let isLast = column == last
                let padding = isLast ? "" : String(repeating: " ", count: widths[column] - cell.text.displayWidth + 2)
                text += cell.mark(cell.text) + padding
            }
            return text + "\n"
        }
        return line(header.map { Cell(text: $0, mark: style.dim) }) + rows.map(line).joined()
    }
}
