import Model
import StateDatabase
import Testing

@testable import Deploying
@testable import Planning

@Suite("A change set that was reviewed is executed, and no other")
struct ReviewedChangeSetTests {
    private let stack = StackDescription.sample("UPDATE_COMPLETE")

    /// What the machine does once it has the change set described.
    private func answer(to described: ChangeSet, reviewed: ChangeSet) -> DeploymentMachine.Action {
        var machine = DeploymentMachine(plan: .addition, reviewed: reviewed)
        #expect(machine.handle(.started) == .describeStack)
        #expect(machine.handle(.stackDescribed(stack)) == .describeChangeSet)
        return machine.handle(.changeSetDescribed(described))
    }

    @Test func `it is executed as it is, even where it does more than the plan told`() {
        #expect(answer(to: .excessive, reviewed: .excessive) == .execute)
    }

    @Test func `another one under its name is not`() {
        #expect(answer(to: .excessive, reviewed: .planned) == .deleteChangeSet)
    }

    @Test(arguments: ["OBSOLETE", "UNAVAILABLE", "EXECUTE_COMPLETE"]) func `one that can't be executed any more is refused`(status: String)
    {
        var obsolete = ChangeSet.planned
        obsolete.executionStatus = status
        #expect(answer(to: obsolete, reviewed: .planned) == .deleteChangeSet)
    }

    @Test func `one that is gone is refused, and nothing is made in its place`() {
        var machine = DeploymentMachine(plan: .addition, reviewed: .planned)
        _ = machine.handle(.started)
        _ = machine.handle(.stackDescribed(stack))
        let gone = ChangeSet(status: "DELETE_COMPLETE", changes: [])
        guard case .end(.settled(let settlement)) = machine.handle(.changeSetDescribed(gone)) else {
            Issue.record("it goes on")
            return
        }
        #expect(settlement.exit == .refused)
        #expect(settlement.failure?.message.contains("Plan again") == true)
    }

    @Test func `one that can't be read just now is left alone`() {
        for event: DeploymentMachine.Event in [
            .lost(DeploymentFailure(message: "Nothing answers")), .refused(DeploymentFailure(message: "AccessDenied")),
        ] {
            var machine = DeploymentMachine(plan: .addition, reviewed: .planned)
            _ = machine.handle(.started)
            _ = machine.handle(.stackDescribed(stack))
            guard case .end(.settled(let settlement)) = machine.handle(event) else {
                Issue.record("it goes on")
                continue
            }
            #expect(settlement.exit == .failed)
            #expect(settlement.failure?.message.contains("Plan again") == false)
        }
    }

    @Test func `nothing is deleted to make room for it`() {
        var machine = DeploymentMachine(plan: .creation, reviewed: .planned)
        _ = machine.handle(.started)
        guard case .end(.settled(let settlement)) = machine.handle(.stackDescribed(.sample("ROLLBACK_COMPLETE"))) else {
            Issue.record("it goes on")
            return
        }
        #expect(settlement.exit == .refused)
    }

    @Test func `the order in which it is described does not matter to its digest, anything else does`() {
        let first = ResourceChange(
            action: .modify, logicalID: "A", type: "T", replacement: .no, scope: ["Properties", "Tags"],
            details: [ChangeDetail(attribute: "Properties", name: "X"), ChangeDetail(attribute: "Tags")])
        var turned = first
        turned.scope.reverse()
        turned.details.reverse()
        let second = ResourceChange(action: .add, logicalID: "B", type: "T")
        func digest(_ changes: ResourceChange...) -> Digest { ChangeSet(status: "CREATE_COMPLETE", changes: changes).digest }
        #expect(digest(first, second) == digest(second, turned))
        var others = [first, first, first, first]
        others[0].replacement = .yes
        others[1].action = .remove
        others[2].details[0].name = "Y"
        others[3].policyAction = .retain
        #expect(Set(others.map { digest($0, second) } + [digest(first, second)]).count == 5)
    }

    @Test func `a nested stack that CloudFormation only looks into is nothing unplanned`() {
        var listed = ResourceChange(
            action: .modify, logicalID: "Network", type: "AWS::CloudFormation::Stack", replacement: .no,
            details: [ChangeDetail(attribute: "Properties", evaluation: .dynamic, source: .automatic)])
        var plan = Plan.addition
        // What is in a template elsewhere was not planned.
        #expect(Reconciliation.excess(listed, over: nil, in: plan) != nil)
        plan.followed = ["Network"]
        #expect(Reconciliation.excess(listed, over: nil, in: plan) == nil)
        listed.details[0].source = .directModification
        #expect(Reconciliation.excess(listed, over: nil, in: plan) != nil)
    }
}
