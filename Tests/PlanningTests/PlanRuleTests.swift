import Foundation
import Model
import OrderedCollections
import ResourceTypes
import Templates
import Testing

@testable import Planning

/// A rule by an example: two templates, and what is planned.
struct Rule: Sendable, CustomStringConvertible {
    var description: String
    var before: String
    var after: String
    var planned: [String]
}

@Suite struct `What is planned` {
    private static let topic = "Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: orders, DisplayName: Orders}}"

    static let rules: [Rule] = [
        Rule(
            description: "a new resource is added", before: resources(topic),
            after: resources(topic, "Queue: {Type: AWS::SQS::Queue}"), planned: ["Add Queue changes:yes"]),
        Rule(
            description: "a resource that is gone is removed", before: resources(topic, "Queue: {Type: AWS::SQS::Queue}"),
            after: resources(topic), planned: ["Remove Queue Delete changes:yes"]),
        Rule(
            description: "one with DeletionPolicy Retain is only forgotten",
            before: resources(topic, "Queue: {Type: AWS::SQS::Queue, DeletionPolicy: Retain}"), after: resources(topic),
            planned: ["Remove Queue Retain changes:yes"]),
        Rule(
            description: "a property that can be updated is modified in place", before: resources(topic),
            after: resources("Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: orders, DisplayName: New}}"),
            planned: ["Modify Topic replaced:no changes:yes"]),
        Rule(
            description: "a create-only property replaces", before: resources(topic),
            after: resources("Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: other, DisplayName: Orders}}"),
            planned: ["Modify Topic replaced:yes ReplaceAndDelete changes:yes"]),
        Rule(
            description: "UpdateReplacePolicy says what becomes of the old one", before: resources(topic),
            after: resources(
                "Topic: {Type: AWS::SNS::Topic, UpdateReplacePolicy: Retain, Properties: {TopicName: other, DisplayName: Orders}}"),
            planned: ["Modify Topic replaced:yes ReplaceAndRetain changes:yes"]),
        Rule(
            description: "another type replaces", before: resources("Thing: {Type: AWS::SNS::Topic}"),
            after: resources("Thing: {Type: AWS::SQS::Queue}"), planned: ["Modify Thing replaced:yes ReplaceAndDelete changes:yes"]),
        Rule(
            description: "a conditionally create-only property may replace",
            before: resources("Server: {Type: AWS::EC2::Instance, Properties: {ImageId: ami-1, InstanceType: t3.micro}}"),
            after: resources("Server: {Type: AWS::EC2::Instance, Properties: {ImageId: ami-1, InstanceType: t3.large}}"),
            planned: ["Modify Server replaced:unknown changes:yes"]),
        Rule(
            description: "a Ref to a replaced resource goes along",
            before: resources(topic, "Store: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Topic}}"),
            after: resources(
                "Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: other, DisplayName: Orders}}",
                "Store: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Topic}}"),
            planned: ["Modify Topic replaced:yes ReplaceAndDelete changes:yes", "Modify Store replaced:no changes:yes"]),
        Rule(
            description: "an attribute that is a changed property changes its reader, which CloudFormation overlooks with values",
            before: resources(topic, "Copy: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Topic.DisplayName}}"),
            after: resources(
                "Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: orders, DisplayName: New}}",
                "Copy: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Topic.DisplayName}}"),
            planned: ["Modify Topic replaced:no changes:yes", "Modify Copy replaced:no changes:yes"]),
        Rule(
            description: "an attribute that stays leaves its reader as it is, though CloudFormation lists it",
            before: resources(topic, "Copy: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Topic.TopicName}}"),
            after: resources(
                "Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: orders, DisplayName: New}}",
                "Copy: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Topic.TopicName}}"),
            planned: ["Modify Topic replaced:no changes:yes", "Modify Copy replaced:no changes:no"]),
        Rule(
            description: "DependsOn alone changes nothing", before: resources(topic, "Queue: {Type: AWS::SQS::Queue}"),
            after: resources(topic, "Queue: {Type: AWS::SQS::Queue, DependsOn: Topic}"), planned: []),
        Rule(
            description: "metadata is a change of its own", before: resources("Queue: {Type: AWS::SQS::Queue}"),
            after: resources("Queue: {Type: AWS::SQS::Queue, Metadata: {Owner: me}}"),
            planned: ["Modify Queue replaced:no changes:yes"]),
        Rule(
            description: "a value that is only written in another way is none",
            before: resources("Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 10, QueueName: a-b}}"),
            after: resources("Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Join ['-', [a, b]], DelaySeconds: '10'}}"),
            planned: []),
        Rule(
            description: "the order of tags is none",
            before: resources("Topic: {Type: AWS::SNS::Topic, Properties: {Tags: [{Key: a, Value: 1}, {Key: b, Value: 2}]}}"),
            after: resources("Topic: {Type: AWS::SNS::Topic, Properties: {Tags: [{Key: a, Value: 1}, {Key: b, Value: 3}]}}"),
            planned: ["Modify Topic replaced:no changes:yes"]),
        Rule(
            description: "a type that is not in the catalog is not guessed at",
            before: resources("Thing: {Type: AWS::Made::Up, Properties: {Name: a}}"),
            after: resources("Thing: {Type: AWS::Made::Up, Properties: {Name: b}}"),
            planned: ["Modify Thing replaced:unknown changes:yes"]),
    ]

    @Test(arguments: rules) func `follows the rule`(_ rule: Rule) throws {
        #expect(try Edit(before: rule.before, after: rule.after).plan().lines == rule.planned, "\(rule)")
    }

    @Test func `nothing is planned where nothing has changed`() throws {
        let plan = try Edit(before: resources(Self.topic), after: resources(Self.topic)).plan()
        #expect(!plan.hasChanges)
        #expect(plan.unchangedCount == 1)
        #expect(plan.changeSet(.awsValues).status == "FAILED")
    }

    @Test func `each value inside a property has its own cause and place`() throws {
        func template(_ action: String) -> String {
            """
            Resources:
              B: {Type: AWS::S3::Bucket, Properties: {BucketName: "\(action == "a" ? "one" : "two")"}}
              P:
                Type: AWS::SQS::QueuePolicy
                Properties:
                  Queues: [q]
                  PolicyDocument:
                    Statement:
                      - {Effect: Allow, Action: "sqs:\(action)", Resource: !GetAtt B.Arn}
            """
        }
        let plan = try Edit(before: template("a"), after: template("b")).plan()
        let policy = try #require(plan.changes.first { $0.logicalID == "P" })
        #expect(
            policy.properties.map { "\($0.path) \($0.causes) \($0.location?.start.line ?? 0):\($0.location?.start.column ?? 0)" } == [
                "PolicyDocument.Statement[0].Action [template] 9:37",
                "PolicyDocument.Statement[0].Resource [attribute B.Arn] 9:56",
            ])
    }

    @Test func `a changed parameter is named as the cause`() throws {
        let template = """
            Parameters: {Name: {Type: String, Default: one}}
            Resources:
              Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub "the ${Name}"}}
            """
        let plan = try Edit(before: template, after: template, parametersAfter: ["Name": .plain("two")]).plan()
        #expect(plan.properties == [#"Topic.DisplayName: "the one" → "the two""#])
        #expect(plan.changes.first?.properties.first?.causes == [ChangeCause(.parameterReference, "Name")])
        #expect(plan.parameters == [ValueChange(name: "Name", before: "one", after: "two")])
    }

    @Test func `a condition that flips adds and removes`() throws {
        let template = """
            Parameters: {Stage: {Type: String, Default: test}}
            Conditions: {IsProd: !Equals [!Ref Stage, prod]}
            Resources:
              Topic: {Type: AWS::SNS::Topic}
              Alarm: {Type: AWS::SNS::Topic, Condition: IsProd}
            """
        let on = try Edit(before: template, after: template, parametersAfter: ["Stage": .plain("prod")]).plan()
        #expect(on.lines == ["Add Alarm changes:yes"])
        let off = try Edit(
            before: template, after: template, parametersBefore: ["Stage": .plain("prod")], parametersAfter: ["Stage": .plain("test")]
        ).plan()
        #expect(off.lines == ["Remove Alarm Delete changes:yes"])
    }

    @Test func `stack tags reach the resources that take tags`() throws {
        let template = resources(Self.topic, "Handle: {Type: AWS::CloudFormation::WaitConditionHandle}")
        let plan = try Edit(before: template, after: template, tagsAfter: ["team": "shop"]).plan()
        #expect(plan.lines == ["Modify Topic replaced:no changes:yes"])
        #expect(plan.tags == [ValueChange(name: "team", before: nil, after: "shop")])
    }

    @Test func `a renamed logical ID is recognised`() throws {
        let renamed = Self.topic.replacing("Topic:", with: "Orders:")
        let plan = try Edit(before: resources(Self.topic), after: resources(renamed)).plan()
        #expect(plan.lines == ["Add Orders changes:yes", "Remove Topic Delete changes:yes"])
        #expect(plan.changes.first?.renamedFrom == "Topic")
    }

    @Test func `what holds data, or is protected, is a hazard when it goes`() throws {
        let before = resources("Files: {Type: AWS::S3::Bucket}", Self.topic)
        let plan = try Edit(before: before, after: resources("Other: {Type: AWS::SQS::Queue}"), protected: ["Topic"]).plan()
        #expect(plan.hazards.map(\.logicalID) == ["Files", "Topic"])
        #expect(plan.hazards.map(\.isProtected) == [false, true])
    }

    @Test func `outputs are planned too`() throws {
        let before = resources(Self.topic) + "Outputs: {Name: {Value: !GetAtt Topic.TopicName}, Old: {Value: gone}}\n"
        let after =
            resources(Self.topic.replacing("orders", with: "sales"), "Queue: {Type: AWS::SQS::Queue}")
            + "Outputs: {Name: {Value: !GetAtt Topic.TopicName}, Arn: {Value: !GetAtt Queue.Arn}}\n"
        let outputs = [StackOutput(key: "Name", value: "orders"), StackOutput(key: "Old", value: "gone")]
        let plan = try Edit(before: before, after: after, outputs: outputs).plan()
        #expect(
            plan.outputs == [
                ValueChange(name: "Name", before: "orders", after: "sales"),
                ValueChange(name: "Arn", before: nil, after: "${Queue.Arn}"), ValueChange(name: "Old", before: "gone", after: nil),
            ])
    }

    @Test func `an output's export and description are planned where only they change`() throws {
        func template(_ outputs: String) -> String { resources(Self.topic) + "Outputs: {\(outputs)}\n" }
        let before = template("Name: {Value: orders, Description: The name, Export: {Name: shop-name}}, Arn: {Value: !Ref Topic}")
        let outputs = [
            StackOutput(key: "Name", value: "orders", description: "The name", exportName: "shop-name"),
            StackOutput(key: "Arn", value: "id-of-Topic"),
        ]
        #expect(try !Edit(before: before, after: before, outputs: outputs).plan().hasChanges)
        let after = template(
            "Name: {Value: orders, Export: {Name: !Sub '${AWS::StackName}-name'}}, Arn: {Value: !Ref Topic, Export: {Name: arn}}")
        let plan = try Edit(before: before, after: after, outputs: outputs).plan()
        #expect(
            plan.outputs == [
                ValueChange(name: "Name.Export.Name", before: "shop-name", after: "shop-test-name"),
                ValueChange(name: "Name.Description", before: "The name", after: nil),
                ValueChange(name: "Arn.Export.Name", before: nil, after: "arn"),
            ])
        #expect(plan.hasChanges)
        #expect(plan.changes.isEmpty)
    }

    @Test func `an export comes and goes with its output`() throws {
        let with = resources(Self.topic) + "Outputs: {Name: {Value: orders, Description: The name, Export: {Name: shop-name}}}\n"
        let without = resources(Self.topic)
        let exported = StackOutput(key: "Name", value: "orders", description: "The name", exportName: "shop-name")
        #expect(
            try Edit(before: without, after: with).plan().outputs == [
                ValueChange(name: "Name", before: nil, after: "orders"),
                ValueChange(name: "Name.Export.Name", before: nil, after: "shop-name"),
            ])
        #expect(
            try Edit(before: with, after: without, outputs: [exported]).plan().outputs == [
                ValueChange(name: "Name", before: "orders", after: nil),
                ValueChange(name: "Name.Export.Name", before: "shop-name", after: nil),
            ])
    }
}

@Suite struct `Secrets and special stacks in plans` {
    private static let template = """
        Parameters: {Token: {Type: String, NoEcho: true}}
        Resources:
          Hook: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub "x-${Token}"}}
        """
    private static let salt = Data(repeating: 7, count: 16)

    private func plan(recorded: String, desired: String) throws -> Plan {
        let digest = SecretDigest(of: Secret(recorded), salt: Self.salt)
        let secret = Secret(desired)
        let current = digest.matches(secret) ? digest : SecretDigest(of: secret, salt: Self.salt)
        return try Edit(
            before: Self.template, after: Self.template, parametersBefore: ["Token": .secret(digest)],
            parametersAfter: ["Token": .secret(secret, digest: current)]
        ).plan()
    }

    @Test func `a secret that is the recorded one changes nothing`() throws {
        #expect(try !plan(recorded: "hush-hush-1", desired: "hush-hush-1").hasChanges)
    }

    @Test func `a changed secret is planned, and its value is nowhere in the plan`() throws {
        let plan = try plan(recorded: "hush-hush-1", desired: "hush-hush-2")
        #expect(plan.lines == ["Modify Hook replaced:no changes:yes"])
        #expect(plan.changes.first?.properties.first?.sensitive == true)
        let text = String(decoding: try JSONEncoder().encode(plan), as: UTF8.self)
        #expect(!text.contains("hush"))
        #expect(try JSONDecoder().decode(Plan.self, from: Data(text.utf8)) == plan)
    }

    @Test func `a stack whose creation failed is planned as a new one`() throws {
        let template = resources("Topic: {Type: AWS::SNS::Topic}")
        let plan = try Edit(before: template, after: template, status: "ROLLBACK_COMPLETE").plan()
        #expect(plan.kind == .create)
        #expect(plan.basedOnSerial == 7)
        #expect(plan.lines == ["Add Topic changes:yes"])
    }

    @Test func `a stack is destroyed in the reverse order of need`() throws {
        let template = resources(
            "A: {Type: AWS::SNS::Topic}", "B: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref A}}",
            "C: {Type: AWS::SQS::Queue, DependsOn: B}")
        let recorded = try Edit(before: template, after: template).recorded()
        let plan = try planDestroy(recorded, protected: [], types: .bundled)
        #expect(plan.changes.map(\.logicalID) == ["C", "B", "A"])
        #expect(plan.kind == .destroy)
    }

    @Test func `a macro is said to be unknown offline`() throws {
        let template = "Transform: Our::Macro\n" + resources("Topic: {Type: AWS::SNS::Topic}")
        #expect(try Edit(before: template, after: template).plan().notes.map(\.code) == ["opaque-transform"])
    }

    @Test func `a long chain of references is planned to its end`() throws {
        func chain(_ name: String) -> String {
            var lines = ["R0: {Type: AWS::SNS::Topic, Properties: {TopicName: \(name)}}"]
            for index in 1..<2000 {
                lines.append("R\(index): {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt R\(index - 1).TopicName}}")
            }
            return "Resources:\n" + lines.map { "  \($0)\n" }.joined()
        }
        let plan = try Edit(before: chain("a"), after: chain("b")).plan()
        #expect(plan.summary == Plan.Summary(replace: 2000))
    }
}
