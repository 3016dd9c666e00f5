import Foundation
import GRDB
import Model
import OrderedCollections

/// Configurations, each stored once under the digest of its document.
struct ConfigurationStore {
    let db: Database

    /// The row of a configuration, made where it is missing.
    func store(_ configuration: StackConfiguration) throws -> Int64 {
        let digest = Digest(of: configuration.document.canonicalText).bytes
        let known = try db.cachedStatement(sql: "SELECT id FROM configurations WHERE digest = ?")
        if let id = try Int64.fetchOne(known, arguments: [digest]) { return id }
        try db.run(
            """
            INSERT INTO configurations
                (digest, stack_name, region, account_id, capabilities, notification_arns, termination_protection, stack_policy,
                rollback)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                digest, configuration.stackName, configuration.region, configuration.accountID,
                StackConfiguration.list(configuration.capabilities).compactText,
                StackConfiguration.list(configuration.notificationArns).compactText, configuration.terminationProtection,
                configuration.stackPolicy?.canonicalText, configuration.rollback?.canonicalText,
            ])
        let id = db.lastInsertedRowID
        for (position, (name, parameter)) in configuration.parameters.enumerated() {
            try db.run(
                """
                INSERT INTO parameters (configuration, name, position, value, is_secret, salt, digest, rounds, stored_value)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    id, name, position, parameter.plainValue, parameter.isSecret, parameter.digest?.salt, parameter.digest?.hash,
                    parameter.digest?.rounds, configuration.storedValues[name],
                ])
        }
        for (position, (key, value)) in configuration.tags.enumerated() {
            try db.run("INSERT INTO tags (configuration, key, position, value) VALUES (?, ?, ?, ?)", [id, key, position, value])
        }
        return id
    }

    func configuration(_ id: Int64) throws -> StackConfiguration {
        let row = try db.row(
            """
            SELECT stack_name, region, account_id, capabilities, notification_arns, termination_protection, stack_policy, rollback
            FROM configurations WHERE id = ?
            """, [id])
        guard let row else { throw DamagedRecord("Configuration \(id) is missing") }
        var columns = RowReader(row)
        var configuration = StackConfiguration(
            stackName: try columns.text(), region: try columns.text(), accountID: try columns.optionalText(),
            tags: try tags(id), capabilities: try StackConfiguration.items(try columns.text()),
            notificationArns: try StackConfiguration.items(try columns.text()),
            terminationProtection: try columns.integer() != 0, stackPolicy: try columns.optionalText().map(JSONText.value),
            rollback: try columns.optionalText().map(JSONText.value))
        try readParameters(id, into: &configuration)
        return configuration
    }

    private func readParameters(_ id: Int64, into configuration: inout StackConfiguration) throws {
        let rows = try db.rows(
            """
            SELECT name, value, stored_value, is_secret, salt, digest, rounds FROM parameters
            WHERE configuration = ? ORDER BY position
            """, [id])
        for row in rows {
            var columns = RowReader(row)
            let name = try columns.text()
            let value = try columns.optionalText()
            configuration.storedValues[name] = try columns.optionalText()
            let isSecret = try columns.integer() != 0
            let (salt, hash, rounds) = (try columns.optionalBytes(), try columns.optionalBytes(), try columns.optionalInteger())
            switch (isSecret, salt, hash, rounds) {
            case (false, nil, nil, nil): configuration.parameters[name] = .plain(value ?? "")
            case (true, nil, nil, nil): configuration.parameters[name] = .secret(nil)
            case (true, let salt?, let hash?, let rounds?):
                configuration.parameters[name] = .secret(try SecretDigest.stored(salt: salt, hash: hash, rounds: rounds))
            default: throw DamagedRecord("The parameter \(name) has a part of a digest")
            }
        }
    }

    private func tags(_ id: Int64) throws -> OrderedDictionary<String, String> {
        var tags = OrderedDictionary<String, String>()
        for row in try db.rows("SELECT key, value FROM tags WHERE configuration = ? ORDER BY position", [id]) {
            var columns = RowReader(row)
            tags[try columns.text()] = try columns.text()
        }
        return tags
    }
}

extension RecordedParameter {
    fileprivate var plainValue: String? { if case .plain(let value) = self { value } else { nil } }
    fileprivate var digest: SecretDigest? { if case .secret(let digest) = self { digest } else { nil } }
    fileprivate var isSecret: Bool { if case .secret = self { true } else { false } }
}

extension SecretDigest {
    /// A digest made of its parts, by way of its `Codable` form: it has no other initializer that does not take the secret.
    static func stored(salt: Data, hash: Data, rounds: Int) throws -> SecretDigest {
        let parts: JSONValue = [
            "salt": .string(salt.base64EncodedString()), "hash": .string(hash.base64EncodedString()), "rounds": .number(String(rounds)),
        ]
        return try JSONDecoder().decode(SecretDigest.self, from: Data(parts.compactText.utf8))
    }
}

extension StackConfiguration {
    /// The document whose canonical text the digest is taken over; what is missing is left out.
    var document: JSONValue {
        var members: OrderedDictionary<String, JSONValue> = [
            "stack_name": .string(stackName), "region": .string(region),
            "termination_protection": .bool(terminationProtection), "capabilities": Self.list(capabilities),
            "notification_arns": Self.list(notificationArns),
        ]
        members["account_id"] = accountID.map(JSONValue.string)
        members["stack_policy"] = stackPolicy.map { .string($0.canonicalText) }
        members["rollback"] = rollback.map { .string($0.canonicalText) }
        members["parameters"] = .array(
            parameters.map { name, parameter in
                var entry: OrderedDictionary<String, JSONValue> = ["name": .string(name)]
                entry["stored_value"] = storedValues[name].map(JSONValue.string)
                switch parameter {
                case .plain(let value): entry["value"] = .string(value)
                case .secret(let digest):
                    entry["is_secret"] = true
                    entry["salt"] = (digest?.salt.base64EncodedString()).map(JSONValue.string)
                    entry["digest"] = (digest?.hash.base64EncodedString()).map(JSONValue.string)
                    entry["rounds"] = (digest?.rounds).map { .number(String($0)) }
                }
                return .object(entry)
            })
        members["tags"] = .array(tags.map { ["key": .string($0.key), "value": .string($0.value)] })
        return .object(members)
    }

    func masked(by mask: SecretMask) -> StackConfiguration {
        var masked = self
        masked.stackName = mask.name(stackName)
        for (name, parameter) in parameters {
            if case .plain(let value) = parameter { masked.parameters[name] = .plain(mask.text(value)) }
        }
        for (key, value) in tags { masked.tags[key] = mask.text(value) }
        for (name, value) in storedValues { masked.storedValues[name] = mask.text(value) }
        masked.notificationArns = notificationArns.map { mask.name($0) }
        return masked
    }

    fileprivate static func list(_ items: [String]) -> JSONValue { .array(items.map(JSONValue.string)) }

    static func items(_ text: String) throws -> [String] {
        let items = try JSONText.value(of: text).arrayItems?.compactMap(\.scalarText)
        guard let items else { throw DamagedRecord("`\(text)` is no list") }
        return items
    }
}
