package import Foundation
import Model

/// Keeps what a provider gave and renews it ahead of its end. Requests that need the same renewal share it.
///
/// The times are botocore's: from 15 minutes before the end credentials are renewed, where that works; in the last 10 they
/// have to be.
package actor CredentialCache: CredentialProvider {
    package static let advisoryMargin: TimeInterval = 15 * 60
    package static let mandatoryMargin: TimeInterval = 10 * 60
    /// How long a renewal that failed is left alone while what there is still works.
    static let pause: TimeInterval = 60

    private let provider: any CredentialProvider
    private let now: @Sendable () -> Date
    private let needsSomebody: Bool
    private var current: Credentials?
    private var renewal: Task<Credentials, any Error>?
    private var nextAdvisoryRenewal = Date.distantPast

    /// - Parameter needsSomebody: whether a renewal asks somebody at the terminal; then it waits until there is no way around.
    package init(_ provider: any CredentialProvider, needsSomebody: Bool = false, now: @escaping @Sendable () -> Date) {
        self.provider = provider
        self.needsSomebody = needsSomebody
        self.now = now
    }

    package func credentials() async throws -> Credentials {
        guard let current else { return try await renewed() }
        guard let expiration = current.expiration else { return current }
        let remaining = expiration.timeIntervalSince(now())
        if remaining < Self.mandatoryMargin { return try await renewed() }
        guard remaining < Self.advisoryMargin, !needsSomebody, renewal == nil, now() >= nextAdvisoryRenewal else { return current }
        do {
            return try await renewed()
        } catch {
            nextAdvisoryRenewal = now() + Self.pause
            return current
        }
    }

    package func replacement(for rejected: Credentials) async throws -> Credentials? {
        // Another request may have been told of it first.
        if let current, !current.hasSameKeys(as: rejected) { return current }
        let fresh = try await renewed()
        return fresh.hasSameKeys(as: rejected) ? nil : fresh
    }

    private func renewed() async throws -> Credentials {
        if let renewal { return try await renewal.value }
        let task = Task { try await renew() }
        renewal = task
        return try await task.value
    }

    private func renew() async throws -> Credentials {
        defer { renewal = nil }
        let fresh = try await provider.credentials()
        if let expiration = fresh.expiration, expiration <= now() {
            throw Problem(
                .failed, "expired-credentials", "The AWS credentials were renewed, but have expired already",
                detail: "They were good until \(Timestamp.text(expiration)). Is this machine's clock right?")
        }
        current = fresh
        return fresh
    }
}
