import Foundation
import GRDB
package import Model

/// Drift reports: what was found when.
extension StateDatabase {
    /// Records a report. One that is recorded already is passed over, so that giving it again does no harm.
    ///
    /// The stack must be one that something was deployed to.
    /// - Parameter secrets: values that must not be stored; where one is part of a text, `****` is stored in its place.
    package func record(_ report: DriftReport, secrets: [Secret] = []) throws {
        // The columns are of what is stored, so that each of them can be held against it.
        let report = report.masked(by: SecretMask(secrets))
        try write { db in
            guard let stackKey = try DeploymentStore(db: db).stackKey(of: report.address) else {
                throw DamagedRecord("A drift report is of the stack \(report.address), which was never deployed")
            }
            let isKnown = try Bool.fetchOne(
                db, sql: "SELECT count(*) FROM drift_reports WHERE report_id = ?", arguments: [report.id])
            if isKnown == true { return }
            let summary = report.summary
            let body = try BlobStore(db: db).store(Self.body(of: report))
            try db.execute(
                sql: """
                    INSERT INTO drift_reports (stack_key, report_id, serial, checked_at, checked_by, status, in_sync, modified, deleted,
                        not_checked, ignored, accepted, body)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    stackKey, report.id, report.serial, report.checkedAt.milliseconds, report.checkedBy, report.status.rawValue,
                    summary.inSync, summary.modified, summary.deleted, summary.notChecked, summary.ignored, summary.accepted,
                    body,
                ])
            try insertDrifted(by: report, body, in: db)
        }
    }

    /// Reports that found the same share these rows as they share the text.
    private func insertDrifted(by report: DriftReport, _ body: Int64, in db: Database) throws {
        let insert = try db.cachedStatement(
            sql: "INSERT INTO drifted_resources (body, logical_id, type, status) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        for resource in report.resources where resource.status != .inSync {
            try insert.execute(arguments: [body, resource.logicalID, resource.type, resource.statusText])
        }
    }

    /// Lets a stack's reports go on naming deployments that have got other serials.
    /// - Parameter serials: the new ones by the old ones.
    func renumberDriftReports(of stackKey: Int64, _ serials: [Int: Int], in db: Database) throws {
        let rows = try Row.fetchAll(db, sql: "SELECT id, serial, body FROM drift_reports WHERE stack_key = ?", arguments: [stackKey])
        for row in rows {
            var columns = RowReader(row)
            let (id, old, body) = (try columns.key(), try columns.integer(), try columns.key())
            guard let serial = serials[old], serial != old else { continue }
            var newBody = body
            // A text that was removed to save space names none any more.
            if let text = try BlobStore(db: db).text(body) {
                var report = try Self.report(text)
                report.serial = serial
                newBody = try BlobStore(db: db).store(Self.body(of: report))
                try insertDrifted(by: report, newBody, in: db)
            }
            try db.execute(sql: "UPDATE drift_reports SET serial = ?, body = ? WHERE id = ?", arguments: [serial, newBody, id])
        }
        try db.execute(sql: "DELETE FROM drifted_resources WHERE body NOT IN (SELECT body FROM drift_reports)")
    }

    /// The last report on a stack; `nil` where there is none or its body was removed to save space.
    /// - Parameter checked: whether reports are passed over of which nothing could be checked.
    package func lastDriftReport(_ address: StackAddress, checked: Bool = false) throws -> DriftReport? {
        try driftReports(address, limit: 1, checked: checked).first
    }

    /// The reports on a stack, newest first; without those whose bodies were removed to save space.
    /// - Parameters:
    ///   - checked: whether reports are passed over of which nothing could be checked.
    ///   - ids: leaves out all others.
    package func driftReports(
        _ address: StackAddress, limit: Int? = nil, checked: Bool = false, ids: Set<String>? = nil
    ) throws -> [DriftReport] {
        try read { db in
            guard let stackKey = try DeploymentStore(db: db).stackKey(of: address) else { return [] }
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT report_id, checked_at, body FROM drift_reports
                    WHERE stack_key = ? AND (NOT ? OR status <> 'NOT_CHECKED' OR in_sync + ignored + accepted > 0)
                    ORDER BY checked_at DESC, report_id DESC LIMIT ?
                    """,
                arguments: [stackKey, checked, limit ?? -1])
            return try rows.compactMap { row in
                var columns = RowReader(row)
                let (id, time, body) = (try columns.text(), try columns.time(), try columns.key())
                guard ids?.contains(id) ?? true else { return nil }
                guard let text = try BlobStore(db: db).text(body) else { return nil }
                var report = try Self.report(text)
                (report.id, report.checkedAt) = (id, time)
                return report
            }
        }
    }

    /// The report as it is stored: without what each has of its own, so that reports which found the same are one text.
    private static func body(of report: DriftReport) throws -> String {
        var body = report
        (body.id, body.checkedAt) = ("", Date(timeIntervalSince1970: 0))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(body), as: UTF8.self)
    }

    /// What a body says.
    static func report(_ body: String) throws -> DriftReport {
        do {
            return try JSONDecoder().decode(DriftReport.self, from: Data(body.utf8))
        } catch {
            throw DamagedRecord("A drift report can't be read")
        }
    }
}

extension DriftReport {
    fileprivate func masked(by mask: SecretMask) -> DriftReport {
        var report = self
        report.checkedBy = mask.name(checkedBy)
        report.failure = mask.text(failure)
        report.outside?.templateDifference = (outside?.templateDifference ?? []).map { mask.text($0) }
        report.outside?.parameterDifference = outside?.parameterDifference?.map {
            OutsideChange.ParameterDifference(name: $0.name, recorded: mask.text($0.recorded), live: mask.text($0.live))
        }
        for index in report.resources.indices { report.resources[index].mask(by: mask) }
        return report
    }
}

extension ResourceDriftReport {
    fileprivate mutating func mask(by mask: SecretMask) {
        physicalID = mask.name(physicalID)
        reason = mask.text(reason)
        for index in differences.indices {
            differences[index].path = mask.name(differences[index].path)
            differences[index].expected = differences[index].expected.map(mask.document)
            differences[index].actual = differences[index].actual.map(mask.document)
            differences[index].reason = mask.text(differences[index].reason)
        }
    }
}
