import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

@Suite struct `Entries of protect and ignoreDrift` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("Resources: {Table: {Type: AWS::SNS::Topic}}\n", to: "stacks/shop/network.yml")
        try template("Queue: {Type: AWS::SQS::Queue}")
    }

    private func template(_ resource: String) throws {
        try folder.write(
            """
            Resources:
              Topic: {Type: AWS::SNS::Topic}
              Network: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: network.yml}}
              \(resource)
            """, to: "stacks/shop/template.yml")
    }

    private func settings(_ lines: String) throws {
        try folder.write("region: us-east-1\nartifacts: files\n\(lines)\n", to: "stacks/shop/stack.yml")
    }

    private func run(_ line: String) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal()
        let context = Context.test(in: folder.path, typed, isInteractive: false, environment: ["PIPEPLAN_SANDBOX": "1"])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    @Test(arguments: [
        ("protect: [Queu]", "stacks/shop/stack.yml:3:11", "protect names Queu", "Did you mean Queue?"),
        ("protect: [Topic, Network/Tabel]", "stacks/shop/stack.yml:3:18", "protect names Network/Tabel", "Did you mean Network/Table?"),
        (
            "protect: [Topic/Table]", "stacks/shop/stack.yml:3:11", "protect names Topic/Table",
            "Known are Topic, Network, Network/Table, Queue."
        ),
        ("ignoreDrift: [Topik.DisplayName]", "stacks/shop/stack.yml:3:15", "ignoreDrift names Topik", "Did you mean Topic?"),
        ("ignoreDrift: [{resource: Topik, path: X}]", "stacks/shop/stack.yml:3:26", "ignoreDrift names Topik", "Did you mean Topic?"),
    ])
    func `must name a resource of the template`(_ line: String, _ place: String, _ summary: String, _ hint: String) async throws {
        try settings(line)
        for command in ["validate shop", "plan shop", "apply shop --auto-approve"] {
            let (status, terminal) = await run(command)
            let told = terminal.output + terminal.errors
            #expect(status == 4)
            #expect(told.contains("\(summary), and the template has no such resource (unknown-resource)\n  \(place)\n"), "\(told)")
            #expect(told.contains(hint), "\(told)")
        }
    }

    @Test func `may name what is in a nested stack, or be a pattern`() async throws {
        try settings("protect: [Queue, Network/Table]\nignoreDrift: [\"*.Tags[owner]\", Network/*, T?pic, Network/Table.DisplayName]")
        for command in ["validate shop", "plan shop"] {
            let (status, terminal) = await run(command)
            #expect(status == 0, "\(terminal.output)\(terminal.errors)")
        }
    }

    @Test func `may name what only the deployed stack has, which stays protected`() async throws {
        try folder.write(
            "Resources: {Queue: {Type: AWS::SQS::Queue}, Topic: {Type: AWS::SNS::Topic}}\n", to: "stacks/shop/template.yml")
        try settings("protect: [Queue]")
        #expect(await run("apply shop --auto-approve").status == 0)
        try folder.write("Resources: {Topic: {Type: AWS::SNS::Topic}}\n", to: "stacks/shop/template.yml")
        #expect(await run("validate shop").status == 0)
        let (status, terminal) = await run("plan shop")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains("(protected in stack.yml)"), "\(terminal.output)")
        #expect(await run("apply shop --auto-approve --allow Queue").1.errors.contains("protected-resource"))
    }
}
