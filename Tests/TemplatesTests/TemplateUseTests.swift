import Model
import ResourceTypes
import Templates
import Testing

/// What `validate` finds beside resources' Properties: attributes, functions, policies, what is not used, limits.
@Suite struct `A template as a whole` {
    private func found(_ text: String) throws -> [String] {
        let reading = Template.read(text, file: "t.yml")
        return brief(reading.findings + (try #require(reading.value)).check(types: .bundled))
    }

    @Test(arguments: [
        ("!GetAtt Topic.TopicArn", []), ("!GetAtt Topic.DisplayName", []), ("!Sub '${Topic.TopicName}'", []),
        ("!GetAtt Topic.Arn", ["unknown-getatt 8:24 AWS::SNS::Topic has no attribute Arn"]),
        ("!Sub 'at ${Topic.TopicAr}'", ["unknown-getatt 8:27 AWS::SNS::Topic has no attribute TopicAr"]),
        ("!GetAtt [Topic, TopicAr]", ["unknown-getatt 8:16 AWS::SNS::Topic has no attribute TopicAr"]),
        ("!GetAtt Bucket.BucketName", ["uncertain-getatt 8:24 Bucket.BucketName is a property that Fn::GetAtt may not return"]),
        ("!GetAtt Custom.Anything", []), ("!GetAtt Child.Outputs.Any", []), ("!GetAtt Foreign.Any", []),
        ("!GetAtt Child.Output", ["unknown-getatt 8:24 AWS::CloudFormation::Stack has no attribute Output"]),
    ])
    func `has only attributes that their types have`(_ value: String, _ findings: [String]) throws {
        let text = """
            Resources:
              Topic: {Type: AWS::SNS::Topic}
              Bucket: {Type: AWS::S3::Bucket}
              Custom: {Type: "Custom::Thing", Properties: {ServiceToken: !Ref Topic}}
              Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://b.s3.amazonaws.com/k"}}
              Foreign: {Type: "Acme::Shop::Cart"}
            Outputs:
              Out: {Value: \(value)}
            """
        let found = try found(text)
        #expect(found.filter { !$0.hasPrefix("unchecked-type") } == findings)
    }

    @Test(arguments: [
        ("DisplayName: !Equals [a, b]", ["misplaced-function 5:60 Fn::Equals stands in Topic"]),
        (
            "DisplayName: !If [C, !Not [!Equals [a, b]], x]",
            [
                "misplaced-function 5:68 Fn::Not stands in Topic", "misplaced-function 5:74 Fn::Equals stands in Topic",
            ]
        ),
        ("DisplayName: !Length [1]", ["missing-transform 5:60 Fn::Length needs a transform"]),
        ("DisplayName: !ToJsonString {a: 1}", ["missing-transform 5:60 Fn::ToJsonString needs a transform"]),
        ("DisplayName: !FindInMap [M, a, b, {DefaultValue: c}]", ["missing-transform 5:60 The default of Fn::FindInMap needs a transform"]),
    ])
    func `has functions where CloudFormation knows them`(_ property: String, _ findings: [String]) throws {
        let text = """
            Conditions: {C: !Equals [!FindInMap [M, a, b], !Ref AWS::Region]}
            Mappings: {M: {a: {b: c}}}
            Resources:
              Used: {Type: AWS::SNS::Topic, Condition: C}
              Topic: {Type: AWS::SNS::Topic, Properties: {\(property)}}
            """
        let found = try found(text)
        #expect(found == findings)
    }

    @Test(arguments: [
        ("!Join ['-', a]", "3:21 Fn::Join takes a list here, found a string"),
        ("!Join ['-', !Ref P]", "3:21 Fn::Join takes a list here, found a string (the parameter P)"),
        ("!Join ['-', !If [C, [a], {a: b}]]", "3:34 Fn::Join takes a list here, found a map"),
        ("!Join ['-', [[a]]]", "3:22 Fn::Join takes a string here, found a list"),
        ("!Select [0, a]", "3:21 Fn::Select takes a list here, found a string"),
        ("!Select [[0], !Ref L]", "3:18 Fn::Select takes a string here, found a list"),
        ("!Split [',', [a]]", "3:22 Fn::Split takes a string here, found a list"),
        ("!Sub ['${a}', {a: [b]}]", "3:27 Fn::Sub takes a string here, found a list"),
        ("!FindInMap [M, {a: b}, c]", "3:24 Fn::FindInMap takes a string here, found a map"),
        ("!GetAtt [U, [TopicName]]", "3:21 Fn::GetAtt takes a string here, found a list"),
        ("!Base64 {a: b}", "3:9 Fn::Base64 takes a string here, found a map"),
    ])
    func `gives functions what they take`(_ expression: String, _ finding: String) throws {
        // In Metadata, where anything may stand.
        let text = """
            Resources:
              T: {Type: AWS::SNS::Topic, Condition: C, Metadata:
                {A: \(expression)}}
              U: {Type: AWS::SNS::Topic}
            Parameters: {P: {Type: String}, L: {Type: CommaDelimitedList}}
            Conditions: {C: !Equals [!FindInMap [M, a, b], !Join ["", [!Ref P, !Select [0, !Ref L]]]]}
            Mappings: {M: {a: {b: c}}}
            """
        let found = try found(text)
        #expect(found == ["bad-argument \(finding)"])
    }

    @Test(arguments: [
        ("AWS::SNS::Topic", "DeletionPolicy: Snapshot", ["no-snapshot 2:46 DeletionPolicy of R can't be Snapshot"]),
        ("AWS::SNS::Topic", "UpdateReplacePolicy: Snapshot", ["no-snapshot 2:51 UpdateReplacePolicy of R can't be Snapshot"]),
        ("AWS::SNS::Topic", "DeletionPolicy: Retain", []), ("AWS::RDS::DBInstance", "DeletionPolicy: Snapshot", []),
        ("Acme::Shop::Cart", "DeletionPolicy: Snapshot", []),
    ])
    func `takes snapshots of what can have some`(_ type: String, _ policy: String, _ findings: [String]) throws {
        let found = try found("Resources:\n  R: {Type: \(type), \(policy)}")
        #expect(
            found.filter { !$0.hasPrefix("unchecked-type") && !$0.hasPrefix("missing") }
                == findings)
    }

    @Test(arguments: [
        ("!Split [',', a]", ["wrong-type 3:14 Output O must be a string, found a list (Fn::Split)"]),
        ("[a]", ["wrong-type 3:14 Output O must be a string, found a list"]),
        ("{a: b}", ["wrong-type 3:14 Output O must be a string, found a map"]),
        ("!Ref AWS::NotificationARNs", ["wrong-type 3:14 Output O must be a string, found a list (AWS::NotificationARNs)"]),
        ("5", []), ("!ImportValue x", []),
    ])
    func `puts out strings`(_ value: String, _ findings: [String]) throws {
        #expect(
            try found("Resources: {R: {Type: AWS::SNS::Topic}}\nOutputs:\n  O: {Value: \(value)}")
                == findings)
    }

    @Test func `uses what it declares, or says so`() throws {
        let text = """
            Parameters:
              Used: {Type: String, Default: a}
              InCondition: {Type: String, Default: a}
              Unused: {Type: String, Default: a}
            Mappings:
              Used: {a: {b: c}}
              Unused: {a: {b: c}}
            Conditions:
              Used: !Equals [!Ref InCondition, a]
              Unused: !Equals [a, a]
            Resources:
              R:
                Type: AWS::SNS::Topic
                Properties: {TopicName: !Sub "${Used}", DisplayName: !If [Used, !FindInMap [Used, a, b], x]}
            """
        #expect(
            try found(text) == [
                "unused-parameter 4:3 Parameter Unused is not used", "unused-mapping 7:3 Mapping Unused is not used",
                "unused-condition 10:11 Condition Unused is not used",
            ])
    }

    @Test(arguments: [
        // A macro, or a mapping that is chosen by a value, may use it.
        "Properties: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://b/k'}}}",
        "Properties: {DisplayName: !FindInMap [!Ref P, a, b], TopicName: !If [C, a, b]}",
    ])
    func `may use what can't be seen`(_ properties: String) throws {
        let text = """
            Parameters: {P: {Type: String, Default: a}}
            Mappings: {M: {a: {b: c}}}
            Conditions: {C: !Equals [a, a]}
            Resources: {R: {Type: AWS::SNS::Topic, \(properties)}}
            """
        let found = try found(text)
        #expect(found == [])
    }

    @Test func `uses in a loop's collection what the loop goes over`() throws {
        let text = """
            Transform: AWS::LanguageExtensions
            Parameters: {P: {Type: CommaDelimitedList, Default: "a,b"}}
            Resources: {"Fn::ForEach::L": [N, !Ref P, {"T${N}": {Type: AWS::SNS::Topic}}]}
            """
        let found = try found(text)
        #expect(found == [])
    }

    @Test func `has CloudFormation's limits as errors`() throws {
        let resources = (0..<501).map { "  R\($0): {Type: AWS::SNS::Topic}" }.joined(separator: "\n")
        let template = try #require(Template.read("Resources:\n\(resources)", file: "t.yml").value)
        #expect(template.check().map(\.severity) == [.warning])
        #expect(
            template.check(types: .bundled).map { "\($0.severity) \($0.code) \($0.summary)" } == [
                "error limit-exceeded The template has 501 resources; CloudFormation takes 500"
            ])
    }

    @Test(arguments: [
        (
            "Description: \(String(repeating: "x", count: 1_025))",
            "1:14 The description of the template has 1025 bytes; CloudFormation takes 1024"
        ),
        (
            "Outputs: {O: {Value: a, Description: \(String(repeating: "x", count: 1_025))}}",
            "1:11 The description of output O has 1025 bytes; CloudFormation takes 1024"
        ),
        (
            "Metadata: {A: [\(Array(repeating: "'{{resolve:ssm:/a}}'", count: 61).joined(separator: ", "))]}",
            "1:1 The template has 61 dynamic references; CloudFormation takes 60"
        ),
        (
            "Mappings: {M: {\((0..<201).map { "k\($0): {a: b}" }.joined(separator: ", "))}}",
            "1:12 Mapping M has 201 keys; CloudFormation takes 200"
        ),
    ])
    func `has parts of limited size`(_ part: String, _ finding: String) throws {
        let found = try found("\(part)\nResources: {R: {Type: AWS::SNS::Topic}}")
        #expect(found.filter { !$0.hasPrefix("unused") } == ["limit-exceeded \(finding)"])
    }

    @Test func `above 51,200 bytes needs a bucket, and says so in a note`() throws {
        let text = "Resources: {R: {Type: AWS::SNS::Topic}} # \(String(repeating: "x", count: 51_200))"
        let findings = (try #require(Template.read(text, file: "t.yml").value)).check(types: .bundled)
        #expect(findings.map { "\($0.severity) \($0.code)" } == ["note large-template"])
    }
}
