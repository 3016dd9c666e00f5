import Model

extension STSClient {
    /// Takes on a role with the credentials that this client signs with.
    /// - Parameter tokenCode: of the role's MFA device; it counts once, so the request is then sent no second time.
    func assumeRole(_ role: AssumedRole, tokenCode: Secret?) async throws -> Credentials {
        try await client.query("AssumeRole", mayBeRepeated: tokenCode == nil) { form in
            form.set("RoleArn", role.arn)
            form.set("RoleSessionName", role.sessionName)
            form.set("DurationSeconds", role.durationSeconds)
            form.set("ExternalId", role.externalID)
            form.set("SerialNumber", role.mfaSerial)
            if let tokenCode { form.set("TokenCode", tokenCode) }
        } read: { result throws(UnreadableAnswer) in
            try Self.credentials(result)
        }
    }

    /// Takes on a role with a token; the request is not signed.
    func assumeRole(_ identity: WebIdentity, token: Secret) async throws -> Credentials {
        try await client.query("AssumeRoleWithWebIdentity", mayBeRepeated: true) { form in
            form.set("RoleArn", identity.roleArn)
            form.set("RoleSessionName", identity.sessionName)
            form.set("WebIdentityToken", token)
        } read: { result throws(UnreadableAnswer) in
            try Self.credentials(result)
        }
    }

    private static func credentials(_ result: XMLElement) throws(UnreadableAnswer) -> Credentials {
        guard let element = result["Credentials"] else { throw UnreadableAnswer("It holds no Credentials") }
        return Credentials(
            accessKeyID: try element.required("AccessKeyId"), secretAccessKey: Secret(try element.required("SecretAccessKey")),
            sessionToken: Secret(try element.required("SessionToken")), expiration: try element.requiredTime("Expiration"))
    }
}
