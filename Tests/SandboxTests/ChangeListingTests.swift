import Model
import Testing

@testable import Sandbox

/// What a change set lists, by the table in the notes on AWS's recordings.
@Suite struct ChangeListingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Resources before and after, in YAML below `Resources:`.
        var before: String
        var after: String
        var parameters: (before: String, after: String)?
        /// Without property values, then with them.
        var plain: [String]
        var valued: [String]
    }

    private static let direct = "Topic False: DisplayName Never Static DirectModification"

    static let cases = [
        Case(
            testDescription: "an edited value", before: "Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}",
            after: "Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: b}}", plain: ["Modify \(direct)"], valued: ["Modify \(direct)"]
        ),
        Case(
            testDescription: "a create-only property",
            before: "Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: a}}",
            after: "Topic: {Type: AWS::SNS::Topic, UpdateReplacePolicy: Retain, Properties: {TopicName: b}}",
            plain: [
                "Modify Topic True ReplaceAndRetain: TopicName Always Static DirectModification; UpdateReplacePolicy Never Static DirectModification"
            ],
            valued: [
                "Modify Topic True ReplaceAndRetain: TopicName Always Static DirectModification; UpdateReplacePolicy Never Static DirectModification"
            ]),
        Case(
            testDescription: "a parameter's value", before: "Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref P}}",
            after: "Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref P}}", parameters: ("a", "b"),
            plain: ["Modify Topic False: DisplayName Never Static ParameterReference P; DisplayName Never Dynamic DirectModification"],
            valued: ["Modify Topic False: DisplayName Never Static ParameterReference P; DisplayName Never Dynamic DirectModification"]),
        Case(
            testDescription: "a Ref to a replaced resource",
            before: """
                Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: a}}
                  User: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Topic}}
                """,
            after: """
                Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: b}}
                  User: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Topic}}
                """,
            plain: [
                "Modify Topic True ReplaceAndDelete: TopicName Always Static DirectModification",
                "Modify User False: DisplayName Never Static ResourceReference Topic",
            ],
            valued: [
                "Modify Topic True ReplaceAndDelete: TopicName Always Static DirectModification",
                "Modify User False: DisplayName Never Static ResourceReference Topic; DisplayName Never Dynamic DirectModification",
            ]),
        Case(
            testDescription: "a GetAtt of a resource that is modified in place",
            before: """
                Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}
                  User: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt Topic.TopicName}}
                """,
            after: """
                Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: b}}
                  User: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt Topic.TopicName}}
                """,
            plain: [
                "Modify \(direct)", "Modify User Conditional: TopicName Always Dynamic ResourceAttribute Topic.TopicName",
            ],
            valued: ["Modify \(direct)"]),
        Case(
            testDescription: "resources that come and go", before: "Old: {Type: AWS::SNS::Topic, DeletionPolicy: Retain}",
            after: "New: {Type: AWS::SNS::Topic}", plain: ["Add New:", "Remove Old Retain:"], valued: ["Add New:", "Remove Old Retain:"]),
        Case(
            testDescription: "metadata", before: "Topic: {Type: AWS::SNS::Topic, Metadata: {a: b}}",
            after: "Topic: {Type: AWS::SNS::Topic, Metadata: {a: c}}",
            plain: ["Modify Topic False: Metadata Never Static DirectModification"],
            valued: ["Modify Topic False: Metadata Never Static DirectModification"]),
        Case(
            testDescription: "dependencies alone", before: "Topic: {Type: AWS::SNS::Topic}\n  Other: {Type: AWS::SNS::Topic}",
            after: "Topic: {Type: AWS::SNS::Topic}\n  Other: {Type: AWS::SNS::Topic, DependsOn: Topic}", plain: [], valued: []),
    ]

    @Test(arguments: cases) func `a change set lists what AWS would`(_ given: Case) async throws {
        let cloud = try TestCloud()
        func template(_ resources: String) -> String {
            (given.parameters == nil ? "" : "Parameters:\n  P: {Type: String}\n") + "Resources:\n  " + resources
        }
        func fields(_ value: String?) -> [String: String] {
            value.map { ["Parameters.member.1.ParameterKey": "P", "Parameters.member.1.ParameterValue": $0] } ?? [:]
        }
        try await cloud.execute("shop", template(given.before), fields(given.parameters?.before))
        cloud.pass(100)
        try await cloud.perform(
            "CreateChangeSet",
            ["StackName": "shop", "ChangeSetName": "change", "TemplateBody": template(given.after)].merging(fields(given.parameters?.after))
            { $1 })
        let listed = try await cloud.store.transaction { cloud in
            guard let stack = try cloud.stack(named: "shop", region: "us-east-1") else { return [ListedChange]() }
            return try cloud.changeSets(of: stack.id).last?.changes ?? []
        }
        #expect(listed.compactMap(\.withoutValues).map(Self.text) == given.plain)
        #expect(listed.compactMap(\.withValues).map(Self.text) == given.valued)
    }

    private static func text(_ change: ResourceChange) -> String {
        let head = [change.action.rawValue, change.logicalID, change.replacement?.rawValue, change.policyAction?.rawValue]
        let details = change.details.map { detail in
            [
                detail.name ?? detail.attribute, detail.recreation?.rawValue, detail.evaluation?.rawValue, detail.source?.rawValue,
                detail.causingEntity,
            ].compactMap { $0 }.joined(separator: " ")
        }
        return head.compactMap { $0 }.joined(separator: " ") + ":" + (details.isEmpty ? "" : " " + details.joined(separator: "; "))
    }
}

@Suite struct StackPolicyTests {
    private static let text = """
        {"Statement": [
          {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
          {"Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Principal": "*", "Resource": "LogicalResourceId/Data*"},
          {"Effect": "Deny", "Action": "Update:Modify", "Principal": "*", "Resource": "*",
           "Condition": {"StringEquals": {"ResourceType": ["AWS::RDS::DBInstance"]}}}
        ]}
        """

    @Test(
        arguments: [
            (StackPolicy.Action.modify, "DataTable", "AWS::DynamoDB::Table", nil), (.replace, "DataTable", "AWS::DynamoDB::Table", 2),
            (.delete, "Topic", "AWS::SNS::Topic", nil), (.modify, "Topic", "AWS::RDS::DBInstance", 3),
        ] as [(StackPolicy.Action, String, String, Int?)])
    func `a deny outweighs an allow`(action: StackPolicy.Action, logicalID: String, type: String, statement: Int?) throws {
        let policy = try #require(StackPolicy(Self.text))
        let expected = statement.map {
            "Action denied by stack policy: Statement [#\($0)] does not allow [\(action.rawValue)] for resource [LogicalResourceId/\(logicalID)]"
        }
        #expect(policy.denial(of: action, on: logicalID, type: type) == expected)
    }

    @Test func `what no statement allows is denied`() throws {
        let policy = try #require(
            StackPolicy(#"{"Statement": {"Effect": "Allow", "NotAction": "Update:Delete", "Principal": "*", "Resource": "*"}}"#))
        #expect(policy.denial(of: .modify, on: "A", type: "T") == nil)
        #expect(policy.denial(of: .delete, on: "A", type: "T") != nil)
    }

    @Test(arguments: [
        "no JSON", "{}", #"{"Statement": [{"Effect": "Deny", "Action": "Delete:*", "Principal": "*", "Resource": "*"}]}"#,
        #"{"Statement": [{"Effect": "Deny", "Action": "Update:*", "Principal": "me", "Resource": "*"}]}"#,
    ])
    func `what is no policy is refused`(text: String) {
        #expect(StackPolicy(text) == nil)
    }
}
