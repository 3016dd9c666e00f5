import Foundation
import Model

extension StackConfiguration {
    /// Reads the text that a configuration's digest is taken over.
    /// - Throws: `DamagedRecord` where this program would write it differently.
    init(document text: String) throws {
        let document = try JSONText.value(of: text)
        guard let stackName = document["stack_name"]?.scalarText, let region = document["region"]?.scalarText else {
            throw DamagedRecord("Its configuration is of no stack")
        }
        func list(_ key: String) throws -> [String] { try Self.items(document[key]?.compactText ?? "") }
        self.init(
            stackName: stackName, region: region, accountID: document["account_id"]?.scalarText,
            capabilities: try list("capabilities"), notificationArns: try list("notification_arns"),
            terminationProtection: document["termination_protection"] == true,
            stackPolicy: try (document["stack_policy"]?.scalarText).map { try JSONText.value(of: $0) },
            rollback: try (document["rollback"]?.scalarText).map { try JSONText.value(of: $0) })
        for parameter in document["parameters"]?.arrayItems ?? [] { try add(parameter) }
        for tag in document["tags"]?.arrayItems ?? [] {
            if let key = tag["key"]?.scalarText { tags[key] = tag["value"]?.scalarText }
        }
        guard self.document.canonicalText == text else {
            throw DamagedRecord("Its configuration is in a form that this program does not know")
        }
    }

    private mutating func add(_ parameter: JSONValue) throws {
        guard let name = parameter["name"]?.scalarText else { throw DamagedRecord("A parameter has no name") }
        storedValues[name] = parameter["stored_value"]?.scalarText
        guard parameter["is_secret"] == true else {
            parameters[name] = .plain(parameter["value"]?.scalarText ?? "")
            return
        }
        func bytes(_ key: String) -> Data? { (parameter[key]?.scalarText).flatMap { Data(base64Encoded: $0) } }
        guard let salt = bytes("salt"), let hash = bytes("digest"), let rounds = (parameter["rounds"]?.scalarText).flatMap({ Int($0) })
        else {
            parameters[name] = .secret(nil)
            return
        }
        parameters[name] = .secret(try SecretDigest.stored(salt: salt, hash: hash, rounds: rounds))
    }
}
