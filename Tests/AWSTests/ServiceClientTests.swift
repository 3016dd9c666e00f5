import Foundation
import Model
import Testing

@testable import AWS

@Suite struct ServiceClientTests {
    private let good = HTTPResponse.xml("<SetStackPolicyResponse/>")
    private let throttled = HTTPResponse.xml(
        "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>r-1</RequestId></ErrorResponse>",
        status: 400)

    private func lost(taken: Bool) -> TransportError {
        TransportError(taken ? .lost : .connect, Endpoint(host: "a.com"), detail: "", requestMayHaveBeenTaken: taken)
    }

    @Test func `a throttled request is tried again, and each try is logged`() async throws {
        let requests = Collector<HTTPRequest>()
        let clock = ManualClock()
        let log = Collector<RequestLogLine>()
        let session = try stubbedSession(
            clock: clock, log: log, .stub(requests, .success(throttled), .failure(lost(taken: true)), .success(good)))
        try await session.cloudFormation().setStackPolicy("s", body: "{}")
        #expect(requests.items.count == 3)
        #expect(clock.waited.map(\.milliseconds) == [999, 1999])
        #expect(
            log.items.map { "\($0.action) \($0.attempt) \($0.status.map(String.init) ?? "-") \($0.requestID ?? "-")" } == [
                "SetStackPolicy 1 400 r-1", "SetStackPolicy 2 - -", "SetStackPolicy 3 200 -",
            ])
    }

    @Test func `after the last try the error is thrown`() async throws {
        let requests = Collector<HTTPRequest>()
        let session = try stubbedSession(environment: ["AWS_MAX_ATTEMPTS": "2"], .stub(requests, .success(throttled)))
        let error = await #expect(throws: AWSError.self) { try await session.cloudFormation().setStackPolicy("s", body: "{}") }
        #expect(error?.code == "Throttling" && requests.items.count == 2)
    }

    @Test func `an execution whose answer was lost is not asked for again`() async throws {
        let requests = Collector<HTTPRequest>()
        let session = try stubbedSession(.stub(requests, .failure(lost(taken: true)), .success(good)))
        let error = await #expect(throws: TransportError.self) {
            try await session.cloudFormation().executeChangeSet("c", stack: "s")
        }
        #expect(error?.requestMayHaveBeenTaken == true)
        #expect(requests.items.map(\.mayBeRepeated) == [false])
    }

    @Test func `an execution that was not taken is`() async throws {
        let requests = Collector<HTTPRequest>()
        let session = try stubbedSession(
            .stub(requests, .failure(lost(taken: false)), .success(throttled), .success(.xml("<ExecuteChangeSetResponse/>"))))
        try await session.cloudFormation().executeChangeSet("c", stack: "s")
        #expect(requests.items.count == 3)
    }

    @Test func `an answer that is no answer to the action is not believed`() async throws {
        let requests = Collector<HTTPRequest>()
        let session = try stubbedSession(.stub(requests, .success(.xml("<html><body>Log in</body></html>"))))
        let error = await #expect(throws: TransportError.self) { try await session.cloudFormation().describeStack("s") }
        #expect(error?.kind == .unreadable && requests.items.count == 3)
        #expect(error?.detail == "It holds html, not DescribeStacksResponse")
    }

    @Test func `a wait between tries ends when the task is cancelled`() async throws {
        let requests = Collector<HTTPRequest>()
        var clock = ManualClock().clock
        clock.sleep = { _ in throw CancellationError() }
        let session = try AWSSession(context: .example(clock: clock), transport: .stub(requests, .success(throttled)))
        await #expect(throws: CancellationError.self) { try await session.cloudFormation().setStackPolicy("s", body: "{}") }
        #expect(requests.items.count == 1)
    }

    @Test func `no secret is in the printed form of anything`() async throws {
        let requests = Collector<HTTPRequest>()
        let log = Collector<RequestLogLine>()
        let session = try stubbedSession(
            environment: ["AWS_SESSION_TOKEN": "tokentoken"], log: log, .stub(requests, .success(throttled)))
        var input = CreateChangeSetInput(stack: "s", name: "c", kind: .create, template: .body("{}"))
        input.parameters = ["Token": .secret(Secret("ghp_geheim"))]
        let error = await #expect(throws: AWSError.self) { try await session.cloudFormation().createChangeSet(input) }
        var printed = ""
        dump(requests.items, to: &printed)
        dump(log.items, to: &printed)
        dump(session, to: &printed)
        dump(error, to: &printed)
        dump(input, to: &printed)
        printed += "\(requests.items) \(session) \(input)"
        for secret in ["ghp_geheim", "tokentoken", "wJalrXUtnFEMI", "Signature="] { #expect(!printed.contains(secret)) }
        #expect(String(decoding: try #require(requests.items.first).body, as: UTF8.self).contains("ghp_geheim"))
    }

    @Test(arguments: [
        "unavailable", "internal", "too-many", "throttle", "garbage", "page", "truncated", "drop", "reset", "no-http",
    ])
    func `a fault on every third call of a real server is survived`(_ fault: String) async throws {
        let script = (0..<30).map { $0 % 3 == 2 ? fault : "ok" }
        let peer = try Peer("faults.py", script)
        let session = try AWSSession(context: .example(["AWS_ENDPOINT_URL": peer.url]))
        let client = try session.sts()
        for _ in 0..<12 { #expect(try await client.getCallerIdentity().account == "123456789012") }
        let seen = try await peer.requests().map(\.fault)
        #expect(seen.count { $0 == "ok" } == 12)
        #expect(seen.count { $0 == fault } >= 5)
    }
}
