/// Who asks for what, by the `Authorization` header. Signatures are not checked: the sandbox has no secrets to check them with.
struct Caller: Hashable, Sendable {
    var accessKey: String
    var region: String
    var service: String

    /// Reads `AWS4-HMAC-SHA256 Credential=key/date/region/service/aws4_request, …`, or the same as presigned URLs carry it.
    init(authorization: String?, presignedCredential: String? = nil) throws(APIFailure) {
        let scope: Substring
        if let presignedCredential {
            scope = presignedCredential[...]
        } else {
            guard let authorization, !authorization.isEmpty else {
                throw APIFailure("MissingAuthenticationToken", "Request is missing Authentication Token", status: 403)
            }
            guard let start = authorization.firstRange(of: "Credential=") else {
                throw APIFailure(
                    "IncompleteSignature",
                    "Authorization header requires 'Credential' parameter. Authorization=\(authorization.prefix(60))",
                    status: 403)
            }
            scope = authorization[start.upperBound...].prefix { $0 != "," && $0 != " " }
        }
        let parts = scope.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 5, let key = parts.first, !key.isEmpty, !parts[parts.count - 3].isEmpty else {
            throw APIFailure("IncompleteSignature", "The credential in the Authorization header has no scope", status: 403)
        }
        accessKey = key
        region = parts[parts.count - 3]
        service = parts[parts.count - 2]
    }
}
