import Foundation
import Model
import Testing

@Suite struct `Drift that does not count` {
    private func report(_ resources: ResourceDriftReport...) -> DriftReport {
        DriftReport(
            id: "1", address: StackAddress(stack: "shop"), stackName: "shop", region: "us-east-1",
            checkedAt: Date(timeIntervalSince1970: 0),
            checkedBy: "me@here", serial: 1, recordedStatus: "CREATE_COMPLETE", stackStatus: "CREATE_COMPLETE", resources: resources)
    }

    private func modified(_ logicalID: String, _ path: String, _ actual: JSONValue?, sensitive: Bool = false) -> ResourceDriftReport {
        ResourceDriftReport(
            logicalID: logicalID, type: "T", status: .modified, check: .cloudFormation,
            differences: [DriftDifference(path: path, expected: "e", actual: actual, sensitive: sensitive)])
    }

    @Test(arguments: [
        ("Service", "DesiredCount", true), ("Service.DesiredCount", "DesiredCount", true), ("Service.Desired", "DesiredCount", false),
        ("Service.Desired*", "DesiredCount", true), ("*.Tags", "Tags[owner].Value", true), ("*.Tags[owner]", "Tags[owner].Value", true),
        ("*.Tags[owner]", "Tags[owners]", false), ("Serv?ce.*", "A.B[0]", true), ("Other.*", "A", false), ("*.B", "A.B.C", false),
        ("*.A.*.C", "A.B.C", true),
    ])
    func `a rule names resources and paths by patterns`(_ rule: String, _ path: String, _ isIgnored: Bool) {
        let judged = report(modified("Service", path, "a")).judged(by: [DriftIgnoreRule(text: rule)], accepted: [])
        #expect(judged.status == (isIgnored ? .inSync : .drifted))
        #expect(judged.summary.ignored == (isIgnored ? 1 : 0))
        #expect(judged.resources[0].statusText == (isIgnored ? "IGNORED" : "MODIFIED"))
    }

    @Test func `a rule may name live values, but says nothing of secrets`() {
        let rule = DriftIgnoreRule(resource: "*", path: "A", value: "1?")
        #expect(report(modified("R", "A", 12)).judged(by: [rule], accepted: []).status == .inSync)
        #expect(report(modified("R", "A", 2)).judged(by: [rule], accepted: []).status == .drifted)
        let any = DriftIgnoreRule(resource: "*", path: "A", value: "*")
        #expect(report(modified("R", "A", "s", sensitive: true)).judged(by: [any], accepted: []).status == .drifted)
    }

    @Test func `what is accepted counts as that only as long as the value stays`() {
        let accepted = AcceptedDrift(
            logicalID: "R", path: "A", value: "live", reason: "for now", by: "me@here", acceptedAt: Date(timeIntervalSince1970: 0))
        let same = report(modified("R", "A", "live")).judged(by: [], accepted: [accepted])
        #expect(same.status == .inSync && same.resources[0].statusText == "ACCEPTED" && same.summary.accepted == 1)
        #expect(same.resources[0].differences[0].reason == "for now")
        #expect(report(modified("R", "A", "other")).judged(by: [], accepted: [accepted]).status == .drifted)
    }

    @Test func `a deletion is ignored by a rule for the whole resource only`() {
        let gone = ResourceDriftReport(logicalID: "R", type: "T", status: .deleted, check: .cloudFormation)
        #expect(report(gone).judged(by: [DriftIgnoreRule(text: "R.*")], accepted: []).status == .drifted)
        #expect(report(gone).judged(by: [DriftIgnoreRule(text: "R")], accepted: []).status == .inSync)
    }

    @Test func `what was not checked is never in sync`() {
        let unchecked = ResourceDriftReport(logicalID: "R", type: "T", status: .notChecked, reason: "no support")
        let judged = report(unchecked).judged(by: [DriftIgnoreRule(text: "*")], accepted: [])
        #expect(judged.summary.notChecked == 1 && judged.summary.inSync == 0)
        #expect(judged.resources[0].statusText == "NOT_CHECKED")
    }

    @Test func `texts are compared as diff does`() {
        #expect(UnifiedDifference.lines("a\nb\nc\n", "a\nb\nc\n").isEmpty)
        #expect(UnifiedDifference.lines("a\nb\nc\n", "a\nx\nc\n", context: 1) == ["@@ -1,3 +1,3 @@", " a", "-b", "+x", " c"])
        #expect(UnifiedDifference.lines("a\r\nb\r\n", "a\r\nx\r\n") == ["@@ -1,2 +1,2 @@", " a", "-b", "+x"])
        #expect(UnifiedDifference.lines("", "a\n") == ["@@ -0,0 +1,1 @@", "+a"])
    }
}
