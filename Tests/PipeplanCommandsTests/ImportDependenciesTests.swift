import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

/// `app` imports an export of `network`, whose name is made of the stack's own and a parameter.
@Suite struct `Stacks that import exports of others` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try write("app", "Resources: {Note: {Type: AWS::SNS::Topic, Properties: {DisplayName: !ImportValue network-topic}}}\n")
        try write(
            "network",
            """
            Parameters: {Kind: {Type: String, Default: topic}}
            Resources: {Topic: {Type: AWS::SNS::Topic}}
            Outputs: {Name: {Value: !GetAtt Topic.TopicName, Export: {Name: !Sub "${AWS::StackName}-${Kind}"}}}
            """)
    }

    private func write(_ stack: String, _ template: String, _ settings: String = "") throws {
        try folder.write(template, to: "stacks/\(stack)/template.yml")
        try folder.write("region: us-east-1\n\(settings)", to: "stacks/\(stack)/stack.yml")
    }

    private func run(_ line: String) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal()
        let context = Context.test(in: folder.path, typed, isInteractive: false, environment: ["PIPEPLAN_SANDBOX": "1"])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    private func planned() async -> [Substring] {
        let (status, terminal) = await run("plan")
        #expect(status == 0, "\(terminal.errors)")
        return terminal.output.split(separator: "\n").filter { $0.contains(" → stack ") }.map { $0.prefix { $0 != " " } }
    }

    @Test func `are planned and deployed behind them`() async throws {
        #expect(await planned() == ["network", "app"])
        let (status, terminal) = await run("apply --auto-approve")
        #expect(status == 0, "\(terminal.errors)")
        #expect(await run("plan --detailed-exitcode").status == 0)
    }

    @Test func `are skipped where those fail`() async throws {
        try folder.write(
            #"{"resources": [{"stack": "network", "logicalId": "Topic", "on": "create", "message": "no more topics"}]}"#,
            to: "state/sandbox/faults.json")
        let (status, terminal) = await run("apply --auto-approve")
        #expect(status == 1)
        #expect(terminal.output.contains("network failed"), "\(terminal.output)")
    }

    @Test func `need not wait for what is exported in another region, or where no condition has it imported`() async throws {
        let network = try folder.read("stacks/network/template.yml")
        try write("network", network, "parameters: {Kind: other}\n")
        #expect(await planned() == ["app", "network"])
        try write("network", network)
        try folder.write("region: eu-west-1\n", to: "stacks/network/stack.yml")
        #expect(await planned() == ["app", "network"])
        try write("network", network)
        try write(
            "app",
            """
            Conditions: {Never: !Equals [a, b]}
            Resources: {Note: {Type: AWS::SNS::Topic, Properties: {DisplayName: !If [Never, !ImportValue network-topic, none]}}}
            """)
        #expect(await planned() == ["app", "network"])
    }

    @Test func `can't do so in a circle, which is told at an import`() async throws {
        try folder.write("region: us-east-1\ndependsOn: app\n", to: "stacks/network/stack.yml")
        for command in ["plan", "apply --auto-approve", "validate"] {
            let (status, terminal) = await run(command)
            #expect(status == 4)
            let told = command == "validate" ? terminal.output : terminal.errors
            #expect(told.contains("Stacks depend on each other in a circle: app → network → app (circular-dependency)"), "\(told)")
        }
    }
}
