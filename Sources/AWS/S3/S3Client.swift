package import Foundation

/// An object, as it was read.
package struct S3Object: Sendable {
    package var body: Data
    package var head: S3ObjectHead
}

/// What S3 knows of an object besides its bytes.
package struct S3ObjectHead: Hashable, Sendable {
    /// With its quotes.
    package var etag: String?
    /// `nil` in a bucket without versions.
    package var versionID: String?
    /// In bytes.
    package var size: Int?
}

/// One line of a listing.
package struct S3ListedObject: Hashable, Sendable {
    package var key: String
    /// In bytes.
    package var size: Int
    package var etag: String?
    package var modifiedAt: Date?
}

/// What has to be so for an object to be written.
package enum S3WriteCondition: Hashable, Sendable {
    /// The key does not exist (`If-None-Match: *`).
    case ifAbsent
    /// The object there still has this ETag, given with its quotes (`If-Match`).
    case ifMatch(etag: String)

    fileprivate var header: HTTPField {
        switch self {
        case .ifAbsent: HTTPField("If-None-Match", "*")
        case .ifMatch(let etag): HTTPField("If-Match", etag)
        }
    }
}

/// Amazon S3, as far as artifacts and the shared log need it. A key is any text; it is encoded here.
package struct S3Client: Sendable {
    let client: ServiceClient

    package var region: String { client.region }

    /// Stores an object; with a condition, only where that holds.
    ///
    /// Where it does not, an error with `isPreconditionFailed` is thrown: somebody else has won. One with `isWriteConflict` means
    /// that somebody else is writing right now, even after trying again: nobody has won yet. `ifMatch` where there is no object is
    /// an error with `isNotFound`. A conditional request is not repeated after a lost answer, because the second try would meet the
    /// first one's object: read the key and see whose it is.
    package func putObject(
        _ body: Data, bucket: String, key: String, contentType: String = "application/octet-stream",
        condition: S3WriteCondition? = nil
    ) async throws -> S3ObjectHead {
        var request = request(.put, bucket, key)
        request.headers = [HTTPField("Content-Type", contentType)] + (condition.map { [$0.header] } ?? [])
        request.body = body
        request.timeout = .seconds(300)
        request.mayBeRepeated = condition == nil
        return try await client.send(request, action: "PutObject") { head($0, size: body.count) }
    }

    /// Reads an object; `nil` where the key, or that version of it, does not exist. A bucket that does not exist is an error.
    package func getObject(bucket: String, key: String, versionID: String? = nil) async throws -> S3Object? {
        var request = request(.get, bucket, key)
        request.query = versionID.map { [HTTPField("versionId", $0)] } ?? []
        request.timeout = .seconds(300)
        do {
            return try await client.send(request, action: "GetObject") {
                S3Object(body: $0.body, head: head($0, size: $0.body.count))
            }
        } catch let error as AWSError where ["NoSuchKey", "NoSuchVersion"].contains(error.code) {
            return nil
        }
    }

    /// What is known of an object; `nil` where the key or the bucket does not exist, which S3 does not tell apart here.
    package func headObject(bucket: String, key: String) async throws -> S3ObjectHead? {
        do {
            return try await client.send(request(.head, bucket, key), action: "HeadObject") {
                head($0, size: $0.headers["content-length"].flatMap { Int($0) })
            }
        } catch let error as AWSError where error.status == 404 {
            return nil
        }
    }

    /// All objects whose key starts with `prefix`, by key; `after` leaves out those up to and including that key, and `delimiter`
    /// those that have it behind the prefix.
    package func listObjects(
        bucket: String, prefix: String, after: String? = nil, delimiter: String? = nil
    ) async throws -> [S3ListedObject] {
        var objects: [S3ListedObject] = []
        var token: String?
        var seen: Set<String> = []
        repeat {
            var request = request(.get, bucket, nil)
            request.query = [HTTPField("list-type", "2"), HTTPField("prefix", prefix), HTTPField("encoding-type", "url")]
            if let delimiter { request.query.append(HTTPField("delimiter", delimiter)) }
            if let token {
                request.query.append(HTTPField("continuation-token", token))
            } else if let after {
                request.query.append(HTTPField("start-after", after))
            }
            let page = try await client.send(request, action: "ListObjectsV2", read: S3ListingPage.read)
            guard page.next.map({ seen.insert($0).inserted }) ?? true else {
                throw TransportError(
                    .unreadable, client.endpoint, detail: "It gives the same page again and again", requestMayHaveBeenTaken: true)
            }
            objects += page.objects
            token = page.next
        } while token != nil
        return objects
    }

    /// Deletes an object; one that does not exist is as good as deleted.
    ///
    /// - Parameter etag: with its quotes. An object that has another one is left alone: an error with `isPreconditionFailed`, or
    ///   `isWriteConflict` where it is being written right now. Such a request is not repeated after a lost answer.
    package func deleteObject(bucket: String, key: String, ifMatch etag: String? = nil) async throws {
        var request = request(.delete, bucket, key)
        if let etag {
            request.headers = [HTTPField("If-Match", etag)]
            request.mayBeRepeated = false
        }
        do {
            try await client.send(request, action: "DeleteObject") { _ in }
        } catch let error as AWSError where error.code == "NoSuchKey" {
            return
        }
    }

    func request(_ method: HTTPRequest.Method, _ bucket: String, _ key: String?) -> HTTPRequest {
        var endpoint = client.endpoint
        let object = key.map { "/" + PercentEncoding.encode($0, keepingSlashes: true) }
        // A dot in the name would leave the wildcard certificate of *.s3.….amazonaws.com.
        guard !endpoint.isCustom, !bucket.contains(".") else {
            return HTTPRequest(method, endpoint, path: "/" + PercentEncoding.encode(bucket) + (object ?? ""))
        }
        endpoint.host = "\(bucket).\(endpoint.host)"
        return HTTPRequest(method, endpoint, path: object ?? "/")
    }

    private func head(_ response: HTTPResponse, size: Int?) -> S3ObjectHead {
        S3ObjectHead(etag: response.headers["etag"], versionID: response.headers["x-amz-version-id"], size: size)
    }
}

/// One page of ListObjectsV2.
private struct S3ListingPage {
    var objects: [S3ListedObject]
    var next: String?

    static func read(_ response: HTTPResponse) throws(UnreadableAnswer) -> S3ListingPage {
        let document: XMLElement
        do throws(XMLError) {
            document = try XMLReader.read(response.body)
        } catch {
            throw UnreadableAnswer(error.description)
        }
        guard document.name == "ListBucketResult" else {
            throw UnreadableAnswer("It holds \(document.name), not ListBucketResult")
        }
        // Keys are encoded only where the endpoint says so; not every one knows how.
        let isEncoded = document.text("EncodingType") == "url"
        var objects: [S3ListedObject] = []
        for element in document.children where element.name == "Contents" {
            let written = try element.required("Key")
            // S3 writes a space as `+` here, and a plus as %2B.
            guard let key = isEncoded ? PercentEncoding.decode(written.replacing("+", with: " ")) : written else {
                throw UnreadableAnswer("A key is encoded wrongly")
            }
            objects.append(
                S3ListedObject(
                    key: key, size: element.number("Size") ?? 0, etag: element.text("ETag"),
                    modifiedAt: element.time("LastModified")))
        }
        let isTruncated = document.flag("IsTruncated") ?? false
        return S3ListingPage(objects: objects, next: isTruncated ? try document.required("NextContinuationToken") : nil)
    }
}
