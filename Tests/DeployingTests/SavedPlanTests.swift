import Foundation
import Model
import Templates
import Testing

@testable import Deploying
@testable import Planning

private let token = Secret("ghp_thisMustStaySecret")
private let digest = SecretDigest(of: token, salt: Data(repeating: 7, count: 16))

extension DesiredStack {
    static func sample(_ template: String = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n") throws -> DesiredStack {
        DesiredStack(
            address: .pipeline, stackName: "image-pipeline-develop", region: "eu-central-1",
            template: try Template.read(template, file: "pipeline.yml").get(),
            parameters: [
                "Branch": .plain("develop"), "Token": .secret(token, digest: digest), "Previous": .previousSecret(nil),
                "Later": .unknown("ssm"),
            ],
            tags: ["team": "delivery"])
    }
}

@Suite struct SavedPlanTests {
    let context = Context.test()

    private func saved(_ desired: DesiredStack, _ plan: Plan = .addition, lineage: String? = "abc") -> SavedPlan {
        SavedPlan(stacks: [(plan, desired, nil)], lineage: lineage, toolVersion: "0.1.0", context: context)
    }

    @Test func `a plan comes back from its file as it was`() throws {
        var plan = Plan.addition
        plan.changes[0].properties = [
            PropertyChange(
                path: "Tags", pointer: "/Properties/Tags", before: nil, after: ["a": "ü\n", "n": .number("3"), "list": [true, nil]],
                known: true, sensitive: false,
                requiresReplacement: .never, causes: [.template], willChange: .yes, location: nil)
        ]
        let original = saved(try .sample(), plan)
        let read = try SavedPlan.read(original.encoded(), file: "reviewed.plan")
        #expect(read.stacks.map(\.plan) == [plan])
        #expect(try read.encoded() == original.encoded())
        #expect(try read.stacks[0].staleness(desired: .sample(), current: plan, lineage: "abc", planLineage: read.lineage) == [])
    }

    @Test func `an edit of a file that the template names, and another stored value, make it stale`() throws {
        var desired = try DesiredStack.sample()
        desired.artifacts = [Artifact(path: "src", digest: Digest(of: "a"), upload: nil)]
        desired.storedValues = ["Image": "one"]
        let stack = saved(desired).stacks[0]
        func stale(_ desired: DesiredStack) -> [String] {
            stack.staleness(desired: desired, current: .addition, lineage: "abc", planLineage: "abc").map(\.summary)
        }
        #expect(stale(desired) == [])
        var edited = desired
        edited.artifacts = [Artifact(path: "src", digest: Digest(of: "b"), upload: nil)]
        #expect(stale(edited).count == 1 && stale(edited)[0].hasSuffix("is stale: src has changed"))
        var stored = desired
        stored.storedValues["Image"] = "two"
        #expect(stale(stored).count == 1 && stale(stored)[0].hasSuffix("for parameter Image has changed"))
    }

    @Test(arguments: [digest, nil])
    func `a plan file holds no secret`(known: SecretDigest?) throws {
        var desired = try DesiredStack.sample()
        desired.parameters["Token"] = .secret(token, digest: known)
        let text = String(decoding: try saved(desired).encoded(), as: UTF8.self)
        #expect(!text.contains(token.reveal()))
        #expect(!text.contains(Data(token.reveal().utf8).base64EncodedString()))
        // The file is the right one: what is no secret is in it.
        #expect(text.contains("\"develop\""))
    }

    struct Move: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var findings: [String]
        var desired: @Sendable (inout DesiredStack) throws -> Void = { _ in }
        var current: @Sendable (inout Plan) -> Void = { _ in }
        var lineage: String? = "abc"
    }

    static let moves = [
        Move(testDescription: "nothing", findings: []),
        Move(testDescription: "another database", findings: ["it was made against another state database"], lineage: "def"),
        Move(testDescription: "no database any more", findings: ["it was made against another state database"], lineage: nil),
        Move(
            testDescription: "a deployment", findings: ["the stack has been deployed since (deployment 2, planned against 1)"],
            current: { $0.basedOnSerial = 2 }),
        Move(
            testDescription: "the template", findings: ["the template has changed"],
            desired: { $0.template = try DesiredStack.sample("Resources:\n  Topic:\n    Type: AWS::SNS::Topic # other\n").template }),
        Move(testDescription: "a tag", findings: ["the tags have changed"], desired: { $0.tags["team"] = "platform" }),
        Move(testDescription: "the name", findings: ["the stack's name or region has changed"], desired: { $0.stackName = "other" }),
        Move(testDescription: "the region", findings: ["the stack's name or region has changed"], desired: { $0.region = "us-east-1" }),
        Move(
            testDescription: "a setting", findings: ["the stack's settings have changed"],
            current: { $0.settings = [ValueChange(name: "notificationArns", before: nil, after: "arn:…")] }),
        Move(
            testDescription: "what is protected", findings: ["what is protected has changed"],
            current: { $0.hazards = [Hazard(logicalID: "Topic", type: "AWS::SNS::Topic", summary: "Gone", isProtected: true)] }),
        Move(
            testDescription: "values, and more than one",
            findings: ["the value of parameter Branch has changed", "parameter Later is gone"],
            desired: {
                $0.parameters["Branch"] = .plain("main")
                $0.parameters["Later"] = nil
            }),
        Move(
            testDescription: "a secret", findings: ["the value of parameter Token has changed"],
            desired: { $0.parameters["Token"] = .secret(Secret("another"), digest: nil) }),
        Move(
            testDescription: "a secret that is now kept", findings: ["the value of parameter Token has changed"],
            desired: { $0.parameters["Token"] = .previousSecret(nil) }),
        Move(
            testDescription: "a value that was unknown",
            findings: ["parameter Later had no value when it was planned; `plan --resolve` fetches those of SSM and Secrets Manager"],
            desired: { $0.parameters["Later"] = .plain("now known") }),
        Move(
            testDescription: "a new parameter", findings: ["the value of parameter New has changed"],
            desired: { $0.parameters["New"] = .plain("x") }),
        Move(
            testDescription: "the same secret, read anew", findings: [], desired: { $0.parameters["Token"] = .secret(token, digest: nil) }),
        Move(testDescription: "the same secret, kept", findings: [], desired: { $0.parameters["Token"] = .previousSecret(digest) }),
    ]

    @Test(arguments: moves)
    func `a plan stands as long as nothing has moved`(_ move: Move) throws {
        let stack = saved(try .sample()).stacks[0]
        var desired = try DesiredStack.sample()
        var current = Plan.addition
        try move.desired(&desired)
        move.current(&current)
        let findings = stack.staleness(desired: desired, current: current, lineage: move.lineage, planLineage: "abc")
        #expect(findings.map(\.summary) == move.findings.map { "The saved plan of image-pipeline:develop is stale: \($0)" })
        #expect(findings.allSatisfy { $0.code == "plan-stale" && $0.severity == .error })
    }

    @Test func `a plan that was made before there was any state stands in the first one`() throws {
        let stack = saved(try .sample(), .creation, lineage: nil).stacks[0]
        #expect(try stack.staleness(desired: .sample(), current: .creation, lineage: "new", planLineage: nil) == [])
    }

    static let badFiles: [(text: String, code: String)] = [
        ("", "not-a-plan"), ("Resources: {}", "not-a-plan"), ("{}", "not-a-plan"), (#"{"formatVersion": "one"}"#, "not-a-plan"),
        (#"{"formatVersion": 2}"#, "plan-format"), (#"{"formatVersion": 1, "stacks": 3}"#, "plan-format"),
    ]

    @Test(arguments: badFiles)
    func `a file that is no plan, or of another version, is refused`(text: String, code: String) {
        let problem = #expect(throws: Problem.self) { try SavedPlan.read(Data(text.utf8), file: "reviewed.plan") }
        #expect(problem?.findings.map(\.code) == [code])
        #expect(problem?.status == .badInput)
    }
}
