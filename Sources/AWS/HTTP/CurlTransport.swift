import CCurl
import Foundation
import Synchronization

/// Sends HTTP requests with libcurl: any number at a time, connections reused, certificates always verified.
///
/// One thread runs libcurl's multi interface, from the first request until the transport is released.
package final class CurlTransport: Sendable {
    package struct Settings: Sendable {
        package var proxies: ProxySettings
        /// A file of certificates in PEM form to trust instead of the system's.
        package var caBundle: String?
        package var connectTimeout: Duration
        package var userAgent: String
        /// A longer answer ends the transfer with an error, in bytes.
        package var maximumBody: Int

        package init(
            proxies: ProxySettings = ProxySettings(), caBundle: String? = nil, connectTimeout: Duration = .seconds(10),
            userAgent: String = "pipeplan", maximumBody: Int = 64 << 20
        ) {
            self.proxies = proxies
            self.caBundle = caBundle
            self.connectTimeout = connectTimeout
            self.userAgent = userAgent
            self.maximumBody = maximumBody
        }
    }

    private let settings: Settings
    private let loop = Mutex<CurlLoop?>(nil)

    package init(_ settings: Settings) {
        self.settings = settings
    }

    deinit {
        loop.withLock { $0?.stop() }
    }

    /// Sends one request and waits for its whole answer, whatever its status.
    ///
    /// Throws `TransportError` where no whole answer came, `CancellationError` when the task is cancelled; the transfer
    /// is then taken off its connection.
    package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let loop = try runningLoop(for: request)
        let transfer = try CurlTransfer(request, settings)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { loop.start(transfer, $0) }
        } onCancel: {
            loop.cancel(transfer)
        }
    }

    private func runningLoop(for request: HTTPRequest) throws(TransportError) -> CurlLoop {
        let running = loop.withLock { loop in
            if loop == nil {
                loop = CurlLoop()
                loop?.run()
            }
            return loop
        }
        guard let running else {
            let reason = CurlLoop.failure ?? "out of memory"
            throw TransportError(
                .setup, request.endpoint, detail: "libcurl could not be started: \(reason)", requestMayHaveBeenTaken: false)
        }
        return running
    }
}

/// The thread that drives libcurl, and the one owner of its multi handle.
///
/// Safe to send: `multi` and `active` are touched on the loop's thread only, which holds the loop until it ends, and by
/// `deinit`, which therefore comes after. The two exceptions are `inbox`, which is a lock, and `ccurl_multi_wakeup`, which
/// libcurl allows from any thread.
private final class CurlLoop: @unchecked Sendable {
    typealias Answer = CheckedContinuation<HTTPResponse, any Error>

    private struct Inbox {
        var arrivals: [(CurlTransfer, Answer)] = []
        var isStopped = false
    }

    /// Why libcurl can't be used, if it can't. Asking loads it.
    static let failure = ccurl_start().map { String(cString: $0) }

    private let multi: UnsafeMutableRawPointer
    private var active: [UnsafeMutableRawPointer: (transfer: CurlTransfer, answer: Answer)] = [:]
    private let inbox = Mutex(Inbox())

    /// `nil` where libcurl is missing or has no memory.
    init?() {
        guard Self.failure == nil, let multi = ccurl_multi_init() else { return nil }
        self.multi = multi
    }

    deinit {
        ccurl_multi_cleanup(multi)
    }

    func run() {
        let thread = Thread { self.turn() }
        thread.name = "pipeplan-http"
        thread.start()
    }

    func start(_ transfer: CurlTransfer, _ answer: Answer) {
        inbox.withLock { $0.arrivals.append((transfer, answer)) }
        ccurl_multi_wakeup(multi)
    }

    func cancel(_ transfer: CurlTransfer) {
        transfer.isCancelled.store(true, ordering: .releasing)
        ccurl_multi_wakeup(multi)
    }

    func stop() {
        inbox.withLock { $0.isStopped = true }
        ccurl_multi_wakeup(multi)
    }

    private func turn() {
        while true {
            let news = inbox.withLock { inbox in
                defer { inbox.arrivals = [] }
                return inbox
            }
            for (transfer, answer) in news.arrivals { add(transfer, answer) }
            for (handle, entry) in active where news.isStopped || entry.transfer.isCancelled.load(ordering: .acquiring) {
                finish(handle, .failure(CancellationError()))
            }
            if news.isStopped { return }

            var running: Int32 = 0
            ccurl_multi_perform(multi, &running)
            var waiting: Int32 = 0
            while let message = ccurl_multi_info_read(multi, &waiting) {
                guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
                let code = message.pointee.data.result
                if let entry = active[handle] { finish(handle, entry.transfer.outcome(code)) }
            }
            // libcurl shortens the wait by its own timers; a wake-up ends it.
            ccurl_multi_wait(multi)
        }
    }

    private func add(_ transfer: CurlTransfer, _ answer: Answer) {
        guard !transfer.isCancelled.load(ordering: .acquiring) else {
            return answer.resume(throwing: CancellationError())
        }
        let code = ccurl_multi_add_handle(multi, transfer.handle)
        guard code == CURLM_OK else {
            return answer.resume(throwing: transfer.setupError(String(cString: ccurl_multi_strerror(code))))
        }
        active[transfer.handle] = (transfer, answer)
    }

    private func finish(_ handle: UnsafeMutableRawPointer, _ outcome: Result<HTTPResponse, any Error>) {
        guard let entry = active.removeValue(forKey: handle) else { return }
        ccurl_multi_remove_handle(multi, handle)
        entry.answer.resume(with: outcome)
    }
}
