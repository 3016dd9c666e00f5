import Foundation
import Model
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

    @Test func `missing credentials are told with what was looked at`() async throws {
        let session = try AWSSession(
            context: .example(["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"]),
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
