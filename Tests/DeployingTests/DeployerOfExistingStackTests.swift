import Foundation
import Model
import StateDatabase
import Testing

@testable import Deploying
@testable import Planning

private typealias Answer = ScriptedCloud.Answer

@Suite struct DeployerOfExistingStackTests {
    let state: TemporaryState

    init() async throws {
        state = try TemporaryState()
        #expect(try await create(creation(), state).status == .succeeded)
    }

    private static let withoutChanges = Answer.failedChangeSet("The submitted information didn't contain changes.")

    private func update(_ plan: Plan, _ script: [String: [Answer]], agreeing: Bool = false) async throws -> (Record, ScriptedCloud) {
        let cloud = creation(["DescribeStacks": [.stack("CREATE_COMPLETE")]].merging(script) { $1 })
        let request = try DeploymentRequest.sample(plan, plan.kind == .destroy ? .destroy : .update)
        return (Record(try await cloud.deployer(state.database, agreeing: agreeing).deploy(request)), cloud)
    }

    @Test func `an update without changes leaves the stack as it was`() async throws {
        let (record, cloud) = try await update(.addition, ["DescribeChangeSet": [Self.withoutChanges]])
        #expect(record == Record(.unchanged, .untouched, exit: 0))
        #expect(cloud.count("ExecuteChangeSet") == 0)
        #expect(cloud.count("DeleteStack") == 0)
    }

    @Test func `termination protection alone is set`() async throws {
        let (record, cloud) = try await update(
            .protection,
            ["DescribeChangeSet": [Self.withoutChanges], "UpdateTerminationProtection": [.result("<StackId>\(stackARN)</StackId>")]])
        #expect(record == Record(.succeeded, .applied, exit: 0))
        #expect(cloud.count("UpdateTerminationProtection") == 1)
    }

    @Test func `a list that becomes empty is sent as such, where that was planned`() async throws {
        func sent(_ plan: Plan, _ topics: [String]) async throws -> [String]? {
            var request = try DeploymentRequest.sample(plan, .update)
            request.desired.notificationArns = topics
            return try await creation().deployer(state.database).changeSetInput(
                request, name: "a", kind: .update, token: "a", description: ""
            ).notificationARNs
        }
        let removal = Plan.sample(settings: [ValueChange(name: "notificationArns", before: "arn:topic", after: nil)])
        #expect(try await sent(removal, []) == [])
        #expect(try await sent(.addition, []) == nil)
        #expect(try await sent(.addition, ["arn:topic"]) == ["arn:topic"])
    }

    @Test func `what failed in an earlier operation is no cause of this one's failure`() async throws {
        let old = StackEvent.sample("old", "UPDATE_FAILED", of: "Queue", at: -5, "Long ago")
        let update = StackEvent.ofStack("update", "UPDATE_IN_PROGRESS", at: 1)
        let (detached, _) = try await self.update(
            .addition, ["DescribeStacks": [.stack("CREATE_COMPLETE"), .lost], "DescribeStackEvents": [.events(old)]])
        #expect(detached == Record(.detached, nil, exit: 1))
        let failed = StackEvent.sample("fail", "UPDATE_FAILED", of: "Topic", at: 3, "Name taken")
        let later = creation([
            "DescribeStacks": [.stack("UPDATE_ROLLBACK_COMPLETE", changeSet: ScriptedCloud.changeSetARN)],
            "DescribeStackEvents": [.events(failed, update, old)],
        ])
        #expect(
            try await resume(later, state, .addition) == Record(.rolledBack, .kept, "Name taken", of: "Topic", resumedBy: "grace", exit: 1))
        let deployment = try #require(try state.database.deployment(.pipeline, serial: 2))
        #expect(try state.database.events(of: deployment).map(\.eventID) == ["update", "fail"])
    }

    @Test func `an update that somebody else's came before is settled as none`() async throws {
        let (detached, _) = try await update(.addition, ["DescribeChangeSet": [.changeSet, .lost], "ExecuteChangeSet": [.lost]])
        #expect(detached.status == .detached)
        let gone = Answer.refusal(code: "ChangeSetNotFound", message: "ChangeSet does not exist")
        let later = creation([
            "DescribeStacks": [.stack("UPDATE_COMPLETE", changeSet: "arn:…/theirs/2")], "DescribeChangeSet": [gone],
            "DeleteChangeSet": [gone],
        ])
        let message = "It was interrupted before CloudFormation was told to execute anything"
        #expect(try await resume(later, state, .addition) == Record(.cancelled, .untouched, message, resumedBy: "grace", exit: 1))
    }

    @Test func `a stack that can only be made anew is gone where the new one does not come about`() async throws {
        let deleted = StackEvent.ofStack("deleting", "DELETE_IN_PROGRESS", at: 1)
        let (record, cloud) = try await update(
            .addition,
            [
                "DescribeStacks": [.stack("ROLLBACK_COMPLETE"), .stack("DELETE_IN_PROGRESS"), .stack("DELETE_COMPLETE"), .noStack],
                "DescribeStackEvents": [.events(), .events(deleted)], "DescribeChangeSet": [.failedChangeSet("Bad")],
            ], agreeing: true)
        #expect(record == Record(.failed, .removed, "Bad", exit: 1))
        #expect(cloud.count("DeleteStack") == 1)
        #expect(try state.database.recordedStack(.pipeline) == nil)
    }

    @Test func `a destruction that nobody saw the end of is settled as done where the stack is gone`() async throws {
        let (detached, _) = try await update(.destruction, ["DescribeStacks": [.stack("CREATE_COMPLETE"), .lost]])
        #expect(detached == Record(.detached, nil, exit: 1))
        let later = creation(["DescribeStacks": [.noStack]])
        #expect(try await resume(later, state, .destruction) == Record(.succeeded, .removed, resumedBy: "grace", exit: 0))
        #expect(try state.database.recordedStack(.pipeline) == nil)
    }

    @Test func `resume leaves the deployment open where CloudFormation still can't be reached`() async throws {
        let (detached, _) = try await update(.addition, ["DescribeStacks": [.stack("CREATE_COMPLETE"), .lost]])
        #expect(detached.status == .detached)
        await #expect(throws: (any Error).self) { try await resume(creation(["DescribeStacks": [.lost]]), state, .addition) }
        #expect(try state.database.openDeployment(.pipeline)?.status == .detached)
    }

    @Test func `no secret is on the disk`() async throws {
        let secret = "ghp_thisMustStaySecret"
        let failed = StackEvent.sample("fail", "UPDATE_FAILED", of: "Topic", at: 3, "Bad token \(secret)")
        let (record, _) = try await update(
            .addition,
            [
                "DescribeStacks": [.stack("CREATE_COMPLETE"), .stack("UPDATE_ROLLBACK_COMPLETE")],
                "DescribeStackEvents": [.events(), .events(failed, .ofStack("update", "UPDATE_IN_PROGRESS", at: 1))],
            ])
        #expect(record == Record(.rolledBack, .kept, "Bad token ****", of: "Topic", exit: 1))
        let bytes = try state.bytes()
        #expect(bytes.range(of: Data(secret.utf8)) == nil)
        #expect(bytes.range(of: Data("Bad token ****".utf8)) != nil)
    }
}
