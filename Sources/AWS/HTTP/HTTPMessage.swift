package import Foundation
package import Model

/// A name and its value, of a header or of a query, not encoded.
package struct HTTPField: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One HTTP request, whole in memory. Its printed form holds neither headers nor body: they may hold secrets.
package struct HTTPRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
    }

    package var method: Method
    package var endpoint: Endpoint
    /// Percent-encoded, behind the endpoint's own path; starts with a slash.
    package var path: String
    package var query: [HTTPField]
    package var headers: [HTTPField]
    package var body: Data
    /// From the start of connecting to the answer's last byte.
    package var timeout: Duration
    /// Whether sending it twice does no more than sending it once. libcurl sends a request again on its own when an
    /// idle connection turns out to be closed; one that may not be repeated therefore gets a connection of its own.
    package var mayBeRepeated: Bool
    /// Those that it carries besides its signature's, in whatever form: whoever answers may quote them.
    package var secrets: [Secret]

    package init(
        _ method: Method, _ endpoint: Endpoint, path: String = "/", query: [HTTPField] = [], headers: [HTTPField] = [],
        body: Data = Data(), timeout: Duration = .seconds(60), mayBeRepeated: Bool = true, secrets: [Secret] = []
    ) {
        self.method = method
        self.endpoint = endpoint
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.mayBeRepeated = mayBeRepeated
        self.secrets = secrets
    }

    /// The path as it goes over the wire.
    package var fullPath: String { endpoint.path + path }

    /// The query as it goes over the wire and is signed: encoded, then sorted by name and value.
    package var encodedQuery: String {
        query.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
            .sorted { $0 < $1 }
            .map { "\($0)=\($1)" }
            .joined(separator: "&")
    }

    package var url: String {
        "\(endpoint.scheme)://\(endpoint.authority)\(fullPath)" + (query.isEmpty ? "" : "?\(encodedQuery)")
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(method.rawValue) \(endpoint.scheme)://\(endpoint.authority)\(fullPath)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}

/// A whole HTTP answer.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// By name in lower case; of a repeated header the last.
    package var headers: [String: String]
    package var body: Data

    package init(status: Int, headers: [String: String] = [:], body: Data = Data()) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The way to the network: libcurl, or what a test puts in its place.
package struct HTTPTransport: Sendable {
    /// Throws `TransportError` where no whole answer came, `CancellationError` where the task was cancelled.
    package var send: @Sendable (HTTPRequest) async throws -> HTTPResponse

    package init(send: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse) {
        self.send = send
    }

    /// A transport over libcurl, with a thread of its own once the first request is sent.
    package static func curl(_ settings: CurlTransport.Settings) -> HTTPTransport {
        let transport = CurlTransport(settings)
        return HTTPTransport { try await transport.send($0) }
    }
}
