import Foundation
import TestSupport
import Testing

/// The life of a stack at endpoints that nobody here wrote.
@Suite(.serialized) struct `A stack's life at an endpoint of others` {
    static let template = """
        Parameters:
          Stage: {Type: String, Default: dev}
          Greeting: {Type: String, Default: hello}
        Resources:
          Files:
            Type: AWS::S3::Bucket
            Properties: {BucketName: !Sub "pipeplan-${Stage}-files"}
          Orders:
            Type: AWS::SNS::Topic
            Properties: {TopicName: !Sub "orders-${Stage}"}
          Pointer:
            Type: AWS::SSM::Parameter
            Properties:
              Type: String
              Name: !Sub /pipeplan/${Stage}/greeting
              Value: !Ref Greeting
          Images:
            Type: AWS::ECR::Repository
            Properties: {RepositoryName: !Sub "pipeplan/${Stage}"}
        Outputs:
          TopicArn: {Value: !Ref Orders}
        """

    /// A script in Python that asks the endpoint, not this project, what is there.
    static func seen(at server: RunningServer) throws -> String {
        try server.python(
            """
            print([b['Name'] for b in client('s3').list_buckets()['Buckets'] if b['Name'].startswith('pipeplan-')])
            print([t['TopicArn'].split(':')[-1] for t in client('sns').list_topics()['Topics']])
            print([p['Value'] for p in client('ssm').get_parameters_by_path(Path='/pipeplan', Recursive=True)['Parameters']])
            print([r['repositoryName'] for r in client('ecr').describe_repositories()['repositories']])
            """)
    }

    private func live(at server: RunningServer) throws {
        let session = try Session(endpoint: server.endpoint)
        try session.folder.write(Self.template, to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")

        let created = try session.pipeplan("apply shop --auto-approve")
        #expect(created.status == 0, "\(created.errors)")
        #expect(try Self.seen(at: server) == "['pipeplan-dev-files']\n['orders-dev']\n['hello']\n['pipeplan/dev']\n")

        let again = try session.pipeplan("plan shop --detailed-exitcode")
        #expect(again.status == 0, "\(again.output)")

        try session.edit("stacks/shop/template.yml", replacing: "Default: hello", with: "Default: good day")
        let planned = try session.pipeplan("plan shop --detailed-exitcode")
        #expect(planned.status == 2)
        #expect(planned.output.contains(#"~ Value: "hello" → "good day""#))
        let updated = try session.pipeplan("apply shop --auto-approve")
        #expect(updated.status == 0, "\(updated.errors)")
        #expect(try Self.seen(at: server) == "['pipeplan-dev-files']\n['orders-dev']\n['good day']\n['pipeplan/dev']\n")

        let destroyed = try session.pipeplan("destroy shop --auto-approve")
        #expect(destroyed.status == 0, "\(destroyed.errors)")
        #expect(try Self.seen(at: server) == "[]\n[]\n[]\n[]\n")

        let history = try session.json("history")
        let deployments = history["deployments"] as? [[String: Any]] ?? []
        #expect(
            deployments.map { "\($0["serial"] ?? "") \($0["kind"] ?? "") \($0["status"] ?? "")" } == [
                "3 destroy succeeded", "2 update succeeded", "1 create succeeded",
            ])
    }

    @Test func `on MiniStack it is created, changed and destroyed`() throws {
        try live(at: try RunningServer.miniStack())
    }

    @Test func `on moto it is created, changed and destroyed`() throws {
        try live(at: try RunningServer.moto())
    }

    @Test func `on MiniStack a failing update is rolled back and recorded with its cause`() throws {
        let server = try RunningServer.miniStack()
        let session = try Session(endpoint: server.endpoint)
        try session.folder.write(Self.template, to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        #expect(try session.pipeplan("apply shop --auto-approve").status == 0)

        let broken = """
              Broken:
                Type: AWS::CodePipeline::Pipeline
                Properties: {Name: unsupported}
            Outputs:
            """
        try session.edit("stacks/shop/template.yml", replacing: "Outputs:", with: broken)
        let failed = try session.pipeplan("apply shop --auto-approve")
        #expect(failed.status == 1)
        let recorded = try session.json("history --limit 1")
        let last = (recorded["deployments"] as? [[String: Any]])?.first ?? [:]
        #expect(["rolled-back", "failed"].contains(last["status"] as? String ?? ""))
        #expect((last["failure"] as? [String: Any])?["message"] != nil)
        // What the failed deployment wanted is still wanted.
        #expect(try session.pipeplan("plan shop --detailed-exitcode").status == 2)
    }

    /// A session with a proxy in between that does what its rules say.
    private func session(at server: RunningServer, rules: String, _ body: (Session) throws -> Void) throws {
        let folder = try TemporaryFolder()
        try folder.write(rules, to: "rules.json")
        let proxy = try RunningServer.faultyProxy(to: server.endpoint, rules: "\(folder.path)/rules.json")
        let session = try Session(endpoint: proxy.endpoint)
        try session.folder.write(Self.template, to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        try body(session)
    }

    @Test func `lost answers do not stop it, and are told with --verbose`() throws {
        let rules = """
            [{"action": "CreateChangeSet", "calls": [1], "fault": "reset-after"},
             {"action": "ExecuteChangeSet", "calls": [1], "fault": "truncated-after"},
             {"calls": [1], "fault": "unavailable"}]
            """
        try session(at: try RunningServer.moto(), rules: rules) { session in
            let created = try session.pipeplan("apply shop --auto-approve --verbose")
            #expect(created.status == 0, "\(created.errors)")
            #expect(created.errors.contains("STS GetCallerIdentity us-east-1 503 ServiceUnavailable, trying again"))
            #expect(created.errors.contains("CloudFormation CreateChangeSet us-east-1 lost"))
            #expect(created.errors.contains("CloudFormation ExecuteChangeSet us-east-1 lost"))
        }
    }

    @Test func `credentials that expire while CloudFormation is at work leave the deployment for resume`() throws {
        let server = try RunningServer.miniStack()
        let rules = #"[{"action": "DescribeStackEvents", "calls": [2], "fault": "expired"}]"#
        try session(at: server, rules: rules) { session in
            let expired = try session.pipeplan("apply shop --auto-approve")
            #expect(expired.status == 1)
            #expect(expired.errors.contains("The AWS session has expired"), "\(expired.errors)")
            #expect(expired.errors.contains("pipeplan resume"), "\(expired.errors)")
            let resumed = try session.pipeplan("resume")
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(try session.pipeplan("plan shop --detailed-exitcode").status == 0)
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1:1", "Nothing answers at http://127.0.0.1:1"),
        ("http://cloudformation.invalid", "No address is known for cloudformation.invalid"),
        ("https://127.0.0.1:PORT", "No secure connection to https://127.0.0.1:PORT"),
        ("127.0.0.1:PORT", "AWS_ENDPOINT_URL is no address of an endpoint"),
    ])
    func `an endpoint that can't be reached is told, with where its address comes from`(_ endpoint: String, _ message: String) throws {
        let server = try RunningServer.faultyProxy(to: "http://127.0.0.1:1")
        func filled(_ text: String) -> String { text.replacing("PORT", with: "\(server.port)") }
        let session = try Session(endpoint: filled(endpoint))
        try session.folder.write(Self.template, to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        let refused = try session.pipeplan("apply shop --auto-approve")
        #expect([1, 4].contains(refused.status))
        #expect(refused.errors.contains(filled(message)) && refused.errors.contains("AWS_ENDPOINT_URL"), "\(refused.errors)")
        // Nothing was begun that would have to be settled.
        #expect(try session.json("history")["deployments"] as? [[String: String]] == [])
    }

    /// A stack that a script has made by CreateStack is imported, and what was written describes it to the letter.
    private func importStack(from server: RunningServer) throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.template, to: "template.yml")
        try server.python(
            """
            cloudformation = client('cloudformation')
            cloudformation.create_stack(StackName='made-by-hand', TemplateBody=open('\(folder.path)/template.yml').read(),
                Parameters=[{'ParameterKey': 'Greeting', 'ParameterValue': 'good: day'}], Tags=[{'Key': 'team', 'Value': '007'}])
            cloudformation.get_waiter('stack_create_complete').wait(StackName='made-by-hand', WaiterConfig={'Delay': 0.1})
            """)

        let session = try Session(endpoint: server.endpoint)
        let imported = try session.pipeplan("import shop --stack-name made-by-hand")
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(imported.output.contains("No changes."), "\(imported.output)\(imported.errors)")
        #expect(try session.folder.read("stacks/shop/template.yml") == Self.template)
        #expect(try session.pipeplan("plan shop --detailed-exitcode").status == 0)

        try session.edit("stacks/shop/stack.yml", replacing: "good: day", with: "good night")
        let updated = try session.pipeplan("apply shop --auto-approve")
        #expect(updated.status == 0, "\(updated.errors)")
        #expect(try Self.seen(at: server) == "['pipeplan-dev-files']\n['orders-dev']\n['good night']\n['pipeplan/dev']\n")
    }

    @Test func `on MiniStack a stack that others made is imported`() throws {
        try importStack(from: try RunningServer.miniStack())
    }

    @Test func `on moto a stack that others made is imported`() throws {
        try importStack(from: try RunningServer.moto())
    }
}
