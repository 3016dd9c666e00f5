import Foundation
package import Model

/// Where a container's agent gives credentials: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI`.
package struct ContainerEndpoint: Hashable, Sendable {
    /// What the request is authorized with, if anything.
    enum Authorization: Hashable, Sendable {
        case token(Secret)
        case file(String)
    }

    package var endpoint: Endpoint
    /// Percent-encoded.
    package var path: String
    package var query: [HTTPField]
    /// The variable that names it.
    package var origin: String
    var authorization: Authorization?

    private static let relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
    private static let full = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
    /// Of ECS, and of EKS by IPv4 and IPv6.
    private static let agents = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]

    /// `nil` where the environment names none. Throws `Problem` for an address that may not be asked: whoever answers
    /// there without TLS must be this machine or AWS's agent.
    package init?(environment: [String: String]) throws(Problem) {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let url: String
        if let path = variable(Self.relative) {
            origin = Self.relative
            guard path.hasPrefix("/") else { throw Self.malformed(origin, "It must start with a slash.") }
            url = "http://169.254.170.2\(path)"
        } else if let address = variable(Self.full) {
            origin = Self.full
            url = address
        } else {
            return nil
        }
        guard var parts = URLComponents(string: url) else { throw Self.malformed(origin, "It must be a URL.") }
        path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        query = (parts.queryItems ?? []).map { HTTPField($0.name, $0.value ?? "") }
        (parts.percentEncodedPath, parts.query) = ("", nil)
        guard let endpoint = Endpoint(url: parts.string ?? "", origin: origin) else {
            throw Self.malformed(origin, "It must be a URL with http or https and a host, without user or fragment.")
        }
        guard endpoint.scheme == "https" || Self.agents.contains(endpoint.host) || Self.isLoopback(endpoint.host) else {
            throw Problem(
                .badInput, "bad-container-endpoint", "\(origin) names a host that must not be asked for credentials",
                detail: "\(endpoint.host) is neither this machine (127.0.0.1) nor ECS's or EKS's agent "
                    + "(\(Self.agents.joined(separator: ", "))). Any other needs https.")
        }
        self.endpoint = endpoint
        if let file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            authorization = .file(file)
        } else if let token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            authorization = .token(Secret(token))
        }
    }

    private static func malformed(_ origin: String, _ rule: String) -> Problem {
        Problem(.badInput, "bad-container-endpoint", "\(origin) is no address of credentials", detail: rule)
    }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil && $0.first != "+" }
    }
}

/// Credentials that a container's agent gives.
struct ContainerCredentials: CredentialProvider {
    let endpoint: ContainerEndpoint
    let services: CredentialServices

    func credentials() async throws -> Credentials {
        var headers = [HTTPField("Accept", "application/json")]
        if let token = try authorization() { headers.append(HTTPField("Authorization", token.reveal())) }
        let request = HTTPRequest(
            .get, endpoint.endpoint, path: endpoint.path, query: endpoint.query, headers: headers, timeout: .seconds(2))
        let requests = MetadataRequests(name: "ContainerCredentials", attempts: 3, wait: .seconds(1), services: services)
        let response = try await services.naming("the container's credentials (\(endpoint.origin))") {
            try await requests.send(request)
        }
        guard response.status == 200 else { throw failure("It answered with status \(response.status).") }
        guard let credentials = MetadataDocument.credentials(response.body) else {
            throw failure("Its answer is no JSON object with AccessKeyId, SecretAccessKey, Token and Expiration.")
        }
        return credentials
    }

    private func authorization() throws(Problem) -> Secret? {
        let token: Secret
        switch endpoint.authorization {
        case nil: return nil
        case .token(let value): token = value
        case .file(let path):
            // Read each time: EKS renews it.
            let data = FileManager.default.contents(atPath: services.absolute(path))
            guard let text = data.flatMap({ String(validating: $0, as: UTF8.self) })?.trimmed, !text.isEmpty else {
                throw Problem(
                    .badInput, "no-container-token", "There is no token in \(path)",
                    detail: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names that file, which must exist, be readable and hold the token.")
            }
            token = Secret(String(text))
        }
        guard !token.reveal().contains(where: \.isNewline) else {
            throw Problem(
                .badInput, "bad-container-token", "The token for the container's credentials holds a line break",
                detail: "AWS_CONTAINER_AUTHORIZATION_TOKEN or the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE must hold one line.")
        }
        return token
    }

    private func failure(_ reason: String) -> Problem {
        Problem(
            .failed, "container-credentials-failed", "The container's agent gave no credentials",
            detail: "\(endpoint.origin) leads to \(endpoint.endpoint.url)\(endpoint.path). \(reason)")
    }
}
