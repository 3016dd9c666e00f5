/// Who signs the requests.
package struct CallerIdentity: Hashable, Sendable {
    /// Twelve digits.
    package var account: String
    package var arn: String
    package var userID: String
}

/// AWS Security Token Service.
package struct STSClient: Sendable {
    let client: ServiceClient

    package var region: String { client.region }

    /// Asks AWS for the identity behind the credentials; needs no permission.
    package func getCallerIdentity() async throws -> CallerIdentity {
        try await client.query("GetCallerIdentity", mayBeRepeated: true) { _ in
        } read: { result throws(UnreadableAnswer) in
            CallerIdentity(
                account: try result.required("Account"), arn: try result.required("Arn"), userID: try result.required("UserId"))
        }
    }
}
