package import Foundation
import GRDB
package import Model

/// What is recorded of the operations on one live stack, under whatever address: what was done past pipeplan is told from it.
package struct KnownOperations: Hashable, Sendable {
    package var stackID: String
    /// ARNs and names of the change sets that deployments had made.
    package var changeSets: Set<String>
    /// Up to when all that was done to the stack is recorded, by CloudFormation's clock; `nil` where nothing tells.
    package var until: Date?

    package init(stackID: String, changeSets: Set<String> = [], until: Date? = nil) {
        self.stackID = stackID
        self.changeSets = changeSets
        self.until = until
    }

    /// The change set that somebody else had executed on the stack since; `nil` where it is a recorded one, or none.
    package func unknownChangeSet(of stack: StackDescription) -> String? {
        guard let id = stack.changeSetID, !changeSets.contains(id) else { return nil }
        // Of a deployment that never learned the ARN, the name is recorded: it stands in the ARN behind `changeSet/`.
        if let name = id.split(separator: "/").dropFirst().first, changeSets.contains(String(name)) { return nil }
        // What was done without a change set, such as to continue a rollback, may have come after it.
        if let time = stack.updatedAt ?? stack.createdAt, let until, time <= until { return nil }
        return id
    }

    /// Whether all that was done to a stack is recorded, as far as CloudFormation tells.
    package func account(for stack: StackDescription) -> Bool {
        guard stack.stackID == stackID, unknownChangeSet(of: stack) == nil else { return false }
        // UpdateStack leaves no change set to tell it by.
        guard let updatedAt = stack.updatedAt, let until else { return true }
        return updatedAt <= until.addingTimeInterval(Self.clockStep)
    }

    /// Times are told to the second by some endpoints.
    private static let clockStep: TimeInterval = 1
    /// How far a machine's clock may be from AWS's for a signature to be taken.
    static let clockDifference: TimeInterval = 300
}

extension StateDatabase {
    /// The operations on the stack that is recorded under an address; `nil` where none is.
    package func knownOperations(_ address: StackAddress) throws -> KnownOperations? {
        try read { db in
            let stackID = try String.fetchOne(
                db,
                sql: """
                    SELECT coalesce(l.stack_id, e.stack_id) FROM stacks s JOIN deployments l ON l.id = s.left_by
                    LEFT JOIN deployments e ON e.id = s.in_effect WHERE s.stack = ? AND s.environment = ?
                    """, arguments: [address.stack, address.environment ?? ""])
            return try stackID.map { try Self.knownOperations(onStack: $0, in: db) }
        }
    }

    private static func knownOperations(onStack stackID: String, in db: Database) throws -> KnownOperations {
        var known = KnownOperations(stackID: stackID)
        // What had nothing executed, as where only protections change, says nothing of what others did before; unless that was what the
        // files said, and was recorded.
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, change_set_id, change_set_name,
                    CASE WHEN step <> 'change-set' OR (kind = 'import' AND change_set_name IS NULL)
                        OR (status = 'unchanged' AND effect = 'applied') THEN finished_at END
                FROM deployments WHERE stack_id = ? ORDER BY started_at DESC, id DESC
                """, arguments: [stackID])
        let lastEvent = try db.cachedStatement(
            sql: """
                SELECT max(happened_at) FROM events JOIN event_stacks ON event_stacks.id = event_stack
                WHERE deployment = ? AND stack_id = ? AND physical_id = stack_id
                """)
        while let row = try rows.next() {
            var columns = RowReader(row)
            let id = try columns.key()
            known.changeSets.formUnion([try columns.optionalText(), try columns.optionalText()].compactMap(\.self))
            guard known.until == nil else { continue }
            let settledAt = try columns.optionalTime()?.addingTimeInterval(KnownOperations.clockDifference)
            known.until = try Int64.fetchOne(lastEvent, arguments: [id, stackID]).map { Date(milliseconds: $0) } ?? settledAt
        }
        return known
    }
}
