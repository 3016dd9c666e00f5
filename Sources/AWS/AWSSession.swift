import Foundation
package import Model

/// The way into AWS for one command: settings and credentials, resolved once, and the clients that use them.
///
/// Clients of one session share its connections, credentials, retry quota, and what AWS has told of its clock and limits.
package struct AWSSession: Sendable {
    /// The region that requests go to unless a client is asked for another.
    package let region: String
    package let profile: String
    /// Where the credentials come from, as the user knows it.
    package let credentialSource: String
    private let endpoints: EndpointSettings
    private let runtime: ClientRuntime

    /// Resolves settings from arguments, environment and shared files.
    ///
    /// Throws `Problem` (exit code 4) for an unknown profile, a region that is missing or none, and settings that make no
    /// sense. Missing credentials are told when they are needed first.
    ///
    /// - Parameters:
    ///   - profile: wins over AWS_PROFILE and over keys in the environment.
    ///   - region: wins over AWS_REGION and the profile's.
    ///   - transport: what sends requests; libcurl where `nil`.
    ///   - log: is told of every try of every request, from any thread.
    package init(
        context: Context, profile: String? = nil, region: String? = nil, transport: HTTPTransport? = nil,
        log: @escaping @Sendable (RequestLogLine) -> Void = { _ in }
    ) throws(Problem) {
        let files = try SharedFiles.read(environment: context.environment, workingDirectory: context.workingDirectory)
        let configuration = try AWSConfiguration(environment: context.environment, files: files, profile: profile, region: region)
        guard let region = configuration.region else {
            throw Problem(
                .badInput, "no-region", "No AWS region is set",
                detail: "Name one as `region` in stack.yml, in AWS_REGION, or in the profile \(configuration.profile).")
        }
        let provider = configuration.credentials.provider(context: context)
        self.region = region
        self.profile = configuration.profile
        credentialSource = provider.source
        endpoints = configuration.endpoints
        runtime = ClientRuntime(
            transport: transport
                ?? .curl(
                    CurlTransport.Settings(
                        proxies: ProxySettings(environment: context.environment), caBundle: configuration.caBundle)),
            credentials: provider, policy: RetryPolicy(maxAttempts: configuration.maxAttempts),
            state: SharedClientState(configuration.retryMode),
            clock: context.clock, randomBytes: context.randomBytes, log: log)
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

    private func client(_ service: Service, _ region: String?) throws(Problem) -> ServiceClient {
        let region = region ?? self.region
        try Region.check(region, isCustom: endpoints.isCustom(service))
        return ServiceClient(
            service: service, region: region, endpoint: try endpoints.endpoint(service, region: region), runtime: runtime)
    }
}
