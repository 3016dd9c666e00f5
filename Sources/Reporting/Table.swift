/// Rows of text in aligned columns, the way `docker ps` and `kubectl get` print them.
struct Table {
    var header: [String]
    /// Each cell is its text and a function that marks it; marks take no width.
    var rows: [[Cell]] = []

    struct Cell {
        var text: String
        var mark: (String) -> String = { $0 }
    }

    /// Of its longest line, with nothing cut.
    var width: Int { widths.reduce(0) { $0 + $1 + 2 } }

    private var widths: [Int] {
        header.indices.map { column in
            ([header[column]] + rows.map { $0[column].text.oneLine }).map(\.displayWidth).max() ?? 0
        }
    }

    /// - Parameter columns: the width of the screen, to which the last column is cut; `nil` where there is none.
    func render(_ style: Style, columns: Int? = nil) -> String {
        let rows = rows.map { $0.map { Cell(text: $0.text.oneLine, mark: $0.mark) } }
        let widths = widths
        // A screen that has no room for it gets a few letters of it all the same.
        let room = columns.map { max($0 - widths.dropLast().reduce(0) { $0 + $1 + 2 }, 12) } ?? .max
        func line(_ cells: [Cell]) -> String {
            var text = ""
            // Nothing behind the last cell that has something in it.
            let last = cells.lastIndex { !$0.text.isEmpty } ?? 0
            for (column, cell) in cells[...last].enumerated() {
                let isLast = column == last
                let padding = isLast ? "" : String(repeating: " ", count: widths[column] - cell.text.displayWidth + 2)
                text += cell.mark(column == header.count - 1 ? cell.text.truncated(to: room) : cell.text) + padding
            }
            return text + "\n"
        }
        return line(header.map { Cell(text: $0, mark: style.dim) }) + rows.map(line).joined()
    }
}
