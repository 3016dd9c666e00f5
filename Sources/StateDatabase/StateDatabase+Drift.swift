import Foundation
import GRDB
package import Model

/// Drift reports: what was found when, and which live values are accepted.
extension StateDatabase {
    /// Records a report. One that is recorded already is passed over, so that giving it again does no harm.
    ///
    /// The stack must be one that something was deployed to.
    /// - Parameter secrets: values that must not be stored; where one is part of a text, `****` is stored in its place.
    package func record(_ report: DriftReport, secrets: [Secret] = []) throws {
        let mask = SecretMask(secrets)
        try write { db in
            guard let stackKey = try DeploymentStore(db: db).stackKey(of: report.address) else {
                throw DamagedRecord("A drift report is of the stack \(report.address), which was never deployed")
            }
            let isKnown = try Bool.fetchOne(
                db, sql: "SELECT count(*) FROM drift_reports WHERE report_id = ?", arguments: [report.id])
            if isKnown == true { return }
            let summary = report.summary
            let body = try BlobStore(db: db).store(mask.text(Self.body(of: report)))
            try db.execute(
                sql: """
                    INSERT INTO drift_reports (stack_key, report_id, serial, checked_at, checked_by, status, in_sync, modified, deleted,
                        not_checked, ignored, accepted, body)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    stackKey, report.id, report.serial, report.checkedAt.milliseconds, mask.name(report.checkedBy), report.status.rawValue,
                    summary.inSync, summary.modified, summary.deleted, summary.notChecked, summary.ignored, summary.accepted,
                    body,
                ])
            // Reports that found the same share these rows as they share the text.
            let insert = try db.cachedStatement(
                sql: "INSERT INTO drifted_resources (body, logical_id, type, status) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
            for resource in report.resources where resource.status != .inSync {
                try insert.execute(arguments: [body, resource.logicalID, resource.type, resource.statusText])
            }
        }
    }

    /// The last report on a stack; `nil` where there is none or its body was removed to save space.
    /// - Parameter checked: whether reports are passed over of which nothing could be checked.
    package func lastDriftReport(_ address: StackAddress, checked: Bool = false) throws -> DriftReport? {
        try driftReports(address, limit: 1, checked: checked).first
    }

    /// The reports on a stack, newest first; without those whose bodies were removed to save space.
    package func driftReports(_ address: StackAddress, limit: Int? = nil, checked: Bool = false) throws -> [DriftReport] {
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
                guard let text = try BlobStore(db: db).text(body) else { return nil }
                do {
                    var report = try JSONDecoder().decode(DriftReport.self, from: Data(text.utf8))
                    (report.id, report.checkedAt) = (id, time)
                    return report
                } catch {
                    throw DamagedRecord("Drift report \(id) can't be read")
                }
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

    // MARK: Accepted drift

    /// Records that live values are known and accepted, as a deployment of the kind `drift-accept` that does nothing to the stack.
    ///
    /// An acceptance takes the place of an earlier one of the same resource and path.
    /// - Throws: as `begin` does, and nothing is accepted then.
    package func accept(_ drift: [AcceptedDrift], as intent: DeploymentIntent, secrets: [Secret] = []) throws -> Deployment {
        let mask = SecretMask(secrets)
        let settled = try write { db in
            let deployment = try begin(intent, mask, in: db)
            for accepted in drift {
                try insertAccepted(
                    [
                        accepted.logicalID, accepted.path, mask.text(accepted.value?.canonicalText), mask.text(accepted.reason),
                        mask.name(accepted.by), accepted.acceptedAt.milliseconds,
                    ], by: deployment, in: db)
            }
            let outcome = DeploymentOutcome(status: .succeeded, effect: .untouched, finishedAt: intent.startedAt)
            return try finish(deployment, outcome, mask, in: db)
        }
        remember(settled)
        return settled
    }

    /// Takes over what was accepted elsewhere, from the document that the record of it has as its plan.
    func accept(asIn deployment: Deployment, in db: Database) throws {
        let blob = try Int64.fetchOne(db, sql: "SELECT plan FROM deployments WHERE id = ?", arguments: [deployment.id])
        guard let text = try blob.flatMap({ try BlobStore(db: db).text($0) }) else { return }
        for item in try JSONText.value(of: text).arrayItems ?? [] {
            guard let id = item["logicalId"]?.scalarText, let path = item["path"]?.scalarText, let reason = item["reason"]?.scalarText
            else { throw DamagedRecord("What it accepts is in a form that this program does not know") }
            let value = item["value"].flatMap { $0 == .null ? nil : $0.canonicalText }
            try insertAccepted(
                [id, path, value, reason, "\(deployment.actor.user)@\(deployment.actor.host)", deployment.startedAt.milliseconds],
                by: deployment, in: db)
        }
    }

    private func insertAccepted(_ values: [(any DatabaseValueConvertible)?], by deployment: Deployment, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO accepted_drift (deployment, stack_key, logical_id, path, value, reason, accepted_by, accepted_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [deployment.id, deployment.stackKey] + StatementArguments(values))
    }

    /// What is accepted of a stack's drift, the latest word on each resource and path.
    package func acceptedDrift(_ address: StackAddress) throws -> [AcceptedDrift] {
        try read { db in
            guard let stackKey = try DeploymentStore(db: db).stackKey(of: address) else { return [] }
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT a.logical_id, a.path, a.value, a.reason, a.accepted_by, a.accepted_at
                    FROM accepted_drift a JOIN deployments d ON d.id = a.deployment
                    WHERE a.stack_key = :stack AND d.serial > (
                        SELECT coalesce(max(serial), 0) FROM deployments WHERE stack_key = :stack AND effect = 'removed')
                    ORDER BY d.serial
                    """,
                // What was accepted of a stack is nothing to one that was made in its place.
                arguments: ["stack": stackKey])
            var latest: [String: AcceptedDrift] = [:]
            for row in rows {
                var columns = RowReader(row)
                let accepted = AcceptedDrift(
                    logicalID: try columns.text(), path: try columns.text(), value: try columns.optionalText().map(JSONText.value(of:)),
                    reason: try columns.text(), by: try columns.text(), acceptedAt: try columns.time())
                latest["\(accepted.logicalID) \(accepted.path)"] = accepted
            }
            return latest.values.sorted { ($0.logicalID, $0.path) < ($1.logicalID, $1.path) }
        }
    }
}
