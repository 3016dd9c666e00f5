package import Model

/// No whole, readable answer came from an endpoint.
package struct TransportError: RequestFailure, Hashable {
    package enum Kind: String, Sendable {
        /// The host has no address.
        case resolve
        /// Nothing accepts connections there.
        case connect
        /// The proxy can't be found, or refuses.
        case proxy
        /// No secure connection: a certificate that can't be trusted, or no TLS at all.
        case tls
        case timeout
        /// The connection ended before the answer did.
        case lost
        case tooLarge
        /// What came is no HTTP, or no XML, or lacks what it must have.
        case unreadable
        /// libcurl would not even start.
        case setup

        /// Whether it can only happen before the request is on its way.
        var isBeforeRequest: Bool {
            switch self {
            case .resolve, .connect, .proxy, .tls, .setup: true
            case .timeout, .lost, .tooLarge, .unreadable: false
            }
        }
    }

    package var kind: Kind
    package var endpoint: Endpoint
    /// The proxy in between, without its password.
    package var proxy: String?
    /// What libcurl or the reader of the answer said.
    package var detail: String
    package var requestMayHaveBeenTaken: Bool

    package init(_ kind: Kind, _ endpoint: Endpoint, proxy: String? = nil, detail: String, requestMayHaveBeenTaken: Bool) {
        self.kind = kind
        self.endpoint = endpoint
        self.proxy = proxy
        self.detail = detail
        self.requestMayHaveBeenTaken = requestMayHaveBeenTaken
    }
}

extension TransportError {
    package var problem: Problem {
        let place = endpoint.url
        let (code, summary) =
            switch kind {
            case .resolve: ("endpoint-not-found", "No address is known for \(endpoint.host)")
            case .connect: ("connection-refused", "Nothing answers at \(place)")
            case .proxy: ("proxy-failed", "The proxy \(proxy ?? "") does not connect to \(place)")
            case .tls: ("tls-failed", "No secure connection to \(place)")
            case .timeout: ("request-timed-out", "\(place) did not answer in time")
            case .lost: ("connection-lost", "The connection to \(place) was lost")
            case .tooLarge: ("answer-too-large", "The answer of \(place) is too large")
            case .unreadable: ("unreadable-answer", "The answer of \(place) can't be read")
            case .setup: ("request-not-sent", "The request to \(place) could not be sent")
            }
        let sentences = [detail.isEmpty ? nil : "\(detail).", originHint, proxyHint, remedy].compactMap { $0 }
        return Problem(.failed, code, summary, detail: sentences.joined(separator: " "))
    }

    private var originHint: String? {
        endpoint.origin.map { "The address comes from \($0)." }
    }

    private var proxyHint: String? {
        proxy.map { "The way there leads through the proxy \($0), which the environment names." }
    }

    private var remedy: String? {
        switch kind {
        case .resolve:
            endpoint.isCustom
                ? "Check its spelling." : "Check that the region in it is spelled right, and that this machine is online."
        case .connect: endpoint.isCustom ? "Is it running there?" : "Is this machine online, or is a proxy needed (HTTPS_PROXY)?"
        case .proxy: "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
        case .tls: "Where a proxy or a private endpoint has a certificate of its own, name its authority's file in AWS_CA_BUNDLE."
        case .timeout, .lost: "Try again; what AWS was asked before may go on there meanwhile."
        case .unreadable:
            endpoint.isCustom ? "Is it really an AWS endpoint?" : "Something between here and AWS may have changed it."
        case .tooLarge, .setup: nil
        }
    }
}
