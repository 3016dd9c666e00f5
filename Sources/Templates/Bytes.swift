import Foundation

/// Searches by bytes. Swift compares text by what a reader sees: to it a comma with a combining accent is no comma, and
/// `\r\n` does not hold `\n`. CloudFormation's functions and syntax know characters only.
extension String {
    func contains(bytes pattern: StaticString) -> Bool {
        var text = self
        return text.withUTF8 { $0[...].place(of: pattern) != nil }
    }

    func hasBytes(of other: String) -> Bool {
        var text = self
        var other = other
        return text.withUTF8 { first in
            other.withUTF8 { second in
                guard first.count == second.count, let start = first.baseAddress, let otherStart = second.baseAddress else {
                    return first.count == second.count
                }
                return memcmp(start, otherStart, first.count) == 0
            }
        }
    }

    /// The parts between the places where `delimiter` stands; the whole text where it is empty.
    func split(bytes delimiter: String) -> [String] {
        guard !delimiter.isEmpty else { return [self] }
        var parts: [String] = []
        forEachPart(between: delimiter) { parts.append(String(decoding: $0, as: UTF8.self)) }
        return parts
    }

    func replacing(bytes pattern: String, with replacement: String) -> String {
        guard !pattern.isEmpty else { return self }
        var result = ""
        var isFirst = true
        forEachPart(between: pattern) { part in
            if !isFirst { result += replacement }
            isFirst = false
            result += String(decoding: part, as: UTF8.self)
        }
        return result
    }

    private func forEachPart(between delimiter: String, _ visit: (Slice<UnsafeBufferPointer<UInt8>>) -> Void) {
        var text = self
        var delimiter = delimiter
        text.withUTF8 { bytes in
            delimiter.withUTF8 { pattern in
                var start = 0
                while let place = bytes[start...].place(of: pattern) {
                    visit(bytes[start..<place])
                    start = place + pattern.count
                }
                visit(bytes[start...])
            }
        }
    }

    /// The text without the spaces around it.
    var trimmingSpaces: String { self[...].trimmingSpaces }
}

extension Substring {
    /// The text without the spaces around it.
    var trimmingSpaces: String {
        let space = UInt8(ascii: " ")
        guard let first = utf8.firstIndex(where: { $0 != space }), let last = utf8.lastIndex(where: { $0 != space }) else { return "" }
        return String(self[first..<utf8.index(after: last)])
    }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
    /// Where `pattern`, which is not empty, stands first.
    func place(of pattern: UnsafeBufferPointer<UInt8>) -> Int? {
        var index = startIndex
        while index + pattern.count <= endIndex {
            guard let next = self[index...(endIndex - pattern.count)].firstIndex(of: pattern[0]) else { return nil }
            if self[next..<next + pattern.count].elementsEqual(pattern) { return next }
            index = next + 1
        }
        return nil
    }

    func place(of pattern: StaticString) -> Int? {
        place(of: UnsafeBufferPointer(start: pattern.utf8Start, count: pattern.utf8CodeUnitCount))
    }
}
