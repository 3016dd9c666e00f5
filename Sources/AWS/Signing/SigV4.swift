import Crypto
package import Foundation

/// AWS Signature Version 4, as a function: what is signed is exactly what is sent.
///
/// pipeplan signs itself instead of by libcurl's CURLOPT_AWS_SIGV4, whose canonical path, query and payload hash differ
/// from version to version of libcurl: what a caller must encode for one version, the next encodes again (its issues 11794,
/// 13754 and 16927).
package enum SigV4 {
    /// The headers to add to the request: `X-Amz-Date`, `X-Amz-Security-Token` for temporary credentials,
    /// `X-Amz-Content-SHA256` for S3, and `Authorization`. All the request's own headers are signed too.
    ///
    /// - Parameter service: the name in the credential scope: `cloudformation`, `s3`, `sts`.
    package static func headers(
        for request: HTTPRequest, credentials: Credentials, service: String, region: String, at date: Date
    ) -> [HTTPField] {
        let time = Timestamp.signing(date)
        let payloadHash = hex(SHA256.hash(data: request.body))
        var added = [HTTPField("X-Amz-Date", time)]
        if let token = credentials.sessionToken { added.append(HTTPField("X-Amz-Security-Token", token.reveal())) }
        if service == "s3" { added.append(HTTPField("X-Amz-Content-SHA256", payloadHash)) }

        let canonical = canonicalRequest(request, headers: request.headers + added, payloadHash: payloadHash, service: service)
        let day = String(time.prefix(8))
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let toSign = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(hex(SHA256.hash(data: Data(canonical.text.utf8))))"
        let key = ["AWS4\(credentials.secretAccessKey.reveal())", day, region, service, "aws4_request"].map { Data($0.utf8) }
        let signingKey = key.dropFirst().reduce(key[0]) {
            Data(HMAC<SHA256>.authenticationCode(for: $1, using: SymmetricKey(data: $0)))
        }
        let signature = hex(HMAC<SHA256>.authenticationCode(for: Data(toSign.utf8), using: SymmetricKey(data: signingKey)))
        added.append(
            HTTPField(
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)"
            ))
        return added
    }

    private static func canonicalRequest(
        _ request: HTTPRequest, headers: [HTTPField], payloadHash: String, service: String
    ) -> (text: String, signedHeaders: String) {
        let all = headers + [HTTPField("host", request.endpoint.authority)]
        let byName = Dictionary(grouping: all) { $0.name.lowercased() }.sorted { $0.key < $1.key }
        let lines = byName.map { name, fields in "\(name):\(fields.map { collapsed($0.value) }.joined(separator: ","))\n" }
        let signedHeaders = byName.map(\.key).joined(separator: ";")
        let text = [
            request.method.rawValue, canonicalPath(request.fullPath, service: service), request.encodedQuery, lines.joined(),
            signedHeaders, payloadHash,
        ].joined(separator: "\n")
        return (text, signedHeaders)
    }

    /// S3's path is signed as it is sent. All others' is normalized and encoded once more.
    private static func canonicalPath(_ path: String, service: String) -> String {
        guard service != "s3" else { return path }
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { segments = segments.dropLast() } else { segments.append(segment) }
        }
        let normalized = "/" + segments.joined(separator: "/") + (path.hasSuffix("/") && !segments.isEmpty ? "/" : "")
        return PercentEncoding.encode(normalized, keepingSlashes: true)
    }

    /// A header's value without spaces at its ends, and with one for many inside.
    private static func collapsed(_ value: String) -> String {
        value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        let digits = Array("0123456789abcdef".utf8)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
