import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

@Suite struct `Recorded drift` {
    private let folder: TemporaryFolder
    private let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.open()
        try database.record(.sample(kind: .create, plannedAgainst: nil), .succeeded, .applied(.sample()))
    }

    private func report(_ id: String, at second: Int, _ live: JSONValue = "live") -> DriftReport {
        DriftReport(
            id: id, address: .pipeline, stackName: "image-pipeline-develop", region: "eu-central-1", checkedAt: .second(second),
            checkedBy: "ada@laptop", serial: 1, recordedStatus: "CREATE_COMPLETE", stackStatus: "CREATE_COMPLETE",
            resources: [
                ResourceDriftReport(
                    logicalID: "Bucket", type: "AWS::S3::Bucket", status: .modified, check: .cloudFormation,
                    differences: [DriftDifference(path: "BucketName", expected: "b", actual: live)]),
                ResourceDriftReport(logicalID: "Topic", type: "AWS::SNS::Topic", status: .inSync, check: .cloudFormation),
            ])
    }

    private func count(_ table: String) throws -> Int? {
        try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
    }

    @Test func `a report is read as it was written, newest first, and once`() throws {
        let (first, second) = (report("a", at: 1), report("b", at: 2, "other"))
        try database.record(first)
        try database.record(second)
        try database.record(first)
        #expect(try database.driftReports(.pipeline) == [second, first])
        #expect(try database.lastDriftReport(.pipeline) == second)
        #expect(try database.lastDriftReport(.network) == nil)
    }

    @Test func `reports that found the same share one text`() throws {
        let before = try count("blobs") ?? 0
        for number in 0..<20 { try database.record(report("\(number)", at: number)) }
        #expect(try count("blobs") == before + 1)
        #expect(try count("drift_reports") == 20)
        #expect(try count("drifted_resources") == 1)
    }

    @Test func `a secret in a live value is masked`() throws {
        try database.record(report("a", at: 1, "x hunter2hunter2 y"), secrets: [Secret("hunter2hunter2")])
        #expect(try database.lastDriftReport(.pipeline)?.resources.first?.differences.first?.actual == "x **** y")
    }

    @Test func `so is one in a parameter that somebody else has set`() throws {
        var report = report("a", at: 1)
        let difference = OutsideChange.ParameterDifference(name: "Label", recorded: "hunter2hunter2", live: "x hunter2hunter2 y")
        report.outside = OutsideChange(changeSetID: nil, updatedAt: nil, templateDifference: [], parameterDifference: [difference])
        try database.record(report, secrets: [Secret("hunter2hunter2")])
        let read = try #require(try database.lastDriftReport(.pipeline)?.outside?.parameterDifference)
        #expect(read == [OutsideChange.ParameterDifference(name: "Label", recorded: "****", live: "x **** y")])
    }

    @Test func `a report of before, in which nothing was checked, is sound, and gets the status of today`() throws {
        var unchecked = report("a", at: 1)
        unchecked.resources = [ResourceDriftReport(logicalID: "Bucket", type: "AWS::S3::Bucket", status: .notChecked)]
        try database.record(unchecked)
        var synced = unchecked
        (synced.id, synced.resources) = ("b", [])
        try database.record(synced)
        try database.write { try $0.execute(sql: "UPDATE drift_reports SET status = 'IN_SYNC'") }
        #expect(try database.verify().faults == [])
        try database.write { try $0.execute(sql: Schema.driftStatus) }
        let statuses = try database.read { try String.fetchAll($0, sql: "SELECT status FROM drift_reports ORDER BY report_id") }
        #expect(statuses == ["NOT_CHECKED", "IN_SYNC"])
    }

    @Test func `an acceptance is a deployment that leaves the stack as it is, and the latest word counts`() throws {
        func accepted(_ value: JSONValue?, _ second: Int) -> AcceptedDrift {
            AcceptedDrift(
                logicalID: "Bucket", path: "BucketName", value: value, reason: "because", by: "ada@laptop", acceptedAt: .second(second))
        }
        let recorded = try database.recordedStack(.pipeline)
        _ = try database.accept([accepted("live", 5)], as: .sample(kind: .driftAccept, start: 5, plannedAgainst: 1))
        let last = try database.accept([accepted(nil, 6)], as: .sample(kind: .driftAccept, start: 6, plannedAgainst: 1))
        #expect(last.serial == 3 && last.kind == .driftAccept && last.status == .succeeded && last.effect == .untouched)
        #expect(try database.acceptedDrift(.pipeline) == [accepted(nil, 6)])
        #expect(try database.recordedStack(.pipeline) == recorded)
        #expect(try database.accepted(in: last) == [accepted(nil, 6)])
        #expect(try database.verify().faults == [])
        #expect(throws: RecordingRefusal.self) {
            try database.accept([accepted(nil, 7)], as: .sample(kind: .driftAccept, start: 7, plannedAgainst: 9))
        }
    }

    @Test func `what is known and accepted of drift goes with a stack to its new address`() throws {
        try database.record(report("a", at: 1))
        let accepted = AcceptedDrift(
            logicalID: "Bucket", path: "BucketName", value: ["a": .number("1.50")], reason: "because", by: "grace@runner-7",
            acceptedAt: .second(5))
        _ = try database.accept([accepted], as: .sample(kind: .driftAccept, start: 5, plannedAgainst: 1))
        let edit = StateEdit(at: .second(50), actor: .ada, git: nil, toolVersion: "0.1.0", commandLine: "pipeplan state mv …")
        let moved = try database.move(.pipeline, to: .network, by: edit)
        #expect(moved.to.map(\.kind) == [.stateEdit, .driftAccept])
        #expect(try database.acceptedDrift(.network) == [accepted])
        #expect(try database.acceptedDrift(.pipeline) == [])
        let report = try #require(try database.lastDriftReport(.network))
        #expect((report.address, report.serial, report.checkedAt) == (.network, 1, .second(1)))
        #expect(report.resources == (try database.lastDriftReport(.pipeline)?.resources))
        #expect(try database.verify().faults == [])

        // A copy of the log knows the same.
        let elsewhere = try TemporaryFolder()
        let copy = try elsewhere.open()
        try copy.adopt(lineage: try #require(database.lineage))
        for address in try database.recordedAddresses() {
            let records = try database.portableRecords(of: address)
            try copy.insert(
                records, bodies: try records.reduce(into: [:]) { $0.merge(try database.bodies(of: $1)) { first, _ in first } })
        }
        #expect(try copy.acceptedDrift(.network) == [accepted])
        #expect(try copy.verify().faults == [])
    }
}
