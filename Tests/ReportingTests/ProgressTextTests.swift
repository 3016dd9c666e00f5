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

    private func told(_ notices: [DeploymentNotice], _ style: Style = .plain, isLive: Bool = false, columns: Int? = nil) -> [String] {
        var progress = ProgressText(style, isLive: isLive, columns: columns, total: 2)
        return notices.map { progress.text(for: $0, now: noon) } + [progress.end()]
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
        #expect(told(notices, isLive: true)[3].hasSuffix("0/2  Network"))
    }

    @Test func `after half a minute of silence it is told what is being waited for, and again every half minute`() {
        var progress = ProgressText(.plain, isLive: false, columns: nil, total: 2)
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

    @Test func `on a terminal a silent round draws nothing anew`() {
        var progress = ProgressText(.plain, isLive: true, columns: 60, total: 1)
        let first = progress.text(for: .event(.sample("Topic", "CREATE_IN_PROGRESS", at: 0)), now: noon)
        let status = first.split(separator: "\n").last ?? ""
        #expect(progress.text(for: .waiting, now: noon + 1) == "")
        #expect(
            progress.text(for: .waiting, now: noon + 31) == "\r\u{1B}[K12:00:31 still waiting for Topic (AWS::SNS::Topic, 31s)\n\(status)")
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
                "executing the change set\n", "",
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

    @Test func `on a terminal the last line is drawn anew below the others`() {
        let clear = "\r\u{1B}[K"
        let lines = told(
            [
                .executing, .event(.sample("Topic", "CREATE_IN_PROGRESS", at: 1)), .event(.sample("Queue", "CREATE_IN_PROGRESS", at: 1)),
                .event(.sample("Topic", "CREATE_COMPLETE", at: 2)), .event(.ofStack("ROLLBACK_IN_PROGRESS", at: 3)),
                .event(.sample("Queue", "CREATE_COMPLETE", at: 4)), .event(.sample("Third", "CREATE_COMPLETE", at: 4)),
            ], isLive: true, columns: 60)
        let none = String(repeating: "░", count: 20)
        let half = String(repeating: "█", count: 10) + String(repeating: "░", count: 10)
        let whole = String(repeating: "█", count: 20)
        #expect(
            lines == [
                "the change set does what the plan says; executing it\n",
                "12:00:01 CREATE_IN_PROGRESS           Topic  AWS::SNS::Topic\n\(none) 0/2  Topic",
                "\(clear)12:00:01 CREATE_IN_PROGRESS           Queue  AWS::SNS::Topic\n\(none) 0/2  Topic, Queue",
                "\(clear)12:00:02 CREATE_COMPLETE              Topic  AWS::SNS::Topic (1.0s)\n\(half) 1/2  Queue",
                "\(clear)12:00:03 ROLLBACK_IN_PROGRESS         image-pipeline-develop\n\(half) rolling back  Queue",
                "\(clear)12:00:04 CREATE_COMPLETE              Queue  AWS::SNS::Topic (3.0s)\n\(whole) rolling back  ",
                "\(clear)12:00:04 CREATE_COMPLETE              Third  AWS::SNS::Topic\n\(whole) rolling back  ", clear,
            ])
    }

    @Test(arguments: [1, 2, 20, 30, 60])
    func `the last line fits on the screen, and nothing in it steers the terminal`(columns: Int) throws {
        let events = (1...9).map { DeploymentNotice.event(.sample("Resource名前\(escape)\($0)", "CREATE_IN_PROGRESS", at: 0)) }
        let last = try #require(told(events, isLive: true, columns: columns).dropLast().last)
        let status = try #require(last.split(separator: "\n", omittingEmptySubsequences: false).last)
        #expect(String(status).displayWidth < columns)
        let steering = last.dropFirst("\r\u{1B}[K".count).unicodeScalars.filter { $0.properties.generalCategory == .control && $0 != "\n" }
        #expect(steering.isEmpty)
    }
}
