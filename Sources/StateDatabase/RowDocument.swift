import Foundation
import GRDB
import Model

/// Writes rows of one query as documents: the canonical JSON of the columns that are not NULL, under their names, bytes in
/// hexadecimal. The same as `JSONValue(columns:).canonicalText`, without a value in between: a log has millions of rows.
struct RowDocument {
    /// The places of the columns in the order of their names, each with what stands before its value.
    private let columns: [(index: Int, lead: [UInt8])]

    /// - Parameter skipped: how many of the first columns are no part of the document.
    init(columns names: [String], skipping skipped: Int = 0) {
        columns = names.enumerated().dropFirst(skipped).sorted { $0.element < $1.element }
            .map { ($0.offset, Array("\(JSONValue.quoted($0.element)):".utf8)) }
    }

    func write(_ row: Row, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "{"))
        var isFirst = true
        for (index, lead) in columns {
            let value: DatabaseValue = row[index]
            if case .null = value.storage { continue }
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            text += lead
            switch value.storage {
            case .null: break
            case .int64(let number): text += String(number).utf8
            case .double(let number): text += JSONValue.number(String(number)).compactText.utf8
            case .string(let string): text += JSONValue.quoted(string).utf8
            case .blob(let bytes): text += JSONValue.quoted(Digest(bytes: bytes).hex).utf8
            }
        }
        text.append(UInt8(ascii: "}"))
    }

    func text(_ row: Row) -> [UInt8] {
        var text: [UInt8] = []
        write(row, to: &text)
        return text
    }
}
