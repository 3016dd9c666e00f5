import Foundation
import Model
import StateDatabase
import Testing

@testable import Planning
@testable import Reporting

@Suite struct PlanReportTests {
    @Test func `a plan as JSON has all its keys, and null where there is nothing`() throws {
        var plan = Plan.sample(
            [
                .sample(
                    .modify, "Table", of: "AWS::DynamoDB::Table", willReplace: .yes, policy: .replaceAndDelete, physicalID: "table-1",
                    .sample("TableName", "a", "b", recreation: .always, causes: [ChangeCause(.parameterReference, "Name")]),
                    .sample("Arn", nil, "${Topic.Arn}", known: false, willChange: .unknown),
                    .sample("Token", "(sensitive)", nil, sensitive: true)), .sample(.add, "Topic", isListed: false),
            ], unchanged: 2)
        plan.outputs = [ValueChange(name: "Arn", before: nil, after: "${Topic.Arn}")]
        plan.hazards = [Hazard(logicalID: "Table", type: "AWS::DynamoDB::Table", summary: "Its items are lost", isProtected: true)]
        plan.notes = [Finding("remark", .warning, "Mind the gap", detail: "There is one")]
        plan.changes[1].location = SourceRange(file: "a.yml", start: .init(line: 3, column: 2), end: .init(line: 4, column: 1))
        #expect(
            try JSONReport.render(PlanReport([plan])) == """
                {
                  "formatVersion" : 1,
                  "notes" : [

                  ],
                  "stacks" : [
                    {
                      "access" : [

                      ],
                      "basedOnSerial" : 4,
                      "changeSet" : null,
                      "changes" : [
                        {
                          "action" : "Modify",
                          "listedByCloudFormation" : true,
                          "location" : null,
                          "logicalId" : "Table",
                          "nested" : null,
                          "physicalId" : "table-1",
                          "policyAction" : "ReplaceAndDelete",
                          "properties" : [
                            {
                              "after" : "b",
                              "before" : "a",
                              "causes" : [
                                "parameter Name"
                              ],
                              "known" : true,
                              "location" : null,
                              "path" : "TableName",
                              "replacementCondition" : null,
                              "requiresReplacement" : "Always",
                              "sensitive" : false,
                              "unknownBecause" : null,
                              "willChange" : "yes"
                            },
                            {
                              "after" : "${Topic.Arn}",
                              "before" : null,
                              "causes" : [
                                "template"
                              ],
                              "known" : false,
                              "location" : null,
                              "path" : "Arn",
                              "replacementCondition" : null,
                              "requiresReplacement" : "Never",
                              "sensitive" : false,
                              "unknownBecause" : null,
                              "willChange" : "unknown"
                            },
                            {
                              "after" : null,
                              "before" : "(sensitive)",
                              "causes" : [
                                "template"
                              ],
                              "known" : true,
                              "location" : null,
                              "path" : "Token",
                              "replacementCondition" : null,
                              "requiresReplacement" : "Never",
                              "sensitive" : true,
                              "unknownBecause" : null,
                              "willChange" : "yes"
                            }
                          ],
                          "renamedFrom" : null,
                          "replacement" : "True",
                          "type" : "AWS::DynamoDB::Table",
                          "unchanged" : [

                          ],
                          "unchangedProperties" : 0,
                          "willChange" : "yes",
                          "willReplace" : "yes"
                        },
                        {
                          "action" : "Add",
                          "listedByCloudFormation" : false,
                          "location" : "a.yml:3:2",
                          "logicalId" : "Topic",
                          "nested" : null,
                          "physicalId" : null,
                          "policyAction" : null,
                          "properties" : [

                          ],
                          "renamedFrom" : null,
                          "replacement" : null,
                          "type" : "AWS::SNS::Topic",
                          "unchanged" : [

                          ],
                          "unchangedProperties" : 0,
                          "willChange" : "yes",
                          "willReplace" : "no"
                        }
                      ],
                      "conditions" : [

                      ],
                      "drift" : null,
                      "environment" : "develop",
                      "hasChanges" : true,
                      "hazards" : [
                        {
                          "isProtected" : true,
                          "kind" : "data-loss",
                          "logicalId" : "Table",
                          "summary" : "Its items are lost",
                          "type" : "AWS::DynamoDB::Table"
                        }
                      ],
                      "kind" : "update",
                      "notes" : [
                        {
                          "code" : "remark",
                          "detail" : "There is one",
                          "severity" : "warning",
                          "summary" : "Mind the gap"
                        }
                      ],
                      "outputs" : [
                        {
                          "after" : "${Topic.Arn}",
                          "before" : null,
                          "name" : "Arn",
                          "sensitive" : false
                        }
                      ],
                      "parameters" : [

                      ],
                      "region" : "eu-central-1",
                      "settings" : [

                      ],
                      "stack" : "image-pipeline",
                      "stackName" : "image-pipeline-develop",
                      "summary" : {
                        "add" : 1,
                        "modify" : 0,
                        "remove" : 0,
                        "replace" : 1
                      },
                      "tags" : [

                      ],
                      "unchanged" : 2
                    }
                  ]
                }

                """)
    }

    @Test func `a stack without environments has null for one`() throws {
        var plan = Plan.sample([])
        plan.address = StackAddress(stack: "network")
        #expect(try JSONReport.render(PlanReport([plan])).contains(#""environment" : null"#))
    }

    @Test func `control characters are escaped in JSON`() throws {
        let text = try JSONReport.render(PlanReport([.sample([.sample(.add, "A\(escape)")])]))
        #expect(text.contains(#""logicalId" : "A\u001b[2J""#))
    }
}

@Suite struct HistoryReportTests {
    let state: TemporaryState

    init() throws { state = try TemporaryState() }

    @Test func `history as JSON has all its keys, newest first`() throws {
        try _ = state.record(
            start: 0, git: GitState(commit: "0123456789abcdef", branch: nil, isDirty: true), .failed, .untouched,
            failure: DeploymentFailure(logicalID: "Topic", resourceType: nil, message: "Name taken"),
            resumedBy: DeploymentActor(identityArn: "arn:grace", user: "grace", host: "runner"))
        try _ = state.record(start: 200)
        let deployments = try state.database.deployments()
        #expect(
            try JSONReport.render(HistoryReport(deployments)) == """
                {
                  "deployments" : [
                    {
                      "accountId" : null,
                      "actor" : {
                        "host" : "laptop",
                        "identityArn" : null,
                        "user" : "ada"
                      },
                      "approval" : "yes",
                      "changeSetId" : null,
                      "commandLine" : "pipeplan apply",
                      "durationSeconds" : null,
                      "environment" : "develop",
                      "failure" : null,
                      "finishedAt" : null,
                      "git" : null,
                      "hash" : "\(deployments[0].hash.hex)",
                      "kind" : "create",
                      "offlineId" : null,
                      "published" : true,
                      "region" : "eu-central-1",
                      "resumedBy" : null,
                      "serial" : 2,
                      "stack" : "image-pipeline",
                      "stackId" : null,
                      "stackName" : "image-pipeline-develop",
                      "stackStatus" : null,
                      "startedAt" : "2026-01-31T12:03:20Z",
                      "status" : "in-progress",
                      "toolVersion" : "0.1.0"
                    },
                    {
                      "accountId" : null,
                      "actor" : {
                        "host" : "laptop",
                        "identityArn" : null,
                        "user" : "ada"
                      },
                      "approval" : "yes",
                      "changeSetId" : null,
                      "commandLine" : "pipeplan apply",
                      "durationSeconds" : 95.5,
                      "environment" : "develop",
                      "failure" : {
                        "logicalId" : "Topic",
                        "message" : "Name taken",
                        "remedy" : null,
                        "type" : null
                      },
                      "finishedAt" : "2026-01-31T12:01:35Z",
                      "git" : {
                        "branch" : null,
                        "commit" : "0123456789abcdef",
                        "isDirty" : true,
                        "remote" : null
                      },
                      "hash" : "\(deployments[1].hash.hex)",
                      "kind" : "create",
                      "offlineId" : null,
                      "published" : true,
                      "region" : "eu-central-1",
                      "resumedBy" : {
                        "host" : "runner",
                        "identityArn" : "arn:grace",
                        "user" : "grace"
                      },
                      "serial" : 1,
                      "stack" : "image-pipeline",
                      "stackId" : null,
                      "stackName" : "image-pipeline-develop",
                      "stackStatus" : null,
                      "startedAt" : "2026-01-31T12:00:00Z",
                      "status" : "failed",
                      "toolVersion" : "0.1.0"
                    }
                  ],
                  "formatVersion" : 1
                }

                """)
    }

    @Test func `history is a table`() throws {
        try _ = state.record(StackAddress(stack: "network"), start: -200, .succeeded, .applied(.sample))
        try _ = state.record(
            start: 0, git: GitState(commit: "0123456789abcdef", isDirty: true), .failed, .untouched,
            failure: DeploymentFailure(logicalID: "Topic", message: "Name\ntaken\(escape)"))
        try _ = state.record(start: 200)
        #expect(
            HistoryText.render(try state.database.deployments(), .plain) == #"""
                STACK                   SERIAL  KIND    STATUS       STARTED (UTC)        TOOK    BY          COMMIT     REASON
                image-pipeline:develop  2       create  in-progress  2026-01-31 12:03:20  -       ada@laptop  -
                image-pipeline:develop  1       create  failed       2026-01-31 12:00:00  1m 36s  ada@laptop  01234567*  Topic: Name taken\u{1b}[2J
                network                 1       create  succeeded    2026-01-31 11:56:40  1m 36s  ada@laptop  -

                """#)
        #expect(HistoryText.render([], .plain) == "Nothing has been deployed yet.\n")
    }
}
