import Foundation
import GRDB
import Model
import Testing

@testable import StateDatabase

@Suite struct `Superseded texts` {
    let folder: TemporaryFolder
    let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.open()
    }

    private static let lines = (0..<400).map {
        "  Queue\($0):\n    Type: AWS::SQS::Queue\n    Properties: {DelaySeconds: \($0 * 37 % 901)}\n"
    }

    @Test(arguments: [
        (["a\n", "b\n", "c\n"], ["a\n", "x\n", "c\n"]), ([], ["a"]), (["a"], []), (["a\n", "b\n"], ["b\n", "a\n"]),
        (["same\n", "same\n", "same\n"], ["same\n", "same\n"]), (["no end"], ["no end, but more"]),
        (lines, Array(lines.dropFirst(3)) + ["new\n"]), (lines, lines.reversed()),
    ])
    func `a text comes back from another and what tells the two apart`(base: [String], text: [String]) {
        let (base, text) = (Array(base.joined().utf8), Array(text.joined().utf8))
        let delta = TextDelta.make(text, from: base)
        #expect(TextDelta.apply(delta, to: base) == text)
        for cut in 0..<min(delta.count, 200) {
            let shortened = TextDelta.apply(delta.prefix(cut), to: base)
            #expect(shortened != text || text.isEmpty)
        }
    }

    @Test func `a spoilt delta is no text, or another one, and never a crash`() {
        let base = Array(Self.lines.joined().utf8)
        let delta = TextDelta.make(Array(Self.lines.reversed().joined().utf8), from: base)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            var spoilt = delta
            spoilt[Int.random(in: 0..<spoilt.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            _ = TextDelta.apply(spoilt, to: base)
        }
    }

    @Test func `a change of one line costs little, every text stays readable, and the one in effect stays whole`() throws {
        func template(_ number: Int) -> String {
            var lines = Self.lines
            lines[number % lines.count] = "  Queue\(number % lines.count): # \(number)\n"
            return lines.joined()
        }
        for number in 0..<100 {
            try database.record(
                .sample(start: number, template: template(number), plannedAgainst: number == 0 ? nil : number), .succeeded,
                .applied(.sample()))
        }
        for number in 0..<100 {
            let deployment = try #require(try database.deployment(.pipeline, serial: number + 1))
            #expect(try database.template(of: deployment) == template(number))
        }
        let size = template(0).utf8.count
        let whole = try folder.integers("SELECT count(*) FROM blobs WHERE base IS NULL AND size > 10000")[0]
        #expect((2...6).contains(whole), "\(whole) of 100 are whole")
        #expect(try folder.integers("SELECT max(length(body)) FROM blobs WHERE base IS NOT NULL")[0] < size / 50)
        let inEffect = "SELECT base IS NULL FROM stacks s JOIN deployments d ON d.id = s.in_effect JOIN blobs b ON b.id = d.template"
        #expect(try folder.integers(inEffect) == [1])
        #expect(try database.verify().faults == [])
    }

    @Test func `a text that is used again is whole again`() throws {
        let (a, b) = (Self.lines.joined(), (Self.lines + ["more\n"]).joined())
        for (number, template) in [a, b, a, b, a].enumerated() {
            try database.record(
                .sample(start: number, template: template, plannedAgainst: number == 0 ? nil : number), .succeeded, .applied(.sample()))
            #expect(try database.recordedStack(.pipeline)?.templateBody == template)
            #expect(try database.verify().faults == [])
        }
    }

    /// 500 resources, each with its properties, and the events of an update of one of them.
    @Test func `a change of one property of 500 resources takes less than 4 KB, and none at all less than 1 KB`() throws {
        func queue(_ number: Int, _ delay: Int) -> String {
            """
              Queue\(number):
                Type: AWS::SQS::Queue
                Properties:
                  QueueName: !Sub "${AWS::StackName}-queue-\(number)"
                  DelaySeconds: \(delay)
                  MessageRetentionPeriod: \(60 + number * 7919 % 1_209_540)

            """
        }
        func contents(_ changed: Int, _ delay: Int) -> StackContents {
            StackContents(
                stackID: StackContents.stackID, status: "UPDATE_COMPLETE",
                resources: (0..<500).map { number in
                    RecordedResource(
                        StackResource(
                            logicalID: "Queue\(number)",
                            physicalID: "https://sqs.eu-central-1.amazonaws.com/123456789012/image-pipeline-develop-queue-\(number)",
                            type: "AWS::SQS::Queue", status: number == changed ? "UPDATE_COMPLETE" : "CREATE_COMPLETE",
                            updatedAt: .second(number == changed ? delay : 0)),
                        properties: [
                            "QueueName": .string("image-pipeline-develop-queue-\(number)"),
                            "DelaySeconds": .number(String(number == changed ? delay : 0)),
                            "MessageRetentionPeriod": .number(String(60 + number * 7919 % 1_209_540)),
                        ])
                }, outputs: [])
        }
        let plan = JSONValue.object([
            "basedOnSerial": 1, "changes": [["action": "Modify", "logicalID": "Queue250", "properties": [["path": "DelaySeconds"]]]],
        ])
        func deploy(_ number: Int) throws {
            let template = "Resources:\n" + (0..<500).map { queue($0, $0 == 250 ? number : 0) }.joined()
            let deployment = try database.begin(
                .sample(
                    start: number, template: template, plan: plan.compactText + "\(number)", plannedAgainst: number == 0 ? nil : number),
                secrets: [])
            let events = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"].enumerated().map { index, status in
                StackEvent(
                    eventID: "Queue250-\(status)-2026-11-24T03:02:34.000Z-\(number)", stackID: StackContents.stackID,
                    stackName: "image-pipeline-develop", logicalID: "Queue250", physicalID: "image-pipeline-develop-queue-250",
                    resourceType: "AWS::SQS::Queue", timestamp: .second(number + index), status: StackStatus(rawValue: status),
                    clientRequestToken: "pipeplan-0123456789ab-execute")
            }
            try database.append(events, to: deployment, secrets: [])
            try database.finish(
                deployment, DeploymentOutcome(status: .succeeded, effect: .applied(contents(250, number)), finishedAt: .second(number + 9)),
                secrets: [])
        }
        func size() throws -> Int {
            try database.writeAlone { _ = try Row.fetchAll($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            return try folder.bytes().count + folder.bytes("heads").count
        }
        for number in 0..<5 { try deploy(number) }
        let before = try size()
        for number in 5..<65 { try deploy(number) }
        let perChange = (try size() - before) / 60
        #expect(perChange < 4096, "\(perChange) bytes")

        let template = try #require(try database.recordedStack(.pipeline)).templateBody
        let start = try size()
        for number in 100..<200 {
            try database.record(
                .sample(start: number, template: template, plan: plan.compactText, plannedAgainst: 65), .unchanged, .untouched)
        }
        let perNothing = (try size() - start) / 100
        #expect(perNothing < 1024, "\(perNothing) bytes")
        print("bytes a change of one of 500 resources:", perChange, "and of nothing:", perNothing)
    }
}
