import Foundation
import GRDB
import Model

/// The hashes that chain the records of a stack: each covers the bytes stored for its record and the hash before it.
///
///     intent hash  = SHA-256("pipeplan intent 1\n" + hash of the deployment before, or the lineage for serial 1 + "\n" + intent document)
///     outcome hash = SHA-256("pipeplan outcome 1\n" + intent hash + "\n" + outcome document)
///
/// A document is the canonical JSON of the columns below that are not NULL, under their names; hashes and digests are in
/// hexadecimal. A column that a later schema adds is NULL in older records and so changes no hash.
struct RecordChain {
    let db: Database

    /// The hash of a deployment's record as it is stored now.
    func hash(of deployment: Int64, lineage: String) throws -> Digest {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT previous.hash, d.finished_at IS NOT NULL FROM deployments d
                LEFT JOIN deployments previous ON previous.stack_key = d.stack_key AND previous.serial = d.serial - 1
                WHERE d.id = ?
                """,
            arguments: [deployment])
        guard let row else { throw DamagedRecord("Deployment \(deployment) is missing") }
        var columns = RowReader(row)
        let previous = try columns.optionalDigest()?.hex ?? lineage
        let isSettled = try columns.next(Bool.self)
        let intent = Self.intentHash(behind: previous, try document(Self.intent, of: deployment))
        guard isSettled else { return intent }
        return Self.outcomeHash(of: intent, try document(Self.outcome, of: deployment))
    }

    /// - Parameter previous: the hash of the deployment before in hexadecimal, the lineage for serial 1.
    static func intentHash(behind previous: String, _ document: [UInt8]) -> Digest {
        Digest(of: Array("pipeplan intent 1\n\(previous)\n".utf8) + document)
    }

    static func outcomeHash(of intent: Digest, _ document: [UInt8]) -> Digest {
        Digest(of: Array("pipeplan outcome 1\n\(intent.hex)\n".utf8) + document)
    }

    /// Stores the hash of a deployment's record as it is now.
    func seal(_ deployment: Int64) throws {
        guard let lineage = try String.fetchOne(db, sql: "SELECT lineage FROM origin") else {
            throw DamagedRecord("It has no lineage")
        }
        try db.execute(
            sql: "UPDATE deployments SET hash = ? WHERE id = ?",
            arguments: [try hash(of: deployment, lineage: lineage).bytes, deployment])
    }

    /// The digest over a deployment's events, `nil` for none: the canonical JSON of the list of their rows.
    func eventsDigest(of deployment: Int64) throws -> Digest? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT event_id, stack_id, stack_name, logical_id, physical_id, type, happened_at, status, status_reason, client_token
                FROM events JOIN event_stacks ON event_stacks.id = event_stack WHERE deployment = ? ORDER BY position
                """)
        let rows = try Row.fetchCursor(statement, arguments: [deployment])
        let form = RowDocument(columns: statement.columnNames)
        var text: [UInt8] = [UInt8(ascii: "[")]
        while let row = try rows.next() {
            if text.count > 1 { text.append(UInt8(ascii: ",")) }
            form.write(row, to: &text)
        }
        guard text.count > 1 else { return nil }
        text.append(UInt8(ascii: "]"))
        return Digest(of: text)
    }

    private func document(_ columns: String, of deployment: Int64) throws -> [UInt8] {
        let statement = try db.cachedStatement(sql: "SELECT \(columns) WHERE d.id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [deployment]) else {
            throw DamagedRecord("What deployment \(deployment) refers to is missing")
        }
        return RowDocument(columns: statement.columnNames).text(row)
    }

    static let intent = """
        s.stack, s.environment, d.serial, d.kind, d.started_at, d.actor_arn, d.actor_user, d.actor_host, d.git_commit, d.git_branch,
        d.git_dirty, d.git_remote, d.tool_version, d.command_line, d.approval, d.planned_against, c.digest AS configuration,
        t.digest AS template, n.digest AS nested_templates, p.digest AS plan, d.change_set_name, d.client_token
        FROM deployments d JOIN stacks s ON s.id = d.stack_key JOIN configurations c ON c.id = d.configuration
        JOIN blobs t ON t.id = d.template LEFT JOIN blobs n ON n.id = d.nested_templates LEFT JOIN blobs p ON p.id = d.plan
        """

    static let outcome = """
        d.status, d.step, d.change_set_id, d.stack_id, d.finished_at, d.stack_status, d.effect, d.failure_logical_id, d.failure_type,
        d.failure_message, d.resumed_by_arn, d.resumed_by_user, d.resumed_by_host, d.contents_digest, d.events_digest
        FROM deployments d
        """
}
