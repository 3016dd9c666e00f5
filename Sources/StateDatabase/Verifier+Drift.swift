import GRDB
import Model

/// What no hash covers is held against what it is made of: columns of drift reports against their bodies, accepted drift against
/// the plans of the records that accept it.
extension Verifier {
    mutating func checkDrift(of stackKey: Int64, _ address: StackAddress) throws {
        try checkReports(of: stackKey, address)
        try checkAccepted(of: stackKey, address)
    }

    // MARK: Reports

    /// The columns of a report that its body says, too. Not its status: how that follows from the body is a rule, which may change.
    private struct Columns: Equatable {
        var serial: Int
        var checkedBy: String
        /// The summary, in the order of the columns.
        var counts: [Int]
    }

    /// A row of `drifted_resources`.
    private struct Drifted: Hashable {
        var logicalID: String
        var type: String
        var status: String
    }

    private mutating func checkReports(of stackKey: Int64, _ address: StackAddress) throws {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT body, serial, checked_by, in_sync, modified, deleted, not_checked, ignored, accepted FROM drift_reports
                WHERE stack_key = ? ORDER BY id
                """,
            arguments: [stackKey])
        // Many reports have one body.
        var bodies: [Int64: DriftReport?] = [:]
        for row in rows {
            var columns = RowReader(row)
            let body = try columns.key()
            let stored = Columns(
                serial: try columns.integer(), checkedBy: try columns.text(),
                counts: try (0..<6).map { _ in try columns.integer() })
            result.records += 1
            if badTexts.contains(body) { return note("A drift report on it is not what its digest says", address, stored.serial) }
            if bodies[body] == nil {
                let report = try BlobStore(db: db).text(body).map(StateDatabase.report)
                if let report, try drifted(in: body) != Self.drifted(by: report) {
                    return note("The drifted resources of a report are not what the report says", address, stored.serial)
                }
                bodies[body] = report
            }
            guard let report = bodies[body] ?? nil else { continue }
            let summary = report.summary
            let expected = Columns(
                serial: report.serial, checkedBy: report.checkedBy,
                counts: [
                    summary.inSync, summary.modified, summary.deleted, summary.notChecked, summary.ignored, summary.accepted,
                ])
            guard report.address == address, stored == expected else {
                return note("A drift report on it has columns that its body does not have", address, stored.serial)
            }
        }
    }

    private func drifted(in body: Int64) throws -> Set<Drifted> {
        let rows = try Row.fetchAll(
            db, sql: "SELECT logical_id, type, status FROM drifted_resources WHERE body = ?", arguments: [body])
        return Set(
            try rows.map { row in
                var columns = RowReader(row)
                return Drifted(logicalID: try columns.text(), type: try columns.text(), status: try columns.text())
            })
    }

    private static func drifted(by report: DriftReport) -> Set<Drifted> {
        Set(
            report.resources.filter { $0.status != .inSync }.map {
                Drifted(logicalID: $0.logicalID, type: $0.type, status: $0.statusText)
            })
    }

    // MARK: Accepted drift

    private mutating func checkAccepted(of stackKey: Int64, _ address: StackAddress) throws {
        if try count("accepted_drift a JOIN deployments d ON d.id = a.deployment WHERE a.stack_key != d.stack_key") > 0 {
            return note("Drift is accepted of another stack than its record is of", address)
        }
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT deployment, logical_id, path, value, reason, accepted_by, accepted_at FROM accepted_drift WHERE stack_key = ?
                """,
            arguments: [stackKey])
        var accepted: [Int64: Set<AcceptedDrift>] = [:]
        for row in rows {
            var columns = RowReader(row)
            let deployment = try columns.key()
            accepted[deployment, default: []].insert(try AcceptedDrift(columns: &columns))
            result.records += 1
        }
        let records = try DeploymentStore(db: db).deployments(
            DeploymentFilter(stack: address.stack, environment: address.environment, kinds: [.driftAccept]))
        for record in records.reversed() where record.address == address && !record.status.isOpen {
            let rows = accepted.removeValue(forKey: record.id) ?? []
            // Without its plan nothing can be told.
            guard let expected = try StateDatabase.accepted(in: record, db), Set(expected) != rows else { continue }
            return note("The drift that it accepts is not what its plan says", address, record.serial)
        }
        if !accepted.isEmpty { note("Drift is accepted by a record of another kind", address) }
    }
}
