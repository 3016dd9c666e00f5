import Foundation
import Model
import Project
import Testing

@Suite struct `Finding a project` {
    @Test(arguments: [nil, "stacks", "stacks/app", "stacks/app/parameters", "src/deep"])
    func `it is found from any folder below it`(folder: String?) throws {
        let temporary = try TemporaryProject(["stacks/app/stack.yml": "", "stacks/app/parameters/a.json": "{}", "src/deep/x": ""])
        let project = try temporary.find(in: folder)
        #expect(project.root == temporary.root)
        #expect(project.stateFolder == temporary.path("state"))
        #expect(try project.stackNames() == ["app"])
    }

    @Test func `the nearest one wins`() throws {
        let temporary = try TemporaryProject(["stacks/outer/stack.yml": "", "inner/stacks/inner/stack.yml": "", "inner/src/x": ""])
        #expect(try temporary.find(in: "inner/src").stackNames() == ["inner"])
    }

    @Test func `a file called stacks is none`() throws {
        let temporary = try TemporaryProject(["stacks/app/stack.yml": "", "src/stacks": "a file"])
        #expect(try temporary.find(in: "src").root == temporary.root)
    }

    @Test func `where there is none, it says what was looked for`() throws {
        let temporary = try TemporaryProject()
        let problem = problem { _ = try temporary.find() }
        #expect(problem?.status == .badInput)
        #expect(
            problem?.lines == [
                "no-project: There is no folder stacks in \(temporary.root) or above it | "
                    + "A project keeps each stack as stacks/<name>/stack.yml. Go to a project's folder, or create that file."
            ])
    }

    @Test(arguments: [("/var/lib/state", "/var/lib/state"), ("../elsewhere", "{root}/stacks/elsewhere"), ("", "{root}/state")])
    func `PIPEPLAN_STATE names the state folder from where the user is`(value: String, expected: String) throws {
        let temporary = try TemporaryProject(["stacks/app/stack.yml": ""])
        let project = try temporary.find(in: "stacks/app", environment: ["PIPEPLAN_STATE": value])
        #expect(project.stateFolder == expected.replacingOccurrences(of: "{root}", with: temporary.root))
    }

    @Test func `the project's settings are read`() throws {
        let temporary = try TemporaryProject([
            "stacks/pipeplan.yml": """
            region: eu-central-1
            tags: {team: delivery}
            share: s3://bucket/pipeplan
            artifacts: the-bucket
            guardrails:
              allowedAccounts: [012345678901]
              allowedRegions: eu-central-1
              requiredTags: [team]
              protectedTypes: [AWS::RDS::DBInstance]
            """
        ])
        let settings = try temporary.find().settings
        #expect(settings.region?.value == "eu-central-1")
        #expect(settings.tags == ["team": "delivery"])
        #expect(settings.share?.value == "s3://bucket/pipeplan")
        #expect(settings.artifacts?.value == "the-bucket")
        #expect(
            settings.guardrails
                == Guardrails(
                    allowedAccounts: ["012345678901"], allowedRegions: ["eu-central-1"], requiredTags: ["team"],
                    protectedTypes: ["AWS::RDS::DBInstance"]))
    }

    @Test func `settings of comments only leave everything open`() throws {
        let temporary = try TemporaryProject(["stacks/pipeplan.yml": "# nothing yet\n"])
        #expect(try temporary.find().settings.region == nil)
    }

    @Test func `everything wrong in the settings is told at once`() throws {
        let temporary = try TemporaryProject([
            "stacks/pipeplan.yml": """
            reigon: us-east-1
            share: [a]
            guardrails: {allowedAccount: "123456789012"}
            """
        ])
        let problem = problem { _ = try temporary.find(in: "stacks") }
        #expect(problem?.status == .badInput)
        #expect(
            problem?.lines == [
                "pipeplan.yml:1:1 unknown-key: Unknown key reigon in pipeplan.yml | Did you mean region?",
                "pipeplan.yml:2:8 wrong-type: share must be a string, found a list",
                "pipeplan.yml:3:14 unknown-key: Unknown key allowedAccount in guardrails of pipeplan.yml | Did you mean allowedAccounts?",
            ])
    }

    @Test func `the example stacks are read without a finding`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        var context = try TemporaryProject().context()
        context.workingDirectory = root.appendingPathComponent("stacks/image-pipeline").path
        let project = try Project.find(from: context)
        let addresses = try project.addresses([])
        #expect(
            addresses.map(\.description) == [
                "image-pipeline:develop", "image-pipeline:prod", "image-pipeline-connection:develop", "image-pipeline-connection:prod",
                "state-share",
            ])
        for address in addresses {
            let configuration = try project.configuration(of: address)
            let template = try configuration.loadTemplate().get()
            let reading = configuration.resolveOffline(
                declared: template.parameters, environment: ["GITHUB_TOKEN": "made-up"], recorded: nil, recordedOutput: { _, _ in nil },
                randomBytes: { _ in fatalError("draws") })
            #expect(reading.findings == [])
            let bound = template.bind(try #require(reading.value).mapValues(\.value))
            #expect(bound.findings == [])
        }
    }
}
