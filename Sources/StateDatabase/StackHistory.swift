import GRDB
import Model
import OrderedCollections

/// Reads the rows that say what a stack consisted of.
struct StackHistory {
    let db: Database

    /// The resources by logical ID: now, or as the deployment with the serial left them. Reading properties is the
    /// larger part of the work.
    func resources(of stackKey: Int64, at serial: Int?, withProperties: Bool) throws -> OrderedDictionary<String, RecordedResource> {
        let statement = try db.cachedStatement(
            sql: """
                SELECT logical_id, physical_id, type, status, status_reason, updated_at, \(withProperties ? "properties" : "NULL")
                FROM resources \(Self.source(index: "resources_now", at: serial)) ORDER BY logical_id
                """)
        let rows = try Row.fetchCursor(statement, arguments: Self.arguments(stackKey, serial))
        var resources = OrderedDictionary<String, RecordedResource>()
        while let row = try rows.next() {
            var columns = RowReader(row)
            let resource = StackResource(
                logicalID: try columns.text(), physicalID: try columns.optionalText(), type: try columns.text(),
                status: StackStatus(rawValue: try columns.text()), statusReason: try columns.optionalText(),
                updatedAt: try columns.optionalTime())
            resources[resource.logicalID] = RecordedResource(
                resource, properties: try columns.optionalText().map(JSONText.value(of:)))
        }
        return resources
    }

    /// The outputs by key: now, or as the deployment with the serial left them.
    func outputs(of stackKey: Int64, at serial: Int?) throws -> OrderedDictionary<String, StackOutput> {
        let statement = try db.cachedStatement(
            sql: """
                SELECT name, value, description, export_name
                FROM outputs \(Self.source(index: "outputs_now", at: serial)) ORDER BY name
                """)
        let rows = try Row.fetchCursor(statement, arguments: Self.arguments(stackKey, serial))
        var outputs = OrderedDictionary<String, StackOutput>()
        while let row = try rows.next() {
            var columns = RowReader(row)
            let output = StackOutput(
                key: try columns.text(), value: try columns.text(), description: try columns.optionalText(),
                exportName: try columns.optionalText())
            outputs[output.key] = output
        }
        return outputs
    }

    /// Without the index named, SQLite would walk through all that the stack ever consisted of to find what it does now.
    static func source(index: String, at serial: Int?) -> String {
        serial == nil
            ? "INDEXED BY \(index) WHERE stack_key = ? AND until IS NULL"
            : "WHERE stack_key = ? AND since <= ? AND (until IS NULL OR until > ?)"
    }

    private static func arguments(_ stackKey: Int64, _ serial: Int?) -> StatementArguments {
        if let serial { [stackKey, serial, serial] } else { [stackKey] }
    }
}
