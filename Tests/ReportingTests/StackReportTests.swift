import Foundation
import Model
import StateDatabase
import Testing

@testable import Reporting

@Suite struct StackReportTests {
    let recorded: RecordedStack

    init() throws {
        let state = try TemporaryState()
        _ = try state.record(.pipeline, .succeeded, .applied(.sample))
        recorded = try #require(try state.database.recordedStack(.pipeline))
    }

    @Test func `outputs as JSON have all their keys`() throws {
        #expect(
            try JSONReport.render(OutputsReport([recorded])) == """
                {
                  "formatVersion" : 1,
                  "stacks" : [
                    {
                      "environment" : "develop",
                      "outputs" : {
                        "TopicName" : {
                          "description" : null,
                          "exportName" : null,
                          "value" : "topic-1"
                        },
                        "Url" : {
                          "description" : "Where it is",
                          "exportName" : "pipeline-url",
                          "value" : "https://example.com"
                        }
                      },
                      "serial" : 1,
                      "stack" : "image-pipeline"
                    }
                  ]
                }

                """)
    }

    @Test func `outputs are a list, with the stacks' names where there are several`() throws {
        var other = recorded
        other.address = StackAddress(stack: "network")
        other.outputs = []
        #expect(OutputsReport.text([other], .plain) == "no outputs\n")
        let lines = Set(OutputsReport.text([recorded], .plain).split(separator: "\n"))
        #expect(lines == ["Url       = https://example.com", "TopicName = topic-1"])
        other.outputs = [StackOutput(key: "K\(escape)", value: "v\(escape)")]
        #expect(OutputsReport.text([recorded, other], .plain).hasSuffix("\n\nnetwork\n  K\\u{1b}[2J = v\\u{1b}[2J\n"))
    }

    @Test func `state as JSON has all its keys, and no secret`() throws {
        #expect(
            try JSONReport.render(StateReport([recorded], lineage: nil)) == """
                {
                  "formatVersion" : 1,
                  "lineage" : null,
                  "stacks" : [
                    {
                      "accountId" : null,
                      "environment" : "develop",
                      "outputs" : {
                        "TopicName" : "topic-1",
                        "Url" : "https://example.com"
                      },
                      "parameters" : {
                        "Branch" : "develop",
                        "Token" : "(sensitive)"
                      },
                      "published" : true,
                      "region" : "eu-central-1",
                      "resources" : [
                        {
                          "logicalId" : "Topic",
                          "physicalId" : "topic-1",
                          "status" : "CREATE_COMPLETE",
                          "type" : "AWS::SNS::Topic"
                        },
                        {
                          "logicalId" : "Waiting",
                          "physicalId" : null,
                          "status" : "CREATE_FAILED",
                          "type" : "AWS::CloudFormation::WaitCondition"
                        }
                      ],
                      "serial" : 1,
                      "stack" : "image-pipeline",
                      "stackId" : "\(stackARN)",
                      "stackName" : "image-pipeline-develop",
                      "status" : "CREATE_COMPLETE",
                      "tags" : {
                        "team" : "delivery"
                      }
                    }
                  ]
                }

                """)
    }

    @Test func `state is shown as a table, or in full`() throws {
        var stack = recorded
        stack.outputs = [StackOutput(key: "Url", value: "https://example.com\(escape)")]
        let report = StateReport([stack], lineage: "abc")
        #expect(
            report.list(.plain) == """
                STACK                   STACK NAME              REGION        SERIAL  STATUS           RESOURCES
                image-pipeline:develop  image-pipeline-develop  eu-central-1  1       CREATE_COMPLETE  2

                """)
        #expect(
            report.details(.plain) == #"""
                image-pipeline:develop (deployment 1)
                  image-pipeline-develop in eu-central-1: CREATE_COMPLETE
                  arn:aws:cloudformation:eu-central-1:123456789012:stack/image-pipeline-develop/6a6fcf40-0000-11f0-8000-0affd2c3c5d1

                  Parameters
                    Branch = develop
                    Token = (sensitive)

                  Tags
                    team = delivery

                  Resources
                    LOGICAL ID  TYPE                                STATUS           PHYSICAL ID
                    Topic       AWS::SNS::Topic                     CREATE_COMPLETE  topic-1
                    Waiting     AWS::CloudFormation::WaitCondition  CREATE_FAILED

                  Outputs
                    Url = https://example.com\u{1b}[2J

                """#)
        #expect(StateReport([], lineage: nil).list(.plain) == "No stack is recorded.\n")
    }
}
