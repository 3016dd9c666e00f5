package import Model

/// What a secret holds.
package enum SecretContents: Hashable, Sendable {
    /// A text, often a JSON object of several.
    case text(Secret)
    /// Bytes that are no text. What they are is not read.
    case binary
}

/// AWS Secrets Manager.
package struct SecretsManagerClient: Sendable {
    let client: ServiceClient

    package var region: String { client.region }

    /// Reads the current version of a secret.
    ///
    /// One that does not exist is an error with `isNotFound`.
    /// - Parameter id: its name or its ARN.
    package func getSecretValue(_ id: String) async throws -> SecretContents {
        try await client.json("GetSecretValue", ["SecretId": .string(id)], mayBeRepeated: true) { answer throws(UnreadableAnswer) in
            if case .string(let text)? = answer["SecretString"] { return .text(Secret(text)) }
            guard answer["SecretBinary"]?.scalarText != nil else { throw UnreadableAnswer("It has no SecretString") }
            return .binary
        }
    }
}
