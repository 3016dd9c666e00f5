import Model
import OrderedCollections
import Templates
import Testing

@Suite struct `Parameters` {
    private func bind(_ declaration: String, _ given: OrderedDictionary<String, ParameterValue>) throws -> Reading<
        OrderedDictionary<String, ParameterValue>
    > {
        let text = "Parameters:\n  P: {\(declaration)}\nResources: {R: {Type: T}}"
        return try #require(Template.read(text, file: "t.yml").value).bind(given)
    }

    @Test(
        arguments: [
            ("Type: String", "anything", nil),
            ("Type: String, AllowedValues: [a, b]", "a", nil),
            ("Type: String, AllowedValues: [a, b]", "c", "It must be one of a, b."),
            ("Type: String, MinLength: 2, MaxLength: 3", "éé", nil),
            ("Type: String, MinLength: 2", "é", "It must have at least 2 characters."),
            // Java counts UTF-16: a smile is two.
            ("Type: String, MaxLength: 1", "😀", "It must have at most 1 characters."),
            ("Type: String, AllowedPattern: '[a-z]+'", "abc", nil),
            ("Type: String, AllowedPattern: '[a-z]+'", "abc1", "It must match the pattern [a-z]+."),
            ("Type: String, AllowedPattern: '\\d+'", "٣", "It must match the pattern \\d+."),
            ("Type: String, AllowedPattern: '^a$|^b$'", "b", nil),
            ("Type: String, AllowedPattern: '('", "only Java’s engine could tell", nil),
            (
                "Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: Lower case", "A",
                "It must match the pattern [a-z]+. Lower case"
            ),
            ("Type: Number", "1.5e3", nil), ("Type: Number", "-7", nil),
            ("Type: Number", "seven", "It must be a number."), ("Type: Number", "nan", "It must be a number."),
            ("Type: Number", "0x1F", "It must be a number."), ("Type: Number", "1e999", "It must be a number."),
            ("Type: Number", "", "It must be a number."),
            ("Type: Number, MinValue: 1, MaxValue: 2.5", "2.5", nil),
            ("Type: Number, MinValue: 1", "0", "It must be at least 1."), ("Type: Number, MaxValue: 2.5", "3", "It must be at most 2.5."),
            ("Type: Number, AllowedValues: [1, 2]", "1", nil), ("Type: Number, AllowedValues: [1, 2]", "3", "It must be one of 1, 2."),
            ("Type: CommaDelimitedList, AllowedValues: [a, b]", "a, b", nil),
            ("Type: CommaDelimitedList, AllowedValues: [a, b]", "a,c", #""c" is not one of a, b."#),
            ("Type: CommaDelimitedList, AllowedPattern: '[a-z]'", "a,B", #""B" does not match the pattern [a-z]."#),
            ("Type: List<Number>", "1, 2", nil), ("Type: List<Number>", "1,x", #""x" is not a number."#),
            ("Type: 'AWS::SSM::Parameter::Value<String>', AllowedValues: [a]", "/path", nil),
            ("Type: 'AWS::EC2::VPC::Id'", "vpc-1", nil), ("Type: 'List<AWS::EC2::Subnet::Id>'", "subnet-1,subnet-2", nil),
            ("Type: String", String(repeating: "x", count: 4097), "It must have at most 4096 bytes."),
        ] as [(String, String, String?)])
    func `a value keeps to its constraints`(_ declaration: String, _ value: String, _ reason: String?) throws {
        let reading = try bind(declaration, ["P": .plain(value)])
        #expect(reading.value == ["P": .plain(value)])
        #expect(reading.findings.map { "\($0.code): \($0.detail)" } == (reason.map { ["bad-parameter-value: \($0)"] } ?? []))
        // A default is held to the same.
        #expect(try bind(declaration + ", Default: '\(value)'", [:]).findings.map(\.detail) == reading.findings.map(\.detail))
    }

    @Test func `a bad value is shown with the parameter's place`() throws {
        #expect(
            shown(try bind("Type: String, AllowedValues: [a, b]", ["P": .plain("c")]).findings) == """
                bad-parameter-value t.yml:2:3
                  P: {Type: String, AllowedValues: [a, b]}
                  ^
                Parameter P can't be "c"
                It must be one of a, b.
                """)
    }

    @Test(arguments: [
        "Type: String, NoEcho: true, MinLength: 50", "Type: String, NoEcho: 'TRUE', AllowedPattern: x", "Type: Number, NoEcho: yes",
        "Type: CommaDelimitedList, NoEcho: true, AllowedValues: [a]", "Type: List<Number>, NoEcho: true",
        "Type: CommaDelimitedList, NoEcho: true, AllowedPattern: x", "Type: String, NoEcho: perhaps, MinLength: 50",
        "Type: String, MinLength: 50",
        "Type: List<Number>",
    ])
    func `a secret shows in no finding`(_ declaration: String) throws {
        let given = try bind(declaration, ["P": .secret(Secret("hunter2"), digest: nil)])
        #expect(given.findings.map(\.code) == ["bad-parameter-value"])
        #expect(!"\(given.findings)".contains("hunter2"))
        guard declaration.contains("NoEcho") else { return }
        let byDefault = try bind(declaration + ", Default: hunter2", [:])
        #expect(byDefault.findings.map(\.code) == ["bad-parameter-value"])
        #expect(!"\(byDefault.findings)".contains("hunter2"))
        #expect(byDefault.value == ["P": .secret(Secret("hunter2"), digest: nil)])
    }

    @Test func `missing, unknown and misspelt parameters are all found`() throws {
        let text =
            "Parameters:\n  Stage: {Type: String}\n  Size: {Type: Number, Default: 5}\n  Name: {Type: String}\nResources: {R: {Type: T}}"
        let template = try #require(Template.read(text, file: "t.yml").value)
        let reading = template.bind(["Stge": .plain("a"), "Other": .plain("b"), "Name": .unknown("no source")])
        #expect(reading.value == ["Size": .plain("5"), "Name": .unknown("no source")])
        #expect(
            shown(reading.findings) == """
                unknown-parameter nowhere
                The template has no parameter Stge
                Did you mean Stage? It is given a value for this stack, but t.yml does not declare it.

                unknown-parameter nowhere
                The template has no parameter Other
                It is given a value for this stack, but t.yml does not declare it.

                missing-parameter t.yml:2:3
                  Stage: {Type: String}
                  ^
                Parameter Stage has no value
                It has no default. Give it a value under `parameters` in stack.yml.
                """)
    }

    @Test(arguments: [
        ("Type: String, Default: 1.10", "1.10"), ("Type: String, Default: yes", "true"),
        ("Type: String, Default: 2012-10-17", "2012-10-17"),
        ("Type: String, Default: ''", ""),
    ])
    func `a default keeps the text it was written with`(_ declaration: String, _ value: String) throws {
        #expect(try bind(declaration, [:]).value == ["P": .plain(value)])
    }

    @Test(arguments: [
        ("Type: Strin", "unknown-parameter-type 2:13 Unknown parameter type Strin"),
        ("Default: a", "no-type 2:3 Parameter P has no Type"),
        ("Type: String, MaxLength: 1e30", "bad-parameter 2:32 MaxLength of parameter P must be a number"),
        ("Type: String, MinLength: -inf", "bad-parameter 2:32 MinLength of parameter P must be a number"),
        ("Type: Number, MinValue: nan", "bad-parameter 2:31 MinValue of parameter P must be a number"),
        ("Type: Number, MaxValue: [1]", "bad-parameter 2:31 MaxValue of parameter P must be a number"),
        ("Type: String, AllowedValues: a", "bad-parameter 2:36 AllowedValues of parameter P must be a list of strings"),
        ("Type: String, AllowedValues: [a, null]", "bad-parameter 2:36 AllowedValues of parameter P must be a list of strings"),
        ("Type: String, AllowedPattern: [a]", "bad-parameter 2:37 AllowedPattern of parameter P must be a string, found a list"),
        ("Type: String, NoEcho: 1", "bad-parameter 2:29 NoEcho of parameter P must be true or false"),
        ("Type: String, Default: {a: b}", "bad-default 2:30 Default of parameter P must be a string, found a map"),
        ("Type: String, Alowed: 1", "unknown-attribute 2:21 Unknown attribute of parameter P: Alowed"),
    ])
    func `a bad declaration is found`(_ declaration: String, _ finding: String) {
        let text = "Parameters:\n  P: {\(declaration)}\nResources: {R: {Type: T}}"
        #expect(brief(Template.read(text, file: "t.yml").findings) == [finding])
    }

    @Test(arguments: [
        ("String", false, false), ("Number", false, false), ("CommaDelimitedList", true, false), ("List<Number>", true, false),
        ("List<AWS::EC2::Subnet::Id>", true, false), ("AWS::EC2::VPC::Id", false, false), ("AWS::SSM::Parameter::Name", false, false),
        ("AWS::SSM::Parameter::Value<String>", false, true), ("AWS::SSM::Parameter::Value<List<String>>", true, true),
        ("AWS::SSM::Parameter::Value<CommaDelimitedList>", true, true),
        ("AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>", true, true),
    ])
    func `a type is a list, a stored value, both or neither`(_ type: String, _ isList: Bool, _ isStoreValue: Bool) throws {
        let reading = Template.read("Parameters: {P: {Type: '\(type)'}}\nResources: {R: {Type: T}}", file: "t.yml")
        let parameter = try #require(reading.value?.parameters["P"])
        #expect(reading.findings.isEmpty && parameter.isList == isList && parameter.isStoreValue == isStoreValue)
    }

    @Test func `rules that do not hold are found, undecided ones are left`() throws {
        let text = """
            Parameters: {Stage: {Type: String}, Size: {Type: Number, Default: 5}, Other: {Type: String}}
            Rules:
              Sizes:
                RuleCondition: !Equals [!Ref Stage, prod]
                Assertions:
                  - Assert: !Contains [[10, 20], !Ref Size]
                    AssertDescription: Ten or twenty
                  - Assert: !EachMemberIn [[a, b], [a, b, c]]
                  - Assert: !EachMemberEquals [[a, b], a]
              Open: {Assertions: [{Assert: !Contains [[a], !Ref Other]}]}
              Idle: {RuleCondition: !Equals [!Ref Stage, test], Assertions: [{Assert: !Equals [a, b]}]}
            Resources: {R: {Type: T}}
            """
        let reading = Template.read(text, file: "t.yml")
        let template = try #require(reading.value)
        #expect(brief(reading.findings + template.check()) == [])
        var evaluator = Evaluator(
            template, EvaluationEnvironment(parameters: ["Stage": .plain("prod"), "Size": .plain("5"), "Other": .unknown("")]))
        #expect(
            evaluator.brokenRules().map { "\($0.location?.description ?? "") \($0.summary): \($0.detail)" } == [
                "t.yml:6:17 Rule Sizes is broken: Ten or twenty", "t.yml:9:17 Rule Sizes is broken: One of its assertions does not hold.",
            ])
    }

    @Test(arguments: [
        ("R: null", "bad-section 1:12 Rule R must be a map, found empty"), ("R: {}", "bad-rule 1:9 Rule R has no list of Assertions"),
        ("R: {Assertions: [{}]}", "bad-rule 1:26 An assertion of rule R has no Assert"),
        ("R: {Assertions: [], Asserts: []}", "unknown-attribute 1:29 Unknown attribute of rule R: Asserts"),
        ("R: {Assertions: [{Assert: !Ref A}]}", "bad-condition 1:35 An assertion of rule R takes a condition, found another function"),
        (
            "R: {Assertions: [{Assert: !Equals [!Ref Nope, a]}]}",
            "unknown-reference 1:44 Nope is no parameter, resource or pseudo parameter"
        ),
        ("R: {Assertions: [{Assert: !Equals [!Ref A, a]}]}", "resource-in-condition 1:44 The rule R refers to the resource A"),
    ])
    func `a bad rule is found`(_ rule: String, _ finding: String) throws {
        let reading = Template.read("Rules: {\(rule)}\nResources: {A: {Type: T}}", file: "t.yml")
        #expect(brief(reading.findings + (try #require(reading.value)).check()).contains(finding))
    }
}
