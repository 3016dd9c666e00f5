import Foundation
import GRDB
package import Model
import OrderedCollections

/// Which live values are accepted. The plan of a record of the kind `drift-accept` says so, for its chain of hashes; the rows of
/// `accepted_drift` repeat it, for those who ask.
extension StateDatabase {
    /// Records that live values are known and accepted, as a deployment of the kind `drift-accept` that does nothing to the stack.
    ///
    /// An acceptance takes the place of an earlier one of the same resource and path.
    /// - Parameter intent: its plan is made here.
    /// - Throws: as `begin` does, and nothing is accepted then.
    package func accept(_ drift: [AcceptedDrift], as intent: DeploymentIntent, secrets: [Secret] = []) throws -> Deployment {
        let settled = try write { db in try accept(drift, as: intent, SecretMask(secrets), in: db) }
        remember(settled)
        return settled
    }

    func accept(_ drift: [AcceptedDrift], as intent: DeploymentIntent, _ mask: SecretMask, in db: Database) throws -> Deployment {
        var intent = intent
        intent.kind = .driftAccept
        intent.planJSON = mask.document(.array(drift.map { $0.document(in: intent) })).canonicalText
        let deployment = try begin(intent, mask, in: db)
        let outcome = DeploymentOutcome(status: .succeeded, effect: .untouched, finishedAt: intent.startedAt)
        let settled = try finish(deployment, outcome, mask, in: db)
        try accept(asIn: settled, in: db)
        return settled
    }

    /// Makes the rows of what a record accepts.
    func accept(asIn deployment: Deployment, in db: Database) throws {
        for accepted in try Self.accepted(in: deployment, db) ?? [] {
            try db.execute(
                sql: """
                    INSERT INTO accepted_drift (deployment, stack_key, logical_id, path, value, reason, accepted_by, accepted_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    deployment.id, deployment.stackKey, accepted.logicalID, accepted.path, accepted.value?.canonicalText, accepted.reason,
                    accepted.by, accepted.acceptedAt.milliseconds,
                ])
        }
    }

    /// What a record accepts; `nil` where it has no plan that says so any more.
    static func accepted(in deployment: Deployment, _ db: Database) throws -> [AcceptedDrift]? {
        let blob = try Int64.fetchOne(db, sql: "SELECT plan FROM deployments WHERE id = ?", arguments: [deployment.id])
        guard let text = try blob.flatMap({ try BlobStore(db: db).text($0) }) else { return nil }
        return try JSONText.value(of: text).arrayItems?.map { try AcceptedDrift($0, in: deployment) }
    }

    /// What a deployment of the kind `drift-accept` accepted, by its record.
    package func accepted(in deployment: Deployment) throws -> [AcceptedDrift]? {
        try read { db in try Self.accepted(in: deployment, db) }
    }

    /// What is accepted of a stack's drift, the latest word on each resource and path.
    package func acceptedDrift(_ address: StackAddress) throws -> [AcceptedDrift] {
        try read { db in
            try DeploymentStore(db: db).stackKey(of: address).map { try acceptedDrift($0, in: db) } ?? []
        }
    }

    func acceptedDrift(_ stackKey: Int64, in db: Database) throws -> [AcceptedDrift] {
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
            let accepted = try AcceptedDrift(columns: &columns)
            latest["\(accepted.logicalID) \(accepted.path)"] = accepted
        }
        return latest.values.sorted { ($0.logicalID, $0.path) < ($1.logicalID, $1.path) }
    }
}

extension AcceptedDrift {
    /// From the columns `logical_id`, `path`, `value`, `reason`, `accepted_by`, `accepted_at`.
    init(columns: inout RowReader) throws {
        self.init(
            logicalID: try columns.text(), path: try columns.text(), value: try columns.optionalText().map(JSONText.value(of:)),
            reason: try columns.text(), by: try columns.text(), acceptedAt: try columns.time())
    }

    /// As the plan of a record has it. Who accepted it and when is said only where that is not who made the record, and when.
    fileprivate func document(in intent: DeploymentIntent) -> JSONValue {
        var members: OrderedDictionary<String, JSONValue> = [
            "logicalId": .string(logicalID), "path": .string(path), "value": value ?? .null, "reason": .string(reason),
        ]
        if by != intent.actor.address { members["by"] = .string(by) }
        if acceptedAt.milliseconds != intent.startedAt.milliseconds { members["acceptedAt"] = .number(String(acceptedAt.milliseconds)) }
        return .object(members)
    }

    fileprivate init(_ item: JSONValue, in deployment: Deployment) throws {
        guard let id = item["logicalId"]?.scalarText, let path = item["path"]?.scalarText, let reason = item["reason"]?.scalarText
        else { throw DamagedRecord("What it accepts is in a form that this program does not know") }
        let value = item["value"] ?? .null
        self.init(
            logicalID: id, path: path, value: value == .null ? .none : value, reason: reason,
            by: item["by"]?.scalarText ?? deployment.actor.address,
            acceptedAt: (item["acceptedAt"]?.scalarText).flatMap { Int64($0) }.map(Date.init(milliseconds:)) ?? deployment.startedAt)
    }
}

extension DeploymentActor {
    fileprivate var address: String { "\(user)@\(host)" }
}
