import Foundation
import Model
import StateDatabase
import TestSupport
import Testing

@testable import PipeplanCommands

@Suite struct `Drift of secrets is told, and no value of them` {
    private static let secret = "hunter2hunter2"
    private static let live = "swordfish-swordfish"
    private static let template = """
        Parameters:
          Password: {Type: String, NoEcho: true}
          Label: {Type: String, Default: plain}
        Resources:
          Labelled: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Label}}
          Plain: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /p, Value: !Ref Password}}
          Joined: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /j, Value: !Join ['-', [x, !Ref Password]]}}
          Topic:
            Type: AWS::SNS::Topic
            Properties:
              DisplayName: one
              Tags: [{Key: a, Value: !Sub "${Password}"}, {Key: b, Value: c}]
        """

    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        try folder.write(Self.template, to: "stacks/shop/template.yml")
        try folder.write("region: us-east-1\nparameters: {Password: {env: PW}}\n", to: "stacks/shop/stack.yml")
        #expect(await run("apply shop --auto-approve").status == 0)
        _ = await run("sandbox edit shop Plain Value=\(Self.live)")
        _ = await run("sandbox edit shop Joined Value=x-\(Self.live)")
        _ = await run("sandbox edit shop Topic Tags/0/Value=\(Self.live)")
        #expect(await run("drift --detailed-exitcode").status == 2)
    }

    private func run(_ line: String) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal()
        let context = Context.test(in: folder.path, typed, environment: ["PIPEPLAN_SANDBOX": "1", "PW": Self.secret])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    private func text(_ line: String) async -> String {
        let terminal = await run(line).1
        return terminal.output + terminal.errors
    }

    /// Whether the recorded state holds a word: its files as they are, and the reports as they are read, since texts are compressed.
    private func isRecorded(_ word: String) throws -> Bool {
        let recorded = try folder.contents().filter { $0.key.contains("pipeplan.sqlite") }
        #expect(!recorded.isEmpty)
        let database = try StateDatabase.open(
            folder: "\(folder.path)/state/sandbox", access: .readOnly, context: .test(in: folder.path))
        let address = StackAddress(stack: "shop")
        let read = try JSONEncoder().encode(try database.driftReports(address)) + JSONEncoder().encode(try database.acceptedDrift(address))
        return (recorded.values + [read]).contains { $0.range(of: Data(word.utf8)) != nil }
    }

    @Test(arguments: [
        "drift", "drift --json", "drift --markdown", "drift --deep", "drift --offline", "drift --offline --json", "history drift shop",
        "history drift shop --json", "plan", "plan --json", "plan --markdown", "drift adopt shop --auto-approve",
        "drift adopt shop --auto-approve --json", "apply shop --revert-drift --auto-approve --verbose",
    ])
    func `in no report, no plan and no advice`(line: String) async throws {
        let text = await text(line)
        #expect(!text.contains("swordfish") && !text.contains("hunter2"), "\(text)")
        #expect(!text.isEmpty)
    }

    @Test func `in plans that touch what has drifted`() async throws {
        try folder.write(
            Self.template.replacing("DisplayName: one", with: "DisplayName: two").replacing("[x, ", with: "[y, "),
            to: "stacks/shop/template.yml")
        let text = await text("plan") + text("plan --json") + text("plan --markdown")
        #expect(text.contains("Joined.Value: the live value is not the recorded one (sensitive)"), "\(text)")
        #expect(!text.contains("swordfish") && !text.contains("hunter2"), "\(text)")
    }

    @Test func `nothing is written into templates or records`() async throws {
        #expect(await run("drift adopt shop --auto-approve").status == 0)
        #expect(try folder.read("stacks/shop/template.yml") == Self.template)
        #expect(await text("drift adopt shop --auto-approve").contains("Plain.Value: It is a secret"))
        #expect(try !isRecorded("swordfish"))
        #expect(try !isRecorded(Self.secret))
    }

    @Test func `a known secret that somebody else has put into a plain parameter is hidden`() async throws {
        let record = URL(fileURLWithPath: folder.path).appendingPathComponent("state/sandbox")
        func names() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: record.path).filter { $0.hasPrefix("pipeplan.sqlite") }
        }
        let before = try names().map { ($0, try Data(contentsOf: record.appendingPathComponent($0))) }
        try folder.write(
            "region: us-east-1\nparameters: {Password: {env: PW}, Label: x-\(Self.secret)}\n", to: "stacks/shop/stack.yml")
        #expect(await run("apply shop --auto-approve").status == 0)
        for name in try names() { try FileManager.default.removeItem(at: record.appendingPathComponent(name)) }
        for (name, data) in before { try data.write(to: record.appendingPathComponent(name)) }
        for line in ["drift", "drift --offline", "drift --json", "history drift shop --json"] {
            let found = await text(line)
            #expect(!found.contains("hunter2"), "\(found)")
        }
        #expect(await text("drift").contains(#"parameter Label: recorded "plain", live "x-****""#))
        #expect(try !isRecorded(Self.secret))
    }

    @Test func `a known secret that was put elsewhere by hand, or into a reason, is hidden too`() async throws {
        _ = await run("sandbox edit shop Topic DisplayName=\(Self.secret)")
        let found = await text("drift")
        #expect(found.contains("~ DisplayName: (sensitive)") && !found.contains("hunter2"), "\(found)")
        #expect(await run("drift accept shop Topic --path DisplayName --reason x").status == 4)
        _ = await run("sandbox edit shop Topic DisplayName=edited")
        _ = await run("drift")
        #expect(await run("drift accept shop Topic --path DisplayName --reason because:\(Self.secret)").status == 0)
        #expect(await text("drift").contains("# accepted: because:****"))
        #expect(await text("history show shop --json").contains("hunter2") == false)
        #expect(try !isRecorded(Self.secret))
    }
}
