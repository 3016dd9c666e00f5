import Foundation
import Model
import StateDatabase
import Testing

@Suite struct `The recorded stack` {
    let folder: TemporaryFolder
    let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.open()
    }

    @Test func `it is what the last successful deployment asked for and left`() throws {
        let digest = SecretDigest(of: Secret("correct horse"), salt: Data(repeating: 7, count: 16))
        try database.record(
            .sample(
                kind: .create, template: "first",
                parameters: ["Zone": .plain("b"), "Token": .secret(digest), "Old": .secret(nil), "Empty": .plain("")], plannedAgainst: nil),
            .succeeded, .applied(.sample(outputs: [StackOutput(key: "Uri", value: "repo")])))

        let expected = RecordedStack(
            address: .pipeline, stackName: "image-pipeline-develop", stackID: StackContents.stackID, region: "eu-central-1",
            accountID: "123456789012", serial: 1, status: "CREATE_COMPLETE", templateBody: "first",
            parameters: ["Zone": .plain("b"), "Token": .secret(digest), "Old": .secret(nil), "Empty": .plain("")],
            tags: ["team": "delivery", "app": "demo"], capabilities: ["CAPABILITY_IAM"],
            notificationArns: ["arn:aws:sns:eu-central-1:123456789012:deployments"], terminationProtection: true,
            resources: [
                StackResource(
                    logicalID: "Bucket", physicalID: "bucket-1x2y3z", type: "AWS::S3::Bucket", status: "CREATE_COMPLETE",
                    updatedAt: .second(1))
            ], outputs: [StackOutput(key: "Uri", value: "repo")])
        #expect(try database.recordedStack(.pipeline) == expected)
        #expect(try database.recordedStacks() == [expected])
    }

    @Test func `a rolled-back update leaves the template before it and its own resource statuses`() throws {
        try database.record(.sample(kind: .create, template: "first", plannedAgainst: nil), .succeeded, .applied(.sample()))
        try database.record(
            .sample(template: "second", parameters: ["GithubBranch": .plain("other")], tags: [:], plannedAgainst: 1), .rolledBack,
            .kept(.sample("UPDATE_ROLLBACK_COMPLETE", resources: ["Bucket": "UPDATE_COMPLETE"])))

        let stack = try #require(try database.recordedStack(.pipeline))
        #expect(stack.templateBody == "first")
        #expect(stack.parameters == ["GithubBranch": .plain("develop")])
        #expect(stack.tags == ["team": "delivery", "app": "demo"])
        #expect(stack.status == "UPDATE_ROLLBACK_COMPLETE")
        #expect(stack.resources.map(\.status) == ["UPDATE_COMPLETE"])
        #expect(stack.serial == 2)
    }

    @Test func `a deployment that touched nothing changes nothing`() throws {
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
        let before = try database.recordedStack(.pipeline)
        try database.record(.sample(template: "never sent", plannedAgainst: 1), .unchanged, .untouched)
        #expect(try database.recordedStack(.pipeline) == before)
    }

    @Test func `a destroyed stack is none, and can be created again`() throws {
        let output = StackOutput(key: "Uri", value: "repo", exportName: "uri")
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample(outputs: [output])))
        let destroyed = try database.record(.sample(kind: .destroy, plannedAgainst: 1), .succeeded, .removed)
        #expect(try database.recordedStack(.pipeline) == nil)
        #expect(try database.recordedStacks() == [])
        #expect(try database.exports() == [])
        #expect(try database.resources(of: destroyed) == [])

        try database.record(.sample(kind: .create, template: "anew", plannedAgainst: nil), .succeeded, .applied(.sample()))
        #expect(try database.recordedStack(.pipeline)?.templateBody == "anew")
        #expect(try database.recordedStack(.pipeline)?.serial == 3)
    }

    @Test func `a stack whose creation was rolled back has no template of its own`() throws {
        try database.record(
            .sample(kind: .create, template: "refused", plannedAgainst: nil), .rolledBack,
            .kept(.sample("ROLLBACK_COMPLETE", resources: [:])))
        let stack = try #require(try database.recordedStack(.pipeline))
        #expect(stack.status == "ROLLBACK_COMPLETE")
        #expect(stack.templateBody == StateDatabase.emptyTemplate)
        #expect(stack.parameters.isEmpty)
    }

    @Test func `an outcome that could not ask for resources leaves the recorded ones`() throws {
        let output = StackOutput(key: "Uri", value: "repo")
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample(outputs: [output])))
        try database.record(
            .sample(plannedAgainst: 1), .succeeded,
            .applied(StackContents(stackID: StackContents.stackID, status: "UPDATE_COMPLETE", resources: nil, outputs: nil)))
        let stack = try #require(try database.recordedStack(.pipeline))
        #expect(stack.resources.map(\.logicalID) == ["Bucket"])
        #expect(stack.outputs == [output])
    }

    @Test func `each deployment's resources stay known, and only changed ones take a row`() throws {
        let first = try database.record(
            .sample(kind: .create, plannedAgainst: nil), .succeeded,
            .applied(.sample(resources: ["A": "CREATE_COMPLETE", "B": "CREATE_COMPLETE", "C": "CREATE_COMPLETE"])))
        let second = try database.record(
            .sample(plannedAgainst: 1), .succeeded,
            .applied(.sample(resources: ["A": "CREATE_COMPLETE", "B": "UPDATE_COMPLETE", "D": "CREATE_COMPLETE"])))
        func statuses(_ deployment: Deployment) throws -> [String] {
            try database.resources(of: deployment).map { "\($0.resource.logicalID) \($0.resource.status)" }
        }
        #expect(try statuses(first) == ["A CREATE_COMPLETE", "B CREATE_COMPLETE", "C CREATE_COMPLETE"])
        #expect(try statuses(second) == ["A CREATE_COMPLETE", "B UPDATE_COMPLETE", "D CREATE_COMPLETE"])
        #expect(try folder.integers("SELECT since FROM resources WHERE stack_key = 1 ORDER BY logical_id, since") == [1, 1, 2, 1, 2])
    }

    @Test func `a plan against another recorded stack is refused`() throws {
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
        #expect(throws: RecordingRefusal.recordedStackMoved(address: .pipeline, plannedAgainst: nil, recorded: 1)) {
            try database.begin(.sample(plannedAgainst: nil), secrets: [])
        }
        #expect(try database.deployments().count == 1)
    }
}
