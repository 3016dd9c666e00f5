import FlyingSocks
import Foundation
import Model
import TestSupport
import Testing

@testable import Sandbox

/// Operations on a cloud whose time the test moves.
@Suite struct LifeTests {
    private static let chain = """
        Resources:
          First: {Type: AWS::SNS::Topic}
          Second: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref First}}
        """

    @Test func `creating goes on while nobody looks, and in the right order`() async throws {
        let cloud = try TestCloud()
        try await cloud.execute("shop", Self.chain)
        #expect(try await cloud.stack("shop")?.status == "CREATE_IN_PROGRESS")
        cloud.pass(60)
        #expect(
            try await cloud.events("shop") == [
                "0.0 shop REVIEW_IN_PROGRESS (User Initiated)", "1.0 shop CREATE_IN_PROGRESS (User Initiated)",
                "1.0 First CREATE_IN_PROGRESS", "5.0 First CREATE_IN_PROGRESS (Resource creation Initiated)", "11.0 First CREATE_COMPLETE",
                "11.0 Second CREATE_IN_PROGRESS", "15.0 Second CREATE_IN_PROGRESS (Resource creation Initiated)",
                "21.0 Second CREATE_COMPLETE", "21.0 shop CREATE_COMPLETE",
            ])
    }

    @Test func `halfway, the resources are as far as they are`() async throws {
        let cloud = try TestCloud()
        try await cloud.execute("shop", Self.chain)
        cloud.pass(12)
        let resources = try #require(try await cloud.stack("shop")).content.resources.values.map { "\($0.logicalID) \($0.status)" }
        #expect(resources == ["First CREATE_COMPLETE", "Second CREATE_IN_PROGRESS"])
    }

    @Test func `another process finds the cloud where the first has left it`() async throws {
        let first = try TestCloud()
        try await first.execute("shop", Self.chain)
        let second = try TestCloud(folder: first.folder)
        second.pass(100)
        #expect(try await second.stack("shop")?.status == "CREATE_COMPLETE")
    }

    @Test func `a cancelled update rolls back from where it is`() async throws {
        let cloud = try TestCloud()
        try await cloud.execute("shop", Self.chain)
        cloud.pass(60)
        let changed = Self.chain.replacing(
            "First: {Type: AWS::SNS::Topic}", with: "First: {Type: AWS::SNS::Topic, Properties: {TopicName: new}}")
        try await cloud.execute("shop", changed, kind: "UPDATE")
        cloud.pass(13)
        try await cloud.perform("CancelUpdateStack", ["StackName": "shop"])
        let start = cloud.elapsed
        cloud.pass(100)
        #expect(
            try await cloud.events("shop", since: start) == [
                "0.0 shop UPDATE_ROLLBACK_IN_PROGRESS (User Initiated)", "0.0 Second UPDATE_FAILED (Resource update cancelled)",
                "0.0 First UPDATE_IN_PROGRESS", "10.0 First UPDATE_COMPLETE", "10.0 Second UPDATE_IN_PROGRESS",
                "20.0 Second UPDATE_COMPLETE", "20.0 shop UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "20.0 First DELETE_IN_PROGRESS",
                "30.0 First DELETE_COMPLETE", "30.0 shop UPDATE_ROLLBACK_COMPLETE",
            ])
        let resources = try #require(try await cloud.stack("shop")).content.resources
        #expect(resources["First"]?.physicalID.hasSuffix(":new") == false)
    }

    @Test func `what a policy keeps belongs to nobody afterwards, and its name stays taken`() async throws {
        let cloud = try TestCloud()
        let template =
            "Resources:\n  Repository: {Type: AWS::ECR::Repository, DeletionPolicy: RetainExceptOnCreate, Properties: {RepositoryName: app}}"
        try await cloud.execute("shop", template)
        cloud.pass(60)
        try await cloud.perform("DeleteStack", ["StackName": "shop"])
        cloud.pass(60)
        #expect(try await cloud.stack("shop") == nil)
        try await cloud.execute("shop", template)
        cloud.pass(60)
        let failure = try await cloud.events("shop").first { $0.contains("CREATE_FAILED") }
        #expect(failure?.contains("with identifier 'app' already exists") == true)

        try await cloud.store.deleteResource(type: "AWS::ECR::Repository", physicalID: "app", region: "us-east-1")
        try await cloud.perform("DeleteStack", ["StackName": "shop"])
        cloud.pass(60)
        try await cloud.execute("shop", template)
        cloud.pass(60)
        #expect(try await cloud.stack("shop")?.status == "CREATE_COMPLETE")
    }

    @Test func `an edit by hand is drift, and an update puts it right`() async throws {
        let cloud = try TestCloud()
        let template = "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: one, Tags: [{Key: a, Value: b}]}}"
        try await cloud.execute("shop", template)
        cloud.pass(60)
        try await cloud.store.edit(stack: "shop", region: "us-east-1", logicalID: "Topic", path: "DisplayName", value: "edited")
        try await cloud.store.edit(stack: "shop", region: "us-east-1", logicalID: "Topic", path: "Tags/0", value: nil)
        try await cloud.perform("DetectStackDrift", ["StackName": "shop"])
        #expect(
            try await cloud.stack("shop")?.content.resources["Topic"]?.drift?.differences == [
                .init(path: "/DisplayName", expected: "one", actual: "edited", kind: "NOT_EQUAL"),
                .init(path: "/Tags/0", expected: ["Key": "a", "Value": "b"], actual: nil, kind: "REMOVE"),
            ])
        try await cloud.execute("shop", template.replacing("one", with: "two"), kind: "UPDATE")
        cloud.pass(60)
        try await cloud.perform("DetectStackDrift", ["StackName": "shop"])
        #expect(try await cloud.stack("shop")?.drift?.status == "IN_SYNC")

        try await cloud.store.deleteResource(stack: "shop", region: "us-east-1", logicalID: "Topic")
        cloud.pass(60)
        try await cloud.perform("DetectStackDrift", ["StackName": "shop"])
        #expect(try await cloud.stack("shop")?.content.resources["Topic"]?.drift?.status == "DELETED")
        await #expect(throws: CloudEditProblem.noResource(stack: "shop", logicalID: "Nothing")) {
            try await cloud.store.edit(stack: "shop", region: "us-east-1", logicalID: "Nothing", path: "A", value: nil)
        }
    }

    @Test func `no secret reaches the disk`() async throws {
        let cloud = try TestCloud()
        let template = """
            Parameters:
              Token: {Type: String, NoEcho: true}
            Resources:
              Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub "token ${Token}", TopicName: !Ref Token}}
            Outputs:
              Token: {Value: !Base64 {Ref: Token}}
            """
        let parameters = ["Parameters.member.1.ParameterKey": "Token", "Parameters.member.1.ParameterValue": "Tell-Nobody-4711"]
        try await cloud.execute("shop", template, parameters)
        cloud.pass(60)
        #expect(try await cloud.stack("shop")?.status == "CREATE_COMPLETE")
        for (file, bytes) in try cloud.folder.contents() {
            for text in ["Tell-Nobody-4711", Data("Tell-Nobody-4711".utf8).base64EncodedString()] {
                #expect(bytes.range(of: Data(text.utf8)) == nil, "\(file) holds the secret")
            }
        }
    }

    @Test func `a database of a later version is refused`() async throws {
        let cloud = try TestCloud()
        _ = try await cloud.store.transaction { try $0.database.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 later')") }
        #expect(throws: CloudStoreProblem.isNewer) { try TestCloud(folder: cloud.folder) }
    }

    @Test func `a server stops although clients hold their connections`() async throws {
        let folder = try TemporaryFolder()
        let server = try SandboxServer(folder: folder.path)
        let port = try await server.start()
        let running = Task { try await server.run() }
        let client = try await AsyncSocket.connected(to: .inet(ip4: "127.0.0.1", port: port))
        try await client.write(Data("GET / HTTP/1.1\r\n\r\n".utf8))
        #expect(try await client.read(atMost: 12) == Array("HTTP/1.1 403".utf8))
        await server.stop()
        try await running.value
        // The client is told, and does not wait for an answer that will never come.
        await #expect(throws: (any Error).self) {
            while true { _ = try await client.read(atMost: 4096) }
        }
    }
}
