import Foundation
import Model

/// Where credentials come from, by environment and shared files: a value, which nothing has been asked for yet.
package indirect enum CredentialSource: Hashable, Sendable {
    case environment(Credentials)
    /// Keys in a profile; `file` holds them.
    case sharedFile(Credentials, profile: String, file: String)
    /// A profile's `credential_process`.
    case process(command: String, profile: String)
    case webIdentity(WebIdentity)
    case sso(SSOAccess)
    case role(AssumedRole, from: CredentialSource)
    case container(ContainerEndpoint)
    case instanceMetadata(InstanceMetadata)
    /// Nowhere; the places that were looked at.
    case none(lookedAt: [String])
}

extension CredentialSource {
    /// What the user knows each link of the chain by: the one that signs first, then what gives it, and so on.
    package var links: [String] {
        switch self {
        case .environment: ["the environment (AWS_ACCESS_KEY_ID)"]
        case .sharedFile(_, let profile, let file): ["the keys of the profile \(profile) in \(file)"]
        case .process(_, let profile): ["credential_process of the profile \(profile)"]
        case .webIdentity(let identity): [identity.name]
        case .sso(let access): [access.name]
        case .role(let role, let source): [role.name] + source.links
        case .container(let endpoint): ["the container's credentials (\(endpoint.origin))"]
        case .instanceMetadata(let metadata): ["the instance metadata service at \(metadata.endpoint.url)"]
        case .none: []
        }
    }

    /// The provider that gives what was chosen.
    /// - Parameter pool: has those of the sources that this one goes back to.
    func provider(_ services: CredentialServices, _ pool: CredentialPool) -> any CredentialProvider {
        let now = services.context.clock.now
        switch self {
        case .environment(let credentials), .sharedFile(let credentials, _, _):
            return FixedCredentials(credentials, origin: links[0], now: now)
        case .process(let command, let profile):
            return CredentialCache(ProcessCredentials(command: command, profile: profile, context: services.context), now: now)
        case .webIdentity(let identity):
            return CredentialCache(WebIdentityCredentials(identity: identity, services: services), now: now)
        case .sso(let access):
            return CredentialCache(SSOCredentials(access: access, services: services), now: now)
        case .role(let role, let source):
            let provider = RoleCredentials(role: role, source: pool.provider(of: source, services), services: services)
            return CredentialCache(provider, needsSomebody: role.mfaSerial != nil, now: now)
        case .container(let endpoint):
            return CredentialCache(ContainerCredentials(endpoint: endpoint, services: services), now: now)
        case .instanceMetadata(let metadata):
            return CredentialCache(InstanceCredentials(metadata: metadata, services: services), now: now)
        case .none(let lookedAt):
            return MissingCredentials(Self.noCredentials(lookedAt: lookedAt))
        }
    }
}

/// What providers of credentials reach the outside with.
struct CredentialServices: Sendable {
    var context: Context
    /// Where STS is asked.
    var region: String
    var endpoints: EndpointSettings
    /// Of the session, without credentials.
    var runtime: ClientRuntime
    /// For addresses of this machine and its host, which no proxy leads to.
    var direct: HTTPTransport

    /// A client that signs with `credentials`, or not at all. Throws `Problem` for a region or an address that is none.
    func client(_ service: Service, region: String, signedWith credentials: (any CredentialProvider)?) throws(Problem)
        -> ServiceClient
    {
        var runtime = runtime
        runtime.credentials = credentials
        return try ServiceClient(service, region: region, endpoints, runtime)
    }

    /// Has a failure say what the credentials were to come from.
    func naming<Value>(_ source: String, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let failure as CredentialFailure {
            throw failure  // It names the link that broke, which is further down.
        } catch let failure as any RequestFailure {
            throw CredentialFailure(source: source, cause: failure)
        }
    }

    /// A path as the environment or a file has it, made absolute.
    func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(context.workingDirectory)/\(path)"
    }
}
