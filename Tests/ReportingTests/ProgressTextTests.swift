import Foundation
import Model
import StateDatabase
import Testing

@testable import Deploying
@testable import Planning
@testable import Reporting

@Suite struct ProgressTextTests {
    let state: TemporaryState

    init() throws { state = try TemporaryState() }

    private func told(_ notices: [DeploymentNotice], _ style: Style = .plain) -> [String] {
        var progress = ProgressText(style, .pipeline, isLive: false, work: PlannedWork(count: 2))
        return notices.map { progress.text(for: $0, now: noon) }
    }

    @Test func `what is not watched any more can be followed by its name, also where it began before`() {
        var progress = ProgressText(.plain, .pipeline, isLive: false, work: PlannedWork(count: 2))
        let text = progress.text(for: .detached(DeploymentFailure(message: "Interrupted")), now: noon)
        #expect(text.contains("`pipeplan resume image-pipeline:develop` follows it"))
    }

    @Test func `plain progress is a line for each notice, with how long things took`() throws {
        let notices: [DeploymentNotice] = [
            .began(try state.record()), .changeSetCreated(name: "pipeplan-1"),
            .reconciled(Reconciliation(.sample([]), ChangeSet(status: "", changes: []))),
            .executing, .event(.ofStack("UPDATE_IN_PROGRESS", at: 0, "User Initiated")),
            .event(.sample("Topic", "CREATE_IN_PROGRESS", at: 1)),
            .event(.sample("Topic", "CREATE_IN_PROGRESS", at: 2, "Resource creation Initiated")),
            .event(.sample("Topic", "CREATE_COMPLETE", at: 4.2)),
            .event(.sample("Queue", "UPDATE_IN_PROGRESS", at: 5)), .event(.sample("Queue", "UPDATE_FAILED", at: 70, "Name taken\(escape)")),
            .event(.ofStack("UPDATE_ROLLBACK_IN_PROGRESS", at: 71, "The following…")),
            .event(.sample("Queue", "UPDATE_IN_PROGRESS", at: 72)),
            .event(.sample("Queue", "UPDATE_COMPLETE", at: 74)), .event(.ofStack("UPDATE_ROLLBACK_COMPLETE", at: 80)),
            .warning("Careful\(escape)"),
            .deleting,
        ]
        #expect(
            told(notices).joined() == #"""
                deployment 1 of image-pipeline:develop begun, recorded as in progress
                change set created, waiting for CloudFormation to compute it
                the change set does what the plan says; executing it
                12:00:00 UPDATE_IN_PROGRESS           image-pipeline-develop
                         User Initiated
                12:00:01 CREATE_IN_PROGRESS           Topic  AWS::SNS::Topic
                12:00:04 CREATE_COMPLETE              Topic  AWS::SNS::Topic (3.2s)
                12:00:05 UPDATE_IN_PROGRESS           Queue  AWS::SNS::Topic
                12:01:10 UPDATE_FAILED                Queue  AWS::SNS::Topic (1m 05s)
                         Name taken\u{1b}[2J
                12:01:11 UPDATE_ROLLBACK_IN_PROGRESS  image-pipeline-develop
                         The following…
                12:01:12 UPDATE_IN_PROGRESS           Queue  AWS::SNS::Topic
                12:01:14 UPDATE_COMPLETE              Queue  AWS::SNS::Topic (2.0s)
                12:01:20 UPDATE_ROLLBACK_COMPLETE     image-pipeline-develop (1m 20s)
                warning: Careful\u{1b}[2J
                deleting the stack

                """#)
    }

    @Test func `what is in a nested stack is told with its way there, and does not count as planned`() {
        var stack = StackEvent.ofStack("CREATE_IN_PROGRESS", at: 2)
        stack.stackID = "nested"
        stack.physicalID = "nested"
        var back = stack
        back.status = "ROLLBACK_IN_PROGRESS"
        back.statusReason = "The following…"
        let notices: [DeploymentNotice] = [
            .event(.sample("Network", "CREATE_IN_PROGRESS", at: 1, type: "AWS::CloudFormation::Stack")), .event(stack, within: "Network"),
            .event(.sample("Vpc", "CREATE_IN_PROGRESS", at: 3), within: "Network"),
            .event(.sample("Vpc", "CREATE_COMPLETE", at: 4), within: "Network"), .event(back, within: "Network"),
        ]
        #expect(
            told(notices).joined() == """
                12:00:01 CREATE_IN_PROGRESS           Network  AWS::CloudFormation::Stack
                12:00:03 CREATE_IN_PROGRESS           Network/Vpc  AWS::SNS::Topic
                12:00:04 CREATE_COMPLETE              Network/Vpc  AWS::SNS::Topic (1.0s)
                12:00:02 ROLLBACK_IN_PROGRESS         Network
                         The following…

                """)
    }

    @Test func `after half a minute of silence it is told what is being waited for, and again every half minute`() {
        var progress = ProgressText(.plain, .pipeline, isLive: false, work: PlannedWork(count: 2))
        func told(_ notice: DeploymentNotice, at second: Double) -> String { progress.text(for: notice, now: noon + second) }
        #expect(told(.waiting, at: 0) == "")
        #expect([10, 29.9].map { told(.waiting, at: $0) } == ["", ""])
        #expect(told(.waiting, at: 30) == "12:00:30 still waiting for CloudFormation\n")
        _ = told(.event(.sample("Topic", "CREATE_IN_PROGRESS", at: 31)), at: 31)
        _ = told(.event(.sample("Vpc", "CREATE_IN_PROGRESS", at: 32, type: "AWS::EC2::VPC"), within: "Network"), at: 35)
        #expect([60, 64.9].map { told(.waiting, at: $0) } == ["", ""])
        #expect(
            told(.waiting, at: 65) == "12:01:05 still waiting for Topic (AWS::SNS::Topic, 34s), Network/Vpc (AWS::EC2::VPC, 33s)\n")
        #expect([66, 94].map { told(.waiting, at: $0) } == ["", ""])
        #expect(told(.waiting, at: 95).hasPrefix("12:01:35 still waiting for Topic (AWS::SNS::Topic, 1m 04s)"))
        _ = told(.event(.sample("Vpc", "CREATE_COMPLETE", at: 96), within: "Network"), at: 96)
        #expect(told(.waiting, at: 126) == "12:02:06 still waiting for Topic (AWS::SNS::Topic, 1m 35s)\n")
    }

    @Test func `how long something has taken does not depend on whether two clocks agree`() {
        var progress = ProgressText(.plain, .pipeline, isLive: false, work: PlannedWork(count: 2))
        // CloudFormation's clock is ten minutes behind, and the second event is told five seconds late.
        _ = progress.text(for: .event(.sample("Topic", "CREATE_IN_PROGRESS", at: 0)), now: noon + 600)
        _ = progress.text(for: .event(.sample("Queue", "CREATE_IN_PROGRESS", at: 5)), now: noon + 610)
        #expect(progress.waiting(for: "Topic", noon + 640) == 40)
        #expect(progress.waiting(for: "Queue", noon + 640) == 35)
    }

    @Test func `what the change set lacks is told, and what it has too much is not called planned`() {
        let plan = Plan.sample([.sample(.modify, "A"), .sample(.add, "B")])
        let lacking = ChangeSet(
            status: "CREATE_COMPLETE",
            changes: [
                ResourceChange(action: .modify, logicalID: "A", type: "T"), ResourceChange(action: .remove, logicalID: "C", type: "T"),
            ])
        #expect(
            told([.reconciled(Reconciliation(plan, lacking)), .executing]) == [
                "warning: the endpoint gave no replacement detail; the plan's is not confirmed\n"
                    + "warning: planned, but not in CloudFormation's change set: B\n",
                "executing the change set\n",
            ])
    }

    @Test func `a deployment that is left open is told with the way on`() throws {
        #expect(
            told([.began(try state.record()), .detached(DeploymentFailure(message: "The connection was lost\(escape)"))]).dropFirst()
                .joined() == #"""
                    not watched any more: The connection was lost\u{1b}[2J
                    CloudFormation goes on with what it was told. `pipeplan resume image-pipeline:develop` follows it to its end and records that.

                    """#)
    }
}
