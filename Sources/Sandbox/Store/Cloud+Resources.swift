import Foundation
import GRDB
import Model

/// What exists in the cloud, and what stacks share.
extension Cloud {
    struct LiveResource: Sendable {
        var type: String
        var physicalID: String
        var stackID: String?
        var properties: JSONValue
    }

    func putResource(
        _ type: String, _ physicalID: String, region: String, stackID: String?, logicalID: String?, properties: JSONValue
    ) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO cloud (region, type, physicalID, stackID, logicalID, properties) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [region, type, physicalID, stackID, logicalID, Self.encoded(properties)])
    }

    func deleteResource(_ type: String, _ physicalID: String, region: String) throws {
        try database.execute(
            sql: "DELETE FROM cloud WHERE region = ? AND type = ? AND physicalID = ?", arguments: [region, type, physicalID])
    }

    /// Deletes what the stack owns and no longer knows: the old halves of replacements whose update failed and was not rolled back.
    func removeForgottenResources(of stack: StackRecord) throws {
        let known = Set(stack.content.resources.values.map { "\($0.type) \($0.physicalID)" })
        let owned = try Row.fetchAll(database, sql: "SELECT type, physicalID FROM cloud WHERE stackID = ?", arguments: [stack.id])
        for row in owned where !known.contains("\(row["type"] as String) \(row["physicalID"] as String)") {
            try deleteResource(row["type"], row["physicalID"], region: stack.region)
        }
    }

    func liveResource(_ type: String, _ physicalID: String, region: String) throws -> LiveResource? {
        try Row.fetchOne(
            database, sql: "SELECT type, physicalID, stackID, properties FROM cloud WHERE region = ? AND type = ? AND physicalID = ?",
            arguments: [region, type, physicalID]
        ).map { try live($0) }
    }

    func liveResources(of type: String, region: String) throws -> [LiveResource] {
        try Row.fetchAll(
            database, sql: "SELECT type, physicalID, stackID, properties FROM cloud WHERE region = ? AND type = ? ORDER BY physicalID",
            arguments: [region, type]
        ).map { try live($0) }
    }

    private func live(_ row: Row) throws -> LiveResource {
        LiveResource(
            type: row["type"], physicalID: row["physicalID"], stackID: row["stackID"],
            properties: try Self.decoded(JSONValue.self, row["properties"]))
    }

    // MARK: SSM parameters

    /// The values of SSM parameters by name. Of a secret there is only the mask.
    func parameterStore(region: String) throws -> [String: String] {
        try liveResources(of: "AWS::SSM::Parameter", region: region).reduce(into: [:]) { values, resource in
            values[resource.physicalID] = resource.properties["Value"]?.scalarText.map { SecretMark.masked($0) }
        }
    }

    // MARK: Exports and imports

    struct Export: Sendable {
        var name: String
        var value: String
        var stackID: String
    }

    func exports(region: String) throws -> [Export] {
        try Row.fetchAll(database, sql: "SELECT name, value, stackID FROM exports WHERE region = ? ORDER BY name", arguments: [region])
            .map { Export(name: $0["name"], value: $0["value"], stackID: $0["stackID"]) }
    }

    /// The names of the stacks that import an export.
    func importers(of export: String, region: String) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                SELECT stacks.name FROM imports JOIN stacks ON stacks.id = imports.stackID
                WHERE imports.region = ? AND imports.name = ? ORDER BY stacks.name
                """, arguments: [region, export])
    }

    func replaceExports(of stack: StackRecord) throws {
        try database.execute(sql: "DELETE FROM exports WHERE stackID = ?", arguments: [stack.id])
        try database.execute(sql: "DELETE FROM imports WHERE stackID = ?", arguments: [stack.id])
        for output in stack.content.outputs {
            guard let name = output.exportName else { continue }
            try database.execute(
                sql: "INSERT OR IGNORE INTO exports (region, name, value, stackID) VALUES (?, ?, ?, ?)",
                arguments: [stack.region, name, output.value, stack.id])
        }
        for name in stack.content.imports {
            try database.execute(
                sql: "INSERT OR IGNORE INTO imports (region, name, stackID) VALUES (?, ?, ?)", arguments: [stack.region, name, stack.id])
        }
    }

    // MARK: Views

    /// What planning an operation on the stack needs to know.
    func view(of stack: StackRecord) throws -> CloudView {
        let rows = try Row.fetchAll(
            database, sql: "SELECT type, physicalID, stackID FROM cloud WHERE region = ?", arguments: [stack.region])
        let owners = rows.reduce(into: [String: String]()) { owners, row in
            owners["\(row["type"] as String) \(row["physicalID"] as String)"] = (row["stackID"] as String?) ?? ""
        }
        let all = try exports(region: stack.region)
        var exportOwners: [String: String] = [:]
        for export in all where export.stackID != stack.id { exportOwners[export.name] = try self.stack(id: export.stackID)?.name }
        var importersOfExports: [String: [String]] = [:]
        for output in stack.content.outputs {
            guard let name = output.exportName else { continue }
            importersOfExports[name] = try importers(of: name, region: stack.region).filter { $0 != stack.name }
        }
        let partition = stack.partition
        return CloudView(
            world: World(
                exports: all.reduce(into: [:]) { $0[$1.name] = $1.value }, store: try parameterStore(region: stack.region)),
            place: ResourcePlace(
                stackName: stack.name, stackID: stack.id, logicalID: "", partition: partition, region: stack.region,
                accountID: stack.accountID, urlSuffix: partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"),
            owner: { owners["\($0) \($1)"] },
            exportOwners: exportOwners, importers: importersOfExports, policy: stack.policy.flatMap { StackPolicy($0) }, random: random,
            // Never nothing: two events of one resource and status are told apart by their milliseconds.
            seconds: { [faults, options] in
                max(0.005, faults.resourceSeconds?[$0] ?? faults.resourceSeconds?["*"] ?? options.resourceSeconds)
            },
            fault: { [faults, name = stack.name] in faults.failure(of: $0, in: name, on: $1) },
            now: now)
    }

    // MARK: Answers kept for tokens

    func answer<T: Codable>(_ type: T.Type, to action: String, token: String?, region: String) throws -> T? {
        guard let token else { return nil }
        return try Data.fetchOne(
            database, sql: "SELECT document FROM tokens WHERE region = ? AND action = ? AND token = ?", arguments: [region, action, token]
        ).map { try Self.decoded(type, $0) }
    }

    func keep(_ answer: some Codable, to action: String, token: String?, region: String) throws {
        guard let token else { return }
        try database.execute(
            sql: "INSERT OR REPLACE INTO tokens (region, action, token, document) VALUES (?, ?, ?, ?)",
            arguments: [region, action, token, Self.encoded(answer)])
    }
}
