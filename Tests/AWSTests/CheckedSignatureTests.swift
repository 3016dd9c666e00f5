import Foundation
import Model
import TestSupport
import Testing

@testable import AWS

/// Signatures over a real socket, judged by clouds that others wrote and that check them, behind a proxy that changes requests.
@Suite(.serialized) struct CheckedSignatureTests {
    private static let template = #"{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "ä +&=%"}}}}"#

    enum Kind: String, CaseIterable, Sendable { case miniStack = "ministack", moto }

    private struct Cloud {
        let server: RunningServer
        /// As the environment has them: of a user, and of a role that the user assumed.
        let identities: [[String: String]]

        init(_ kind: Kind) throws {
            server = try kind == .moto ? .moto() : .miniStack(checksSignatures: true)
            let made = try run(Python.interpreter, ["-B", Python.path("cloud_user.py"), kind.rawValue, server.endpoint], in: "/")
            let lines = made.output.split(separator: "\n").map(String.init)
            try #require(lines.count == 5, "\(made.errors)")
            identities = [
                ["AWS_ACCESS_KEY_ID": lines[0], "AWS_SECRET_ACCESS_KEY": lines[1]],
                ["AWS_ACCESS_KEY_ID": lines[2], "AWS_SECRET_ACCESS_KEY": lines[3], "AWS_SESSION_TOKEN": lines[4]],
            ]
        }

        /// A session in which time runs: signatures are checked by the real time.
        func session(_ identity: [String: String], changing: [String: String] = [:], endpoint: String? = nil) throws -> AWSSession {
            let environment = identity.merging(["AWS_ENDPOINT_URL": endpoint ?? server.endpoint, "AWS_REGION": "us-east-1"]) { $1 }
            var clock = Clock.system
            clock.sleep = { _ in }
            return try AWSSession(context: .example(environment.merging(changing) { $1 }, clock: clock))
        }
    }

    private func useEverything(_ session: AWSSession, name: String) async throws {
        _ = try await session.sts().getCallerIdentity()
        let cloudFormation = try session.cloudFormation()
        var input = CreateChangeSetInput(stack: name, name: "first", kind: .create, template: .body(Self.template))
        input.tags = ["größe": "a+b & c=d/é~*'()!"]
        input.description = "Ein Satz: 100% +&=?#[]@!$'()*,;"
        let created = try await cloudFormation.createChangeSet(input)
        _ = try await cloudFormation.describeChangeSet(created.changeSetID, stack: created.stackID, includePropertyValues: true)
        #expect(try await cloudFormation.describeStack(name)?.stackName == name)
        _ = try await cloudFormation.describeStackEvents(created.stackID)

        let s3 = try session.s3()
        let bucket = "pipeplan-\(name)"
        try await s3.client.send(HTTPRequest(.put, s3.client.endpoint, path: "/\(bucket)"), action: "CreateBucket") { _ in }
        for key in ["plain", "a/b/c", "a b+c&d=e", "é~*'()!$@:,;[]"] {
            _ = try await s3.putObject(Data("body \(key)".utf8), bucket: bucket, key: key, contentType: "text/plain", condition: .ifAbsent)
            #expect(try await s3.getObject(bucket: bucket, key: key)?.body == Data("body \(key)".utf8))
            #expect(try await s3.headObject(bucket: bucket, key: key)?.size == "body \(key)".utf8.count)
        }
        #expect(try await s3.listObjects(bucket: bucket, prefix: "a b+c&").map(\.key) == ["a b+c&d=e"])
        try await s3.deleteObject(bucket: bucket, key: "a b+c&d=e")
        #expect(try await s3.getObject(bucket: bucket, key: "a b+c&d=e") == nil)
    }

    private func refusal(_ body: () async throws -> Void) async -> Finding? {
        let error = await #expect(throws: AWSError.self) { try await body() }
        return error?.problem.findings.first
    }

    private func expectRefusals(_ cloud: Cloud) async throws {
        let wrong = try cloud.session(cloud.identities[0], changing: ["AWS_SECRET_ACCESS_KEY": "wrong"])
        for finding in [
            await refusal { try await wrong.cloudFormation().setStackPolicy("signed-0", body: "{}") },
            await refusal { _ = try await wrong.s3().getObject(bucket: "pipeplan-signed-0", key: "plain") },
        ] {
            #expect(finding?.code == "wrong-signature" && finding?.detail.contains("AWS_SECRET_ACCESS_KEY") == true)
        }
        let unknown = try cloud.session(cloud.identities[0], changing: ["AWS_ACCESS_KEY_ID": "AKIAUNKNOWN000000000"])
        let unknownKey = await refusal { try await unknown.cloudFormation().setStackPolicy("signed-0", body: "{}") }
        #expect(unknownKey?.code == "invalid-credentials" && unknownKey?.detail.contains("access key") == true)
        let session = try cloud.session(cloud.identities[1], changing: ["AWS_SESSION_TOKEN": "another"])
        let token = await refusal { try await session.cloudFormation().setStackPolicy("signed-0", body: "{}") }
        #expect(token?.code == "invalid-credentials" && token?.detail.contains("AWS_SESSION_TOKEN") == true)
        let proxy = try RunningServer.faultyProxy(to: cloud.server.endpoint)
        let rules = HTTPRequest(
            .put, try #require(Endpoint(url: proxy.endpoint, origin: nil)), path: "/-/rules", body: Data(#"[{"fault": "tamper"}]"#.utf8))
        _ = try await CurlTransport(.init()).send(rules)
        let changed = try cloud.session(cloud.identities[0], endpoint: proxy.endpoint)
        let finding = await refusal { try await changed.cloudFormation().setStackPolicy("signed-0", body: "{}") }
        #expect(finding?.code == "wrong-signature" && finding?.detail.contains("such as a proxy") == true)
    }

    @Test(arguments: Kind.allCases)
    func `every kind of request is accepted, and what is wrong is refused and told with what to do`(_ kind: Kind) async throws {
        let cloud = try Cloud(kind)
        for (number, identity) in cloud.identities.enumerated() {
            try await useEverything(try cloud.session(identity), name: "signed-\(number)")
        }
        try await expectRefusals(cloud)
    }
}
