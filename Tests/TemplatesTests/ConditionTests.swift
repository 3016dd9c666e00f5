import Model
import Templates
import Testing

@Suite struct `Conditions` {
    /// IsProd is true, IsTest false, IsOpen not decided.
    @Test(
        arguments: [
            ("!Condition IsProd", true),
            ("!Not [!Condition IsProd]", false),
            ("!Not [!Condition IsOpen]", nil),
            ("!And [!Condition IsProd, !Condition IsProd]", true),
            ("!And [!Condition IsProd, !Condition IsTest]", false),
            ("!And [!Condition IsProd, !Condition IsOpen]", nil),
            ("!And [!Condition IsOpen, !Condition IsTest]", false),
            ("!Or [!Condition IsTest, !Condition IsTest]", false),
            ("!Or [!Condition IsTest, !Condition IsProd]", true),
            ("!Or [!Condition IsTest, !Condition IsOpen]", nil),
            ("!Or [!Condition IsOpen, !Condition IsProd]", true),
            ("!Equals [a, a]", true),
            ("!Equals [a, b]", false),
            ("!Equals [1, '1']", true),
            ("!Equals [true, 'true']", true),
            ("!Equals [!Ref Zones, [a, b]]", true),
            ("!Equals [!Ref Unset, a]", nil),
            ("!Equals [!Ref Unset, !Ref Unset]", true),
            ("!Equals [!Ref Token, hunter2]", true),
            ("!Equals [!Ref Token, '']", false),
            ("!Equals [!Select [0, !Ref Zones], a]", true),
            ("!Equals [!FindInMap [Regions, !Ref AWS::Region, Size], small]", true),
            ("!Equals [!Condition IsProd, !Condition IsTest]", false),
            ("{Condition: IsProd}", true),
            ("{'Fn::And': [{Condition: IsProd}, {'Fn::Equals': [{Ref: Stage}, prod]}]}", true),
        ] as [(String, Bool?)])
    func `a condition is true, false or undecided`(_ expression: String, _ truth: Bool?) throws {
        let text = Sample.text("1").replacing("Resources:", with: "  Tried: \(expression)\nResources:")
        let reading = Template.read(text, file: "t.yml")
        let template = try #require(reading.value)
        var evaluator = Evaluator(template, Sample.environment)
        #expect(evaluator.holds("Tried") == truth)
        #expect(brief(reading.findings + template.check() + evaluator.findings) == [])
    }

    @Test func `no condition holds always, and an unknown one is not decided`() throws {
        var evaluator = Evaluator(try #require(Template.read(Sample.text("1"), file: "t.yml").value), Sample.environment)
        #expect(evaluator.holds(nil) == true)
        #expect(evaluator.holds("Nope") == nil)
    }

    @Test(arguments: [
        ("!Not [!Ref Stage]", ["bad-condition 2:11 Fn::Not takes a condition, found another function"]),
        ("!Not [!Condition A, !Condition A]", ["bad-function 2:5 Fn::Not takes a list of one condition, found a list of 2"]),
        ("!And [!Condition A]", ["bad-function 2:5 Fn::And takes 2 to 10 conditions, found a list of 1"]),
        (
            "!Or [a, b]",
            [
                "bad-condition 2:10 Fn::Or takes a condition, found a literal",
                "bad-condition 2:13 Fn::Or takes a condition, found a literal",
            ]
        ),
        ("!Equals [a]", ["bad-function 2:5 Fn::Equals takes [value, value], found a list of 1"]),
        ("!Ref Stage", ["bad-condition 2:5 Condition C takes a condition, found another function"]),
        ("[]", ["bad-condition 2:5 Condition C takes a condition, found a list"]),
        ("", ["null-value 2:4 A value is null"]),
    ])
    func `a condition of a wrong shape is found`(_ expression: String, _ findings: [String]) {
        let text = "Conditions:\n C: \(expression)\n A: !Equals [a, a]\nParameters: {Stage: {Type: String}}\nResources: {R: {Type: T}}"
        #expect(brief(Template.read(text, file: "t.yml").findings) == findings)
    }

    @Test func `conditions in circles are reported, each circle once`() throws {
        let text = """
            Conditions:
              A: !Not [!Condition B]
              B: !And [!Condition C, !Condition A]
              C: !Equals [a, a]
              D: !Not [!Condition D]
              E: !Not [!Condition A]
            Resources: {R: {Type: T}}
            """
        let template = try #require(Template.read(text, file: "t.yml").value)
        #expect(
            brief(template.check()) == [
                "condition-cycle 2:6 Conditions depend on each other in a circle: A → B → A",
                "condition-cycle 5:6 Conditions depend on each other in a circle: D → D",
            ])
        var evaluator = Evaluator(template, EvaluationEnvironment())
        #expect(["A", "B", "C", "D", "E"].map { evaluator.holds($0) } == [nil, nil, true, nil, nil])
    }

    @Test func `a chain of 10,000 conditions is checked and decided`() throws {
        let chain = (1...10_000).map { "  C\($0): !Not [!Condition C\($0 - 1)]" }.reversed().joined(separator: "\n")
        let text = "Conditions:\n\(chain)\n  C0: !Equals [a, a]\nResources: {R: {Type: T}}"
        let template = try #require(Template.read(text, file: "t.yml").value)
        #expect(brief(template.check()) == [])
        var evaluator = Evaluator(template, EvaluationEnvironment())
        #expect(evaluator.holds("C10000") == true)
        #expect(evaluator.holds("C9999") == false)
    }

    /// Every path through this has to be walked only once: there are 2⁶⁰.
    @Test func `conditions that share what they need take no exponential time`() throws {
        let chain = (1...60).map { "  C\($0): !Or [!Condition C\($0 - 1), !Condition C\($0 - 1)]" }.joined(separator: "\n")
        let nested = String(repeating: "!Contains [[", count: 40) + "a" + String(repeating: "], a]", count: 40)
        let text = "Conditions:\n  C0: !Equals [a, \(nested)]\n\(chain)\nResources: {R: {Type: T}}"
        let template = try #require(Template.read(text, file: "t.yml").value)
        #expect(template.check().isEmpty)
        var evaluator = Evaluator(template, EvaluationEnvironment())
        #expect(evaluator.holds("C60") == false)
    }

    @Test func `two undecided conditions are not taken for the same`() {
        #expect(Sample.evaluate("!Equals [!Ref Unset, a]") != Sample.evaluate("!Equals [!Ref Unset, b]"))
    }
}
