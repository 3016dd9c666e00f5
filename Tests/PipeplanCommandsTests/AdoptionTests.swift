import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

@Suite struct `Adopting drift leaves everything else of the file as it is` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ line: String) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal()
        let context = Context.test(in: folder.path, typed, environment: ["PIPEPLAN_SANDBOX": "1"])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    private func deploy(_ template: String) async throws {
        try folder.write(template, to: "stacks/shop/template.yml")
        try folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        #expect(await run("apply shop --auto-approve").status == 0)
    }

    @Test func `line ends, a byte order mark, permissions and a link`() async throws {
        let template =
            "\u{FEFF}Resources:\r\n  Topic:   # ours\r\n    Type: AWS::SNS::Topic\r\n    Properties: {DisplayName: one}\r\n"
        try await deploy(template)
        let (path, real) = ("\(folder.path)/stacks/shop/template.yml", "\(folder.path)/stacks/shop/real.yml")
        try FileManager.default.moveItem(atPath: path, toPath: real)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "real.yml")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: real)
        _ = await run("sandbox edit shop Topic DisplayName=two")
        _ = await run("drift")

        let (status, terminal) = await run("drift adopt shop --auto-approve")
        #expect(status == 0, "\(terminal.errors)")
        #expect(
            terminal.output.contains("\n-    Properties: {DisplayName: one}\n+    Properties: {DisplayName: two}\n"), "\(terminal.output)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: real)) == Data(template.replacing("one", with: "two").utf8))
        let attributes = try FileManager.default.attributesOfItem(atPath: real)
        #expect(attributes[.posixPermissions] as? Int == 0o640)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "real.yml")
    }

    @Test func `JSON keeps its layout, lists and members that stay`() async throws {
        let template = """
            {"Resources": {
              "Fn": {"Type": "AWS::Lambda::Function", "Properties": {
                "Code": {"ZipFile": "x"}, "Handler": "a.b", "Runtime" : "python3.12",  "Role": "arn:aws:iam::123456789012:role/r",
                "MemorySize": 128, "Timeout": 3, "Environment": {"Variables": {"URL": "http://a", "L": "1"}},
                "Tags": [ {"Key": "env", "Value": "dev"}, {"Key": "by", "Value": "us"} ] }}}}
            """
        try await deploy(template)
        _ = await run("sandbox edit shop Fn MemorySize=256 Timeout= Environment.Variables.URL=http://b Tags/0/Value=prod")
        _ = await run("drift")
        let (status, terminal) = await run("drift adopt shop --auto-approve")
        #expect(status == 0, "\(terminal.errors)")
        #expect(
            try folder.read("stacks/shop/template.yml")
                == template.replacing("128", with: "256").replacing("http://a", with: "http://b").replacing("dev", with: "prod"))
        #expect(terminal.output.contains("! stacks/shop/template.yml:4:35: Fn.Timeout: Remove it here."), "\(terminal.output)")
    }

    @Test func `what stands in policies is edited in place, and what is worked out is told`() async throws {
        let template = """
            Parameters:
              Size: {Type: Number, Default: 3}
            Resources:
              Role:
                Type: AWS::IAM::Role
                Properties:
                  RoleName: deployer
                  AssumeRolePolicyDocument:
                    Version: "2012-10-17"
                    Statement:
                      - Effect: Allow   # for now
                        Principal: {Service: lambda.amazonaws.com}
                        Action: sts:AssumeRole
              Queue:
                Type: AWS::SQS::Queue
                Properties: {DelaySeconds: !Ref Size}
            """
        try folder.write("region: us-east-1\ncapabilities: [CAPABILITY_NAMED_IAM]\n", to: "stacks/shop/stack.yml")
        try folder.write(template, to: "stacks/shop/template.yml")
        #expect(await run("apply shop --auto-approve").status == 0)
        _ = await run("sandbox edit shop Role AssumeRolePolicyDocument.Statement/0/Effect=Deny")
        _ = await run("sandbox edit shop Queue DelaySeconds=9")
        _ = await run("drift")
        let (status, terminal) = await run("drift adopt shop --auto-approve")
        #expect(status == 0, "\(terminal.errors)")
        #expect(try folder.read("stacks/shop/template.yml") == template.replacing("Allow ", with: "Deny "))
        #expect(terminal.output.contains("Queue.DelaySeconds (live: 9): It comes from Size: change that"), "\(terminal.output)")
    }
}
