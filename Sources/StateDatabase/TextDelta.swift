import Foundation

/// A text as what tells it from another: stretches to copy from that one, and what stands between them.
///
///     delta = { varint(start of the stretch), varint(its length), varint(length of what follows), what follows }
///
/// Numbers are written in base 128, the lowest digit first, with the highest bit set in all bytes but the last one.
enum TextDelta {
    /// What makes `text` of `base`. Takes time in proportion to the two: texts are compared by lines, or by what stands
    /// between commas in a text that has few lines.
    static func make(_ text: [UInt8], from base: [UInt8]) -> Data {
        let known = pieces(of: base)
        var places: [ArraySlice<UInt8>: [Int]] = [:]
        places.reserveCapacity(known.count)
        for index in known.indices { places[known[index], default: []].append(index) }

        var writer = Writer()
        var next = 0
        for piece in pieces(of: text) {
            if next < known.count, known[next] == piece {
                writer.copy(known[next])
                next += 1
            } else if let found = places[piece].map({ nearest($0, to: next) }) {
                writer.copy(known[found])
                next = found + 1
            } else {
                writer.insert(piece)
            }
        }
        return writer.finished()
    }

    /// The text that `delta` makes of `base`; `nil` where the delta is damaged.
    static func apply(_ delta: Data, to base: [UInt8]) -> [UInt8]? {
        var reader = Reader(bytes: Array(delta))
        var text: [UInt8] = []
        while !reader.isAtEnd {
            guard let start = reader.number(), let length = reader.number(), let inserted = reader.number(),
                start <= base.count, length <= base.count - start, let rest = reader.take(inserted)
            else { return nil }
            text += base[start..<start + length]
            text += rest
        }
        return text
    }

    /// Lines with their ends, long ones cut behind commas.
    private static func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == 0x0A || (byte == 0x2C && index - start >= 16) {
            pieces.append(bytes[start...index])
            start = index + 1
        }
        if start < bytes.count { pieces.append(bytes[start...]) }
        return pieces
    }

    /// The first place from `wanted` on, or the last before it: lines that are many times in a text mostly follow each other as before.
    private static func nearest(_ places: [Int], to wanted: Int) -> Int {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return places[min(low, places.count - 1)]
    }

    private struct Writer {
        private var delta = Data()
        private var copied = 0..<0
        private var inserted: [UInt8] = []

        mutating func copy(_ piece: ArraySlice<UInt8>) {
            if inserted.isEmpty, copied.upperBound == piece.startIndex, !copied.isEmpty {
                copied = copied.lowerBound..<piece.endIndex
            } else {
                flush()
                copied = piece.startIndex..<piece.endIndex
            }
        }

        mutating func insert(_ piece: ArraySlice<UInt8>) { inserted += piece }

        mutating func finished() -> Data {
            flush()
            return delta
        }

        private mutating func flush() {
            guard !copied.isEmpty || !inserted.isEmpty else { return }
            for number in [copied.lowerBound, copied.count, inserted.count] { append(number) }
            delta.append(contentsOf: inserted)
            copied = 0..<0
            inserted = []
        }

        private mutating func append(_ number: Int) {
            var rest = number
            while rest >= 0x80 {
                delta.append(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            delta.append(UInt8(rest))
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        private var index = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { index >= bytes.count }

        /// `nil` where it does not end, or is beyond what a file can hold.
        mutating func number() -> Int? {
            var number = 0
            for shift in stride(from: 0, through: 42, by: 7) {
                guard index < bytes.count else { return nil }
                let byte = bytes[index]
                index += 1
                number |= Int(byte & 0x7F) << shift
                if byte < 0x80 { return number }
            }
            return nil
        }

        mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard count <= bytes.count - index else { return nil }
            defer { index += count }
            return bytes[index..<index + count]
        }
    }
}
