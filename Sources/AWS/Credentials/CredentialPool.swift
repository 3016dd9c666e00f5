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

    /// The provider of `source`, the same for the same source, also where it is one link of a chain. Credentials count in all
    /// regions, so that of the first session to ask serves the others.
    func provider(of source: CredentialSource, _ services: CredentialServices) -> any CredentialProvider {
        let key = Key(source: source, endpoints: services.endpoints)
        if let known = providers.withLock({ $0[key] }) { return known }
        // Not under the lock: what the source goes back to comes from here too.
        let made = source.provider(services, self)
        return providers.withLock { providers in
            let provider = providers[key] ?? made
            providers[key] = provider
            return provider
        }
    }
}
