/// What keeps a bucket from being deleted.
package enum S3BucketContents: Hashable, Sendable {
    case nothing
    case objects
    /// No object is left, but old versions of some, or the marks of their deletion.
    case oldVersions
}

extension S3Client {
    /// Whether a bucket holds anything. One that does not exist holds nothing.
    package func contents(ofBucket bucket: String) async throws -> S3BucketContents {
        do {
            if try await holdsObject(bucket) { return .objects }
            return try await holdsVersion(bucket) ? .oldVersions : .nothing
        } catch let error as AWSError where error.code == "NoSuchBucket" {
            return .nothing
        }
    }

    func holdsObject(_ bucket: String) async throws -> Bool {
        var request = request(.get, bucket, nil)
        request.query = [HTTPField("list-type", "2"), HTTPField("max-keys", "1")]
        return try await client.send(request, action: "ListObjectsV2") { response throws(UnreadableAnswer) in
            try Self.holds(["Contents"], in: response, of: "ListBucketResult")
        }
    }

    func holdsVersion(_ bucket: String) async throws -> Bool {
        var request = request(.get, bucket, nil)
        request.query = [HTTPField("versions", ""), HTTPField("max-keys", "1")]
        return try await client.send(request, action: "ListObjectVersions") { response throws(UnreadableAnswer) in
            try Self.holds(["Version", "DeleteMarker"], in: response, of: "ListVersionsResult")
        }
    }

    private static func holds(_ names: Set<String>, in response: HTTPResponse, of root: String) throws(UnreadableAnswer) -> Bool {
        let document: XMLElement
        do throws(XMLError) {
            document = try XMLReader.read(response.body)
        } catch {
            throw UnreadableAnswer(error.description)
        }
        guard document.name == root else { throw UnreadableAnswer("It holds \(document.name), not \(root)") }
        return document.children.contains { names.contains($0.name) }
    }
}
