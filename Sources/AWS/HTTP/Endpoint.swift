import Foundation

/// Where a service is reached: scheme, host, port and a path that goes before every request's own.
package struct Endpoint: Hashable, Sendable {
    /// `https` or `http`.
    package var scheme: String
    /// In lower case; an IPv6 address in brackets.
    package var host: String
    /// `nil` for the scheme's own.
    package var port: Int?
    /// Percent-encoded, without a slash at its end; mostly empty.
    package var path: String
    /// What decided on it, as the user knows it: `AWS_ENDPOINT_URL`, a profile's `endpoint_url`; `nil` for AWS's own.
    package var origin: String?

    package init(scheme: String = "https", host: String, port: Int? = nil, path: String = "", origin: String? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.origin = origin
    }

    /// Reads a URL such as `http://127.0.0.1:4566`; `nil` where it has another scheme, no host, a user, a query or a fragment.
    package init?(url: String, origin: String?) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https",
            let host = parts.host, !host.isEmpty, parts.user == nil, parts.query == nil, parts.fragment == nil,
            (parts.port ?? 1) > 0, (parts.port ?? 1) <= 65535
        else { return nil }
        let isDefaultPort = parts.port == (scheme == "https" ? 443 : 80)
        // Encoded anew, as it is signed: `+` becomes %2B.
        var path = PercentEncoding.encode(parts.path, keepingSlashes: true)
        while path.hasSuffix("/") { path.removeLast() }
        self.init(
            scheme: scheme, host: host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host.lowercased(),
            port: isDefaultPort ? nil : parts.port, path: path, origin: origin)
    }

    /// Host and port as the `Host` header has them: without the scheme's own port.
    package var authority: String { port.map { "\(host):\($0)" } ?? host }

    package var url: String { "\(scheme)://\(authority)\(path)" }

    package var isCustom: Bool { origin != nil }
}
