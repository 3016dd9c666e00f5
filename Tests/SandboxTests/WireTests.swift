import Foundation
import Testing

@testable import Sandbox

@Suite struct WireTests {
    @Test func `an answer is written as the query protocol has it`() {
        let answer = Answer.of([
            "StackId": .text("arn:x"), "Description": .text(nil as String?),
            "Tags": .list([.of(["Key": .text("a&b"), "Value": .text("<\"")])]),
            "Capabilities": .texts([]),
        ])
        #expect(
            QueryXML.success(action: "DescribeStacks", result: answer, requestID: "id", namespace: "ns")
                == #"<DescribeStacksResponse xmlns="ns"><DescribeStacksResult><StackId>arn:x</StackId>"#
                + "<Tags><member><Key>a&amp;b</Key><Value>&lt;&quot;</Value></member></Tags><Capabilities></Capabilities>"
                + "</DescribeStacksResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DescribeStacksResponse>\n")
    }

    @Test func `a refusal tells whose fault it was`() {
        #expect(
            QueryXML.failure(.validation("No"), requestID: "id", namespace: "ns")
                == #"<ErrorResponse xmlns="ns"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>No</Message></Error>"#
                + "<RequestId>id</RequestId></ErrorResponse>\n")
    }

    @Test func `characters that XML has no form for are replaced`() {
        #expect(QueryXML.escaped("a\u{0}b\r\n\u{FFFF}") == "a\u{FFFD}b&#xD;\n\u{FFFD}")
    }

    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00.000Z"), (1_800_000_000.0, "2027-01-15T08:00:00.000Z"), (1_800_000_000.9996, "2027-01-15T08:00:01.000Z"),
        (1_800_000_000.042, "2027-01-15T08:00:00.042Z"),
    ])
    func `times are written with milliseconds`(seconds: Double, text: String) {
        #expect(Date(timeIntervalSince1970: seconds).queryText == text)
    }

    @Test func `a form is read with its lists and structures`() throws {
        let text = "Action=Do+it&Tags.member.1.Key=a%26b&Tags.member.1.Value=%C3%BC&Tags.member.2.Key=c&Names.member.1=x&Empty=&Flag"
        let form = try #require(QueryForm(encoded: Data(text.utf8)))
        #expect(form["Action"] == "Do it")
        #expect(form.structures("Tags") == [QueryForm(["Key": "a&b", "Value": "ü"]), QueryForm(["Key": "c"])])
        #expect(form.list("Names") == ["x"])
        #expect(form.hasList("Empty") && form["Flag"]?.isEmpty == true)
    }

    @Test(arguments: ["Action=%", "Action=%zz", "Action=%FF%FE"])
    func `what is no form is refused`(text: String) {
        #expect(QueryForm(encoded: Data(text.utf8)) == nil)
    }

    @Test func `a request that comes in pieces is read when it is complete`() throws {
        var parser = RequestParser()
        let text = "POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbodyGET / HTTP/1.0\r\n\r\n"
        var progress: [String] = []
        for byte in text.utf8 {
            parser.feed([byte])
            reading: while true {
                switch parser.advance() {
                case .needsBytes: break reading
                case .expectsContinue: progress.append("continue")
                case .malformed(let status, _): progress.append("\(status)")
                case .complete(let request):
                    let body = String(decoding: request.body, as: UTF8.self)
                    progress.append("\(request.method) \(request.path) \(request.query) \(body) \(request.keepsAlive)")
                }
            }
        }
        #expect(progress == ["continue", "POST /a b=c body true", "GET /   false"])
    }

    @Test func `a chunked body is put together`() {
        var parser = RequestParser()
        parser.feed(Array("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;sig=x\r\nde\r\n0\r\nTrailer: y\r\n\r\n".utf8))
        guard case .complete(let request) = parser.advance() else {
            Issue.record("The request was not read")
            return
        }
        #expect(request.body == Data("abcde".utf8))
    }

    /// Whatever comes in, reading it ends and never traps.
    @Test func `random bytes are read or refused`() {
        var generator = SplitMix(state: 42)
        let pieces = [
            "GET ", "/", " HTTP/1.1", "\r\n", "\n", "Content-Length: ", "12", "-1", "Transfer-Encoding: chunked", "\u{0}", "ffffffffffff",
            "0",
        ]
        for _ in 0..<3000 {
            var parser = RequestParser()
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                if Bool.random(using: &generator) {
                    parser.feed(Array((pieces.randomElement(using: &generator) ?? "").utf8))
                } else {
                    parser.feed([UInt8.random(in: 0...255, using: &generator)])
                }
                for _ in 0..<3 { _ = parser.advance() }
            }
        }
    }

    @Test func `a caller is told by the credential scope`() throws {
        let caller = try Caller(
            authorization: "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=x")
        #expect((caller.accessKey, caller.region, caller.service) == ("AKIA", "eu-west-1", "s3"))
        #expect(throws: APIFailure("MissingAuthenticationToken", "Request is missing Authentication Token", status: 403)) {
            try Caller(authorization: nil)
        }
    }
}

/// A generator whose numbers are the same each time.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
