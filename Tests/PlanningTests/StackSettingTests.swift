import Model
import OrderedCollections
import Templates
import Testing

@testable import Planning

@Suite("Settings, conditions and stored values are part of a plan")
struct StackSettingTests {
    private static let template = """
        Parameters:
          Size: {Type: String, Default: small}
          Image: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /image}
        Conditions:
          IsBig: !Equals [!Ref Size, big]
        Resources:
          Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Image}}
        """

    private static func plan(_ edit: (inout DesiredStack, inout RecordedStack) -> Void) throws -> Plan {
        let template = try Template.read(Self.template, file: "t.yml").get()
        var recorded = RecordedStack(
            address: Edit.address, stackName: "shop-test", region: "us-east-1", serial: 3, status: "CREATE_COMPLETE",
            templateBody: Self.template, parameters: ["Size": .plain("small"), "Image": .plain("/image")],
            storedValues: ["Image": "ami-1"],
            resources: [StackResource(logicalID: "Topic", physicalID: "arn:topic", type: "AWS::SNS::Topic", status: "CREATE_COMPLETE")])
        var desired = DesiredStack(
            address: Edit.address, stackName: "shop-test", region: "us-east-1", template: template,
            parameters: try template.bind([:]).get(), storedValues: ["Image": "ami-1"])
        edit(&desired, &recorded)
        return try Planning.plan(desired, recorded: recorded, types: .bundled)
    }

    @Test func `Nothing changes where all is as it was`() throws {
        let plan = try Self.plan { _, _ in }
        #expect(!plan.hasChanges)
        #expect(plan.conditions.isEmpty)
        #expect(plan.unchangedCount == 1)
    }

    @Test func `A stack policy is a change of its own, and the way it is written is none`() throws {
        let policy: JSONValue = ["Statement": [["Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"]]]
        let plan = try Self.plan { desired, _ in desired.stackPolicy = policy }
        #expect(plan.settings == [ValueChange(name: "stackPolicy", before: nil, after: policy.canonicalText)])
        #expect(plan.hasChanges)
        let turned: JSONValue = ["Statement": [["Resource": "*", "Principal": "*", "Action": "Update:*", "Effect": "Allow"]]]
        let same = try Self.plan { desired, recorded in (desired.stackPolicy, recorded.stackPolicy) = (policy, turned) }
        #expect(!same.hasChanges)
    }

    @Test func `Alarms that roll back are a change of their own`() throws {
        let alarms: JSONValue = ["alarms": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"], "minutes": 5]
        let plan = try Self.plan { desired, _ in desired.rollback = alarms }
        #expect(plan.settings == [ValueChange(name: "rollback", before: nil, after: alarms.canonicalText)])
        #expect(plan.hasChanges)
        #expect(try !Self.plan { desired, recorded in (desired.rollback, recorded.rollback) = (alarms, alarms) }.hasChanges)
    }

    @Test func `Capabilities are shown, and are nothing to apply for themselves`() throws {
        let plan = try Self.plan { desired, _ in desired.capabilities = ["CAPABILITY_NAMED_IAM", "CAPABILITY_IAM"] }
        #expect(plan.settings == [ValueChange(name: "capabilities", before: nil, after: "CAPABILITY_IAM, CAPABILITY_NAMED_IAM")])
        #expect(!plan.hasChanges)
    }

    @Test func `Termination protection is added to a new stack, and changed on one that exists`() throws {
        let template = try Template.read(Self.template, file: "t.yml").get()
        var desired = DesiredStack(
            address: Edit.address, stackName: "shop-test", region: "us-east-1", template: template, parameters: try template.bind([:]).get()
        )
        #expect(try Planning.plan(desired, recorded: nil, types: .bundled).settings == [])
        desired.terminationProtection = true
        #expect(
            try Planning.plan(desired, recorded: nil, types: .bundled).settings == [
                ValueChange(name: "terminationProtection", before: nil, after: "true")
            ])
        let plan = try Self.plan { desired, _ in desired.terminationProtection = true }
        #expect(plan.settings == [ValueChange(name: "terminationProtection", before: "false", after: "true")])
    }

    @Test func `A condition that turns is told with what it was`() throws {
        let plan = try Self.plan { desired, _ in desired.parameters["Size"] = .plain("big") }
        #expect(plan.conditions == [ValueChange(name: "IsBig", before: "false", after: "true")])
    }

    @Test func `Another value in the parameter store changes what reads it, and is named as the cause`() throws {
        let plan = try Self.plan { desired, _ in desired.storedValues["Image"] = "ami-2" }
        #expect(plan.properties == ["Topic.DisplayName: \"ami-1\" → \"ami-2\""])
        let property = try #require(plan.changes.first?.properties.first)
        #expect(property.causes.map(\.description) == ["the stored value of /image"])
        #expect(property.willChange == .yes)
        // As recorded from AWS: the parameter's own text is the same, so it is no cause.
        #expect(plan.changes.first?.details.map(\.source) == [.directModification])
    }

    @Test func `What the parameter store has is unknown where it was not asked`() throws {
        let plan = try Self.plan { desired, _ in desired.storedValues = [:] }
        #expect(plan.changes.first?.willChange == .unknown)
    }

    @Test func `Properties that stay are counted, and shown where they were asked for`() throws {
        let before = "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 30, DelaySeconds: 5, QueueName: q}}"
        func side(_ text: String) throws -> TemplateSide {
            TemplateSide(template: try Template.read(text, file: "q.yml").get(), parameters: [:])
        }
        let old = try side(before)
        let new = try side(before.replacingOccurrences(of: "30", with: "60"))
        let brief = try planDifference(from: old, to: new, region: "us-east-1", types: .bundled)
        #expect(brief.changes.first?.unchangedCount == 2)
        #expect(brief.changes.first?.unchanged.isEmpty == true)
        let full = try planDifference(from: old, to: new, region: "us-east-1", types: .bundled, detail: .unchanged)
        #expect(
            full.changes.first?.unchanged == [
                UnchangedProperty(name: "DelaySeconds", value: 5), UnchangedProperty(name: "QueueName", value: "q"),
            ])
    }
}
