import Model
import Testing

@Suite struct `Deployment order` {
    private func order(_ files: [String: String], _ addresses: [String]) throws -> [String] {
        let temporary = try TemporaryProject(
            Dictionary(uniqueKeysWithValues: files.map { ("stacks/\($0)/stack.yml", $1) }))
        return try temporary.find().deploymentDependencies(addresses.compactMap { StackAddress($0) }).keys.map(\.description)
    }

    @Test func `a stack comes after those it names and those whose outputs it takes`() throws {
        let files = [
            "app": "dependsOn: database\nparameters: {Vpc: {output: network.VpcId}}", "database": "dependsOn: [network]", "network": "",
            "alone": "",
        ]
        #expect(try order(files, ["app", "alone", "database", "network"]) == ["network", "database", "app", "alone"])
        // The stack between them is not deployed, and still orders them.
        #expect(try order(files, ["app", "network"]) == ["network", "app"])
    }

    @Test func `a stack waits for those it reaches through others that are not deployed`() throws {
        let temporary = try TemporaryProject([
            "stacks/app/stack.yml": "dependsOn: database\nparameters: {Vpc: {output: network.VpcId}}",
            "stacks/database/stack.yml": "dependsOn: [network, zone]", "stacks/network/stack.yml": "", "stacks/zone/stack.yml": "",
        ])
        let names = ["app", "network", "zone"].map { StackAddress(stack: $0) }
        let dependencies = try temporary.find().deploymentDependencies(names)
        #expect(dependencies == [names[1]: [], names[2]: [], names[0]: [names[1], names[2]]])
    }

    @Test func `a reference without an environment means the same environment`() throws {
        let files = [
            "app": "dependsOn: network\nenvironments: {a: {}, b: {dependsOn: \"network:a\"}}", "network": "environments: {a: {}, b: {}}",
        ]
        #expect(try order(files, ["app:a", "app:b", "network:b", "network:a"]) == ["network:a", "app:a", "app:b", "network:b"])
    }

    @Test(arguments: [
        (["a": "dependsOn: a"], "stacks/a/stack.yml:1:12 circular-dependency: Stack a depends on itself | Remove this reference."),
        (
            ["a": "dependsOn: b", "b": "dependsOn: c", "c": "parameters: {X: {output: b.Y}}"],
            "stacks/c/stack.yml:1:14 circular-dependency: Stacks depend on each other in a circle: b → c → b | "
                + "None of them can be deployed first. Remove one of the references."
        ),
        (
            ["a": "dependsOn: bb", "b": ""], "stacks/a/stack.yml:1:12 unknown-stack: There is no stack bb | Did you mean b?"
        ),
        (
            ["a": "dependsOn: b", "b": "environments: {prod: {}}"],
            "stacks/a/stack.yml:1:12 missing-environment: Stack b is named without an environment | It has prod. Write b:prod, for one."
        ),
        (["a": "dependsOn: b", "b": "x: 1"], "stacks/b/stack.yml:1:1 unknown-key: Unknown key x in stack.yml"),
    ])
    func `what can't be ordered is an error at the reference`(files: [String: String], expected: String) throws {
        let problem = problem { _ = try order(files, ["a"]) }
        #expect(problem?.status == .badInput)
        #expect(problem?.lines.count == 1)
        #expect(problem?.lines.first?.hasPrefix(expected) == true, "\(problem?.lines ?? [])")
    }

    @Test func `a chain of any length is followed`() throws {
        let count = 2_000
        var files = Dictionary(uniqueKeysWithValues: (1..<count).map { ("s\($0)", "dependsOn: s\($0 - 1)") })
        files["s0"] = ""
        #expect(try order(files, ["s\(count - 1)", "s0"]) == ["s0", "s\(count - 1)"])
    }
}
