import Foundation
import Model

/// IAM Identity Center's portal, which gives credentials for a token. Its requests are not signed.
struct SSOClient: Sendable {
    let client: ServiceClient

    func getRoleCredentials(_ access: SSOAccess, token: Secret) async throws -> Credentials {
        let request = HTTPRequest(
            .get, client.endpoint, path: "/federation/credentials",
            query: [HTTPField("role_name", access.roleName), HTTPField("account_id", access.accountID)],
            headers: [HTTPField("x-amz-sso_bearer_token", token.reveal())], secrets: [token])
        return try await client.send(request, action: "GetRoleCredentials") { response throws(UnreadableAnswer) in
            guard let answer = try? JSONDecoder().decode(Answer.self, from: response.body).roleCredentials else {
                throw UnreadableAnswer("It holds no roleCredentials")
            }
            return Credentials(
                accessKeyID: answer.accessKeyId, secretAccessKey: Secret(answer.secretAccessKey),
                sessionToken: Secret(answer.sessionToken), expiration: Date(timeIntervalSince1970: answer.expiration / 1000))
        }
    }

    private struct Answer: Decodable {
        var roleCredentials: Keys

        struct Keys: Decodable {
            var accessKeyId: String
            var secretAccessKey: String
            var sessionToken: String
            /// In milliseconds since 1970.
            var expiration: Double
        }
    }
}

/// The token endpoint of IAM Identity Center. Its requests are not signed.
struct OIDCClient: Sendable {
    let client: ServiceClient

    /// Gets a new token by a refresh token, which may count only once: the request is sent no second time.
    /// - Returns: the token, how long it is good in seconds, and the refresh token to use from now on, where there is a new one.
    func createToken(_ refresh: SSOToken.Refresh) async throws -> (accessToken: Secret, expiresIn: Double, refreshToken: Secret?) {
        let body: JSONValue = [
            "clientId": .string(refresh.clientID), "clientSecret": .string(refresh.clientSecret.reveal()),
            "grantType": "refresh_token", "refreshToken": .string(refresh.refreshToken.reveal()),
        ]
        let request = HTTPRequest(
            .post, client.endpoint, path: "/token", headers: [HTTPField("Content-Type", "application/json")],
            body: Data(body.compactText.utf8), mayBeRepeated: false, secrets: [refresh.clientSecret, refresh.refreshToken])
        return try await client.send(request, action: "CreateToken") { response throws(UnreadableAnswer) in
            guard let answer = try? JSONDecoder().decode(Answer.self, from: response.body) else {
                throw UnreadableAnswer("It holds no accessToken")
            }
            return (Secret(answer.accessToken), answer.expiresIn, answer.refreshToken.map { Secret($0) })
        }
    }

    private struct Answer: Decodable {
        var accessToken: String
        var expiresIn: Double
        var refreshToken: String?
    }
}
