import Foundation
import Model
import Project
import Testing

@Suite struct `Reading stack files` {
    private func lines(_ text: String) -> [String] {
        StackFile.read(Data(text.utf8), file: "stack.yml").findings.map(\.line)
    }

    @Test func `everything wrong is told at once, each with its place`() {
        let text = """
            tempalte: a.yml
            stackName: 1st_stack
            region: US East
            assumeRole: deployer
            allowedAccounts: [12345]
            tags: [a]
            capabilities: [CAPABILITY_IMA]
            terminationProtection: maybe
            stackPolicy: {Effect: Deny}
            rollback: {minutes: 181, alarm: x}
            protect: {a: b}
            dependsOn: "a:b:c"
            hooks: [make]
            parameters:
              A: {evn: X}
              B: {env: X, ssm: /y}
              C:
              D: [1, [2]]
              E: {output: VpcId}
              F: {}
              G: [a, "b,c"]
            environments:
              prod:
                environments: {}
                notificationArns: topic
              "a b": {}
              test: text
            """
        #expect(
            lines(text) == [
                "stack.yml:1:1 unknown-key: Unknown key tempalte in stack.yml | Did you mean template?",
                "stack.yml:2:12 bad-stack-name: \"1st_stack\" is no stack name | "
                    + "A stack's name starts with a letter and has letters, digits and hyphens only, at most 128 of them.",
                "stack.yml:3:9 bad-region: \"US East\" is no region | A region looks like us-east-1.",
                "stack.yml:4:13 bad-arn: \"deployer\" is no ARN | An ARN looks like arn:aws:iam::123456789012:role/deployer.",
                "stack.yml:5:19 bad-account-id: \"12345\" is no account ID | An account's ID has twelve digits, leading zeros included.",
                "stack.yml:6:7 wrong-type: tags must be a map, found a list",
                "stack.yml:7:16 unknown-capability: Unknown capability CAPABILITY_IMA | Did you mean CAPABILITY_IAM?",
                "stack.yml:8:24 wrong-type: terminationProtection must be true or false, found a string",
                "stack.yml:9:14 bad-stack-policy: A stack policy is a map with a Statement",
                "stack.yml:10:21 bad-value: minutes must be a whole number from 0 to 180",
                "stack.yml:10:26 unknown-key: Unknown key alarm in rollback of stack.yml | Did you mean alarms?",
                "stack.yml:11:10 wrong-type: protect must be a string or a list of strings, found a map",
                "stack.yml:12:12 bad-stack-address: \"a:b:c\" is no stack | A stack is written as network, or network:prod in an environment.",
                "stack.yml:13:8 wrong-type: hooks of stack.yml must be a map, found a list",
                "stack.yml:15:7 unknown-parameter-source: Unknown source evn for Parameter A | Did you mean env?",
                "stack.yml:16:6 bad-parameter-source: Parameter B must name one source | "
                    + "It is a text, a list, or a map with one of env, ssm, secret, output, file, prompt.",
                "stack.yml:17:3 empty-value: Parameter C has no value | "
                    + "Write \"\" for an empty text, or remove the line for the template's default.",
                "stack.yml:18:10 wrong-type: An item of Parameter D must be a string, found a list",
                "stack.yml:19:15 bad-output-reference: \"VpcId\" names no stack's output | "
                    + "Write the stack and the output with a dot between, as in network.VpcId or network:prod.VpcId.",
                "stack.yml:20:6 bad-parameter-source: Parameter F must name one source | "
                    + "It is a text, a list, or a map with one of env, ssm, secret, output, file, prompt.",
                "stack.yml:21:10 bad-list-item: An item of Parameter G holds a comma | "
                    + "CloudFormation takes a list as one text with commas between its items, and has no way to quote one.",
                "stack.yml:24:5 unknown-key: Unknown key environments in environment prod | "
                    + "Known are template, stackName, region, profile, assumeRole, serviceRole, allowedAccounts, artifacts, parameters, "
                    + "tags, capabilities, notificationArns, terminationProtection, stackPolicy, rollback, protect, ignoreDrift, dependsOn, hooks, import.",
                "stack.yml:25:23 bad-arn: \"topic\" is no ARN | An ARN looks like arn:aws:iam::123456789012:role/deployer.",
                "stack.yml:26:3 bad-environment-name: An environment can't be called \"a b\" | "
                    + "Its name has letters, digits, hyphens, underscores and dots only.",
                "stack.yml:27:9 wrong-type: environment test must be a map, found a string",
            ])
    }

    @Test func `an account's ID keeps its leading zeros`() throws {
        let file = try StackFile.read(Data("allowedAccounts: 012345678901".utf8), file: "stack.yml").get()
        #expect(file.options.allowedAccounts?.map(\.value) == ["012345678901"])
    }

    @Test func `each parameter source is read`() throws {
        let text = """
            parameters:
              Text: hello
              Number: 007
              Empty: ""
              List: [a, 2, true]
              Environment: {env: NAME}
              Store: {ssm: /path}
              Secret: {secret: name}
              Member: {secret: name, key: token}
              Output: {output: network.VpcId}
              FarOutput: {output: "network:prod.VpcId"}
              File: {file: a/b.txt}
              Question: {prompt: "Which?"}
            """
        let file = try StackFile.read(Data(text.utf8), file: "stack.yml").get()
        guard case .values(let sources) = file.options.parameters else {
            Issue.record("no map")
            return
        }
        #expect(
            sources.mapValues(\.value) == [
                "Text": .literal("hello"), "Number": .literal("007"), "Empty": .literal(""), "List": .literal("a,2,true"),
                "Environment": .environment("NAME"), "Store": .ssm("/path"), "Secret": .secret(id: "name", key: nil),
                "Member": .secret(id: "name", key: "token"), "Output": .output(StackAddress(stack: "network"), name: "VpcId"),
                "FarOutput": .output(StackAddress(stack: "network", environment: "prod"), name: "VpcId"), "File": .file("a/b.txt"),
                "Question": .prompt("Which?"),
            ])
        #expect(sources["Number"]?.place.range.description == "stack.yml:3:3")
    }

    @Test(arguments: [
        "", "null", "5", "[]", "- a", "{", "a: b: c", "\"", "!Ref x", "parameters: !Sub x", "environments: []", "environments: {null: }",
        "environments: {\"\": {}}", "? [a]\n: b", "*x", "&a [*a]", "\u{FEFF}", "\u{0}", "hooks: {before: {}}", "rollback: {minutes: 1e3}",
        "rollback: {minutes: 99999999999999999999}", "tags: {\"\": \"\"}", "parameters: {A: {secret: x, key: {}}}",
        "parameters: {A: {key: x}}",
        "stackPolicy: []", "parameters: {A: {output: .}}", "parameters: {A: {output: \":.x\"}}",
    ])
    func `no text makes the reader trap`(text: String) {
        _ = StackFile.read(Data(text.utf8), file: "stack.yml")
        _ = ProjectSettings.read(Data(text.utf8), file: "pipeplan.yml")
    }
}

@Suite struct `Drift that stack.yml ignores` {
    private func rules(_ text: String) throws -> [DriftIgnoreRule]? {
        try StackFile.read(Data(text.utf8), file: "stack.yml").get().options.ignoreDrift?.map(\.value)
    }

    @Test func `rules are texts or maps`() throws {
        #expect(try rules("ignoreDrift: Cache\n") == [DriftIgnoreRule(resource: "Cache")])
        #expect(
            try rules("ignoreDrift:\n  - Network/Table.ReadCapacity\n  - \"*.Tags[owner]\"\n  - {resource: F, path: E.V, value: debug*}\n")
                == [
                    DriftIgnoreRule(resource: "Network/Table", path: "ReadCapacity"), DriftIgnoreRule(resource: "*", path: "Tags[owner]"),
                    DriftIgnoreRule(resource: "F", path: "E.V", value: "debug*"),
                ])
    }

    @Test func `what is no rule is told with its place`() {
        let findings = StackFile.read(Data("ignoreDrift: [{path: A}, {resorce: B, resource: C}, [D]]\n".utf8), file: "stack.yml").findings
        #expect(findings.map(\.code) == ["missing-resource", "unknown-key", "wrong-type"])
        #expect(findings.first?.location?.description == "stack.yml:1:15")
    }
}
