import Model
import Testing

@testable import Deploying
@testable import Planning

@Suite struct `A plan made anew is held to the one that was shown` {
    private static func hazard(_ id: String, _ kind: Hazard.Kind = .dataLoss, _ summary: String = "lost") -> Hazard {
        Hazard(logicalID: id, type: "AWS::SQS::Queue", kind: kind, summary: "\(id) is \(summary)", isProtected: false)
    }

    private static func foreseen(_ change: PlannedChange, _ willChange: Certainty) -> PlannedChange {
        var change = change
        change.willChange = willChange
        return change
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var shown: Plan
        var anew: Plan
        var allowed: Set<String> = []
        var excess: [String] = []
    }

    static let cases = [
        Case(
            testDescription: "the same", shown: .sample(.add("A"), .modify("B", .yes, .yes), .remove("C")),
            anew: .sample(.add("A"), .modify("B", .yes, .yes), .remove("C"))),
        Case(testDescription: "less", shown: .sample(.add("A"), .remove("B")), anew: .sample(.add("A"))),
        Case(
            testDescription: "what might change does", shown: .sample(foreseen(.modify("A"), .unknown)), anew: .sample(.modify("A"))),
        Case(
            testDescription: "what might be replaced is", shown: .sample(.modify("A", .conditional, .unknown)),
            anew: .sample(.modify("A", .yes, .yes))),
        Case(
            testDescription: "a resource, a removal", shown: .sample(.add("A")),
            anew: .sample(.add("A"), .modify("B"), .remove("C"), foreseen(.modify("D"), .no)),
            excess: [
                "B (AWS::SNS::Topic) would be modified, and is not in the plan",
                "C (AWS::SNS::Topic) would be removed, and is not in the plan",
            ]),
        Case(
            testDescription: "what was listed only", shown: .sample(foreseen(.modify("A"), .no)), anew: .sample(.modify("A")),
            excess: ["A (AWS::SNS::Topic) would be modified, and is not in the plan"]),
        Case(
            testDescription: "replacements", shown: .sample(.modify("A"), .modify("B")),
            anew: .sample(.modify("A", .yes, .yes), .modify("B", .conditional, .unknown)),
            excess: ["A (AWS::SNS::Topic) would be replaced", "B (AWS::SNS::Topic) might be replaced"]),
        Case(
            testDescription: "hazards, whatever their words", shown: .sample(.modify("A"), hazards: [hazard("A")]),
            anew: .sample(
                .modify("A"), hazards: [hazard("A", .dataLoss, "gone"), hazard("A", .publicAccess, "public"), hazard("B"), hazard("C")]),
            allowed: ["C"], excess: ["A is public", "B is lost"]),
    ]

    @Test(arguments: cases)
    func `and does more where it does something else than was shown`(_ given: Case) {
        #expect(given.anew.excess(over: given.shown, allowed: given.allowed) == given.excess)
    }

    @Test func `also in nested stacks`() {
        func outer(_ inner: Plan) -> Plan {
            var stack = PlannedChange.modify("Inner")
            stack.nested = inner
            return .sample(stack)
        }
        let excess = outer(.sample(.modify("A"), .remove("B"))).excess(over: outer(.sample(.modify("A"))))
        #expect(excess == ["in Inner, B (AWS::SNS::Topic) would be removed, and is not in the plan"])
    }
}
