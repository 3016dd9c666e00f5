import Foundation
import Model

/// Where an EC2 instance finds its role's credentials.
package struct InstanceMetadata: Hashable, Sendable {
    package var endpoint: Endpoint
    /// For each request.
    package var timeout: Duration
    package var attempts: Int
    /// What was looked at before in vain; empty where a profile asks for this very source.
    package var lookedAt: [String]

    /// By the environment, then the profile. Throws `Problem` for an address or a number that is none.
    init(environment: [String: String], profile: [String: SharedFile.Setting], lookedAt: [String] = []) throws(Problem) {
        func value(_ variable: String, _ setting: String) -> String? {
            environment[variable].flatMap { $0.isEmpty ? nil : $0 } ?? profile[setting]?.value
        }
        self.lookedAt = lookedAt
        let address: (url: String, origin: String)
        if let url = value("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint") {
            address = (url, "AWS_EC2_METADATA_SERVICE_ENDPOINT or ec2_metadata_service_endpoint")
        } else {
            switch value("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")?.lowercased() {
            case nil, "ipv4": address = ("http://169.254.169.254", "EC2")
            case "ipv6": address = ("http://[fd00:ec2::254]", "EC2")
            case .some(let mode):
                throw Problem(
                    .badInput, "bad-metadata-mode", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is \"\(mode)\"",
                    detail: "It, or the profile's ec2_metadata_service_endpoint_mode, must be IPv4 or IPv6.")
            }
        }
        guard let endpoint = Endpoint(url: address.url, origin: address.origin) else {
            throw Problem(
                .badInput, "bad-endpoint", "\(address.origin) is no address of an endpoint",
                detail: "It must be written like http://169.254.169.254.")
        }
        self.endpoint = endpoint
        func number(_ variable: String, _ setting: String) throws(Problem) -> Int {
            guard let text = value(variable, setting) else { return 1 }
            guard let number = Int(text), (1...60).contains(number) else {
                throw Problem(
                    .badInput, "bad-metadata-setting", "\(variable) or \(setting) is \"\(text)\"",
                    detail: "It must be a whole number from 1 to 60.")
            }
            return number
        }
        timeout = .seconds(try number("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout"))
        attempts = try number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts")
    }

    static func isDisabled(_ environment: [String: String]) -> Bool {
        environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true"
    }
}

/// Credentials of an EC2 instance's role, by the session-oriented requests of IMDSv2 only: those of version 1 are what
/// forged requests are made with.
struct InstanceCredentials: CredentialProvider {
    private static let folder = "/latest/meta-data/iam/security-credentials/"

    let metadata: InstanceMetadata
    let services: CredentialServices

    func credentials() async throws -> Credentials {
        let token = try await text(
            HTTPRequest(
                .put, metadata.endpoint, path: "/latest/api/token",
                headers: [HTTPField("x-aws-ec2-metadata-token-ttl-seconds", "21600")], timeout: metadata.timeout),
            missing: "It gives no session token (IMDSv2)")
        let role = try await text(get("", token), missing: "The instance has no role")
        let answer = try await response(get(PercentEncoding.encode(role), token))
        guard answer.status == 200, let credentials = MetadataDocument.credentials(answer.body) else {
            throw failure("It gives no credentials of the role \(role) (status \(answer.status)).")
        }
        return prolonged(credentials)
    }

    private func get(_ name: String, _ token: String) -> HTTPRequest {
        HTTPRequest(
            .get, metadata.endpoint, path: Self.folder + name, headers: [HTTPField("x-aws-ec2-metadata-token", token)],
            timeout: metadata.timeout)
    }

    private func text(_ request: HTTPRequest, missing: String) async throws -> String {
        let answer = try await response(request)
        let line = String(decoding: answer.body, as: UTF8.self).split(whereSeparator: \.isNewline).first.map { String($0.trimmed) } ?? ""
        guard answer.status == 200, !line.isEmpty else { throw failure("\(missing) (status \(answer.status)).") }
        return line
    }

    private func response(_ request: HTTPRequest) async throws -> HTTPResponse {
        let requests = MetadataRequests(name: "InstanceMetadata", attempts: metadata.attempts, wait: .seconds(1), services: services)
        do {
            return try await requests.send(request)
        } catch let error as TransportError {
            throw failure("It did not answer (\(error.kind.rawValue)).")
        }
    }

    /// When the service that renews an instance's credentials is down, AWS accepts the old ones beyond their end. Like
    /// botocore, try again in a while instead of with each request.
    private func prolonged(_ credentials: Credentials) -> Credentials {
        guard let expiration = credentials.expiration else { return credentials }
        let now = services.context.clock.now()
        let spread = TimeInterval(services.context.randomBytes(2).reduce(0) { $0 << 8 | Int($1) } % 480)
        let wait = CredentialCache.advisoryMargin + 120 + spread
        guard expiration.timeIntervalSince(now) <= wait else { return credentials }
        var credentials = credentials
        credentials.expiration = now + wait
        return credentials
    }

    private func failure(_ reason: String) -> Problem {
        let place = "the instance metadata service at \(metadata.endpoint.url)"
        guard metadata.lookedAt.isEmpty else {
            return CredentialSource.noCredentials(lookedAt: metadata.lookedAt + [place], reason: reason)
        }
        return Problem(
            .badInput, "no-instance-credentials", "This machine has no credentials of its own",
            detail: "The profile's credential_source is Ec2InstanceMetadata: \(place) was asked. \(reason)")
    }
}
