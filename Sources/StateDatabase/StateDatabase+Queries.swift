package import Foundation
import GRDB
package import Model
package import OrderedCollections

/// Which deployments to list; what is `nil` lets all pass.
package struct DeploymentFilter: Hashable, Sendable {
    package var stack: String?
    /// `nil` takes all environments.
    package var environment: String?
    package var statuses: Set<DeploymentStatus>?
    package var kinds: Set<DeploymentKind>?
    /// A part of the user's name, the host or the ARN of who began or settled it, whatever the case of its letters.
    package var who: String?
    /// When it began: from this time on, and before that one.
    package var since: Date?
    package var until: Date?
    /// A logical ID, `Network/Vpc` in a nested stack: deployments that did something to it, or failed by it.
    package var resource: String?
    /// How many at most, the newest first.
    package var limit: Int?

    package init(
        stack: String? = nil, environment: String? = nil, statuses: Set<DeploymentStatus>? = nil,
        kinds: Set<DeploymentKind>? = nil, who: String? = nil, since: Date? = nil, until: Date? = nil, resource: String? = nil,
        limit: Int? = nil
    ) {
        self.stack = stack
        self.environment = environment
        self.statuses = statuses
        self.kinds = kinds
        self.who = who
        self.since = since
        self.until = until
        self.resource = resource
        self.limit = limit
    }
}

/// An output that other stacks may import.
package struct StackExport: Hashable, Sendable {
    package var name: String
    package var value: String
    package var address: StackAddress
    package var region: String
    package var accountID: String?

    package init(name: String, value: String, address: StackAddress, region: String, accountID: String? = nil) {
        self.name = name
        self.value = value
        self.address = address
        self.region = region
        self.accountID = accountID
    }
}

extension StateDatabase {
    /// The deployments that pass the filter, newest first.
    package func deployments(_ filter: DeploymentFilter = DeploymentFilter()) throws -> [Deployment] {
        try read { db in try DeploymentStore(db: db).deployments(filter) }
    }

    /// How many deployments pass the filter, whatever its limit.
    package func count(_ filter: DeploymentFilter) throws -> Int {
        try read { db in try DeploymentStore(db: db).count(filter) }
    }

    package func deployment(_ address: StackAddress, serial: Int) throws -> Deployment? {
        try read { db in
            let deployments = DeploymentStore(db: db)
            guard let stackKey = try deployments.stackKey(of: address) else { return nil }
            return try deployments.deployment(stackKey: stackKey, serial: serial)
        }
    }

    /// A deployment as it is recorded now, under whatever serial; `nil` where it gave way to somebody else's.
    package func current(_ deployment: Deployment) throws -> Deployment? {
        try read { db in try DeploymentStore(db: db).deployment(id: deployment.id).flatMap { $0.isSame(as: deployment) ? $0 : nil } }
    }

    /// The deployment of a stack that has no outcome yet, and is not waited for: the first one, where one was made offline, too.
    package func openDeployment(_ address: StackAddress) throws -> Deployment? {
        try read { db in
            let deployments = DeploymentStore(db: db)
            guard let stackKey = try deployments.stackKey(of: address) else { return nil }
            return try deployments.open(stackKey: stackKey)
        }
    }

    /// The template that a deployment sent; `nil` where it was removed to save space.
    package func template(of deployment: Deployment) throws -> String? {
        try blob("template", of: deployment)
    }

    /// The plan that was approved, as JSON; `nil` where there was none or it was removed to save space.
    package func plan(of deployment: Deployment) throws -> String? {
        try blob("plan", of: deployment)
    }

    /// The local templates that the template of a deployment nests, by path; `nil` where they were removed to save space.
    package func nestedTemplates(of deployment: Deployment) throws -> OrderedDictionary<String, String>? {
        try read { db in
            let id = try Int64.fetchOne(db, sql: "SELECT nested_templates FROM deployments WHERE id = ?", arguments: [deployment.id])
            guard let id else { return [:] }
            return try BlobStore(db: db).text(id).map(Self.nestedTemplates(in:))
        }
    }

    static func nestedTemplates(in text: String) throws -> OrderedDictionary<String, String> {
        guard case .object(let members) = try JSONText.value(of: text) else { throw DamagedRecord("Nested templates are no object") }
        return members.compactMapValues(\.scalarText)
    }

    /// What a deployment asked the stack to be, its template aside.
    package func configuration(of deployment: Deployment) throws -> StackConfiguration {
        try read { db in
            let id = try Int64.fetchOne(
                db, sql: "SELECT configuration FROM deployments WHERE id = ?", arguments: [deployment.id])
            guard let id else { throw DamagedRecord("Deployment \(deployment.id) is missing") }
            return try ConfigurationStore(db: db).configuration(id)
        }
    }

    /// The stack's resources after a deployment, by logical ID; before it, as long as it is open.
    package func resources(of deployment: Deployment) throws -> [RecordedResource] {
        try read { db in
            let history = StackHistory(db: db)
            return Array(
                try history.resources(of: deployment.stackKey, at: deployment.serial, withProperties: true).values)
        }
    }

    /// The stack's outputs after a deployment, by key; before it, as long as it is open.
    package func outputs(of deployment: Deployment) throws -> [StackOutput] {
        try read { db in Array(try StackHistory(db: db).outputs(of: deployment.stackKey, at: deployment.serial).values) }
    }

    /// A deployment's events, in the order they were recorded.
    package func events(of deployment: Deployment) throws -> [StackEvent] {
        try read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT event_id, stack_id, stack_name, logical_id, physical_id, type, happened_at, status, status_reason, client_token
                    FROM events JOIN event_stacks ON event_stacks.id = event_stack WHERE deployment = ? ORDER BY position
                    """,
                arguments: [deployment.id])
            var events: [StackEvent] = []
            while let row = try rows.next() {
                var columns = RowReader(row)
                events.append(
                    StackEvent(
                        eventID: try columns.text(), stackID: try columns.text(), stackName: try columns.text(),
                        logicalID: try columns.text(), physicalID: try columns.optionalText(), resourceType: try columns.text(),
                        timestamp: try columns.time(), status: StackStatus(rawValue: try columns.text()),
                        statusReason: try columns.optionalText(), clientRequestToken: try columns.optionalText()))
            }
            return events
        }
    }

    /// Whether a deployment had events that were removed to save space.
    package func lacksEvents(_ deployment: Deployment) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT events_digest IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events WHERE deployment = d.id)
                    FROM deployments d WHERE id = ?
                    """, arguments: [deployment.id]) ?? false
        }
    }

    /// The exports of all recorded stacks, by name.
    package func exports() throws -> [StackExport] {
        try read { db in
            let rows = try Row.fetchCursor(db, sql: Self.exportsQuery)
            var exports: [StackExport] = []
            while let row = try rows.next() {
                var columns = RowReader(row)
                exports.append(
                    StackExport(
                        name: try columns.text(), value: try columns.text(), address: try StackAddress(columns: &columns),
                        region: try columns.text(), accountID: try columns.optionalText()))
            }
            return exports
        }
    }

    static let exportsQuery = """
        SELECT o.export_name, o.value, s.stack, s.environment, c.region, c.account_id
        FROM outputs o JOIN stacks s ON s.id = o.stack_key JOIN deployments d ON d.id = s.left_by
        JOIN configurations c ON c.id = d.configuration
        WHERE o.until IS NULL AND o.export_name IS NOT NULL ORDER BY o.export_name, s.stack, s.environment
        """

    private func blob(_ column: String, of deployment: Deployment) throws -> String? {
        try read { db in
            let id = try Int64.fetchOne(
                db, sql: "SELECT \(column) FROM deployments WHERE id = ?", arguments: [deployment.id])
            return try id.flatMap { try BlobStore(db: db).text($0) }
        }
    }
}
