package import Model

/// A parameter in SSM's parameter store.
package struct SSMParameter: Hashable, Sendable {
    /// Whether it is stored encrypted, as a SecureString.
    package var isSecure: Bool
    /// Decrypted; a StringList's items with commas between them.
    package var value: Secret

    package init(isSecure: Bool, value: Secret) {
        self.isSecure = isSecure
        self.value = value
    }
}

/// What SSM answers about a number of names.
package struct SSMParameters: Hashable, Sendable {
    /// By the name that was asked for. A name that is not here and not in `refused` does not exist.
    package var found: [String: SSMParameter] = [:]
    /// Names that SSM does not tell of, each with its reason: not allowed, not to be decrypted, no name at all.
    package var refused: [String: AWSError] = [:]

    package init() {}
}

/// AWS Systems Manager's parameter store.
package struct SSMClient: Sendable {
    let client: ServiceClient

    package var region: String { client.region }

    /// SSM's own limit of names in a request (API reference, GetParameters).
    private static let batchSize = 10

    /// Reads parameters, ten by a request. A name may carry a version or a label (`/path:3`), or be an ARN.
    ///
    /// SSM refuses a whole request because of one name in it; then each of its names is asked for alone, so that the others are
    /// had and every refusal has its own name.
    package func getParameters(_ names: [String]) async throws -> SSMParameters {
        var parameters = SSMParameters()
        var batches = Self.batches(of: names)
        while let batch = batches.popLast() {
            do {
                parameters.found.merge(try await getBatch(batch)) { _, new in new }
            } catch let error as AWSError where error.concernsWhatWasNamed {
                if batch.count == 1 {
                    for name in batch.values { parameters.refused[name] = error }
                } else {
                    batches += batch.map { [$0: $1] }
                }
            }
        }
        return parameters
    }

    /// - Parameter names: as they were asked for, by path.
    private func getBatch(_ names: [String: String]) async throws -> [String: SSMParameter] {
        let input: JSONValue = ["Names": .array(names.values.sorted().map { .string($0) }), "WithDecryption": true]
        return try await client.json("GetParameters", input, mayBeRepeated: true) { answer throws(UnreadableAnswer) in
            var found: [String: SSMParameter] = [:]
            for item in answer["Parameters"]?.arrayItems ?? [] {
                let parameter = SSMParameter(
                    isSecure: try item.required("Type") == "SecureString", value: Secret(try item.required("Value")))
                if let name = names[Self.path(of: try item.required("Name"))] { found[name] = parameter }
            }
            return found
        }
    }

    /// The names, each once, by what an answer can be told by: SSM tells the version or label that was asked for apart from the
    /// name, others not at all. So no two versions of a parameter share a request.
    private static func batches(of names: [String]) -> [[String: String]] {
        var batches: [[String: String]] = []
        for name in Set(names).sorted() {
            let path = path(of: name)
            if let index = batches.firstIndex(where: { $0.count < batchSize && $0[path] == nil }) {
                batches[index][path] = name
            } else {
                batches.append([path: name])
            }
        }
        return batches
    }

    /// `path` for `/path:3` and for `arn:aws:ssm:us-east-1:123456789012:parameter/path`.
    private static func path(of name: String) -> String {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        let isARN = parts.count > 5 && parts[0] == "arn"
        let path = isARN ? parts[5].dropFirst("parameter".count) : parts[0]
        return String(path.drop { $0 == "/" })
    }
}
