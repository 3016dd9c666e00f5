import Foundation
import Model
import Testing

@Suite struct `The history of drift` {
    private func report(_ hour: Int, _ statuses: [String: ResourceDriftReport.Status], serial: Int = 1, failure: String? = nil)
        -> DriftReport
    {
        DriftReport(
            id: "\(hour)", address: StackAddress(stack: "shop"), stackName: "shop", region: "us-east-1", checkedAt: time(hour),
            checkedBy: "me@here", serial: serial, recordedStatus: "CREATE_COMPLETE", stackStatus: "CREATE_COMPLETE", failure: failure,
            resources: statuses.sorted { $0.key < $1.key }.map { name, status in
                ResourceDriftReport(
                    logicalID: name, type: "T", status: status,
                    differences: status == .modified ? [DriftDifference(path: "A", expected: 1, actual: 2)] : [])
            })
    }

    private func time(_ hour: Int) -> Date { Date(timeIntervalSince1970: Double(hour) * 3600) }

    private func lines(_ reports: [DriftReport]) -> [String] {
        DriftEpisode.of(reports).map { episode in
            let hours = [episode.lastInSyncAt, episode.foundAt, episode.lastSeenAt, episode.endedAt].map { time in
                time.map { String(Int($0.timeIntervalSince1970) / 3600) } ?? "-"
            }
            return "\(episode.logicalID) \(episode.status.rawValue) \(hours.joined(separator: " ")) \(episode.end?.rawValue ?? "open")"
        }
    }

    @Test func `a resource drifts between two reports and is put right between two others`() {
        let reports = [
            report(1, ["A": .inSync, "B": .inSync]), report(2, ["A": .modified, "B": .inSync]), report(3, ["A": .modified, "B": .deleted]),
            report(4, ["A": .inSync, "B": .deleted], serial: 2),
        ]
        #expect(lines(reports.reversed()) == ["B DELETED 2 3 4 - open", "A MODIFIED 1 2 3 4 put-right"])
        #expect(DriftEpisode.of(reports)[1].endedSerial == 2)
    }

    @Test func `an acceptance ends what the same report found, in whatever order they come`() {
        let found = report(2, ["A": .modified])
        var accepted = found
        accepted.id += "-2"
        accepted.resources[0].differences[0].verdict = .accepted
        for reports in [[found, accepted], [accepted, found]] {
            #expect(lines(reports) == ["A MODIFIED - 2 2 2 accepted"])
        }
    }

    @Test func `what was not checked ends nothing, and what left the stack is drifted no more`() {
        #expect(
            lines([
                report(1, ["A": .modified]), report(2, ["A": .notChecked]), report(3, [:], failure: "throttled"),
                report(4, ["A": .modified]),
            ])
                == ["A MODIFIED - 1 4 - open"])
        #expect(lines([report(1, ["A": .modified]), report(2, ["B": .inSync])]) == ["A MODIFIED - 1 1 2 put-right"])
    }
}
