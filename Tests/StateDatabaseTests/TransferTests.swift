import Foundation
import Model
import Testing

@testable import StateDatabase

@Suite struct `Exporting and importing the log` {
    let folder: TemporaryFolder
    let exported: Data

    init() throws {
        folder = try TemporaryFolder()
        let database = try folder.open()
        let lines = (0..<200).map { "  Queue\($0): {Type: AWS::SQS::Queue}\n" }.joined()
        for number in 0..<4 {
            let deployment = try database.begin(
                .sample(start: number * 60, template: "Resources:\n\(lines)# \(number)\n", plannedAgainst: number == 0 ? nil : number),
                secrets: [])
            try database.append([.sample(number, reason: "why \"so\"\n")], to: deployment, secrets: [])
            try database.finish(
                deployment,
                DeploymentOutcome(
                    status: .succeeded,
                    effect: .applied(.sample(resources: ["Bucket": "UPDATE_COMPLETE", "R\(number)": "CREATE_COMPLETE"])),
                    finishedAt: .second(number * 60 + 9)), secrets: [])
        }
        try database.record(
            .sample(
                .network, kind: .create, parameters: ["Token": .secret(SecretDigest(of: Secret("x"), salt: Data(count: 16)))],
                plannedAgainst: nil), .rolledBack, .kept(.sample("ROLLBACK_COMPLETE", resources: [:])))
        _ = try database.begin(.sample(.network, plannedAgainst: 1), secrets: [])
        var data = Data()
        try database.export { data += $0 }
        exported = data
    }

    private func take(_ data: Data, in target: TemporaryFolder) throws -> (records: Int, new: Int) {
        try StateDatabase.importHistory(data, name: "history.jsonl", in: target.path, context: .test)
    }

    private func parts(of database: StateDatabase) throws -> [String] {
        try database.deployments().flatMap { deployment in
            [
                "\(deployment.address) \(deployment.serial) \(deployment.hash) \(deployment.status)",
                try database.template(of: deployment) ?? "",
                try database.plan(of: deployment) ?? "", "\(try database.configuration(of: deployment))",
                "\(try database.events(of: deployment))", "\(try database.resources(of: deployment))",
            ]
        }
    }

    @Test func `an empty log becomes the same log`() throws {
        let target = try TemporaryFolder()
        #expect(try take(exported, in: target) == (11, 11))
        let (old, new) = (try folder.open(.readOnly), try target.open(.readOnly))
        #expect(try parts(of: new) == parts(of: old))
        #expect(new.lineage == old.lineage)
        #expect(try new.recordedStacks() == old.recordedStacks())
        #expect(try new.verify().faults == [])
        #expect(try new.verify().confirmedHeads == 2)
        var again = Data()
        try new.export { again += $0 }
        #expect(again == exported)
        #expect(try take(exported, in: target) == (11, 0))
    }

    @Test func `each text is there once, and a line is a record`() {
        let lines = exported.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        #expect(lines.count == 13)
        #expect(lines.count { $0.contains("GithubBranch") } == 2, "the configurations of two stacks, and of five deployments")
        #expect(lines.first?.hasPrefix(#"{"format":"pipeplan-history","formatVersion":1,"lineage":"#) == true)
        #expect(lines.last == #"{"records":11}"#)
    }

    @Test func `a log in which nothing is recorded yet becomes the same log, whatever its lineage`() throws {
        let target = try TemporaryFolder()
        try target.execute("UPDATE origin SET lineage = 'ffff'")
        #expect(try take(exported, in: target) == (11, 11))
        #expect(try target.open(.readOnly).lineage == folder.open(.readOnly).lineage)
        #expect(try target.open(.readOnly).verify().faults == [])
    }

    @Test func `a log of another lineage, and one that was written to apart, take nothing`() throws {
        let other = try TemporaryFolder()
        try other.execute("UPDATE origin SET lineage = 'ffff'")
        try other.open().record(.sample(plannedAgainst: nil), .unchanged, .untouched)
        let before = try parts(of: other.open(.readOnly))
        #expect(try problemCode { _ = try take(exported, in: other) } == "other-lineage")
        #expect(try parts(of: other.open(.readOnly)) == before)

        let apart = try TemporaryFolder()
        try apart.open().record(.sample(start: 7, plannedAgainst: nil), .unchanged, .untouched)
        #expect(try problemCode { _ = try take(exported, in: apart) } == "histories-differ")
        #expect(try apart.open(.readOnly).deployments().count == 1)
    }

    @Test func `a file that was altered or cut off is named with its line, and nothing is written`() throws {
        let lines = exported.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        func joined(_ lines: [String]) -> Data { Data(lines.map { $0 + "\n" }.joined().utf8) }
        let target = try TemporaryFolder()
        var spoilt: [(String, Data)] = [
            ("cut off", joined(Array(lines.dropLast()))),
            ("a line missing", joined(lines.enumerated().filter { $0.offset != 4 }.map(\.element))),
            ("another user", Data(String(decoding: exported, as: UTF8.self).replacing("\"ada\"", with: "\"eve\"").utf8)),
            ("another reason", Data(String(decoding: exported, as: UTF8.self).replacing("why", with: "who").utf8)),
            ("another order", joined([lines[0]] + lines[1...11].reversed() + [lines[12]])),
            ("half a line", exported.prefix(exported.count / 2)),
        ]
        for _ in 0..<40 {
            var damaged = exported
            damaged[Int.random(in: 120..<damaged.count - 20)] = UInt8.random(in: 0x20..<0x7F)
            if damaged != exported { spoilt.append(("a byte", damaged)) }
        }
        for (what, data) in spoilt {
            let problem = try problem { _ = try take(data, in: target) }
            #expect(problem?.status == .failed, "\(what): \(String(describing: problem))")
            #expect(try target.open(.readOnly).deployments() == [], "\(what)")
        }
        #expect(try problemCode { _ = try take(Data("text".utf8), in: target) } == "no-history")
        #expect(try problemCode { _ = try take(Data(), in: target) } == "no-history")
    }

    @Test func `what gc has removed is not there, and the rest is`() throws {
        let database = try folder.open()
        let all = CompactionPolicy(eventsBefore: .distantFuture, plansBefore: .distantFuture, templatesBefore: .distantFuture, newest: 1)
        _ = try database.compact(all, isTrial: false)
        var data = Data()
        try database.export { data += $0 }
        let target = try TemporaryFolder()
        #expect(try take(data, in: target).new == 11)
        let verified = try target.open(.readOnly).verify()
        #expect(verified.faults == [])
        #expect(verified.removedEventLists == 3)
        #expect(try target.open(.readOnly).recordedStacks() == database.recordedStacks())
    }
}
