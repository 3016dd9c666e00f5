import Foundation
import Model
import Testing

@testable import AWS

/// The examples are those of AWS's documentation: the Signature Version 4 test suite, the IAM user guide, and the S3 API
/// reference ("Examples: Signature Calculations").
@Suite struct SigV4Tests {
    private static let suiteDate = Date(timeIntervalSince1970: 1_440_938_160)  // 2015-08-30T12:36:00Z
    private static let s3Date = Date(timeIntervalSince1970: 1_369_353_600)  // 2013-05-24T00:00:00Z

    private func authorization(
        _ request: HTTPRequest, service: String, at date: Date = suiteDate, credentials: Credentials = exampleCredentials
    ) -> String {
        SigV4.headers(for: request, credentials: credentials, service: service, region: "us-east-1", at: date).last?.value ?? ""
    }

    private let suiteEndpoint = Endpoint(host: "example.amazonaws.com")

    @Test func `get-vanilla`() {
        #expect(
            authorization(HTTPRequest(.get, suiteEndpoint), service: "service")
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        )
    }

    @Test(arguments: [
        ("/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("//", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("/example/..", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("/./", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ])
    func `paths are normalized as the test suite has it`(_ path: String, _ signature: String) {
        #expect(authorization(HTTPRequest(.get, suiteEndpoint, path: path), service: "service").hasSuffix(signature))
    }

    @Test func `get-vanilla-query-order-key-case`() {
        let request = HTTPRequest(.get, suiteEndpoint, query: [HTTPField("Param2", "value2"), HTTPField("Param1", "value1")])
        #expect(
            authorization(request, service: "service").hasSuffix(
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"))
    }

    @Test func `post-vanilla`() {
        #expect(
            authorization(HTTPRequest(.post, suiteEndpoint), service: "service")
                .hasSuffix("5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"))
    }

    @Test func `post-x-www-form-urlencoded`() {
        let request = HTTPRequest(
            .post, suiteEndpoint, headers: [HTTPField("Content-Type", "application/x-www-form-urlencoded")],
            body: Data("Param1=value1".utf8))
        #expect(
            authorization(request, service: "service").hasSuffix(
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"))
    }

    @Test func `the IAM user guide's ListUsers`() {
        let request = HTTPRequest(
            .get, Endpoint(host: "iam.amazonaws.com"),
            query: [HTTPField("Action", "ListUsers"), HTTPField("Version", "2010-05-08")],
            headers: [HTTPField("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")])
        #expect(
            authorization(request, service: "iam").hasSuffix("5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"))
    }

    private let s3Credentials = Credentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
    private let bucket = Endpoint(host: "examplebucket.s3.amazonaws.com")

    @Test func `S3's GET of an object`() {
        let request = HTTPRequest(.get, bucket, path: "/test.txt", headers: [HTTPField("Range", "bytes=0-9")])
        #expect(
            authorization(request, service: "s3", at: Self.s3Date, credentials: s3Credentials)
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        )
    }

    @Test func `S3's PUT of an object`() {
        let request = HTTPRequest(
            .put, bucket, path: "/" + PercentEncoding.encode("test$file.text"),
            headers: [
                HTTPField("Date", "Fri, 24 May 2013 00:00:00 GMT"), HTTPField("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            body: Data("Welcome to Amazon S3.".utf8))
        #expect(
            authorization(request, service: "s3", at: Self.s3Date, credentials: s3Credentials)
                .hasSuffix("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"))
    }

    @Test func `S3's GET of a listing and of a lifecycle`() {
        let listing = HTTPRequest(.get, bucket, query: [HTTPField("prefix", "J"), HTTPField("max-keys", "2")])
        let lifecycle = HTTPRequest(.get, bucket, query: [HTTPField("lifecycle", "")])
        #expect(
            [listing, lifecycle].map { authorization($0, service: "s3", at: Self.s3Date, credentials: s3Credentials).suffix(64) }
                == [
                    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
                    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
                ])
    }

    @Test func `a session token is sent and signed`() {
        var credentials = exampleCredentials
        credentials.sessionToken = Secret("token")
        let headers = SigV4.headers(
            for: HTTPRequest(.get, suiteEndpoint), credentials: credentials, service: "service", region: "us-east-1",
            at: Self.suiteDate)
        #expect(headers.dropLast() == [HTTPField("X-Amz-Date", "20150830T123600Z"), HTTPField("X-Amz-Security-Token", "token")])
        #expect(headers.last?.value.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,") == true)
    }
}

/// The same signatures over a real socket, judged by botocore.
@Suite struct SignedRequestTests {
    private func session(_ peer: Peer, token: Bool = false, secret: String? = nil) throws -> AWSSession {
        var environment = ["AWS_ENDPOINT_URL": peer.url, "AWS_SESSION_TOKEN": token ? "to/ken+with=signs" : ""]
        if let secret { environment["AWS_SECRET_ACCESS_KEY"] = secret }
        return try AWSSession(context: .example(environment))
    }

    @Test func `botocore accepts the signature of every kind of request`() async throws {
        let peer = try Peer("signatures.py")
        for token in [false, true] {
            let session = try session(peer, token: token)
            try await session.cloudFormation().setStackPolicy("Stäck +&=%/~*'()", body: #"{"a": "é\n"}"#)
            let s3 = try session.s3()
            for key in ["plain", "a/b//c", "a b+c&d=e", "é~*'()!$@:,;?#[]%25", "./x/../y", " "] {
                _ = try await s3.putObject(
                    Data("body".utf8), bucket: "bucket", key: key, contentType: "text/plain", condition: .ifAbsent)
                _ = try await s3.getObject(bucket: "bucket", key: key, versionID: "v+/= 1")
                _ = try await s3.headObject(bucket: "bucket", key: key)
                try await s3.deleteObject(bucket: "bucket", key: key)
            }
            _ = try await s3.putObject(Data(), bucket: "bucket", key: "empty")
            #expect(try await s3.listObjects(bucket: "bucket", prefix: "a/ b&c=+~*é", after: "a/ b&c=+~*é0") == [])
        }
    }

    @Test func `an endpoint below a path is signed with it`() async throws {
        let peer = try Peer("signatures.py")
        let session = try AWSSession(
            context: .example(["AWS_ENDPOINT_URL": "\(peer.url)/proxied aws/x+y/".replacing(" ", with: "%20")]))
        try await session.cloudFormation().deleteStack("stack")
        try await session.s3().deleteObject(bucket: "bucket", key: "a b")
    }

    @Test func `a body that is changed on its way is refused and the message says so`() async throws {
        let peer = try Peer("signatures.py")
        let proxy = try Peer("proxy.py", "--to", peer.url)
        let rules = HTTPRequest(
            .put, try #require(Endpoint(url: proxy.url, origin: nil)), path: "/-/rules", body: Data(#"[{"fault": "tamper"}]"#.utf8))
        _ = try await CurlTransport(.init()).send(rules)
        let session = try session(proxy)
        let errors = [
            await #expect(throws: AWSError.self) { try await session.cloudFormation().setStackPolicy("s", body: "{}") },
            await #expect(throws: AWSError.self) { _ = try await session.s3().putObject(Data("body".utf8), bucket: "b", key: "k") },
        ]
        #expect(errors.map { $0?.problem.findings.first?.code } == ["wrong-signature", "changed-request"])
        #expect(errors.allSatisfy { $0?.problem.findings.first?.detail.contains("such as a proxy") == true })
    }

    @Test func `a wrong secret is refused and the message says what to check`() async throws {
        let peer = try Peer("signatures.py")
        let client = try session(peer, secret: "wrong").cloudFormation()
        let error = await #expect(throws: AWSError.self) { try await client.deleteStack("stack") }
        #expect(error?.isSignatureMismatch == true)
        #expect(error?.problem.findings.first?.detail.contains("AWS_SECRET_ACCESS_KEY") == true)
    }
}
