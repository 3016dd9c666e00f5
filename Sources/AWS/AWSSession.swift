package import Foundation
package import Model

/// The way into AWS for one command: settings and credentials, resolved once, and the clients that use them.
///
/// Clients of one session share its connections, credentials, retry quota, and what AWS has told of its clock and limits.
package struct AWSSession: Sendable {
    /// The region that requests go to unless a client is asked for another.
    package let region: String
    /// What names the region; `nil` where nothing does and it is the one to fall back on.
    package let regionOrigin: String?
    package let profile: String
    /// What names the profile; `nil` where nothing does.
    package let profileOrigin: String?
    /// Where the credentials come from, as the user knows it: the link that signs first, then what gives it, and so on.
    package let credentialLinks: [String]
    private let endpoints: EndpointSettings
    private let credentials: any CredentialProvider
    private let runtime: ClientRuntime

    /// Resolves settings from arguments, environment and shared files.
    ///
    /// Throws `Problem` (exit code 4) for an unknown profile, a region that is missing or none, and settings that make no
    /// sense. What is wrong with credentials is told when they are needed first.
    ///
    /// - Parameters:
    ///   - profile: wins over AWS_PROFILE and over keys in the environment.
    ///   - region: wins over AWS_REGION and the profile's.
    ///   - fallbackRegion: the region where nothing names one; `nil` has it missed.
    ///   - assumeRole: the ARN of a role to take on before any request, with the credentials that are found.
    ///   - pool: shares credentials with the sessions that are given the same.
    ///   - transport: what sends requests; libcurl where `nil`.
    ///   - log: is told of every try of every request, from any thread.
    package init(
        context: Context, profile: String? = nil, region: String? = nil, fallbackRegion: String? = nil, assumeRole: String? = nil,
        pool: CredentialPool = CredentialPool(), transport: HTTPTransport? = nil,
        log: @escaping @Sendable (RequestLogLine) -> Void = { _ in }
    ) throws(Problem) {
        let environment = context.environment
        let files = try SharedFiles.read(environment: environment, workingDirectory: context.workingDirectory)
        let configuration = try AWSConfiguration(environment: environment, files: files, profile: profile, region: region)
        guard let region = configuration.region ?? fallbackRegion else {
            throw Problem(
                .badInput, "no-region", "No AWS region is set",
                detail: "Name one as `region` in stack.yml, in AWS_REGION, or in the profile \(configuration.profile).")
        }
        self.region = region
        regionOrigin = configuration.regionOrigin
        self.profile = configuration.profile
        profileOrigin = configuration.profileOrigin
        endpoints = configuration.endpoints
        func curl(_ proxies: ProxySettings) -> HTTPTransport {
            transport ?? .curl(CurlTransport.Settings(proxies: proxies, caBundle: configuration.caBundle))
        }
        let runtime = ClientRuntime(
            transport: curl(ProxySettings(environment: environment)), credentials: nil,
            policy: RetryPolicy(maxAttempts: configuration.maxAttempts), state: SharedClientState(configuration.retryMode),
            clock: context.clock, randomBytes: context.randomBytes, log: log)
        self.runtime = runtime
        do {
            let source = try configuration.credentialSource(assumeRole: assumeRole, environment: environment)
            credentialLinks = source.links
            credentials = pool.provider(
                of: source,
                CredentialServices(
                    context: context, region: region, endpoints: configuration.endpoints, runtime: runtime,
                    direct: curl(ProxySettings())))
        } catch {
            credentialLinks = []
            credentials = MissingCredentials(error)
        }
    }

    /// When the credentials expire; `nil` for those that don't. Throws what keeps them from being there.
    package func credentialExpiration() async throws -> Date? {
        try await credentials.credentials().expiration
    }

    /// CloudFormation in the session's region or another. Throws `Problem` for a region or an address that is none.
    package func cloudFormation(region: String? = nil) throws(Problem) -> CloudFormationClient {
        CloudFormationClient(client: try client(.cloudFormation, region))
    }

    package func sts(region: String? = nil) throws(Problem) -> STSClient {
        STSClient(client: try client(.sts, region))
    }

    package func s3(region: String? = nil) throws(Problem) -> S3Client {
        S3Client(client: try client(.s3, region))
    }

    package func ssm(region: String? = nil) throws(Problem) -> SSMClient {
        SSMClient(client: try client(.ssm, region))
    }

    package func secretsManager(region: String? = nil) throws(Problem) -> SecretsManagerClient {
        SecretsManagerClient(client: try client(.secretsManager, region))
    }

    package func cloudControl(region: String? = nil) throws(Problem) -> CloudControlClient {
        CloudControlClient(client: try client(.cloudControl, region))
    }

    private func client(_ service: Service, _ region: String?) throws(Problem) -> ServiceClient {
        let region = region ?? self.region
        var runtime = runtime
        runtime.credentials = credentials
        return try ServiceClient(service, region: region, endpoints, runtime)
    }
}
