import Model

extension Credentials {
    /// What of them no message may hold. Endpoints of one's own take words such as `test` for keys: without them messages would
    /// lose their meaning, and nothing is won.
    var secrets: [Secret] { ([secretAccessKey] + (sessionToken.map { [$0] } ?? [])).filter { $0.reveal().utf8.count >= 16 } }
}

extension SigV4 {
    /// The signature in a request's `Authorization`; none where it is not signed.
    static func signature(in headers: [HTTPField]) -> [Secret] {
        headers.filter { $0.name == "Authorization" }.compactMap { $0.value.split(separator: "Signature=").last.map { Secret(String($0)) } }
    }
}
