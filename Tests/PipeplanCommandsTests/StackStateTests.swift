import Foundation
import Model
import TestSupport
import Testing

@testable import PipeplanCommands

/// Stacks in the sandbox that got into every kind of trouble, and out of it again.
@Suite struct `Ways out of a stack's states` {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try write(label: "one")
        try folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
    }

    private func write(label: String) throws {
        try folder.write(
            """
            Resources:
              First: {Type: AWS::SNS::Topic, Properties: {DisplayName: \(label)}}
              Second: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub "${First.TopicName} \(label)"}}
            """, to: "stacks/shop/template.yml")
    }

    /// - Parameter faults: the moment and the resource of each.
    private func faults(_ faults: (moment: String, id: String)...) throws {
        let list = faults.map { #"{"logicalId": "\#($0.id)", "on": "\#($0.moment)", "message": "no \#($0.moment) today"}"# }
        try folder.write(#"{"resources": [\#(list.joined(separator: ", "))]}"#, to: "state/sandbox/faults.json")
    }

    private func run(_ line: String, typing answers: [String]? = nil) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal(answers: answers ?? [])
        let context = Context.test(in: folder.path, typed, isInteractive: answers != nil, environment: ["PIPEPLAN_SANDBOX": "1"])
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    /// Deployments, newest first: `rollback succeeded`.
    private func history() async throws -> [String] {
        let data = Data(await run("history --json").1.output.utf8)
        let report = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        return (report?["deployments"] as? [[String: Any]] ?? []).map { "\($0["kind"] ?? "") \($0["status"] ?? "")" }
    }

    private func expect(_ line: String, _ status: Int32, _ text: String = "", typing answers: [String]? = nil) async {
        let (exit, terminal) = await run(line, typing: answers)
        #expect(exit == status, "\(line): \(terminal.errors)")
        #expect(text.isEmpty || terminal.errors.contains(text), "\(line): \(terminal.errors)")
    }

    /// Leaves the stack in UPDATE_FAILED, its first resource updated and its second not.
    private func failUpdate() async throws {
        await expect("apply shop --auto-approve", 0)
        try write(label: "two")
        try faults(("update", "Second"))
        await expect("apply shop --auto-approve --disable-rollback", 1, "no update today")
        try faults()
    }

    @Test func `what failed with rollback disabled is tried again by the next apply`() async throws {
        try await failUpdate()
        await expect("apply shop --auto-approve", 0, "the stack is in UPDATE_FAILED: what failed last was not rolled back")
        #expect(try await history() == ["update succeeded", "update failed", "create succeeded"])
        #expect(await run("plan --detailed-exitcode").status == 0)
    }

    @Test func `or it is rolled back after a yes`() async throws {
        try await failUpdate()
        await expect("recover shop", 3, "Nobody can be asked")
        await expect("recover shop", 3, "not agreed to", typing: ["no"])
        await expect("recover shop", 0, "Second (AWS::SNS::Topic): no update today", typing: ["yes"])
        #expect(
            try await history() == ["rollback succeeded", "rollback cancelled", "update failed", "create succeeded"])
        // What was wanted is still wanted.
        #expect(await run("plan --detailed-exitcode").status == 2)
        await expect("apply shop --auto-approve", 0)
        await expect("recover shop --auto-approve", 3, "nothing to roll back")
    }

    @Test func `a rollback that failed is continued, without what can't be rolled back if that is said`() async throws {
        await expect("apply shop --auto-approve", 0)
        try write(label: "two")
        try faults(("update", "Second"), ("rollback", "First"))
        await expect("apply shop --auto-approve", 1)
        await expect("apply shop", 3, "pipeplan recover shop", typing: ["yes", "no"])
        await expect("apply shop --auto-approve", 1, "no rollback today")
        await expect("recover shop --skip Frist --auto-approve", 3, "Did you mean First?")
        await expect("recover shop --skip First --auto-approve", 0, "What is skipped is taken to be as it was")
        try faults()
        await expect("apply shop --auto-approve", 0)
        #expect(await run("plan --detailed-exitcode").status == 0)
    }

    @Test func `an apply continues the rollback first, where it can`() async throws {
        await expect("apply shop --auto-approve", 0)
        try write(label: "two")
        try faults(("update", "Second"), ("rollback", "First"))
        await expect("apply shop --auto-approve", 1)
        try faults()
        await expect("apply shop", 0, "The last rollback of the stack failed", typing: ["yes", "yes"])
        #expect(try await history().first == "update succeeded")
    }

    @Test func `a creation that failed is tried again, rolled back, or made anew`() async throws {
        try faults(("create", "Second"))
        await expect("apply shop --auto-approve --disable-rollback", 1, "no create today")
        try faults()
        await expect("apply shop --auto-approve", 0, "the stack is in CREATE_FAILED")
        await expect("destroy shop --auto-approve", 0)

        try faults(("create", "Second"))
        await expect("apply shop --auto-approve --disable-rollback", 1)
        await expect("recover shop --auto-approve", 0, "The creation of the stack failed")
        await expect("apply shop", 1, "it can only be deleted and created anew", typing: ["yes", "yes"])

        await expect("destroy shop --auto-approve", 0)
        await expect("apply shop --auto-approve --on-failure DO_NOTHING", 1)
        try faults()
        await expect("apply shop", 0, "The stack is in CREATE_FAILED", typing: ["yes", "yes"])
        #expect(await run("plan --detailed-exitcode").status == 0)
    }

    @Test func `a creation that fails leaves nothing where that was said`() async throws {
        try faults(("create", "Second"))
        await expect("apply shop --auto-approve --on-failure DELETE", 1, "no create today")
        #expect(await run("state list").1.output.contains("shop") == false)
        try faults()
        await expect("apply shop --auto-approve", 0)
        try write(label: "two")
        await expect("apply shop --auto-approve --on-failure DELETE", 4, "is for stacks that are created")
        await expect("apply shop --auto-approve --on-failure DO_NOTHING --disable-rollback", 4, "exclude each other")
    }

    @Test func `what can't be deleted is left by name, or after a yes`() async throws {
        await expect("apply shop --auto-approve", 0)
        try faults(("delete", "First"))
        await expect("destroy shop --auto-approve", 1, "First (AWS::SNS::Topic): no delete today")
        await expect("destroy shop --auto-approve --retain Frist", 4, "Did you mean First?")
        await expect("destroy shop --auto-approve --retain First", 0)
        #expect(try await history() == ["destroy succeeded", "destroy failed", "create succeeded"])

        try folder.write(
            "Resources:\n  Third: {Type: AWS::SQS::Queue}\n", to: "stacks/shop/template.yml")
        try faults(("delete", "Third"))
        await expect("apply shop --auto-approve", 0)
        await expect("destroy shop", 0, "Leave that, and delete the stack?", typing: ["yes", "yes"])
    }

    @Test func `a retry that fails is left too, where that is said of failed creations`() async throws {
        try faults(("create", "Second"))
        await expect("apply shop --auto-approve --disable-rollback", 1)
        await expect("apply shop --auto-approve --on-failure DO_NOTHING", 1, "What failed was left as it is")
        await expect("apply shop --auto-approve --on-failure DELETE", 3, "for stacks that are created anew")
        await expect("recover shop --auto-approve", 0)
    }

    @Test func `alarms that roll back are sent, recorded, and a change by themselves`() async throws {
        func settings(_ minutes: Int) throws {
            try folder.write(
                "region: us-east-1\nrollback: {alarms: ['arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors'], minutes: \(minutes)}\n",
                to: "stacks/shop/stack.yml")
        }
        try settings(5)
        await expect("apply shop --auto-approve", 0)
        #expect(await run("plan --detailed-exitcode").status == 0)
        try settings(10)
        let (status, terminal) = await run("plan --detailed-exitcode")
        #expect(status == 2)
        #expect(terminal.output.contains("rollback"), "\(terminal.output)")
        // The sandbox would find nothing to do if it had not been told of them.
        await expect("apply shop --auto-approve", 0)
        #expect(try await history() == ["update succeeded", "create succeeded"])
        // Left out, they are taken away, and so are the topics that are notified.
        let topic = "arn:aws:sns:us-east-1:123456789012:deployments"
        try folder.write("region: us-east-1\nnotificationArns: ['\(topic)']\n", to: "stacks/shop/stack.yml")
        await expect("apply shop --auto-approve", 0)
        #expect(try await history().first == "update succeeded")
        try folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
        try write(label: "other")
        await expect("apply shop --auto-approve", 0)
        #expect(await run("plan --detailed-exitcode").status == 0)
    }

    @Test func `a plan tells what apply does first`() async throws {
        func expectPlan(_ note: String) async {
            let (status, terminal) = await run("plan shop")
            #expect(status == 0)
            let told = terminal.output.replacing("\n  ", with: " ")
            #expect(told.contains("note: shop is recorded in \(note)"), "\(told)")
            #expect(await run("plan shop --markdown").1.output.contains("\n> [!NOTE]\n> shop is recorded in "))
            #expect(await run("plan shop --json").1.output.contains(#""code" : "stack-status""#))
        }
        try faults(("create", "Second"))
        await expect("apply shop --auto-approve --disable-rollback", 1)
        await expectPlan("CREATE_FAILED: what failed last was not rolled back (stack-status) `apply` tries again from there.")
        await expect("recover shop --auto-approve", 0)
        await expect("apply shop --auto-approve", 1)
        await expectPlan("ROLLBACK_COMPLETE: it can only be deleted and created anew (stack-status) `apply` does both after a yes.")
        try faults()
        await expect("apply shop --auto-approve", 0)
        #expect(await run("plan shop").1.output.contains("is recorded in") == false)

        try write(label: "two")
        try faults(("update", "Second"), ("rollback", "First"))
        await expect("apply shop --auto-approve", 1)
        await expectPlan("UPDATE_ROLLBACK_FAILED: its last rollback failed (stack-status) `apply` continues that after a yes")
        try write(label: "one")
        await expectPlan("UPDATE_ROLLBACK_FAILED: its last rollback failed (stack-status)")
    }

    @Test func `what a stack holds that is made anew has to be allowed by name`() async throws {
        try folder.write(
            "Resources:\n  Queue: {Type: AWS::SQS::Queue}\n  Kept: {Type: AWS::SQS::Queue, DeletionPolicy: Retain}\n",
            to: "stacks/shop/template.yml")
        await expect("apply shop --auto-approve", 0)
        try faults(("delete", "Queue"))
        await expect("destroy shop --auto-approve", 1)
        try faults()
        #expect(await run("plan shop").1.output.contains("! Queue is deleted with the stack: its messages would be lost"))
        await expect("apply shop --auto-approve", 3, "Queue is deleted with the stack: its messages would be lost (hazard-not-allowed)")
        await expect("apply shop --auto-approve --allow Queue", 0)
    }

    @Test func `what nobody saw is not deleted to be made anew`() async throws {
        await expect("apply shop --auto-approve", 0)
        // A colleague's copy of the state, which does not know that the deletion failed.
        let state = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/state/sandbox/pipeplan.sqlite"))
        try faults(("delete", "First"))
        await expect("destroy shop --auto-approve", 1)
        try faults()
        try state.write(to: URL(fileURLWithPath: "\(folder.path)/state/sandbox/pipeplan.sqlite"))
        try write(label: "two")
        await expect("apply shop --auto-approve", 3, "it can only be deleted and created anew, which was not agreed to")
    }

    @Test func `a stack that could not be deleted is made anew by apply`() async throws {
        await expect("apply shop --auto-approve", 0)
        try faults(("delete", "First"))
        await expect("destroy shop --auto-approve", 1)
        try faults()
        await expect("apply shop", 0, "The stack is in DELETE_FAILED", typing: ["yes", "yes"])
    }
}
