import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

@Suite struct `Drift at a terminal` {
    private static let template = """
        Parameters:
          Password: {Type: String, NoEcho: true}
        Resources:
          Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: one, Tags: [{Key: a, Value: b}]}}   # ours
          Secret: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /s, Value: !Ref Password}}
          Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}
        """

    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        try folder.write(Self.template, to: "stacks/shop/template.yml")
        try settings("")
        #expect(await run("apply shop --auto-approve").status == 0)
    }

    private func settings(_ more: String) throws {
        try folder.write("region: us-east-1\nparameters: {Password: {env: PW}}\n\(more)\n", to: "stacks/shop/stack.yml")
    }

    private func run(_ line: String, typing answers: [String] = [], isInteractive: Bool = true) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal(answers: answers)
        let context = Context.test(
            in: folder.path, typed, isInteractive: isInteractive, environment: ["PIPEPLAN_SANDBOX": "1", "PW": "hunter2hunter2"])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    private func output(_ line: String) async -> String { await run(line).1.output }

    @Test func `what is ignored is counted, and drift no more`() async throws {
        _ = await run("sandbox edit shop Topic DisplayName=edited")
        #expect(await run("drift --detailed-exitcode").status == 2)
        try settings("ignoreDrift: [Topic.DisplayName]")
        let (status, terminal) = await run("drift --detailed-exitcode")
        #expect(status == 0)
        #expect(terminal.output.contains("0 modified, 0 deleted; 2 in sync, 0 not checked; 1 ignored."), "\(terminal.output)")
        try settings("ignoreDrift: [{resource: T*, path: DisplayName, value: other}]")
        #expect(await run("drift --detailed-exitcode").status == 2)
        try settings("ignoreDrift: [{path: DisplayName}]")
        #expect(await run("drift").status == 4)
    }

    @Test func `a secret's drift is told, and neither of its values`() async throws {
        _ = await run("sandbox edit shop Secret Value=swordfish")
        let text = await output("drift") + output("drift --json") + output("drift --markdown") + output("history drift shop")
        #expect(text.contains("~ Value: (sensitive)"), "\(text)")
        #expect(!text.contains("swordfish") && !text.contains("hunter2"))
        // The sandbox is the cloud, and keeps what it was told.
        let recorded = try folder.contents().filter { $0.key.contains("pipeplan.sqlite") }
        #expect(!recorded.isEmpty && recorded.values.allSatisfy { $0.range(of: Data("swordfish".utf8)) == nil })
        let (status, terminal) = await run("drift accept shop Secret --reason x")
        #expect(status == 4 && terminal.errors.contains("is a secret"))
    }

    @Test func `a secret that stands in the template itself is no trouble`() async throws {
        try folder.write(
            Self.template.replacing("NoEcho: true}", with: "NoEcho: true, Default: hunter2hunter2}"), to: "stacks/shop/template.yml")
        #expect(await run("apply shop --auto-approve").status == 0)
        _ = await run("sandbox edit shop Secret Value=swordfish")
        let (status, terminal) = await run("drift --detailed-exitcode")
        #expect(status == 2 && terminal.output.contains("~ Value: (sensitive)"), "\(terminal.output)\(terminal.errors)")
    }

    @Test func `an acceptance counts until the value is another one`() async throws {
        _ = await run("sandbox edit shop Topic DisplayName=edited")
        #expect(await run("drift accept shop Topic --reason friday").status == 4)
        _ = await run("drift")
        let (status, terminal) = await run("drift accept shop Topic --reason friday")
        #expect(status == 0, "\(terminal.errors)")
        #expect(await run("drift --detailed-exitcode").status == 0)
        #expect(await output("drift").contains("# accepted: friday"))
        #expect(await !output("plan").contains("Drift"))
        #expect(await output("history --json").contains("\"kind\" : \"drift-accept\""))
        #expect(await output("history drift shop").split(separator: "\n").count { $0.contains("Topic") } == 1)
        _ = await run("sandbox edit shop Topic DisplayName=another")
        #expect(await run("drift --detailed-exitcode").status == 2)
    }

    @Test func `adopting asks, shows the edit, and keeps comments`() async throws {
        _ = await run("sandbox edit shop Topic DisplayName=edited")
        _ = await run("sandbox edit shop Topic Tags/0/Value=c")
        _ = await run("sandbox delete-resource shop Queue")
        _ = await run("drift")
        #expect(await run("drift adopt shop", typing: ["no"]).status == 3)
        #expect(try folder.read("stacks/shop/template.yml") == Self.template)
        let (status, terminal) = await run("drift adopt shop", typing: ["yes"])
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains("stacks/shop/template.yml:6:3: Queue: It was deleted"), "\(terminal.output)")
        #expect(
            try folder.read("stacks/shop/template.yml")
                == Self.template.replacing("one", with: "edited").replacing("Value: b}", with: "Value: c}"))
        #expect(await output("drift adopt shop --json --auto-approve").contains(#""written" : false"#))
    }

    @Test func `what CloudFormation does not check is read by a deep check`() async throws {
        try folder.write(#"{"drift": {"unsupportedTypes": ["AWS::SNS::Topic"]}}"#, to: "state/sandbox/faults.json")
        _ = await run("sandbox edit shop Topic DisplayName=edited")
        let shallow = await output("drift")
        #expect(shallow.contains("? Topic  AWS::SNS::Topic") && shallow.contains("1 not checked"), "\(shallow)")
        let deep = await output("drift --deep")
        #expect(deep.contains(#"~ DisplayName: "one" → "edited""#) && deep.contains("read through Cloud Control API"), "\(deep)")
    }

    @Test func `a failing detection is one clear line and exit code 1`() async throws {
        try folder.write(#"{"drift": {"failing": ["Queue"]}}"#, to: "state/sandbox/faults.json")
        let (status, terminal) = await run("drift")
        #expect(status == 1)
        #expect(terminal.output.contains("! Not checked: Failed to detect drift on resources [Queue]"), "\(terminal.output)")
        #expect(terminal.output.contains("? Queue  AWS::SQS::Queue"))
    }

    @Test func `the last report is shown offline with its age`() async throws {
        #expect(await run("drift --offline").1.errors.contains("There is no drift report on shop"))
        _ = await run("drift")
        #expect(await output("drift --offline").firstMatch(of: /, checked [0-9]+[.0-9]*s/) != nil)
    }

    @Test func `watching ends at the first drift where that is asked for`() async throws {
        _ = await run("sandbox edit shop Topic DisplayName=edited")
        #expect(await run("drift --watch 1h --detailed-exitcode").status == 2)
        #expect(await output("plan --markdown").hasSuffix("> Drift in `shop`: `Topic`. A template that stays leaves it as it is.\n"))
        #expect(await run("drift --watch soon").status == 4)
        #expect(await run("drift --watch 1h --offline").status == 4)
    }

    @Test(arguments: [
        ("sandbox edit shop Nothing A=b", "has no resource Nothing"), ("sandbox edit shop Topic A", "is no path=value"),
        ("sandbox edit shop Topic DisplayName/x=1", "leads nowhere"), ("sandbox delete-resource shoe Topic", "has no stack shoe"),
        ("drift shoe", "Did you mean shop?"), ("drift adopt shop", "was never detected"),
    ])
    func `bad usage is told and exits with 4`(line: String, hint: String) async {
        let (status, terminal) = await run(line)
        #expect(status == 4)
        #expect(terminal.errors.contains(hint), "\(terminal.errors)")
    }
}
