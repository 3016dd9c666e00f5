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

    /// Brings the rows to what a deployment left. Returns the digest over the difference, `nil` where there is none: the
    /// canonical JSON of the lists of new rows and of the names of ended ones, each sorted by name.
    func record(resources: [RecordedResource]?, outputs: [StackOutput]?) throws -> Digest? {
        let resourceChange = try resources.map(record(resources:)) ?? Change()
        let outputChange = try outputs.map(record(outputs:)) ?? Change()
        if resourceChange.isEmpty && outputChange.isEmpty { return nil }
        let document: JSONValue = [
            "resources": resourceChange.addedDocument, "ended_resources": resourceChange.endedDocument,
            "outputs": outputChange.addedDocument, "ended_outputs": outputChange.endedDocument,
        ]
        return Digest(of: document.canonicalText)
    }

    private struct Change {
        var added: [String: JSONValue] = [:]
        /// Rows that are no longer so, including those that a new row follows.
        var ended: [String] = []
        var isEmpty: Bool { added.isEmpty && ended.isEmpty }
        var addedDocument: JSONValue { .array(added.sorted { $0.key < $1.key }.map(\.value)) }
        var endedDocument: JSONValue { .array(ended.sorted().map(JSONValue.string)) }
    }

    private func record(resources: [RecordedResource]) throws -> Change {
        var change = Change()
        var earlier = try StackHistory(db: db).resources(of: stackKey, at: nil, withProperties: true)
        let end = try db.cachedStatement(
            sql: "UPDATE resources SET until = ? WHERE stack_key = ? AND logical_id = ? AND until IS NULL")
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO resources
                    (stack_key, logical_id, since, physical_id, type, status, status_reason, updated_at, properties)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let byName = OrderedDictionary(resources.map { ($0.resource.logicalID, $0) }, uniquingKeysWith: { _, last in last })
        for (name, recorded) in byName {
            let before = earlier.removeValue(forKey: name)
            if before?.document == recorded.document { continue }
            if before != nil {
                try end.execute(arguments: [serial, stackKey, name])
                change.ended.append(name)
            }
            let resource = recorded.resource
            try insert.execute(arguments: [
                stackKey, name, serial, resource.physicalID, resource.type, resource.status.rawValue, resource.statusReason,
                resource.updatedAt?.milliseconds, recorded.properties?.canonicalText,
            ])
            change.added[name] = recorded.document
        }
        for name in earlier.keys { try end.execute(arguments: [serial, stackKey, name]) }
        change.ended.append(contentsOf: earlier.keys)
        return change
    }

    private func record(outputs: [StackOutput]) throws -> Change {
        var change = Change()
        var earlier = try StackHistory(db: db).outputs(of: stackKey, at: nil)
        let end = try db.cachedStatement(sql: "UPDATE outputs SET until = ? WHERE stack_key = ? AND name = ? AND until IS NULL")
        let insert = try db.cachedStatement(
            sql: "INSERT INTO outputs (stack_key, name, since, value, description, export_name) VALUES (?, ?, ?, ?, ?, ?)")
        let byName = OrderedDictionary(outputs.map { ($0.key, $0) }, uniquingKeysWith: { _, last in last })
        for (name, output) in byName {
            let before = earlier.removeValue(forKey: name)
            if before == output { continue }
            if before != nil {
                try end.execute(arguments: [serial, stackKey, name])
                change.ended.append(name)
            }
            try insert.execute(arguments: [stackKey, name, serial, output.value, output.description, output.exportName])
            change.added[name] = output.document
        }
        for name in earlier.keys { try end.execute(arguments: [serial, stackKey, name]) }
        change.ended.append(contentsOf: earlier.keys)
        return change
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
