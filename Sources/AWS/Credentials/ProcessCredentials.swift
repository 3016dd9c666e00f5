import Foundation
package import Model

/// Credentials that a program prints: a profile's `credential_process`.
///
/// The program is run by `/bin/sh -c`; what it writes to standard error is the user's to see, such as a prompt.
package struct ProcessCredentials: CredentialProvider {
    private let command: String
    private let profile: String
    private let context: Context

    package init(command: String, profile: String, context: Context) {
        self.command = command
        self.profile = profile
        self.context = context
    }

    package func credentials() async throws -> Credentials {
        let result: ShellCommand.Result
        do {
            result = try await ShellCommand.run(command, environment: context.environment)
        } catch let error as ShellCommand.Failed {
            throw failure("It could not be started: \(error.reason).")
        }
        guard result.status == 0 else { throw failure("It ended with exit code \(result.status).") }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: result.output) else {
            throw failure("It must print a JSON object with Version, AccessKeyId and SecretAccessKey.")
        }
        guard answer.version == 1 else { throw failure("It gave version \(answer.version) of the answer; only 1 is known.") }
        let expiration = answer.expiration.flatMap { Timestamp.date($0) }
        guard (answer.expiration == nil) == (expiration == nil) else { throw failure("Its Expiration is no time by ISO 8601.") }
        return Credentials(
            accessKeyID: answer.accessKeyID, secretAccessKey: Secret(answer.secretAccessKey),
            sessionToken: answer.sessionToken.map { Secret($0) }, expiration: expiration)
    }

    private struct Answer: Decodable {
        var version: Int
        var accessKeyID: String
        var secretAccessKey: String
        var sessionToken: String?
        var expiration: String?

        enum CodingKeys: String, CodingKey {
            case version = "Version"
            case accessKeyID = "AccessKeyId"
            case secretAccessKey = "SecretAccessKey"
            case sessionToken = "SessionToken"
            case expiration = "Expiration"
        }
    }

    private func failure(_ reason: String) -> Problem {
        Problem(
            .badInput, "credential-process-failed", "The credential_process of the profile \(profile) gave no credentials",
            detail: reason)
    }
}
