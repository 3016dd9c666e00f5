import Foundation
import Model
import Testing

@testable import Planning

@Suite struct `Live resources beside their template` {
    private static let template = resources(
        "Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub \"a ${Password}\", TopicName: t, Tags: [{Key: a, Value: 1}, {Key: b, Value: 2}]}}",
        "Role:",
        "  Type: AWS::IAM::Role",
        "  Properties:",
        "    AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: [x:A, x:B], Principal: {Service: s.amazonaws.com}, Resource: '*'}]}",
        "Log: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7, LogGroupName: !Sub 'of-${Topic.TopicArn}'}}"
    )

    private func recorded() throws -> RecordedProperties {
        let text = "Parameters: {Password: {Type: String, NoEcho: true}}\n" + Self.template
        let edit = Edit(before: text, after: text, parametersBefore: ["Password": .secret(nil)])
        return try RecordedProperties(edit.recorded(), types: .bundled)
    }

    private func json(_ text: String) throws -> JSONValue { try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }

    private func lines(_ differences: [DriftDifference]) -> [String] {
        differences.map { "\($0.path): \($0.expected?.compactText ?? "-") → \($0.actual?.compactText ?? "-")" }
    }

    @Test func `tags are told by their keys, and the order of a policy's actions is nothing`() throws {
        let found = try recorded().differences(
            "Topic", type: "AWS::SNS::Topic", expected: json(#"{"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}"#),
            actual: json(#"{"Tags": [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}, {"Key": "aws:x", "Value": "5"}]}"#))
        #expect(
            lines(found) == [
                #"Tags[a]: {"Key":"a","Value":"1"} → -"#, #"Tags[b].Value: "2" → "3""#, #"Tags[c]: - → {"Key":"c","Value":"4"}"#,
            ])
        let policy = #"{"Statement":[{"Effect":"Allow","Action":["x:A","x:B"],"Resource":"*"}]}"#
        let turned = #"{"Statement":{"Effect":"Allow","Action":["x:B","x:A"],"Resource":["*"]}}"#
        let same = try recorded().differences(
            "Role", type: "AWS::IAM::Role", expected: json(#"{"AssumeRolePolicyDocument": \#(policy)}"#),
            actual: json(#"{"AssumeRolePolicyDocument": \#(turned)}"#))
        #expect(same.isEmpty, "\(lines(same))")
    }

    @Test func `what a secret is part of is never shown`() throws {
        let found = try recorded().differences(
            "Topic", type: "AWS::SNS::Topic", expected: json(#"{"DisplayName": "a ****"}"#), actual: json(#"{"DisplayName": "a hunter2"}"#))
        #expect(found == [DriftDifference(path: "DisplayName", expected: "x", actual: "y", sensitive: true)])
        #expect(!"\(found)".contains("hunter2"))
        let told = try recorded().difference("Topic", pointer: "/DisplayName", expected: "a ****", actual: "a hunter2")
        #expect(told.sensitive && told.actual == "(sensitive)")
    }

    @Test func `a property that the template does not set is no drift`() throws {
        let found = try recorded().differences(
            "Topic", type: "AWS::SNS::Topic", expected: json(#"{"TopicName": "t"}"#),
            actual: json(#"{"TopicName": "t", "FifoTopic": true}"#))
        #expect(found.isEmpty)
    }

    @Test func `of a resource read whole, defaults and what only CloudFormation knows are left out`() throws {
        let live = #"{"RetentionInDays": 30, "LogGroupName": "anything", "Arn": "arn:x", "LogGroupClass": "STANDARD"}"#
        let found = try recorded().compare("Log", type: "AWS::Logs::LogGroup", live: json(live))
        #expect(lines(found.differences) == ["RetentionInDays: 7 → 30"])
        #expect(found.uncompared == ["LogGroupName"])
        let tagged = try recorded().compare(
            "Topic", type: "AWS::SNS::Topic",
            live: json(#"{"TopicName": "t", "DisplayName": "x", "Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]}"#))
        #expect(tagged == .init(differences: [], uncompared: ["DisplayName"]))
    }
}
