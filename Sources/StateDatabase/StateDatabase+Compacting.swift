package import Foundation
import GRDB
import Model

/// What `gc` keeps. Whatever the ages: the newest deployments of each stack stay whole, and so does what is in effect.
package struct CompactionPolicy: Hashable, Sendable {
    /// Events, plans and templates of deployments that ended before these times go; `nil` keeps all of them.
    package var eventsBefore: Date?
    package var plansBefore: Date?
    package var templatesBefore: Date?
    /// How many of the newest deployments of each stack stay whole.
    package var newest: Int

    package init(eventsBefore: Date?, plansBefore: Date?, templatesBefore: Date?, newest: Int) {
        self.eventsBefore = eventsBefore
        self.plansBefore = plansBefore
        self.templatesBefore = templatesBefore
        self.newest = newest
    }
}

/// What was removed, or would be.
package struct Compaction: Hashable, Sendable {
    package var events = 0
    package var plans = 0
    package var templates = 0
    /// Bytes as they were stored.
    package var bytes = 0
}

extension StateDatabase {
    /// Removes bodies by a policy. Every record stays, with the digests of what is gone, so that the chains stay whole.
    /// - Parameter isTrial: whether nothing is removed, only counted.
    package func compact(_ policy: CompactionPolicy, isTrial: Bool) throws -> Compaction {
        let remove: (Database) throws -> Compaction = { db in
            try Compactor(db: db, policy: policy, isTrial: isTrial).run()
        }
        return isTrial ? try read(remove) : try write(remove)
    }
}

private struct Compactor {
    let db: Database
    let policy: CompactionPolicy
    let isTrial: Bool

    func run() throws -> Compaction {
        var result = Compaction()
        if let time = policy.eventsBefore { try removeEvents(before: time, &result) }
        if let time = policy.plansBefore { try removeTexts("plan", before: time, \.plans, &result) }
        if let time = policy.templatesBefore { try removeTexts("template", before: time, \.templates, &result) }
        return result
    }

    /// Deployments of which something may go.
    private static let old = """
        SELECT d.id FROM deployments d JOIN stacks s ON s.id = d.stack_key
        WHERE d.finished_at < ? AND d.id IS NOT s.in_effect AND d.id IS NOT s.left_by
            AND d.serial <= (SELECT max(serial) FROM deployments n WHERE n.stack_key = d.stack_key) - ?
        """

    private func removeEvents(before time: Date, _ result: inout Compaction) throws {
        let arguments: StatementArguments = [time.milliseconds, policy.newest]
        let counted = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*), coalesce(sum(length(event_id) + length(logical_id) + length(type) + length(coalesce(physical_id, ''))
                    + length(coalesce(status_reason, '')) + 60), 0) FROM events WHERE deployment IN (\(Self.old))
                """, arguments: arguments)
        guard let counted else { return }
        var columns = RowReader(counted)
        result.events = try columns.integer()
        result.bytes += try columns.integer()
        guard !isTrial, result.events > 0 else { return }
        try db.execute(sql: "DELETE FROM events WHERE deployment IN (\(Self.old))", arguments: arguments)
        try db.execute(sql: "DELETE FROM event_stacks WHERE id NOT IN (SELECT event_stack FROM events)")
    }

    private func removeTexts(
        _ column: String, before time: Date, _ count: WritableKeyPath<Compaction, Int>, _ result: inout Compaction
    ) throws {
        // Templates with what they nest. A text that a deployment needs which stays whole, stays, and so do those it is told by.
        let columns = column == "template" ? ["template", "nested_templates"] : [column]
        let own = columns.map { "SELECT \($0) FROM deployments WHERE id IN old" }.joined(separator: " UNION ")
        let needed = ["template", "nested_templates", "plan"].map { name in
            // What was accepted stands in the plan of its record.
            "SELECT \(name) FROM deployments WHERE \(name) IS NOT NULL"
                + (columns.contains(name) ? " AND (id NOT IN old OR kind = 'drift-accept')" : "")
        }.joined(separator: " UNION ")
        let removable = """
            WITH RECURSIVE old AS (\(Self.old)), needed (id) AS (
                \(needed) UNION SELECT b.base FROM needed JOIN blobs b ON b.id = needed.id WHERE b.base IS NOT NULL
            ) SELECT id, length(body) FROM blobs WHERE body IS NOT NULL AND id IN (\(own)) AND id NOT IN (SELECT id FROM needed)
            """
        let arguments: StatementArguments = [time.milliseconds, policy.newest]
        let rows = try Row.fetchAll(db, sql: removable, arguments: arguments)
        let remove = try db.cachedStatement(sql: "UPDATE blobs SET body = NULL, base = NULL WHERE id = ?")
        for row in rows {
            var columns = RowReader(row)
            let id = try columns.key()
            result[keyPath: count] += 1
            result.bytes += try columns.integer()
            if !isTrial { try remove.execute(arguments: [id]) }
        }
    }
}
