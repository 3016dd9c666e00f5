import Foundation

/// An HTTP request, read to its end.
struct WireRequest: Sendable {
    var method: String
    /// The path as it was sent, percent-encoded.
    var path: String
    /// The query as it was sent, without its question mark.
    var query: String
    /// By name in lower case; the last one where a name is repeated.
    var headers: [String: String]
    var body: Data

    /// Whether the connection stays open afterwards.
    var keepsAlive: Bool { headers["connection"]?.lowercased() != "close" }
}

/// What is sent back for a request.
enum WireAnswer: Sendable {
    case response(WireResponse)
    /// Bytes that are no HTTP, after which the connection is closed.
    case raw(Data)
    /// Nothing: the connection is closed.
    case drop
}

struct WireResponse: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: Data
    /// For `HEAD`: the length that is told although no body is sent.
    var toldLength: Int?

    init(status: Int = 200, headers: [(name: String, value: String)] = [], body: Data = Data(), toldLength: Int? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.toldLength = toldLength
    }

    init(status: Int = 200, contentType: String, text: String, requestID: String) {
        self.init(
            status: status, headers: [("Content-Type", contentType), ("x-amzn-RequestId", requestID), ("x-amz-request-id", requestID)],
            body: Data(text.utf8))
    }

    /// The bytes that go over the wire.
    func encoded(closing: Bool) -> Data {
        var head = "HTTP/1.1 \(status) \(Self.reason(status))\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        head += "Content-Length: \(toldLength ?? body.count)\r\n"
        if closing { head += "Connection: close\r\n" }
        head += "\r\n"
        return Data(head.utf8) + body
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 206: "Partial Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 416: "Range Not Satisfiable"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}
