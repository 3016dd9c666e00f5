import Foundation
import Model

/// The token that `aws sso login` keeps in a file. Its printed form shows none of it.
struct SSOToken: Hashable, Sendable {
    var accessToken: Secret
    var expiration: Date
    /// What a new token can be had with, without a browser; `nil` in files of older sessions.
    var refresh: Refresh?

    struct Refresh: Hashable, Sendable {
        var refreshToken: Secret
        var clientID: String
        var clientSecret: Secret
        /// When the registration of the client that logged in ends.
        var registrationExpiration: Date
    }
}

extension SSOToken {
    /// Throws `Problem` where there is no file, or one that the AWS CLI did not write.
    static func read(_ access: SSOAccess) throws(Problem) -> SSOToken {
        guard let data = FileManager.default.contents(atPath: access.cacheFile) else {
            throw access.loginNeeded("There is no token of it in \(access.cacheFolder).")
        }
        guard let file = try? JSONDecoder().decode(File.self, from: data), let expiration = Self.date(file.expiresAt) else {
            throw access.loginNeeded("Its token in \(access.cacheFile) can't be read.")
        }
        return SSOToken(accessToken: Secret(file.accessToken), expiration: expiration, refresh: file.refresh)
    }

    /// Replaces the file, as the AWS CLI would, so that it finds the new token too. Only its owner may read it.
    func write(_ access: SSOAccess) throws {
        let file = File(
            startUrl: access.startURL, region: access.region, accessToken: accessToken.reveal(), expiresAt: Timestamp.text(expiration),
            clientId: refresh?.clientID, clientSecret: refresh?.clientSecret.reveal(),
            registrationExpiresAt: refresh.map { Timestamp.text($0.registrationExpiration) },
            refreshToken: refresh?.refreshToken.reveal())
        let temporary = "\(access.cacheFile).\(ProcessInfo.processInfo.processIdentifier).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteNoPermission) }
        do {
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: try JSONEncoder().encode(file))
            try handle.close()
            guard rename(temporary, access.cacheFile) == 0 else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Older versions of the AWS CLI write `UTC` for `Z`.
    private static func date(_ text: String) -> Date? {
        Timestamp.date(text.hasSuffix("UTC") ? text.dropLast(3) + "Z" : text)
    }

    private struct File: Codable {
        var startUrl: String?
        var region: String?
        var accessToken: String
        var expiresAt: String
        var clientId: String?
        var clientSecret: String?
        var registrationExpiresAt: String?
        var refreshToken: String?

        var refresh: Refresh? {
            guard let refreshToken, let clientId, let clientSecret, let end = registrationExpiresAt.flatMap(SSOToken.date) else {
                return nil
            }
            return Refresh(
                refreshToken: Secret(refreshToken), clientID: clientId, clientSecret: Secret(clientSecret), registrationExpiration: end)
        }
    }
}
