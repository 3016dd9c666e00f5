import Foundation

/// Reads HTTP/1.1 requests from bytes as they come in.
///
/// Pure: the caller feeds bytes and does what each `Progress` asks for. What is no HTTP is told as a status to answer with,
/// which FlyingFox's own decoder leaves out (it closes the connection without a word, and reads a body before anybody could
/// answer `Expect: 100-continue`).
struct RequestParser {
    enum Progress: Sendable {
        case needsBytes
        /// The client waits for `100 Continue` before it sends the body.
        case expectsContinue
        case complete(WireRequest)
        /// Answer with this status and close.
        case malformed(status: Int, String)
    }

    static let longestHead = 64 << 10
    static let largestBody = 64 << 20

    private var buffer: [UInt8] = []
    private var request: WireRequest?
    private var framing = Framing.length(0)
    private var continueIsOwed = false

    private enum Framing {
        case length(Int)
        case chunked
    }

    mutating func feed(_ bytes: [UInt8]) { buffer += bytes }

    /// Goes as far as the bytes allow; to be called again after each `expectsContinue` and `complete`.
    mutating func advance() -> Progress {
        if request == nil {
            guard let end = headEnd() else {
                return buffer.count > Self.longestHead ? .malformed(status: 431, "The header is too long") : .needsBytes
            }
            if let problem = readHead(upTo: end) { return problem }
        }
        guard var request else { return .needsBytes }
        switch framing {
        case .length(let length):
            guard buffer.count >= length else { return waitForBody() }
            request.body = Data(buffer.prefix(length))
            buffer.removeFirst(length)
        case .chunked:
            switch ChunkedBody.decode(buffer) {
            case .incomplete:
                return buffer.count > Self.largestBody ? .malformed(status: 413, "The body is too large") : waitForBody()
            case .malformed: return .malformed(status: 400, "The chunked body can't be read")
            case .complete(let body, let consumed):
                request.body = body
                buffer.removeFirst(consumed)
            }
        }
        self.request = nil
        return .complete(request)
    }

    private mutating func waitForBody() -> Progress {
        guard continueIsOwed else { return .needsBytes }
        continueIsOwed = false
        return .expectsContinue
    }

    /// The index behind the empty line that ends the head.
    private func headEnd() -> Int? {
        var index = 0
        while index < buffer.count {
            guard buffer[index] == UInt8(ascii: "\n") else {
                index += 1
                continue
            }
            let rest = buffer[(index + 1)...]
            if rest.first == UInt8(ascii: "\n") { return index + 2 }
            if rest.starts(with: [UInt8(ascii: "\r"), UInt8(ascii: "\n")]) { return index + 3 }
            index += 1
        }
        return nil
    }

    /// Reads request line and headers; what keeps it from doing so is returned.
    private mutating func readHead(upTo end: Int) -> Progress? {
        let head = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeFirst(end)
        let lines = head.split(whereSeparator: \.isNewline)
        let parts = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].hasPrefix("HTTP/"), parts[0].allSatisfy({ $0.isASCII && $0.isLetter }), !parts[0].isEmpty else {
            return .malformed(status: 400, "This is no HTTP request")
        }
        guard parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0" else { return .malformed(status: 505, "Only HTTP/1.1 is spoken here") }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return .malformed(status: 400, "A header line has no colon") }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased()] = value
        }
        if parts[2] == "HTTP/1.0", headers["connection"] == nil { headers["connection"] = "close" }
        if let problem = readFraming(headers) { return problem }
        let target = parts[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        request = WireRequest(
            method: String(parts[0]), path: String(target.first ?? "/"), query: target.count > 1 ? String(target[1]) : "",
            headers: headers, body: Data())
        continueIsOwed = headers["expect"]?.lowercased() == "100-continue"
        return nil
    }

    private mutating func readFraming(_ headers: [String: String]) -> Progress? {
        if let coding = headers["transfer-encoding"] {
            guard coding.lowercased() == "chunked" else { return .malformed(status: 501, "Transfer-Encoding \(coding) is not known here") }
            guard headers["content-length"] == nil else { return .malformed(status: 400, "Content-Length beside Transfer-Encoding") }
            framing = .chunked
            return nil
        }
        guard let text = headers["content-length"] else {
            framing = .length(0)
            return nil
        }
        guard let length = Int(text), length >= 0 else { return .malformed(status: 400, "Content-Length is no number") }
        guard length <= Self.largestBody else { return .malformed(status: 413, "The body is too large") }
        framing = .length(length)
        return nil
    }
}

/// A body in chunks: HTTP's own (RFC 9112, section 7.1), and `aws-chunked`, whose chunk lines carry a signature.
enum ChunkedBody {
    enum Decoded: Sendable {
        case incomplete
        case malformed
        case complete(Data, consumed: Int)
    }

    static func decode(_ bytes: [UInt8]) -> Decoded {
        var body = Data()
        var index = 0
        while true {
            guard let lineEnd = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) else {
                return bytes.count - index > 1024 ? .malformed : .incomplete
            }
            let line = String(decoding: bytes[index..<lineEnd], as: UTF8.self)
            let digits = line.prefix { $0 != ";" }.trimmingCharacters(in: .whitespacesAndNewlines)
            guard let size = Int(digits, radix: 16), size >= 0, size <= RequestParser.largestBody,
                body.count + size <= RequestParser.largestBody
            else { return .malformed }
            index = lineEnd + 1
            if size == 0 { return trailer(bytes, from: index, body: body) }
            guard bytes.count >= index + size + 2 else { return .incomplete }
            body += bytes[index..<(index + size)]
            index += size
            if bytes[index] == UInt8(ascii: "\r") { index += 1 }
            guard bytes[index] == UInt8(ascii: "\n") else { return .malformed }
            index += 1
        }
    }

    /// Skips header lines after the last chunk, up to the empty line.
    private static func trailer(_ bytes: [UInt8], from start: Int, body: Data) -> Decoded {
        var index = start
        while let lineEnd = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) {
            let length = lineEnd - index - (lineEnd > index && bytes[lineEnd - 1] == UInt8(ascii: "\r") ? 1 : 0)
            index = lineEnd + 1
            if length == 0 { return .complete(body, consumed: index) }
        }
        return .incomplete
    }
}
