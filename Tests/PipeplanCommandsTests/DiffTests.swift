import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

@Suite struct `Differences of two templates` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(Self.template("one"), to: "old.yml")
        try folder.write(Self.template("two"), to: "new.yml")
    }

    private static func template(_ name: String) -> String {
        "Parameters: {Say: {Type: String, Default: hello}}\nResources:\n"
            + "  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: \(name), DisplayName: !Ref Say}}\n"
    }

    private func diff(_ arguments: String) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal(answers: [])
        let words = ["diff"] + arguments.split(separator: " ").map(String.init)
        let environment = ProcessInfo.processInfo.environment.filter { $0.key == "PATH" }
        return (await Pipeplan.run(words, in: .test(in: folder.path, typed, isInteractive: false, environment: environment)), typed)
    }

    @Test func `are told as a plan is`() async {
        let (status, terminal) = await diff("old.yml new.yml --detailed-exitcode")
        #expect(status == 2)
        #expect(terminal.output.hasPrefix("old.yml → new.yml\n"))
        #expect(terminal.output.contains(#"~ TopicName: "one" → "two"  # forces replacement"#))
    }

    @Test func `of a template and itself are none`() async {
        let (status, terminal) = await diff("old.yml old.yml --json --detailed-exitcode")
        #expect(status == 0)
        #expect(terminal.output.contains(#""Status" : "FAILED""#) && terminal.output.contains("didn't contain changes"))
    }

    @Test(arguments: ["aws", "aws-values", "real"]) func `have the shape of DescribeChangeSet in every view`(view: String) async throws {
        let (status, terminal) = await diff("old.yml new.yml --json --view \(view)")
        #expect(status == 0, "\(terminal.errors)")
        let answer = try #require(try JSONSerialization.jsonObject(with: Data(terminal.output.utf8)) as? [String: Any])
        #expect(Set(answer.keys) == ["Status", "StatusReason", "Changes"])
        let change = try #require((answer["Changes"] as? [[String: Any]])?.first?["ResourceChange"] as? [String: Any])
        #expect(change["Action"] as? String == "Modify" && change["Replacement"] as? String == "True")
        #expect(change["PolicyAction"] as? String == "ReplaceAndDelete")
        #expect((change["AfterContext"] != nil) == (view == "aws-values"))
    }

    @Test func `of nothing and a template are a new stack`() async {
        let (status, terminal) = await diff("/dev/null new.yml")
        #expect(status == 0)
        #expect(terminal.output.contains("Plan: 1 to add, 0 to change, 0 to replace, 0 to remove."))
    }

    @Test func `come of parameters too`() async throws {
        try folder.write(#"[{"ParameterKey": "Say", "ParameterValue": "bye"}]"#, to: "values.json")
        let (status, terminal) = await diff("old.yml old.yml --parameters-new values.json")
        #expect(status == 0)
        #expect(terminal.output.contains(#"~ DisplayName: "hello" → "bye"  # by parameter Say"#))
    }

    @Test func `can be those of a file and its past`() async throws {
        for command in [["init", "-q"], ["add", "old.yml"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]] {
            #expect(try TestSupport.run("/usr/bin/env", ["git"] + command, in: folder.path).status == 0)
        }
        let (status, terminal) = await diff("HEAD:old.yml new.yml")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains("1 to replace"))
        #expect(await diff("HEAD:none.yml new.yml").status == 4)
    }

    @Test(arguments: ["none.yml new.yml", "old.yml broken.yml", "old.yml", "old.yml new.yml --view all"])
    func `of what can't be read are bad input`(_ arguments: String) async throws {
        try folder.write("Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Nobody}}}\n", to: "broken.yml")
        let (status, terminal) = await diff(arguments)
        #expect(status == 4)
        #expect(!terminal.errors.isEmpty)
    }
}
