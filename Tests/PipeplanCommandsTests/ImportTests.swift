import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

/// A stack that somebody else has made: nothing of it is recorded, and no file describes it.
@Suite struct `Import of a stack` {
    private static let template = """
        Parameters:
          Label: {Type: String}
          Token: {Type: String, NoEcho: true}
        Resources:
          Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Label}}
          Hook:   # its secret
            Type: AWS::SSM::Parameter
            Properties: {Type: String, Name: /hook, Value: !Ref Token}
        Outputs:
          Name: {Value: !GetAtt Topic.TopicName, Export: {Name: topic}}
        """
    private static let token = "made-up-token-4711"

    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        try folder.write(Self.template, to: "stacks/shop/template.yml")
        try folder.write(
            """
            region: us-east-1
            stackName: made-by-hand
            parameters: {Label: "on: 'a #1'", Token: {env: SOME_TOKEN}}
            tags: {team: "007", "a key": 'é "quoted" \\'}
            terminationProtection: true
            stackPolicy: {Statement: [{Effect: Allow, Action: "Update:*", Principal: "*", Resource: "*"}]}

            """, to: "stacks/shop/stack.yml")
        let (status, terminal) = await run("apply shop --auto-approve", environment: ["SOME_TOKEN": Self.token])
        #expect(status == 0, "\(terminal.errors)")
        try forget()
    }

    /// Leaves the stack, and nothing that is known of it here.
    private func forget(_ files: [String] = ["stacks/shop", "state/sandbox/pipeplan.sqlite"]) throws {
        for file in files { try FileManager.default.removeItem(atPath: "\(folder.path)/\(file)") }
    }

    private func run(_ line: String, environment: [String: String] = [:]) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal()
        let context = Context.test(
            in: folder.path, typed, environment: ["PIPEPLAN_SANDBOX": "1"].merging(environment) { $1 })
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    @Test func `its files are written as CloudFormation has it, and the plan shows no changes`() async throws {
        let (status, terminal) = await run("import store --stack-name made-by-hand")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.errors.contains("with 2 resources. Recorded as deployment 1."), "\(terminal.errors)")
        #expect(terminal.errors.contains("Not told by CloudFormation, and kept until given: Token."))
        #expect(terminal.output.contains("No changes."), "\(terminal.output)")
        #expect(try folder.read("stacks/store/template.yml") == Self.template)
        let settings = try folder.read("stacks/store/stack.yml")
        #expect(
            settings == """
                # Imported from the stack made-by-hand in us-east-1.
                stackName: made-by-hand
                region: us-east-1
                parameters:
                  Label: "on: 'a #1'"
                  # CloudFormation does not tell a NoEcho value. As long as TOKEN is not set, the stack keeps what it has.
                  Token: {env: TOKEN}
                tags:
                  "a key": "é \\"quoted\\" \\\\"
                  team: "007"
                terminationProtection: true
                stackPolicy: stack-policy.json

                """, "\(settings)")
        #expect(await run("plan --detailed-exitcode").status == 0)
        #expect(await run("outputs store Name").1.output.hasPrefix("made-by-hand-Topic-"))
        let history = await run("history").1.output
        #expect(history.contains("import") && history.contains("succeeded"), "\(history)")
        #expect(try folder.contents().allSatisfy { $0.value.range(of: Data(Self.token.utf8)) == nil })
        #expect(await run("validate").status == 0)
    }

    @Test func `in an environment, it is described there`() async throws {
        let (status, terminal) = await run("import store:prod --stack-name made-by-hand")
        #expect(status == 0, "\(terminal.errors)")
        #expect(try folder.read("stacks/store/stack.yml").contains("environments:\n  prod:\n    stackName: made-by-hand\n"))
        #expect(await run("plan store:prod --detailed-exitcode").status == 0)
    }

    @Test func `a folder that is there stays as it is, and the plan shows the difference`() async throws {
        try folder.write(Self.template.replacing("# its secret", with: "# what it tells"), to: "stacks/store/template.yml")
        let settings = "region: us-east-1\nstackName: made-by-hand\nparameters: {Label: two, Token: {env: TOKEN}}\n"
        try folder.write(settings, to: "stacks/store/stack.yml")
        let (status, terminal) = await run("import store")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains(#"~ DisplayName: "on: 'a #1'" → "two""#), "\(terminal.output)")
        #expect(try folder.read("stacks/store/stack.yml") == settings)
    }

    @Test func `a secret that is given afterwards may be the same, and then its digest is recorded`() async throws {
        #expect(await run("import store --stack-name made-by-hand").status == 0)
        let planned = await run("plan store --json", environment: ["TOKEN": Self.token]).1.output
        #expect(planned.contains(#""willChange" : "unknown""#) && !planned.contains(#""willChange" : "yes""#), "\(planned)")
        let (status, terminal) = await run("apply store --auto-approve", environment: ["TOKEN": Self.token])
        #expect(status == 0, "\(terminal.errors)")
        #expect(await run("plan store --detailed-exitcode", environment: ["TOKEN": Self.token]).status == 0)
        let other = await run("plan store --detailed-exitcode", environment: ["TOKEN": "another-token"])
        #expect(other.status == 2, "\(other.1.output)")
        #expect(await run("plan store --detailed-exitcode").status == 0)
    }

    @Test func `importing it again does nothing`() async throws {
        #expect(await run("import store --stack-name made-by-hand").status == 0)
        let (status, terminal) = await run("import store --stack-name made-by-hand")
        #expect(status == 0)
        #expect(terminal.errors == "Nothing to do: store is recorded, as deployment 1 left it.\n")
    }

    @Test func `a stack is not recorded under two names`() async throws {
        #expect(await run("import store --stack-name made-by-hand").status == 0)
        let (status, terminal) = await run("import second --stack-name made-by-hand")
        #expect(status == 3)
        #expect(terminal.errors.contains("The stack made-by-hand is recorded as store"))
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/stacks/second"))
    }

    @Test(arguments: [
        ("import nothing", 4, "There is no stack nothing in us-east-1"), ("import a/b", 4, "is no name for a folder"),
        ("import ../x", 4, "is no name for a folder"), ("import .x", 4, "is no name for a folder"),
        ("import half --stack-name made-by-hand", 4, "stacks/half is there, and has no stack.yml"),
        ("import store --stack-name made-by-hand --region eu-west-1", 4, "There is no stack made-by-hand in eu-west-1"),
    ]) func `what can't be imported is told, and nothing is written`(_ line: String, _ exit: Int32, _ message: String) async throws {
        try folder.write("a file of somebody's", to: "stacks/half/notes.txt")
        let (status, terminal) = await run(line)
        #expect(status == exit)
        #expect(terminal.errors.contains(message), "\(terminal.errors)")
        #expect(try folder.contents().keys.filter { $0.hasPrefix("stacks/") || $0.hasPrefix(".") } == ["stacks/half/notes.txt"])
        #expect(await run("history").1.output == "Nothing has been deployed yet.\n")
    }

    @Test func `a stack that nothing was made in is refused`() async throws {
        try folder.write("Resources: {Queue: {Type: AWS::SQS::Queue}}", to: "stacks/draft/template.yml")
        try folder.write("region: us-east-1\n", to: "stacks/draft/stack.yml")
        #expect(await run("plan draft --online --out reviewed.plan").status == 0)
        let (status, terminal) = await run("import draft")
        #expect(status == 3)
        #expect(terminal.errors.contains("Stack draft is in REVIEW_IN_PROGRESS and can't be imported"), "\(terminal.errors)")
    }

    @Test func `what is recorded of it is changed and destroyed as any other`() async throws {
        #expect(await run("import store --stack-name made-by-hand").status == 0)
        let settings = try folder.read("stacks/store/stack.yml")
        try folder.write(
            settings.replacing("terminationProtection: true", with: "terminationProtection: false"), to: "stacks/store/stack.yml")
        #expect(await run("apply store --auto-approve").status == 0)
        let (status, terminal) = await run("destroy store --auto-approve")
        #expect(status == 0, "\(terminal.errors)")
    }
}
