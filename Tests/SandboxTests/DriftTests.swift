import Foundation
import Model
import TestSupport
import Testing

@testable import Sandbox

@Suite struct `Drift in the sandbox` {
    private static let template = """
        Resources:
          Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: one, Tags: [{Key: a, Value: b}]}}
          Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}
          Hook: {Type: Custom::Hook, Properties: {ServiceToken: x}}
        """

    private func shop(_ options: SandboxOptions = SandboxOptions(resourceSeconds: 10, changeSetSeconds: 1)) async throws -> TestCloud {
        let cloud = try TestCloud(options: options)
        try await cloud.execute("shop", Self.template)
        cloud.pass(60)
        return cloud
    }

    private func edit(_ cloud: TestCloud, _ logicalID: String, _ path: String, _ value: JSONValue?) async throws {
        try await cloud.store.edit(stack: "shop", region: "us-east-1", logicalID: logicalID, path: path, value: value)
    }

    private func statuses(_ cloud: TestCloud) async throws -> [String] {
        cloud.pass(60)
        try await cloud.perform("DetectStackDrift", ["StackName": "shop"])
        cloud.pass(60)
        let resources = try await cloud.stack("shop")?.content.resources ?? [:]
        return resources.values.map { "\($0.logicalID) \($0.drift?.status ?? "-")" }.sorted()
    }

    @Test func `only what the template sets is compared, and what is not supported stays unchecked`() async throws {
        let cloud = try await shop()
        try await edit(cloud, "Topic", "FifoTopic", true)
        try await edit(cloud, "Topic", "Tags/1", ["Key": "c", "Value": "d"])
        #expect(try await statuses(cloud) == ["Hook -", "Queue IN_SYNC", "Topic MODIFIED"])
        let drift = try await cloud.stack("shop")?.content.resources["Topic"]?.drift
        #expect(drift?.differences == [.init(path: "/Tags/1", expected: nil, actual: ["Key": "c", "Value": "d"], kind: "ADD")])
        #expect(drift?.actual?["FifoTopic"] == nil)
        await #expect(throws: APIFailure.self) {
            try await cloud.perform("DetectStackResourceDrift", ["StackName": "shop", "LogicalResourceId": "Hook"])
        }
    }

    @Test func `a second detection is refused, and the stack's information moves on when the first is done`() async throws {
        let cloud = try await shop()
        func information() async throws -> String {
            "\(try await cloud.perform("DescribeStacks", ["StackName": "shop"]))".contains("IN_SYNC") ? "IN_SYNC" : "NOT_CHECKED"
        }
        try await cloud.perform("DetectStackDrift", ["StackName": "shop"])
        await #expect(throws: APIFailure.self) { try await cloud.perform("DetectStackDrift", ["StackName": "shop"]) }
        #expect(try await information() == "NOT_CHECKED")
        cloud.pass(11)
        #expect(try await information() == "IN_SYNC")
    }

    @Test func `a drift-aware change set brings back what was edited and what was deleted`() async throws {
        let cloud = try await shop()
        try await edit(cloud, "Topic", "DisplayName", "edited")
        try await cloud.store.deleteResource(stack: "shop", region: "us-east-1", logicalID: "Queue")
        let fields = ["StackName": "shop", "ChangeSetName": "revert", "TemplateBody": Self.template, "DeploymentMode": "REVERT_DRIFT"]
        try await cloud.perform("CreateChangeSet", fields)
        cloud.pass(1)
        let changes = try await cloud.store.transaction { cloud in
            try cloud.stack(named: "shop", region: "us-east-1").map { try cloud.changeSets(of: $0.id) }?.last?.changes ?? []
        }
        #expect(
            changes.compactMap(\.withoutValues).map {
                "\($0.action.rawValue) \($0.logicalID) \($0.details.map { "\($0.name ?? "") \($0.source?.rawValue ?? "")" })"
            } == [#"Add Queue []"#, #"Modify Topic ["DisplayName NoModification"]"#])
        #expect(changes.map(\.driftStatus) == ["DELETED", "MODIFIED"])
        try await cloud.perform("ExecuteChangeSet", ["StackName": "shop", "ChangeSetName": "revert"])
        cloud.pass(120)
        #expect(try await cloud.stack("shop")?.status == "UPDATE_COMPLETE")
        #expect(try await statuses(cloud) == ["Hook -", "Queue IN_SYNC", "Topic IN_SYNC"])
    }

    @Test func `what can only be written is not told, as AWS's recording of a function shows`() async throws {
        let cloud = try TestCloud(options: SandboxOptions(resourceSeconds: 10, changeSetSeconds: 1))
        let function = """
            Resources:
              Function:
                Type: AWS::Lambda::Function
                Properties:
                  {Code: {ZipFile: "x = 1"}, Handler: index.handler, Role: "arn:aws:iam::111111111111:role/r", Runtime: python3.9}
            """
        try await cloud.execute("shop", function)
        cloud.pass(60)
        try await edit(cloud, "Function", "Runtime", "python3.8")
        try await edit(cloud, "Function", "Code.ZipFile", "x = 2")
        #expect(try await statuses(cloud) == ["Function MODIFIED"])
        let drift = try await cloud.stack("shop")?.content.resources["Function"]?.drift
        #expect(drift?.expected?.objectMembers?.keys.sorted() == ["Handler", "Role", "Runtime"])
        #expect(drift?.actual?.objectMembers?.keys.sorted() == ["Handler", "Role", "Runtime"])
        #expect(drift?.differences == [.init(path: "/Runtime", expected: "python3.9", actual: "python3.8", kind: "NOT_EQUAL")])
    }

    @Test func `a drift-aware change set leaves tags of others alone, and what can't be changed`() async throws {
        let cloud = try TestCloud(options: SandboxOptions(resourceSeconds: 10, changeSetSeconds: 1))
        let template = "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: t, Tags: [{Key: a, Value: b}]}}}"
        try await cloud.execute("shop", template)
        cloud.pass(60)
        try await edit(cloud, "Topic", "Tags/1", ["Key": "c", "Value": "d"])
        try await edit(cloud, "Topic", "TopicName", "other")
        #expect(try await statuses(cloud) == ["Topic MODIFIED"])
        let fields = ["StackName": "shop", "ChangeSetName": "revert", "TemplateBody": template, "DeploymentMode": "REVERT_DRIFT"]
        try await cloud.perform("CreateChangeSet", fields)
        cloud.pass(1)
        let changeSet = try await cloud.store.transaction { cloud in
            try cloud.stack(named: "shop", region: "us-east-1").map { try cloud.changeSets(of: $0.id) }?.last
        }
        #expect(changeSet?.changes.isEmpty == true && changeSet?.failure != nil)
    }

    @Test func `a template that says what is live already changes nothing but the record`() async throws {
        let cloud = try await shop()
        try await edit(cloud, "Topic", "DisplayName", "edited")
        let adopted = Self.template.replacing("one", with: "edited")
        try await cloud.perform(
            "CreateChangeSet",
            ["StackName": "shop", "ChangeSetName": "adopt", "TemplateBody": adopted, "DeploymentMode": "REVERT_DRIFT"])
        cloud.pass(1)
        let changes = try await cloud.store.transaction { cloud in
            try cloud.stack(named: "shop", region: "us-east-1").map { try cloud.changeSets(of: $0.id) }?.last?.changes ?? []
        }
        #expect(changes.compactMap(\.withoutValues).map(\.action) == [.syncWithActual])
        try await cloud.perform("ExecuteChangeSet", ["StackName": "shop", "ChangeSetName": "adopt"])
        #expect(try await statuses(cloud) == ["Hook -", "Queue IN_SYNC", "Topic IN_SYNC"])
    }

    @Test func `what can't be checked makes the detection fail`() async throws {
        let faults = SandboxFaults(drift: .init(unsupportedTypes: ["AWS::SNS::Topic"], failing: ["Queue"]))
        let cloud = try await shop(SandboxOptions(resourceSeconds: 10, changeSetSeconds: 1, faults: faults))
        #expect(try await statuses(cloud) == ["Hook -", "Queue UNKNOWN", "Topic -"])
    }
}
