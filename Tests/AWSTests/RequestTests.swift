import Foundation
import Model
import Testing

@testable import AWS

/// Every request that pipeplan can send, held against botocore's service models.
@Suite struct RequestTests {
    private static let fullChangeSet: CreateChangeSetInput = {
        var input = CreateChangeSetInput(stack: "Stack-1", name: "c-1", kind: .create, template: .body("A: \"é+&=%\"\n"))
        input.parameters = ["A": .value("a b"), "B": .secret(Secret("s&=+")), "C": .usePrevious, "D": .value("")]
        input.tags = ["team": "x", "cost": "1,2"]
        input.capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
        input.roleARN = "arn:aws:iam::123456789012:role/cloudformation"
        input.notificationARNs = ["arn:aws:sns:us-east-1:123456789012:topic"]
        input.rollbackConfiguration = RollbackConfiguration(
            triggers: [.init(arn: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:x")], monitoringMinutes: 5)
        input.description = "why"
        input.clientToken = "token-1"
        input.includeNestedStacks = true
        input.onStackFailure = .doNothing
        input.importExistingResources = false
        input.deploymentMode = .revertDrift
        return input
    }()

    private static let importing: CreateChangeSetInput = {
        var input = CreateChangeSetInput(
            stack: "Stack-1", name: "c-1", kind: .import, template: .url("https://s3.amazonaws.com/b/t.yml"))
        input.resourcesToImport = [
            ResourceToImport(type: "AWS::S3::Bucket", logicalID: "Bucket", identifier: ["BucketName": "b", "Another": "x"])
        ]
        return input
    }()

    private static let emptied: CreateChangeSetInput = {
        var input = CreateChangeSetInput(stack: "Stack-1", name: "c-1", kind: .update, template: nil)
        input.parameters = [:]
        input.tags = [:]
        input.notificationARNs = []
        input.capabilities = []
        input.rollbackConfiguration = RollbackConfiguration(triggers: [])
        return input
    }()

    private typealias Call = (name: String, send: @Sendable (CloudFormationClient) async throws -> Void)

    private static let calls: [Call] = [
        ("CreateChangeSet", { _ = try await $0.createChangeSet(fullChangeSet) }),
        ("CreateChangeSet", { _ = try await $0.createChangeSet(importing) }),
        ("CreateChangeSet", { _ = try await $0.createChangeSet(emptied) }),
        ("DescribeChangeSet", { _ = try await $0.describeChangeSet("c", stack: "s") }),
        ("DescribeChangeSet", { _ = try await $0.describeChangeSet("arn:aws:x", includePropertyValues: true) }),
        ("ExecuteChangeSet", { try await $0.executeChangeSet("c", stack: "s", clientRequestToken: "t", disableRollback: true) }),
        ("DeleteChangeSet", { try await $0.deleteChangeSet("c", stack: "s") }),
        ("ListChangeSets", { _ = try await $0.listChangeSets(stack: "s") }),
        ("DescribeStacks", { _ = try await $0.describeStack("s") }),
        ("DescribeStacks", { _ = try await $0.describeAllStacks() }),
        ("DescribeStackEvents", { _ = try await $0.describeStackEvents("s") }),
        ("DescribeStackResources", { _ = try await $0.describeStackResources("s", logicalID: "L") }),
        ("ListStackResources", { _ = try await $0.listStackResources("s") }),
        ("GetTemplate", { _ = try await $0.getTemplate(stack: "s") }),
        ("GetTemplate", { _ = try await $0.getTemplate(changeSet: "c", stack: "s", stage: .processed) }),
        ("GetTemplateSummary", { _ = try await $0.getTemplateSummary(of: .body("x")) }),
        ("GetTemplateSummary", { _ = try await $0.getTemplateSummary(ofStack: "s") }),
        ("ValidateTemplate", { _ = try await $0.validateTemplate(.url("https://x")) }),
        (
            "DeleteStack",
            {
                try await $0.deleteStack(
                    "s", retainResources: ["A", "B"], roleARN: "arn:aws:iam::1:role/long-enough", clientRequestToken: "t",
                    deletionMode: .force)
            }
        ),
        ("CancelUpdateStack", { try await $0.cancelUpdateStack("s", clientRequestToken: "t") }),
        (
            "ContinueUpdateRollback",
            {
                try await $0.continueUpdateRollback(
                    "s", resourcesToSkip: ["A", "n.B"], roleARN: "arn:aws:iam::1:role/long-enough", clientRequestToken: "t")
            }
        ),
        (
            "RollbackStack",
            {
                try await $0.rollbackStack(
                    "s", roleARN: "arn:aws:iam::1:role/long-enough", clientRequestToken: "t", retainExceptOnCreate: true)
            }
        ),
        ("SetStackPolicy", { try await $0.setStackPolicy("s", body: "{}") }),
        ("UpdateTerminationProtection", { try await $0.updateTerminationProtection("s", enabled: true) }),
        ("DetectStackDrift", { _ = try await $0.detectStackDrift("s", logicalIDs: ["A"]) }),
        ("DescribeStackDriftDetectionStatus", { _ = try await $0.describeStackDriftDetectionStatus("123") }),
        (
            "DescribeStackResourceDrifts",
            { _ = try await $0.describeStackResourceDrifts("s", statuses: ["MODIFIED", "DELETED"]) }
        ),
        ("DescribeEvents", { _ = try await $0.describeEvents(of: .changeSet("c", stack: "s"), onlyFailed: true) }),
        ("DescribeEvents", { _ = try await $0.describeEvents(of: .operation("o")) }),
        ("DescribeEvents", { _ = try await $0.describeEvents(of: .stack("s")) }),
        ("ListExports", { _ = try await $0.listExports() }),
        ("ListImports", { _ = try await $0.listImports(export: "e") }),
    ]

    @Test func `botocore's model of CloudFormation accepts every request`() async throws {
        let requests = Collector<HTTPRequest>()
        // An answer that is read as little as possible: only what is sent matters here.
        let session = try stubbedSession(
            environment: ["AWS_MAX_ATTEMPTS": "1"], .stub(requests, .success(HTTPResponse(status: 400))))
        let client = try session.cloudFormation()
        for call in Self.calls { await #expect(throws: AWSError.self) { try await call.send(client) } }
        await #expect(throws: AWSError.self) { try await session.sts().getCallerIdentity() }

        let forms = requests.items.map { String(decoding: $0.body, as: UTF8.self) }
        let questions = forms.map { [$0.contains("Action=GetCallerIdentity") ? "sts" : "cloudformation", $0] }
        let faults: [String?] = try await Python.ask("models.py", questions)
        #expect(faults == Array(repeating: nil, count: Self.calls.count + 1))
        for (call, form) in zip(Self.calls, forms) { #expect(form.hasPrefix("Action=\(call.name)&Version=2010-05-15")) }
    }

    @Test func `only actions that do no harm twice are sent twice`() async throws {
        let requests = Collector<HTTPRequest>()
        let client = try stubbedSession(
            environment: ["AWS_MAX_ATTEMPTS": "1"], .stub(requests, .success(HTTPResponse(status: 400)))
        )
        .cloudFormation()
        for call in Self.calls { await #expect(throws: AWSError.self) { try await call.send(client) } }
        let once = zip(Self.calls, requests.items).filter { !$0.1.mayBeRepeated }.map(\.0.name)
        #expect(
            Set(once) == [
                "CreateChangeSet", "ExecuteChangeSet", "CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack",
                "DetectStackDrift",
            ])
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

    @Test func `an object's address is one that CloudFormation takes for a template`() throws {
        let transport = HTTPTransport.stub(Collector(), .success(HTTPResponse(status: 200)))
        let aws = try stubbedSession(transport).s3()
        #expect(aws.url(bucket: "bucket", key: "a/b c") == "https://bucket.s3.eu-central-1.amazonaws.com/a/b%20c")
        let own = try stubbedSession(environment: ["AWS_ENDPOINT_URL": "http://127.0.0.1:9000/x"], transport).s3()
        #expect(own.url(bucket: "bucket", key: "k") == "http://127.0.0.1:9000/x/bucket/k")
    }

    @Test func `an object is stored only where there is none`() async throws {
        let requests = Collector<HTTPRequest>()
        let refused = HTTPResponse.xml("<Error><Code>PreconditionFailed</Code><Message>x</Message></Error>", status: 412)
        let client = try stubbedSession(.stub(requests, .success(refused))).s3()
        let error = await #expect(throws: AWSError.self) {
            try await client.putObject(Data("x".utf8), bucket: "b", key: "k", contentType: "text/plain", ifAbsent: true)
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
        let head = try await client.putObject(Data("x".utf8), bucket: "b", key: "k", ifAbsent: true)
        #expect(head == S3ObjectHead(etag: "\"1\"", versionID: nil, size: 1))
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
