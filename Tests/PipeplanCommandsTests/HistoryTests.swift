import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

/// One stack with a life of five deployments in the sandbox: created, changed twice, failed, changed again.
@Suite struct `History of a stack` {
    private static let template = """
        Parameters:
          Answer: {Type: String, Default: one}
          Token: {Type: String, NoEcho: true}
        Resources:
          Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Answer}}
          Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}
          Hook: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub "token ${Token}!"}}
        Outputs:
          Answer: {Value: !Ref Answer}

        """

    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        try configure()
        try write(Self.template)
        try await apply()
        try write(Self.template.replacing("DelaySeconds: 1", with: "DelaySeconds: 2"))
        try await apply()
        try configure(answer: "two")
        try await apply()
    }

    private func configure(answer: String = "one", more: String = "") throws {
        try folder.write(
            "region: us-east-1\nparameters: {Answer: \(answer), Token: {env: TOKEN}}\n\(more)", to: "stacks/shop/stack.yml")
    }

    private func write(_ template: String) throws { try folder.write(template, to: "stacks/shop/template.yml") }

    private func apply() async throws {
        let (status, terminal) = await run("apply shop --auto-approve --allow Queue")
        try #require(status == 0, "\(terminal.errors)")
    }

    private func run(
        _ line: String, typing answers: [String]? = nil, token: String? = "geheim-token-1"
    ) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal(answers: answers ?? [])
        var environment = ["PIPEPLAN_SANDBOX": "1", "USER": "ada"]
        environment["TOKEN"] = token
        let context = Context.test(in: folder.path, typed, isInteractive: answers != nil, environment: environment)
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    private func output(_ line: String) async throws -> String {
        let (status, terminal) = await run(line)
        try #require(status == 0, "\(line): \(terminal.errors)")
        return terminal.output
    }

    /// The member `serial` of every deployment that a filter lets pass.
    private func serials(_ filter: String) async throws -> [Int] {
        let text = try await output("history --json \(filter)")
        let report = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        return (report["deployments"]?.arrayItems ?? []).compactMap { $0["serial"]?.scalarText.flatMap { Int($0) } }
    }

    @Test(arguments: [
        ("", [3, 2, 1]), ("--kind update", [3, 2]), ("--kind create --kind destroy", [1]), ("--status failed", []),
        ("--status succeeded --limit 2", [3, 2]), ("--who ADA", [3, 2, 1]), ("--who nobody", []), ("--since 1h", [3, 2, 1]),
        ("--until 1h", []), ("--since 2020-01-01 --until 2021-01-01T00:00:00Z", []), ("--resource Queue", [2, 1]),
        ("--resource Topic", [3, 1]), ("--resource None", []), ("shop --resource Hook", [1]),
    ])
    func `deployments are found by what they were`(filter: String, expected: [Int]) async throws {
        #expect(try await serials(filter) == expected)
    }

    @Test func `a table without rows says why`() async throws {
        #expect(try await output("history --status failed") == "No deployment is like that.\n")
        let (status, terminal) = await run("history --since yesterday")
        #expect(status == 4)
        #expect(terminal.errors.contains(#"--since takes a time, not "yesterday""#), "\(terminal.errors)")
    }

    @Test func `one deployment is shown with a bar for each resource`() async throws {
        let text = try await output("history show shop 1")
        #expect(text.contains("\nTimeline\n"))
        let bars = text.split(separator: "\n").filter { $0.contains("█") }
        #expect(bars.count >= 4, "\(text)")
        #expect(bars.contains { $0.hasPrefix("  Topic ") && $0.hasSuffix("CREATE_COMPLETE") }, "\(text)")
        #expect(!text.contains("\u{1B}"))
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(try await output("history show shop 1 --json").utf8))
        #expect(json["timeline"]?.arrayItems?.count == bars.count)
    }

    @Test func `what a deployment was made of is printed as it was`() async throws {
        #expect(try await output("history template shop 1") == Self.template)
        #expect(try await output("history template shop") == Self.template.replacing("DelaySeconds: 1", with: "DelaySeconds: 2"))
        let parameters = try await output("history parameters shop 3")
        #expect(parameters.hasPrefix("Answer = two\nToken  = (sensitive, scrypt:"), "\(parameters)")
        #expect(try await output("history parameters shop 1").split(separator: "\n")[1] == parameters.split(separator: "\n")[1])
        #expect(try await output("history plan shop 2").contains("~ DelaySeconds: 1 → 2"))
        #expect(try await output("history events shop 1").contains("CREATE_IN_PROGRESS"))
        for part in ["template", "parameters", "plan", "events", "blame"] {
            let json = try JSONDecoder().decode(JSONValue.self, from: Data(try await output("history \(part) shop --json").utf8))
            #expect(json["formatVersion"] == 1, "\(part)")
        }
    }

    @Test func `two deployments are compared as a plan compares, and line by line`() async throws {
        let both = try await output("history diff shop 1 3")
        #expect(both.hasPrefix("shop: deployment 1 → deployment 3\n"))
        for part in [
            "~ DelaySeconds: 1 → 2", #"~ DisplayName: "one" → "two""#, #"~ Answer: "one" → "two""#,
        ] { #expect(both.contains(part), "\(both)") }
        #expect(!both.contains("Token"))
        let last = try await output("history diff shop 3")
        #expect(last.contains("DisplayName") && !last.contains("DelaySeconds"), "\(last)")
        #expect(try await output("history diff shop 1").contains("+ Topic"))
        #expect(try await output("history diff shop 3 1").contains("DelaySeconds: 2 → 1"))
        let text = try await output("history diff shop 1 2 --text")
        #expect(
            text == """
                --- deployment 1/template
                +++ deployment 2/template
                @@ -3,7 +3,7 @@
                   Token: {Type: String, NoEcho: true}
                 Resources:
                   Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Answer}}
                -  Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}
                +  Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 2}}
                   Hook: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub "token ${Token}!"}}
                 Outputs:
                   Answer: {Value: !Ref Answer}

                """)
        #expect(try await output("history diff shop 2 3 --text") == "")
        #expect(await run("history diff shop 1 9").status == 4)
    }

    @Test func `every property is blamed on the deployment that changed it last`() async throws {
        let rows = try await output("history blame shop").split(separator: "\n").dropFirst().map { line in
            line.split(separator: " ").joined(separator: " ")
        }
        func serial(_ what: String) -> String? { rows.first { $0.contains(what) }.map { String($0.prefix { $0 != " " }) } }
        #expect(serial("Topic AWS::SNS::Topic") == "3")
        #expect(serial(#"DisplayName = "two""#) == "3")
        #expect(serial("Queue AWS::SQS::Queue") == "2")
        #expect(serial("DelaySeconds = 2") == "2")
        #expect(serial("Hook AWS::SSM::Parameter") == "1")
        #expect(serial("Value = ") == "1")
        #expect(!rows.joined().contains("geheim"))
        #expect(try await output("history blame shop Queue").split(separator: "\n").count == 3)
        let (status, terminal) = await run("history blame shop Quue")
        #expect(status == 4 && terminal.errors.contains("Did you mean Queue?"))
    }

    @Test func `a resource is shown with where each property came from`() async throws {
        let topic = try await output("state show shop/Topic")
        #expect(
            topic.contains(#"DisplayName: "two"  # stacks/shop/template.yml:5; parameter Answer (stacks/shop/stack.yml:2)"#), "\(topic)")
        #expect(topic.contains("since       deployment 3"))
        let hook = try await output("state show shop/Hook")
        #expect(
            hook.contains(
                #"Value: "****"  # stacks/shop/template.yml:7; parameter Token (environment variable TOKEN, stacks/shop/stack.yml:2)"#),
            "\(hook)")
        try configure(more: "tags: {a: b}\n")
        try folder.write("region: us-east-1\nparameters: {Token: {env: TOKEN}}\n", to: "stacks/shop/stack.yml")
        #expect(try await output("state show shop/Topic").contains("parameter Answer (default, stacks/shop/template.yml:2)"))
        let (status, terminal) = await run("state show shop/Tpic")
        #expect(status == 4 && terminal.errors.contains("Did you mean Topic?"))
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(try await output("state show shop/Topic --json").utf8))
        #expect(json["properties"]?.arrayItems?.first?["location"] == "stacks/shop/template.yml:5")
    }

    // MARK: Going back

    @Test func `a rollback is a deployment that makes it as it was, and the secret that is the same stays`() async throws {
        let (status, terminal) = await run("rollback shop --to 1", typing: ["yes"], token: nil)
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains("~ DelaySeconds: 2 → 1"))
        #expect(terminal.output.contains(#"~ Answer: "two" → "one""#))
        #expect(try await output("outputs shop Answer") == "one\n")
        #expect(try await output("history template shop 4") == Self.template)
        #expect(try await serials("--kind rollback") == [4])
        let (again, told) = await run("rollback shop --to 1 --auto-approve")
        #expect(again == 0 && told.output.contains("No changes."), "\(told.errors)")
    }

    @Test func `a secret that is another one now is taken from its source, or asked for, or refused`() async throws {
        let (changed, _) = await run("apply shop --auto-approve", token: "geheim-token-2")
        #expect(changed == 0)
        let (missing, told) = await run("rollback shop --to 3 --auto-approve", token: nil)
        #expect(missing == 4)
        #expect(told.errors.contains("The secret Token is not recorded"), "\(told.errors)")
        let (other, warned) = await run("rollback shop --to 3", typing: ["no"], token: "geheim-token-3")
        #expect(other == 3)
        #expect((warned.output + warned.errors).contains("is not the one that deployment 3 had"), "\(warned.output)")
        let (asked, terminal) = await run("rollback shop --to 3", typing: ["geheim-token-1", "yes"], token: nil)
        #expect(asked == 0, "\(terminal.errors)")
        #expect(terminal.errors.contains("The value of Token"))
        #expect(!(terminal.output + terminal.errors).contains("geheim"))
        let parameters = try await output("history parameters shop 5")
        #expect(try await output("history parameters shop 3") == parameters, "the digest is the recorded one")
    }

    @Test func `hazards of a rollback have to be allowed, and a destroyed stack comes back`() async throws {
        try write(Self.template.replacing("  Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}\n", with: ""))
        try await apply()
        #expect(await run("rollback shop --to 2 --auto-approve").status == 0)
        let (refused, terminal) = await run("rollback shop --to 4 --auto-approve")
        #expect(refused == 3)
        #expect(terminal.errors.contains("--allow Queue"), "\(terminal.errors)")
        #expect(await run("destroy shop --auto-approve").status == 0)
        let (status, back) = await run("rollback shop --to 3 --auto-approve")
        #expect(status == 0, "\(back.errors)")
        #expect(try await output("outputs shop Answer") == "two\n")
        let (never, told) = await run("rollback shop --to 6 --auto-approve")
        #expect(never == 4)
        #expect(told.errors.contains("is 5"), "\(told.errors)")
    }

    // MARK: The record itself

    @Test func `the record is sound, and a head that was seen elsewhere is in it`() async throws {
        let shown = try await output("history show shop 2")
        let hash = try #require(shown.split(separator: "\n").first { $0.contains(" hash ") }?.split(separator: " ").last)
        let text = try await output("state verify --head \(hash)")
        #expect(text.contains("is shop deployment 2."), "\(text)")
        #expect(text.contains("Sound: 3 deployments of 1 stack"), "\(text)")
        let (status, terminal) = await run("state verify --head \(String(repeating: "0", count: 64))")
        #expect(status == 1)
        #expect(terminal.output.contains("no record has the hash"), "\(terminal.output)")
        #expect(await run("state verify --head abc").status == 4)
    }

    @Test func `a backup is written and put back`() async throws {
        #expect(try await output("state backup copy.sqlite") == "Written and checked: copy.sqlite\n")
        #expect(await run("state backup copy.sqlite").status == 4)
        try configure(answer: "three")
        try await apply()
        let (status, terminal) = await run("state restore copy.sqlite")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.errors.contains("Not in it, or not as recorded here: 1 deployment (shop 4)."), "\(terminal.errors)")
        #expect(try await serials("") == [3, 2, 1])
        #expect(try await output("state verify").hasPrefix("Sound"))
    }

    @Test func `the whole log is exported, and taken in elsewhere`() async throws {
        try folder.write(try await output("history export"), to: "history.jsonl")
        #expect(try await output("history import history.jsonl") == "Taken in: 0 of 6 records; the others were here already.\n")
        let other = try TemporaryFolder()
        try other.write(try folder.read("history.jsonl"), to: "history.jsonl")
        try other.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        let typed = TypedTerminal()
        let context = Context.test(in: other.path, typed, environment: ["PIPEPLAN_SANDBOX": "1"])
        #expect(await Pipeplan.run(["history", "import", "history.jsonl"], in: context) == 0, "\(typed.errors)")
        #expect(await Pipeplan.run(["history", "show", "shop", "3"], in: context) == 0)
        let (status, terminal) = await run("history import none.jsonl")
        #expect(status == 4 && terminal.errors.contains("can't be read"))
    }

    @Test func `gc tells what would go before it goes`() async throws {
        #expect(try await output("state gc --keep-events 0s --keep-newest 1 --dry-run").hasPrefix("Would remove "))
        let text = try await output("state gc --keep-events 0s --keep-plans 0s --keep-templates 0s --keep-newest 1 --json")
        let report = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        #expect(report["plans"]?.scalarText == "2")
        #expect(report["templates"]?.scalarText == "1", "that of 2 and 3 is the same")
        #expect(try await output("history events shop 1") == "The events of this deployment were removed by `pipeplan state gc`.\n")
        let (status, terminal) = await run("history template shop 1")
        #expect(status == 1 && terminal.errors.contains("not recorded any more"), "\(terminal.errors)")
        #expect(try await output("state verify").contains("Removed by gc"))
        #expect(try await output("state vacuum").contains(" bytes, now "))
        #expect(await run("state gc --keep-events soon").status == 4)
    }

    @Test func `a stack is forgotten after a yes, and moved so that its address is free`() async throws {
        #expect(await run("state rm shop", typing: ["no"]).status == 3)
        #expect(await run("state rm shop").status == 3)
        let (status, terminal) = await run("state mv shop store")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.errors.contains("stackName: shop, region: us-east-1"))
        #expect(try await output("state list").contains("store"))
        #expect(try await output("history store --kind state-edit").contains("state-edit"))
        #expect(try await output("state rm store --auto-approve").contains("is forgotten"))
        #expect(try await output("state list") == "No stack is recorded.\n")
        #expect(await run("state rm store --auto-approve").status == 4)
        #expect(try await output("state verify").hasPrefix("Sound"))
    }

    @Test(arguments: [
        "history diff --help", "history blame --help", "rollback --help", "state verify --help", "state gc --help", "state mv --help",
        "state restore --help", "history template --help",
    ])
    func `help teaches by example`(line: String) async {
        let (status, terminal) = await run(line)
        #expect(status == 0)
        #expect(terminal.output.contains("  pipeplan "), "\(terminal.output)")
    }
}
