import Foundation
import Model
import Synchronization
import Testing

@testable import AWS

@Suite struct CredentialTests {
    private func credentials(fromOutputOf command: String) async throws -> Credentials {
        try await ProcessCredentials(command: command, profile: "tool", context: .example()).credentials()
    }

    @Test func `a credential_process gives credentials that expire`() async throws {
        let json =
            #"{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2026-01-31T13:00:00Z"}"#
        #expect(
            try await credentials(fromOutputOf: "echo '\(json)'")
                == Credentials(
                    accessKeyID: "AKID", secretAccessKey: Secret("s"), sessionToken: Secret("t"),
                    expiration: noon.addingTimeInterval(3600)))
    }

    @Test(arguments: [
        ("exit 3", "exit code 3"), ("echo nothing", "JSON object"), ("echo '{\"Version\": 1}'", "JSON object"),
        (#"echo '{"Version": 2, "AccessKeyId": "a", "SecretAccessKey": "b"}'"#, "version 2"),
        (#"echo '{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", "Expiration": "soon"}'"#, "no time"),
    ])
    func `a credential_process that fails is told of`(_ command: String, _ reason: String) async {
        let problem = await #expect(throws: Problem.self) { try await credentials(fromOutputOf: command) }
        #expect(problem?.status == .badInput)
        #expect(problem.map { "\($0)".contains(reason) } == true)
    }

    @Test func `credentials are asked for once, and again before they expire`() async throws {
        struct Provider: CredentialProvider {
            var asked: Collector<Int>
            let source = "test"
            func credentials() async throws -> Credentials {
                asked.add(1)
                return Credentials(
                    accessKeyID: "\(asked.items.count)", secretAccessKey: Secret("s"), expiration: noon.addingTimeInterval(3600))
            }
        }
        let now = Mutex(noon)
        let cache = CredentialCache(Provider(asked: Collector())) { now.withLock { $0 } }
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await cache.credentials().accessKeyID } }
            for try await key in group { #expect(key == "1") }
        }
        now.withLock { $0 += 3600 - CredentialCache.margin - 1 }
        #expect(try await cache.credentials().accessKeyID == "1")
        now.withLock { $0 += 1 }
        #expect(try await cache.credentials().accessKeyID == "2")
    }

    @Test func `missing credentials are told with what was looked at`() async throws {
        let session = try AWSSession(
            context: .example(["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""]),
            transport: HTTPTransport { _ in
                Issue.record("a request was sent")
                return HTTPResponse(status: 200)
            })
        let problem = await #expect(throws: Problem.self) { try await session.sts().getCallerIdentity() }
        #expect(
            problem.map { "\($0)" }
                == "There are no AWS credentials. Looked at AWS_ACCESS_KEY_ID in the environment, the profile default in ~/.aws/credentials, and in ~/.aws/config. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with AWS_PROFILE."
        )
        #expect(problem?.status == .badInput)
    }

    @Test func `a missing region is told when the session is made`() {
        let problem = #expect(throws: Problem.self) { try AWSSession(context: .example(["AWS_REGION": ""])) }
        #expect(problem?.findings.first?.code == "no-region")
    }
}
