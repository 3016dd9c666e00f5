import Crypto
import Foundation
import Model

/// A role in an account that IAM Identity Center (SSO) lets its users have, as a profile names it.
package struct SSOAccess: Hashable, Sendable {
    package var profile: String
    /// The `[sso-session …]` that the profile names; `nil` where it holds the settings itself, as older files do.
    package var session: String?
    package var startURL: String
    package var region: String
    package var accountID: String
    package var roleName: String
    /// Where `aws sso login` keeps tokens: `~/.aws/sso/cache`.
    package var cacheFolder: String

    package var name: String {
        "the role \(roleName) in account \(accountID) by \(session.map { "the SSO session \($0)" } ?? "SSO") of the profile \(profile)"
    }

    /// Named by the digest of the session's name or the start URL, as the AWS CLI has it.
    var cacheFile: String {
        let digest = Insecure.SHA1.hash(data: Data((session ?? startURL).utf8))
        let hex = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(cacheFolder)/\(hex).json"
    }

    /// Nobody is logged in, or no longer.
    func loginNeeded(_ reason: String) -> Problem {
        let command = session.map { "aws sso login --sso-session \($0)" } ?? "aws sso login --profile \(profile)"
        return Problem(
            .badInput, "sso-login-needed", "The SSO session of the profile \(profile) has to be begun anew",
            detail: "\(reason) Run `\(command)` and try again.")
    }
}
