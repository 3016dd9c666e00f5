import Model

/// AWS Cloud Control API: resources of nearly every type, read in one way.
package struct CloudControlClient: Sendable {
    let client: ServiceClient

    package var region: String { client.region }

    /// The properties of a live resource, as its type's schema names them: JSON text.
    ///
    /// Throws `AWSError`: `isNotFound` where there is no such resource, `isUnsupported` where the type can't be read like this.
    /// - Parameters:
    ///   - identifier: the values of the type's primary identifier, with `|` between them.
    ///   - roleARN: the role that Cloud Control takes on to read it.
    package func getResource(_ type: String, identifier: String, roleARN: String? = nil) async throws -> String {
        let name = JSONValue.string(type)
        let input: JSONValue =
            if let roleARN {
                ["TypeName": name, "Identifier": .string(identifier), "RoleArn": .string(roleARN)]
            } else {
                ["TypeName": name, "Identifier": .string(identifier)]
            }
        return try await client.json("GetResource", input, mayBeRepeated: true) { answer throws(UnreadableAnswer) in
            guard let description = answer["ResourceDescription"] else { throw UnreadableAnswer("It has no ResourceDescription") }
            return try description.required("Properties")
        }
    }
}

extension AWSError {
    /// Whether Cloud Control can't read resources of the type at all.
    package var isUnsupported: Bool {
        ["UnsupportedActionException", "TypeNotFoundException", "PrivateTypeException"].contains(code)
    }
}
