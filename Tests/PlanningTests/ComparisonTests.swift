import Model
import Planning
import Testing

/// What is the same although it is written in another way, and what is not.
@Suite struct `Values are compared as their types mean them` {
    /// A resource's properties before and after, and what CloudFormation and the world make of that.
    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var type: String
        var before: String
        var after: String
        var listed: Bool
        var real: Certainty
    }

    static let cases = [
        Case(
            description: "a number in quotes is the number", type: "AWS::SQS::Queue", before: "DelaySeconds: 10",
            after: #"DelaySeconds: "10""#,
            listed: false, real: .no),
        Case(
            description: "a Boolean in quotes is the Boolean", type: "AWS::SQS::Queue", before: "FifoQueue: true",
            after: #"FifoQueue: "true""#, listed: false, real: .no),
        Case(
            description: "tags in another order are the same tags", type: "AWS::SNS::Topic",
            before: "Tags: [{Key: a, Value: 1}, {Key: b, Value: 2}]", after: "Tags: [{Key: b, Value: 2}, {Key: a, Value: 1}]",
            listed: true, real: .no),
        Case(
            description: "another tag is another", type: "AWS::SNS::Topic", before: "Tags: [{Key: a, Value: 1}]",
            after: "Tags: [{Key: a, Value: 2}]", listed: true, real: .yes),
        Case(
            description: "a list that the service takes for a set has no order", type: "AWS::RDS::DBSubnetGroup",
            before: "{DBSubnetGroupDescription: d, SubnetIds: [a, b]}", after: "{DBSubnetGroupDescription: d, SubnetIds: [b, a]}",
            listed: true, real: .no),
        Case(
            description: "a set with another item is another", type: "AWS::RDS::DBSubnetGroup",
            before: "{DBSubnetGroupDescription: d, SubnetIds: [a, b]}", after: "{DBSubnetGroupDescription: d, SubnetIds: [b, c]}",
            listed: true, real: .yes),
        Case(
            description: "a list of one action is the action, in any case", type: "AWS::SQS::QueuePolicy",
            before:
                #"{Queues: [q], PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "sqs:SendMessage", Resource: r}]}}"#,
            after:
                #"{Queues: [q], PolicyDocument: {Statement: {Effect: Allow, Principal: "*", Action: ["SQS:sendMessage"], Resource: [r]}}}"#,
            listed: true, real: .no),
        Case(
            description: "an action more is more", type: "AWS::SQS::QueuePolicy",
            before: #"{Queues: [q], PolicyDocument: {Statement: {Effect: Allow, Principal: "*", Action: ["sqs:A"], Resource: r}}}"#,
            after: #"{Queues: [q], PolicyDocument: {Statement: {Effect: Allow, Principal: "*", Action: ["sqs:A", "sqs:B"], Resource: r}}}"#,
            listed: true, real: .yes),
        Case(
            description: "in a free-form document a number in quotes is a text", type: "AWS::StepFunctions::StateMachine",
            before: "{RoleArn: r, Definition: {States: {A: {TimeoutSeconds: 10}}}}",
            after: #"{RoleArn: r, Definition: {States: {A: {TimeoutSeconds: "10"}}}}"#, listed: true, real: .yes),
        Case(
            description: "the order of stages counts", type: "AWS::CodePipeline::Pipeline",
            before: "{RoleArn: r, Stages: [{Name: A, Actions: []}, {Name: B, Actions: []}]}",
            after: "{RoleArn: r, Stages: [{Name: B, Actions: []}, {Name: A, Actions: []}]}", listed: true, real: .yes),
        Case(
            description: "what a macro makes is not known", type: "AWS::SSM::Parameter",
            before: "{Type: String, Value: a}", after: "{Type: String, Value: {'Fn::Transform': {Name: Mac}}}", listed: true, real: .unknown
        ),
        Case(
            description: "what a macro makes of the same call is not known", type: "AWS::SSM::Parameter",
            before: "{Type: String, Value: {'Fn::Transform': {Name: Mac}}}", after: "{Type: String, Value: {'Fn::Transform': {Name: Mac}}}",
            listed: true, real: .unknown),
        Case(
            description: "another dynamic reference may resolve to the same", type: "AWS::SSM::Parameter",
            before: "{Type: String, Value: '{{resolve:ssm:/a}}'}", after: "{Type: String, Value: '{{resolve:ssm:/b}}'}", listed: true,
            real: .unknown),
    ]

    @Test(arguments: cases) func `what is listed and what really changes`(_ sample: Case) throws {
        func template(_ properties: String) -> String {
            "Resources:\n  R:\n    Type: \(sample.type)\n    Properties: \(properties.hasPrefix("{") ? properties : "{\(properties)}")\n"
        }
        let plan = try Edit(before: template(sample.before), after: template(sample.after)).plan()
        #expect(plan.changes.contains { $0.listing != .no } == sample.listed)
        #expect((plan.changes.first?.willChange ?? .no) == sample.real)
    }

    @Test func `an item put in at the front leaves the others as they are`() throws {
        func template(_ stages: String) -> String {
            "Resources:\n  P:\n    Type: AWS::CodePipeline::Pipeline\n    Properties: {RoleArn: r, Stages: [\(stages)]}\n"
        }
        let plan = try Edit(
            before: template("{Name: B, Actions: []}, {Name: C, Actions: []}"),
            after: template("{Name: A, Actions: []}, {Name: B, Actions: []}, {Name: C, Actions: []}")
        ).plan()
        #expect(plan.properties == [#"P.Stages[0]: - → {"Name":"A","Actions":[]}"#])
    }

    @Test func `the stored value of a parameter is not known`() throws {
        let template = """
            Parameters:
              Image: {Type: "AWS::SSM::Parameter::Value<String>", Default: /image}
            Resources:
              P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Image}}
            """
        let plan = try Edit(before: template, after: template).plan()
        #expect(plan.changes.map(\.willChange) == [.unknown])
        #expect(plan.changeSet(.real).changes.map(\.action) == [.dynamic])
        #expect(plan.changeSet(.aws).statusReason == "Unknown offline: P (the stored value of /image)")
    }
}
