import Model
import Templates
import Testing

@Suite struct `Fn ForEach` {
    /// What a template comes to: conditions, resources with their properties, and outputs, one a line; then the findings.
    private func expanded(_ text: String, parameterValues: [String: String] = [:]) throws -> String {
        let reading = Template.read("Transform: AWS::LanguageExtensions\n" + text, file: "t.yml", parameterValues: parameterValues)
        let template = try #require(reading.value)
        var evaluator = Evaluator(template, EvaluationEnvironment(parameters: template.bind([:]).value ?? [:]))
        var lines = template.conditions.keys.map { "\($0): \(evaluator.holds($0).map { "\($0)" } ?? "?")" }
        for resource in template.resources.values {
            let properties = resource.properties.map { "\($0.key)=\(shown(evaluator.value(of: $0.value)))" }
            lines.append(([resource.logicalID] + resource.dependsOn.map { "after \($0)" } + properties).joined(separator: " "))
        }
        lines += template.outputs.values.map { "\($0.name)=\(shown(evaluator.value(of: $0.value)))" }
        return (lines + brief(reading.findings + template.check())).joined(separator: "\n")
    }

    @Test(arguments: [
        (
            "Resources: {'Fn::ForEach::L': [N, [A, B], {'T${N}': {Type: T, Properties: {Name: !Ref N, Text: !Sub '${N}-${AWS::Region}'}}}]}",
            #"""
            TA Name="A" Text="<A- + <AWS::Region>>"
            TB Name="B" Text="<B- + <AWS::Region>>"
            """#
        ),
        (
            "Resources: {'Fn::ForEach::O': [X, [a, b], {'Fn::ForEach::I': [Y, [1, 2], {'T${X}${Y}': {Type: T, DependsOn: Last}}]}], Last: {Type: T}}",
            "Ta1 after Last\nTa2 after Last\nTb1 after Last\nTb2 after Last\nLast"
        ),
        (
            "Resources: {'Fn::ForEach::L': [N, ['1.0', a-b], {'T&{N}': {Type: T, Properties: {Name: !Ref N}}}]}",
            "T10 Name=\"1.0\"\nTab Name=\"a-b\""
        ),
        (
            "Parameters: {P: {Type: CommaDelimitedList, Default: 'A, B'}}\nResources: {'Fn::ForEach::L': [N, !Ref P, {'T${N}': {Type: T}}]}",
            "TA\nTB"
        ),
        (
            "Parameters: {P: {Type: CommaDelimitedList, Default: B}}\nResources: {'Fn::ForEach::L': [N, [A, !Ref P], {'T${N}': {Type: T}}]}",
            "TA\nTB"
        ),
        (
            "Resources: {R: {Type: T, Properties: {'Fn::ForEach::L': [N, [A, B], {'P${N}': !Ref N}], Q: {'Fn::ForEach::L': [N, [C], {'${N}': 1}]}}}}",
            #"R PA="A" PB="B" Q={"C":1}"#
        ),
        (
            "Conditions: {'Fn::ForEach::L': [N, [a, b], {'Is${N}': !Equals [a, !Ref N]}]}\nResources: {R: {Type: T}}",
            "Isa: true\nIsb: false\nR"
        ),
        (
            "Resources: {R: {Type: T}}\nOutputs: {'Fn::ForEach::L': [N, [A], {'O${N}': {Value: !GetAtt [R, !Ref N]}}]}",
            #"R\#nOA="<R.A>""#
        ),
        ("Resources: {R: {Type: T}, 'Fn::ForEach::L': [N, [], {'T${N}': {Type: T}}]}", "R"),
        (
            "Resources: {'Fn::ForEach::L': [N, [A, A], {'T${N}': {Type: T}}]}",
            "TA\nduplicate-key 2:44 The key \"TA\" is there twice"
        ),
        (
            "Resources: {R: {Type: T}, 'Fn::ForEach::L': [N, [A]], 'Fn::ForEach::M': [N, !Ref P, {}], 'Fn::ForEach::N': null}",
            """
            R
            bad-foreach 2:27 Fn::ForEach::L takes [identifier, collection, map]
            bad-foreach 2:55 The collection of Fn::ForEach::M must be a list of strings or a list parameter whose value is known
            bad-foreach 2:90 Fn::ForEach::N takes [identifier, collection, map]
            """
        ),
    ])
    func `is expanded before anything else is read`(_ text: String, _ result: String) throws {
        #expect(try expanded(text) == result)
    }

    @Test func `loops over the value that a parameter is given`() throws {
        let text =
            "Parameters: {P: {Type: CommaDelimitedList, Default: A}}\nResources: {'Fn::ForEach::L': [N, !Ref P, {'T${N}': {Type: T}}]}"
        #expect(try expanded(text, parameterValues: ["P": "X,Y"]) == "TX\nTY")
    }

    @Test(arguments: ["!Ref P", "[A, !Ref P]", "!Split [',', !Ref Q]"])
    func `over what is not known hides what it may have made, and nothing else`(_ collection: String) throws {
        let text = """
            Transform: AWS::LanguageExtensions
            Parameters: {P: {Type: CommaDelimitedList}, Q: {Type: String}}
            Resources:
              R: {Type: AWS::SNS::Topic, DependsOn: TA, Properties: {TopicName: !Ref TB, DisplayNam: x}}
              'Fn::ForEach::L': [N, \(collection), {'T${N}': {Type: AWS::SNS::Topic}}]
            """
        let reading = Template.read(text, file: "t.yml")
        #expect(reading.findings.map(\.code) == ["unknown-collection"])
        #expect(try #require(reading.value).check() == [])
        #expect(try #require(reading.value).check(types: .bundled).map(\.code) == ["unknown-property"])
    }

    @Test func `is an unknown function without its transform`() {
        let text = "Resources: {R: {Type: T, Properties: {A: {'Fn::ForEach::L': [N, [A], {}]}}}, 'Fn::ForEach::L': [N, [A], {}]}"
        #expect(
            brief(Template.read(text, file: "t.yml").findings) == [
                "foreach-without-transform 1:43 Fn::ForEach::L can't be used here",
                "bad-resource 1:96 Resource Fn::ForEach::L must be a map with a Type, found a list",
            ])
    }

    @Test func `is sent as it was written`() throws {
        let text = "Transform: AWS::LanguageExtensions\nResources: {'Fn::ForEach::L': [N, [A], {'T${N}': {Type: T}}]}"
        #expect(try #require(Template.read(text, file: "t.yml").value).body == text)
    }

    @Test(arguments: [
        "[A, [\(Array(repeating: "a", count: 200).joined(separator: ","))], {'Fn::ForEach::M': [B, [\(Array(repeating: "b", count: 200).joined(separator: ","))], {}]}]",
        "[A, [\((0..<9_000).map { "a\($0)" }.joined(separator: ","))], {'R${A}': {Type: T, Properties: {X: '\(String(repeating: "x", count: 10_000))'}}}]",
        "[A, ['\(String(repeating: "a", count: 100_000))'], {'R': {Type: T, Properties: {X: '\(String(repeating: "${A}", count: 100_000))'}}}]",
    ])
    func `that makes more than anybody needs is refused`(_ loop: String) {
        let text = "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::L: \(loop)"
        #expect(
            Template.read(text, file: "t.yml").findings.map(\.summary).contains {
                $0.hasSuffix("makes more than 10000 copies or 4 MiB of them")
            })
    }
}
