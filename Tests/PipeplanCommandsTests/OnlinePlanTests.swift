import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

@Suite("plan --online shows CloudFormation's own change set beside the plan")
struct OnlinePlanTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        try write(topic: "one")
    }

    private func write(topic name: String, _ more: String = "") throws {
        try folder.write(
            "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: \(name)}}\n\(more)", to: "stacks/shop/template.yml")
    }

    private func run(_ line: String) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal()
        let context = Context.test(in: folder.path, typed, isInteractive: false, environment: ["PIPEPLAN_SANDBOX": "1"])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    @Test func `of a new stack, and leaves nothing behind`() async throws {
        let (status, terminal) = await run("plan shop --online")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains("CloudFormation's change set"))
        #expect(terminal.output.contains("as planned"))
        #expect(terminal.output.contains("The two agree."))
        // Neither the change set nor the stack that was made to hold it stands in the way of creating it.
        #expect(await run("apply shop --auto-approve").status == 0)
    }

    @Test func `and where CloudFormation would do more, says so`() async throws {
        #expect(await run("apply shop --auto-approve").status == 0)
        try write(topic: "two")
        try folder.write(#"{"changeSets": [{"replacements": {"Topic": "True"}}]}"#, to: "state/sandbox/faults.json")
        let (status, terminal) = await run("plan shop --online")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains("Topic (AWS::SNS::Topic) would be replaced"))
        #expect(terminal.output.contains("The two differ"))
        let json = try JSONSerialization.jsonObject(with: Data(await run("plan shop --online --json").1.output.utf8)) as? [String: Any]
        let stack = (json?["stacks"] as? [[String: Any]])?.first
        let changeSet = stack?["changeSet"] as? [String: Any]
        #expect(changeSet?["agrees"] as? Bool == false)
        #expect((changeSet?["changes"] as? [[String: Any]])?.first?["standing"] as? String == "more")
    }

    @Test func `a saved one is applied by executing that very change set`() async throws {
        #expect(await run("apply shop --auto-approve").status == 0)
        try write(topic: "two")
        let (status, terminal) = await run("plan shop --online --out reviewed.plan")
        #expect(status == 0, "\(terminal.errors)")
        let saved = try folder.read("reviewed.plan")
        let name = try #require(saved.firstMatch(of: #/"name" : "(pipeplan-[0-9a-z]+)"/#)?.1)
        let (applied, told) = await run("apply reviewed.plan")
        #expect(applied == 0, "\(told.errors)")
        let shown = await run("history show shop 2 --json").1.output
        #expect(shown.contains(name), "\(shown)")
        #expect(await run("plan shop --detailed-exitcode").status == 0)
        // Once executed, it can't be executed again: the stack has been deployed since.
        #expect(await run("apply reviewed.plan").status == 3)
    }

    @Test func `a saved one whose stack was changed by others is refused`() async throws {
        #expect(await run("apply shop --auto-approve").status == 0)
        try write(topic: "two")
        #expect(await run("plan shop --online --out mine.plan").status == 0)
        // A colleague's copy of the state, as it was before: CloudFormation has deployed since, and this state does not know.
        let state = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/state/sandbox/pipeplan.sqlite"))
        try write(topic: "three")
        #expect(await run("apply shop --auto-approve").status == 0)
        try write(topic: "two")
        try state.write(to: URL(fileURLWithPath: "\(folder.path)/state/sandbox/pipeplan.sqlite"))
        let (status, terminal) = await run("apply mine.plan")
        #expect(status == 3, "\(terminal.errors)")
        #expect(terminal.errors.contains("can't be executed any more"), "\(terminal.errors)")
    }

    @Test func `finds out that there is nothing to change`() async throws {
        #expect(await run("apply shop --auto-approve").status == 0)
        let (status, terminal) = await run("plan shop --online --detailed-exitcode")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains("CloudFormation finds nothing to change."))
    }

    @Test func `of an output's export alone, and says that no resource is listed`() async throws {
        try write(topic: "one", "Outputs: {Name: {Value: !GetAtt Topic.TopicName}}\n")
        #expect(await run("apply shop --auto-approve").status == 0)
        try write(topic: "one", "Outputs: {Name: {Value: !GetAtt Topic.TopicName, Export: {Name: topic}}}\n")
        #expect(await run("plan shop --detailed-exitcode").status == 2)
        let (status, terminal) = await run("plan shop --online")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains(#"+ Name.Export.Name: "topic""#), "\(terminal.output)")
        #expect(terminal.output.contains("It changes no resource"), "\(terminal.output)")
        #expect(await run("apply shop --auto-approve").status == 0)
        #expect(await run("outputs shop --json").1.output.contains(#""exportName" : "topic""#))
        #expect(await run("plan shop --detailed-exitcode").status == 0)
    }

    @Test func `tells why CloudFormation can't make one`() async throws {
        try write(topic: "one", "Transform: Nothing\n")
        let (status, terminal) = await run("plan shop --online")
        #expect(status != 0)
        #expect(terminal.errors.contains("The sandbox runs no macros."), "\(terminal.errors)")
    }

    @Test func `the two forms for machines exclude each other`() async {
        #expect(await run("plan shop --json --markdown").status == 4)
    }

    @Test func `a plan of settings alone is applied without a change set`() async throws {
        #expect(await run("apply shop --auto-approve").status == 0)
        try folder.write("region: us-east-1\nterminationProtection: true\n", to: "stacks/shop/stack.yml")
        #expect(await run("plan shop --online --out settings.plan").status == 0)
        let (status, terminal) = await run("apply settings.plan")
        #expect(status == 0, "\(terminal.errors)")
        #expect(await run("plan shop --detailed-exitcode").status == 0)
    }

    @Test func `what CloudFormation would replace is protected all the same`() async throws {
        #expect(await run("apply shop --auto-approve").status == 0)
        try folder.write("region: us-east-1\nprotect: [Topic]\n", to: "stacks/shop/stack.yml")
        try write(topic: "two")
        try folder.write(#"{"changeSets": [{"replacements": {"Topic": "True"}}]}"#, to: "state/sandbox/faults.json")
        #expect(await run("plan shop --online --out reviewed.plan").status == 0)
        let (status, terminal) = await run("apply reviewed.plan")
        #expect(status == 3)
        #expect(terminal.errors.contains("Topic is replaced by the change set, and is protected"), "\(terminal.errors)")
    }

    @Test func `a plan that can't be saved leaves nothing at CloudFormation`() async throws {
        let (status, terminal) = await run("plan shop --online --out nowhere/reviewed.plan")
        #expect(status == 4)
        #expect(terminal.errors.contains("The plan can't be saved"), "\(terminal.errors)")
        #expect(await run("apply shop --auto-approve").status == 0)
    }
}
