import Foundation
import Model
import Testing

@testable import AWS

@Suite struct ClockSkewTests {
    /// AWS's clock is 40 minutes before ours (`noon`).
    private let theirs = "Sat, 31 Jan 2026 12:40:00 GMT"

    private func refusal(_ code: String, date: String?) -> HTTPResponse {
        .xml(
            "<ErrorResponse><Error><Code>\(code)</Code><Message>Signature expired</Message></Error></ErrorResponse>", status: 403,
            headers: date.map { ["date": $0] } ?? [:])
    }

    private func times(_ requests: Collector<HTTPRequest>) -> [String?] {
        requests.items.map { $0.headers.first { $0.name == "X-Amz-Date" }?.value }
    }

    @Test(arguments: ["RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignatureException", "RequestExpired"])
    func `a request that is refused for its time is signed once more by AWS's clock, and so are those behind it`(_ code: String)
        async throws
    {
        let requests = Collector<HTTPRequest>()
        let log = Collector<RequestLogLine>()
        let session = try stubbedSession(
            log: log, .stub(requests, .success(refusal(code, date: theirs)), .success(.xml("<ExecuteChangeSetResponse/>"))))
        // Also what may not be repeated: a refused request was not taken.
        for _ in 0..<2 { try await session.cloudFormation().executeChangeSet("c", stack: "s") }
        #expect(times(requests) == ["20260131T120000Z", "20260131T124000Z", "20260131T124000Z"])
        #expect(log.items.map(\.outcome) == [.failure(code: code, retryAfter: .zero), .success, .success])
    }

    @Test func `where that does not help, both times are told`() async throws {
        let requests = Collector<HTTPRequest>()
        let session = try stubbedSession(.stub(requests, .success(refusal("RequestTimeTooSkewed", date: theirs))))
        let error = await #expect(throws: AWSError.self) { try await session.cloudFormation().deleteStack("s") }
        #expect(requests.items.count == 2)
        let finding = error?.problem.findings.first
        #expect(finding?.code == "clock-skew")
        #expect(
            finding?.detail
                == "Signature expired. This machine says 2026-01-31 12:00:00 UTC, AWS 2026-01-31 12:40:00 UTC: it is 40 minutes behind. "
                + "Set it right (for example with NTP) and try again.")
    }

    @Test func `a wrong secret stays a wrong secret, with the clocks together or apart`() async throws {
        for (date, tries) in [("Sat, 31 Jan 2026 12:03:00 GMT", 1), (theirs, 2)] {
            let requests = Collector<HTTPRequest>()
            let refused = HTTPResponse.xml(
                "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>It differs</Message></Error></ErrorResponse>",
                status: 403, headers: ["date": date])
            let session = try stubbedSession(.stub(requests, .success(refused)))
            let error = await #expect(throws: AWSError.self) { try await session.cloudFormation().deleteStack("s") }
            #expect(error?.problem.findings.first?.code == "wrong-signature")
            #expect(requests.items.count == tries)
        }
    }

    @Test func `without a time in the answer nothing is tried again`() async throws {
        let requests = Collector<HTTPRequest>()
        let session = try stubbedSession(.stub(requests, .success(refusal("RequestTimeTooSkewed", date: nil))))
        await #expect(throws: AWSError.self) { try await session.cloudFormation().deleteStack("s") }
        #expect(requests.items.count == 1)
    }

    @Test func `botocore accepts the second signature of a clock that is an hour behind`() async throws {
        let peer = try Peer("signatures.py")
        var clock = ManualClock().clock
        clock.now = { noon - 3600 }
        let session = try AWSSession(context: .example(["AWS_ENDPOINT_URL": peer.url], clock: clock))
        try await session.cloudFormation().deleteStack("stack")
        try await session.s3().deleteObject(bucket: "bucket", key: "key")
    }

    @Test func `HTTP's times are read`() {
        #expect(Timestamp.http("Sat, 31 Jan 2026 12:00:00 GMT") == noon)
        #expect(Timestamp.http("Sunday, 06-Nov-94 08:49:37 GMT") == nil)
        #expect(Timestamp.http("Sat, 31 Jan 2026 12:00:00 CET") == nil)
        #expect(Timestamp.readable(noon) == "2026-01-31 12:00:00 UTC")
    }
}
