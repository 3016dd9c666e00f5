import Foundation
import GRDB
import Model

extension Cloud {
    struct StoredObject: Sendable {
        var key: String
        var etag: String
        var contentType: String?
        var modifiedAt: Date
        var metadata: [String: String]
        var body: Data
    }

    func object(bucket: String, key: String) throws -> StoredObject? {
        try Row.fetchOne(
            database, sql: "SELECT key, etag, contentType, modifiedAt, metadata, body FROM objects WHERE bucket = ? AND key = ?",
            arguments: [bucket, key]
        ).map { row in
            StoredObject(
                key: row["key"], etag: row["etag"], contentType: row["contentType"],
                modifiedAt: Date(timeIntervalSince1970: row["modifiedAt"]),
                metadata: try Self.decoded([String: String].self, row["metadata"]), body: row["body"])
        }
    }
}

/// The part of S3 that templates and a shared log need, with path-style addresses.
struct StorageService {
    let cloud: Cloud
    let region: String
    let requestID: String

    func answer(_ request: WireRequest) throws -> WireResponse {
        do {
            return try perform(request)
        } catch let failure as APIFailure {
            var text = #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n<Error>"
            text += "<Code>\(failure.code)</Code><Message>\(QueryXML.escaped(failure.message))</Message>"
            text += "<Resource>\(QueryXML.escaped(request.path))</Resource><RequestId>\(requestID)</RequestId></Error>"
            return WireResponse(
                status: failure.status, contentType: "application/xml", text: request.method == "HEAD" ? "" : text, requestID: requestID)
        }
    }

    private func perform(_ request: WireRequest) throws -> WireResponse {
        guard let path = request.path.removingPercentEncoding, let query = QueryForm(encoded: Data(request.query.utf8)) else {
            throw APIFailure("InvalidURI", "Couldn't parse the specified URI.")
        }
        let parts = path.dropFirst().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let bucket = parts.first ?? ""
        let key = parts.count > 1 ? parts[1] : ""
        guard !bucket.isEmpty else { return try listBuckets(request) }
        guard !key.isEmpty else { return try bucketRequest(request, bucket, query) }
        return try objectRequest(request, bucket, key)
    }

    // MARK: Buckets

    private func listBuckets(_ request: WireRequest) throws -> WireResponse {
        guard request.method == "GET" else { throw notAllowed }
        let rows = try Row.fetchAll(cloud.database, sql: "SELECT name, createdAt FROM buckets ORDER BY name")
        let buckets = rows.map { row -> String in
            let time = Date(timeIntervalSince1970: row["createdAt"]).queryText
            return "<Bucket><Name>\(QueryXML.escaped(row["name"]))</Name><CreationDate>\(time)</CreationDate></Bucket>"
        }
        return xml("ListAllMyBucketsResult", "<Buckets>\(buckets.joined())</Buckets>")
    }

    private func bucketRequest(_ request: WireRequest, _ bucket: String, _ query: QueryForm) throws -> WireResponse {
        switch request.method {
        case "PUT" where query.fields.isEmpty: return try createBucket(bucket)
        // Versioning, encryption, public-access block and the like are taken and left at that.
        case "PUT": return try requiring(bucket) { WireResponse(status: 200) }
        case "HEAD": return try requiring(bucket) { WireResponse(status: 200, headers: [("x-amz-bucket-region", region)]) }
        case "GET" where query["location"] != nil:
            return try requiring(bucket) {
                xml("LocationConstraint", region == "us-east-1" ? "" : QueryXML.escaped(region))
            }
        case "GET" where query["versioning"] != nil: return try requiring(bucket) { xml("VersioningConfiguration", "") }
        case "GET" where query["versions"] != nil: return try requiring(bucket) { try listVersions(bucket, query) }
        case "GET": return try requiring(bucket) { try list(bucket, query) }
        case "DELETE":
            return try requiring(bucket) {
                let count = try Int.fetchOne(cloud.database, sql: "SELECT COUNT(*) FROM objects WHERE bucket = ?", arguments: [bucket])
                guard count == 0 else { throw APIFailure("BucketNotEmpty", "The bucket you tried to delete is not empty", status: 409) }
                try cloud.database.execute(sql: "DELETE FROM buckets WHERE name = ?", arguments: [bucket])
                try cloud.deleteResource("AWS::S3::Bucket", bucket, region: region)
                return WireResponse(status: 204)
            }
        default: throw notAllowed
        }
    }

    private var notAllowed: APIFailure {
        APIFailure("MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405)
    }

    /// A bucket is there when it was made by S3's own request or by a stack.
    private func requiring<T>(_ bucket: String, _ body: () throws -> T) throws -> T {
        let made = try Int.fetchOne(cloud.database, sql: "SELECT 1 FROM buckets WHERE name = ?", arguments: [bucket])
        guard try made != nil || cloud.liveResource("AWS::S3::Bucket", bucket, region: region) != nil else {
            throw APIFailure("NoSuchBucket", "The specified bucket does not exist", status: 404)
        }
        return try body()
    }

    private func createBucket(_ bucket: String) throws -> WireResponse {
        guard bucket.wholeMatch(of: #/[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]/#) != nil else {
            throw APIFailure("InvalidBucketName", "The specified bucket is not valid.")
        }
        let exists = try Int.fetchOne(cloud.database, sql: "SELECT 1 FROM buckets WHERE name = ?", arguments: [bucket]) != nil
        if exists, region != "us-east-1" {
            throw APIFailure(
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.", status: 409)
        }
        try cloud.database.execute(
            sql: "INSERT OR IGNORE INTO buckets (name, region, createdAt) VALUES (?, ?, ?)",
            arguments: [bucket, region, cloud.now.timeIntervalSince1970])
        return WireResponse(status: 200, headers: [("Location", "/\(bucket)")])
    }

    private func list(_ bucket: String, _ query: QueryForm) throws -> WireResponse {
        let prefix = query["prefix"] ?? ""
        let delimiter = query["delimiter"].flatMap { $0.isEmpty ? nil : $0 }
        let most = min(max(0, query["max-keys"].flatMap { Int($0) } ?? 1000), 1000)
        let token = query["continuation-token"].flatMap { Data(base64Encoded: $0) }.map { String(decoding: $0, as: UTF8.self) }
        let after = token ?? query["start-after"] ?? query["marker"] ?? ""
        let rows = try Row.fetchAll(
            cloud.database,
            sql: "SELECT key, etag, modifiedAt, length(body) AS size FROM objects WHERE bucket = ? AND key > ? ORDER BY key",
            arguments: [bucket, after])
        let encodes = query["encoding-type"] == "url"
        func shown(_ key: String) -> String {
            encodes ? key.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? key : QueryXML.escaped(key)
        }
        var contents = ""
        var common: [String] = []
        var count = 0
        var last = ""
        var isTruncated = false
        for row in rows {
            let key: String = row["key"]
            guard key.hasPrefix(prefix) else { continue }
            if let delimiter, let end = key.dropFirst(prefix.count).firstRange(of: delimiter)?.upperBound {
                let group = String(key[..<end])
                last = key
                guard !common.contains(group) else { continue }
                if count == most { isTruncated = true; break }
                common.append(group)
                count += 1
                continue
            }
            if count == most { isTruncated = true; break }
            count += 1
            last = key
            let time = Date(timeIntervalSince1970: row["modifiedAt"]).queryText
            contents += "<Contents><Key>\(shown(key))</Key><LastModified>\(time)</LastModified>"
            contents +=
                "<ETag>&quot;\(row["etag"] as String)&quot;</ETag><Size>\(row["size"] as Int)</Size><StorageClass>STANDARD</StorageClass></Contents>"
        }
        var body = "<Name>\(QueryXML.escaped(bucket))</Name><Prefix>\(shown(prefix))</Prefix><MaxKeys>\(most)</MaxKeys>"
        body += "<KeyCount>\(count)</KeyCount><IsTruncated>\(isTruncated)</IsTruncated>"
        if encodes { body += "<EncodingType>url</EncodingType>" }
        if let delimiter { body += "<Delimiter>\(QueryXML.escaped(delimiter))</Delimiter>" }
        if isTruncated {
            body +=
                "<NextContinuationToken>\(Data(last.utf8).base64EncodedString())</NextContinuationToken><NextMarker>\(shown(last))</NextMarker>"
        }
        return xml(
            "ListBucketResult", body + contents + common.map { "<CommonPrefixes><Prefix>\(shown($0))</Prefix></CommonPrefixes>" }.joined())
    }

    /// Of buckets without versions, each object is one.
    private func listVersions(_ bucket: String, _ query: QueryForm) throws -> WireResponse {
        let most = min(max(0, query["max-keys"].flatMap { Int($0) } ?? 1000), 1000)
        let keys = try String.fetchAll(
            cloud.database, sql: "SELECT key FROM objects WHERE bucket = ? ORDER BY key LIMIT ?", arguments: [bucket, most + 1])
        let versions = keys.prefix(most).map {
            "<Version><Key>\(QueryXML.escaped($0))</Key><VersionId>null</VersionId><IsLatest>true</IsLatest></Version>"
        }
        let head = "<Name>\(QueryXML.escaped(bucket))</Name><MaxKeys>\(most)</MaxKeys><IsTruncated>\(keys.count > most)</IsTruncated>"
        return xml("ListVersionsResult", head + versions.joined())
    }

    private func xml(_ name: String, _ content: String) -> WireResponse {
        WireResponse(
            contentType: "application/xml",
            text: #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n"
                + #"<\#(name) xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\#(content)</\#(name)>"#, requestID: requestID)
    }

    // MARK: Objects

    private func objectRequest(_ request: WireRequest, _ bucket: String, _ key: String) throws -> WireResponse {
        try requiring(bucket) {
            switch request.method {
            case "PUT": return try put(request, bucket, key)
            case "GET", "HEAD": return try get(request, bucket, key)
            case "DELETE": return try delete(request, bucket, key)
            default: throw notAllowed
            }
        }
    }

    private func put(_ request: WireRequest, _ bucket: String, _ key: String) throws -> WireResponse {
        var body = request.body
        if request.headers["content-encoding"]?.contains("aws-chunked") == true {
            guard case .complete(let decoded, _) = ChunkedBody.decode(Array(body)) else {
                throw APIFailure("IncompleteBody", "The request body terminated unexpectedly")
            }
            body = decoded
        }
        let old = try cloud.object(bucket: bucket, key: key)
        try checkConditions(request, old)
        let etag = Digest(of: body).hex.prefix(32)
        let metadata = request.headers.filter { $0.key.hasPrefix("x-amz-meta-") }
        try cloud.database.execute(
            sql: "INSERT OR REPLACE INTO objects (bucket, key, etag, contentType, modifiedAt, metadata, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                bucket, key, String(etag), request.headers["content-type"], cloud.now.timeIntervalSince1970, Cloud.encoded(metadata), body,
            ])
        return WireResponse(headers: [("ETag", "\"\(etag)\""), ("x-amz-request-id", requestID)])
    }

    private func checkConditions(_ request: WireRequest, _ old: Cloud.StoredObject?) throws {
        let failed = APIFailure("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", status: 412)
        if request.headers["if-none-match"] == "*", old != nil { throw failed }
        if let wanted = request.headers["if-match"] {
            guard let old else { throw APIFailure("NoSuchKey", "The specified key does not exist.", status: 404) }
            guard wanted == "*" || wanted.trimmingCharacters(in: ["\""]) == old.etag else { throw failed }
        }
    }

    private func get(_ request: WireRequest, _ bucket: String, _ key: String) throws -> WireResponse {
        guard let object = try cloud.object(bucket: bucket, key: key) else {
            throw APIFailure("NoSuchKey", "The specified key does not exist.", status: 404)
        }
        var headers: [(name: String, value: String)] = [
            ("ETag", "\"\(object.etag)\""), ("Last-Modified", Self.httpDate(object.modifiedAt)), ("Accept-Ranges", "bytes"),
            ("Content-Type", object.contentType ?? "binary/octet-stream"), ("x-amz-request-id", requestID),
        ]
        headers += object.metadata.map { (name: $0.key, value: $0.value) }
        if request.headers["if-none-match"]?.trimmingCharacters(in: ["\""]) == object.etag {
            return WireResponse(status: 304, headers: headers)
        }
        if request.method == "HEAD" { return WireResponse(headers: headers, toldLength: object.body.count) }
        guard let range = request.headers["range"] else { return WireResponse(headers: headers, body: object.body) }
        let bounds = range.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard range.hasPrefix("bytes="), bounds.count == 2, let first = bounds[0], first < object.body.count else {
            throw APIFailure("InvalidRange", "The requested range is not satisfiable", status: 416)
        }
        let last = min(bounds[1] ?? object.body.count - 1, object.body.count - 1)
        guard last >= first else { throw APIFailure("InvalidRange", "The requested range is not satisfiable", status: 416) }
        headers.append(("Content-Range", "bytes \(first)-\(last)/\(object.body.count)"))
        return WireResponse(status: 206, headers: headers, body: object.body.dropFirst(first).prefix(last - first + 1))
    }

    private func delete(_ request: WireRequest, _ bucket: String, _ key: String) throws -> WireResponse {
        let old = try cloud.object(bucket: bucket, key: key)
        if request.headers["if-match"] != nil { try checkConditions(request, old) }
        try cloud.database.execute(sql: "DELETE FROM objects WHERE bucket = ? AND key = ?", arguments: [bucket, key])
        return WireResponse(status: 204)
    }

    /// RFC 9110, section 5.6.7.
    static func httpDate(_ date: Date) -> String {
        let style = Date.VerbatimFormatStyle(
            format:
                "\(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .defaultDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT",
            locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
        return date.formatted(style)
    }
}
