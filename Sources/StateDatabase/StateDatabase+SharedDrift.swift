import Foundation
import GRDB
package import Model

/// What this copy knows of the drift reports of one stack on a share.
package struct SharedDrift: Hashable, Sendable {
    /// What the share's hint looked like when it was read last.
    package var tag: String?
    /// The last name that was seen there.
    package var name: String?
    /// All reports up to this row are there.
    package var row: Int64?

    package init(tag: String? = nil, name: String? = nil, row: Int64? = nil) {
        self.tag = tag
        self.name = name
        self.row = row
    }
}

extension StateDatabase {
    package func sharedDrift(_ share: String) throws -> [StackAddress: SharedDrift] {
        try known(of: share, "h.drift_tag, h.drift_name, h.drift_row") { columns in
            SharedDrift(tag: try columns.optionalText(), name: try columns.optionalText(), row: try columns.next(Int64?.self))
        }
    }

    package func setSharedDrift(_ drift: SharedDrift, of address: StackAddress, share: String) throws {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO shared (share, stack_key, serial, part, epoch, drift_tag, drift_name, drift_row)
                    VALUES (?, ?, 0, 'intent', 0, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET
                        drift_tag = excluded.drift_tag, drift_name = excluded.drift_name, drift_row = excluded.drift_row
                    """,
                arguments: [share, try stackKey(of: address, in: db), drift.tag, drift.name, drift.row])
        }
    }

    /// The stacks that have drift reports which are not known to be on the share.
    package func unsharedDrift(_ share: String) throws -> [StackAddress] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT s.stack, s.environment FROM stacks s LEFT JOIN shared h ON h.stack_key = s.id AND h.share = ?
                    WHERE EXISTS (
                        SELECT 1 FROM drift_reports r JOIN blobs b ON b.id = r.body
                        WHERE r.stack_key = s.id AND r.id > coalesce(h.drift_row, 0) AND b.body IS NOT NULL)
                    """,
                arguments: [share]
            ).map { row in
                var columns = RowReader(row)
                return try StackAddress(columns: &columns)
            }
        }
    }

    /// The identities of a stack's reports with their rows, in the order they came here.
    /// - Parameters:
    ///   - after: leaves out rows up to and including that one.
    ///   - withText: leaves out reports whose texts were removed to save space.
    package func driftReportIDs(
        _ address: StackAddress, after row: Int64? = nil, withText: Bool = false
    ) throws -> [(row: Int64, id: String)] {
        try read { db in
            guard let stackKey = try DeploymentStore(db: db).stackKey(of: address) else { return [] }
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT r.id, report_id FROM drift_reports r JOIN blobs b ON b.id = r.body
                    WHERE stack_key = ? AND r.id > ? \(withText ? "AND b.body IS NOT NULL" : "") ORDER BY r.id
                    """,
                arguments: [stackKey, row ?? 0]
            ).map { row in
                var columns = RowReader(row)
                return (try columns.key(), try columns.text())
            }
        }
    }
}
