import Foundation
import GRDB
package import Model
import OrderedCollections

extension StateDatabase {
    /// The template of a stack that has none of what was sent: its creation was rolled back, and it waits to be deleted.
    package static let emptyTemplate = RecordedStack.emptyTemplate

    /// What the last deployment that changed the stack left; `nil` where there is no stack.
    ///
    /// After a deployment that was rolled back, template, parameters, tags and settings are those of the one before it
    /// whose template took effect, and resources, outputs, status and serial are what the rolled-back one left.
    package func recordedStack(_ address: StackAddress) throws -> RecordedStack? {
        try read { db in
            let row = try Row.fetchOne(
                db, sql: Self.recordedStackQuery + " WHERE s.stack = ? AND s.environment = ?",
                arguments: [address.stack, address.environment ?? ""])
            return try row.map { try recordedStack(from: $0, in: db) }
        }
    }

    /// The stack as a deployment wanted it, with the resources and outputs it had afterwards; `nil` where the template, or those that it
    /// nests, were removed to save space.
    package func stack(asOf deployment: Deployment) throws -> RecordedStack? {
        guard let template = try template(of: deployment), let nested = try nestedTemplates(of: deployment) else { return nil }
        let settings = try configuration(of: deployment)
        return RecordedStack(
            address: deployment.address, stackName: settings.stackName, stackID: deployment.stackID, region: settings.region,
            accountID: settings.accountID, serial: deployment.serial, status: deployment.stackStatus ?? "CREATE_COMPLETE",
            templateBody: template, nestedTemplates: nested, parameters: settings.parameters,
            tags: settings.tags, capabilities: settings.capabilities, notificationArns: settings.notificationArns,
            terminationProtection: settings.terminationProtection, stackPolicy: settings.stackPolicy,
            rollback: settings.rollback, storedValues: settings.storedValues, resources: try resources(of: deployment).map(\.resource),
            outputs: try outputs(of: deployment))
    }

    /// The resources of a recorded stack with their properties, as they are now, and the deployment that each is so since.
    package func recordedResources(_ address: StackAddress) throws -> [(resource: RecordedResource, since: Int)] {
        try read { db in
            guard let key = try DeploymentStore(db: db).stackKey(of: address) else { return [] }
            let resources = try StackHistory(db: db).resources(of: key, at: nil, withProperties: true)
            let rows = try Row.fetchAll(
                db, sql: "SELECT logical_id, since FROM resources INDEXED BY resources_now WHERE stack_key = ? AND until IS NULL",
                arguments: [key])
            var since: [String: Int] = [:]
            for row in rows {
                var columns = RowReader(row)
                since[try columns.text()] = try columns.integer()
            }
            return resources.values.map { ($0, since[$0.resource.logicalID] ?? 0) }
        }
    }

    /// All recorded stacks, by address.
    package func recordedStacks() throws -> [RecordedStack] {
        try read { db in
            let rows = try Row.fetchAll(db, sql: Self.recordedStackQuery + " ORDER BY s.stack, s.environment")
            return try rows.map { try recordedStack(from: $0, in: db) }
        }
    }

    static let recordedStackQuery = """
        SELECT s.stack, s.environment, s.id, l.serial, l.configuration, coalesce(l.stack_id, e.stack_id), l.stack_status,
            e.configuration, e.template, e.nested_templates
        FROM stacks s JOIN deployments l ON l.id = s.left_by LEFT JOIN deployments e ON e.id = s.in_effect
        """

    private func recordedStack(from row: Row, in db: Database) throws -> RecordedStack {
        var columns = RowReader(row)
        let address = try StackAddress(columns: &columns)
        let stackKey = try columns.key()
        let serial = try columns.integer()
        let configurations = ConfigurationStore(db: db)
        let place = try configurations.configuration(try columns.key())
        let stackID = try columns.optionalText()
        let status = StackStatus(rawValue: try columns.text())
        let settings = try columns.next(Int64?.self).map(configurations.configuration)
        let template = try columns.next(Int64?.self).map { id in
            guard let template = try BlobStore(db: db).text(id) else {
                throw DamagedRecord("The template of \(address), which is in effect, was removed")
            }
            return template
        }
        let nested = try columns.next(Int64?.self).flatMap { try nestedTemplates($0, in: db) }
        let history = StackHistory(db: db)
        return RecordedStack(
            address: address, stackName: place.stackName, stackID: stackID, region: place.region, accountID: place.accountID,
            serial: serial, status: status, templateBody: template ?? Self.emptyTemplate,
            nestedTemplates: nested ?? [:], parameters: settings?.parameters ?? [:], tags: settings?.tags ?? [:],
            capabilities: settings?.capabilities ?? [],
            notificationArns: settings?.notificationArns ?? [],
            terminationProtection: settings?.terminationProtection ?? false, stackPolicy: settings?.stackPolicy,
            rollback: settings?.rollback,
            storedValues: settings?.storedValues ?? [:],
            resources: try history.resources(of: stackKey, at: nil, withProperties: false).values.map(\.resource),
            outputs: Array(try history.outputs(of: stackKey, at: nil).values))
    }

    /// The templates by path; without those that were removed to save space.
    private func nestedTemplates(_ blob: Int64, in db: Database) throws -> OrderedDictionary<String, String>? {
        try BlobStore(db: db).text(blob).map(Self.nestedTemplates(in:))
    }
}
