import Foundation
import Model
import StateDatabase
import Testing

@testable import Reporting

@Suite struct DeploymentReportTests {
    let report: DeploymentReport
    let hash: String

    init() throws {
        let state = try TemporaryState()
        let deployment = try state.record(
            git: GitState(commit: "0123456789abcdef", branch: "main", isDirty: true), .rolledBack, .kept(.sample),
            failure: DeploymentFailure(logicalID: "Topic", resourceType: "AWS::SNS::Topic", message: "Name taken\nby \(escape)"),
            resumedBy: DeploymentActor(user: "grace", host: "runner"))
        hash = deployment.hash.hex
        report = DeploymentReport(
            deployment,
            changes: [
                ("Topic", "AWS::SNS::Topic", "Modify", "yes"), ("Queue\(escape)", "AWS::SQS::Queue", "Add", "no"),
                ("Maybe", "T", "Modify", "unknown"),
            ],
            events: [
                .ofStack("UPDATE_IN_PROGRESS", at: 0), .sample("Topic", "UPDATE_FAILED", at: 61, "Name taken\nby \(escape)"),
            ], outputs: [StackOutput(key: "Url", value: "x\(escape)")])
    }

    @Test func `a deployment is told with all that is recorded of it`() {
        #expect(
            report.text(.plain) == #"""
                image-pipeline:develop deployment 1: create, rolled-back
                  stack       image-pipeline-develop in eu-central-1
                  stack ID    arn:aws:cloudformation:eu-central-1:123456789012:stack/image-pipeline-develop/6a6fcf40-0000-11f0-8000-0affd2c3c5d1
                  started     2026-01-31 12:00:00 UTC
                  took        1m 36s
                  by          ada@laptop
                  resumed by  grace@runner
                  command     pipeplan apply
                  approved by yes
                  git         0123456789ab with uncommitted changes on main
                  version     0.1.0
                  hash        \#(hash)

                Failure
                  Topic (AWS::SNS::Topic): Name taken
                  by \u{1b}[2J

                Changes
                  Modify  Topic  AWS::SNS::Topic, replaced
                  Add     Queue\u{1b}[2J  AWS::SQS::Queue
                  Modify  Maybe  T, perhaps replaced

                Timeline
                  image-pipeline-develop  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒        UPDATE_IN_PROGRESS
                  Topic                                                                  █  0.0s  UPDATE_FAILED
                    Name taken by \u{1b}[2J

                Outputs
                  Url = x\u{1b}[2J

                """#)
    }

    @Test func `what is in a nested stack is shown with its way there, and a known cause with its remedy`() throws {
        let state = try TemporaryState()
        let deployment = try state.record(
            kind: .create, .failed,
            failure: DeploymentFailure(logicalID: "Network/Vpc", resourceType: "AWS::EC2::VPC", message: "Rate exceeded"))
        var outer = StackEvent.sample("Network", "CREATE_IN_PROGRESS", at: 0, type: "AWS::CloudFormation::Stack")
        outer.physicalID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/Network/1"
        var inner = StackEvent.sample("Vpc", "CREATE_FAILED", at: 1, "Rate exceeded", type: "AWS::EC2::VPC")
        inner.stackID = try #require(outer.physicalID)
        let text = DeploymentReport(deployment, changes: [], events: [outer, inner], outputs: []).text(.plain)
        #expect(
            text.contains(
                """

                Failure
                  Network/Vpc (AWS::EC2::VPC): Rate exceeded
                  AWS was asked too much at once: apply again; DependsOn spreads what is created at the same time.

                Timeline
                  Network      ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒        CREATE_IN_PROGRESS
                  Network/Vpc                                                            █  0.0s  CREATE_FAILED
                    Rate exceeded

                """), "\(text)")
    }

    @Test func `a deployment as JSON has its changes, events and outputs`() throws {
        let text = try JSONReport.render(report)
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        #expect(value["formatVersion"] == 1)
        #expect(value["deployment"]?["serial"] == 1)
        #expect(
            value["changes"] == [
                ["logicalId": "Topic", "type": "AWS::SNS::Topic", "action": "Modify", "replaced": "yes"],
                ["logicalId": .string("Queue\(escape)"), "type": "AWS::SQS::Queue", "action": "Add", "replaced": "no"],
                ["logicalId": "Maybe", "type": "T", "action": "Modify", "replaced": "unknown"],
            ])
        #expect(
            value["events"] == [
                [
                    "timestamp": "2026-01-31T12:00:00Z", "logicalId": "image-pipeline-develop", "path": "image-pipeline-develop",
                    "type": "AWS::CloudFormation::Stack",
                    "physicalId": .string(stackARN), "status": "UPDATE_IN_PROGRESS", "reason": nil,
                ],
                [
                    "timestamp": "2026-01-31T12:01:01Z", "logicalId": "Topic", "path": "Topic", "type": "AWS::SNS::Topic",
                    "physicalId": nil,
                    "status": "UPDATE_FAILED",
                    "reason": .string("Name taken\nby \(escape)"),
                ],
            ])
        #expect(value["outputs"] == [["key": "Url", "value": .string("x\(escape)")]])
    }
}

@Suite struct ValidationReportTests {
    @Test func `each finding is told once, and each target with its result`() throws {
        let finding = Finding("wrong", "It is wrong")
        var report = ValidationReport()
        report.add("a:develop", findings: [finding])
        report.add("a:prod", findings: [finding, Finding("odd", .warning, "It is odd")])
        report.add("b", findings: [Finding("odd", .warning, "It is odd")])
        #expect(
            report.text(.plain) == """
                error: It is wrong (wrong)
                a:develop: not valid
                warning: It is odd (odd)
                a:prod: not valid
                b: valid

                """)
        #expect(!report.isValid)
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(try JSONReport.render(report).utf8))
        #expect(value["targets"]?.arrayItems?.map { $0["valid"] } == [false, false, true])
        #expect(
            value["targets"]?.arrayItems?[0]["findings"] == [
                ["code": "wrong", "severity": "error", "summary": "It is wrong", "detail": ""]
            ])
    }

    @Test func `nothing to find is valid`() {
        #expect(ValidationReport().isValid)
        #expect(ValidationReport().text(.plain) == "")
    }
}
