import Foundation
import Model

/// Credentials of a role in an account, which IAM Identity Center gives to who has logged in with `aws sso login`.
struct SSOCredentials: CredentialProvider {
    /// A token is renewed this long before it ends, as botocore does.
    private static let margin: TimeInterval = 15 * 60

    let access: SSOAccess
    let services: CredentialServices

    func credentials() async throws -> Credentials {
        let token = try await token()
        let client = try services.client(.sso, region: access.region, signedWith: nil)
        return try await services.naming(access.name) {
            do {
                return try await SSOClient(client: client).getRoleCredentials(access, token: token.accessToken)
            } catch let error as AWSError where error.status == 401 {
                throw access.loginNeeded("AWS does not accept its token any more.")
            } catch let error as AWSError where error.status == 403 || error.status == 404 {
                throw Problem(
                    .badInput, "sso-role-not-assigned", "SSO gives no credentials for the profile \(access.profile)",
                    detail: "Whoever is logged in must be assigned the role \(access.roleName) in account \(access.accountID): "
                        + "check sso_role_name and sso_account_id.")
            }
        }
    }

    /// A token that is good now. One of a session is renewed when it nears its end; one of an older profile can't be.
    private func token() async throws -> SSOToken {
        let token = try SSOToken.read(access)
        let remaining = token.expiration.timeIntervalSince(services.context.clock.now())
        if remaining < Self.margin, let renewed = try await renewed(token, isNeeded: remaining <= 0) { return renewed }
        guard remaining > 0 else { throw access.loginNeeded("Its token expired at \(Timestamp.text(token.expiration)).") }
        return token
    }

    /// - Returns: `nil` where the token can't be renewed. A failure of the network is thrown only where the token `isNeeded`.
    private func renewed(_ token: SSOToken, isNeeded: Bool) async throws -> SSOToken? {
        let now = services.context.clock.now()
        guard access.session != nil, var refresh = token.refresh, refresh.registrationExpiration > now else { return nil }
        let client = try services.client(.ssoOIDC, region: access.region, signedWith: nil)
        do {
            let answer = try await OIDCClient(client: client).createToken(refresh)
            if let next = answer.refreshToken { refresh.refreshToken = next }
            let renewed = SSOToken(accessToken: answer.accessToken, expiration: now + answer.expiresIn, refresh: refresh)
            // A home that can't be written to keeps nobody from working until this token ends.
            try? renewed.write(access)
            return renewed
        } catch is AWSError {
            return nil
        } catch let failure as any RequestFailure {
            guard isNeeded else { return nil }
            throw CredentialFailure(source: access.name, cause: failure)
        }
    }
}
