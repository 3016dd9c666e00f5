import Model
import Testing

@Suite struct `Addressing stacks` {
    private static let files = [
        "stacks/app/stack.yml": "environments: {develop: {}, prod: {}}",
        "stacks/network/stack.yml": "environments: {prod: {}}",
        "stacks/tools/stack.yml": "",
        "stacks/empty/readme.txt": "",
    ]

    @Test(
        arguments: [
            ([], nil, ["app:develop", "app:prod", "network:prod", "tools"]),
            ([], "develop", ["app:develop", "tools"]),
            ([], "prod", ["app:prod", "network:prod", "tools"]),
            (["app"], nil, ["app:develop", "app:prod"]),
            (["app"], "prod", ["app:prod"]),
            (["app:develop"], "prod", ["app:develop"]),
            (["tools"], "prod", ["tools"]),
            (["tools", "app:prod", "app"], nil, ["tools", "app:prod", "app:develop"]),
        ] as [([String], String?, [String])])
    func `arguments and the chosen environment mean stacks`(arguments: [String], environment: String?, expected: [String]) throws {
        let temporary = try TemporaryProject(Self.files)
        #expect(try temporary.find().addresses(arguments, environment: environment).map(\.description) == expected)
        if let environment {
            let project = try temporary.find(environment: ["PIPEPLAN_ENV": environment])
            #expect(try project.addresses(arguments).map(\.description) == expected)
            #expect(try project.addresses(["app"], environment: "develop").map(\.description) == ["app:develop"])
        }
    }

    @Test(
        arguments: [
            (["ap"], nil, ["unknown-stack: There is no stack ap | Did you mean app?"]),
            (["../app"], nil, ["unknown-stack: There is no stack ../app | Known are app, network, tools."]),
            (["empty"], nil, ["unknown-stack: There is no stack empty | The folder stacks/empty has no stack.yml."]),
            (["app:prd"], nil, ["unknown-environment: Stack app has no environment prd | Did you mean prod?"]),
            (["app:live"], nil, ["unknown-environment: Stack app has no environment live | Known are develop, prod."]),
            (["app"], "test", ["unknown-environment: Stack app has no environment test | Known are develop, prod."]),
            (
                ["tools:prod"], nil,
                ["unknown-environment: Stack tools has no environment prod | It has no environments at all. Address it as tools."]
            ),
            ([], "prodd", ["unknown-environment: No stack has an environment prodd | Did you mean prod?"]),
            (
                ["a:b:c", "", "nowhere"], nil,
                [
                    "bad-stack-address: \"a:b:c\" is no stack | A stack is written as network, or network:prod in an environment.",
                    "bad-stack-address: \"\" is no stack | A stack is written as network, or network:prod in an environment.",
                    "unknown-stack: There is no stack nowhere | Known are app, network, tools.",
                ]
            ),
        ] as [([String], String?, [String])])
    func `what names nothing is an error with the nearest name`(arguments: [String], environment: String?, expected: [String]) throws {
        let temporary = try TemporaryProject(Self.files)
        let project = try temporary.find()
        let problem = problem { _ = try project.addresses(arguments, environment: environment) }
        #expect(problem?.status == .badInput)
        #expect(problem?.lines == expected)
    }

    @Test func `a project without stacks is told so`() throws {
        let temporary = try TemporaryProject(["stacks/pipeplan.yml": ""])
        let project = try temporary.find()
        #expect(problem { _ = try project.addresses([]) }?.findings.map(\.code) == ["no-stacks"])
    }

    @Test func `another stack's broken file is in the way only of who asks for all`() throws {
        let temporary = try TemporaryProject(Self.files.merging(["stacks/broken/stack.yml": "a: ["]) { $1 })
        let project = try temporary.find()
        #expect(try project.addresses(["tools"]).map(\.description) == ["tools"])
        #expect(problem { _ = try project.addresses([]) }?.findings.map(\.code) == ["bad-yaml"])
    }
}
