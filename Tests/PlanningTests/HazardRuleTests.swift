import Model
import Templates
import Testing

@testable import Planning

@Suite struct `What a plan can do harm by` {
    private func hazards(_ before: String, _ after: String, outputs: [StackOutput] = []) throws -> [String] {
        try Edit(before: before, after: after, outputs: outputs).plan().hazards.map { "\($0.kind.rawValue) \($0.logicalID)" }
    }

    @Test func `replacing what holds data loses it`() throws {
        #expect(
            try hazards(
                resources("B: {Type: AWS::S3::Bucket, Properties: {BucketName: a}}"),
                resources("B: {Type: AWS::S3::Bucket, Properties: {BucketName: b}}")) == ["data-loss B"])
    }

    @Test func `a replacement under its own name clashes`() throws {
        #expect(
            try hazards(
                resources("T: {Type: AWS::SNS::Topic, Properties: {TopicName: a.fifo, FifoTopic: true}}"),
                resources("T: {Type: AWS::SNS::Topic, Properties: {TopicName: a.fifo, FifoTopic: false}}")) == ["name-clash T"])
    }

    @Test func `a policy that allows more widens access, and one that allows less does not`() throws {
        func role(_ actions: String) -> String {
            resources(
                "R: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: [\(actions)], Resource: r}]}}}"
            )
        }
        #expect(try hazards(role("s3:GetObject"), role("s3:GetObject, s3:PutObject")) == ["wider-access R"])
        #expect(try hazards(role("s3:GetObject, s3:PutObject"), role("s3:GetObject")) == [])
    }

    @Test func `a port opened to everyone opens it`() throws {
        func group(_ range: String) -> String {
            resources(
                "G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g, SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: \(range)}]}}"
            )
        }
        #expect(try hazards(group("10.0.0.0/8"), group("0.0.0.0/0")) == ["public-access G"])
    }

    @Test func `an export that another stack imports must stay`() throws {
        let edit = Edit(
            before: resources("T: {Type: AWS::SNS::Topic}") + "Outputs:\n  Out: {Value: v, Export: {Name: shop-topic}}\n",
            after: resources("T: {Type: AWS::SNS::Topic}"), outputs: [StackOutput(key: "Out", value: "v", exportName: "shop-topic")])
        let importer = StackAddress(stack: "web")
        #expect(try edit.plan(importers: { $0 == "shop-topic" ? [importer] : [] }).hazards.map(\.kind) == [.exportInUse])
        #expect(try edit.plan().hazards == [])
    }

    @Test func `an export that another stack imports must keep its name`() throws {
        func template(_ export: String) -> String {
            resources("T: {Type: AWS::SNS::Topic}") + "Outputs:\n  Out: {Value: v\(export)}\n"
        }
        let importer = StackAddress(stack: "web")
        for after in ["", ", Export: {Name: topic}"] {
            let edit = Edit(
                before: template(", Export: {Name: shop-topic}"), after: template(after),
                outputs: [StackOutput(key: "Out", value: "v", exportName: "shop-topic")])
            let plan = try edit.plan(importers: { $0 == "shop-topic" ? [importer] : [] })
            #expect(plan.hazards.map(\.kind) == [.exportInUse])
            #expect(plan.hasChanges)
        }
    }

    @Test func `an export that another stack imports must keep its value`() throws {
        func template(_ value: String, _ name: String = "a") -> String {
            resources("T: {Type: AWS::SNS::Topic, Properties: {TopicName: \(name)}}")
                + "Outputs:\n  Out: {Value: \(value), Export: {Name: shop-topic}}\n"
        }
        func summaries(_ before: String, _ after: String, _ value: String) throws -> [String] {
            let edit = Edit(
                before: before, after: after, outputs: [StackOutput(key: "Out", value: value, exportName: "shop-topic")])
            return try edit.plan(importers: { _ in [StackAddress(stack: "web")] }).hazards.filter { $0.kind == .exportInUse }.map(\.summary)
        }
        let told = "The export shop-topic gets another value, and web imports it: CloudFormation will fail. Take it out of there first."
        #expect(try summaries(template("v"), template("w"), "v") == [told])
        #expect(try summaries(template("!GetAtt T.TopicName"), template("!GetAtt T.TopicName", "b"), "a") == [told])
        #expect(try summaries(template("!Ref T"), template("!Ref T", "b"), "id-of-T") == [told])
        #expect(try summaries(template("v"), template("v"), "v") == [])
        #expect(try summaries(template("!Ref T"), template("!Sub '${T}'"), "id-of-T") == [])
    }

    @Test func `a stack that is deleted to be made anew loses what it holds`() throws {
        let template = resources("Q: {Type: AWS::SQS::Queue}", "T: {Type: AWS::SNS::Topic}", "P: {Type: AWS::SNS::Topic}")
        var recorded = try Edit(before: template, after: template).recorded()
        recorded.status = "DELETE_FAILED"
        let read = try Template.read(template, file: "after.yml").get()
        let desired = DesiredStack(
            address: Edit.address, stackName: "shop-test", region: "us-east-1", template: read, protected: ["P"])
        let plan = try Planning.plan(desired, recorded: recorded, types: .bundled)
        #expect(plan.kind == .create)
        #expect(plan.hazards.map { "\($0.logicalID) \($0.isProtected)" } == ["Q false", "P true"])
        #expect(plan.hazardsToAllow(except: []).map(\.logicalID) == ["Q", "P"])
        // What is gone already can't be lost.
        recorded.resources = recorded.resources.map { resource in
            var resource = resource
            resource.status = "DELETE_COMPLETE"
            return resource
        }
        #expect(try Planning.plan(desired, recorded: recorded, types: .bundled).hazards == [])
    }

    @Test func `only what changes an existing stack, or deletes it first, has to be allowed`() throws {
        let plan = try Edit(before: resources("Q: {Type: AWS::SQS::Queue}"), after: resources("T: {Type: AWS::SNS::Topic}")).plan()
        #expect(plan.hazardsToAllow(except: []).map(\.logicalID) == ["Q"])
        #expect(plan.hazardsToAllow(except: ["Q"]) == [])
        var creation = plan
        creation.kind = .create
        creation.hazards[0].kind = .publicAccess
        #expect(creation.hazardsToAllow(except: []) == [])
    }
}
