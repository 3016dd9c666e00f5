import Foundation
import Model
import Templates
import TestSupport
import Testing

@testable import Project

@Suite("Local files and folders that a template names are packaged") struct PackagingTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func package(
        _ text: String, location: ArtifactLocation? = ArtifactLocation("s3://store/team"), withoutLocation: Finding.Severity = .error
    ) throws -> Reading<TemplatePackaging.Package> {
        let template = try Template.read(text, file: "t.yml").get()
        return TemplatePackaging(
            workingDirectory: folder.path, location: location, region: "eu-central-1", withoutLocation: withoutLocation
        ).package(template, at: "\(folder.path)/t.yml")
    }

    private static let function = """
        Resources:
          Function:
            Type: AWS::Lambda::Function
            Properties:
              Code: src   # what it runs
              Role: arn
        """

    private func code(_ package: TemplatePackaging.Package?) throws -> String {
        let resource = try #require(package?.template.resources["Function"])
        let property = try #require(resource.properties.first { $0.key == "Code" })
        return try #require(property.value["S3Key"]?.literalText)
    }

    @Test func `A folder stands in the template as an archive in S3, and everything else stays as it is written`() throws {
        try folder.write("def handler(): pass", to: "src/main.py")
        let reading = try package(Self.function)
        #expect(reading.findings.isEmpty)
        let package = try #require(reading.value)
        let key = try code(package)
        #expect(key.hasPrefix("team/") && key.hasSuffix(".zip"))
        #expect(
            package.template.body == Self.function.replacing("Code: src ", with: #"Code: {"S3Bucket": "store", "S3Key": "\#(key)"} "#))
        #expect(package.artifacts.map(\.path) == ["src"])
        #expect(package.artifacts.first?.upload?.key == key)
    }

    @Test func `The key follows from names, contents and executable bits alone`() throws {
        try folder.write("1", to: "src/a")
        try folder.write("2", to: "src/b/c")
        let key = try code(try package(Self.function).value)
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: "\(folder.path)/src/a")
        #expect(try code(try package(Self.function).value) == key)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: "\(folder.path)/src/a")
        let executable = try code(try package(Self.function).value)
        try folder.write("3", to: "src/b/c")
        let edited = try code(try package(Self.function).value)
        try FileManager.default.moveItem(atPath: "\(folder.path)/src/b", toPath: "\(folder.path)/src/d")
        let renamed = try code(try package(Self.function).value)
        #expect(Set([key, executable, edited, renamed]).count == 4)
    }

    @Test func `An archive has the same bytes whenever it is made, and Python reads it`() throws {
        try folder.write("print('größer')\n" + String(repeating: "x", count: 5000), to: "src/größer.py")
        try folder.write("", to: "src/empty")
        try folder.write("#!/bin/sh\n", to: "src/bin/run")
        try FileManager.default.setAttributes([.posixPermissions: 0o775], ofItemAtPath: "\(folder.path)/src/bin/run")
        let upload = try #require(try package(Self.function).value?.artifacts.first?.upload)
        let archive = try upload.contents()
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 9)], ofItemAtPath: "\(folder.path)/src/empty")
        #expect(try #require(try package(Self.function).value?.artifacts.first?.upload).contents() == archive)
        try archive.write(to: URL(fileURLWithPath: "\(folder.path)/made.zip"))
        let script = """
            import zipfile
            z = zipfile.ZipFile('\(folder.path)/made.zip')
            assert z.testzip() is None
            for i in z.infolist():
                print(i.filename, oct(i.external_attr >> 16), i.date_time[0], i.file_size, i.compress_type, len(z.read(i)))
            """
        let read = try run(Repository.python("python"), ["-c", script], in: folder.path)
        #expect(
            read.output == """
                bin/run 0o100755 1980 10 0 10
                empty 0o100644 1980 0 0 0
                größer.py 0o100644 1980 5018 8 5018

                """, "\(read.errors)")
    }

    @Test func `What has changed since it was planned is not sent`() throws {
        try folder.write("1", to: "src/a")
        let upload = try #require(try package(Self.function).value?.artifacts.first?.upload)
        try folder.write("2", to: "src/a")
        #expect { try upload.contents() } throws: { ($0 as? Problem)?.findings.first?.summary == "src has changed since it was planned" }
    }

    @Test func `A file that has to be an archive is made one, and one that is goes as it is`() throws {
        try folder.write("code", to: "src/main.py")
        let text = Self.function.replacing("Code: src ", with: "Code: src/main.py ")
        let made = try #require(try package(text).value?.artifacts.first?.upload)
        #expect(try made.contents().starts(with: [0x50, 0x4B, 3, 4]))
        try made.contents().write(to: URL(fileURLWithPath: "\(folder.path)/ready.zip"))
        let ready = try #require(
            try package(Self.function.replacing("Code: src ", with: "Code: ready.zip ")).value?.artifacts.first?.upload)
        #expect(try ready.contents() == made.contents())
    }

    @Test func `Links are followed as long as they stay in the folder`() throws {
        try folder.write("1", to: "src/a")
        try folder.write("2", to: "outside")
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: "\(folder.path)/src/same", withDestinationPath: "a")
        #expect(try package(Self.function).findings.isEmpty)
        for (name, target, message) in [
            ("out", "../outside", "A link leads out of the folder: src/out"), ("lost", "nowhere", "A link leads to nothing: src/lost"),
            ("round", ".", "A link leads back to a folder around it: src/round"),
        ] {
            try manager.createSymbolicLink(atPath: "\(folder.path)/src/\(name)", withDestinationPath: target)
            let finding = try #require(try package(Self.function).findings.first)
            #expect(finding.summary == "Code of Function: \(message)")
            #expect(finding.location?.start.line == 5)
            try manager.removeItem(atPath: "\(folder.path)/src/\(name)")
        }
    }

    @Test(.timeLimit(.minutes(1))) func `What is neither file nor folder is refused, and not waited for`() throws {
        try #require(mkfifo("\(folder.path)/src", 0o600) == 0)
        #expect(try package(Self.function).findings.map(\.summary) == ["Code of Function: src is neither a file nor a folder"])
        try FileManager.default.removeItem(atPath: "\(folder.path)/src")
        try folder.write("1", to: "src/a")
        try #require(mkfifo("\(folder.path)/src/pipe", 0o600) == 0)
        #expect(
            try package(Self.function).findings.map(\.summary) == [
                "Code of Function: What is neither file nor folder can't be packed: src/pipe"
            ])
    }

    @Test func `Links that multiply what they lead to come to an end`() throws {
        try folder.write("1", to: "src/0/a")
        for level in 1...20 {
            try FileManager.default.createDirectory(atPath: "\(folder.path)/src/\(level)", withIntermediateDirectories: true)
            for name in ["left", "right"] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder.path)/src/\(level)/\(name)", withDestinationPath: "../\(level - 1)")
            }
        }
        let problem = #expect(throws: Problem.self) { try FileTree(folder: "\(folder.path)/src", shownPath: "src", most: 1000) }
        #expect(problem?.findings.map(\.summary) == ["src has more than 1000 files and folders, and an archive takes no more"])
    }

    @Test func `What is missing is told at its place`() throws {
        let findings = try package(Self.function).findings
        #expect(findings.map(\.code) == ["missing-file"])
        #expect(findings.first?.summary == "Code of Function: There is no file src")
        #expect(findings.first?.location?.start == SourcePosition(line: 5, column: 13))
    }

    @Test func `Without a bucket it is told which property needs one`() throws {
        try folder.write("1", to: "src/a")
        let reading = try package(Self.function, location: nil)
        #expect(
            reading.findings.map(\.summary) == [
                "Code of Function is the local path src, and there is no bucket to upload it to"
            ])
        #expect(reading.value?.artifacts.map { $0.upload == nil } == [true])
    }

    @Test func `Every property takes a path, in the form that its type has for it`() throws {
        try folder.write("text", to: "file.txt")
        try folder.write("Resources: {T: {Type: AWS::SNS::Topic}}", to: "inner.yml")
        for property in PackagedProperty.all {
            let path = property.contents == .template ? "inner.yml" : "./file.txt"
            let nested = property.path.reversed().reduce(JSONValue.string(path)) { .object([$1: $0]) }
            let document: JSONValue = .object([
                "Resources": .object(["R": .object(["Type": .string(property.type), "Properties": nested])])
            ])
            let package = try #require(try package(document.prettyText).value)
            let artifact = try #require(package.artifacts.first, "\(property)")
            var value = try #require(package.template.resources["R"]?.properties.first?.value)
            for name in property.path.dropFirst() { value = try #require(value[name]) }
            let key = artifact.upload?.key ?? ""
            switch property.form {
            case .map(let bucketName, let keyName):
                #expect(value[bucketName]?.literalText == "store")
                #expect(value[keyName]?.literalText == key)
            case .s3: #expect(value.literalText == "s3://store/\(key)")
            case .https: #expect(value.literalText == "https://s3.eu-central-1.amazonaws.com/store/\(key)")
            case .inline: #expect(value.literalText == "text")
            }
        }
    }

    @Test func `What is in S3 already, is a map, or is worked out is left`() throws {
        let text = """
            Parameters: {Key: {Type: String}}
            Resources:
              A: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: !Ref Key}}}
              B: {Type: AWS::Serverless::Function, Properties: {CodeUri: "s3://b/k"}}
              C: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://s3.amazonaws.com/b/k"}}
              D: {Type: AWS::CodeBuild::Project, Properties: {Source: {BuildSpec: ci/buildspec.yml}}}
              E: {Type: AWS::Glue::Job, Properties: {Command: {ScriptLocation: !Sub "s3://b/${Key}"}}}
            """
        let reading = try package(text)
        #expect(reading.findings.isEmpty)
        #expect(reading.value?.template.body == text)
        #expect(reading.value?.artifacts.isEmpty == true)
    }

    @Test func `Includes, branches of conditions, and what nested templates name are packaged too`() throws {
        try folder.write("a", to: "a.json")
        try folder.write("1", to: "prod/main.py")
        try folder.write("2", to: "parts/src/main.py")
        try folder.write(Self.function, to: "parts/inner.yml")
        let text = """
            Conditions: {Prod: !Equals [!Ref 'AWS::Region', us-east-1]}
            Resources:
              Function: {Type: AWS::Lambda::Function, Properties: {Code: !If [Prod, prod, !Ref 'AWS::NoValue']}}
              Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: parts/inner.yml}}
              Topic:
                Type: AWS::SNS::Topic
                Properties: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: a.json}}}
            """
        let reading = try package(text)
        #expect(reading.findings.isEmpty)
        let package = try #require(reading.value)
        #expect(package.artifacts.map(\.path) == ["prod", "parts/src", "parts/inner.yml", "a.json"])
        let inner = try #require(package.nested.first)
        #expect(inner.value.body.contains(#"Code: {"S3Bucket": "store""#))
        // Its address follows from what it is sent as.
        #expect(inner.key.contains("\(Digest(of: inner.value.body))"))
        #expect(package.template.body.contains("Location: \"s3://store/team/\(Digest(of: "a")).json\""))
    }

    @Test func `One path that a loop makes several of is told, and one that stays the same is packaged`() throws {
        try folder.write("1", to: "src/main.py")
        let text = """
            Transform: AWS::LanguageExtensions
            Resources:
              Fn::ForEach::Functions: [N, [A, B], {"F${N}": {Type: AWS::Lambda::Function, Properties: {Code: src, Role: r}}}]
            """
        let reading = try package(text)
        #expect(reading.findings.isEmpty)
        #expect(reading.value?.template.resources.values.map { $0.properties.first?.value["S3Bucket"]?.literalText } == ["store", "store"])
        let varying = try package(text.replacing("Code: src", with: "Code: \"src/${N}\""))
        #expect(varying.findings.map(\.code) == ["local-path-in-loop"])
    }

    @Test(arguments: [
        ("my-bucket", "my-bucket", "pipeplan"), ("s3://my-bucket", "my-bucket", "pipeplan"), ("s3://my.bucket/a/b/", "my.bucket", "a/b"),
        ("my-bucket/a", nil, nil), ("https://x", nil, nil), ("My_Bucket", nil, nil), ("s3://", nil, nil),
    ])
    func `Artifacts go to a bucket, or below a prefix in it`(_ text: String, _ bucket: String?, _ prefix: String?) {
        let location = ArtifactLocation(text)
        #expect(location?.bucket == bucket)
        #expect(location?.prefix == prefix)
    }
}
