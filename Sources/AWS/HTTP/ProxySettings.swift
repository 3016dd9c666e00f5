/// Which proxy requests go through, from the variables that curl, the AWS CLI and the SDKs share.
///
/// Lower case wins over upper case. libcurl ignores `HTTP_PROXY` in upper case, because a CGI script's caller can set
/// it; pipeplan is no CGI script and honours it, as the AWS CLI does.
package struct ProxySettings: Hashable, Sendable {
    /// For `https` endpoints; empty for none.
    package var https: String
    /// For `http` endpoints; empty for none.
    package var http: String
    /// Hosts that are reached directly, in libcurl's form: separated by commas, `*` for all.
    package var exceptions: String

    package init(https: String = "", http: String = "", exceptions: String = "") {
        self.https = https
        self.http = http
        self.exceptions = exceptions
    }

    package init(environment: [String: String]) {
        func first(_ names: String...) -> String {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        }
        self.init(
            https: first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
            http: first("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"),
            exceptions: Self.libcurlForm(first("no_proxy", "NO_PROXY")))
    }

    package func proxy(for endpoint: Endpoint) -> String { endpoint.scheme == "https" ? https : http }

    /// `*.example.com` is common in NO_PROXY, but libcurl knows it only as `.example.com`.
    private static func libcurlForm(_ list: String) -> String {
        list.split(whereSeparator: { $0 == "," || $0 == " " })
            .map { $0.hasPrefix("*.") ? $0.dropFirst() : $0 }
            .joined(separator: ",")
    }

    /// A proxy's address without the user and password it may hold.
    package static func withoutUser(_ proxy: String) -> String {
        guard let at = proxy.lastIndex(of: "@") else { return proxy }
        let scheme = proxy.firstRange(of: "://").map { proxy[..<$0.upperBound] } ?? ""
        return String(scheme + proxy[proxy.index(after: at)...])
    }
}
