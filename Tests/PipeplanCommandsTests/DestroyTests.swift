import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

/// `app` takes an output of `network`, `user` imports an export of it, `alone` has nothing to do with any.
@Suite struct `Destruction of stacks` {
    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        try folder.write(
            """
            Resources:
              Topic: {Type: AWS::SNS::Topic}
              Kept: {Type: AWS::SNS::Topic, DeletionPolicy: Retain, Properties: {TopicName: kept-news}}
            Outputs:
              Name: {Value: !GetAtt Topic.TopicName, Export: {Name: news}}
            """, to: "stacks/network/template.yml")
        try folder.write(
            "Parameters: {Topic: {Type: String}}\nResources: {Queue: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Topic}}}",
            to: "stacks/app/template.yml")
        try folder.write(
            "Resources: {Note: {Type: AWS::SNS::Topic, Properties: {DisplayName: !ImportValue news}}}", to: "stacks/user/template.yml")
        try folder.write("Resources: {Topic: {Type: AWS::SNS::Topic}}", to: "stacks/alone/template.yml")
        for stack in ["network", "user", "alone"] { try folder.write("region: us-east-1\n", to: "stacks/\(stack)/stack.yml") }
        try folder.write("region: us-east-1\nparameters: {Topic: {output: network.Name}}\n", to: "stacks/app/stack.yml")
        for stack in ["network", "app", "user", "alone"] {
            let (status, terminal) = await run("apply \(stack) --auto-approve")
            #expect(status == 0, "\(terminal.errors)")
        }
    }

    private func faults(_ text: String) throws { try folder.write(text, to: "state/sandbox/faults.json") }

    private func run(_ line: String, typing answers: [String]? = nil) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal(answers: answers ?? [])
        let context = Context.test(in: folder.path, typed, isInteractive: answers != nil, environment: ["PIPEPLAN_SANDBOX": "1"])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    private func summary(_ terminal: TypedTerminal) -> [String] {
        let lines = terminal.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        guard let start = lines.firstIndex(of: "STACK RESULT WHY") else { return [] }
        return Array(lines[(start + 1)...])
    }

    @Test func `all go after one yes, what needs another one before it`() async {
        let (status, terminal) = await run("destroy --all", typing: ["yes"])
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.errors.hasPrefix("\nDestroy all of this? Only yes will do: "), "\(terminal.errors)")
        let rows = summary(terminal)
        #expect(rows.last == "Stacks: 4 destroyed.", "\(rows)")
        let order = rows.map { $0.prefix { $0 != " " } }
        let network = order.firstIndex(of: "network") ?? 0
        #expect(["app", "user"].allSatisfy { (order.firstIndex(of: $0) ?? .max) < network }, "\(rows)")
        #expect(await run("state list").1.output.contains("network") == false)
        #expect(await run("destroy --all").1.output == "Nothing is deployed.\n")
    }

    @Test func `what stays is named with its physical ID`() async {
        let (status, terminal) = await run("destroy network user app", typing: ["no"])
        #expect(status == 3)
        #expect(terminal.errors.contains("The destruction was not approved"))
        #expect(terminal.output.contains("Stays in AWS"), "\(terminal.output)")
        let lines = terminal.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines.contains("network Kept AWS::SNS::Topic arn:aws:sns:us-east-1:123456789012:kept-news"), "\(terminal.output)")
        #expect(await run("plan --detailed-exitcode").status == 0)
    }

    @Test func `an export that is imported by what stays stops it before anything is done`() async {
        let (status, terminal) = await run("destroy network --auto-approve")
        #expect(status == 3)
        #expect(terminal.errors.contains("The export news is imported by user"), "\(terminal.errors)")
        #expect(await run("history network --json").1.output.contains(#""kind" : "destroy""#) == false)
    }

    @Test func `so does an output that what stays takes as a parameter`() async {
        let (status, terminal) = await run("destroy network user --auto-approve")
        #expect(status == 3)
        #expect(
            terminal.errors.contains(
                "The output Name of network is the value of parameter Topic of app (output-in-use)\n  stacks/app/stack.yml:2:14\n"),
            "\(terminal.errors)")
        #expect(await run("plan --detailed-exitcode").status == 0)
        #expect(await run("destroy network user app --auto-approve").status == 0)
    }

    @Test func `termination protection does too`() async throws {
        try folder.write("region: us-east-1\nterminationProtection: true\n", to: "stacks/alone/stack.yml")
        #expect(await run("apply alone --auto-approve").status == 0)
        let (status, terminal) = await run("destroy alone user --auto-approve")
        #expect(status == 3)
        #expect(terminal.errors.contains("alone: Stack alone has termination protection"), "\(terminal.errors)")
        #expect(await run("plan user --detailed-exitcode").status == 0)
    }

    @Test func `a failure stops only what waits for it, and has its line`() async throws {
        try faults(#"{"resources": [{"stack": "app", "logicalId": "Queue", "on": "delete", "message": "still in use"}]}"#)
        let (status, terminal) = await run("destroy --all --auto-approve")
        #expect(status == 1)
        let rows = summary(terminal)
        #expect(rows.contains("alone destroyed deployment 2") && rows.contains("user destroyed deployment 2"), "\(rows)")
        #expect(rows.contains("app failed Queue: still in use") && rows.contains("network skipped app failed"), "\(rows)")
        #expect(rows.last == "Stacks: 2 destroyed, 1 failed, 1 skipped.")
        #expect(terminal.errors.contains("stacks/app/template.yml:2:13"), "\(terminal.errors)")
        try faults("{}")
        #expect(await run("destroy --all --auto-approve").status == 0)
    }

    @Test func `what can't be asked is said to be unchecked, and does not stop it`() async throws {
        try folder.write(
            "Resources: {Files: {Type: AWS::S3::Bucket}, Images: {Type: AWS::ECR::Repository}}", to: "stacks/alone/template.yml")
        #expect(await run("apply alone --auto-approve --allow Topic").status == 0)
        try faults(
            #"{"requests": [{"action": "GetBucket", "kind": "error", "code": "AccessDenied", "status": 403}, {"action": "ListImages", "kind": "error", "code": "AccessDeniedException", "status": 400}]}"#
        )
        let (status, terminal) = await run("destroy alone --auto-approve")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains("It was not checked whether the bucket alone-files-"), "\(terminal.output)")
        #expect(terminal.output.contains("It was not checked whether the repository alone-images-"), "\(terminal.output)")
    }

    @Test func `a stack whose creation was rolled back can be destroyed`() async throws {
        try folder.write("Resources: {Topic: {Type: AWS::SNS::Topic}}", to: "stacks/broken/template.yml")
        try folder.write("region: us-east-1\n", to: "stacks/broken/stack.yml")
        try faults(#"{"resources": [{"stack": "broken", "logicalId": "Topic", "on": "create", "message": "no more topics"}]}"#)
        #expect(await run("apply broken --auto-approve").status == 1)
        try faults("{}")
        let (status, terminal) = await run("destroy broken --auto-approve")
        #expect(status == 0, "\(terminal.errors)")
    }

    @Test(arguments: [
        ("destroy", "Name the stacks to destroy, or give --all."), ("destroy app --all", "not both"),
        ("destroy --all --parallelism 0", "takes a number from 1"), ("destroy nothing", "There is no stack nothing"),
    ]) func `bad usage is told, and nothing is destroyed`(_ line: String, _ message: String) async {
        let (status, terminal) = await run(line)
        #expect(status == 4)
        #expect(terminal.errors.contains(message), "\(terminal.errors)")
    }
}
