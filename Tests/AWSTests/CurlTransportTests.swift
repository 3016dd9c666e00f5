import Foundation
import Model
import Testing

@testable import AWS

/// One request as `Peers/faults.py` saw it.
struct SeenRequest: Decodable, Equatable {
    var method: String
    var target: String
    var action: String
    var connection: Int
    var fault: String
}

extension Peer {
    func requests() async throws -> [SeenRequest] {
        let endpoint = try #require(Endpoint(url: url, origin: nil))
        let response = try await CurlTransport(.init()).send(HTTPRequest(.get, endpoint, path: "/requests"))
        return try JSONDecoder().decode([SeenRequest].self, from: response.body)
    }
}

@Suite(.onItsOwnQueue) struct CurlTransportTests {
    private func post(_ url: String, mayBeRepeated: Bool = true, timeout: Duration = .seconds(20)) throws -> HTTPRequest {
        HTTPRequest(
            .post, try #require(Endpoint(url: url, origin: "AWS_ENDPOINT_URL")),
            headers: [HTTPField("Content-Type", "application/x-www-form-urlencoded")], body: Data("Action=Test".utf8),
            timeout: timeout,
            mayBeRepeated: mayBeRepeated)
    }

    private func failure(_ fault: String, timeout: Duration = .seconds(20), maximumBody: Int = 1 << 20) async throws
        -> TransportError?
    {
        let peer = try Peer("faults.py", fault)
        let transport = CurlTransport(.init(maximumBody: maximumBody))
        return await #expect(throws: TransportError.self) { try await transport.send(post(peer.url, timeout: timeout)) }
    }

    @Test func `an answer comes whole, with its status and headers`() async throws {
        let peer = try Peer("faults.py", "too-many", "ok")
        let transport = CurlTransport(.init())
        let first = try await transport.send(post(peer.url))
        #expect(first.status == 429 && first.retryAfter == .seconds(2) && first.body.isEmpty)
        let second = try await transport.send(post(peer.url))
        #expect(second.status == 200)
        #expect(String(decoding: second.body, as: UTF8.self).hasPrefix("<TestResponse><TestResult>"))
    }

    @Test func `a connection is used again, unless a request may not be repeated`() async throws {
        let peer = try Peer("faults.py", "ok")
        let transport = CurlTransport(.init())
        for mayBeRepeated in [true, true, false] { _ = try await transport.send(post(peer.url, mayBeRepeated: mayBeRepeated)) }
        #expect(try await peer.requests().map(\.connection) == [1, 1, 2])
    }

    @Test func `a request that may not be repeated is sent once, even where its connection is closed without an answer`()
        async throws
    {
        // libcurl sends a request again on its own when a connection that was used before closes without an answer.
        let repeated = try Peer("faults.py", "ok", "drop")
        let once = try Peer("faults.py", "ok", "drop")
        let transport = CurlTransport(.init())
        for (peer, mayBeRepeated) in [(repeated, true), (once, false)] {
            _ = try await transport.send(post(peer.url))
            let error = await #expect(throws: TransportError.self) {
                try await transport.send(post(peer.url, mayBeRepeated: mayBeRepeated))
            }
            #expect(error?.requestMayHaveBeenTaken == true)
        }
        #expect(try await repeated.requests().count == 3)
        #expect(try await once.requests().count == 2)
    }

    @Test(arguments: [
        ("drop", TransportError.Kind.lost), ("reset", .lost), ("truncated", .lost), ("no-http", .unreadable),
        ("large", .tooLarge),
    ])
    func `a fault of the peer is told as what it is`(_ fault: String, _ kind: TransportError.Kind) async throws {
        let error = try await failure(fault, maximumBody: 100_000)
        #expect(error?.kind == kind)
        #expect(error?.requestMayHaveBeenTaken == true)
    }

    @Test(arguments: ["hang", "half"])
    func `a peer that falls silent ends in a time-out`(_ fault: String) async throws {
        let error = try await failure(fault, timeout: .milliseconds(200))
        #expect(error?.kind == .timeout)
        #expect(error?.requestMayHaveBeenTaken == true)
    }

    @Test func `a connection that does not come about ends in a time-out, and nothing was sent`() async throws {
        let peer = try Peer("deaf.py")
        let transport = CurlTransport(.init(connectTimeout: .milliseconds(200)))
        let error = await #expect(throws: TransportError.self) { try await transport.send(post(peer.url)) }
        #expect(error?.kind == .timeout && error?.requestMayHaveBeenTaken == false)
    }

    @Test func `a refused connection names the endpoint and where it was set`() async throws {
        let error = await #expect(throws: TransportError.self) {
            try await CurlTransport(.init()).send(post("http://127.0.0.1:1"))
        }
        #expect(error?.kind == .connect && error?.requestMayHaveBeenTaken == false)
        let finding = error?.problem.findings.first
        #expect(finding?.summary == "Nothing answers at http://127.0.0.1:1")
        #expect(finding?.detail.contains("The address comes from AWS_ENDPOINT_URL.") == true)
    }

    @Test func `a header with a line break in it is not sent`() async throws {
        let peer = try Peer("faults.py", "ok")
        var request = try post(peer.url)
        request.headers.append(HTTPField("X-Amz-Security-Token", "token\r\nX-Other: 1"))
        let error = await #expect(throws: TransportError.self) { try await CurlTransport(.init()).send(request) }
        #expect(error?.kind == .setup && error?.requestMayHaveBeenTaken == false)
        #expect(try await peer.requests() == [])
    }

    @Test func `a host without an address is told as such`() async throws {
        let error = await #expect(throws: TransportError.self) {
            try await CurlTransport(.init()).send(post("https://cloudformation.eu-nowhere-1.invalid"))
        }
        #expect(error?.kind == .resolve && error?.requestMayHaveBeenTaken == false)
    }

    @Test func `a certificate that nobody vouches for is refused, and accepted by AWS_CA_BUNDLE`() async throws {
        let bundle = FileManager.default.temporaryDirectory.appending(path: "pipeplan-\(UUID().uuidString).pem").path()
        defer { try? FileManager.default.removeItem(atPath: bundle) }
        let peer = try Peer("faults.py", "--tls", bundle, "ok")
        let request = try post("https://127.0.0.1:\(peer.port)")
        let error = await #expect(throws: TransportError.self) { try await CurlTransport(.init()).send(request) }
        #expect(error?.kind == .tls && error?.requestMayHaveBeenTaken == false)
        #expect(error?.problem.findings.first?.detail.contains("AWS_CA_BUNDLE") == true)
        #expect(try await CurlTransport(.init(caBundle: bundle)).send(request).status == 200)
    }

    @Test func `a proxy is used, but not for the hosts that NO_PROXY names`() async throws {
        let proxy = try Peer("faults.py", "ok")
        let direct = try Peer("faults.py", "ok")
        let environment = ["HTTP_PROXY": proxy.url, "NO_PROXY": "127.0.0.1"]
        let transport = CurlTransport(.init(proxies: ProxySettings(environment: environment)))
        _ = try await transport.send(post("http://cloudformation.invalid"))
        _ = try await transport.send(post(direct.url))
        #expect(try await proxy.requests().map(\.target) == ["http://cloudformation.invalid/"])
        #expect(try await direct.requests().map(\.target) == ["/"])
    }

    @Test func `an https endpoint is reached by a tunnel through the proxy, and its certificate is checked at the far end`() async throws {
        let bundle = FileManager.default.temporaryDirectory.appending(path: "pipeplan-\(UUID().uuidString).pem").path()
        defer { try? FileManager.default.removeItem(atPath: bundle) }
        let peer = try Peer("faults.py", "--tls", bundle, "ok")
        let tunnel = try Peer("tunnel.py")
        let request = try post("https://127.0.0.1:\(peer.port)")
        func status(password: String, except: String = "", caBundle: String?) async throws -> Int {
            let proxies = ProxySettings(
                environment: ["HTTPS_PROXY": "http://ada:\(password)@127.0.0.1:\(tunnel.port)", "NO_PROXY": except])
            return try await CurlTransport(.init(proxies: proxies, caBundle: caBundle)).send(request).status
        }
        #expect(try await status(password: "open%20sesame", caBundle: bundle) == 200)
        let untrusted = await #expect(throws: TransportError.self) { _ = try await status(password: "open%20sesame", caBundle: nil) }
        #expect(untrusted?.kind == .tls)
        let refused = await #expect(throws: TransportError.self) { _ = try await status(password: "geheim", caBundle: bundle) }
        #expect(refused?.kind == .proxy && refused?.requestMayHaveBeenTaken == false)
        #expect(refused.map { "\($0.problem)" }?.contains("geheim") == false)
        #expect(try await status(password: "geheim", except: "localhost,127.0.0.1", caBundle: bundle) == 200)

        let endpoint = try #require(Endpoint(url: tunnel.url, origin: nil))
        let seen = try await CurlTransport(.init()).send(HTTPRequest(.get, endpoint, path: "/requests")).body
        let target = "127.0.0.1:\(peer.port)"
        #expect(try JSONDecoder().decode([String].self, from: seen) == [target, target, "-\(target)"])
    }

    @Test func `a proxy that does not answer is named without its password`() async throws {
        let settings = CurlTransport.Settings(
            proxies: ProxySettings(environment: ["HTTPS_PROXY": "http://user:geheim@127.0.0.1:1"]))
        let error = await #expect(throws: TransportError.self) {
            try await CurlTransport(settings).send(post("https://example.invalid"))
        }
        #expect(error?.requestMayHaveBeenTaken == false)
        let text = error.map { "\($0.problem)" } ?? ""
        #expect(text.contains("http://127.0.0.1:1") && !text.contains("geheim"))
    }

    @Test func `cancelling the task ends the transfer`() async throws {
        let peer = try Peer("faults.py", "hang")
        let transport = CurlTransport(.init())
        let request = try post(peer.url)
        try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
            group.addTask { try await transport.send(request) }
            // Only when the peer has the request is there something to take off the connection.
            while try await peer.requests().isEmpty { await Task.yield() }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
            // A cancelled group's tasks are cancelled before they start.
            group.addTask { try await transport.send(request) }
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
        #expect(try await peer.requests().count == 1)
    }

    @Test func `HTTP/2 is spoken where it is offered, and requests at a time share one connection`() async throws {
        let bundle = FileManager.default.temporaryDirectory.appending(path: "pipeplan-\(UUID().uuidString).pem").path()
        defer { try? FileManager.default.removeItem(atPath: bundle) }
        // It answers none of the requests before all four are there.
        let peer = try Peer("http2.py", bundle, "slow")
        let transport = CurlTransport(.init(caBundle: bundle))
        let request = try post("https://127.0.0.1:\(peer.port)")
        func send(_ request: HTTPRequest) async throws -> String {
            String(decoding: try await transport.send(request).body, as: UTF8.self)
        }
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 { group.addTask { try await send(request) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == Array(repeating: "2 1", count: 4))
        #expect(try await send(request) == "2 1")
        #expect(try await send(post("https://127.0.0.1:\(peer.port)", mayBeRepeated: false)) == "2 2")
    }

    @Test func `many requests run at a time`() async throws {
        let peer = try Peer("faults.py", "ok")
        let transport = CurlTransport(.init())
        let request = try post(peer.url)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<200 { group.addTask { try await transport.send(request).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 200, count: 200))
    }
}
