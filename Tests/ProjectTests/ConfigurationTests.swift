import Foundation
import Model
import OrderedCollections
import Project
import Testing

@Suite struct `Merging a stack's configuration` {
    @Test func `the environment wins over the stack, and the stack over the project`() throws {
        let temporary = try TemporaryProject([
            "stacks/pipeplan.yml": """
            region: us-east-1
            artifacts: project-bucket
            tags: {team: delivery, level: project}
            guardrails: {allowedAccounts: ["111111111111", "222222222222"]}
            """,
            "stacks/app/stack.yml": """
            template: app.yml
            region: us-west-2
            profile: base
            serviceRole: arn:aws:iam::111111111111:role/cloudformation
            capabilities: [CAPABILITY_IAM]
            allowedAccounts: ["111111111111", "333333333333"]
            parameters: {A: base, B: base, Token: {env: TOKEN}}
            tags: {level: stack, app: web}
            protect: [Database]
            hooks: {before: make assets}
            rollback: {minutes: 5, alarms: ["arn:aws:cloudwatch:us-east-1:111111111111:alarm:errors"]}
            environments:
              prod:
                profile: production
                parameters: {B: prod, C: [1, 2]}
                tags: {level: environment}
                capabilities: CAPABILITY_NAMED_IAM
                terminationProtection: true
                stackPolicy: {Statement: [{Effect: Deny, Principal: "*", Action: "Update:*", Resource: "*"}]}
            """,
        ])
        let configuration = try temporary.configuration("app:prod")
        #expect(configuration.stackName == "app-prod")
        #expect(configuration.templatePath == temporary.path("stacks/app/app.yml"))
        #expect(configuration.region == "us-west-2")
        #expect(configuration.profile == "production")
        #expect(configuration.serviceRole == "arn:aws:iam::111111111111:role/cloudformation")
        #expect(configuration.artifacts?.bucket == "project-bucket")
        #expect(configuration.allowedAccounts == ["111111111111"])
        #expect(
            Array(configuration.parameters.mapValues(\.value)) == [
                ("A", .literal("base")), ("B", .literal("prod")), ("Token", .environment("TOKEN")), ("C", .literal("1,2")),
            ])
        #expect(configuration.tags == ["team": "delivery", "level": "environment", "app": "web"])
        #expect(configuration.capabilities == ["CAPABILITY_NAMED_IAM"])
        #expect(configuration.terminationProtection == true)
        #expect(configuration.stackPolicy?["Statement"]?.arrayItems?.count == 1)
        #expect(configuration.protect.map(\.value) == ["Database"])
        #expect(configuration.hooks == Hooks(before: ["make assets"]))
        #expect(configuration.rollback?.minutes == 5)
    }

    @Test func `a stack without anything set has defaults`() throws {
        let temporary = try TemporaryProject(["stacks/app/stack.yml": "", "stacks/app/template.yml": "Resources: {}"])
        let configuration = try temporary.configuration()
        #expect(configuration.stackName == "app")
        #expect(configuration.region == nil)
        #expect(configuration.allowedAccounts == nil)
        #expect(configuration.terminationProtection == nil)
        #expect(configuration.loadTemplate().value?.source.file == "stacks/app/template.yml")
    }

    @Test func `a folder whose name is no stack name needs stackName`() throws {
        let temporary = try TemporaryProject(["stacks/my_app/stack.yml": "", "stacks/other_app/stack.yml": "stackName: other"])
        #expect(problem { _ = try temporary.configuration("my_app") }?.findings.map(\.code) == ["bad-stack-name"])
        #expect(try temporary.configuration("other_app").stackName == "other")
    }

    @Test(arguments: [
        #"[{"ParameterKey": "A", "ParameterValue": "1"}, {"ParameterKey": "B", "UsePreviousValue": true}]"#,
        #"{"Parameters": {"A": "1"}, "Tags": {"from": "file"}, "StackPolicy": {"Statement": []}}"#,
        #"{"A": "1"}"#,
        "A: 1\n",
        #"["A=1"]"#,
    ])
    func `a parameter file is read in every form`(text: String) throws {
        let temporary = try TemporaryProject([
            "stacks/app/stack.yml": "parameters: {A: 0, Token: {env: T}}\nenvironments: {prod: {parameters: values}}",
            "stacks/app/values": text,
        ])
        let configuration = try temporary.configuration("app:prod")
        var expected: OrderedDictionary<String, ParameterSource> = ["A": .literal("1"), "Token": .environment("T")]
        if text.contains("UsePreviousValue") { expected["B"] = .previous }
        #expect(configuration.parameters.mapValues(\.value) == expected)
        #expect(configuration.tags == (text.contains("Tags") ? ["from": "file"] : [:]))
        #expect((configuration.stackPolicy != nil) == text.contains("StackPolicy"))
        #expect(configuration.parameters["A"]?.place.range.file == "stacks/app/values")
    }

    @Test func `findings about a parameter file quote none of its lines`() throws {
        let temporary = try TemporaryProject([
            "stacks/app/stack.yml": "parameters: p.json",
            "stacks/app/p.json": #"[{"ParameterKey": "Token", "ParameterValue": "hush", "Extra": 1}, {"ParameterValue": "x"}, 5]"#,
        ])
        let problem = problem { _ = try temporary.configuration() }
        #expect(
            problem?.lines == [
                "stacks/app/p.json:1:54 unknown-key: Unknown key Extra in a parameter | "
                    + "Known are ParameterKey, ParameterValue, UsePreviousValue, ResolvedValue.",
                "stacks/app/p.json:1:67 bad-parameter-file: A parameter has no ParameterKey",
                "stacks/app/p.json:1:92 bad-parameter-file: "
                    + "An item of a parameter list is a map with ParameterKey and ParameterValue, or \"Key=Value\"",
            ])
        #expect(problem?.findings.allSatisfy { $0.excerpt == nil } == true)
        try temporary.write(#"{"Token": "hush" oops}"#, to: "stacks/app/p.json")
        #expect(TemporaryProject.excerpts { _ = try temporary.configuration() } == [nil])
    }

    @Test func `guardrails speak against accounts, regions and missing tags`() throws {
        let temporary = try TemporaryProject([
            "stacks/pipeplan.yml": """
            guardrails: {allowedAccounts: ["111111111111"], allowedRegions: [us-east-1], requiredTags: [owner]}
            """,
            "stacks/app/stack.yml": "",
        ])
        let configuration = try temporary.configuration()
        #expect(
            configuration.guardrailFindings(accountID: "222222222222", region: "us-west-2").map(\.code) == [
                "account-not-allowed", "region-not-allowed", "missing-required-tag",
            ])
        #expect(configuration.guardrailFindings(accountID: "111111111111", region: "us-east-1").map(\.code) == ["missing-required-tag"])
        #expect(configuration.guardrailFindings(accountID: nil, region: nil).map(\.code) == ["missing-required-tag"])
    }
}

extension TemporaryProject {
    static func excerpts(_ body: () throws -> Void) -> [String?]? { problem(body)?.findings.map(\.excerpt) }
}

private func == <Value: Equatable>(left: [(key: String, value: Value)], right: [(String, Value)]) -> Bool {
    left.map(\.key) == right.map(\.0) && left.map(\.value) == right.map(\.1)
}
