import Foundation
package import Model
package import Planning
package import StateDatabase

/// `drift --json`, format version 1.
package struct DriftReports: Encodable, Sendable {
    package var formatVersion = 1
    package var stacks: [Stack]

    package init(_ reports: [DriftReport]) { stacks = reports.map(Stack.init) }

    package struct Stack: Encodable, Sendable {
        var stack: String
        @OrNull var environment: String?
        var status: String
        var stackName: String
        var region: String
        @OrNull var accountId: String?
        @OrNull var stackId: String?
        var checkedAt: Date
        var checkedBy: String
        var serial: Int
        @OrNull var stackStatus: String?
        var recordedStatus: String
        @OrNull var failure: String?
        @OrNull var outside: Outside?
        var summary: DriftReport.Summary
        var resources: [Resource]

        init(_ report: DriftReport) {
            stack = report.address.stack
            environment = report.address.environment
            status = report.status.rawValue
            stackName = report.stackName
            region = report.region
            accountId = report.accountID
            stackId = report.stackID
            checkedAt = report.checkedAt
            checkedBy = report.checkedBy
            serial = report.serial
            stackStatus = report.stackStatus?.rawValue
            recordedStatus = report.recordedStatus.rawValue
            failure = report.failure
            outside = report.outside.map {
                Outside(
                    changeSetId: $0.changeSetID, updatedAt: $0.updatedAt, templateDifference: $0.templateDifference,
                    parameterDifference: $0.parameterDifference ?? [])
            }
            summary = report.summary
            resources = report.resources.map(Resource.init)
        }
    }

    struct Outside: Encodable, Sendable {
        @OrNull var changeSetId: String?
        @OrNull var updatedAt: Date?
        var templateDifference: [String]
        var parameterDifference: [OutsideChange.ParameterDifference]
    }

    package struct Resource: Encodable, Sendable {
        var logicalId: String
        @OrNull var physicalId: String?
        var type: String
        var status: String
        @OrNull var reason: String?
        @OrNull var checkedWith: String?
        var differences: [Difference]
        var excused: [Excused]

        init(_ resource: ResourceDriftReport) {
            logicalId = resource.logicalID
            physicalId = resource.physicalID
            type = resource.type
            status = resource.statusText
            reason = resource.reason
            checkedWith = resource.check?.rawValue
            differences = resource.counted.map(Difference.init)
            excused = resource.differences.filter { $0.verdict != .drift }.map {
                Excused(path: $0.path, expected: $0.expected, actual: $0.actual, verdict: $0.verdict.rawValue, reason: $0.reason)
            }
        }
    }

    struct Difference: Encodable, Sendable {
        var path: String
        @OrNull var expected: JSONValue?
        @OrNull var actual: JSONValue?
        var sensitive: Bool

        init(_ difference: DriftDifference) {
            path = difference.path
            expected = difference.expected
            actual = difference.actual
            sensitive = difference.sensitive
        }
    }

    struct Excused: Encodable, Sendable {
        var path: String
        @OrNull var expected: JSONValue?
        @OrNull var actual: JSONValue?
        var verdict: String
        @OrNull var reason: String?
    }
}

/// `history drift --json`, format version 1: the latest first.
package struct DriftHistoryReport: Encodable, Sendable {
    package var formatVersion = 1
    var stack: String
    @OrNull var environment: String?
    var reports: Int
    @OrNull var lastCheckedAt: Date?
    var episodes: [Episode]

    package init(_ address: StackAddress, _ reports: [DriftReport]) {
        stack = address.stack
        environment = address.environment
        self.reports = reports.count
        lastCheckedAt = reports.first?.checkedAt
        episodes = DriftEpisode.of(reports).map(Episode.init)
    }

    struct Episode: Encodable, Sendable {
        var logicalId: String
        var type: String
        var status: String
        @OrNull var lastInSyncAt: Date?
        var foundAt: Date
        var lastSeenAt: Date
        @OrNull var endedAt: Date?
        @OrNull var end: String?
        @OrNull var endedByDeployment: Int?
        var differences: [DriftReports.Difference]

        init(_ episode: DriftEpisode) {
            logicalId = episode.logicalID
            type = episode.type
            status = episode.status.rawValue
            lastInSyncAt = episode.lastInSyncAt
            foundAt = episode.foundAt
            lastSeenAt = episode.lastSeenAt
            endedAt = episode.endedAt
            end = episode.end?.rawValue
            endedByDeployment = episode.endedByDeployment
            differences = episode.differences.map(DriftReports.Difference.init)
        }
    }
}

extension DriftEpisode {
    /// The deployment that came between the last report that found it drifted and the first that did not; `nil` where none did, so
    /// that somebody has put it right by hand.
    var endedByDeployment: Int? {
        guard end == .putRight, let endedSerial, endedSerial > lastSerial else { return nil }
        return endedSerial
    }
}
