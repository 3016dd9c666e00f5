import Model
import OrderedCollections
import Templates
import Testing

@Suite struct `The dependency graph` {
    private func template(_ resources: String) throws -> Template {
        try #require(
            Template.read(
                "Parameters: {P: {Type: String, Default: a}}\nConditions: {C: !Equals [a, a]}\nResources: {\(resources)}", file: "t.yml"
            ).value)
    }

    @Test(
        arguments: [
            ("A: {Type: T, DependsOn: B}, B: {Type: T}", ["A": ["B"], "B": []]),
            ("A: {Type: T, DependsOn: [C, B]}, B: {Type: T}, C: {Type: T}", ["A": ["C", "B"], "B": [], "C": []]),
            ("A: {Type: T, Properties: {X: !Ref B}}, B: {Type: T}", ["A": ["B"], "B": []]),
            ("A: {Type: T, Properties: {X: !GetAtt B.Arn}}, B: {Type: T}", ["A": ["B"], "B": []]),
            ("A: {Type: T, Properties: {X: !Sub '${B} ${C.Arn} ${P}'}}, B: {Type: T}, C: {Type: T}", ["A": ["B", "C"], "B": [], "C": []]),
            ("A: {Type: T, Properties: {X: !Sub ['${b}', {b: !Ref B}]}}, B: {Type: T}", ["A": ["B"], "B": []]),
            (
                "A: {Type: T, Properties: {X: !If [C, !Ref B, [{y: !Ref D}]]}}, B: {Type: T}, D: {Type: T}",
                ["A": ["B", "D"], "B": [], "D": []]
            ),
            ("A: {Type: T, Properties: {X: !Join ['', [!Select [0, [!Ref B]]]]}}, B: {Type: T}", ["A": ["B"], "B": []]),
            (
                "A: {Type: T, Metadata: {X: !Ref B}, UpdatePolicy: !Ref D}, B: {Type: T}, D: {Type: T}",
                ["A": ["B", "D"], "B": [], "D": []]
            ),
            ("A: {Type: T, Properties: {X: !Ref P, Y: !Ref AWS::Region, Z: !Ref Nope}}", ["A": []]),
        ] as [(String, OrderedDictionary<String, OrderedSet<String>>)])
    func `a resource needs what it refers to`(_ resources: String, _ dependencies: OrderedDictionary<String, OrderedSet<String>>) throws {
        #expect(DependencyGraph(try template(resources)).dependencies == dependencies)
    }

    @Test func `what is needed comes first, otherwise the order is the template's`() throws {
        let graph = DependencyGraph(try template("D: {Type: T, DependsOn: [B, C]}, A: {Type: T}, C: {Type: T, DependsOn: B}, B: {Type: T}"))
        #expect(graph.order == ["B", "C", "D", "A"])
        #expect(graph.cycle == nil && graph.cycles == [])
    }

    @Test func `circles are found, each once, with the place of their first resource`() throws {
        let resources = """
            A: {Type: T, DependsOn: B}, B: {Type: T, Properties: {X: !Ref C}}, C: {Type: T, DependsOn: [A, B]},
              D: {Type: T, DependsOn: D}, E: {Type: T, DependsOn: A}
            """
        let template = try template(resources)
        let graph = DependencyGraph(template)
        #expect(graph.order == nil)
        #expect(graph.cycle == ["A", "B", "C", "A"])
        #expect(graph.cycles == [["A", "B", "C", "A"], ["D", "D"]])
        #expect(
            shown(template.check()) == """
                circular-dependency t.yml:3:13
                Resources: {A: {Type: T, DependsOn: B}, B: {Type: T, Properties: {X: !Ref C}}, C: {Type: T, DependsOn: [A, B]},
                            ^
                Resources depend on each other in a circle: A → B → C → A
                CloudFormation can't decide which to create first. Break the circle at one reference or DependsOn.

                circular-dependency t.yml:4:3
                  D: {Type: T, DependsOn: D}, E: {Type: T, DependsOn: A}}
                  ^
                Resources depend on each other in a circle: D → D
                CloudFormation can't decide which to create first. Break the circle at one reference or DependsOn.
                """)
    }

    @Test func `a chain of 10,000 resources has an order, and a circle of as many is found`() throws {
        let chain = (0..<9_999).map { "R\($0): {Type: T, DependsOn: R\($0 + 1)}" }.joined(separator: ",\n")
        #expect(DependencyGraph(try template(chain + ",\nR9999: {Type: T}")).order == (0..<10_000).reversed().map { "R\($0)" })
        #expect(DependencyGraph(try template(chain + ",\nR9999: {Type: T, DependsOn: R0}")).cycle?.count == 10_001)
    }

    @Test func `300 resources that all need each other take no long search`() throws {
        let names = (0..<300).map { "R\($0)" }
        let all = names.joined(separator: ", ")
        #expect(
            DependencyGraph(try template(names.map { "\($0): {Type: T, DependsOn: [\(all)]}" }.joined(separator: ",\n"))).cycles.count
                == 300)
    }
}
