import Foundation
import GRDB
import Model

/// Reads a row's columns from left to right; each call takes the next one, in the order of the SELECT.
///
/// Throws `RowDecodingError` where a column holds what it can't by the schema: the file is damaged. (GRDB's subscripts
/// would end the process.)
struct RowReader {
    let row: Row
    private var index = 0

    init(_ row: Row) { self.row = row }

    mutating func next<Value: DatabaseValueConvertible & StatementColumnConvertible>(_ type: Value.Type) throws -> Value {
        defer { index += 1 }
        return try row.decode(Value.self, atIndex: index)
    }

    mutating func text() throws -> String { try next(String.self) }
    mutating func optionalText() throws -> String? { try next(String?.self) }
    mutating func integer() throws -> Int { try next(Int.self) }
    mutating func optionalInteger() throws -> Int? { try next(Int?.self) }
    mutating func key() throws -> Int64 { try next(Int64.self) }
    mutating func bytes() throws -> Data { try next(Data.self) }
    mutating func optionalBytes() throws -> Data? { try next(Data?.self) }
    mutating func time() throws -> Date { Date(milliseconds: try next(Int64.self)) }
    mutating func optionalTime() throws -> Date? { try next(Int64?.self).map(Date.init(milliseconds:)) }
    mutating func digest() throws -> Digest { Digest(bytes: try bytes()) }
    mutating func optionalDigest() throws -> Digest? { try optionalBytes().map(Digest.init(bytes:)) }

    /// One of the names an enumeration knows; `what` says whose name it is.
    mutating func name<Name: RawRepresentable<String>>(_ type: Name.Type, _ what: String) throws -> Name {
        guard let name = try optionalName(type, what) else { throw DamagedRecord("The \(what) is missing") }
        return name
    }

    mutating func optionalName<Name: RawRepresentable<String>>(_ type: Name.Type, _ what: String) throws -> Name? {
        guard let raw = try optionalText() else { return nil }
        guard let name = Name(rawValue: raw) else { throw DamagedRecord("`\(raw)` is no \(what)") }
        return name
    }
}

/// The file holds what this program never writes.
struct DamagedRecord: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

extension Date {
    /// Milliseconds since 1970, as the database counts time; a date beyond that range is moved to its end.
    var milliseconds: Int64 {
        Int64(exactly: (timeIntervalSince1970 * 1000).rounded()) ?? (timeIntervalSince1970 < 0 ? .min : .max)
    }

    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
}

extension Digest {
    /// The digest's 32 bytes.
    var bytes: Data {
        var bytes = Data(capacity: 32)
        var high: UInt8?
        for digit in hex.utf8 {
            let value = UInt8(Character(UnicodeScalar(digit)).hexDigitValue ?? 0)
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    init(bytes: Data) {
        let digits = StaticString("0123456789abcdef")
        self.init(
            hex: String(unsafeUninitializedCapacity: 2 * bytes.count) { target in
                var index = 0
                for byte in bytes {
                    target[index] = digits.utf8Start[Int(byte >> 4)]
                    target[index + 1] = digits.utf8Start[Int(byte & 15)]
                    index += 2
                }
                return index
            })
    }
}
