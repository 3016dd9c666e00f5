import Model
import Testing

@testable import Deploying
@testable import Planning

@Suite struct ReconciliationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var plan: [PlannedChange]
        var actual: ChangeSet
        var unplanned: [String] = []
        var notListed: [String] = []
        var lacksReplacementDetail = false
    }

    static let cases = [
        Case(
            testDescription: "equal", plan: [.add("A"), .modify("B", .yes, .yes), .modify("C"), .remove("D")],
            actual: .complete(
                .sample(.add, "A"), .sample(.modify, "B", .yes), .sample(.modify, "C", .no), .sample(.remove, "D", policy: .delete))),
        Case(testDescription: "nothing", plan: [], actual: .complete()),
        Case(testDescription: "less", plan: [.add("A"), .remove("B")], actual: .complete(.sample(.add, "A")), notListed: ["B"]),
        Case(
            testDescription: "less, of which nothing was to be listed", plan: [.sample(.modify, "A", isListed: false)], actual: .complete()),
        Case(
            testDescription: "listed although it was not expected to be", plan: [.sample(.modify, "A", isListed: false)],
            actual: .complete(.sample(.modify, "A", .no))),
        Case(
            testDescription: "more", plan: [.add("A")],
            actual: .complete(
                .sample(.add, "A"), .sample(.add, "B"), .sample(.modify, "C", .no), .sample(.remove, "D"), .sample(.import, "E")),
            unplanned: [
                "B (AWS::SNS::Topic) would be added, and is not in the plan",
                "C (AWS::SNS::Topic) would be modified, and is not in the plan",
                "D (AWS::SNS::Topic) would be removed, and is not in the plan",
                "E (AWS::SNS::Topic) would be imported, and is not in the plan",
            ]),
        Case(
            testDescription: "what is only taken note of", plan: [],
            actual: .complete(.sample(.syncWithActual, "A"))),
        Case(
            testDescription: "what was deleted by hand is made again, whatever that is called", plan: [.madeAgain("A"), .madeAgain("B")],
            actual: .complete(.sample(.modify, "A", .yes), .sample(.add, "B"))),
        Case(
            testDescription: "another action", plan: [.add("A"), .modify("B"), .remove("C")],
            actual: .complete(.sample(.modify, "A", .no), .sample(.remove, "B"), .sample(.dynamic, "C")),
            unplanned: [
                "A (AWS::SNS::Topic) would be modified, not added", "B (AWS::SNS::Topic) would be removed, not modified",
                "C (AWS::SNS::Topic) would be changed in a way known only then, not removed",
            ], lacksReplacementDetail: false),
        Case(
            testDescription: "a worse replacement",
            plan: [.modify("A"), .modify("B"), .modify("C", .conditional, .unknown), .modify("D", nil)],
            actual: .complete(
                .sample(.modify, "A", .yes), .sample(.modify, "B", .conditional), .sample(.modify, "C", .yes), .sample(.modify, "D", .yes)),
            unplanned: [
                "A (AWS::SNS::Topic) would be replaced", "B (AWS::SNS::Topic) might be replaced", "C (AWS::SNS::Topic) would be replaced",
                "D (AWS::SNS::Topic) would be replaced",
            ]),
        Case(
            testDescription: "a better replacement",
            plan: [.modify("A", .yes, .yes), .modify("B", .conditional, .unknown), .modify("C", .no, .yes)],
            actual: .complete(.sample(.modify, "A", .conditional), .sample(.modify, "B", .no), .sample(.modify, "C", .yes))),
        Case(
            testDescription: "deleted and not retained",
            plan: [
                .remove("A", .retain), .remove("B", .snapshot),
                .sample(.modify, "C", replacement: .yes, willReplace: .yes, policy: .replaceAndRetain),
                .remove("D", .delete), .remove("E", nil), .remove("F", .retain),
            ],
            actual: .complete(
                .sample(.remove, "A", policy: .delete), .sample(.remove, "B", policy: .delete),
                .sample(.modify, "C", .yes, policy: .replaceAndDelete), .sample(.remove, "D", policy: .retain),
                .sample(.remove, "E", policy: .delete), .sample(.remove, "F")),
            unplanned: [
                "A (AWS::SNS::Topic) would be deleted for good, and not be retained",
                "B (AWS::SNS::Topic) would be deleted for good, and not be kept as a snapshot",
                "C (AWS::SNS::Topic) would be deleted for good, and not be retained",
            ]),
        Case(
            testDescription: "an endpoint without detail", plan: [.modify("A", .yes, .yes), .modify("B")],
            actual: .complete(.sample(.modify, "A"), .sample(.modify, "B")), lacksReplacementDetail: true),
        Case(
            testDescription: "an endpoint with detail for one", plan: [.modify("A"), .modify("B")],
            actual: .complete(.sample(.modify, "A"), .sample(.modify, "B", .no))),
    ]

    @Test(arguments: cases)
    func `a change set is held to the plan`(_ given: Case) {
        var plan = Plan.sample()
        plan.changes = given.plan
        let reconciliation = Reconciliation(plan, given.actual)
        #expect(reconciliation.unplanned == given.unplanned)
        #expect(reconciliation.notListed == given.notListed)
        #expect(reconciliation.lacksReplacementDetail == given.lacksReplacementDetail && reconciliation.lacksNestedDetail.isEmpty)
        #expect(reconciliation.isCovered == given.unplanned.isEmpty)
    }

    @Test func `a plan covers the change set that it predicts`() {
        let plan = Plan.sample(.add("A"), .modify("B", .conditional, .unknown), .remove("C", .retain))
        let reconciliation = Reconciliation(plan, plan.changeSet(.aws))
        #expect(reconciliation.isCovered)
        #expect(reconciliation.notListed == [])
    }
}

extension PlannedChange {
    /// A resource that was deleted past CloudFormation.
    fileprivate static func madeAgain(_ logicalID: String) -> PlannedChange {
        var change = PlannedChange.add(logicalID)
        change.physicalID = "old-\(logicalID)"
        return change
    }
}
