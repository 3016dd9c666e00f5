import Foundation
import TestSupport
import Testing

/// Stacks nested in stacks, on MiniStack.
@Suite(.serialized) struct `Nested stacks at an endpoint of others` {
    /// The bucket that nested templates are uploaded to.
    private func makeArtifactBucket(at server: RunningServer) throws {
        try server.python("client('s3').create_bucket(Bucket='artifacts')")
    }

    @Test func `a nested stack is uploaded, deployed, and planned through`() throws {
        let server = try RunningServer.miniStack()
        try makeArtifactBucket(at: server)
        let session = try Session(endpoint: server.endpoint)
        try session.folder.write(
            """
            Resources:
              Inner:
                Type: AWS::CloudFormation::Stack
                Properties: {TemplateURL: parts/inner.yml, Parameters: {Greeting: hello}}   # by its path
              Copy:
                Type: AWS::SSM::Parameter
                Properties: {Type: String, Name: /copy, Value: !GetAtt Inner.Outputs.Said}
            """, to: "stacks/shop/template.yml")
        try session.folder.write(
            """
            Parameters: {Greeting: {Type: String}}
            Resources:
              Word: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /word, Value: !Ref Greeting}}
            Outputs:
              Said: {Value: !GetAtt Word.Value}
            """, to: "stacks/shop/parts/inner.yml")
        try session.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        let unpacked = try session.pipeplan("apply shop --auto-approve")
        #expect(unpacked.status == 4)
        #expect(unpacked.errors.contains("Name a bucket as `artifacts`"), "\(unpacked.errors)")

        try session.folder.write("region: us-east-1\nartifacts: artifacts\n", to: "stacks/shop/stack.yml")
        let created = try session.pipeplan("apply shop --auto-approve")
        #expect(created.status == 0, "\(created.errors)")
        #expect(try session.pipeplan("plan shop --detailed-exitcode").status == 0)

        try session.edit("stacks/shop/template.yml", replacing: "hello", with: "welcome")
        let planned = try session.pipeplan("plan shop")
        #expect(planned.output.contains(#"~ Value: "hello" → "welcome"  # by parameter Greeting"#), "\(planned.output)")
        // MiniStack says that the nested stack might be replaced. Somebody has to look at that, and then it is executed as it is.
        #expect(try session.pipeplan("apply shop --auto-approve").status == 3)
        let reviewed = try session.pipeplan("plan shop --online --out reviewed.plan")
        #expect(reviewed.output.contains("Inner (AWS::CloudFormation::Stack) might be replaced"), "\(reviewed.output)\(reviewed.errors)")
        let updated = try session.pipeplan("apply reviewed.plan")
        #expect(updated.status == 0, "\(updated.errors)")
        #expect(try server.python("print(client('ssm').get_parameter(Name='/word')['Parameter']['Value'])") == "welcome\n")
        // What was recorded is what CloudFormation got, and the files still come to that.
        #expect(try session.pipeplan("plan shop --detailed-exitcode").status == 0)
    }

    @Test func `what fails in a nested stack is told with its line and its way there`() throws {
        let server = try RunningServer.miniStack()
        try makeArtifactBucket(at: server)
        let session = try Session(endpoint: server.endpoint)
        try session.folder.write(
            """
            Resources:
              Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: parts/inner.yml}}
            """, to: "stacks/shop/template.yml")
        let inner = """
            Resources:
              Word: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /word, Value: hello}}
            """
        try session.folder.write(inner, to: "stacks/shop/parts/inner.yml")
        try session.folder.write("region: us-east-1\nartifacts: artifacts\n", to: "stacks/shop/stack.yml")
        let created = try session.pipeplan("apply shop --auto-approve")
        #expect(created.status == 0, "\(created.errors)")
        #expect(created.errors.contains(" Inner/Word  AWS::SSM::Parameter"), "\(created.errors)")

        let broken = "\n  Broken: {Type: AWS::CodePipeline::Pipeline, Properties: {Name: unsupported}}\n"
        try session.folder.write(inner + broken, to: "stacks/shop/parts/inner.yml")
        // MiniStack says that the nested stack might be replaced; what was reviewed is executed all the same.
        #expect(try session.pipeplan("plan shop --online --out reviewed.plan").status == 0)
        let failed = try session.pipeplan("apply reviewed.plan")
        #expect(failed.status == 1)
        #expect(failed.errors.contains("Inner/Broken (AWS::CodePipeline::Pipeline) failed"), "\(failed.errors)")
        #expect(failed.errors.contains("parts/inner.yml:3:"), "\(failed.errors)")

        let recorded = try session.json("history --limit 1")
        let last = (recorded["deployments"] as? [[String: Any]])?.first ?? [:]
        #expect((last["failure"] as? [String: Any])?["logicalId"] as? String == "Inner/Broken")
        let shown = try session.pipeplan("history show shop 2")
        #expect(shown.output.contains("Inner/Broken"), "\(shown.output)")
        // Each event once, and none of the creation before.
        let events = try session.json("history show shop 2")["events"] as? [[String: Any]] ?? []
        #expect(events.count { $0["logicalId"] as? String == "Broken" && $0["status"] as? String == "UPDATE_FAILED" } == 1)
        #expect(!events.contains { ($0["status"] as? String ?? "").hasPrefix("CREATE_") })
    }
}
