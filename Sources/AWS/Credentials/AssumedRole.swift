import Foundation
import Model

/// A role to take on with other credentials: a profile's `role_arn`, or `assumeRole` of stack.yml.
package struct AssumedRole: Hashable, Sendable {
    package var arn: String
    /// What CloudTrail knows the session by.
    package var sessionName: String
    package var externalID: String?
    package var mfaSerial: String?
    package var durationSeconds: Int?
    /// What asks for it, such as `the profile prod in ~/.aws/config`.
    package var origin: String

    package init(
        arn: String, sessionName: String, externalID: String? = nil, mfaSerial: String? = nil, durationSeconds: Int? = nil,
        origin: String
    ) {
        self.arn = arn
        self.sessionName = sessionName
        self.externalID = externalID
        self.mfaSerial = mfaSerial
        self.durationSeconds = durationSeconds
        self.origin = origin
    }

    package var name: String { "the role \(arn) of \(origin)" }

    /// The session's name where nothing gives it one: `pipeplan-` and the user's name, as far as STS takes that.
    static func defaultSessionName(_ environment: [String: String]) -> String {
        let user = environment["USER"] ?? environment["LOGNAME"] ?? ""
        let allowed = user.unicodeScalars.filter {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || "+=,.@-_".unicodeScalars.contains($0)
        }
        return allowed.isEmpty ? "pipeplan" : "pipeplan-" + String(String.UnicodeScalarView(allowed.prefix(55)))
    }
}

/// Credentials of a role, which STS gives for others.
struct RoleCredentials: CredentialProvider {
    let role: AssumedRole
    let source: any CredentialProvider
    let services: CredentialServices

    func credentials() async throws -> Credentials {
        // First, so that nobody is asked for a code that nothing can be done with.
        _ = try await source.credentials()
        let code = try await tokenCode()
        let client = try services.client(.sts, region: services.region, signedWith: source)
        return try await services.naming(role.name) { try await STSClient(client: client).assumeRole(role, tokenCode: code) }
    }

    /// The code of the MFA device, where the role wants one.
    private func tokenCode() async throws(Problem) -> Secret? {
        guard let serial = role.mfaSerial else { return nil }
        guard services.context.terminal.isInteractive else {
            throw Problem(
                .badInput, "mfa-code-needed", "Nobody can be asked for an MFA code",
                detail: "\(role.name.capitalizedAtStart) wants one of \(serial), and standard input or error is no terminal. "
                    + "Run this at a terminal, or hand over credentials in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
                    + "AWS_SESSION_TOKEN.")
        }
        let terminal = services.context.terminal
        let answer = await withCheckedContinuation { continuation in
            // On a thread of its own: an answer may take minutes, and other requests go on meanwhile.
            Thread.detachNewThread { continuation.resume(returning: terminal.readSecret(asking: "Enter MFA code for \(serial): ")) }
        }
        guard let code = answer?.reveal().trimmed, !code.isEmpty else {
            throw Problem(
                .badInput, "mfa-code-needed", "No MFA code was entered",
                detail: "\(role.name.capitalizedAtStart) wants one of \(serial).")
        }
        return Secret(String(code))
    }
}
