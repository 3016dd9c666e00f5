package import Foundation
import GRDB
package import Model

/// What CloudFormation does to a resource in one stretch.
package enum ResourceOperation: String, Hashable, Sendable {
    case create = "CREATE"
    case update = "UPDATE"
    case delete = "DELETE"

    /// That of which a status tells: `CREATE_IN_PROGRESS`, `CREATE_COMPLETE`.
    package init?(_ status: StackStatus) { self.init(rawValue: String(status.rawValue.prefix { $0 != "_" })) }
}

/// How long operations on resources took before: the medians of what is recorded, in seconds.
package struct TypicalDurations: Hashable, Sendable {
    package struct Resource: Hashable, Sendable {
        var logicalID: String
        var kind: Kind

        package init(_ logicalID: String, type: String, _ operation: ResourceOperation) {
            self.logicalID = logicalID
            kind = Kind(type: type, operation: operation)
        }
    }

    package struct Kind: Hashable, Sendable {
        var type: String
        var operation: ResourceOperation
    }

    private var ofResources: [Resource: TimeInterval] = [:]
    private var ofTypesHere: [Kind: TimeInterval] = [:]
    private var ofTypes: [Kind: TimeInterval] = [:]

    package init() {}

    /// - Parameters:
    ///   - here: what was measured in the stack itself.
    ///   - elsewhere: what was measured in others.
    package init(here: [(Resource, TimeInterval)], elsewhere: [(Resource, TimeInterval)]) {
        ofResources = Self.medians(here)
        ofTypesHere = Self.medians(here.map { ($0.kind, $1) })
        ofTypes = Self.medians(elsewhere.map { ($0.kind, $1) })
    }

    /// That of the resource itself; else that of its type in the stack, else in any. `nil` where nothing like it was seen before.
    package subscript(resource: Resource) -> TimeInterval? {
        ofResources[resource] ?? ofTypesHere[resource.kind] ?? ofTypes[resource.kind]
    }

    private static func medians<Key: Hashable>(_ measured: [(Key, TimeInterval)]) -> [Key: TimeInterval] {
        Dictionary(grouping: measured, by: \.0).compactMapValues { values in
            let sorted = values.map(\.1).sorted()
            return sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2]
        }
    }
}

extension StateDatabase {
    /// How long operations on resources took in the last deployments of a stack, and in those of others.
    ///
    /// The events of a deployment lie together in their table, and of older ones nothing is read: the time this takes does not grow with
    /// the history.
    package func typicalDurations(of address: StackAddress) throws -> TypicalDurations {
        try read { db in
            let key = try DeploymentStore(db: db).stackKey(of: address)
            return TypicalDurations(
                here: try Self.measured(db, "stack_key = ? ORDER BY serial DESC LIMIT 20", key),
                elsewhere: try Self.measured(db, "stack_key IS NOT ? ORDER BY started_at DESC LIMIT 20", key))
        }
    }

    private static func measured(
        _ db: Database, _ condition: String, _ stackKey: Int64?
    ) throws -> [(TypicalDurations.Resource, TimeInterval)] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT deployment, event_stack, logical_id, type, status, happened_at
                FROM events JOIN event_stacks ON event_stacks.id = event_stack
                WHERE deployment IN (SELECT id FROM deployments WHERE \(condition)) AND physical_id IS NOT stack_id
                ORDER BY deployment, position LIMIT \(mostEvents)
                """, arguments: [stackKey])
        struct Place: Hashable {
            var deployment: Int64
            var eventStack: Int64
            var logicalID: String
        }
        var begun: [Place: (operation: ResourceOperation, at: Date)] = [:]
        var measured: [(TypicalDurations.Resource, TimeInterval)] = []
        while let row = try rows.next() {
            var columns = RowReader(row)
            let place = Place(deployment: try columns.key(), eventStack: try columns.key(), logicalID: try columns.text())
            let type = try columns.text()
            let status = StackStatus(rawValue: try columns.text())
            let time = try columns.time()
            guard let operation = ResourceOperation(status) else { continue }
            if status.isInProgress {
                if begun[place]?.operation != operation { begun[place] = (operation, time) }
            } else if let start = begun.removeValue(forKey: place), start.operation == operation, status.isSuccess {
                measured.append((.init(place.logicalID, type: type, operation), time.timeIntervalSince(start.at)))
            }
        }
        return measured
    }

    /// As many as a second of reading is far from.
    private static let mostEvents = 20_000
}
