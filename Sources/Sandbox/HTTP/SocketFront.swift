import FlyingSocks
import Foundation

/// Listens on a loopback address and has each request answered, on sockets of FlyingFox's.
///
/// FlyingFox's own server reads a whole small body before its handler is asked, so that it can't answer `Expect: 100-continue`,
/// and can't leave a request unanswered; this one does both.
actor SocketFront {
    typealias Handler = @Sendable (WireRequest) async -> WireAnswer

    private let handler: Handler
    #if canImport(Darwin)
        private let pool: any AsyncSocketPool = .kQueue()
    #else
        private let pool: any AsyncSocketPool = .ePoll()
    #endif
    private var listener: Socket?
    private var runner: Task<Void, any Error>?

    init(handler: @escaping Handler) { self.handler = handler }

    /// Binds and begins to serve.
    /// - Returns: the bound port, which the system chooses where `port` is 0.
    /// - Throws: where the address can't be bound.
    func start(host: String, port: UInt16) async throws -> UInt16 {
        let socket = try Socket(domain: AF_INET)
        do {
            try socket.setValue(true, for: .localAddressReuse)
            try socket.bind(to: .inet(ip4: host, port: port))
            try socket.listen()
            try await pool.prepare()
            listener = socket
            let asyncSocket = try AsyncSocket(socket: socket, pool: pool)
            runner = Task { [pool, handler] in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await pool.run() }
                    group.addTask { try await Self.accept(on: asyncSocket, handler: handler) }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
            guard case .ip4(_, let bound) = try socket.sockname() else { return port }
            return bound
        } catch {
            try? socket.close()
            listener = nil
            throw error
        }
    }

    /// Waits until the server is stopped.
    func finish() async throws {
        do { try await runner?.value } catch is CancellationError {} catch { if listener != nil { throw error } }
    }

    func stop() async {
        guard let listener else { return }
        self.listener = nil
        runner?.cancel()
        try? listener.close()
        _ = await runner?.result
    }

    private static func accept(on listener: AsyncSocket, handler: @escaping Handler) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            var failures = 0
            while true {
                do {
                    let socket = try await listener.accept()
                    failures = 0
                    group.addTask { await serve(socket, handler) }
                } catch {
                    // A client that hangs up while it is let in, or too many open files: neither ends the server.
                    failures += 1
                    if Task.isCancelled || failures > 100 { throw error }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        }
    }

    /// Serves one connection. Whatever goes wrong on it ends this connection only.
    private static func serve(_ socket: AsyncSocket, _ handler: Handler) async {
        defer { try? socket.close() }
        var parser = RequestParser()
        do {
            while true {
                switch parser.advance() {
                case .needsBytes: parser.feed(try await socket.read(atMost: 4096))
                case .expectsContinue: try await socket.write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8))
                case .malformed(let status, let reason):
                    let response = WireResponse(status: status, headers: [("Content-Type", "text/plain")], body: Data((reason + "\n").utf8))
                    return try await socket.write(response.encoded(closing: true))
                case .complete(let request):
                    switch await handler(request) {
                    case .drop: return
                    case .raw(let bytes): return try await socket.write(bytes)
                    case .response(let response):
                        try await socket.write(response.encoded(closing: !request.keepsAlive))
                        if !request.keepsAlive { return }
                    }
                }
            }
        } catch {
            // The client has gone, or the server stops: nobody is left to tell.
        }
    }
}
