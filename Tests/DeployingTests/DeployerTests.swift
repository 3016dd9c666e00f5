import Foundation
import Model
import StateDatabase
import Testing

@testable import Deploying
@testable import Planning

private typealias Answer = ScriptedCloud.Answer

/// What is worth knowing of a recorded deployment, compared at once.
struct Record: Hashable {
    var status: DeploymentStatus
    var effect: DeploymentEffect?
    var failure: String?
    var failedResource: String?
    var resumedBy: String?
    var exit: Int32

    init(
        _ status: DeploymentStatus, _ effect: DeploymentEffect?, _ failure: String? = nil, of resource: String? = nil,
        resumedBy: String? = nil,
        exit: Int32
    ) {
        self.status = status
        self.effect = effect
        self.failure = failure
        failedResource = resource
        self.resumedBy = resumedBy
        self.exit = exit
    }

    init(_ result: DeploymentResult) {
        let deployment = result.deployment
        self.init(
            deployment.status, deployment.effect, deployment.failure?.message, of: deployment.failure?.logicalID,
            resumedBy: deployment.resumedBy?.user, exit: result.ending.exit.rawValue)
    }
}

extension DeploymentRequest {
    static func sample(_ plan: Plan, _ kind: DeploymentKind) throws -> DeploymentRequest {
        var desired = try DesiredStack.sample()
        desired.parameters["Later"] = nil
        return DeploymentRequest(
            plan: plan, desired: desired, kind: kind, actor: .ada, git: nil, toolVersion: "0.1.0", commandLine: "pipeplan apply",
            approval: "yes", planJSON: "{}")
    }
}

let begins = StackEvent.ofStack("begin", "CREATE_IN_PROGRESS", at: 1)
let ends = StackEvent.ofStack("end", "CREATE_COMPLETE", at: 9)
private let silence =
    "The connection to https://cloudformation.eu-central-1.amazonaws.com was lost. "
    + "Try again; what AWS was asked before may go on there meanwhile."

/// A creation in which everything goes well, changed by what is given.
func creation(_ changes: [String: [ScriptedCloud.Answer]] = [:]) -> ScriptedCloud {
    ScriptedCloud(
        [
            "DescribeStacks": [.noStack, .stack("CREATE_IN_PROGRESS"), .stack("CREATE_COMPLETE")], "CreateChangeSet": [.created],
            "DescribeChangeSet": [.changeSet], "ExecuteChangeSet": [.result("")],
            "DescribeStackEvents": [.events(), .events(begins), .events(ends, begins)], "ListStackResources": [.resources],
            "DeleteChangeSet": [.result("")], "ListChangeSets": [.result("")], "DeleteStack": [.result("")],
        ].merging(changes) { $1 })
}

func create(_ cloud: ScriptedCloud, _ state: TemporaryState, agreeing: Bool = false, notices: Notices = Notices()) async throws
    -> Record
{
    Record(try await cloud.deployer(state.database, agreeing: agreeing, notices: notices).deploy(.sample(.creation, .create)))
}

func resume(_ cloud: ScriptedCloud, _ state: TemporaryState, _ plan: Plan = .creation) async throws -> Record {
    let open = try #require(try state.database.openDeployment(.pipeline))
    return Record(try await cloud.deployer(state.database).resume(open, plan: plan, by: .grace))
}

@Suite struct DeployerTests {
    let state: TemporaryState

    init() throws { state = try TemporaryState() }

    @Test func `a creation is asked for, followed and recorded`() async throws {
        let cloud = creation()
        let notices = Notices()
        #expect(try await create(cloud, state, notices: notices) == Record(.succeeded, .applied, exit: 0))
        #expect(
            cloud.requests == [
                "DescribeStacks", "CreateChangeSet", "DescribeChangeSet", "DescribeStackEvents", "ExecuteChangeSet",
                "DescribeStackEvents", "DescribeStacks", "DescribeStackEvents", "DescribeStacks", "ListStackResources",
            ])
        #expect(notices.events == ["begin", "end"])
        let recorded = try #require(try state.database.recordedStack(.pipeline))
        #expect(recorded.resources.map(\.physicalID) == ["topic-1"])
        #expect(recorded.status == "CREATE_COMPLETE")
        #expect(try state.database.openDeployment(.pipeline) == nil)
    }

    @Test func `a stack that is still described as before is not taken for done`() async throws {
        let cloud = creation([
            "DescribeStacks": [.noStack, .stack("REVIEW_IN_PROGRESS"), .stack("REVIEW_IN_PROGRESS"), .stack("CREATE_COMPLETE")],
            "DescribeStackEvents": [.events(), .events(), .events(begins), .events(ends, begins)],
        ])
        #expect(try await create(cloud, state) == Record(.succeeded, .applied, exit: 0))
    }

    @Test func `an endpoint without events is followed all the same`() async throws {
        let cloud = creation(["DescribeStackEvents": [.events()]])
        #expect(try await create(cloud, state) == Record(.succeeded, .applied, exit: 0))
    }

    @Test func `a failure names its root cause`() async throws {
        let failed = StackEvent.sample("fail", "CREATE_FAILED", of: "Topic", at: 3, "Name taken")
        let cloud = creation([
            "DescribeStacks": [.noStack, .stack("ROLLBACK_COMPLETE")],
            "DescribeStackEvents": [.events(), .events(.ofStack("end", "ROLLBACK_COMPLETE", at: 9), failed, begins)],
        ])
        #expect(try await create(cloud, state) == Record(.rolledBack, .kept, "Name taken", of: "Topic", exit: 1))
    }

    /// An event of the stack's nested stack `Network`, and one of a resource in that.
    private static let nestedBegins: (outer: StackEvent, inner: StackEvent) = {
        let id = "arn:aws:cloudformation:eu-central-1:123456789012:stack/Network/1"
        var outer = StackEvent.sample("nested", of: "Network", at: 2)
        outer.resourceType = "AWS::CloudFormation::Stack"
        outer.physicalID = id
        var inner = StackEvent.sample("inner", "CREATE_FAILED", of: "Vpc", at: 3, "The limit is reached")
        inner.stackID = id
        inner.stackName = "Network"
        return (outer, inner)
    }()

    @Test func `what fails in a nested stack is followed, recorded and named as the root cause`() async throws {
        let (outer, inner) = Self.nestedBegins
        var failed = outer
        failed.eventID = "nested failed"
        failed.status = "CREATE_FAILED"
        failed.timestamp = noon + 4
        failed.statusReason = "Embedded stack was not successfully created"
        let end = StackEvent.ofStack("end", "ROLLBACK_COMPLETE", at: 9)
        let cloud = creation([
            "DescribeStacks": [.noStack, .stack("ROLLBACK_COMPLETE")],
            "DescribeStackEvents": [
                .events(), .events(outer, begins), .events(), .events(end, failed, outer, begins), .events(inner),
            ],
        ])
        let notices = Notices()
        #expect(
            try await create(cloud, state, notices: notices)
                == Record(.rolledBack, .kept, "The limit is reached", of: "Network/Vpc", exit: 1))
        #expect(notices.events == ["begin", "nested", "inner", "nested failed", "end"])
        #expect(cloud.count("DescribeStackEvents") == 5)
        let deployment = try #require(try state.database.deployment(.pipeline, serial: 1))
        let recorded = try state.database.events(of: deployment)
        #expect(recorded.map(\.eventID) == notices.events)
        #expect(StackPaths(recorded).name(of: recorded[2]) == "Network/Vpc")
    }

    @Test func `what failed besides the root cause comes behind it, and what was cancelled does not`() async throws {
        func failed(_ id: String, at second: Double, _ reason: String) -> StackEvent {
            .sample("\(id) failed", "CREATE_FAILED", of: id, at: second, reason)
        }
        let cloud = creation([
            "DescribeStacks": [.noStack, .stack("ROLLBACK_COMPLETE")],
            "DescribeStackEvents": [
                .events(),
                .events(
                    .ofStack("end", "ROLLBACK_COMPLETE", at: 9), failed("Table", at: 5, "Resource creation cancelled"),
                    failed("Queue", at: 4, "No such key"), failed("Topic", at: 3, "Name taken"), begins),
            ],
        ])
        let result = try await cloud.deployer(state.database).deploy(.sample(.creation, .create))
        #expect(result.deployment.failure?.logicalID == "Topic")
        #expect(
            result.otherFailures == [DeploymentFailure(logicalID: "Queue", resourceType: "AWS::SNS::Topic", message: "No such key")])
    }

    @Test func `a nested stack that may not be looked at is told once, and stops nothing`() async throws {
        let (outer, _) = Self.nestedBegins
        var done = outer
        done.eventID = "nested done"
        done.status = "CREATE_COMPLETE"
        let denied = Answer.refusal(code: "AccessDenied", message: "No")
        let cloud = creation([
            "DescribeStacks": [.noStack, .stack("CREATE_COMPLETE")],
            "DescribeStackEvents": [
                .events(), .events(outer, begins), denied, .events(done, outer, begins), .events(ends, done, outer, begins),
            ],
        ])
        let notices = Notices()
        #expect(try await create(cloud, state, notices: notices) == Record(.succeeded, .applied, exit: 0))
        #expect(notices.warnings.count == 1)
        #expect(cloud.count("DescribeStackEvents") == 5)
        #expect(notices.warnings.first?.contains("cloudformation:DescribeStackEvents") == true)
    }

    @Test func `a connection that breaks while CloudFormation is at work leaves the deployment open, for resume to settle`() async throws {
        let cloud = creation(["DescribeStacks": [.noStack, .stack("CREATE_IN_PROGRESS"), .lost]])
        let notices = Notices()
        #expect(try await create(cloud, state, notices: notices) == Record(.detached, nil, exit: 1))
        #expect(notices.detachments == [silence])
        #expect(try state.database.recordedStack(.pipeline) == nil)

        let refused = await #expect(throws: RecordingRefusal.self) { try await create(creation(), state) }
        #expect(refused?.problem.findings.map(\.code) == ["deployment-in-progress"])

        let later = creation([
            "DescribeStacks": [.stack("CREATE_IN_PROGRESS", changeSet: ScriptedCloud.changeSetARN), .stack("CREATE_COMPLETE")],
            "DescribeStackEvents": [.events(begins), .events(ends, begins)],
        ])
        #expect(try await resume(later, state) == Record(.succeeded, .applied, resumedBy: "grace", exit: 0))
        #expect(later.count("ExecuteChangeSet") == 0)
        let deployment = try #require(try state.database.deployment(.pipeline, serial: 1))
        #expect(try state.database.events(of: deployment).map(\.eventID) == ["begin", "end"])
    }

    @Test func `an execution that is refused changes nothing, and cleans up`() async throws {
        let cloud = creation([
            "DescribeStacks": [.noStack, .stack("REVIEW_IN_PROGRESS")], "ExecuteChangeSet": [.refusal(code: "AccessDenied", message: "No")],
        ])
        let record = try await create(cloud, state)
        #expect(
            record
                == Record(
                    .failed, .untouched,
                    "CloudFormation ExecuteChangeSet is not allowed. No. The identity in use needs the permission cloudformation:ExecuteChangeSet.",
                    exit: 1))
        #expect(cloud.requests.suffix(4) == ["DeleteChangeSet", "DescribeStacks", "ListChangeSets", "DeleteStack"])
    }

    @Test func `an execution whose answer is lost is not asked for twice where it was taken`() async throws {
        let cloud = creation([
            "DescribeChangeSet": [.changeSet, .changeSet(execution: "EXECUTE_IN_PROGRESS")], "ExecuteChangeSet": [.lost],
        ])
        #expect(try await create(cloud, state) == Record(.succeeded, .applied, exit: 0))
        #expect(cloud.count("ExecuteChangeSet") == 1)
    }

    @Test func `an execution that was not taken is asked for again`() async throws {
        let cloud = creation(["ExecuteChangeSet": [.lost, .result("")]])
        #expect(try await create(cloud, state) == Record(.succeeded, .applied, exit: 0))
        #expect(cloud.count("ExecuteChangeSet") == 2)
    }

    @Test func `an execution of which nothing is known stays open, and is settled as none where the change set waits`() async throws {
        let cloud = creation(["DescribeChangeSet": [.changeSet, .lost], "ExecuteChangeSet": [.lost]])
        #expect(try await create(cloud, state) == Record(.detached, nil, exit: 1))
        #expect(cloud.count("DeleteChangeSet") == 0)
        let later = creation(["DescribeStacks": [.stack("REVIEW_IN_PROGRESS")]])
        #expect(
            try await resume(later, state)
                == Record(
                    .cancelled, .untouched, "It was interrupted before CloudFormation was told to execute anything", resumedBy: "grace",
                    exit: 1))
        #expect(
            later.requests == [
                "DescribeStacks", "DescribeStackEvents", "DeleteChangeSet", "DescribeStacks", "ListChangeSets", "DeleteStack",
            ])
    }

    @Test func `a change set that begins to be executed after all leaves the deployment open`() async throws {
        #expect(
            try await create(creation(["DescribeChangeSet": [.changeSet, .lost], "ExecuteChangeSet": [.lost]]), state).status == .detached)
        let busy = Answer.refusal(code: "InvalidChangeSetStatus", message: "It is being executed")
        let cloud = creation(["DescribeStacks": [.stack("REVIEW_IN_PROGRESS")], "DeleteChangeSet": [busy]])
        await #expect(throws: (any Error).self) { try await resume(cloud, state) }
        #expect(try state.database.openDeployment(.pipeline)?.status == .detached)
        #expect(cloud.count("DeleteStack") == 0)
    }

    @Test func `a change set whose answer is lost is found by its name`() async throws {
        let cloud = creation(["CreateChangeSet": [.lost]])
        #expect(try await create(cloud, state) == Record(.succeeded, .applied, exit: 0))
        #expect(cloud.count("CreateChangeSet") == 1)
    }

    @Test func `a change set that was not made is asked for again`() async throws {
        let missing = Answer.refusal(code: "ChangeSetNotFound", message: "ChangeSet does not exist")
        let cloud = creation(["CreateChangeSet": [.lost, .created], "DescribeChangeSet": [missing, .changeSet]])
        #expect(try await create(cloud, state) == Record(.succeeded, .applied, exit: 0))
        #expect(cloud.count("CreateChangeSet") == 2)
    }

    @Test(arguments: [
        [Answer.noStack, .stack("CREATE_COMPLETE")], [.noStack, .stack("CREATE_IN_PROGRESS")],
    ])
    private func `a stack that came about meanwhile is never deleted`(stacks: [Answer]) async throws {
        let cloud = creation([
            "DescribeStacks": stacks, "CreateChangeSet": [.refusal(code: "ValidationError", message: "Stack already exists")],
        ])
        #expect(try await create(cloud, state).status == .failed)
        #expect(cloud.count("DeleteStack") == 0)
    }

    @Test func `an empty stack with somebody else's change set is left alone`() async throws {
        let theirs =
            "<Summaries><member><ChangeSetId>x</ChangeSetId><ChangeSetName>theirs</ChangeSetName><Status>CREATE_COMPLETE</Status></member></Summaries>"
        let cloud = creation([
            "DescribeStacks": [.stack("REVIEW_IN_PROGRESS")], "DescribeChangeSet": [.failedChangeSet("Bad")],
            "ListChangeSets": [.result(theirs)],
        ])
        let record = try await create(cloud, state)
        #expect(record.exit == 3 && record.failure?.contains("it holds what somebody else has proposed, theirs.") == true)
        #expect(cloud.count("CreateChangeSet") == 0)
        #expect(cloud.count("DeleteStack") == 0)
    }

    @Test func `more than planned is executed only where somebody agrees`() async throws {
        let more = ["DescribeChangeSet": [Answer.changeSet(("Add", "Topic"), ("Remove", "Table"))]]
        let refusing = creation(more.merging(["DescribeStacks": [.noStack]]) { $1 })
        let message = "CloudFormation's change set does more than the plan that was approved"
        #expect(try await create(refusing, state) == Record(.cancelled, .untouched, message, exit: 3))
        #expect(refusing.count("ExecuteChangeSet") == 0)
        #expect(try await create(creation(more), state, agreeing: true) == Record(.succeeded, .applied, exit: 0))
    }
}
