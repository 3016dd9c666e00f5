import Foundation
import Model

/// Asks a service beside this machine (a container's agent, an instance's metadata): few tries, short waits.
struct MetadataRequests: Sendable {
    /// How the log names it.
    var name: String
    var attempts: Int
    /// Between tries.
    var wait: Duration
    var services: CredentialServices

    /// Sends a request until there is an answer that says yes or no.
    ///
    /// Throws `TransportError` where none comes. An answer may still be one of a failing server, after the last try.
    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let clock = services.context.clock
        var attempt = 1
        while true {
            let start = clock.uptime()
            let isLast = attempt >= attempts
            func log(_ status: Int?, _ code: String?) {
                services.runtime.log(
                    RequestLogLine(
                        service: name, action: request.method.rawValue, region: request.endpoint.authority, status: status,
                        attempt: attempt, duration: clock.uptime() - start, requestID: nil,
                        outcome: code.map { .failure(code: $0, retryAfter: isLast ? nil : wait) } ?? .success))
            }
            do {
                let response = try await services.direct.send(request)
                let isFailing = response.status >= 500 || response.status == 429
                log(response.status, response.status == 200 ? nil : "HTTP\(response.status)")
                guard isFailing, !isLast else { return response }
            } catch let error as TransportError {
                log(nil, error.kind.rawValue)
                guard !isLast else { throw error }
            }
            attempt += 1
            try await clock.sleep(wait)
        }
    }
}

/// The document in which both kinds of service hand out credentials.
struct MetadataDocument: Decodable {
    /// `Success`, where the service says how it went.
    var code: String?
    var accessKeyID: String
    var secretAccessKey: String
    var token: String?
    var expiration: String?

    enum CodingKeys: String, CodingKey {
        case code = "Code"
        case accessKeyID = "AccessKeyId"
        case secretAccessKey = "SecretAccessKey"
        case token = "Token"
        case expiration = "Expiration"
    }

    /// `nil` where the document is none of these, or says that it failed.
    static func credentials(_ data: Data) -> Credentials? {
        guard let document = try? JSONDecoder().decode(Self.self, from: data), document.code ?? "Success" == "Success" else { return nil }
        let expiration = document.expiration.flatMap { Timestamp.date($0) }
        guard (expiration == nil) == (document.expiration == nil) else { return nil }
        return Credentials(
            accessKeyID: document.accessKeyID, secretAccessKey: Secret(document.secretAccessKey),
            sessionToken: document.token.map { Secret($0) }, expiration: expiration)
    }
}
