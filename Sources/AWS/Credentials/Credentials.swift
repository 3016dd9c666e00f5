package import Foundation
package import Model

/// What a request is signed with.
package struct Credentials: Hashable, Sendable {
    package var accessKeyID: String
    package var secretAccessKey: Secret
    package var sessionToken: Secret?
    /// `nil` for credentials that don't expire.
    package var expiration: Date?

    package init(accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil, expiration: Date? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }

    func hasSameKeys(as other: Credentials) -> Bool {
        (accessKeyID, secretAccessKey, sessionToken) == (other.accessKeyID, other.secretAccessKey, other.sessionToken)
    }
}

/// A source of credentials. Asking it may take long: it may start a program, ask a service or somebody at the terminal.
package protocol CredentialProvider: Sendable {
    /// Credentials that are good now. Throws `Problem` where there are none, `RequestFailure` where a service that gives
    /// them can't be asked.
    func credentials() async throws -> Credentials

    /// Others in the place of credentials that AWS has just called expired; `nil` where there are no others.
    func replacement(for rejected: Credentials) async throws -> Credentials?
}

extension CredentialProvider {
    package func replacement(for rejected: Credentials) async throws -> Credentials? { nil }
}

/// Credentials that are known from the start and that nothing renews.
package struct FixedCredentials: CredentialProvider {
    private let value: Credentials
    private let origin: String
    private let now: @Sendable () -> Date

    /// - Parameter origin: where they come from, for the problem that there is when they have expired.
    package init(_ value: Credentials, origin: String, now: @escaping @Sendable () -> Date) {
        self.value = value
        self.origin = origin
        self.now = now
    }

    package func credentials() async throws -> Credentials {
        if let expiration = value.expiration, expiration <= now() {
            throw Problem(
                .badInput, "expired-credentials", "The AWS credentials have expired",
                detail: "Those of \(origin) were good until \(Timestamp.text(expiration)). Get new ones and try again.")
        }
        return value
    }
}

/// No credentials, and why.
package struct MissingCredentials: CredentialProvider {
    private let problem: Problem

    package init(_ problem: Problem) {
        self.problem = problem
    }

    package func credentials() async throws -> Credentials { throw problem }
}

/// A service that hands out credentials could not be asked, or refused. The request that was to be signed with them was not sent.
package struct CredentialFailure: RequestFailure {
    /// What they were to come from, as `CredentialSource.links` name it.
    package var source: String
    package var cause: any RequestFailure

    package var requestMayHaveBeenTaken: Bool { false }

    package var problem: Problem {
        var problem = cause.problem
        for index in problem.findings.indices {
            let detail = problem.findings[index].detail
            problem.findings[index].detail = "Credentials were to come from \(source)." + (detail.isEmpty ? "" : " \(detail)")
        }
        return problem
    }
}
