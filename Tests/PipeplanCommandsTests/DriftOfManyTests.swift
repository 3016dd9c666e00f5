import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

@Suite struct `Drift of several stacks, of which some can't be checked` {
    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        for name in ["one", "two", "three"] {
            try folder.write(
                "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: \(name)}}\n", to: "stacks/\(name)/template.yml")
            try settings("", of: name)
        }
        #expect(await run("apply one two three --auto-approve").status == 0)
        #expect(await run("sandbox edit one Topic DisplayName=edited").status == 0)
    }

    private func settings(_ more: String, of name: String) throws {
        try folder.write("region: us-east-1\n\(more)\n", to: "stacks/\(name)/stack.yml")
    }

    private func run(_ line: String) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal()
        let context = Context.test(in: folder.path, typed, environment: ["PIPEPLAN_SANDBOX": "1"])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    private func statuses(_ terminal: TypedTerminal) throws -> [String] {
        let report = try JSONDecoder().decode(JSONValue.self, from: Data(terminal.output.utf8))
        return (report["stacks"]?.arrayItems ?? []).map { "\($0["stack"]?.scalarText ?? "") \($0["status"]?.scalarText ?? "")" }
    }

    @Test func `the others are reported, and it says which and why`() async throws {
        try settings("allowedAccounts: ['111111111111']", of: "two")
        let (status, terminal) = await run("drift --detailed-exitcode")
        #expect(status == 3)
        #expect(terminal.output.contains(#"~ DisplayName: "one" → "edited""#), "\(terminal.output)")
        #expect(terminal.output.contains("! Not checked: Stack two must not be deployed to account"), "\(terminal.output)")
        #expect(terminal.output.contains("In sync: 0 modified, 0 deleted; 1 in sync"))
        #expect(try statuses(await run("drift --json").1) == ["one DRIFTED", "three IN_SYNC", "two NOT_CHECKED"])
        #expect(await run("drift one three --detailed-exitcode").status == 2)
    }

    @Test func `where they fail in different ways, the exit code is 1`() async throws {
        try settings("allowedAccounts: ['111111111111']", of: "two")
        try folder.write("region: [", to: "stacks/three/stack.yml")
        let (status, terminal) = await run("drift")
        #expect(status == 1)
        #expect(terminal.output.contains("! Not checked: stacks/three/stack.yml:1:"), "\(terminal.output)")
        #expect(await run("drift one three").status == 4)
    }

    @Test func `what was known before stays known to plans`() async throws {
        #expect(await run("drift").status == 0)
        try settings("allowedAccounts: ['111111111111']", of: "one")
        #expect(await run("drift one").status == 3)
        try settings("", of: "one")
        #expect(await run("plan one").1.output.contains("1 drifted resource this plan leaves as it is: Topic"))
        #expect(await run("drift --offline").1.output.contains("! Not checked: Stack one must not be"))
    }

    @Test func `putting right begins nothing where one can't be checked`() async throws {
        try settings("allowedAccounts: ['111111111111']", of: "two")
        let (status, terminal) = await run("apply one two --revert-drift --auto-approve")
        #expect(status == 3)
        #expect(terminal.errors.contains("Nothing was done."), "\(terminal.errors)")
        #expect(terminal.errors.ranges(of: "Stack two must not be deployed to account").count == 1, "\(terminal.errors)")
        #expect(await run("drift one --detailed-exitcode").status == 2)
    }
}
