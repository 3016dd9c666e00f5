import Foundation
import TestSupport
import Testing

/// What keeps a stack from being destroyed, at endpoints that nobody here wrote.
@Suite(.serialized) struct `A stack's end at an endpoint of others` {
    /// What holds something is found before anything is destroyed.
    private func destroyFull(at server: RunningServer) throws {
        let session = try Session(endpoint: server.endpoint)
        try session.folder.write(`A stack's life at an endpoint of others`.template, to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        #expect(try session.pipeplan("apply shop --auto-approve").status == 0)
        try server.python(
            """
            client('s3').put_object(Bucket='pipeplan-dev-files', Key='a', Body=b'x')
            client('ecr').put_image(repositoryName='pipeplan/dev', imageTag='one',
                imageManifest='{"schemaVersion": 2}', imageManifestMediaType='application/vnd.docker.distribution.manifest.v2+json')
            """)
        let full = try session.pipeplan("destroy shop --auto-approve")
        #expect(full.status == 3, "\(full.errors)")
        #expect(full.errors.contains("Files can't be deleted: the bucket pipeplan-dev-files holds objects"), "\(full.errors)\(full.output)")
        #expect(full.errors.contains("Images can't be deleted: the repository pipeplan/dev holds images"), "\(full.errors)\(full.output)")
        #expect(try session.pipeplan("plan shop --detailed-exitcode").status == 0)

        try server.python(
            """
            client('s3').put_bucket_versioning(Bucket='pipeplan-dev-files', VersioningConfiguration={'Status': 'Enabled'})
            client('s3').delete_object(Bucket='pipeplan-dev-files', Key='a')
            client('ecr').batch_delete_image(repositoryName='pipeplan/dev', imageIds=[{'imageTag': 'one'}])
            """)
        let old = try session.pipeplan("destroy shop --auto-approve")
        #expect(old.status == 3, "\(old.errors)")
        #expect(old.errors.contains("holds old versions of objects"), "\(old.errors)\(old.output)")
        #expect(!old.errors.contains("Images can't be deleted"), "\(old.errors)")

        try server.python(
            """
            s3 = client('s3')
            found = s3.list_object_versions(Bucket='pipeplan-dev-files')
            for item in found.get('Versions', []) + found.get('DeleteMarkers', []):
                s3.delete_object(Bucket='pipeplan-dev-files', Key=item['Key'], VersionId=item['VersionId'])
            """)
        let destroyed = try session.pipeplan("destroy shop --auto-approve")
        #expect(destroyed.status == 0, "\(destroyed.errors)")
        #expect(!destroyed.output.contains("not checked"), "\(destroyed.output)")
    }

    @Test func `on MiniStack a bucket and a repository that hold something are found before they are destroyed`() throws {
        try destroyFull(at: try RunningServer.miniStack())
    }

    @Test func `on moto a bucket and a repository that hold something are found before they are destroyed`() throws {
        try destroyFull(at: try RunningServer.moto())
    }

    @Test func `on MiniStack termination protection keeps a stack until it is taken away`() throws {
        let server = try RunningServer.miniStack()
        let session = try Session(endpoint: server.endpoint)
        try session.folder.write(`A stack's life at an endpoint of others`.template, to: "stacks/shop/template.yml")
        try session.folder.write("region: us-east-1\nterminationProtection: true\n", to: "stacks/shop/stack.yml")
        #expect(try session.pipeplan("apply shop --auto-approve").status == 0)
        let kept = try session.pipeplan("destroy shop --auto-approve")
        #expect(kept.status == 3)
        #expect(kept.errors.contains("Stack shop has termination protection"), "\(kept.errors)")
        #expect(try `A stack's life at an endpoint of others`.seen(at: server).hasPrefix("['pipeplan-dev-files']"))

        try session.folder.write("region: us-east-1\nterminationProtection: false\n", to: "stacks/shop/stack.yml")
        #expect(try session.pipeplan("apply shop --auto-approve").status == 0)
        let destroyed = try session.pipeplan("destroy shop --auto-approve")
        #expect(destroyed.status == 0, "\(destroyed.errors)")
    }

    @Test func `on MiniStack an export that is imported keeps its stack, and both go in one run`() throws {
        let server = try RunningServer.miniStack()
        let session = try Session(endpoint: server.endpoint)
        try session.folder.write(
            """
            Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: shared}}}
            Outputs: {Name: {Value: !GetAtt Topic.TopicName, Export: {Name: shared-topic}}}
            """, to: "stacks/base/template.yml")
        try session.folder.write(
            """
            Resources:
              Pointer: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /pointer, Value: !ImportValue shared-topic}}
            """, to: "stacks/user/template.yml")
        for stack in ["base", "user"] { try session.folder.write("region: us-east-1\n", to: "stacks/\(stack)/stack.yml") }
        #expect(try session.pipeplan("apply base --auto-approve").status == 0)
        #expect(try session.pipeplan("apply user --auto-approve").status == 0)
        let kept = try session.pipeplan("destroy base --auto-approve")
        #expect(kept.status == 3)
        #expect(kept.errors.contains("The export shared-topic is imported by user"), "\(kept.errors)")

        let destroyed = try session.pipeplan("destroy base user --auto-approve")
        #expect(destroyed.status == 0, "\(destroyed.errors)")
        #expect(destroyed.output.contains("Stacks: 2 destroyed."), "\(destroyed.output)")
        let events = destroyed.errors.split(separator: "\n")
        #expect(events.first?.hasPrefix("user | ") == true && events.last?.hasPrefix("base | ") == true, "\(destroyed.errors)")
    }
}
