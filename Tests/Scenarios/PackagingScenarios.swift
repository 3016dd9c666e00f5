import Foundation
import TestSupport
import Testing

@Suite struct `Packaging local files and folders` {
    private static let template = """
        Resources:
          Function:
            Type: AWS::Lambda::Function
            Properties:
              FunctionName: shop
              Runtime: python3.12
              Handler: main.handler
              Role: arn:aws:iam::123456789012:role/lambda
              Code: src   # its source
          Inner:
            Type: AWS::CloudFormation::Stack
            Properties: {TemplateURL: parts/inner.yml}
        """

    private func project(at endpoint: String) throws -> Session {
        let session = try Session(endpoint: endpoint)
        try session.folder.write("def handler(event, context):\n    return 1\n", to: "stacks/shop/src/main.py")
        try session.folder.write("Resources: {Topic: {Type: AWS::SNS::Topic}}\n", to: "stacks/shop/parts/inner.yml")
        try session.folder.write(Self.template, to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\nartifacts: s3://artifacts/team\n", to: "stacks/shop/stack.yml")
        return session
    }

    /// What a Python client finds: keys of the bucket, and the names in the archive that the function runs.
    private func seen(_ script: String, at server: RunningServer) throws -> String {
        try server.python("import io, zipfile\ns3 = client('s3')\n" + script)
    }

    private static let keys = "print(len(s3.list_objects_v2(Bucket='artifacts').get('Contents', [])))"

    /// The actions that `--verbose` tells of, with their answers.
    private func uploads(_ result: ProcessResult) -> [String] {
        result.errors.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.first == "S3" && words.count > 3 ? "\(words[1]) \(words[3])" : nil
        }
    }

    @Test func `on MiniStack what is edited is uploaded once and shown as a change, and nothing else is`() throws {
        let server = try RunningServer.miniStack()
        _ = try seen("s3.create_bucket(Bucket='artifacts')", at: server)
        let session = try project(at: server.endpoint)
        let created = try session.pipeplan("apply shop --auto-approve --verbose")
        #expect(created.status == 0, "\(created.errors)")
        #expect(uploads(created) == ["HeadObject 404", "PutObject 200", "HeadObject 404", "PutObject 200"], "\(created.errors)")
        let names = """
            for o in s3.list_objects_v2(Bucket='artifacts')['Contents']:
                if o['Key'].endswith('.zip'):
                    body = s3.get_object(Bucket='artifacts', Key=o['Key'])['Body'].read()
                    print(o['Key'].split('/')[0], zipfile.ZipFile(io.BytesIO(body)).namelist())
            """
        #expect(try seen(names, at: server) == "team ['main.py']\n")
        #expect(try session.pipeplan("plan shop --detailed-exitcode").status == 0)

        let saved = try session.pipeplan("plan shop --out shop.plan")
        #expect(saved.status == 0)
        try session.edit("stacks/shop/src/main.py", replacing: "return 1", with: "return 2")
        let planned = try session.pipeplan("plan shop")
        #expect(planned.output.contains("# by the contents of src"), "\(planned.output)")
        #expect(planned.output.contains("~ Code.S3Key:"))
        #expect(!planned.output.contains("Inner  AWS"), "\(planned.output)")
        let stale = try session.pipeplan("apply shop.plan")
        #expect(stale.status == 3)
        #expect(stale.errors.contains("stacks/shop/src has changed"), "\(stale.errors)")

        let updated = try session.pipeplan("apply shop --auto-approve --verbose")
        #expect(updated.status == 0, "\(updated.errors)")
        #expect(uploads(updated).count { $0.hasPrefix("PutObject") } == 1, "\(updated.errors)")
        #expect(try seen(Self.keys, at: server) == "3\n")
        #expect(try session.pipeplan("plan shop --detailed-exitcode").status == 0)

        // Another bucket is another address, which CloudFormation sees as a change.
        try session.folder.write("region: us-east-1\nartifacts: elsewhere\n", to: "stacks/shop/stack.yml")
        let moved = try session.pipeplan("plan shop")
        #expect(
            moved.output.contains("~ Code.S3Bucket: \"artifacts\" → \"elsewhere\"  # by the place it is uploaded to"), "\(moved.output)")
        #expect(moved.output.contains("= TemplateURL  # by the place it is uploaded to"), "\(moved.output)")
    }

    @Test func `two stacks of a run that name the same source upload it once`() throws {
        let server = try RunningServer.moto()
        _ = try seen("s3.create_bucket(Bucket='artifacts')", at: server)
        let session = try Session(endpoint: server.endpoint)
        try session.folder.write("# Shop", to: "stacks/readme.md")
        for stack in ["one", "two"] {
            let template = """
                Metadata:
                  AWS::ServerlessRepo::Application: {Name: shop, ReadmeUrl: ../readme.md}
                Resources:
                  Name: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /\(stack), Value: hello}}
                """
            try session.folder.write(template, to: "stacks/\(stack)/template.yml")
            try session.folder.write("region: us-east-1\nartifacts: artifacts\n", to: "stacks/\(stack)/stack.yml")
        }
        let applied = try session.pipeplan("apply --auto-approve --verbose")
        #expect(applied.status == 0, "\(applied.errors)")
        let puts = applied.errors.split(separator: "\n").count { $0.contains("S3 PutObject") }
        #expect(puts == 1, "\(applied.errors)")
        #expect(try seen(Self.keys, at: server) == "1\n")
    }

    @Test func `without a bucket a plan is made, and validate and apply say what needs one`() throws {
        let session = try Session()
        try session.folder.write("1", to: "stacks/shop/src/main.py")
        try session.folder.write("Resources: {Topic: {Type: AWS::SNS::Topic}}\n", to: "stacks/shop/parts/inner.yml")
        try session.folder.write(Self.template, to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        let planned = try session.pipeplan("plan shop")
        #expect(planned.status == 0)
        for command in ["validate shop", "apply shop --auto-approve"] {
            let refused = try session.pipeplan(command)
            #expect(refused.status == 4)
            let text = refused.output + refused.errors
            #expect(text.contains("stacks/shop/template.yml:9:13"), "\(text)")
            #expect(text.contains("Code of Function is the local path src, and there is no bucket to upload it to"), "\(text)")
        }
        #expect(try session.json("history")["deployments"] as? [[String: String]] == [])
    }
}
