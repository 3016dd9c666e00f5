import Foundation
import Model
import TestSupport
import Testing

@testable import AWS

/// The clients against endpoints that others wrote, filled by boto3.
@Suite struct OtherCloudTests {
    enum Cloud: String, CaseIterable, Sendable {
        case moto, miniStack

        func running() async throws -> RunningServer {
            switch self {
            case .moto: try await SharedServer.moto.running()
            case .miniStack: try await SharedServer.miniStack.running()
            }
        }
    }

    private func session(_ server: RunningServer) throws -> AWSSession {
        try AWSSession(context: .example(["AWS_ENDPOINT_URL": server.endpoint, "AWS_REGION": "us-east-1"], clock: .system))
    }

    /// Runs lines of Python that know boto3's clients by `client(name)`.
    private func boto3(_ server: RunningServer, _ script: String) async throws -> String {
        let client = """
            import boto3
            def client(name): return boto3.client(name, endpoint_url='\(server.endpoint)', region_name='us-east-1',
                aws_access_key_id='AKIDEXAMPLE', aws_secret_access_key='test')

            """
        let result = try await inBackground { try run(Repository.python("python"), ["-c", client + script], in: Repository.root) }
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    @Test(arguments: Cloud.allCases) func `an object is written, replaced and deleted only as its condition says`(_ cloud: Cloud)
        async throws
    {
        let server = try await cloud.running()
        _ = try await boto3(server, "client('s3').create_bucket(Bucket='conditions')")
        let s3 = try session(server).s3()
        func put(_ text: String, _ condition: S3WriteCondition?) async throws -> S3ObjectHead {
            try await s3.putObject(Data(text.utf8), bucket: "conditions", key: "a/1 +é.json", condition: condition)
        }
        func contents() async throws -> String? {
            try await s3.getObject(bucket: "conditions", key: "a/1 +é.json").map { String(decoding: $0.body, as: UTF8.self) }
        }

        let first = try #require(try await put("one", .ifAbsent).etag)
        let second = await #expect(throws: AWSError.self) { try await put("two", .ifAbsent) }
        #expect(second?.isPreconditionFailed == true && second?.isWriteConflict == false)
        #expect(try await contents() == "one")

        let stale = await #expect(throws: AWSError.self) { try await put("two", .ifMatch(etag: "\"0123\"")) }
        #expect(stale?.isPreconditionFailed == true)
        let replaced = try #require(try await put("three", .ifMatch(etag: first)).etag)
        #expect(try await s3.headObject(bucket: "conditions", key: "a/1 +é.json") == S3ObjectHead(etag: replaced, versionID: nil, size: 5))

        let refused = await #expect(throws: AWSError.self) {
            try await s3.deleteObject(bucket: "conditions", key: "a/1 +é.json", ifMatch: first)
        }
        #expect(refused?.isPreconditionFailed == true)
        #expect(try await contents() == "three")
        try await s3.deleteObject(bucket: "conditions", key: "a/1 +é.json", ifMatch: replaced)
        try await s3.deleteObject(bucket: "conditions", key: "a/1 +é.json", ifMatch: replaced)
        try await s3.deleteObject(bucket: "conditions", key: "a/1 +é.json")
        #expect(try await contents() == nil)
        #expect(try await s3.headObject(bucket: "conditions", key: "a/1 +é.json") == nil)
        let gone = await #expect(throws: AWSError.self) { try await put("four", .ifMatch(etag: replaced)) }
        #expect(gone?.isNotFound == true)
    }

    @Test(arguments: Cloud.allCases) func `of writers at the same time exactly one makes an object`(_ cloud: Cloud) async throws {
        let server = try await cloud.running()
        _ = try await boto3(server, "client('s3').create_bucket(Bucket='race')")
        let s3 = try session(server).s3()
        let winners = try await withThrowingTaskGroup(of: Int?.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    do {
                        _ = try await s3.putObject(Data("\(writer)".utf8), bucket: "race", key: "lease", condition: .ifAbsent)
                        return writer
                    } catch let error as AWSError where error.isPreconditionFailed || error.isWriteConflict {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: []) { winners, writer in if let writer { winners.append(writer) } }
        }
        #expect(winners.count == 1)
        let stored = try await s3.getObject(bucket: "race", key: "lease").map { String(decoding: $0.body, as: UTF8.self) }
        #expect(stored == winners.first.map { "\($0)" })
    }

    @Test(arguments: Cloud.allCases) func `every version of an object can be read`(_ cloud: Cloud) async throws {
        let server = try await cloud.running()
        _ = try await boto3(
            server,
            """
            client('s3').create_bucket(Bucket='versions')
            client('s3').put_bucket_versioning(Bucket='versions', VersioningConfiguration={'Status': 'Enabled'})
            """)
        let s3 = try session(server).s3()
        let old = try await s3.putObject(Data("old".utf8), bucket: "versions", key: "k")
        let new = try await s3.putObject(Data("new".utf8), bucket: "versions", key: "k")
        #expect(old.versionID != nil && old.versionID != new.versionID)
        let read = try #require(try await s3.getObject(bucket: "versions", key: "k", versionID: old.versionID))
        #expect(String(decoding: read.body, as: UTF8.self) == "old" && read.head == old)
        try await s3.deleteObject(bucket: "versions", key: "k")
        #expect(try await s3.getObject(bucket: "versions", key: "k") == nil)
        #expect(try await s3.getObject(bucket: "versions", key: "k", versionID: new.versionID)?.head == new)
        let deleted = "client('s3').delete_object(Bucket='versions', Key='k', VersionId='\(try #require(old.versionID))')"
        _ = try await boto3(server, deleted)
        #expect(try await s3.getObject(bucket: "versions", key: "k", versionID: old.versionID) == nil)
    }

    @Test(arguments: Cloud.allCases) func `a listing has the keys below a prefix, of all pages`(_ cloud: Cloud) async throws {
        let server = try await cloud.running()
        let seen = try await boto3(
            server,
            """
            from concurrent.futures import ThreadPoolExecutor
            s3 = client('s3')
            s3.create_bucket(Bucket='many')
            keys = ['log/%04d' % number for number in range(1010)] + ['log/z +&<é>%', 'other/1', 'lof', 'log0']
            list(ThreadPoolExecutor(16).map(lambda key: s3.put_object(Bucket='many', Key=key, Body=key.encode()), keys))
            pages = list(s3.get_paginator('list_objects_v2').paginate(Bucket='many', Prefix='log/'))
            assert len(pages) == 2
            for page in pages:
                for item in page['Contents']: print(item['Key'], item['Size'], item['ETag'], int(item['LastModified'].timestamp()))
            """)
        let listed = try await session(server).s3().listObjects(bucket: "many", prefix: "log/")
        let lines = listed.map { "\($0.key) \($0.size) \($0.etag ?? "") \(Int($0.modifiedAt?.timeIntervalSince1970 ?? 0))" }
        #expect(lines == seen.split(separator: "\n").map(String.init))
        #expect(listed.count == 1011)
        let rest = try await session(server).s3().listObjects(bucket: "many", prefix: "log/", after: "log/1008").map(\.key)
        #expect(rest == ["log/1009", "log/z +&<é>%"])
        #expect(try await session(server).s3().listObjects(bucket: "many", prefix: "none/") == [])
    }

    @Test(arguments: Cloud.allCases) func `stored parameters are read by name, version, label and ARN`(_ cloud: Cloud) async throws {
        let server = try await cloud.running()
        let arn = try await boto3(
            server,
            """
            ssm = client('ssm')
            for name, value, kind in [('/a/plain', 'one', 'String'), ('/a/list', 'x,y', 'StringList'), ('/a/hush', 'geheim é', 'SecureString')]:
                ssm.put_parameter(Name=name, Value=value, Type=kind)
            ssm.label_parameter_version(Name='/a/plain', ParameterVersion=1, Labels=['first'])
            ssm.put_parameter(Name='/a/plain', Value='two', Type='String', Overwrite=True)
            for number in range(12): ssm.put_parameter(Name='/many/%d' % number, Value=str(number), Type='String')
            print(ssm.get_parameter(Name='/a/plain')['Parameter']['ARN'], end='')
            """)
        let names = ["/a/plain", "/a/plain:1", "/a/plain:first", arn, "/a/list", "/a/hush", "/none", "/a/plain:9"]
        let answer = try await session(server).ssm().getParameters(names + (0..<12).map { "/many/\($0)" })
        #expect(answer.refused.isEmpty)
        let few = answer.found.filter { !$0.key.hasPrefix("/many/") }
        #expect(
            few.mapValues { $0.value.reveal() } == [
                "/a/plain": "two", "/a/plain:1": "one", "/a/plain:first": "one", arn: "two", "/a/list": "x,y", "/a/hush": "geheim é",
            ])
        #expect(few.filter(\.value.isSecure).map(\.key) == ["/a/hush"])
        #expect(answer.found.count == few.count + 12)
    }

    @Test(arguments: Cloud.allCases) func `secrets are read, and what can't be is told apart`(_ cloud: Cloud) async throws {
        let server = try await cloud.running()
        let arn = try await boto3(
            server,
            """
            manager = client('secretsmanager')
            manager.create_secret(Name='db/main', SecretString='{"user": "é"}')
            manager.create_secret(Name='bytes', SecretBinary=bytes([0, 255]))
            manager.create_secret(Name='gone', SecretString='x')
            manager.delete_secret(SecretId='gone')
            print(manager.describe_secret(SecretId='db/main')['ARN'], end='')
            """)
        let client = try session(server).secretsManager()
        #expect(try await client.getSecretValue("db/main") == .text(Secret(#"{"user": "é"}"#)))
        #expect(try await client.getSecretValue(arn) == .text(Secret(#"{"user": "é"}"#)))
        #expect(try await client.getSecretValue("bytes") == .binary)
        let missing = await #expect(throws: AWSError.self) { try await client.getSecretValue("none") }
        #expect(missing?.isNotFound == true && missing?.concernsWhatWasNamed == true)
        let deleted = await #expect(throws: AWSError.self) { try await client.getSecretValue("gone") }
        #expect(deleted?.code == "InvalidRequestException" && deleted?.concernsWhatWasNamed == true)
    }
}
