import Model
import Testing

@testable import Deploying
@testable import Planning

/// What is told beside a question about more than was planned.
@Suite struct `Values that nobody planned to change` {
    private static let template = """
        Parameters: {Token: {Type: String, NoEcho: true}}
        Resources:
          Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: one, Tags: [{Key: a, Value: b}, {Key: t, Value: !Ref Token}]}}
        """

    private func values(_ id: String, _ details: ChangeDetail..., hiding secrets: [Secret] = []) throws -> [UnplannedValue] {
        let recorded = RecordedStack(
            address: .pipeline, stackName: "image-pipeline-develop", region: "eu-central-1", serial: 1, status: "CREATE_COMPLETE",
            templateBody: Self.template, parameters: ["Token": .secret(nil)])
        let change = ResourceChange(action: .modify, logicalID: id, type: "AWS::SNS::Topic", details: details)
        return UnplannedValue.values(of: change, judgedBy: [try RecordedProperties(recorded, types: .bundled)], hiding: secrets)
    }

    private func detail(_ name: String, _ before: String?, _ after: String?) -> ChangeDetail {
        ChangeDetail(attribute: "Properties", name: name, path: "/Properties/\(name)", beforeValue: before, afterValue: after)
    }

    @Test func `are told once, as a plan tells them`() throws {
        let name = detail("DisplayName", "one", "two")
        let listed = try values("Topic", name, name, ChangeDetail(attribute: "Metadata"), detail("TopicName", nil, "x"))
        #expect(
            listed == [
                UnplannedValue(path: "DisplayName", before: "one", after: "two"),
                UnplannedValue(path: "TopicName", before: nil, after: "x"),
            ])
    }

    @Test func `a secret is hidden, and what stands beside it is not`() throws {
        let tags = detail(
            "Tags", #"[{"Key":"a","Value":"b"},{"Key":"t","Value":"old"}]"#, #"[{"Key":"a","Value":"c"},{"Key":"t","Value":"new"}]"#)
        let told = try values("Topic", tags)
        #expect(
            told == [
                UnplannedValue(path: "Tags[a].Value", before: "b", after: "c"),
                UnplannedValue(path: "Tags[t].Value", before: DriftDifference.hidden, after: DriftDifference.hidden),
            ], "\(told)")
    }

    @Test func `a known secret that got there past the template is hidden, with what it was before`() throws {
        let told = try values("Topic", detail("DisplayName", "one", "my hunter2"), hiding: [Secret("hunter2"), Secret("one")])
        #expect(told == [UnplannedValue(path: "DisplayName", before: DriftDifference.hidden, after: DriftDifference.hidden)])
    }

    @Test func `of a resource that no template has, all is hidden where there are secrets`() throws {
        #expect(
            try values("Macro", detail("DisplayName", "a", "b")) == [
                UnplannedValue(path: "DisplayName", before: DriftDifference.hidden, after: DriftDifference.hidden)
            ])
    }
}
