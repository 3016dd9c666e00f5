import Foundation
import Model
import TestSupport
import Testing

@testable import AWS

/// Every request that pipeplan can send, held against botocore's service models.
@Suite struct RequestTests {
    /// A request as `Peers/models.py` takes it.
    private struct Sent: Encodable {
        var service: String
        var action: String
        var method: String
        var path: String
        var query: [String: String]
        var headers: [String: String]
        var body: String

        init(_ call: ClientCall, _ request: HTTPRequest) {
            service = call.service.botocoreName
            action = call.action
            method = request.method.rawValue
            path = request.fullPath
            query = Dictionary(uniqueKeysWithValues: request.query.map { ($0.name, $0.value) })
            headers = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name.lowercased(), $0.value) })
            body = String(decoding: request.body, as: UTF8.self)
        }
    }

    /// The first request that each call sends, and what is logged of it.
    private func sent(_ calls: [ClientCall]) async throws -> (requests: [HTTPRequest], log: [RequestLogLine]) {
        var all: [HTTPRequest] = []
        let log = Collector<RequestLogLine>()
        for call in calls {
            let requests = Collector<HTTPRequest>()
            // An answer that no client makes anything of: only what is sent matters here. At an endpoint of one's own, S3 is asked by path.
            let session = try stubbedSession(
                environment: ["AWS_MAX_ATTEMPTS": "1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"], log: log,
                .stub(requests, .success(HTTPResponse(status: 500))))
            await #expect(throws: AWSError.self) { try await call.send(session) }
            all.append(try #require(requests.items.first))
        }
        return (all, log.items)
    }

    @Test func `botocore's models accept every request, and each is logged`() async throws {
        let (requests, log) = try await sent(ClientCall.all)
        let faults: [String?] = try await Python.ask("models.py", zip(ClientCall.all, requests).map(Sent.init))
        #expect(faults.compactMap { $0 } == [])
        #expect(faults.count == ClientCall.all.count)
        #expect(log.map { "\($0.service) \($0.action)" } == ClientCall.all.map { "\($0.service.rawValue) \($0.action)" })
        #expect(log.allSatisfy { $0.status == 500 && $0.attempt == 1 && $0.region == "eu-central-1" })
    }

    @Test func `there is no action in the sources that is not held against a model here`() throws {
        let folder = "\(Repository.root)/Sources/AWS"
        let naming = /(?:call|pages|allMembers|query|json)\(\s*"([A-Z]\w+)"|action: "([A-Z]\w+)"/
        var named: Set<String> = []
        for file in try FileManager.default.subpathsOfDirectory(atPath: folder) where file.hasSuffix(".swift") {
            let source = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
            for match in source.matches(of: naming) { named.insert(String(match.1 ?? match.2 ?? "")) }
        }
        #expect(named == Set(ClientCall.all.map(\.action)))
    }

    @Test func `only actions that do no harm twice are sent twice`() async throws {
        let once = zip(ClientCall.all, try await sent(ClientCall.all).requests).filter { !$0.1.mayBeRepeated }
        #expect(
            Set(once.map(\.0.action)) == [
                "CreateChangeSet", "ExecuteChangeSet", "CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack",
                "DetectStackDrift", "PutObject", "DeleteObject", "AssumeRole", "CreateToken",
            ])
        // Of those that take on a role, the one with a code.
        #expect(
            once.filter { $0.0.action == "AssumeRole" }.map { String(decoding: $0.1.body, as: UTF8.self).contains("&TokenCode=123456") }
                == [true])
        #expect(once.filter { $0.0.service == .s3 }.allSatisfy { $0.1.headers.contains { $0.name.hasPrefix("If-") } })
    }

    @Test func `a list that is not given is not sent, an empty one is sent as such`() async throws {
        let requests = Collector<HTTPRequest>()
        let client = try stubbedSession(.stub(requests, .success(HTTPResponse(status: 400)))).cloudFormation()
        var input = CreateChangeSetInput(stack: "s", name: "c", kind: .update, template: nil)
        input.tags = [:]
        await #expect(throws: AWSError.self) { try await client.createChangeSet(input) }
        #expect(
            requests.items.map { String(decoding: $0.body, as: UTF8.self) } == [
                "Action=CreateChangeSet&Version=2010-05-15&StackName=s&ChangeSetName=c&ChangeSetType=UPDATE&UsePreviousTemplate=true&Tags="
            ])
    }
}

@Suite struct S3RequestTests {
    private func urls(
        environment: [String: String] = [:], bucket: String = "bucket", _ call: (S3Client) async throws -> Void
    ) async throws -> [String] {
        let requests = Collector<HTTPRequest>()
        try await call(stubbedSession(environment: environment, .stub(requests, .success(.xml("<ListBucketResult/>")))).s3())
        return requests.items.map { "\($0.method.rawValue) \($0.url)" }
    }

    @Test func `AWS is asked at the bucket's own host`() async throws {
        #expect(
            try await urls { _ = try await $0.getObject(bucket: "bucket", key: "a/b c", versionID: "v/1") }
                == ["GET https://bucket.s3.eu-central-1.amazonaws.com/a/b%20c?versionId=v%2F1"])
    }

    @Test func `a bucket with a dot, and an endpoint of one's own, are asked by path`() async throws {
        #expect(
            try await urls { try await $0.deleteObject(bucket: "my.bucket", key: "k") }
                == ["DELETE https://s3.eu-central-1.amazonaws.com/my.bucket/k"])
        #expect(
            try await urls(environment: ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000"]) {
                _ = try await $0.listObjects(bucket: "bucket", prefix: "p/")
            } == ["GET http://127.0.0.1:9000/bucket?encoding-type=url&list-type=2&prefix=p%2F"])
    }

    @Test func `an object is stored only where there is none`() async throws {
        let requests = Collector<HTTPRequest>()
        let refused = HTTPResponse.xml("<Error><Code>PreconditionFailed</Code><Message>x</Message></Error>", status: 412)
        let client = try stubbedSession(.stub(requests, .success(refused))).s3()
        let error = await #expect(throws: AWSError.self) {
            try await client.putObject(Data("x".utf8), bucket: "b", key: "k", contentType: "text/plain", condition: .ifAbsent)
        }
        #expect(error?.isPreconditionFailed == true)
        let request = try #require(requests.items.first)
        #expect(request.headers.contains(HTTPField("If-None-Match", "*")) && !request.mayBeRepeated)
    }

    @Test func `a write that met another is asked for again`() async throws {
        let requests = Collector<HTTPRequest>()
        let conflict = HTTPResponse.xml("<Error><Code>ConditionalRequestConflict</Code><Message>x</Message></Error>", status: 409)
        let client = try stubbedSession(
            .stub(requests, .success(conflict), .success(HTTPResponse(status: 200, headers: ["etag": "\"1\""])))
        ).s3()
        let head = try await client.putObject(Data("x".utf8), bucket: "b", key: "k", condition: .ifAbsent)
        #expect(head == S3ObjectHead(etag: "\"1\"", versionID: nil, size: 1))
        #expect(requests.items.count == 2)
    }

    @Test func `a race that is never decided is not a race that was lost`() async throws {
        let requests = Collector<HTTPRequest>()
        let conflict = HTTPResponse.xml("<Error><Code>ConditionalRequestConflict</Code><Message>x</Message></Error>", status: 409)
        let client = try stubbedSession(.stub(requests, .success(conflict))).s3()
        let writing = await #expect(throws: AWSError.self) {
            try await client.putObject(Data(), bucket: "b", key: "k", condition: .ifAbsent)
        }
        #expect(writing?.isWriteConflict == true && writing?.isPreconditionFailed == false && writing?.requestMayHaveBeenTaken == false)
        #expect(requests.items.count == 3)
        let deleting = await #expect(throws: AWSError.self) { try await client.deleteObject(bucket: "b", key: "k", ifMatch: "\"e\"") }
        #expect(deleting?.isWriteConflict == true)
    }

    @Test func `a condition whose answer was lost is not tried again`() async throws {
        let requests = Collector<HTTPRequest>()
        let lost = TransportError(.lost, Endpoint(host: "a.com"), detail: "", requestMayHaveBeenTaken: true)
        let client = try stubbedSession(.stub(requests, .failure(lost))).s3()
        await #expect(throws: TransportError.self) { try await client.putObject(Data(), bucket: "b", key: "k", condition: .ifAbsent) }
        await #expect(throws: TransportError.self) { try await client.deleteObject(bucket: "b", key: "k", ifMatch: "\"e\"") }
        #expect(requests.items.count == 2)
    }

    @Test func `a key that does not exist is nothing, a bucket that does not is an error`() async throws {
        func client(_ code: String) throws -> S3Client {
            try stubbedSession(.stub(Collector(), .success(.xml("<Error><Code>\(code)</Code></Error>", status: 404)))).s3()
        }
        #expect(try await client("NoSuchKey").getObject(bucket: "b", key: "k") == nil)
        let error = await #expect(throws: AWSError.self) { try await client("NoSuchBucket").getObject(bucket: "b", key: "k") }
        #expect(error?.isNotFound == true)
        #expect(try await client("").headObject(bucket: "b", key: "k") == nil)
    }

    @Test(arguments: [["a", "b", "a"], ["a", "a"], [""]])
    func `pages that lead nowhere are no whole listing`(_ tokens: [String]) async throws {
        let requests = Collector<HTTPRequest>()
        let transport = HTTPTransport { request in
            requests.add(request)
            let token = tokens[min(requests.items.count, tokens.count) - 1]
            return .xml(
                "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>\(token)</NextContinuationToken></ListBucketResult>"
            )
        }
        let client = try stubbedSession(environment: ["AWS_MAX_ATTEMPTS": "1"], transport).s3()
        let error = await #expect(throws: TransportError.self) { try await client.listObjects(bucket: "b", prefix: "") }
        #expect(error?.kind == .unreadable && requests.items.count == tokens.count)
    }

    @Test func `all pages of a listing are read`() async throws {
        let requests = Collector<HTTPRequest>()
        let first = """
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated>
            <NextContinuationToken>t+/=</NextContinuationToken><EncodingType>url</EncodingType>
            <Contents><Key>a+b%2Bc/%C3%A9</Key><Size>3</Size><ETag>&quot;e&quot;</ETag><LastModified>2026-01-31T12:00:00.000Z</LastModified></Contents>
            </ListBucketResult>
            """
        let second = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>z+%</Key></Contents></ListBucketResult>"
        let client = try stubbedSession(.stub(requests, .success(.xml(first)), .success(.xml(second)))).s3()
        #expect(
            try await client.listObjects(bucket: "b", prefix: "", after: "0") == [
                S3ListedObject(key: "a b+c/é", size: 3, etag: "\"e\"", modifiedAt: noon), S3ListedObject(key: "z+%", size: 0),
            ])
        #expect(requests.items.map(\.encodedQuery).last == "continuation-token=t%2B%2F%3D&encoding-type=url&list-type=2&prefix=")
    }
}
