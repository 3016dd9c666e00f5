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
        let row = try db.row(
            """
            SELECT previous.hash, d.finished_at IS NOT NULL FROM deployments d
            LEFT JOIN deployments previous ON previous.stack_key = d.stack_key AND previous.serial = d.serial - 1
            WHERE d.id = ?
            """, [deployment])
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
        guard let lineage: String = try db.value("SELECT lineage FROM origin") else { throw DamagedRecord("It has no lineage") }
        try db.run("UPDATE deployments SET hash = ? WHERE id = ?", [try hash(of: deployment, lineage: lineage).bytes, deployment])
    }

    /// The digest over a deployment's events, `nil` for none: the canonical JSON of the list of their rows.
    func eventsDigest(of deployment: Int64) throws -> Digest? { try eventsText(of: deployment).map { Digest(of: $0) } }

    /// What that digest is taken over.
    func eventsText(of deployment: Int64) throws -> [UInt8]? {
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
        return text
    }

    func intentDocument(of deployment: Int64) throws -> [UInt8] { try document(Self.intent, of: deployment) }
    func outcomeDocument(of deployment: Int64) throws -> [UInt8] { try document(Self.outcome, of: deployment) }

    private func document(_ columns: String, of deployment: Int64) throws -> [UInt8] {
        let statement = try db.cachedStatement(sql: "SELECT \(columns) WHERE d.id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [deployment]) else {
            throw DamagedRecord("What deployment \(deployment) refers to is missing")
        }
        return RowDocument(columns: statement.columnNames).text(row)
    }

    /// The columns that an intent's document has as they are.
    static let intentColumns = [
        "kind", "started_at", "actor_arn", "actor_user", "actor_host", "git_commit", "git_branch", "git_dirty", "git_remote",
        "tool_version", "command_line", "approval", "planned_against", "change_set_name", "client_token", "offline_id",
    ]

    /// The columns that refer to blobs, for which an intent's document has their digests.
    static let intentBlobs = ["template", "nested_templates", "plan"]

    static let outcomeColumns = [
        "status", "step", "change_set_id", "stack_id", "finished_at", "stack_status", "effect", "failure_logical_id", "failure_type",
        "failure_message", "resumed_by_arn", "resumed_by_user", "resumed_by_host", "contents_digest", "events_digest",
    ]

    static let intent = """
        s.stack, s.environment, d.serial, \(intentColumns.map { "d.\($0)" }.joined(separator: ", ")), c.digest AS configuration,
        \(intentBlobs.map { "\($0).digest AS \($0)" }.joined(separator: ", "))
        FROM deployments d JOIN stacks s ON s.id = d.stack_key JOIN configurations c ON c.id = d.configuration
        JOIN blobs template ON template.id = d.template
        LEFT JOIN blobs nested_templates ON nested_templates.id = d.nested_templates LEFT JOIN blobs plan ON plan.id = d.plan
        """

    static let outcome = "\(outcomeColumns.map { "d.\($0)" }.joined(separator: ", ")) FROM deployments d"
}
