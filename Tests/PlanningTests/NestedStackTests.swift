import Foundation
import Model
import OrderedCollections
import Templates
import Testing

@testable import Planning

@Suite("Nested stacks are planned along with the stack around them")
struct NestedStackTests {
    private static let network = """
        Parameters:
          Label: {Type: String}
          Key: {Type: String, Default: none}
        Conditions:
          HasKey: !Not [!Equals [!Ref Key, none]]
        Resources:
          Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Label, DisplayName: !If [HasKey, !Ref Key, plain]}}
          Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 30}}
        Outputs:
          Name: {Value: !GetAtt Topic.TopicName}
          Address: {Value: !GetAtt Queue.Arn}
          Shown: {Value: !GetAtt Topic.DisplayName}
        """

    private static func root(_ parameters: String = "{Label: news}", _ more: String = "") -> String {
        """
        Resources:
          Network:
            Type: AWS::CloudFormation::Stack
            Properties: {TemplateURL: nested/network.yml, Parameters: \(parameters)}
          Reader:
            Type: AWS::SSM::Parameter
            Properties: {Type: String, Value: !GetAtt Network.Outputs.Shown}
        \(more)
        """
    }

    /// A template with those it nests, at their paths.
    private static func side(_ root: String, _ nested: [String: String]) throws -> TemplateSide {
        let template = try Template.read(root, file: "root.yml").get()
        let inner = try template.readNested { path in nested[path].map { NamedFile(name: path, data: Data($0.utf8)) } }.get()
        return TemplateSide(template: template, parameters: try template.bind([:]).get(), nested: inner)
    }

    private static func plan(
        _ before: String?, _ old: [String: String], _ after: String, _ new: [String: String]
    ) throws -> Plan {
        try planDifference(
            from: before.map { try side($0, old) }, to: try side(after, new), region: "us-east-1", types: .bundled)
    }

    private static func inside(_ plan: Plan) throws -> Plan {
        try #require(plan.changes.first { $0.logicalID == "Network" }?.nested)
    }

    private static let path = "nested/network.yml"

    @Test func `Nothing changes where the outer and the nested template stay`() throws {
        let plan = try Self.plan(Self.root(), [Self.path: Self.network], Self.root(), [Self.path: Self.network])
        #expect(!plan.hasChanges)
        #expect(plan.unchangedCount == 4)
    }

    @Test func `An edit of a nested template is a change of its stack, and says what changes inside`() throws {
        let edited = Self.network.replacingOccurrences(of: "VisibilityTimeout: 30", with: "VisibilityTimeout: 60")
        let plan = try Self.plan(Self.root(), [Self.path: Self.network], Self.root(), [Self.path: edited])
        #expect(plan.lines == ["Modify Network replaced:no changes:yes", "Modify Reader replaced:no changes:no"])
        #expect(try Self.inside(plan).properties == ["Queue.VisibilityTimeout: 30 → 60"])
        #expect(plan.summary == Plan.Summary(modify: 2))
    }

    @Test func `A comment in a nested template is listed by CloudFormation, and nothing comes of it`() throws {
        let plan = try Self.plan(Self.root(), [Self.path: Self.network], Self.root(), [Self.path: "# new\n" + Self.network])
        #expect(plan.lines == ["Modify Network replaced:no changes:no", "Modify Reader replaced:no changes:no"])
        #expect(plan.changes[0].details.map(\.name) == ["TemplateURL"])
    }

    @Test func `A parameter's new value goes in, a replacement inside follows, and outputs come out`() throws {
        let plan = try Self.plan(
            Self.root("{Label: news, Key: red}"), [Self.path: Self.network], Self.root("{Label: alerts, Key: blue}"),
            [Self.path: Self.network])
        let inside = try Self.inside(plan)
        #expect(inside.lines == ["Modify Topic replaced:yes ReplaceAndDelete changes:yes"])
        #expect(
            inside.parameters == [
                ValueChange(name: "Label", before: "news", after: "alerts"), ValueChange(name: "Key", before: "red", after: "blue"),
            ])
        #expect(
            inside.outputs == [
                ValueChange(name: "Name", before: "news", after: "alerts"), ValueChange(name: "Shown", before: "red", after: "blue"),
            ])
        #expect(plan.properties.contains("Reader.Value: \"red\" → \"blue\""))
        #expect(plan.changes.last?.willChange == .yes)
    }

    @Test func `A condition inside turns with what the stack is given`() throws {
        let plan = try Self.plan(
            Self.root(), [Self.path: Self.network], Self.root("{Label: news, Key: blue}"), [Self.path: Self.network])
        let inside = try Self.inside(plan)
        #expect(inside.conditions == [ValueChange(name: "HasKey", before: "false", after: "true")])
        #expect(inside.properties == ["Topic.DisplayName: \"plain\" → \"blue\""])
    }

    @Test func `A reference to a resource around stays the same as long as that one does`() throws {
        let more = "  Outer: {Type: AWS::SNS::Topic, Properties: {TopicName: outer}}"
        let given = "{Label: !GetAtt Outer.TopicArn}"
        #expect(
            try !Self.plan(
                Self.root(given, more), [Self.path: Self.network], Self.root(given, more), [Self.path: Self.network]
            ).hasChanges)
        let replaced = more.replacingOccurrences(of: "TopicName: outer", with: "TopicName: other")
        let plan = try Self.plan(
            Self.root(given, more), [Self.path: Self.network], Self.root(given, replaced), [Self.path: Self.network])
        let inside = try Self.inside(plan)
        #expect(inside.lines == ["Modify Topic replaced:yes ReplaceAndDelete changes:yes"])
        #expect(inside.changes.first?.properties.first?.known == false)
    }

    @Test func `A resource of the same name around and inside is not the same`() throws {
        let more = "  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 10}}"
        let given = "{Label: news, Key: !GetAtt Queue.Arn}"
        let before = Self.root(given, more)
        let after = before.replacingOccurrences(of: "VisibilityTimeout: 10", with: "VisibilityTimeout: 20")
        let inside = try Self.plan(before, [Self.path: Self.network], after, [Self.path: Self.network])
        #expect(inside.lines.contains("Modify Queue replaced:no changes:yes"))
        #expect(inside.changes.first { $0.logicalID == "Network" }?.willChange != .yes)
    }

    @Test func `What a nested stack would lose is a hazard of the plan, by its name from outside`() throws {
        let table =
            "Resources:\n  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: a, KeySchema: [], BillingMode: PAY_PER_REQUEST}}"
        let root =
            "Resources:\n  Data: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: data.yml}}\n  T: {Type: AWS::SNS::Topic}"
        let plan = try Self.plan(
            root, ["data.yml": table], root, ["data.yml": table.replacingOccurrences(of: "TableName: a", with: "TableName: b")])
        #expect(plan.hazards.map(\.logicalID) == ["Data/Table"])
        let removed = try Self.plan(root, ["data.yml": table], "Resources:\n  T: {Type: AWS::SNS::Topic}", [:])
        #expect(removed.hazards.map(\.logicalID) == ["Data/Table"])
        #expect(removed.summary == Plan.Summary(remove: 2))
    }

    @Test func `A new nested stack adds what is in it`() throws {
        let plan = try Self.plan(nil, [:], Self.root(), [Self.path: Self.network])
        #expect(plan.summary == Plan.Summary(add: 4))
        #expect(plan.properties.contains("Reader.Value: - → \"plain\""))
    }

    @Test func `Stacks nest to any depth, each path from the folder of its own template`() throws {
        let middle = "Resources:\n  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: deep/inner.yml}}"
        let root = "Resources:\n  Middle: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: a/middle.yml}}"
        let inner = "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: one}}"
        let plan = try Self.plan(
            root, ["a/middle.yml": middle, "a/deep/inner.yml": inner], root,
            ["a/middle.yml": middle, "a/deep/inner.yml": inner.replacingOccurrences(of: "one", with: "two")])
        let deepest = plan.changes.first?.nested?.changes.first?.nested
        #expect(deepest?.properties == ["Topic.DisplayName: \"one\" → \"two\""])
    }

    @Test func `A secret that goes in shows nowhere inside`() throws {
        let inner = """
            Parameters: {Token: {Type: String, NoEcho: true}}
            Resources: {Hook: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub 'x-${Token}'}}}
            """
        func root(_ token: String) -> String {
            "Resources:\n  Deep: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: i.yml, Parameters: {Token: \(token)}}}"
        }
        let plan = try Self.plan(root("first-s3cret"), ["i.yml": inner], root("second-s3cret"), ["i.yml": inner])
        let inside = try #require(plan.changes.first?.nested)
        #expect(inside.lines == ["Modify Hook replaced:no changes:yes"])
        let text = String(decoding: try JSONEncoder().encode(inside), as: UTF8.self)
        #expect(!text.contains("s3cret"))
        #expect(inside.parameters == [ValueChange(name: "Token", before: "(sensitive)", after: "(sensitive)", sensitive: true)])
    }

    @Test func `Templates that nest one another without an end are told, and not followed`() throws {
        let a = "Resources: {B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: b.yml}}}"
        let b = "Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./a.yml}}}"
        let root = try Template.read(a, file: "root.yml").get()
        let reading = root.readNested { path in ["a.yml": a, "b.yml": b][path].map { NamedFile(name: path, data: Data($0.utf8)) } }
        #expect(reading.findings.map(\.code) == ["nested-template-cycle", "nested-template-cycle"])
        #expect(reading.value?.isEmpty == true)
    }

    @Test func `A missing nested template is told with the place that names it`() throws {
        let root = try Template.read(Self.root(), file: "root.yml").get()
        let findings = root.readNested { _ in nil }.findings
        #expect(findings.map(\.code) == ["missing-nested-template"])
        #expect(findings.first?.location?.start.line == 4)
    }

    @Test(arguments: [
        ("TemplateURL: a.yml   # keeps", "TemplateURL: \"https://b/k\"   # keeps"),
        ("TemplateURL: 'a.yml'", "TemplateURL: \"https://b/k\""),
        ("TemplateURL: >-\n        a.yml", nil),
    ])
    func `A template is sent as it is written, with the address in place of the path`(_ line: String, _ sent: String?) throws {
        let text =
            "# ä\nDescription: größer\nResources:\n  A1: {Type: AWS::SNS::Topic}\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      \(line)\n  Z: {Type: T}\n"
        let template = try Template.read(text, file: "t.yml").get()
        let packaged = Self.packaged(template)
        if let sent { #expect(packaged.body == text.replacingOccurrences(of: line, with: sent)) }
        #expect(packaged.isReading(of: packaged.body) && packaged.resources["N"]?.span == template.resources["N"]?.span)
        let again = try Template.read(packaged.body, file: "t.yml").get()
        #expect(again.resources["N"]?.properties.first?.value.literalText == "https://b/k")
        #expect(again.resources.count == 3)
    }

    @Test func `Destroying a stack names what stays, and what goes in the stacks it nests, however deep`() throws {
        let root = """
            Resources:
              Files: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}
              Net: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: net/network.yml}}
            """
        let network = "Resources:\n  Deep: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: vpc.yml}}"
        let vpc = "Resources:\n  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: t, KeySchema: []}}"
        let side = try Self.side(root, ["net/network.yml": network, "net/vpc.yml": vpc])
        let recorded = assumedStack(side, StackAddress(stack: "shop"), stackName: "shop", region: "us-east-1")
        let plan = try planDestroy(recorded, protected: ["Net/Deep/Table"], types: .bundled)
        #expect(plan.changes.first { $0.logicalID == "Files" }?.policyAction == .retain)
        #expect(plan.hazards.map(\.logicalID) == ["Net/Deep/Table"])
        #expect(plan.hazards.first?.isProtected == true)
    }

    @Test func `A nested template that moves with what it nests is the same one`() throws {
        let middle = "Resources:\n  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yml}}"
        let inner = "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: one}}"
        func root(_ folder: String) -> String {
            "Resources:\n  Middle: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: \(folder)/middle.yml}}"
        }
        let old = ["a/middle.yml": middle, "a/inner.yml": inner]
        #expect(try !Self.plan(root("a"), old, root("./b"), ["b/middle.yml": middle, "b/inner.yml": inner]).hasChanges)
        let plan = try Self.plan(
            root("a"), old, root("b"), ["b/middle.yml": middle, "b/inner.yml": inner.replacingOccurrences(of: "one", with: "two")])
        let deepest = plan.changes.first?.nested?.changes.first?.nested
        #expect(deepest?.lines == ["Modify Topic replaced:yes ReplaceAndDelete changes:yes"])
        // A comment far inside is a new address for all around it.
        let commented = try Self.plan(root("a"), old, root("a"), ["a/middle.yml": middle, "a/inner.yml": "# why\n" + inner])
        #expect(commented.lines == ["Modify Middle replaced:no changes:no"])
        #expect(commented.followed == ["Middle"])
    }

    @Test func `What is in a nested stack from elsewhere is not known`() throws {
        let before = Self.root().replacingOccurrences(of: "nested/network.yml", with: "'https://b.s3.amazonaws.com/n.yml'")
        let plan = try Self.plan(before, [:], Self.root(), [Self.path: Self.network])
        let change = try #require(plan.changes.first { $0.logicalID == "Network" })
        #expect(change.willChange == .yes)
        #expect(change.nested == nil)
        #expect(plan.notes.map(\.code) == ["nested-stack-unread"])
        #expect(plan.changes.first { $0.logicalID == "Reader" }?.willChange == .unknown)
    }

    @Test func `A condition inside that can't be decided, and stays, changes nothing`() throws {
        let inner = """
            Parameters: {Arn: {Type: String}}
            Conditions: {HasTopic: !Not [!Equals [!Ref Arn, '']]}
            Resources:
              Always: {Type: AWS::SNS::Topic}
              Maybe: {Type: AWS::SNS::Topic, Condition: HasTopic}
            """
        let root = """
            Resources:
              Outer: {Type: AWS::SNS::Topic, Properties: {DisplayName: x}}
              Net: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: i.yml, Parameters: {Arn: !GetAtt Outer.TopicArn}}}
            """
        #expect(try !Self.plan(root, ["i.yml": inner], root, ["i.yml": inner]).hasChanges)
    }

    @Test func `Tags of a nested stack's own reach what is in it`() throws {
        let inner = "Resources:\n  Topic: {Type: AWS::SNS::Topic}"
        func root(_ team: String) -> String {
            "Resources:\n  Net: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: i.yml, Tags: [{Key: team, Value: \(team)}]}}"
        }
        let plan = try Self.plan(root("red"), ["i.yml": inner], root("blue"), ["i.yml": inner])
        #expect(plan.changes.first?.nested?.lines == ["Modify Topic replaced:no changes:yes"])
    }

    @Test func `Parameters that a condition chooses, and the name of a stack to be made, are not guessed`() throws {
        let inner = """
            Parameters: {Size: {Type: String}}
            Conditions: {IsMine: !Equals [!Ref 'AWS::StackName', '${AWS::StackName}']}
            Resources:
              Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Size, TopicName: !If [IsMine, a, b]}}
            """
        let root = """
            Conditions: {Big: !Equals [!Ref 'AWS::AccountId', '1']}
            Resources:
              Net:
                Type: AWS::CloudFormation::Stack
                Properties: {TemplateURL: i.yml, Parameters: !If [Big, {Size: large}, {Size: small}]}
            """
        let plan = try Self.plan(nil, [:], root, ["i.yml": inner])
        let topic = try #require(plan.changes.first?.nested?.changes.first)
        #expect(topic.properties.map(\.known) == [false, false])
        #expect(try !Self.plan(root, ["i.yml": inner], root, ["i.yml": inner]).hasChanges)
    }

    @Test func `Nested stacks that a loop makes of one file are sent with one address`() throws {
        let text = """
            Transform: AWS::LanguageExtensions
            Resources:
              Fn::ForEach::Nets: [N, [A, B], {"Net${N}": {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: n.yml}}}]
            """
        let template = try Template.read(text, file: "t.yml").get()
        let packaged = Self.packaged(template)
        #expect(packaged.body == text.replacingOccurrences(of: "n.yml", with: "\"https://b/k\""))
        #expect(packaged.resources.values.map { $0.templateKey(in: "") } == ["https://b/k", "https://b/k"])
    }

    /// A template whose local paths are all packaged in one place.
    private static func packaged(_ template: Template) -> Template {
        let value = PackagedValue.object(bucket: "b", key: "k", url: "https://b/k")
        return template.packaged(Dictionary(uniqueKeysWithValues: template.localReferences.map { ($0.place, value) }))
    }

    @Test func `Packaged elsewhere, a nested stack has another address, and nothing in it changes`() throws {
        func side(_ url: String) throws -> TemplateSide {
            let root = Self.root().replacingOccurrences(of: Self.path, with: url)
            let template = try Template.read(root, file: "root.yml").get()
            return TemplateSide(
                template: template, parameters: [:], nested: [url: try Template.read(Self.network, file: Self.path).get()])
        }
        let plan = try planDifference(
            from: try side("https://s3.us-east-1.amazonaws.com/a/k"), to: try side("https://s3.us-east-1.amazonaws.com/b/k"),
            region: "us-east-1", types: .bundled)
        #expect(plan.lines == ["Modify Network replaced:no changes:no", "Modify Reader replaced:no changes:no"])
        #expect(plan.changes[0].properties.map(\.path) == ["TemplateURL"])
        #expect(plan.changes[0].properties[0].causes.map(\.description) == ["the place it is uploaded to"])
        #expect(plan.changes[0].details.map(\.name) == ["TemplateURL"])
        #expect(
            try !planDifference(from: try side("https://x/k"), to: try side("https://x/k"), region: "us-east-1", types: .bundled).hasChanges
        )
    }

    @Test func `A plan that an earlier version recorded can still be read`() throws {
        let plan = try Self.plan(Self.root(), [Self.path: Self.network], Self.root("{Label: other}"), [Self.path: Self.network])
        var text = String(decoding: try JSONEncoder().encode(plan), as: UTF8.self)
        for key in ["conditions", "unchanged"] { text = text.replacing("\"\(key)\":", with: "\"x-\(key)\":") }
        text = text.replacing("\"unchangedCount\":0", with: "\"unchangedCount\":0")
        let read = try JSONDecoder().decode(Plan.self, from: Data(text.utf8))
        #expect(read.changes.map(\.logicalID) == plan.changes.map(\.logicalID))
    }
}
