import Foundation
import TestSupport
import Testing

/// Real signals to the real program, while a sandbox that is a process of its own goes on.
@Suite(.serialized) struct SignalScenarios {
    private let cloud: TemporaryFolder
    private let server: RunningServer
    private let session: Session

    init() throws {
        cloud = try TemporaryFolder()
        server = try .sandbox(folder: cloud.path)
        session = try Session(endpoint: server.endpoint)
        try write("one")
        try session.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        try faults(#"{"resourceSeconds": {"*": 2}}"#)
    }

    private func write(_ label: String) throws {
        try session.folder.write(
            "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: \(label)}}\n", to: "stacks/shop/template.yml")
    }

    private func faults(_ text: String) throws { try cloud.write(text, to: "faults.json") }

    /// Runs a command and sends it a signal when it has printed a text.
    private func pipeplan(_ line: String, signal: Int32, at text: String = " Topic  AWS::SNS::Topic", times: Int = 1) throws
        -> ProcessResult
    {
        let program = try session.start(line)
        try program.wait(for: text)
        for _ in 0..<times { program.send(signal: signal) }
        return try program.end()
    }

    /// What CloudFormation tells of the stack to another client.
    private func status() throws -> String {
        let script = """
            import boto3
            client = boto3.client('cloudformation', endpoint_url='\(server.endpoint)', region_name='us-east-1',
                aws_access_key_id='test', aws_secret_access_key='test')
            print(' '.join(s['StackStatus'] for s in client.describe_stacks()['Stacks']))
            """
        return try run(Repository.python("python"), ["-c", script], in: Repository.root).output.trimmingCharacters(in: .newlines)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP], [1, 2])
    func `what is under way is left to CloudFormation, and the next command settles it`(signal: Int32, times: Int) throws {
        let interrupted = try pipeplan("apply shop --auto-approve", signal: signal, times: times)
        #expect(interrupted.status == 130, "\(interrupted.errors)")
        #expect(interrupted.errors.contains("`pipeplan resume shop` follows it"), "\(interrupted.errors)")
        #expect(try session.history() == ["create detached"])
        let next = try session.pipeplan(times == 1 ? "resume" : "apply shop --auto-approve")
        #expect(next.status == 0, "\(next.errors)")
        if times > 1 { #expect(next.errors.contains("Deployment 1 of shop is not watched by anybody"), "\(next.errors)") }
        #expect(try session.history() == ["create succeeded"])
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `or it is cancelled, where that was said`(signal: Int32) throws {
        let creation = try pipeplan("apply shop --auto-approve --on-interrupt cancel", signal: signal)
        #expect(creation.status == 130, "\(creation.errors)")
        #expect(try status() == "")
        #expect(try session.history() == ["create cancelled"])

        #expect(try session.pipeplan("apply shop --auto-approve").status == 0)
        try write("two")
        let update = try pipeplan("apply shop --auto-approve --on-interrupt cancel", signal: signal)
        #expect(update.status == 130, "\(update.errors)")
        #expect(try status() == "UPDATE_ROLLBACK_COMPLETE")
        #expect(try session.history() == ["update cancelled", "create succeeded", "create cancelled"])
    }

    @Test func `before anything is executed, nothing is left behind`() throws {
        try faults(#"{"requests": [{"action": "DescribeChangeSet", "kind": "late", "seconds": 1.5}]}"#)
        let interrupted = try pipeplan("apply shop --auto-approve", signal: SIGINT, at: "change set created")
        #expect(interrupted.status == 130, "\(interrupted.errors)")
        try faults("{}")
        #expect(try status() == "")
        #expect(try session.history() == ["create cancelled"])
        #expect(try session.pipeplan("apply shop --auto-approve").status == 0)
    }

    @Test func `a cancellation whose process is killed is settled as one`() throws {
        #expect(try session.pipeplan("apply shop --auto-approve").status == 0)
        try write("two")
        let program = try session.start("apply shop --auto-approve --on-interrupt cancel")
        try program.wait(for: " Topic  AWS::SNS::Topic")
        program.send(signal: SIGINT)
        try program.wait(for: "UPDATE_ROLLBACK_IN_PROGRESS")
        program.send(signal: SIGKILL)
        #expect(try program.end().status == 128 + SIGKILL)
        #expect(try session.pipeplan("resume").status == 130)
        #expect(try session.history() == ["update cancelled", "create succeeded"])
    }

    @Test func `where nothing is under way, a signal ends the program as any other`() throws {
        let folder = try TemporaryFolder()
        let program = try RunningProgram(
            Repository.program, ["sandbox", "serve", "--port", "0", "--folder", folder.path], in: folder.path, environment: [:])
        while try !FileManager.default.fileExists(atPath: "\(folder.path)/sandbox.sqlite") { usleep(10_000) }
        program.send(signal: SIGTERM)
        #expect(try program.end().status == 128 + SIGTERM)
    }

    @Test func `what somebody else has under way is refused, or waited for`() throws {
        // Long enough for another program to find it under way on a busy machine.
        try faults(#"{"resourceSeconds": {"*": 12}}"#)
        let other = try Session(endpoint: server.endpoint)
        try other.folder.write(try session.folder.read("stacks/shop/template.yml"), to: "stacks/shop/template.yml")
        try other.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        let program = try session.start("apply shop --auto-approve")
        try program.wait(for: " Topic  AWS::SNS::Topic")
        let refused = try other.pipeplan("apply shop --auto-approve")
        #expect(refused.status == 3)
        #expect(refused.errors.contains("The stack is in CREATE_IN_PROGRESS since "), "\(refused.errors)")
        let waited = try other.pipeplan("apply shop --auto-approve --wait")
        #expect(waited.status == 0, "\(waited.errors)")
        #expect(waited.errors.contains("waiting for the operation that is under way"), "\(waited.errors)")
        #expect(waited.errors.contains("CREATE_COMPLETE"), "\(waited.errors)")
        #expect(try program.end().status == 0)
        #expect(try other.history() == ["create unchanged", "create cancelled"])
    }
}
