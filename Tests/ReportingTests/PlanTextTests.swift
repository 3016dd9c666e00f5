import Model
import Testing

@testable import Planning
@testable import Reporting

@Suite struct PlanTextTests {
    @Test func `a plan is shown with what is removed and replaced first`() {
        var plan = Plan.sample(
            [
                .sample(
                    .add, "Queue", of: "AWS::SQS::Queue", .sample("QueueName", nil, "jobs"),
                    .sample("Url", nil, "${Topic.Arn}/q", known: false)),
                .sample(
                    .modify, "Build", of: "AWS::CodeBuild::Project",
                    .sample("Environment.Image", "standard:6.0", "standard:7.0", causes: [ChangeCause(.parameterReference, "Image")]),
                    .sample("Token", "(sensitive)", "(sensitive)", sensitive: true, causes: [ChangeCause(.parameterReference, "Token")]),
                    .sample("Description", "old", nil), .sample("Timeout", nil, 30), .sample("Kept", "a", "a", willChange: .no)),
                .sample(
                    .modify, "Table", of: "AWS::DynamoDB::Table", willReplace: .yes, policy: .replaceAndRetain,
                    .sample("TableName", "a", "b", recreation: .always), .sample("Other", "c", "d", recreation: .conditionally)),
                .sample(.modify, "Maybe", willReplace: .unknown), .sample(.modify, "Alias", willChange: .no),
                .sample(.modify, "Guess", willChange: .unknown), .sample(.modify, "Overlooked", isListed: false),
                .sample(.remove, "Old", policy: .delete, physicalID: "old-topic", .sample("TopicName", "old", nil)),
                .sample(.remove, "Keep", policy: .retain, physicalID: "kept-topic"), .sample(.remove, "Disk", policy: .snapshot),
                .sample(.add, "Renamed", renamedFrom: "Old"), .sample(.import, "Adopted"),
            ], unchanged: 3)
        plan.parameters = [
            ValueChange(name: "Image", before: "standard:6.0", after: "standard:7.0"), ValueChange(name: "Gone", before: "x", after: nil),
            ValueChange(name: "Token", before: "(sensitive)", after: "(sensitive)", sensitive: true),
        ]
        plan.tags = [ValueChange(name: "team", before: nil, after: "delivery")]
        plan.settings = [ValueChange(name: "terminationProtection", before: "false", after: "true")]
        plan.outputs = [ValueChange(name: "Arn", before: "${literal}", after: "${Queue.Arn}")]
        plan.hazards = [
            Hazard(logicalID: "Table", type: "AWS::DynamoDB::Table", summary: "Table is replaced: its items are lost", isProtected: false),
            Hazard(logicalID: "Old", type: "AWS::SNS::Topic", summary: "Old is removed", isProtected: true),
        ]
        plan.notes = [Finding("unknown-value", .note, "Guess can't be known before", detail: "It is an attribute")]
        #expect(
            PlanText.render(plan, .plain) == """
                image-pipeline:develop → stack image-pipeline-develop in eu-central-1, recorded as deployment 4

                  - Old  AWS::SNS::Topic  # old-topic

                  - Keep  AWS::SNS::Topic  # kept-topic, retained: only forgotten by the stack

                  - Disk  AWS::SNS::Topic  # a snapshot is kept

                -/+ Table  AWS::DynamoDB::Table  # is replaced (the old one is retained)
                      ~ TableName: "a" → "b"  # forces replacement
                      ~ Other: "c" → "d"  # may force replacement

                  ~ Maybe  AWS::SNS::Topic  # may be replaced

                  ~ Build  AWS::CodeBuild::Project
                      ~ Environment.Image: "standard:6.0" → "standard:7.0"  # by parameter Image
                      ~ Token: (sensitive)  # by parameter Token
                      - Description: "old"
                      + Timeout: 30
                      = Kept

                  ~ Guess  AWS::SNS::Topic  # may change: known after apply

                  ~ Overlooked  AWS::SNS::Topic  # not listed by CloudFormation, and yet it changes

                  + Queue  AWS::SQS::Queue
                      + QueueName: "jobs"
                      + Url: "${Topic.Arn}/q" (known after apply)

                  + Renamed  AWS::SNS::Topic  # looks like Old renamed: CloudFormation makes a new one and removes the old

                 <- Adopted  AWS::SNS::Topic

                  = Alias  AWS::SNS::Topic  # listed by CloudFormation, but nothing will be different

                  Parameters
                      ~ Image: "standard:6.0" → "standard:7.0"
                      - Gone: "x"
                      ~ Token: (sensitive)

                  Tags
                      + team: "delivery"

                  Settings
                      ~ terminationProtection: false → true

                  Outputs
                      ~ Arn: "${literal}" → "${Queue.Arn}" (known after apply)

                  Hazards
                      ! Table is replaced: its items are lost
                      ! Old is removed (protected in stack.yml)

                note: Guess can't be known before (unknown-value)
                  It is an attribute

                Plan: 1 to import, 2 to add, 4 to change, 1 to replace, 3 to remove; 3 unchanged.

                """)
    }

    @Test func `a plan without changes says so, and what else there is to say`() {
        var plan = Plan.sample([], unchanged: 9)
        plan.notes = [Finding("remark", .warning, "Mind the gap")]
        #expect(
            PlanText.render(plan, .plain) == """
                image-pipeline:develop → stack image-pipeline-develop in eu-central-1, recorded as deployment 4

                warning: Mind the gap (remark)

                No changes. What is recorded and what the files describe are the same.

                """)
    }

    static let headers: [(kind: Plan.Kind, header: String)] = [
        (.create, "new stack"), (.update, "recorded as deployment 4"), (.destroy, "to be destroyed"),
    ]

    @Test(arguments: headers)
    func `the first line says what the plan is for`(kind: Plan.Kind, header: String) {
        let text = PlanText.render(.sample([.sample(.add, "A")], kind: kind), .plain)
        #expect(text.split(separator: "\n")[0] == "image-pipeline:develop → stack image-pipeline-develop in eu-central-1, \(header)")
    }

    @Test func `what a destruction removes is not called overlooked by CloudFormation`() {
        let text = PlanText.render(.sample([.sample(.remove, "Topic", isListed: false)], kind: .destroy), .plain)
        #expect(text.contains("  - Topic  AWS::SNS::Topic\n"))
    }

    @Test func `long values are compared line by line, short ones side by side`() {
        let long = String(repeating: "x", count: 90)
        let change = PlannedChange.sample(
            .modify, "A", .sample("Script", "set -e\n\nmake\n", "set -e\n\nmake test\n"), .sample("Bare", "a\nb", "a\nb\n"),
            .sample("Long", .string(long), "short"), .sample("Longer", .string(long), .string(long + "y")),
            .sample("Added", nil, "one\n\ntwo\n"), .sample("Policy", nil, ["Statement": [["Effect": "Allow", "Action": .string(long)]]]))
        #expect(
            PlanText.render(.sample([change]), .plain).split(separator: "\n", omittingEmptySubsequences: false).dropFirst(3).dropLast(3)
                .joined(separator: "\n") == """
                          ~ Script:
                                |
                                  set -e

                              -   make
                              +   make test
                          ~ Bare:
                              - |-
                              + |
                                  a
                                  b
                          ~ Long: "\(long)" → "short"
                          ~ Longer:
                              - "\(long)"
                              + "\(long)y"
                          + Added: |
                              one

                              two
                          + Policy:
                              Statement:
                                - Effect: "Allow"
                                  Action: "\(long)"
                    """)
    }

    @Test func `nothing in a plan steers the terminal`() {
        let evil = "a\(escape)\u{9B}31m\u{202E}"
        var change = PlannedChange.sample(
            .remove, evil, of: evil, policy: .retain, physicalID: evil)
        var plan = Plan.sample([change])
        change.action = .modify
        change.renamedFrom = evil
        change.properties = [
            .sample(evil, .string(evil), .string(evil + "b"), causes: [ChangeCause(.directModification, evil)]),
            .sample("Lines", .string(evil + "\n"), .string("\n" + evil)),
            .sample("Map", nil, .object([evil: .string(evil), "long": .string(String(repeating: "x", count: 90))])),
            .sample("Number", nil, .number(evil)),
        ]
        plan.changes.append(change)
        plan.stackName = evil
        plan.region = evil
        plan.parameters = [ValueChange(name: evil, before: evil, after: evil)]
        plan.tags = [ValueChange(name: evil, before: evil, after: nil)]
        plan.outputs = [ValueChange(name: evil, before: nil, after: evil)]
        plan.hazards = [Hazard(logicalID: evil, type: evil, summary: evil, isProtected: false)]
        plan.notes = [Finding("note", .note, evil, detail: evil)]
        let text = PlanText.render(plan, .plain)
        #expect(text.unicodeScalars.filter { $0.properties.generalCategory == .control && $0 != "\n" || $0 == "\u{202E}" }.isEmpty)
        // Each part of the plan is there, made harmless.
        #expect(text.split(separator: "u{202e}").count > 20)
    }

    @Test func `colour is added to the text and changes nothing else`() {
        let plan = Plan.sample([
            .sample(.add, "A", .sample("P", nil, "x")),
            .sample(.modify, "B", willReplace: .yes, .sample("Q", "x", "y", recreation: .always)),
            .sample(.remove, "C"), .sample(.modify, "D", willChange: .no),
        ])
        let colored = PlanText.render(plan, .colored)
        #expect(colored != PlanText.render(plan, .plain))
        #expect(colored.replacing(/\u{1B}\[\d+m/, with: "") == PlanText.render(plan, .plain))
    }
}

@Suite struct ValueTextTests {
    static let values: [(value: JSONValue, lines: [String])] = [
        ("plain", [#""plain""#]), ("", [#""""#]), (true, ["true"]), (nil, ["null"]), (.number("1.10"), ["1.10"]), ([], ["[]"]),
        ([:], ["{}"]),
        ("(sensitive)", ["(sensitive)"]), ("tab\t\"quote\"", [#""tab\t\"quote\"""#]), (.string(escape), [#""\u001b[2J""#]),
        ("a\nb\n", ["|", "  a", "  b"]), ("a\nb", ["|-", "  a", "  b"]), ("a\n\n", ["|+", "  a", ""]),
        ("a\r\nb", ["|-", #"  a\u{d}"#, "  b"]),
        (["k": "a\nb"], [#"{"k":"a\nb"}"#]),
        (
            [.string(String(repeating: "x", count: 80)), ["k": "v", "l": .string("a\n" + String(repeating: "y", count: 80))]],
            ["- \"\(String(repeating: "x", count: 80))\"", "- k: \"v\"", "  l: |-", "    a", "    \(String(repeating: "y", count: 80))"]
        ),
    ]

    @Test(arguments: values)
    func `values are shown in YAML's block style`(value: JSONValue, lines: [String]) {
        #expect(ValueText.render(value, known: true, .plain) == lines)
    }

    @Test func `what is not known on one line is said to be`() {
        #expect(ValueText.render("${A.Arn}", known: false, .plain) == [#""${A.Arn}" (known after apply)"#])
        #expect(ValueText.render("a\nb", known: false, .plain) == ["|-", "  a", "  b"])
    }
}

@Suite struct LineDifferenceTests {
    static let differences: [(before: [String], after: [String], text: String)] = [
        ([], [], ""), (["a"], ["a"], "    a\n"), (["a"], ["b"], "  - a\n  + b\n"), ([], ["a", "b"], "  + a\n  + b\n"),
        (["a", "b"], [], "  - a\n  - b\n"),
        (["a", "b", "c"], ["a", "x", "c"], "    a\n  - b\n  + x\n    c\n"),
        (["a", "c"], ["a", "b", "c", "d"], "    a\n  + b\n    c\n  + d\n"),
        (["x", "a", "a"], ["a", "a", "a"], "  - x\n  + a\n    a\n    a\n"),
    ]

    @Test(arguments: differences)
    func `two texts are compared line by line`(before: [String], after: [String], text: String) {
        #expect(LineDifference.render(before, after, indent: 2, .plain, context: .max) == text)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `what stays and goes is the old text, what stays and comes the new one`(seed: UInt64) {
        var state = seed
        func draw(_ limit: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % limit
        }
        for _ in 0..<200 {
            let before = (0..<draw(8)).map { _ in String(draw(4)) }
            let after = (0..<draw(8)).map { _ in String(draw(4)) }
            let lines = LineDifference.render(before, after, indent: 0, .plain, context: .max).split(separator: "\n")
            #expect(lines.filter { !$0.hasPrefix("+") }.map { String($0.dropFirst(2)) } == before)
            #expect(lines.filter { !$0.hasPrefix("-") }.map { String($0.dropFirst(2)) } == after)
        }
    }

    @Test func `of access nothing is cut off: what is too wide for a table stands line by line`() {
        func access(_ actions: [String], _ condition: String?) -> AccessChange {
            AccessChange(
                logicalID: "Role", kind: .added, effect: "Allow", actions: actions, principals: ["${Role}"], resources: ["*"],
                condition: condition, widens: true)
        }
        var plan = Plan.sample([.sample(.modify, "Role", of: "AWS::IAM::Role")])
        plan.access = [access(["s3:GetObject"], nil)]
        #expect(PlanText.render(plan, .plain).contains("      +  Role      Allow   s3:GetObject  ${Role}  *"))
        let long = "aws:PrincipalArn StringLike " + String(repeating: "arn:aws:iam::123456789012:role/deployer-", count: 4)
        plan.access.append(access(["codestar-connections:UseConnection", "s3:PutObject"], long))
        #expect(
            PlanText.render(plan, .plain).contains(
                """
                      + Role  Allow
                          action     codestar-connections:UseConnection, s3:PutObject
                          who        ${Role}
                          on         *
                          condition  \(long)

                """))
    }

    @Test func `plans of several stacks end with what they come to together`() {
        let new = Plan.sample([.sample(.add, "A"), .sample(.add, "B")], kind: .create)
        let changed = Plan.sample([.sample(.modify, "A"), .sample(.remove, "B")])
        #expect(
            PlanTotal.text([new, changed, .sample([])], .plain)
                == "\nAll 3 stacks: 1 new, 1 changed, 1 without changes; 2 to add, 1 to change, 0 to replace, 1 to remove.\n")
        #expect(PlanTotal.text([new], .plain) == "")
    }
}
