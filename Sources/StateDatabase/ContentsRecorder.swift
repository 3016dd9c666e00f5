import Foundation
import GRDB
import Model
import OrderedCollections

/// Keeps the resources and outputs of one stack: a row says from which deployment on something was so and until which, so
/// that a deployment costs only the rows of what it changed.
struct ContentsRecorder {
    let db: Database
    let stackKey: Int64
    /// The deployment that leaves the contents.
    let serial: Int

    /// Brings the rows to what a deployment left; `nil` leaves them. Returns the digest over the difference, `nil` where
    /// there is none: the canonical JSON of the lists of new rows and of the names of ended ones, each sorted by name.
    func record(resources: [RecordedResource]?, outputs: [StackOutput]?) throws -> Digest? {
        let resources = try resources.map { try record($0.map { ($0.resource.logicalID, $0.document) }, in: .resources) } ?? Change()
        let outputs = try outputs.map { try record($0.map { ($0.key, $0.document) }, in: .outputs) } ?? Change()
        if resources.isEmpty && outputs.isEmpty { return nil }
        return Digest(of: Self.document(resources: resources, outputs: outputs).canonicalText)
    }

    /// The difference that was recorded, as the digest is taken over it.
    func document() throws -> JSONValue { Self.document(resources: try change(in: .resources), outputs: try change(in: .outputs)) }

    /// Brings the rows to what a deployment left, given the difference. Throws `DamagedRecord` where it does not fit what is here.
    func apply(_ document: JSONValue) throws {
        for table in [Table.resources, .outputs] {
            for key in document["ended_\(table.name)"]?.arrayItems ?? [] {
                try end(key.scalarText ?? "", in: table)
                guard db.changesCount == 1 else { throw DamagedRecord("It ends \(key.scalarText ?? ""), which is not here") }
            }
            for row in document[table.name]?.arrayItems ?? [] { try add(row, to: table) }
        }
    }

    private static func document(resources: Change, outputs: Change) -> JSONValue {
        [
            "resources": resources.addedDocument, "ended_resources": resources.endedDocument,
            "outputs": outputs.addedDocument, "ended_outputs": outputs.endedDocument,
        ]
    }

    struct Table {
        let name: String
        let key: String
        /// The key and all that may change.
        let columns: [String]

        static let resources = Table(
            name: "resources", key: "logical_id",
            columns: ["logical_id", "physical_id", "type", "status", "status_reason", "updated_at", "properties"])
        static let outputs = Table(name: "outputs", key: "name", columns: ["name", "value", "description", "export_name"])
    }

    private struct Change {
        var added: [String: JSONValue] = [:]
        /// Rows that are no longer so, including those that a new row follows.
        var ended: [String] = []
        var isEmpty: Bool { added.isEmpty && ended.isEmpty }
        var addedDocument: JSONValue { .array(added.sorted { $0.key < $1.key }.map(\.value)) }
        var endedDocument: JSONValue { .array(ended.sorted().map(JSONValue.string)) }
    }

    /// - Parameter documents: the columns that are not NULL, by key.
    private func record(_ documents: [(key: String, document: JSONValue)], in table: Table) throws -> Change {
        var change = Change()
        var earlier = try current(table)
        for (key, document) in OrderedDictionary(documents, uniquingKeysWith: { _, last in last }) {
            let before = earlier.removeValue(forKey: key)
            var document = document
            // Where the properties were not worked out, they are what they were.
            if let known = before?["properties"], document["properties"] == nil { document.add("properties", known) }
            if before == document { continue }
            if before != nil {
                try end(key, in: table)
                change.ended.append(key)
            }
            try add(document, to: table)
            change.added[key] = document
        }
        for key in earlier.keys { try end(key, in: table) }
        change.ended.append(contentsOf: earlier.keys)
        return change
    }

    private func end(_ key: String, in table: Table) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE \(table.name) SET until = ? WHERE stack_key = ? AND \(table.key) = ? AND until IS NULL")
        try statement.execute(arguments: [serial, stackKey, key])
    }

    private func add(_ document: JSONValue, to table: Table) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO \(table.name) (stack_key, since, \(table.columns.joined(separator: ", ")))
                VALUES (?, ?\(String(repeating: ", ?", count: table.columns.count)))
                """)
        try statement.execute(arguments: [stackKey, serial] + StatementArguments(table.columns.map { document[$0]?.columnValue }))
    }

    /// What the deployment changed.
    private func change(in table: Table) throws -> Change {
        Change(
            added: try documents(of: table, "WHERE stack_key = ? AND since = ?", [stackKey, serial]),
            ended: Array(try documents(of: table, "WHERE stack_key = ? AND until = ?", [stackKey, serial]).keys))
    }

    private func current(_ table: Table) throws -> [String: JSONValue] {
        try documents(of: table, StackHistory.source(index: "\(table.name)_now", at: nil), [stackKey])
    }

    private func documents(of table: Table, _ source: String, _ arguments: StatementArguments) throws -> [String: JSONValue] {
        let statement = try db.cachedStatement(
            sql: "SELECT \(table.columns.joined(separator: ", ")) FROM \(table.name) \(source)")
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var documents: [String: JSONValue] = [:]
        while let row = try rows.next() {
            let document = JSONValue(columns: row)
            documents[document[table.key]?.scalarText ?? ""] = document
        }
        return documents
    }
}

extension JSONValue {
    /// The columns of a row that are not NULL, under their names; bytes in hexadecimal.
    init(columns row: Row) {
        var members = OrderedDictionary<String, JSONValue>()
        for (name, value) in row {
            switch value.storage {
            case .null: break
            case .int64(let number): members[name] = .number(String(number))
            case .double(let number): members[name] = .number(String(number))
            case .string(let text): members[name] = .string(text)
            case .blob(let bytes): members[name] = .string(Digest(bytes: bytes).hex)
            }
        }
        self = .object(members)
    }

    fileprivate mutating func add(_ name: String, _ value: JSONValue) {
        guard case .object(var members) = self else { return }
        members[name] = value
        self = .object(members)
    }

    /// What a column holds for a member of such a document: text or an integer.
    var columnValue: (any DatabaseValueConvertible)? {
        if case .number(let text) = self { Int64(text) } else { scalarText }
    }
}

extension RecordedResource {
    /// As the database gives it back: secrets masked, times cut to milliseconds.
    func stored(masking mask: SecretMask) -> RecordedResource {
        var resource = resource
        resource.physicalID = mask.name(resource.physicalID)
        resource.statusReason = mask.text(resource.statusReason)
        resource.updatedAt = resource.updatedAt.map { Date(milliseconds: $0.milliseconds) }
        return RecordedResource(resource, properties: properties.map(mask.document))
    }

    fileprivate var document: JSONValue {
        var members: OrderedDictionary<String, JSONValue> = [
            "logical_id": .string(resource.logicalID), "type": .string(resource.type), "status": .string(resource.status.rawValue),
        ]
        members["physical_id"] = resource.physicalID.map(JSONValue.string)
        members["status_reason"] = resource.statusReason.map(JSONValue.string)
        members["updated_at"] = resource.updatedAt.map { .number(String($0.milliseconds)) }
        members["properties"] = (properties?.canonicalText).map(JSONValue.string)
        return .object(members)
    }
}

extension StackOutput {
    func stored(masking mask: SecretMask) -> StackOutput {
        StackOutput(
            key: key, value: mask.text(value), description: mask.text(description), exportName: mask.name(exportName))
    }

    fileprivate var document: JSONValue {
        var members: OrderedDictionary<String, JSONValue> = ["name": .string(key), "value": .string(value)]
        members["description"] = description.map(JSONValue.string)
        members["export_name"] = exportName.map(JSONValue.string)
        return .object(members)
    }
}
