import Foundation
import GRDB
import Model
import OrderedCollections

/// The cloud within one transaction, at one time.
///
/// Not sendable and never kept: it lives as long as the transaction.
struct Cloud {
    let database: Database
    let accountID: String
    let now: Date
    let random: RandomText
    let options: SandboxOptions
    let faults: SandboxFaults

    static func encoded(_ value: some Encodable) throws -> Data { try JSONEncoder().encode(value) }
    static func decoded<T: Decodable>(_ type: T.Type, _ data: Data) throws -> T { try JSONDecoder().decode(type, from: data) }

    // MARK: Time

    /// Lets happen what is due.
    func advance() throws {
        let due = try String.fetchAll(
            database, sql: "SELECT DISTINCT stackID FROM steps WHERE due <= ?", arguments: [now.timeIntervalSince1970])
        for stackID in due { try advance(stackID) }
    }

    private func advance(_ stackID: String) throws {
        let rows = try Row.fetchAll(
            database, sql: "SELECT position, due, document FROM steps WHERE stackID = ? AND due <= ? ORDER BY position",
            arguments: [stackID, now.timeIntervalSince1970])
        guard var stack = try stack(id: stackID), let last = rows.last else { return }
        for row in rows {
            let step = try Self.decoded(TimelineStep.self, row["document"])
            try apply(step, at: Date(timeIntervalSince1970: row["due"]), to: &stack)
        }
        try database.execute(sql: "DELETE FROM steps WHERE stackID = ? AND position <= ?", arguments: [stackID, last["position"] as Int])
        try save(stack)
    }

    /// Replaces whatever was still to happen to the stack, from now on.
    func schedule(_ steps: [TimelineStep], for stack: StackRecord) throws {
        try cancelSteps(of: stack)
        for (position, step) in steps.enumerated() {
            try database.execute(
                sql: "INSERT INTO steps (stackID, position, due, document) VALUES (?, ?, ?, ?)",
                arguments: [stack.id, position, now.addingTimeInterval(step.after).timeIntervalSince1970, Self.encoded(step)])
        }
        try advance(stack.id)
    }

    func cancelSteps(of stack: StackRecord) throws {
        try database.execute(sql: "DELETE FROM steps WHERE stackID = ?", arguments: [stack.id])
    }

    private func apply(_ step: TimelineStep, at time: Date, to stack: inout StackRecord) throws {
        for change in step.changes { try apply(change, at: time, to: &stack) }
        if let event = step.event { try append(event, at: time, of: stack) }
    }

    private func apply(_ change: TimelineStep.Change, at time: Date, to stack: inout StackRecord) throws {
        switch change {
        case .status(let status, let reason):
            stack.status = status
            stack.statusReason = reason
        case .resource(let record): stack.content.resources[record.logicalID] = record
        case .removal(let logicalID): stack.content.resources[logicalID] = nil
        case .cloudPut(let type, let physicalID, let logicalID, let properties):
            try putResource(type, physicalID, region: stack.region, stackID: stack.id, logicalID: logicalID, properties: properties)
        case .cloudDelete(let type, let physicalID): try deleteResource(type, physicalID, region: stack.region)
        case .cloudRelease(let type, let physicalID):
            try database.execute(
                sql: "UPDATE cloud SET stackID = NULL, logicalID = NULL WHERE region = ? AND type = ? AND physicalID = ?",
                arguments: [stack.region, type, physicalID])
        case .content(var content):
            content.resources = stack.content.resources
            stack.content = content
            try replaceExports(of: stack)
        case .settled:
            stack.stable = stack.content
            stack.operationToken = nil
            try removeForgottenResources(of: stack)
        case .deleted:
            stack.deletedAt = time
            stack.content.resources = [:]
            stack.content.outputs = []
            stack.content.imports = []
            stack.stable = nil
            try replaceExports(of: stack)
            try removeForgottenResources(of: stack)
        }
    }

    // MARK: Stacks

    func stack(id: String) throws -> StackRecord? {
        try Data.fetchOne(database, sql: "SELECT document FROM stacks WHERE id = ?", arguments: [id]).map {
            try Self.decoded(StackRecord.self, $0)
        }
    }

    /// The stack that has the name now; a deleted one has it no more.
    func stack(named name: String, region: String) throws -> StackRecord? {
        try Data.fetchOne(
            database, sql: "SELECT document FROM stacks WHERE region = ? AND name = ? AND NOT isDeleted", arguments: [region, name]
        ).map { try Self.decoded(StackRecord.self, $0) }
    }

    /// Stacks, the newest first.
    func stacks(region: String, includingDeleted: Bool) throws -> [StackRecord] {
        try Data.fetchAll(
            database, sql: "SELECT document FROM stacks WHERE region = ? AND (? OR NOT isDeleted) ORDER BY createdAt DESC, id",
            arguments: [region, includingDeleted]
        ).map { try Self.decoded(StackRecord.self, $0) }
    }

    func save(_ stack: StackRecord) throws {
        try database.execute(
            sql: """
                INSERT INTO stacks (id, region, name, isDeleted, createdAt, document) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET isDeleted = excluded.isDeleted, document = excluded.document
                """,
            arguments: [stack.id, stack.region, stack.name, stack.isDeleted, stack.createdAt.timeIntervalSince1970, Self.encoded(stack)])
    }

    // MARK: Change sets

    func changeSet(id: String) throws -> ChangeSetRecord? {
        try Data.fetchOne(database, sql: "SELECT document FROM changeSets WHERE id = ?", arguments: [id])
            .map { try Self.decoded(ChangeSetRecord.self, $0) }
    }

    /// The change sets of a stack, the oldest first.
    func changeSets(of stackID: String) throws -> [ChangeSetRecord] {
        try Data.fetchAll(
            database, sql: "SELECT document FROM changeSets WHERE stackID = ? ORDER BY createdAt, id", arguments: [stackID]
        ).map { try Self.decoded(ChangeSetRecord.self, $0) }
    }

    func save(_ changeSet: ChangeSetRecord) throws {
        try database.execute(
            sql: """
                INSERT INTO changeSets (id, stackID, name, createdAt, document) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET document = excluded.document
                """,
            arguments: [
                changeSet.id, changeSet.stackID, changeSet.name, changeSet.createdAt.timeIntervalSince1970, Self.encoded(changeSet),
            ])
    }

    func delete(_ changeSet: ChangeSetRecord) throws {
        try database.execute(sql: "DELETE FROM changeSets WHERE id = ?", arguments: [changeSet.id])
    }

    // MARK: Events

    /// An event with its place in the order of all events.
    struct StoredEvent: Sendable {
        var sequence: Int64
        var event: StackEvent
        var properties: JSONValue?
        var operationID: String?
    }

    private struct EventDocument: Codable {
        var event: StackEvent
        var properties: JSONValue?
    }

    func append(_ event: TimelineStep.Event, at time: Date, of stack: StackRecord) throws {
        let isOfStack = event.physicalID == stack.id
        let id = isOfStack ? random.uuid() : "\(event.logicalID)-\(event.status)-\(time.queryText)"
        let told = StackEvent(
            eventID: id, stackID: stack.id, stackName: stack.name, logicalID: event.logicalID, physicalID: event.physicalID,
            resourceType: event.type, timestamp: time, status: event.status, statusReason: event.reason,
            clientRequestToken: stack.operationToken)
        try database.execute(
            sql: "INSERT INTO events (stackID, at, operationID, document) VALUES (?, ?, ?, ?)",
            arguments: [
                stack.id, time.timeIntervalSince1970, stack.operationID,
                Self.encoded(EventDocument(event: told, properties: event.properties)),
            ])
    }

    /// Events, the newest first.
    /// - Parameter before: only those with a smaller sequence number.
    func events(of stackID: String?, region: String, operationID: String? = nil, before: Int64?, limit: Int) throws -> [StoredEvent] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT sequence, operationID, events.document FROM events JOIN stacks ON stacks.id = events.stackID
                WHERE region = ? AND (? IS NULL OR stackID = ?) AND (? IS NULL OR operationID = ?) AND sequence < ?
                ORDER BY sequence DESC LIMIT ?
                """,
            arguments: [region, stackID, stackID, operationID, operationID, before ?? Int64.max, limit])
        return try rows.map { row in
            let document = try Self.decoded(EventDocument.self, row["document"])
            return StoredEvent(
                sequence: row["sequence"], event: document.event, properties: document.properties, operationID: row["operationID"])
        }
    }
}
