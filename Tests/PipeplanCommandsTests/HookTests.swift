import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

@Suite struct `Hooks of a stack` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(
            """
            Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: one}}}
            Outputs: {Name: {Value: !GetAtt Topic.TopicName}}
            """, to: "stacks/shop/template.yml")
    }

    private func hooks(_ text: String) throws { try folder.write("region: us-east-1\nhooks:\n\(text)\n", to: "stacks/shop/stack.yml") }

    private func edit() throws {
        let text = try folder.read("stacks/shop/template.yml")
        try folder.write(text.replacing("one", with: "two"), to: "stacks/shop/template.yml")
    }

    private func run(_ line: String) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal()
        let environment = ["PIPEPLAN_SANDBOX": "1", "PATH": "/usr/bin:/bin", "PIPEPLAN_ENV": ""]
        let context = Context.test(in: folder.path, typed, environment: environment)
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    private static let tell =
        #"echo "$PIPEPLAN_HOOK $PIPEPLAN_STACK $PIPEPLAN_STACK_NAME $PIPEPLAN_REGION $PIPEPLAN_SERIAL $PIPEPLAN_STATUS" >> log"#

    @Test func `they are run around what is done, in the project's folder, and know of it`() async throws {
        try hooks(
            """
              before: {plan: '\(Self.tell)', apply: '\(Self.tell)', destroy: '\(Self.tell)'}
              after:
                plan: '\(Self.tell)'
                apply: ['\(Self.tell)', 'echo "made $PIPEPLAN_OUTPUT_Name"']
                destroy: {run: '\(Self.tell)'}
            """)
        #expect(await run("plan shop").status == 0)
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.errors.contains("after apply | made shop-Topic-"), "\(terminal.errors)")
        #expect(await run("apply shop --auto-approve").status == 0)
        #expect(await run("destroy shop --auto-approve").status == 0)
        #expect(
            try folder.read("log").split(separator: "\n") == [
                "before-plan shop shop us-east-1 0 ", "after-plan shop shop us-east-1 0 changes",
                "before-plan shop shop us-east-1 0 ", "after-plan shop shop us-east-1 0 changes",
                "before-apply shop shop us-east-1 0 ", "after-apply shop shop us-east-1 1 succeeded",
                "before-plan shop shop us-east-1 1 ", "after-plan shop shop us-east-1 1 unchanged",
                "before-destroy shop shop us-east-1 1 ", "after-destroy shop shop us-east-1 2 succeeded",
            ])
    }

    @Test func `a hook before the plan can make the template`() async throws {
        try hooks("  before: {plan: 'cp made.yml stacks/shop/template.yml'}")
        try folder.write("Resources: {Made: {Type: AWS::SNS::Topic}}", to: "made.yml")
        let (status, terminal) = await run("plan shop")
        #expect(status == 0)
        #expect(terminal.output.contains("+ Made"), "\(terminal.output)")
    }

    @Test func `one that fails before it lets nothing be done`() async throws {
        try hooks("  before: {apply: 'echo no way; exit 3'}")
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 1)
        #expect(terminal.errors.contains("before apply | no way"), "\(terminal.errors)")
        #expect(terminal.errors.contains("The hook before apply of shop exited with 3: echo no way; exit 3"))
        #expect(await run("history").1.output == "Nothing has been deployed yet.\n")
        #expect(await run("apply shop --auto-approve --no-hooks").status == 0)
    }

    @Test func `one that fails after it makes the command fail, and what was done stays done`() async throws {
        try hooks("  after: {apply: 'false', destroy: 'exit 9'}")
        let (status, terminal) = await run("apply shop --auto-approve --json")
        #expect(status == 1)
        #expect(terminal.output.contains(#""status" : "succeeded""#), "\(terminal.output)")
        #expect(terminal.errors.contains("The hook after apply of shop exited with 1: false"), "\(terminal.errors)")
        #expect(await run("plan shop --detailed-exitcode").status == 0)
        let (destroyed, told) = await run("destroy shop --auto-approve --json")
        #expect(destroyed == 1 && told.output.contains(#""kind" : "destroy""#), "\(told.output)")
    }

    @Test func `of several stacks it is told beside its own, and stops what depends on it`() async throws {
        try hooks("  after: {apply: 'false'}")
        try folder.write("Resources: {Topic: {Type: AWS::SNS::Topic}}", to: "stacks/later/template.yml")
        try folder.write("region: us-east-1\ndependsOn: [shop]\n", to: "stacks/later/stack.yml")
        let (status, terminal) = await run("apply --auto-approve")
        #expect(status == 1)
        #expect(terminal.output.contains("The hook after apply of shop exited with 1"), "\(terminal.output)")
        #expect(terminal.output.contains("Stacks: 1 failed, 1 skipped."), "\(terminal.output)")
    }

    @Test func `around a plan they reach the sandbox where that is used, as all others do`() async throws {
        let tell = #"echo "$AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID $AWS_PROFILE" | sed "s/:[0-9][0-9]*/:port/" >> log"#
        try hooks("  before: {plan: '\(tell)'}\n  after: {plan: '\(tell)', apply: '\(tell)'}")
        let environment = ["PIPEPLAN_SANDBOX": "1", "PATH": "/usr/bin:/bin", "AWS_PROFILE": "real", "AWS_ACCESS_KEY_ID": "real"]
        for line in ["plan shop", "plan shop --online", "apply shop --auto-approve"] {
            let context = Context.test(in: folder.path, TypedTerminal(), environment: environment)
            #expect(await Pipeplan.run(line.split(separator: " ").map(String.init), in: context) == 0)
        }
        let lines = try folder.read("log").split(separator: "\n")
        #expect(lines.count == 7 && lines.allSatisfy { $0 == "http://127.0.0.1:port sandbox " }, "\(lines)")
    }

    @Test func `what a bucket holds may be taken away by a hook before its stack is destroyed`() async throws {
        try folder.write(
            "Resources: {Files: {Type: AWS::S3::Bucket}}\nOutputs: {Name: {Value: !Ref Files}}", to: "stacks/shop/template.yml")
        let object =
            #"curl -sSf --aws-sigv4 aws:amz:us-east-1:s3 --user sandbox:sandbox "$AWS_ENDPOINT_URL/$PIPEPLAN_OUTPUT_Name/one""#
        try hooks("  before: {destroy: 'true'}\n  after: {apply: '\(object) --upload-file stacks/shop/stack.yml'}")
        #expect(await run("apply shop --auto-approve --allow Files").status == 0)
        let (refused, told) = await run("destroy shop --auto-approve")
        #expect(refused == 3 && told.errors.contains("holds objects"), "\(told.errors)")
        #expect(await run("history --json").1.output.contains(#""kind" : "destroy""#) == false)
        try hooks("  before: {destroy: '\(object) -X DELETE'}")
        let (status, terminal) = await run("destroy shop --auto-approve")
        #expect(status == 0 && terminal.errors.contains("The hooks before it come first"), "\(terminal.errors)")
    }

    @Test func `a failure may be told only, or not even that`() async throws {
        try hooks("  after: {apply: [{run: 'false', onFailure: warn}, {run: 'exit 7', onFailure: ignore}, 'echo reached']}")
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 0)
        #expect(terminal.errors.contains("warning: The hook after apply of shop exited with 1"), "\(terminal.errors)")
        #expect(!terminal.errors.contains("exited with 7") && terminal.errors.contains("after apply | reached"))
    }

    @Test func `a deployment that fails is told to the hooks behind it`() async throws {
        try hooks("  after: {apply: 'echo it $PIPEPLAN_STATUS'}")
        try folder.write(
            #"{"resources": [{"logicalId": "Topic", "on": "create", "message": "no more topics"}]}"#, to: "state/sandbox/faults.json")
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 1)
        #expect(terminal.errors.contains("after apply | it rolled-back"), "\(terminal.errors)")
    }

    @Test func `what outlives its time is ended with all it has started`() async throws {
        try hooks("  before: {apply: {run: 'sleep 300 & echo $! > child; wait', timeout: 1s}}")
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 1)
        #expect(terminal.errors.contains("took longer than 1 s, and was ended"), "\(terminal.errors)")
        let child = try folder.read("child").trimmed
        #expect(Int32(child) != nil)
        // One that nobody has waited for yet has ended too.
        let state = try TestSupport.run("ps", ["-o", "stat=", "-p", child], in: folder.path).output.trimmed
        #expect(state.isEmpty || state.hasPrefix("Z"), "\(state)")
    }

    @Test func `what a hook leaves running is not waited for, and what it prints at the end of input is told`() async throws {
        try hooks("  before: {apply: 'sleep 60 & exec >&- 2>&-; true'}\n  after: {apply: 'printf \"no newline\"'}")
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.errors.contains("after apply | no newline\n"), "\(terminal.errors)")
    }

    @Test func `of several stacks, one whose hook fails stops only what depends on it`() async throws {
        try hooks("  before: {apply: 'false'}")
        for (stack, needs) in [("app", "shop"), ("alone", "")] {
            try folder.write("Resources: {Topic: {Type: AWS::SNS::Topic}}", to: "stacks/\(stack)/template.yml")
            try folder.write("region: us-east-1\ndependsOn: [\(needs)]\n", to: "stacks/\(stack)/stack.yml")
        }
        let (status, terminal) = await run("apply --auto-approve")
        #expect(status == 1)
        #expect(terminal.output.contains("Stacks: 1 applied, 1 failed, 1 skipped."), "\(terminal.output)")
    }

    @Test func `none is run to validate, and none without one`() async throws {
        try hooks("  before: {plan: 'touch ran'}")
        #expect(await run("validate").status == 0)
        #expect(await run("history").status == 0)
        #expect(await run("plan --no-hooks").status == 0)
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/ran"))
    }

    @Test(arguments: [
        ("  before: [make]", "before of hooks of stack.yml must be a map"), ("  before: {aply: make}", "Did you mean apply?"),
        ("  after: {apply: {run: make, timeout: 5}}", "timeout is no time"),
        ("  after: {apply: {run: make, timeout: 25h}}", "a day at most"),
        ("  after: {apply: {run: make, timeout: 9223372036854775807h}}", "timeout is no time"),
        ("  after: {apply: {run: make, onFailure: wran}}", "Did you mean warn?"), ("  after: {apply: {timeout: 5s}}", "has nothing to run"),
    ]) func `a mistake in them is told with its place`(_ text: String, _ message: String) async throws {
        try hooks(text)
        let (status, terminal) = await run("plan shop")
        #expect(status == 4)
        #expect(terminal.errors.contains(message) && terminal.errors.contains("stack.yml:3:"), "\(terminal.errors)")
    }
}
