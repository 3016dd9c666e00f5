package import Foundation

/// From when to when a resource had drifted, as far as reports tell.
package struct DriftEpisode: Hashable, Sendable, Codable {
    package enum End: String, Hashable, Sendable, Codable {
        /// A later report found it in sync, or no longer in the stack.
        case putRight = "put-right"
        case ignored, accepted
    }

    package var logicalID: String
    package var type: String
    /// As it was found last.
    package var status: ResourceDriftReport.Status
    package var differences: [DriftDifference]
    /// The last report before that found it in sync; `nil` where none did.
    package var lastInSyncAt: Date?
    /// The first report that found it drifted.
    package var foundAt: Date
    package var lastSeenAt: Date
    /// The recorded deployment that the last of them was compared with.
    package var lastSerial: Int
    /// The first report that did not; `nil` where it is drifted still.
    package var endedAt: Date?
    package var endedSerial: Int?
    package var end: End?
}

extension DriftEpisode {
    /// The episodes that reports on one stack tell of, the latest first. A resource that was not checked is as it was before.
    /// - Parameter reports: in any order.
    package static func of(_ reports: [DriftReport]) -> [DriftEpisode] {
        var episodes: [DriftEpisode] = []
        var open: [String: Int] = [:]
        var inSyncAt: [String: Date] = [:]
        // What is judged anew is a report of the same time, with a longer name.
        for report in reports.sorted(by: { ($0.checkedAt, $0.id) < ($1.checkedAt, $1.id) }) where report.status != .notChecked {
            var seen: Set<String> = []
            for resource in report.resources {
                seen.insert(resource.logicalID)
                if resource.isDrifted {
                    if let index = open[resource.logicalID] {
                        episodes[index].status = resource.status
                        episodes[index].differences = resource.counted
                        episodes[index].lastSeenAt = report.checkedAt
                        episodes[index].lastSerial = report.serial
                    } else {
                        open[resource.logicalID] = episodes.count
                        episodes.append(
                            DriftEpisode(
                                logicalID: resource.logicalID, type: resource.type, status: resource.status,
                                differences: resource.counted, lastInSyncAt: inSyncAt[resource.logicalID], foundAt: report.checkedAt,
                                lastSeenAt: report.checkedAt, lastSerial: report.serial))
                    }
                } else if resource.status != .notChecked {
                    if resource.excuse == nil { inSyncAt[resource.logicalID] = report.checkedAt }
                    let end: End = resource.excuse == .accepted ? .accepted : resource.excuse == .ignored ? .ignored : .putRight
                    open.removeValue(forKey: resource.logicalID).map { episodes[$0].close(end, report) }
                }
            }
            // Of a stack that is gone, or was read in part, nothing follows from what is missing.
            guard report.failure == nil, report.status != .deleted else { continue }
            for (logicalID, index) in open where !seen.contains(logicalID) {
                episodes[index].close(.putRight, report)
                open[logicalID] = nil
            }
        }
        return episodes.sorted { ($1.foundAt, $0.logicalID) < ($0.foundAt, $1.logicalID) }
    }

    private mutating func close(_ end: End, _ report: DriftReport) {
        self.end = end
        endedAt = report.checkedAt
        endedSerial = report.serial
    }
}
