import Model

/// Amazon ECR, as far as the question goes whether a repository can be deleted.
package struct ECRClient: Sendable {
    let client: ServiceClient

    package var region: String { client.region }

    /// Whether a repository of the account holds any image. One that does not exist holds none.
    package func holdsImages(_ repository: String) async throws -> Bool {
        let input: JSONValue = ["repositoryName": .string(repository), "maxResults": 1]
        do {
            return try await client.json("ListImages", input, mayBeRepeated: true) { answer throws(UnreadableAnswer) in
                guard let images = answer["imageIds"]?.arrayItems else { throw UnreadableAnswer("It has no imageIds") }
                return !images.isEmpty
            }
        } catch let error as AWSError where error.code == "RepositoryNotFoundException" {
            return false
        }
    }
}
