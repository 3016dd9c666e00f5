import Foundation
import Model
import TestSupport
import Testing

@testable import AWS

/// `Peers/credentials.py`, and a home folder whose files lead to it.
final class CredentialHome: Sendable {
    let peer: Peer
    let folder: TemporaryFolder
    private let control = CurlTransport(.init())

    /// What the peer knows from the start.
    static let webToken = "web/identity+token"
    static let containerToken = "container token="
    static let mfaCode = "987123"
    static let ssoToken = "sso/bearer+token"
    static let account = "123456789012"

    /// - Parameters:
    ///   - config: `~/.aws/config`; `PEER` and `HOME` in it stand for the peer's address and the folder.
    ///   - credentials: likewise.
    init(config: String = "", credentials: String = "") throws {
        peer = try Peer("credentials.py")
        folder = try TemporaryFolder()
        try write(config, to: ".aws/config")
        try write(credentials, to: ".aws/credentials")
        try write(Self.webToken, to: "web-token")
        try write(Self.containerToken, to: "container-token")
    }

    func filled(_ text: String) -> String {
        text.replacing("PEER", with: peer.url).replacing("HOME", with: folder.path)
    }

    func write(_ text: String, to path: String) throws { try folder.write(filled(text), to: path) }

    /// A token as `aws sso login` leaves it, for a session or, in the older form, for a start URL.
    func writeSSOToken(_ name: String, expiration: Date, accessToken: String = ssoToken, refreshToken: String = "refresh/token") throws {
        let access = SSOAccess(
            profile: "", session: name, startURL: "", region: "", accountID: "", roleName: "", cacheFolder: "\(folder.path)/.aws/sso/cache")
        let end = Timestamp.text(expiration)
        try folder.write(
            """
            {"startUrl": "https://corp.awsapps.com/start", "region": "eu-west-1", "accessToken": "\(accessToken)",
             "expiresAt": "\(end)", "clientId": "client", "clientSecret": "client/secret",
             "registrationExpiresAt": "2099-01-01T00:00:00Z", "refreshToken": "\(refreshToken)"}
            """, to: String(access.cacheFile.dropFirst(folder.path.count + 1)))
    }

    /// An environment in which everything leads to the peer, and nothing to credentials.
    func environment(_ more: [String: String] = [:]) -> [String: String] {
        [
            "HOME": folder.path, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1", "USER": "ann",
            "AWS_ENDPOINT_URL": peer.url, "AWS_EC2_METADATA_SERVICE_ENDPOINT": peer.url,
        ].merging(more.mapValues(filled)) { _, last in last }
    }

    func session(
        _ more: [String: String] = [:], profile: String? = nil, assumeRole: String? = nil, clock: Clock = .system,
        terminal: Terminal = .untouched, pool: CredentialPool = CredentialPool(), log: Collector<RequestLogLine> = Collector()
    ) throws -> AWSSession {
        let context = Context(
            environment: environment(more), workingDirectory: folder.path, terminal: terminal, clock: clock,
            randomBytes: { Data(repeating: 0xFF, count: $0) })
        return try AWSSession(context: context, profile: profile, assumeRole: assumeRole, pool: pool, log: { log.add($0) })
    }

    struct Request: Decodable, Equatable {
        var action: String
        /// What it was signed with.
        var key: String?
        var parameters: [String: String]
    }

    func requests() async throws -> [Request] {
        try JSONDecoder().decode([Request].self, from: await get("/requests"))
    }

    func actions() async throws -> [String] { try await requests().map(\.action) }

    /// Every secret that the peer handed out or was shown.
    func secrets() async throws -> [String] {
        try JSONDecoder().decode([String].self, from: await get("/secrets"))
    }

    func set(_ name: String, _ value: String) async throws {
        _ = try await get("/set", [HTTPField(name, value)])
    }

    private func get(_ path: String, _ query: [HTTPField] = []) async throws -> Data {
        let endpoint = try #require(Endpoint(url: peer.url, origin: nil))
        return try await control.send(HTTPRequest(.get, endpoint, path: path, query: query)).body
    }
}

extension String {
    /// An access key of the peer without its number.
    var stem: String { replacing(/\.g\d+$/, with: "") }
}
