import Synchronization

/// The providers of one command. Stacks that lead to one source share its credentials, so that nothing is asked for
/// twice: an MFA code counts only once.
package final class CredentialPool: Sendable {
    private struct Key: Hashable {
        var source: CredentialSource
        var endpoints: EndpointSettings
    }

    private let providers = Mutex<[Key: any CredentialProvider]>([:])

    package init() {}

    /// The provider of `source`, the same for the same source. Credentials count in all regions, so that of the first
    /// session to ask serves the others.
    func provider(of source: CredentialSource, _ services: CredentialServices) -> any CredentialProvider {
        providers.withLock { providers in
            let key = Key(source: source, endpoints: services.endpoints)
            if let known = providers[key] { return known }
            let provider = source.provider(services)
            providers[key] = provider
            return provider
        }
    }
}
