import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

@Suite struct `The command validate` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("Resources: {Topic: {Type: AWS::SNS::Topic}}\n", to: "good.yml")
        try folder.write("Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties: {TopicNam: x}\n", to: "bad.yml")
    }

    private func run(_ line: String, environment: [String: String] = [:]) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal()
        let context = Context.test(in: folder.path, typed, environment: environment)
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    /// Codes and places, from the JSON report.
    private func found(_ line: String, environment: [String: String] = [:]) async throws -> [String] {
        let (_, terminal) = await run("validate --json \(line)", environment: environment)
        let report = try JSONDecoder().decode(Report.self, from: Data(terminal.output.utf8))
        #expect(report.formatVersion == 1)
        return report.targets.flatMap { target in
            target.findings.map { "\($0.severity) \($0.code) \($0.location.map(\.description) ?? "nowhere")" }
        }
    }

    private struct Report: Decodable {
        struct Target: Decodable {
            var target: String
            var valid: Bool
            var findings: [Finding]
        }
        var formatVersion: Int
        var targets: [Target]
    }

    @Test func `what the catalog finds is an error, at its place and with a remedy`() async {
        let (status, terminal) = await run("validate bad.yml good.yml")
        #expect(status == 4)
        #expect(
            terminal.output.hasPrefix(
                """
                error: Unknown property Topic.TopicNam (unknown-property)
                  bad.yml:4:18
                  4 |     Properties: {TopicNam: x}
                    |                  ^^^^^^^^
                  Did you mean TopicName? So says the catalog of
                """))
        #expect(terminal.output.hasSuffix("bad.yml: not valid\ngood.yml: valid\n"))
    }

    @Test func `stacks that depend on each other in a circle are found`() async throws {
        for (stack, other) in [("self", "self2"), ("self2", "self")] {
            try folder.write("Resources: {Topic: {Type: AWS::SNS::Topic}}\n", to: "stacks/\(stack)/template.yml")
            try folder.write("dependsOn: \(other)\n", to: "stacks/\(stack)/stack.yml")
        }
        #expect(try await found("self") == ["error circular-dependency stacks/self2/stack.yml:1:12"])
    }

    @Test func `an IAM resource without the capability for it is found`() async throws {
        func template(_ properties: String) throws {
            try folder.write(
                "Resources:\n  R: {Type: AWS::IAM::Group, Properties: {\(properties)}}\n  G: {Type: AWS::IAM::Group}\n",
                to: "stacks/team/template.yml")
        }
        func settings(_ capabilities: String) throws {
            try folder.write("region: us-east-1\ncapabilities: [\(capabilities)]\n", to: "stacks/team/stack.yml")
        }
        try template("Path: /")
        try settings("CAPABILITY_AUTO_EXPAND")
        #expect(try await found("team") == ["error missing-capability stacks/team/template.yml:2:3"])
        let (status, terminal) = await run("plan team", environment: ["PIPEPLAN_SANDBOX": "1"])
        #expect(status == 4)
        #expect(terminal.errors.contains("R and 1 more need the capability CAPABILITY_IAM (missing-capability)"), "\(terminal.errors)")
        #expect(terminal.errors.contains("`capabilities: [CAPABILITY_AUTO_EXPAND, CAPABILITY_IAM]`"), "\(terminal.errors)")
        try settings("CAPABILITY_IAM")
        #expect(try await found("team") == [])
        try template("GroupName: team")
        #expect(await run("validate team").1.output.contains("`capabilities: [CAPABILITY_NAMED_IAM]`"))
        try settings("CAPABILITY_NAMED_IAM")
        #expect(try await found("team") == [])
    }

    @Test func `a warning alone is no failure`() async throws {
        try folder.write("Parameters: {P: {Type: String}}\nResources: {T: {Type: AWS::SNS::Topic}}\n", to: "warned.yml")
        #expect(await run("validate warned.yml").status == 0)
        #expect(try await found("warned.yml") == ["warning unused-parameter warned.yml:1:14"])
    }

    @Test func `a loop over a parameter that has no value yet is no error`() async throws {
        let text = """
            Transform: AWS::LanguageExtensions
            Parameters: {P: {Type: CommaDelimitedList}}
            Resources:
              Fn::ForEach::L: [N, !Ref P, {"T${N}": {Type: AWS::SNS::Topic}}]
              U: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref TA}}
            """
        try folder.write(text, to: "loop.yml")
        #expect(try await found("loop.yml") == ["warning unknown-collection loop.yml:4:23"])
    }

    @Test func `the project's own stacks are without a finding`() async throws {
        let typed = TypedTerminal()
        let status = await Pipeplan.run(["validate"], in: Context.test(in: Repository.root, typed))
        #expect(status == 0)
        #expect(typed.output.split(separator: "\n").allSatisfy { $0.hasSuffix(": valid") }, "\(typed.output)")
    }

    // MARK: Nested stacks

    private func nest(_ location: String) throws {
        try folder.write(
            "Resources:\n  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: \(location)}}\n", to: "parents/parent.yml")
    }

    @Test func `a nested template is checked too, under its own name`() async throws {
        try nest("../bad.yml")
        #expect(try await found("parents/parent.yml") == ["error unknown-property bad.yml:4:18"])
    }

    @Test func `a template that nests itself is told, and checked once`() async throws {
        try nest("parent.yml")
        #expect(try await found("parents/parent.yml") == ["error nested-template-cycle parents/parent.yml:2:71"])
    }

    @Test(arguments: ["gone.yml", "."])
    func `a nested template that is not there is found`(_ location: String) async throws {
        try nest(location)
        #expect(try await found("parents/parent.yml") == ["error missing-nested-template parents/parent.yml:2:71"])
    }

    @Test(arguments: ["'https://b.s3.amazonaws.com/k.yml'", "!Sub 'https://${AWS::Region}/k.yml'", "'{{resolve:ssm:/url}}'"])
    func `a nested template elsewhere is left alone`(_ location: String) async throws {
        try nest(location)
        #expect(try await found("parents/parent.yml") == [])
    }

    // MARK: cfn-lint

    /// A program in cfn-lint's place, which answers with `output`, and the variable that names it.
    private func linter(answering output: String) throws -> [String: String] {
        try folder.write("#!/bin/sh\ncat <<'END'\n\(output)\nEND\nexit 2\n", to: "bin/cfn-lint")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder.path)/bin/cfn-lint")
        return ["PATH": "\(folder.path)/bin:/usr/bin:/bin"]
    }

    private func match(_ rule: String, _ level: String, line: Int, column: Int) -> String {
        """
        {"Filename": "\(folder.path)/bad.yml", "Level": "\(level)", "Message": "Of \(rule)",
         "Rule": {"Id": "\(rule)", "ShortDescription": "Short", "Source": "https://example.com/"},
         "Location": {"Start": {"LineNumber": \(line), "ColumnNumber": \(column)}, "End": {"LineNumber": \(line), "ColumnNumber": 9}}}
        """
    }

    @Test func `findings of cfn-lint are merged, but for what was found at that place already`() async throws {
        let matches = [
            match("E3002", "Error", line: 4, column: 18), match("W1001", "Warning", line: 2, column: 3),
            match("I1002", "Informational", line: 900, column: 0), match("E1010", "Error", line: 5, column: 5),
        ]
        let environment = try linter(answering: "[\(matches.joined(separator: ","))]")
        #expect(
            try await found("--lint bad.yml", environment: environment) == [
                "error unknown-property bad.yml:4:18", "warning cfn-lint-W1001 bad.yml:2:3", "note cfn-lint-I1002 bad.yml:900:1",
                "error cfn-lint-E1010 bad.yml:5:5",
            ])
    }

    @Test func `an error of cfn-lint alone makes a template not valid`() async throws {
        let environment = try linter(answering: "[\(match("E1", "Error", line: 1, column: 1).replacing("bad.yml", with: "good.yml"))]")
        let (status, terminal) = await run("validate --lint good.yml", environment: environment)
        #expect(status == 4)
        #expect(terminal.output.contains("Short. See https://example.com/."))
    }

    @Test(arguments: [
        ([:], 4, "cfn-lint is not installed"), (["PATH": "/nowhere"], 4, "Install it (`pip install cfn-lint`)"),
        (["PIPEPLAN_CFN_LINT": "/nowhere/cfn-lint"], 4, "/nowhere/cfn-lint is no program"),
    ])
    func `where cfn-lint is not installed that is said`(_ environment: [String: String], _ status: Int32, _ message: String) async {
        let (ended, terminal) = await run("validate --lint good.yml", environment: environment)
        #expect(ended == status)
        #expect(terminal.errors.contains(message), "\(terminal.errors)")
        #expect(terminal.output.isEmpty)
    }

    @Test(arguments: ["", "Traceback", "{}", #"[{"Filename": 5}]"#])
    func `what cfn-lint can't answer is said`(_ output: String) async throws {
        let (ended, terminal) = await run("validate --lint good.yml", environment: try linter(answering: output))
        #expect(ended == 1)
        #expect(terminal.errors.contains("did not answer with its findings"))
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: Repository.python("cfn-lint"))))
    func `the real cfn-lint is understood`() async throws {
        // A policy's inside is what cfn-lint alone checks; the reference both do.
        let policy = "{Statement: [{Effect: Alow, Action: '*', Principal: '*'}]}"
        try folder.write(
            "Resources:\n  R:\n    Type: AWS::IAM::Role\n    DependsOn: Other\n    Properties: {AssumeRolePolicyDocument: \(policy)}\n",
            to: "both.yml")
        let environment = ["PIPEPLAN_CFN_LINT": Repository.python("cfn-lint"), "HOME": folder.path, "PATH": "/usr/bin:/bin"]
        let found = try await found("--lint both.yml", environment: environment)
        #expect(found.first == "error unknown-reference both.yml:4:16")
        #expect(found.dropFirst().contains { $0.hasPrefix("error cfn-lint-E") && $0.hasSuffix(" both.yml:5:58") }, "\(found)")
        #expect(!found.contains { $0.hasSuffix(":4:5") })
    }
}
