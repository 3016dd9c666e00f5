package import Model
import Synchronization

/// A text file and its name: what turns a span into a finding with an excerpt.
package struct SourceText: Sendable {
    /// The path as the user would write it.
    package let file: String
    package let text: String
    private let lines: LineIndex

    package init(file: String, text: String) { self.init(file: file, text: text, breaks: .lineFeeds) }

    private init(file: String, text: String, breaks: LineBreaks) {
        self.file = file
        self.text = text
        lines = LineIndex(text, breaks)
    }

    /// The same text with its lines counted as YAML counts them.
    var asYAML: SourceText { SourceText(file: file, text: text, breaks: .yaml) }

    package func range(_ span: Span) -> SourceRange {
        SourceRange(
            file: file,
            start: SourcePosition(line: Int(span.start.line), column: Int(span.start.column)),
            end: SourcePosition(line: Int(span.end.line), column: Int(span.end.column)))
    }

    /// The place of a byte of the text.
    func mark(atByte offset: Int) -> Mark { lines.mark(atByte: offset) }

    /// The mark, or the end of the text where it lies behind it: libyaml ends a last line that has no end.
    func inside(_ mark: Mark) -> Mark {
        let end = self.mark(atByte: text.utf8.count)
        return mark.line > end.line ? end : mark
    }

    /// The place of `part` inside `span`, where it is written there just so; otherwise `span`. For a name in a long string.
    func narrowed(_ span: Span, to part: String) -> Span {
        guard !part.isEmpty, let start = lines.offset(of: span.start), let end = lines.offset(of: span.end), start < end else {
            return span
        }
        var source = text
        var part = part
        let place = source.withUTF8 { bytes in part.withUTF8 { bytes[start..<min(end, bytes.count)].place(of: $0) } }
        guard let place else { return span }
        return Span(start: lines.mark(atByte: place), end: lines.mark(atByte: place + part.utf8.count))
    }

    /// The bytes of a span; `nil` where that is not to be found.
    func byteRange(of span: Span) -> Range<Int>? {
        guard let start = lines.offset(of: span.start), let end = lines.offset(of: span.end), start < end, end <= text.utf8.count else {
            return nil
        }
        return start..<end
    }

    /// The text with others in place of spans, which must not overlap; `nil` where one of them is not to be found.
    func replacing(_ replacements: [(span: Span, text: String)]) -> String? {
        var bytes = Array(text.utf8)
        // From the end, so that places before stay what they are.
        for (span, text) in replacements.sorted(by: {
            ($0.span.start.line, $0.span.start.column) > ($1.span.start.line, $1.span.start.column)
        }) {
            guard let start = lines.offset(of: span.start), let end = lines.offset(of: span.end), start < end, end <= bytes.count else {
                return nil
            }
            bytes.replaceSubrange(start..<end, with: text.utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A finding about `span`, with the line it starts on. Of a very long line, as of a minified template, the part around the place.
    package func finding(
        _ code: String, _ severity: Finding.Severity, _ summary: String, detail: String = "", at span: Span
    ) -> Finding {
        let excerpt = lines.excerpt(at: span.start)
        return Finding(
            code, severity, summary, detail: detail, at: range(span), excerpt: excerpt?.text,
            excerptColumn: excerpt.flatMap { $0.column > 1 ? $0.column : nil })
    }

    /// An error about `span`.
    package func finding(_ code: String, _ summary: String, detail: String = "", at span: Span) -> Finding {
        finding(code, .error, summary, detail: detail, at: span)
    }
}

/// What ends a line.
private enum LineBreaks {
    case lineFeeds
    /// YAML 1.1 ends a line at a lone carriage return, NEL, LS and PS too, and libyaml's marks count those.
    case yaml
}

/// Where the lines and columns of a text are, found when somebody first asks: most texts have nothing to report.
///
/// A class, so that the findings of one text share what was found; locked, because texts travel between threads.
private final class LineIndex: Sendable {
    private let text: String
    private let breaks: LineBreaks
    private let index = Mutex<Index?>(nil)

    init(_ text: String, _ breaks: LineBreaks) {
        self.text = text
        self.breaks = breaks
    }

    func mark(atByte offset: Int) -> Mark { withIndex { $0.mark(atByte: offset, $1) } }

    /// The byte that `mark` stands at, or the end of its line; `nil` behind the end of the text.
    func offset(of mark: Mark) -> Int? {
        withIndex { index, bytes in index.line(of: mark, bytes).map { index.offset(of: mark, in: $0, bytes) } }
    }

    /// The line of `mark`, or the part of it around `mark`, and the column that begins at; `nil` behind the end of the text.
    func excerpt(at mark: Mark) -> (text: String, column: Int)? {
        withIndex { index, bytes in
            let longest = 400
            let lead = 100
            guard let line = index.line(of: mark, bytes) else { return nil }
            let column = line.count <= longest ? 1 : max(1, Int(mark.column) - lead)
            let start = index.offset(of: Mark(line: Int(mark.line), column: column), in: line, bytes)
            var stop = min(line.upperBound, start + longest)
            while stop < line.upperBound, stop > start, bytes[stop].continuesScalar { stop -= 1 }
            return (String(decoding: bytes[start..<stop], as: UTF8.self), column)
        }
    }

    private func withIndex<Result: Sendable>(_ body: (Index, UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var utf8 = text
        return utf8.withUTF8 { bytes in
            let index = index.withLock { index in
                let known = index ?? Index(bytes, breaks)
                index = known
                return known
            }
            return body(index, bytes)
        }
    }

    private struct Index {
        /// The byte that each line starts at.
        private var lineStarts = [0]
        /// How many scalars start before each multiple of `stride` bytes: a minified template is one line of megabytes, which
        /// must not be counted through for every place on it.
        private var scalarsBefore: [Int] = []
        private static let stride = 1024

        init(_ bytes: UnsafeBufferPointer<UInt8>, _ breaks: LineBreaks) {
            var scalars = 0
            for place in bytes.indices {
                if place % Self.stride == 0 { scalarsBefore.append(scalars) }
                if !bytes[place].continuesScalar { scalars += 1 }
                if breaks.end(at: place, bytes) { lineStarts.append(place + 1) }
            }
            scalarsBefore.append(scalars)
        }

        func mark(atByte offset: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Mark {
            // The last line that starts at the byte or before it.
            let line = lineStarts.lastIndex(fitting: { $0 <= offset })
            return Mark(line: line + 1, column: scalars(before: offset, bytes) - scalars(before: lineStarts[line], bytes) + 1)
        }

        /// The bytes of a line without its end; `nil` where there is no such line.
        func line(of mark: Mark, _ bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
            let number = Int(mark.line) - 1
            guard lineStarts.indices.contains(number) else { return nil }
            let start = lineStarts[number]
            var end = number + 1 < lineStarts.count ? lineStarts[number + 1] : bytes.count
            while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
            return start..<end
        }

        func offset(of mark: Mark, in line: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
            let wanted = scalars(before: line.lowerBound, bytes) + max(0, Int(mark.column) - 1)
            let chunk = scalarsBefore.lastIndex(fitting: { $0 <= wanted })
            var offset = chunk * Self.stride
            var scalars = scalarsBefore[chunk]
            if offset < line.lowerBound { (offset, scalars) = (line.lowerBound, self.scalars(before: line.lowerBound, bytes)) }
            while offset < line.upperBound, scalars < wanted || bytes[offset].continuesScalar {
                if !bytes[offset].continuesScalar { scalars += 1 }
                offset += 1
            }
            return min(offset, line.upperBound)
        }

        private func scalars(before offset: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
            let chunk = min(offset / Self.stride, scalarsBefore.count - 1)
            var count = scalarsBefore[chunk]
            for place in chunk * Self.stride..<max(offset, chunk * Self.stride) where place < bytes.count {
                if !bytes[place].continuesScalar { count += 1 }
            }
            return count
        }
    }
}

extension LineBreaks {
    /// Whether a line ends with the byte at `place`.
    fileprivate func end(at place: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let byte = bytes[place]
        guard byte != 0x0A, self == .yaml else { return byte == 0x0A }
        switch byte {
        case 0x0D: return place + 1 >= bytes.count || bytes[place + 1] != 0x0A
        case 0x85: return place > 0 && bytes[place - 1] == 0xC2
        case 0xA8, 0xA9: return place > 1 && bytes[place - 1] == 0x80 && bytes[place - 2] == 0xE2
        default: return false
        }
    }
}

extension UInt8 {
    /// Whether this is a byte of UTF-8 that no scalar starts with.
    fileprivate var continuesScalar: Bool { self & 0xC0 == 0x80 }
}

extension [Int] {
    /// The last place of a sorted list, whose first element does, at which an element fits: found by halving.
    fileprivate func lastIndex(fitting fits: (Int) -> Bool) -> Int {
        var first = 0
        var behind = count
        while first + 1 < behind {
            let middle = (first + behind) / 2
            if fits(self[middle]) { first = middle } else { behind = middle }
        }
        return first
    }
}

extension [Finding] {
    /// The findings as a reader of the file meets what they are about; those without a place at the end.
    var inOrder: [Finding] {
        let end = SourcePosition(line: .max, column: .max)
        return enumerated().sorted { left, right in
            let first = left.element.location?.start ?? end
            let second = right.element.location?.start ?? end
            return (first, left.offset) < (second, right.offset)
        }.map(\.element)
    }
}

/// What reading something gave: the value where there is one, and everything that was found on the way.
package struct Reading<Value: Sendable>: Sendable {
    package var value: Value?
    package var findings: [Finding]

    package init(value: Value?, findings: [Finding]) {
        self.value = value
        self.findings = findings
    }

    /// The value, where nothing found is an error.
    /// - Throws: `Problem` with all findings (exit code 4) otherwise.
    package func get() throws -> Value {
        guard let value, !findings.contains(where: { $0.severity == .error }) else { throw Problem(.badInput, findings) }
        return value
    }
}
