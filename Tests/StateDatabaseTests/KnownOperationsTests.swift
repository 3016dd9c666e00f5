import Foundation
import Model
import Testing

@testable import StateDatabase

@Suite struct `What is recorded of the operations on a stack` {
    private let stackID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/shop/1"
    private let noon = Date(timeIntervalSince1970: 1_769_860_800)

    private func known(until: Date?) -> KnownOperations {
        KnownOperations(
            stackID: stackID, changeSets: ["arn:aws:cloudformation:x:1:changeSet/pipeplan-a/1", "pipeplan-b"], until: until)
    }

    private func stack(_ changeSet: String?, _ updatedAt: Double?, id: String? = nil) -> StackDescription {
        StackDescription(
            stackID: id ?? stackID, stackName: "shop", status: "UPDATE_COMPLETE", createdAt: noon - 100,
            updatedAt: updatedAt.map { noon + $0 },
            changeSetID: changeSet)
    }

    @Test func `tells them from what was done past it`() {
        let known = known(until: noon)
        let ours = "arn:aws:cloudformation:x:1:changeSet/pipeplan-a/1"
        let byName = "arn:aws:cloudformation:x:1:changeSet/pipeplan-b/7"
        let theirs = "arn:aws:cloudformation:x:1:changeSet/theirs/7"
        // Ours, at its time; and where only its name was ever learned.
        #expect(known.account(for: stack(ours, -5)) && known.account(for: stack(byName, 0)) && known.account(for: stack(nil, nil)))
        // By UpdateStack, which leaves the change set of before.
        #expect(!known.account(for: stack(ours, 2)) && known.unknownChangeSet(of: stack(ours, 2)) == nil)
        #expect(!known.account(for: stack(theirs, 2)) && known.unknownChangeSet(of: stack(theirs, 2)) == theirs)
        // Theirs, and something of ours without a change set behind it.
        #expect(known.account(for: stack(theirs, -5)) && known.account(for: stack(theirs, nil)))
        // The same name, and another stack.
        #expect(!known.account(for: stack(ours, -5, id: stackID + "2")))
        // Where no time tells, change sets do.
        let untimed = self.known(until: nil)
        #expect(untimed.account(for: stack(ours, 50)) && !untimed.account(for: stack(theirs, 50)))
    }
}
