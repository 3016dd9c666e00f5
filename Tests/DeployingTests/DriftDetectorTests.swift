import AWS
import Foundation
import Model
import OrderedCollections
import StateDatabase
import Testing

@testable import Deploying

private typealias Answer = ScriptedCloud.Answer

@Suite struct `Detecting drift` {
    private static let topic = """
        <member><LogicalResourceId>Topic</LogicalResourceId><PhysicalResourceId>topic-1</PhysicalResourceId>\
        <ResourceType>AWS::SNS::Topic</ResourceType><StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus>\
        <ExpectedProperties>{"DisplayName":"a"}</ExpectedProperties><ActualProperties>{"DisplayName":"b"}</ActualProperties>\
        <Timestamp>2026-01-01T12:00:00Z</Timestamp></member>
        """

    private static func drifts(_ members: String, next: String = "") -> Answer {
        .result("<StackResourceDrifts>\(members)</StackResourceDrifts>" + (next.isEmpty ? "" : "<NextToken>\(next)</NextToken>"))
    }

    private static func status(_ status: String, _ extra: String = "") -> Answer {
        .result("<StackDriftDetectionId>d</StackDriftDetectionId><DetectionStatus>\(status)</DetectionStatus>\(extra)")
    }

    private static func checked(_ time: String) -> String {
        "<DriftInformation><StackDriftStatus>DRIFTED</StackDriftStatus><LastCheckTimestamp>\(time)</LastCheckTimestamp></DriftInformation>"
    }

    private static let running = Answer.refusal(
        code: "ValidationError", message: "Drift detection is already in progress for stack [arn:x].")

    private static let template = "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}\n"

    private func detect(
        _ changes: [String: [Answer]] = [:], known: KnownOperations = KnownOperations(stackID: stackARN, until: noon),
        template: String = template, parameters: OrderedDictionary<String, RecordedParameter> = [:]
    ) async throws -> (DriftReport, ScriptedCloud) {
        let cloud = ScriptedCloud(
            [
                "DescribeStacks": [.stack("CREATE_COMPLETE")], "ListStackResources": [.resources],
                "DetectStackDrift": [.result("<StackDriftDetectionId>d</StackDriftDetectionId>")],
                "DescribeStackDriftDetectionStatus": [Self.status("DETECTION_IN_PROGRESS"), Self.status("DETECTION_COMPLETE")],
                "DescribeStackResourceDrifts": [Self.drifts(Self.topic)],
            ].merging(changes) { $1 })
        let recorded = RecordedStack(
            address: .pipeline, stackName: "image-pipeline-develop", region: "eu-central-1", serial: 4, status: "CREATE_COMPLETE",
            templateBody: template, parameters: parameters,
            resources: [StackResource(logicalID: "Topic", physicalID: "topic-1", type: "AWS::SNS::Topic", status: "CREATE_COMPLETE")])
        let request = DriftRequest(
            recorded: recorded, known: known, checkedBy: "ada@laptop", isDeep: false)
        return (try await cloud.driftDetector().detect(request), cloud)
    }

    private func lines(_ report: DriftReport) -> [String] {
        report.resources.map { resource in
            let differences = resource.differences.map { "\($0.path) \($0.expected?.compactText ?? "-") \($0.actual?.compactText ?? "-")" }
            return ([resource.logicalID, resource.status.rawValue] + differences).joined(separator: " ")
        }
    }

    private let modified = [#"Topic MODIFIED DisplayName "a" "b""#]

    @Test func `a detection is followed to its end and read`() async throws {
        let (report, cloud) = try await detect()
        #expect(lines(report) == modified)
        #expect(report.failure == nil && report.status == .drifted && report.serial == 4 && report.outside == nil)
        #expect(cloud.count("DescribeStackDriftDetectionStatus") == 2)
    }

    @Test func `all pages are read`() async throws {
        let next = Self.topic.replacing("Topic</Logical", with: "Other</Logical")
        let resources = Answer.result(
            "<StackResourceSummaries>"
                + ["Topic", "Other"].map {
                    "<member><LogicalResourceId>\($0)</LogicalResourceId><PhysicalResourceId>\($0)-1</PhysicalResourceId>"
                        + "<ResourceType>AWS::SNS::Topic</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>"
                }.joined() + "</StackResourceSummaries>")
        let (report, _) = try await detect([
            "DescribeStackResourceDrifts": [Self.drifts(Self.topic, next: "2"), Self.drifts(next)], "ListStackResources": [resources],
        ])
        #expect(lines(report).count == 2 && report.resources.allSatisfy { $0.status == .modified })
    }

    @Test func `another detection that runs is waited for until the stack's drift information moves on`() async throws {
        let before = Answer.stack("CREATE_COMPLETE", extra: Self.checked("2026-01-01T10:00:00Z"))
        let after = Answer.stack("CREATE_COMPLETE", extra: Self.checked("2026-01-01T12:00:00Z"))
        let (report, cloud) = try await detect(["DetectStackDrift": [Self.running], "DescribeStacks": [before, before, before, after]])
        #expect(lines(report) == modified && report.failure == nil)
        #expect(cloud.count("DetectStackDrift") == 1 && cloud.count("DescribeStackDriftDetectionStatus") == 0)
    }

    @Test func `where that does not move, one's own is begun as soon as it can be`() async throws {
        let (report, cloud) = try await detect([
            "DetectStackDrift": [Self.running, Self.running, .result("<StackDriftDetectionId>d</StackDriftDetectionId>")]
        ])
        #expect(lines(report) == modified)
        #expect(cloud.count("DetectStackDrift") == 3 && cloud.count("DescribeStackDriftDetectionStatus") == 2)
    }

    @Test func `a lost answer is settled by asking again`() async throws {
        let (report, cloud) = try await detect([
            "DetectStackDrift": [.lost, Self.running],
            "DescribeStacks": [
                .stack("CREATE_COMPLETE"), .stack("CREATE_COMPLETE", extra: Self.checked("2026-01-01T12:00:00Z")),
            ],
        ])
        #expect(lines(report) == modified)
        #expect(cloud.count("DetectStackDrift") == 2)
    }

    @Test func `a detection that fails is told, and what it did not check is not in sync`() async throws {
        let reason =
            "<DetectionStatusReason>Failed to detect drift on [Topic]</DetectionStatusReason><Timestamp>2026-01-01T13:00:00Z</Timestamp>"
        let (report, _) = try await detect(["DescribeStackDriftDetectionStatus": [Self.status("DETECTION_FAILED", reason)]])
        #expect(report.failure == "Failed to detect drift on [Topic]" && report.status == .notChecked)
        // What is told of it is older than the detection.
        #expect(lines(report) == ["Topic NOT_CHECKED"])
        #expect(report.resources.first?.reason == "CloudFormation did not check it this time")
    }

    @Test(arguments: [
        ("Throttling", "Rate exceeded", "AWS throttles CloudFormation DetectStackDrift"),
        ("ValidationError", "Drift detection can not be performed on stack [x] in UPDATE_IN_PROGRESS state.", "UPDATE_IN_PROGRESS"),
        ("AccessDenied", "no", "CloudFormation DetectStackDrift is not allowed"),
    ])
    func `a refusal is one line of the report`(code: String, message: String, line: String) async throws {
        let (report, _) = try await detect(["DetectStackDrift": [.refusal(code: code, message: message)]])
        #expect(report.status == .notChecked && report.resources.isEmpty)
        #expect(report.failure?.contains(line) == true, "\(report.failure ?? "")")
        #expect(report.failure?.contains("\n") == false)
    }

    @Test func `a stack that is gone is reported as that`() async throws {
        let (report, cloud) = try await detect(["DescribeStacks": [.noStack]])
        #expect(report.status == .deleted && report.isDrifted && report.failure == nil)
        #expect(cloud.requests == ["DescribeStacks"])
    }

    @Test func `a type that is not supported is not checked`() async throws {
        let (report, _) = try await detect(["DescribeStackResourceDrifts": [Self.drifts("")]])
        #expect(lines(report) == ["Topic NOT_CHECKED"] && report.status == .notChecked && report.summary.inSync == 0)
    }

    @Test func `a secret that a nested stack was given is one in there, whatever its template says, and what it makes of it too`()
        async throws
    {
        func listed(_ resources: (id: String, type: String, physicalID: String)...) -> Answer {
            let members = resources.map {
                "<member><LogicalResourceId>\($0.id)</LogicalResourceId><PhysicalResourceId>\($0.physicalID)</PhysicalResourceId>"
                    + "<ResourceType>\($0.type)</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>"
            }
            return .result("<StackResourceSummaries>\(members.joined())</StackResourceSummaries>")
        }
        func drifted(_ id: String) -> String {
            """
            <member><LogicalResourceId>\(id)</LogicalResourceId><ResourceType>AWS::SSM::Parameter</ResourceType>\
            <StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus><ExpectedProperties>{"Value":"hunter2"}</ExpectedProperties>\
            <ActualProperties>{"Value":"swordfish"}</ActualProperties><Timestamp>2026-01-01T12:00:00Z</Timestamp></member>
            """
        }
        let template = """
            Parameters: {Password: {Type: String, NoEcho: true}}
            Resources:
              Inner:
                {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://x/y.yml", Parameters: {Word: !Ref Password}}}
              Copy: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Inner.Outputs.Said}}
            """
        let inner = """
            {"Parameters": {"Word": {"Type": "String"}},
             "Resources": {"Item": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Word"}}}}}
            """
        let given =
            "<Parameters><member><ParameterKey>Word</ParameterKey><ParameterValue>hunter2</ParameterValue></member></Parameters>"
        let (report, _) = try await detect(
            [
                "DescribeStacks": [.stack("CREATE_COMPLETE"), .stack("CREATE_COMPLETE", extra: given)],
                "ListStackResources": [
                    listed(("Inner", "AWS::CloudFormation::Stack", stackARN), ("Copy", "AWS::SSM::Parameter", "c")),
                    listed(("Item", "AWS::SSM::Parameter", "i")),
                ],
                "GetTemplate": [.result("<TemplateBody>\(inner)</TemplateBody>")],
                "DescribeStackResourceDrifts": [Self.drifts(drifted("Copy")), Self.drifts(drifted("Item"))],
            ], template: template, parameters: ["Password": .secret(nil)])
        #expect(
            lines(report) == [
                #"Copy MODIFIED Value "(sensitive)" "(sensitive)""#, #"Inner/Item MODIFIED Value "(sensitive)" "(sensitive)""#,
            ])
    }

    @Test func `an update past pipeplan is told with the difference of its template`() async throws {
        let later = "<LastUpdatedTime>2030-01-01T00:00:00Z</LastUpdatedTime>"
        let live = "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: c}}\n"
        let (report, _) = try await detect([
            "DescribeStacks": [.stack("UPDATE_COMPLETE", extra: later)], "GetTemplate": [.result("<TemplateBody>\(live)</TemplateBody>")],
        ])
        #expect(report.outside?.changeSetID == nil)
        #expect(
            report.outside?.templateDifference == [
                "@@ -1,2 +1,2 @@", " Resources:", "-  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}",
                "+  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: c}}",
            ])
        #expect(report.stackStatus == "UPDATE_COMPLETE" && report.recordedStatus == "CREATE_COMPLETE")
    }
}

extension ScriptedCloud {
    func driftDetector() throws -> DriftDetector {
        let context = Context.test()
        let session = try AWSSession(context: context, region: "eu-central-1", transport: transport)
        return DriftDetector(
            client: try session.cloudFormation(), cloudControl: try session.cloudControl(), types: .bundled, context: context,
            report: { _ in })
    }
}
