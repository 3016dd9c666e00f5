import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

/// Three stacks: `app` takes an output of `network`, `alone` has nothing to do with either.
@Suite struct `Apply of many stacks` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for stack in ["network", "alone"] {
            try folder.write(
                """
                Parameters: {Label: {Type: String}}
                Resources:
                  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Label}}
                Outputs:
                  Name: {Value: !Ref Topic}
                  Label: {Value: !Ref Label}
                """, to: "stacks/\(stack)/template.yml")
            try folder.write("region: us-east-1\nparameters: {Label: one}\n", to: "stacks/\(stack)/stack.yml")
        }
        try folder.write(
            """
            Parameters: {Label: {Type: String}, Topic: {Type: String}}
            Resources:
              Queue: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Label}}
            Outputs:
              Taken: {Value: !Sub "${Topic} ${Label}"}
            """, to: "stacks/app/template.yml")
        try folder.write(
            "region: us-east-1\nparameters: {Label: {output: network.Label}, Topic: {output: network.Name}}\n", to: "stacks/app/stack.yml")
    }

    private func label(_ stack: String, _ value: String) throws {
        try folder.write("region: us-east-1\nparameters: {Label: \(value)}\n", to: "stacks/\(stack)/stack.yml")
    }

    private func faults(_ text: String) throws { try folder.write(text, to: "state/sandbox/faults.json") }

    private func run(_ line: String, typing answers: [String]? = nil) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal(answers: answers ?? [])
        let context = Context.test(in: folder.path, typed, isInteractive: answers != nil, environment: ["PIPEPLAN_SANDBOX": "1"])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    /// The rows of the summary, with single spaces.
    private func summary(_ terminal: TypedTerminal) -> [String] {
        let lines = terminal.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        guard let start = lines.firstIndex(of: "STACK RESULT WHY") else { return [] }
        return Array(lines[(start + 1)...])
    }

    @Test func `all plans are shown first, and outputs of one reach another`() async throws {
        let (status, terminal) = await run("apply", typing: ["yes"])
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains("+ Label: (known after apply)"), "\(terminal.output)")
        #expect(terminal.output.contains("output Label of stack network is known once network is deployed"))
        #expect(terminal.errors.components(separatedBy: "Only yes will do").count == 2)
        #expect(terminal.errors.hasPrefix("\nApply all of this? Only yes will do: "))
        #expect(
            summary(terminal) == [
                "alone applied deployment 1", "network applied deployment 1", "app applied deployment 1", "Stacks: 3 applied.",
            ])
        let name = await run("outputs network Name").1.output.trimmed
        #expect(await run("outputs app Taken").1.output == "\(name) one\n")
        #expect(await run("plan --detailed-exitcode").status == 0)
    }

    @Test func `lines carry the name of their stack, one stack after the other where no more are wanted at a time`() async {
        let (status, terminal) = await run("apply --auto-approve --parallelism 1")
        #expect(status == 0, "\(terminal.errors)")
        let lines = terminal.errors.split(separator: "\n")
        #expect(lines.allSatisfy { $0.dropFirst(7).hasPrefix(" | ") }, "\(terminal.errors)")
        var names: [String] = []
        for name in lines.map({ String($0.prefix { $0 != " " }) }) where names.last != name { names.append(name) }
        #expect(names == ["alone", "network", "app"])
        #expect(terminal.output.contains("\nalone   | Name "), "\(terminal.output)")
    }

    @Test func `a stack that changes alone is told of as if it were the only one`() async throws {
        #expect(await run("apply --auto-approve").status == 0)
        try label("alone", "two")
        let (status, terminal) = await run("apply", typing: ["yes"])
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.errors.hasPrefix("\nApply this? Only yes will do: "))
        #expect(!terminal.errors.contains(" | "), "\(terminal.errors)")
        #expect(summary(terminal).last == "Stacks: 1 applied, 2 unchanged.")
    }

    @Test func `nothing is done without the one yes`() async {
        let (status, terminal) = await run("apply", typing: ["no"])
        #expect(status == 3)
        #expect(terminal.errors.contains("The plans were not approved"))
        #expect(await run("history").1.output == "Nothing has been deployed yet.\n")
    }

    @Test func `a failure stops only what depends on it`() async throws {
        try faults(#"{"resources": [{"stack": "network", "logicalId": "Topic", "on": "create", "message": "no more topics"}]}"#)
        let (status, terminal) = await run("apply --auto-approve")
        #expect(status == 1)
        #expect(
            summary(terminal) == [
                "alone applied deployment 1", "network failed Topic: no more topics", "app skipped network failed",
                "Stacks: 1 applied, 1 failed, 1 skipped.",
            ], "\(terminal.output)")
    }

    @Test func `a refusal does too, and exits with 3`() async throws {
        #expect(await run("apply --auto-approve").status == 0)
        for stack in ["alone", "network"] { try label(stack, "two") }
        try faults(#"{"changeSets": [{"stack": "network", "replacements": {"Topic": "True"}}]}"#)
        let (status, terminal) = await run("apply --auto-approve")
        #expect(status == 3, "\(terminal.errors)")
        let rows = summary(terminal)
        #expect(rows.contains("alone applied deployment 2"), "\(rows)")
        #expect(rows.contains { $0.hasPrefix("network refused ") }, "\(rows)")
        #expect(rows.contains("app skipped network was refused"), "\(rows)")
    }

    @Test func `a changed output is known after apply, and one that stays is not in question`() async throws {
        #expect(await run("apply --auto-approve").status == 0)
        try label("network", "two")
        for line in ["plan", "apply --auto-approve"] {
            let (status, terminal) = await run(line)
            #expect(status == 0, "\(terminal.errors)")
            #expect(terminal.output.contains(#"~ Label: "one" → (known after apply)"#), "\(terminal.output)")
            #expect(!terminal.output.contains("~ Topic: "), "\(terminal.output)")
        }
        #expect(await run("outputs app Taken").1.output.hasSuffix(" two\n"))
    }

    @Test func `a saved plan of several stacks goes the same way`() async throws {
        #expect(await run("plan --out reviewed.plan").status == 0)
        let (status, terminal) = await run("apply reviewed.plan")
        #expect(status == 0, "\(terminal.errors)")
        #expect(summary(terminal).last == "Stacks: 3 applied.")
        try label("network", "two")
        #expect(await run("plan --out reviewed.plan").status == 0)
        #expect(await run("apply reviewed.plan").status == 0)
        #expect(await run("outputs app Taken").1.output.hasSuffix(" two\n"))
    }

    /// CloudFormation has another value of the stack's parameter than is recorded: a colleague has deployed it, whose state is elsewhere.
    private func deployedByAnother(_ value: String) async throws {
        let state = URL(fileURLWithPath: "\(folder.path)/state/sandbox/pipeplan.sqlite")
        let before = try Data(contentsOf: state)
        try label("network", value)
        #expect(await run("apply network --auto-approve").status == 0)
        try before.write(to: state)
        try folder.write(#"[{"ParameterKey": "Label", "UsePreviousValue": true}]"#, to: "stacks/network/p.json")
        try folder.write("region: us-east-1\nparameters: p.json\ntags: {team: a}\n", to: "stacks/network/stack.yml")
    }

    @Test func `what turns out to be more than was shown is asked for anew`() async throws {
        #expect(await run("apply --auto-approve").status == 0)
        try await deployedByAnother("two")
        // All plans, what was done to network past pipeplan, and what that leads to in app.
        let (status, terminal) = await run("apply", typing: ["yes", "yes", "yes"])
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.errors.contains("Planned anew, app would do more than was shown:"), "\(terminal.errors)")
        #expect(terminal.errors.contains("Queue (AWS::SNS::Topic) would be modified, and is not in the plan"))
        #expect(await run("outputs app Taken").1.output.hasSuffix(" two\n"))
    }

    @Test func `and refused where that is not agreed to`() async throws {
        #expect(await run("apply --auto-approve").status == 0)
        try await deployedByAnother("two")
        let (unasked, told) = await run("apply --auto-approve")
        #expect(unasked == 3 && summary(told).contains("app skipped network was refused"), "\(told.errors)")
        let (status, terminal) = await run("apply", typing: ["yes", "yes", "no"])
        #expect(status == 3, "\(terminal.errors)")
        let rows = summary(terminal)
        #expect(rows.contains("app refused Planned anew, it would do more than was shown"), "\(rows)")
        #expect(rows.contains { $0.hasPrefix("network applied ") }, "\(rows)")
    }

    @Test func `as JSON, it is the deployments in their order`() async throws {
        let (status, terminal) = await run("apply --auto-approve --json")
        #expect(status == 0, "\(terminal.errors)")
        let json = try JSONSerialization.jsonObject(with: Data(terminal.output.utf8)) as? [String: Any]
        let names = (json?["deployments"] as? [[String: Any]])?.map { $0["stack"] as? String }
        #expect(names == ["alone", "network", "app"])
    }

    @Test func `a misspelt output is found before anything is done`() async throws {
        try folder.write(
            "region: us-east-1\nparameters: {Label: {output: network.Lable}, Topic: {output: network.Name}}\n", to: "stacks/app/stack.yml")
        let (status, terminal) = await run("apply --auto-approve")
        #expect(status == 4)
        #expect(terminal.errors.contains("Stack network has no recorded output Lable"), "\(terminal.errors)")
        #expect(await run("history").1.output == "Nothing has been deployed yet.\n")
    }

    @Test func `no stack at a time is bad usage`() async {
        #expect(await run("apply --parallelism 0").status == 4)
    }
}
