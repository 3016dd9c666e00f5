import Foundation
import TestSupport
import Testing

/// Whoever reads JSON in a script finds its version in it, whatever the command.
@Suite struct `Every report as JSON` {
    private static let exempt: Set = [
        // Lines of JSON, the first of which has the version; CloudFormation's own form.
        "history export", "diff",
        // What `apply` and `state lease show` print, of a stack whose operation has failed and of a process that hangs.
        "recover", "state lease release",
    ]

    /// The commands that take `--json`, as the program itself lists them.
    private func commands() throws -> Set<String> {
        let text = try run(Repository.program, ["--experimental-dump-help"], in: Repository.root).output
        let help = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        func walk(_ command: [String: Any], _ path: [String]) -> [String] {
            let own = (command["arguments"] as? [[String: Any]] ?? []).contains { $0["valueName"] as? String == "json" }
            let below = (command["subcommands"] as? [[String: Any]] ?? []).flatMap { command in
                walk(command, path + [command["commandName"] as? String ?? ""])
            }
            return (own ? [path.joined(separator: " ")] : []) + below
        }
        return Set(walk(help?["command"] as? [String: Any] ?? [:], []))
    }

    @Test func `has a format version`() async throws {
        let cloud = try TemporaryFolder()
        let server = try await inBackground { try RunningServer.sandbox(folder: "\(cloud.path)/sandbox") }
        let share = try TemporaryFolder()
        let session = try Session(endpoint: server.endpoint)
        try session.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        func write(_ label: String) throws {
            try session.folder.write(
                "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: \(label)}}\nOutputs: {Name: {Value: x}}\n",
                to: "stacks/shop/template.yml")
        }
        var seen = Self.exempt
        /// Runs a command, whose name is as many words as the program knows of it.
        func json(_ line: String, status: Int32 = 0, in place: Session? = nil, _ variables: [String: String] = [:]) throws {
            let words = line.split(separator: " ").map(String.init)
            let names = (1...words.count).map { words.prefix($0).joined(separator: " ") }.filter { all.contains($0) }
            seen.formUnion(names.suffix(1))
            let result = try (place ?? session).pipeplan(line + " --json", environment: variables)
            #expect(result.status == status, "\(line): \(result.output)\(result.errors)")
            let report = try? JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            #expect(report?["formatVersion"] as? Int == 1, "\(line): \(result.output)")
        }
        let all = try commands()
        #expect(all.count > 40)

        try write("one")
        for line in ["version", "whoami", "validate", "plan", "apply --auto-approve", "outputs"] { try json(line) }
        try write("two")
        for line in [
            "apply shop --auto-approve", "history", "history list",
            "history show shop", "history diff shop 1 2", "history blame shop", "history template shop", "history parameters shop",
            "history plan shop 1", "history events shop", "drift shop", "drift detect shop", "history drift shop", "resume", "state list",
            "state show shop", "state show shop/Topic", "state verify", "state backup copy.sqlite", "state gc", "state vacuum",
            "rollback shop --to 1 --auto-approve", "state restore copy.sqlite",
        ] { try json(line) }
        let edited = try session.pipeplan("sandbox edit shop Topic DisplayName=edited", environment: ["PIPEPLAN_STATE": cloud.path])
        #expect(edited.status == 0, "\(edited.errors)")
        for line in ["drift shop", "drift accept shop Topic --reason known", "history plan shop", "drift adopt shop"] { try json(line) }
        try session.folder.write(try session.pipeplan("history export").output, to: "history.jsonl")
        for line in [
            "history import history.jsonl", "state share \(share.path)", "state sync", "state pull", "state push", "state who",
            "state lease list", "state lease show shop", "state unshare",
        ] { try json(line) }
        for line in ["state mv shop store", "state rm store --auto-approve", "import shop", "destroy shop --auto-approve"] {
            try json(line)
        }
        #expect(all.subtracting(seen) == [], "these were not tried")
    }
}
