import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import PipeplanCommands

/// Somebody at a terminal interrupts while CloudFormation is at work.
@Suite struct `Interrupts at a terminal` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try write("one")
        try folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        try folder.write(#"{"resourceSeconds": {"*": 4}}"#, to: "state/sandbox/faults.json")
    }

    private func write(_ label: String) throws {
        try folder.write(
            "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: \(label)}}\n", to: "stacks/shop/template.yml")
    }

    /// Runs a command, and interrupts it when a text is written.
    /// - Parameter times: how often, the second time when it is asked what is meant.
    private func run(
        _ line: String, interruptingAt text: String, times: Int = 1, typing answers: [String], isInteractive: Bool = true
    ) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal(answers: answers)
        var context = Context.test(in: folder.path, typed, isInteractive: isInteractive, environment: ["PIPEPLAN_SANDBOX": "1"])
        let interruption = context.interruption
        let left = Mutex([text] + Array(repeating: "Interrupted.", count: times - 1))
        let write = context.terminal.writeError
        context.terminal.writeError = { text in
            write(text)
            let isDue = left.withLock { left in
                guard let next = left.first, text.contains(next) else { return false }
                left.removeFirst()
                return true
            }
            if isDue { interruption.interrupt() }
        }
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    private func history() async throws -> [String] {
        let typed = TypedTerminal()
        _ = await Pipeplan.run(["history", "--json"], in: .test(in: folder.path, typed, environment: ["PIPEPLAN_SANDBOX": "1"]))
        let report = try JSONSerialization.jsonObject(with: Data(typed.output.utf8)) as? [String: Any]
        return (report?["deployments"] as? [[String: Any]] ?? []).map { "\($0["kind"] ?? "") \($0["status"] ?? "")" }
    }

    @Test func `a creation is cancelled`() async throws {
        let (status, terminal) = await run("apply shop", interruptingAt: " Topic  AWS::SNS::Topic", typing: ["yes", "cancel"])
        #expect(status == 130, "\(terminal.errors)")
        #expect(terminal.errors.contains("cancelling the creation"), "\(terminal.errors)")
        #expect(try await history() == ["create cancelled"])
    }

    @Test func `what was not meant goes on`() async throws {
        let (status, terminal) = await run("apply shop", interruptingAt: " Topic  AWS::SNS::Topic", typing: ["yes", ""])
        #expect(status == 0, "\(terminal.errors)")
        #expect(try await history() == ["create succeeded"])
    }

    @Test func `an update is left running by a second one, and resumed`() async throws {
        #expect(await run("apply shop", interruptingAt: "never", typing: ["yes"]).status == 0)
        try write("two")
        let (status, terminal) = await run("apply shop", interruptingAt: " Topic  AWS::SNS::Topic", times: 2, typing: ["yes"])
        #expect(status == 130, "\(terminal.errors)")
        #expect(terminal.errors.contains("`pipeplan resume shop` follows it"), "\(terminal.errors)")
        #expect(try await history() == ["update detached", "create succeeded"])
        #expect(await run("resume", interruptingAt: "never", typing: []).status == 0)
        #expect(try await history() == ["update succeeded", "create succeeded"])
    }

    @Test func `a question that is interrupted is answered with no`() async throws {
        try folder.write(
            #"{"changeSets": [{"adding": [{"action": "Add", "logicalID": "Extra", "type": "T", "scope": [], "details": []}]}]}"#,
            to: "state/sandbox/faults.json")
        let (status, terminal) = await run("apply shop", interruptingAt: "Do it all the same?", typing: ["yes"])
        // The end of input is a no as well, and either may come first.
        #expect([3, 130].contains(status), "\(terminal.errors)")
        #expect(try await history() == ["create cancelled"])
    }

    @Test func `where nobody is asked, it goes on unwatched, or as was said beforehand`() async throws {
        let (status, terminal) = await run(
            "apply shop --auto-approve", interruptingAt: " Topic  AWS::SNS::Topic", typing: [], isInteractive: false)
        #expect(status == 130, "\(terminal.errors)")
        #expect(await run("resume", interruptingAt: "never", typing: []).status == 0)
        try write("two")
        let (cancelled, told) = await run(
            "apply shop --auto-approve --on-interrupt cancel", interruptingAt: " Topic  AWS::SNS::Topic", typing: [], isInteractive: false)
        #expect(cancelled == 130, "\(told.errors)")
        #expect(try await history() == ["update cancelled", "create succeeded"])
        #expect(told.errors.contains("It was cancelled, and what it had done was undone"), "\(told.errors)")
    }

    @Test func `of several stacks nothing more is begun`() async throws {
        try folder.write("Resources:\n  Queue: {Type: AWS::SQS::Queue}\n", to: "stacks/later/template.yml")
        try folder.write("region: us-east-1\ndependsOn: [shop]\n", to: "stacks/later/stack.yml")
        let (status, terminal) = await run(
            "apply --auto-approve --on-interrupt cancel", interruptingAt: " Topic  AWS::SNS::Topic", typing: [], isInteractive: false)
        #expect(status == 130, "\(terminal.errors)")
        #expect(try await history() == ["create cancelled"])
        #expect(terminal.output.contains("Stacks: 1 interrupted, 1 skipped."), "\(terminal.output)")
    }
}
