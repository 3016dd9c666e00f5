import CCurl
import Foundation
import Synchronization

/// One request under way: the one owner of a libcurl easy handle and of everything the handle points to.
///
/// Safe to send: it is built by one task, then handed to the loop's thread, which alone touches it until its outcome is
/// taken; `isCancelled` is atomic. The loop removes the handle from the multi handle before it lets go of the transfer.
final class CurlTransfer: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer
    let isCancelled = Atomic(false)

    private let request: HTTPRequest
    private let proxy: String
    private let maximumBody: Int
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headers: [String: String] = [:]
    private var body = Data()
    private var isTooLarge = false

    /// Throws `TransportError` where libcurl takes an option not at all, such as a proxy of a kind it doesn't know.
    init(_ request: HTTPRequest, _ settings: CurlTransport.Settings) throws(TransportError) {
        guard let handle = ccurl_easy_init() else {
            throw TransportError(.setup, request.endpoint, detail: "out of memory", requestMayHaveBeenTaken: false)
        }
        self.handle = handle
        self.request = request
        proxy = settings.proxies.proxy(for: request.endpoint)
        maximumBody = settings.maximumBody
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try configure(settings)
    }

    deinit {
        ccurl_easy_cleanup(handle)
        ccurl_slist_free_all(headerList)
        errorText.deallocate()
    }

    func setupError(_ detail: String) -> TransportError {
        TransportError(.setup, request.endpoint, detail: detail, requestMayHaveBeenTaken: false)
    }

    /// What came of it, once libcurl is done with it.
    func outcome(_ code: CURLcode) -> Result<HTTPResponse, any Error> {
        let status = Int(ccurl_status(handle))
        guard code != CURLE_OK || status == 0 else {
            return .success(HTTPResponse(status: status, headers: headers, body: body))
        }
        let wasSent = ccurl_time_until_request(handle) > 0
        var kind = isTooLarge ? .tooLarge : TransportError.Kind(code)
        // A tunnel that a proxy refuses is a lost connection to older versions of libcurl.
        if kind == .lost && !wasSent && !proxy.isEmpty { kind = .proxy }
        let said = String(cString: errorText)
        return .failure(
            TransportError(
                kind, request.endpoint, proxy: proxy.isEmpty ? nil : ProxySettings.withoutUser(proxy),
                detail: said.isEmpty ? String(cString: ccurl_easy_strerror(code)) : said,
                requestMayHaveBeenTaken: wasSent && !kind.isBeforeRequest))
    }

    private func configure(_ settings: CurlTransport.Settings) throws(TransportError) {
        try check(ccurl_set_error_buffer(handle, errorText))
        try check(ccurl_set_no_signals(handle))
        try check(ccurl_set_only_http(handle))
        try check(ccurl_set_http2_over_tls(handle))
        try check(ccurl_set_verified(handle))
        if let caBundle = settings.caBundle { try check(ccurl_set_ca_bundle(handle, caBundle)) }
        try check(ccurl_set_proxy(handle, proxy, settings.proxies.exceptions))
        try check(ccurl_set_connect_timeout(handle, settings.connectTimeout.milliseconds))
        try check(ccurl_set_timeout(handle, request.timeout.milliseconds))
        if !request.mayBeRepeated { try check(ccurl_set_fresh_connection(handle)) }

        try check(ccurl_set_url(handle, request.url))
        try check(ccurl_set_path_as_is(handle))
        switch request.method {
        case .get: break
        case .head: try check(ccurl_set_no_body(handle))
        case .delete: try check(ccurl_set_method(handle, request.method.rawValue))
        case .put, .post:
            let code = request.body.withUnsafeBytes { bytes in
                // A body of no bytes has no address, which libcurl would read as "ask a callback for it".
                bytes.isEmpty ? ccurl_set_body(handle, "", 0) : ccurl_set_body(handle, bytes.baseAddress, curl_off_t(bytes.count))
            }
            try check(code)
            try check(ccurl_set_method(handle, request.method.rawValue))
        }
        // Without a value a header is removed: no waiting for `100 Continue`, no content type that was not signed.
        var lines = request.headers.map { "\($0.name): \($0.value)" } + ["User-Agent: \(settings.userAgent)", "Expect:"]
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) { lines.append("Content-Type:") }
        for line in lines {
            // A key or token with a line break in it would become a header of its own.
            guard !line.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
                throw setupError("A header holds a line break: check the credentials for one")
            }
            guard let list = ccurl_slist_append(headerList, line) else { throw setupError("out of memory") }
            headerList = list
        }
        try check(ccurl_set_headers(handle, headerList))

        // Unretained: the loop holds the transfer for as long as libcurl may call back.
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(
            ccurl_set_body_receiver(
                handle,
                { bytes, _, size, context in
                    CurlTransfer.from(context)?.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size)) == true ? size : 0
                }, context))
        try check(
            ccurl_set_header_receiver(
                handle,
                { bytes, _, size, context in
                    CurlTransfer.from(context)?.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size))
                    return size
                }, context))
    }

    private func check(_ code: CURLcode) throws(TransportError) {
        guard code == CURLE_OK else { throw setupError(String(cString: ccurl_easy_strerror(code))) }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        context.map { Unmanaged.fromOpaque($0).takeUnretainedValue() }
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        isTooLarge = body.count + bytes.count > maximumBody
        if !isTooLarge { body.append(contentsOf: bytes) }
        return !isTooLarge
    }

    private func receiveHeader(_ bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            headers = [:]  // Those of a `100 Continue` before are not the answer's.
        } else if let colon = line.firstIndex(of: ":") {
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespacesAndNewlines)
        }
    }
}

extension TransportError.Kind {
    init(_ code: CURLcode) {
        self =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST: .resolve
            case CURLE_COULDNT_CONNECT: .connect
            case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: .proxy
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
                CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_INITFAILED:
                .tls
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING, tooLargeHeader: .unreadable
            case CURLE_URL_MALFORMAT, CURLE_FAILED_INIT: .setup
            default: .lost
            }
    }
}

/// CURLE_TOO_LARGE, which older headers don't have: it came with libcurl 8.6.
private let tooLargeHeader = CURLcode(rawValue: 100)

extension Duration {
    /// Whole milliseconds, at least 1: libcurl reads 0 as "no limit".
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
