import Model
import OrderedCollections

/// Reads JSON that this module has written: numbers keep their text and objects their order, which Foundation's reader does not do.
struct JSONText {
    /// Throws `DamagedRecord` where the text is no JSON document, or is nested more than 500 levels deep.
    static func value(of text: String) throws -> JSONValue {
        var reader = JSONText(bytes: Array(text.utf8))
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.peek == nil else { throw reader.damage }
        return value
    }

    private let bytes: [UInt8]
    private var index = 0

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }
    private var damage: DamagedRecord { DamagedRecord("A stored document is no JSON from byte \(index) on") }

    private mutating func skipSpace() {
        while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
    }

    /// Takes `byte` if it is next, white space aside.
    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth < 500 else { throw damage }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        default: return try word()
        }
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        index += 1
        var members = OrderedDictionary<String, JSONValue>()
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw damage }
            let key = try string()
            guard take(":") else { throw damage }
            members[key] = try value(depth: depth + 1)
        } while take(",")
        guard take("}") else { throw damage }
        return .object(members)
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        index += 1
        var items: [JSONValue] = []
        if take("]") { return .array(items) }
        repeat { items.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw damage }
        return .array(items)
    }

    private mutating func word() throws -> JSONValue {
        let start = index
        while let byte = peek, ![0x2C, 0x5D, 0x7D, 0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
        let word = String(decoding: bytes[start..<index], as: UTF8.self)
        switch word {
        case "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        case _ where JSONValue.isJSONNumber(word): return .number(word)
        default: throw damage
        }
    }

    private mutating func string() throws -> String {
        index += 1
        var content: [UInt8] = []
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): try appendEscape(to: &content)
            default: content.append(byte)
            }
        }
        throw damage
    }

    private mutating func appendEscape(to content: inout [UInt8]) throws {
        guard let letter = peek else { throw damage }
        index += 1
        switch letter {
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            // `JSONValue` writes control characters so and no others, hence no surrogates.
            let digits = String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self)
            guard digits.utf8.count == 4, let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) else { throw damage }
            index += 4
            content.append(contentsOf: Character(scalar).utf8)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
        default: throw damage
        }
    }
}
