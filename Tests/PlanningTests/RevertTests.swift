import Foundation
import Model
import Templates
import Testing

@testable import Planning

@Suite struct `Plans beside drift` {
    private static let template = resources(
        "Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: one, TopicName: t}}",
        "Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}")

    private func report(_ resources: ResourceDriftReport...) -> DriftReport {
        DriftReport(
            id: "1", address: Edit.address, stackName: "shop-test", region: "us-east-1", checkedAt: Date(timeIntervalSince1970: 0),
            checkedBy: "me@here", serial: 7, recordedStatus: "CREATE_COMPLETE", stackStatus: "CREATE_COMPLETE", resources: resources)
    }

    private func drifted(_ path: String = "DisplayName", _ expected: JSONValue? = "one", _ actual: JSONValue = "live")
        -> ResourceDriftReport
    {
        ResourceDriftReport(
            logicalID: "Topic", physicalID: "id-of-Topic", type: "AWS::SNS::Topic", status: .modified, check: .cloudFormation,
            differences: [DriftDifference(path: path, expected: expected, actual: actual)])
    }

    private func plan(_ after: String = template) throws -> Plan { try Edit(before: Self.template, after: after).plan() }

    private func reverted(_ after: String = template, _ found: ResourceDriftReport) throws -> Plan {
        try plan(after).reverting(report(found), types: .bundled)
    }

    @Test func `three values are told of what the plan touches, and what it does not is named`() throws {
        let edited = Self.template.replacing("one", with: "two")
        let known = try #require(try KnownDrift(plan(edited), report(drifted())))
        #expect(known.touched.map { "\($0.logicalID).\($0.path) \($0.live ?? 0) \($0.recorded ?? 0) \($0.desired ?? 0)" }.count == 1)
        #expect(known.touched.first?.live == "live" && known.touched.first?.recorded == "one" && known.touched.first?.desired == "two")
        #expect(known.untouched.isEmpty && known.isCurrent)
        #expect(try KnownDrift(plan(), report(drifted()))?.untouched == ["Topic"])
        #expect(try KnownDrift(plan(), report()) == nil)
    }

    @Test func `what is drifted is put right, beside what the template changes`() throws {
        let plan = try reverted(Self.template.replacing("DelaySeconds: 1", with: "DelaySeconds: 2"), drifted())
        #expect(plan.properties == ["Queue.DelaySeconds: 1 → 2", #"Topic.DisplayName: "live" → "one""#])
        #expect(plan.changes.last?.properties.first?.causes == [.drift] && plan.hasChanges)
        #expect(plan.summary == Plan.Summary(modify: 2))
    }

    @Test(arguments: [("TopicName", "t" as JSONValue?), ("Tags[owner]", nil)])
    func `what CloudFormation does not put right is no change, and said`(path: String, expected: JSONValue?) throws {
        let plan = try reverted(Self.template, drifted(path, expected, "other"))
        #expect(plan.lines.isEmpty && !plan.hasChanges)
        #expect(plan.notes.map(\.summary) == ["Topic.\(path) is not put right"])
    }

    @Test func `an edit counts from the live value on, and one that says it changes nothing`() throws {
        #expect(try reverted(Self.template.replacing("one", with: "two"), drifted()).properties == [#"Topic.DisplayName: "live" → "two""#])
        let adopted = try reverted(Self.template.replacing("one", with: "live"), drifted())
        #expect(adopted.changes.map(\.action) == [.syncWithActual])
        #expect(adopted.summary == Plan.Summary() && adopted.hasChanges)
    }

    // MARK: Nested stacks

    private func nested(_ found: ResourceDriftReport...) throws -> Plan {
        func side(_ root: String) throws -> TemplateSide {
            let template = try Template.read(root, file: "root.yml").get()
            let inner = try template.readNested { NamedFile(name: $0, data: Data(Self.template.utf8)) }.get()
            return TemplateSide(template: template, parameters: [:], nested: inner)
        }
        let root = resources(
            "Network: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yml}}",
            "Far: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://bucket.s3.amazonaws.com/far.yml'}}")
        let report = DriftReport(
            id: "1", address: Edit.address, stackName: "shop-test", region: "us-east-1", checkedAt: Date(timeIntervalSince1970: 0),
            checkedBy: "me@here", serial: 7, recordedStatus: "CREATE_COMPLETE", stackStatus: "CREATE_COMPLETE", resources: found)
        return try planDifference(from: side(root), to: side(root), region: "us-east-1", types: .bundled)
            .reverting(report, types: .bundled)
    }

    @Test func `drift inside a nested stack is planned as what may be put right there`() throws {
        var topic = drifted()
        topic.logicalID = "Network/Topic"
        let queue = ResourceDriftReport(
            logicalID: "Network/Queue", physicalID: "q", type: "AWS::SQS::Queue", status: .deleted, check: .cloudFormation)
        let stack = ResourceDriftReport(
            logicalID: "Network", physicalID: "arn:aws:cloudformation:us-east-1:111122223333:stack/shop-test-Network-1AB/0a",
            type: "AWS::CloudFormation::Stack", status: .inSync)
        let other = ResourceDriftReport(logicalID: "Network/Other", physicalID: "o", type: "AWS::SQS::Queue", status: .inSync)
        let plan = try nested(stack, topic, queue, other)
        #expect(plan.changes.map(\.logicalID) == ["Network"] && plan.hasChanges)
        #expect(plan.unchangedCount == 1)
        let inner = try #require(plan.changes.first?.nested)
        #expect(inner.stackName == "shop-test-Network-1AB" && inner.unchangedCount == 1)
        #expect(inner.changes.map { "\($0.logicalID) \($0.action) \($0.willChange)" } == ["Topic modify unknown", "Queue add unknown"])
        #expect(inner.properties == [#"DisplayName: "live" → "one""#].map { "Topic.\($0)" })
        #expect(plan.notes.map(\.code) == ["nested-drift"])
    }

    @Test func `drift inside a nested stack whose template is in no file stays`() throws {
        var topic = drifted()
        topic.logicalID = "Far/Topic"
        let plan = try nested(topic)
        #expect(!plan.hasChanges)
        #expect(plan.notes.map(\.summary) == ["The drift inside the nested stack Far is left as it is"])
    }
}
