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
}

/// A source of credentials. Asking it may take long: it may start a program or ask a service.
package protocol CredentialProvider: Sendable {
    /// Where they come from, as the user knows it, such as `the environment (AWS_ACCESS_KEY_ID)`.
    var source: String { get }

    /// Credentials that are good now. Throws `Problem` where there are none.
    func credentials() async throws -> Credentials
}

/// Credentials that are known from the start.
package struct FixedCredentials: CredentialProvider {
    package var source: String
    private let value: Credentials

    package init(_ value: Credentials, source: String) {
        self.value = value
        self.source = source
    }

    package func credentials() async throws -> Credentials { value }
}

/// No credentials, and why.
package struct MissingCredentials: CredentialProvider {
    package var source: String { "none" }
    private let problem: Problem

    package init(_ problem: Problem) {
        self.problem = problem
    }

    package func credentials() async throws -> Credentials { throw problem }
}

/// Asks a provider once and again before what it gave expires; requests that need it meanwhile wait for the same answer.
package actor CredentialCache: CredentialProvider {
    /// How long before they expire credentials are replaced: longer than a request and its retries take.
    package static let margin: TimeInterval = 300

    package nonisolated let source: String
    private let provider: any CredentialProvider
    private let now: @Sendable () -> Date
    private var current: Credentials?
    private var pending: Task<Credentials, any Error>?

    package init(_ provider: any CredentialProvider, now: @escaping @Sendable () -> Date) {
        self.provider = provider
        self.now = now
        source = provider.source
    }

    package func credentials() async throws -> Credentials {
        if let current, isGood(current) { return current }
        let task = pending ?? Task { [provider] in try await provider.credentials() }
        pending = task
        defer { if pending == task { pending = nil } }
        let fresh = try await task.value
        current = fresh
        return fresh
    }

    private func isGood(_ credentials: Credentials) -> Bool {
        credentials.expiration.map { $0.timeIntervalSince(now()) > Self.margin } ?? true
    }
}
