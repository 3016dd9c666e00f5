import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

/// Commands run in this process, against a terminal that the test types into.
@Suite struct `Commands at a terminal` {
    private static let template = """
        Parameters:
          Answer: {Type: String}
        Resources:
          Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Answer}}
        Outputs:
          Name: {Value: !GetAtt Topic.TopicName}
        """

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(Self.template, to: "stacks/shop/template.yml")
        try folder.write("region: us-east-1\nparameters: {Answer: one}\n", to: "stacks/shop/stack.yml")
    }

    private func run(_ line: String, typing answers: [String] = [], isInteractive: Bool = true) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal(answers: answers)
        let context = Context.test(in: folder.path, typed, isInteractive: isInteractive, environment: ["PIPEPLAN_SANDBOX": "1"])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    @Test(arguments: ["yes", " YES "]) func `the word yes applies the plan`(_ answer: String) async {
        let (status, terminal) = await run("apply shop", typing: [answer])
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.errors.contains("Apply this? Only yes will do: "))
        #expect(await run("plan --detailed-exitcode").status == 0)
    }

    @Test(arguments: [["y"], ["no"], [""], []]) func `anything else does not`(_ answers: [String]) async {
        let (status, terminal) = await run("apply shop", typing: answers)
        #expect(status == 3)
        #expect(terminal.errors.contains("The plan was not approved"))
        #expect(await run("history").1.output == "Nothing has been deployed yet.\n")
    }

    @Test func `a prompted parameter is asked for when it is needed and kept afterwards`() async throws {
        try folder.write(#"parameters: {Answer: {prompt: "How many?"}}"# + "\nregion: us-east-1\n", to: "stacks/shop/stack.yml")
        let (status, terminal) = await run("apply shop", typing: ["forty-two", "yes"])
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.errors.hasPrefix("How many? "))
        #expect(terminal.output.contains(#"+ Answer: "forty-two""#))
    }

    @Test func `plans of many stacks come in the order of deployment`() async throws {
        for number in 10..<30 {
            try folder.write(Self.template, to: "stacks/s\(number)/template.yml")
            let before = number < 29 ? "dependsOn: [s\(number + 1)]\n" : ""
            try folder.write("region: us-east-1\nparameters: {Answer: one}\n\(before)", to: "stacks/s\(number)/stack.yml")
        }
        let (status, terminal) = await run("plan")
        #expect(status == 0, "\(terminal.errors)")
        let heads = terminal.output.split(separator: "\n").filter { $0.contains(" → stack ") }
        let names = heads.map { $0.prefix { $0 != " " } }
        #expect(names == (10..<30).reversed().map { "s\($0)" } + ["shop"])
    }

    @Test func `a hazard that nobody is asked about has to be allowed by name`() async throws {
        func template(_ resource: String) -> String {
            "Parameters: {Answer: {Type: String}}\nResources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Answer}}\n\(resource)"
        }
        try folder.write(template("  Queue: {Type: AWS::SQS::Queue}\n"), to: "stacks/shop/template.yml")
        #expect(await run("apply shop --auto-approve").status == 0)
        try folder.write(template(""), to: "stacks/shop/template.yml")
        let (refused, terminal) = await run("apply shop --auto-approve")
        #expect(refused == 3)
        #expect(terminal.errors.contains("Queue is removed: its messages would be lost (hazard-not-allowed)"), "\(terminal.errors)")
        #expect(terminal.errors.contains("add --allow Queue"))
        #expect(await run("apply shop --auto-approve --allow Queue").status == 0)
    }

    @Test func `a plan can be a comment on a pull request`() async {
        let (status, terminal) = await run("plan shop --markdown")
        #expect(status == 0)
        #expect(terminal.output.hasPrefix("### `shop`\n\n**1** to add"))
        #expect(terminal.output.contains("| add | `Topic` | `AWS::SNS::Topic` |"))
    }

    @Test func `an output can be had alone`() async {
        #expect(await run("apply shop --auto-approve").status == 0)
        let (status, terminal) = await run("outputs shop Name")
        #expect(status == 0)
        #expect(terminal.output.hasPrefix("shop-Topic-") && terminal.output.hasSuffix("\n"))
        let (missing, told) = await run("outputs shop Nam")
        #expect(missing == 4)
        #expect(told.errors.contains("Did you mean Name?"))
    }

    @Test func `a renamed stack would be left behind, and is refused`() async throws {
        #expect(await run("apply shop --auto-approve").status == 0)
        try folder.write("region: us-east-1\nstackName: store\nparameters: {Answer: one}\n", to: "stacks/shop/stack.yml")
        for command in ["apply shop --auto-approve", "plan", "plan shop --out moved.plan"] {
            let (status, terminal) = await run(command)
            #expect(status == 3)
            #expect(terminal.errors.contains("recorded as shop in us-east-1, not store in us-east-1"), "\(command)")
        }
        try folder.write("region: eu-west-1\nparameters: {Answer: one}\n", to: "stacks/shop/stack.yml")
        #expect(await run("plan").1.errors.contains("not shop in eu-west-1 (stack-moved)"))
    }

    @Test func `a recorded stack that is in no file is told of where all are planned`() async throws {
        #expect(await run("apply shop --auto-approve").status == 0)
        try folder.write(Self.template, to: "stacks/new/template.yml")
        try folder.write("region: us-east-1\nparameters: {Answer: one}\n", to: "stacks/new/stack.yml")
        #expect(await run("plan").1.output.contains("in no file") == false)
        try FileManager.default.removeItem(atPath: "\(folder.path)/stacks/shop")
        #expect(
            await run("plan").1.output.hasSuffix(
                """

                note: Recorded, but in no file: shop (recorded-without-files)
                  `pipeplan destroy shop` deletes the stack, `pipeplan state rm shop` only forgets it.

                """))
        #expect(await run("plan new").1.output.contains("in no file") == false)
        #expect(await run("plan --markdown").1.output.contains("\n> [!NOTE]\n> Recorded, but in no file: shop."))
        let json = try JSONSerialization.jsonObject(with: Data(await run("plan --json").1.output.utf8)) as? [String: Any]
        #expect((json?["notes"] as? [[String: Any]])?.map { $0["code"] as? String } == ["recorded-without-files"])
    }

    @Test func `the wrong account is refused before anything is done`() async throws {
        try folder.write(
            "region: us-east-1\nallowedAccounts: ['000000000001']\nparameters: {Answer: one}\n", to: "stacks/shop/stack.yml")
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 3)
        #expect(terminal.errors.contains("must not be deployed to account 123456789012"))
        #expect(await run("history").1.output == "Nothing has been deployed yet.\n")
    }

    @Test func `to destroy what is not deployed is nothing to do, and to resume what there is not is a mistake`() async throws {
        #expect(await run("apply shop --auto-approve").status == 0)
        #expect(await run("destroy shop --auto-approve").status == 0)
        let (again, terminal) = await run("destroy shop --auto-approve")
        #expect(again == 0 && terminal.output == "Nothing of this is deployed.\n", "\(terminal.errors)")
        #expect(await run("destroy shpo --auto-approve").status == 4)
        #expect(await run("resume shop").status == 0)
        let (status, resumed) = await run("resume shpo")
        #expect(status == 4 && resumed.errors.contains("Did you mean shop?"), "\(resumed.errors)")
    }

    @Test(arguments: ["stacks/shop", "stacks/shop/", "./stacks/shop/", "shop/"])
    func `a stack may be named by its folder, as a shell completes it`(name: String) async {
        #expect(await run("apply \(name) --auto-approve").status == 0)
        #expect(await run("plan \(name) --detailed-exitcode").status == 0)
    }

    @Test func `a fault that is misspelt does not go unnoticed`() async throws {
        try folder.write(#"{"resourceSecond": {"*": 2}}"#, to: "state/sandbox/faults.json")
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 1 && terminal.errors.contains("There is no fault named resourceSecond"), "\(terminal.errors)")
    }

    @Test func `git is told to leave a new state folder alone`() async throws {
        #expect(await run("apply shop --auto-approve").status == 0)
        #expect(try folder.read("state/sandbox/.gitignore").contains("\n*\n"))
    }

    @Test func `without the team's history nothing is planned that would look new`() async throws {
        try folder.write("share: ../share\n", to: "stacks/pipeplan.yml")
        let typed = TypedTerminal()
        #expect(await Pipeplan.run(["plan"], in: .test(in: folder.path, typed)) == 3)
        #expect(typed.errors.contains("has not been synced yet") && typed.output == "", "\(typed.errors)")
    }

    @Test(arguments: [
        ("plna", "Did you mean plan?"), ("plan --detailed", "Unknown option"), ("plan shpo", "Did you mean shop?"),
        ("plan a:b:c", "is no stack"), ("history --limit 0", "takes a number from 1"), ("history show shop 7", "has no deployment 7"),
        ("plan shop:prod", "prod"), ("apply shop --yes", "--auto-approve"), ("deploy", "Did you mean apply?"),
    ])
    func `bad usage is told with what to do, and exits with 4`(line: String, hint: String) async {
        let (status, terminal) = await run(line)
        #expect(status == 4)
        #expect(terminal.errors.contains(hint), "\(terminal.errors)")
    }

    @Test func `what validation finds is a result, and makes it exit with 4`() async {
        let (status, terminal) = await run("validate nothing.yml")
        #expect(status == 4)
        #expect(terminal.output.contains("There is no file nothing.yml"))
        #expect(await run("validate shop").status == 0)
    }

    @Test(arguments: ["--help", "help plan", "apply --help", "history show --help", "sandbox serve --help", "--version", "version"])
    func `help and version are results`(_ line: String) async {
        let (status, terminal) = await run(line)
        #expect(status == 0)
        #expect(!terminal.output.isEmpty)
        #expect(terminal.errors.isEmpty)
    }
}
