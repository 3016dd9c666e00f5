import Foundation
import Model
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

    private func drifted(_ path: String = "DisplayName", _ expected: JSONValue = "one", _ actual: JSONValue = "live") -> ResourceDriftReport
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

    @Test func `putting a create-only property right replaces the resource`() throws {
        let plan = try reverted(Self.template, drifted("TopicName", "t", "other"))
        #expect(plan.lines == ["Modify Topic replaced:yes changes:yes"] || plan.lines == ["Modify Topic replaced:yes changes:yes unlisted"])
        #expect(plan.changes.first?.replacement == .yes)
    }

    @Test func `an edit counts from the live value on, and one that says it changes nothing`() throws {
        #expect(try reverted(Self.template.replacing("one", with: "two"), drifted()).properties == [#"Topic.DisplayName: "live" → "two""#])
        let adopted = try reverted(Self.template.replacing("one", with: "live"), drifted())
        #expect(adopted.changes.map(\.action) == [.syncWithActual])
        #expect(adopted.summary == Plan.Summary() && adopted.hasChanges)
    }
}
