import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

/// The bucket `kept-files` and the topic `kept-news` exist and belong to no stack: one that was deleted has retained them.
@Suite struct `Import of resources` {
    private static let files = "  Files: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: kept-files}}\n"
    private static let news = "  News: {Type: AWS::SNS::Topic, DeletionPolicy: Retain, Properties: {TopicName: kept-news}}\n"
    private static let newsArn = "arn:aws:sns:us-east-1:123456789012:kept-news"

    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        try stack("old", Self.files + Self.news)
        #expect(await run("apply old --auto-approve").status == 0)
        #expect(await run("destroy old --auto-approve").status == 0)
        try FileManager.default.removeItem(atPath: "\(folder.path)/stacks/old")
    }

    private func stack(_ name: String, _ resources: String, settings: String = "", outputs: String = "") throws {
        try folder.write("Resources:\n\(resources)\(outputs)", to: "stacks/\(name)/template.yml")
        try folder.write("region: us-east-1\n\(settings)", to: "stacks/\(name)/stack.yml")
    }

    private func run(_ line: String) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal()
        let context = Context.test(in: folder.path, typed, environment: ["PIPEPLAN_SANDBOX": "1"])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    @Test func `a stack can be made of what exists`() async throws {
        try stack(
            "shop", Self.files + Self.news, settings: "import: {Files: {BucketName: kept-files}, News: {TopicArn: '\(Self.newsArn)'}}\n")
        let planned = await run("plan shop").1.output
        #expect(planned.contains(" <- Files  AWS::S3::Bucket  # is imported: BucketName kept-files"), "\(planned)")
        #expect(planned.contains("Plan: 2 to import, 0 to add, 0 to change"), "\(planned)")
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 0, "\(terminal.errors)")
        #expect(await run("plan shop --detailed-exitcode").status == 0)
        let history = await run("history show shop 1").1.output
        #expect(history.contains("IMPORT_COMPLETE"), "\(history)")
        // From now on it is a resource as any other.
        try stack("shop", Self.files + Self.news.replacing("TopicName: kept-news", with: "TopicName: kept-news, DisplayName: News"))
        #expect(await run("apply shop --auto-approve").status == 0)
    }

    @Test func `a stack can take in what exists, and is changed again afterwards`() async throws {
        let topic = "  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: one}}\n"
        try stack("shop", topic)
        #expect(await run("apply shop --auto-approve").status == 0)
        try stack("shop", topic + Self.files, settings: "import: {Files: {BucketName: kept-files}}\n")
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 0, "\(terminal.errors)")
        let kinds = await run("history --json").1.output
        #expect(kinds.contains(#""kind" : "import""#), "\(kinds)")
        // What was imported may stay listed under `import`.
        try stack("shop", topic.replacing("one", with: "two") + Self.files, settings: "import: {Files: {BucketName: kept-files}}\n")
        #expect(await run("apply shop --auto-approve").status == 0)
    }

    @Test func `imports go by themselves, and other changes beside them are named`() async throws {
        let topic = "  Topic: {Type: AWS::SNS::Topic}\n"
        try stack(
            "shop", topic + Self.files, settings: "import: {Files: {BucketName: kept-files}}\n",
            outputs: "Outputs: {Name: {Value: !Ref Files}}\n")
        let planned = await run("plan shop")
        #expect(planned.status == 0)
        #expect(planned.1.output.contains("this plan has Topic, output Name too"), "\(planned.1.output)")
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 3)
        #expect(terminal.errors.contains("Files can't be imported together with other changes"), "\(terminal.errors)")
        #expect(!(await run("history").1.output.contains("shop")))
    }

    @Test func `what CloudFormation can't import is rolled back, and everything is as before`() async throws {
        try stack(
            "shop", Self.files + Self.news.replacing("kept-news", with: "no-news"),
            settings: "import: {Files: {BucketName: kept-files}, News: {TopicArn: '\(Self.newsArn)-2'}}\n")
        let (status, terminal) = await run("apply shop --auto-approve")
        #expect(status == 1)
        #expect(terminal.errors.contains("News (AWS::SNS::Topic) failed"), "\(terminal.errors)")
        #expect(await run("history --json").1.output.contains(#""status" : "rolled-back""#))
        try stack("shop", Self.files, settings: "import: {Files: {BucketName: kept-files}}\n")
        let (again, told) = await run("apply shop --auto-approve")
        #expect(again == 0, "\(told.errors)")
    }

    @Test func `a reviewed import is executed as it was saved`() async throws {
        try stack("shop", Self.files, settings: "import: {Files: {BucketName: kept-files}}\n")
        let (status, terminal) = await run("plan shop --online --out reviewed.plan")
        #expect(status == 0, "\(terminal.errors)")
        #expect(await run("apply reviewed.plan").status == 0)
        #expect(await run("plan shop --detailed-exitcode").status == 0)
    }

    @Test(arguments: [
        ("import: {File: {BucketName: kept-files}}", "Did you mean Files?"),
        ("import: {Files: {Name: kept-files}}", "What identifies a resource of type AWS::S3::Bucket is BucketName"),
        ("import: {Files: kept-files}", "Write it as a map, such as {BucketName: my-bucket}"),
        ("import: [Files]", "import must be a map of logical IDs"),
        ("import: {Files: {BucketName: }}", "BucketName of Files"),
        ("import: {Bare: {BucketName: kept-files}}", "template.yml:3:3"),
    ]) func `a mistake is found before anything is asked of CloudFormation`(_ settings: String, _ message: String) async throws {
        try stack("shop", Self.files + "  Bare: {Type: AWS::S3::Bucket}\n", settings: settings + "\n")
        let (status, terminal) = await run("plan shop")
        #expect(status == 4)
        #expect(terminal.errors.contains(message), "\(terminal.errors)")
    }
}
