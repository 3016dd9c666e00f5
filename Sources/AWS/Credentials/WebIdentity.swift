import Foundation
import Model

/// A role that is taken on with a token of somebody else's, such as a cluster's or a CI system's.
package struct WebIdentity: Hashable, Sendable {
    package var tokenFile: String
    package var roleArn: String
    package var sessionName: String
    /// What names the file: `AWS_WEB_IDENTITY_TOKEN_FILE`, or a profile's setting.
    package var origin: String

    package var name: String { "the role \(roleArn) by web identity (\(origin))" }
}

/// Credentials that STS gives for a token. The file is read each time, since whoever wrote it renews it.
struct WebIdentityCredentials: CredentialProvider {
    let identity: WebIdentity
    let services: CredentialServices

    func credentials() async throws -> Credentials {
        let token = try token()
        let client = try services.client(.sts, region: services.region, signedWith: nil)
        return try await services.naming(identity.name) {
            try await STSClient(client: client).assumeRole(identity, token: token)
        }
    }

    private func token() throws(Problem) -> Secret {
        let data = FileManager.default.contents(atPath: services.absolute(identity.tokenFile))
        let text = data.flatMap { String(validating: $0, as: UTF8.self) }?.trimmed
        guard let text, !text.isEmpty else {
            throw Problem(
                .badInput, "no-web-identity-token", "There is no web identity token in \(identity.tokenFile)",
                detail: "\(identity.origin) names that file, which must exist, be readable and hold the token. "
                    + "Whatever issues tokens here (the cluster, the CI system) is to write it.")
        }
        return Secret(String(text))
    }
}
