import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

/// Stacks of the sandbox that somebody changes who records nothing here.
@Suite struct `Stacks that were changed past pipeplan` {
    private let folder: TemporaryFolder
    private let record: URL

    init() async throws {
        folder = try TemporaryFolder()
        record = URL(fileURLWithPath: folder.path).appendingPathComponent("state/sandbox")
        try write(label: "one")
        #expect(await run("apply shop --auto-approve").status == 0)
    }

    private func write(label: String, size: Int = 1, settings: String = "", queue: Bool = false) throws {
        try folder.write(
            """
            Parameters:
              Size: {Type: Number}
              Token: {Type: String, NoEcho: true}
            Resources:
              First: {Type: AWS::SNS::Topic, Properties: {DisplayName: \(label)}}
              Sized: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Size}}
              Secret: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Token}}
            \(queue ? "  Second: {Type: AWS::SQS::Queue}" : "")
            """, to: "stacks/shop/template.yml")
        try folder.write(
            "region: us-east-1\nparameters: {Size: \(size), Token: {env: TOKEN}}\n\(settings)\n", to: "stacks/shop/stack.yml")
    }

    private func run(
        _ line: String, typing answers: [String]? = nil, token: String = "first-secret"
    ) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal(answers: answers ?? [])
        let context = Context.test(
            in: folder.path, typed, isInteractive: answers != nil, environment: ["PIPEPLAN_SANDBOX": "1", "TOKEN": token])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    private func fault(on moment: String) throws {
        try folder.write(#"{"resources": [{"logicalId": "First", "on": "\#(moment)", "message": "no"}]}"#, to: "state/sandbox/faults.json")
    }

    /// Deploys what the files say, and forgets it.
    private func changePastPipeplan(token: String = "first-secret", ending status: Int32 = 0) async throws {
        func names() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: record.path).filter { $0.hasPrefix("pipeplan.sqlite") }
        }
        let before = try names().map { ($0, try Data(contentsOf: record.appendingPathComponent($0))) }
        #expect(await run("apply shop --auto-approve", token: token).status == status)
        for name in try names() { try FileManager.default.removeItem(at: record.appendingPathComponent(name)) }
        for (name, data) in before { try data.write(to: record.appendingPathComponent(name)) }
    }

    @Test func `another template is shown before anything is done, and needs a yes of its own`() async throws {
        try write(label: "theirs")
        try await changePastPipeplan()
        try write(label: "one", queue: true)
        let (refused, told) = await run("apply shop --auto-approve")
        #expect(refused == 3)
        #expect(told.errors.contains("The stack was changed past pipeplan by the change set arn:"), "\(told.errors)")
        #expect(told.errors.contains("+  First: {Type: AWS::SNS::Topic, Properties: {DisplayName: theirs}}"), "\(told.errors)")
        #expect(!told.errors.contains("change set created"))
        #expect(await run("apply shop", typing: ["yes", "no"]).status == 3)
        // What CloudFormation does beyond the plan is the next question.
        let (status, asked) = await run("apply shop", typing: ["yes", "yes", "yes"])
        #expect(status == 0 && asked.errors.contains("Apply it all the same?"), "\(asked.errors)")
        let more = "First (AWS::SNS::Topic) would be modified, and is not in the plan\n      ~ DisplayName: \"theirs\" → \"one\"\n"
        #expect(asked.errors.contains(more), "\(asked.errors)")
        #expect(await run("drift --detailed-exitcode").status == 0)
    }

    @Test func `another value of a parameter counts, in drift too`() async throws {
        try write(label: "one", size: 2)
        try await changePastPipeplan()
        let line = #"parameter Size: recorded "1", live "2""#
        let (drifted, shown) = await run("drift --detailed-exitcode")
        #expect(drifted == 2 && shown.output.contains(line), "\(shown.output)")
        #expect(await run("drift --json").1.output.contains(#""parameterDifference" : ["#))
        try write(label: "one", queue: true)
        let (refused, told) = await run("apply shop --auto-approve")
        #expect(refused == 3 && told.errors.contains(line), "\(told.errors)")
    }

    @Test func `nobody is asked where the files say what was made of the stack, and that is recorded`() async throws {
        try write(label: "theirs", size: 2)
        try await changePastPipeplan()
        let (status, told) = await run("apply shop --auto-approve")
        #expect(status == 0 && !told.errors.contains("past pipeplan"), "\(told.errors)")
        for command in ["plan shop --detailed-exitcode", "drift shop --detailed-exitcode"] {
            let (status, told) = await run(command)
            #expect(status == 0 && !told.output.contains("past pipeplan"), "\(told.output)")
        }
    }

    @Test func `a known secret in what somebody has changed is hidden where it is asked about`() async throws {
        try write(label: "first-secret")
        try await changePastPipeplan()
        try write(label: "one", queue: true)
        let (status, told) = await run("apply shop", typing: ["yes", "yes", "no"])
        #expect(status == 3 && told.errors.contains("+  First: {Type: AWS::SNS::Topic, Properties: {DisplayName: ****}}"), "\(told.errors)")
        #expect(told.errors.contains("~ DisplayName: (sensitive)") && !told.errors.contains("first-secret"), "\(told.errors)")
    }

    @Test func `what left the stack as it was recorded is no question`() async throws {
        try fault(on: "update")
        try write(label: "theirs")
        try await changePastPipeplan(ending: 1)
        try folder.write("{}", to: "state/sandbox/faults.json")
        try write(label: "two")
        let (status, told) = await run("apply shop --auto-approve")
        #expect(status == 0 && !told.errors.contains("past pipeplan"), "\(told.errors)")
    }

    @Test func `a secret that was changed is told by nobody, and what CloudFormation does about it is asked`() async throws {
        try await changePastPipeplan(token: "second-secret")
        try write(label: "two")
        let (status, told) = await run("apply shop --auto-approve")
        let more = "Secret (AWS::SSM::Parameter) would be modified, and is not in the plan\n      ~ Value: (sensitive)\n"
        #expect(status == 3 && told.errors.contains(more), "\(told.errors)")
        #expect(!told.errors.contains("second-secret") && !told.errors.contains("first-secret"))
    }

    @Test func `what pipeplan itself did in any way is not past it`() async throws {
        func expectKnown(_ what: Comment) async {
            let (status, shown) = await run("drift --detailed-exitcode")
            #expect(status == 0 && !shown.output.contains("past pipeplan"), "\(what): \(shown.output)")
        }
        try write(label: "one", settings: "terminationProtection: true")
        #expect(await run("apply shop --auto-approve").status == 0)
        await expectKnown("protections only")
        try write(label: "two")
        try fault(on: "update")
        #expect(await run("apply shop --auto-approve").status == 1)
        await expectKnown("rolled back")
        #expect(await run("apply shop --auto-approve --disable-rollback").status == 1)
        #expect(await run("recover shop --auto-approve").status == 0)
        await expectKnown("recovered")
        try folder.write("{}", to: "state/sandbox/faults.json")
        #expect(await run("apply shop --auto-approve").status == 0)
        #expect(await run("rollback shop --to 1 --auto-approve").status == 0)
        await expectKnown("put back")
        _ = await run("sandbox edit shop First DisplayName=edited")
        try write(label: "one")
        #expect(await run("apply shop --revert-drift --auto-approve").status == 0)
        await expectKnown("drift reverted")
        #expect(await run("state mv shop store").status == 0)
        await expectKnown("recorded under another address")
        #expect(await run("state rm store --auto-approve").status == 0)
        #expect(await run("import shop").status == 0)
        await expectKnown("taken over")
        try write(label: "three")
        let (status, told) = await run("apply shop --auto-approve")
        #expect(status == 0 && !told.errors.contains("past pipeplan"), "\(told.errors)")
    }
}
