import AWS
import Model
import OrderedCollections
import Project
import Synchronization
import Templates

/// Asks SSM and Secrets Manager for what the parameters of stacks take from there.
///
/// One for a command: stacks of the same profile share its connections. A stack's names are asked for at once, each only once.
final class ParameterFetcher: Sendable {
    /// Who asks, and where.
    private struct Access: Hashable {
        var profile: String?
        var region: String
        /// The role of stack.yml.
        var assumeRole: String?
    }

    private let context: Context
    private let profile: String?
    private let log: @Sendable (RequestLogLine) -> Void
    private let usesSandbox: Bool
    private let credentials: CredentialPool
    private let sessions = Mutex<[Access: AWSSession]>([:])

    /// - Parameter context: the surroundings in which AWS, or the sandbox, is reached.
    init(_ context: Context, _ options: AWSOptions, _ workspace: Workspace) {
        self.context = context
        profile = options.profile
        log = options.log(context)
        usesSandbox = workspace.usesSandbox
        credentials = workspace.credentials
    }

    /// The session for a stack. The sandbox knows no profiles, and everybody is the same in it.
    private func session(_ settings: StackSettings, region: String) throws -> AWSSession {
        let access = Access(
            profile: usesSandbox ? nil : profile ?? settings.profile, region: region, assumeRole: usesSandbox ? nil : settings.assumeRole)
        return try sessions.withLock { sessions in
            if let session = sessions[access] { return session }
            let session = try AWSSession(
                context: context, profile: access.profile, region: region, assumeRole: access.assumeRole, pool: credentials, log: log)
            sessions[access] = session
            return session
        }
    }

    /// Another account's parameters of the same names are not what is meant, and must not be asked for.
    private func requireAllowedAccount(_ settings: StackSettings, _ session: AWSSession) async throws {
        guard settings.allowedAccounts != nil else { return }
        let account = try await session.sts().getCallerIdentity().account
        if let refusal = StackSettings.accountFinding(settings.address, accountID: account, allowed: settings.allowedAccounts) {
            throw Problem(.refused, [refusal])
        }
    }

    /// Fetches the `ssm` and `secret` sources of a stack, and with them the stored values whose names can be told already.
    ///
    /// What one source fails by is a finding. Throws what makes every request fail: `AWSError`, `TransportError`, `Problem` where
    /// there are no credentials or the account is not allowed.
    func fetch(_ settings: StackSettings, _ template: Template, region: String) async throws -> FetchedParameters {
        var wanted: OrderedDictionary<ParameterSource, Located<String>> = [:]
        for (name, source) in settings.parameters where template.parameters[name] != nil && wanted[source.value] == nil {
            wanted[source.value] = Located(name, at: source.place)
        }
        var names: [String] = []
        var secrets: [String] = []
        for source in wanted.keys {
            switch source {
            case .ssm(let name): names.append(name)
            case .secret(let id, _) where !secrets.contains(id): secrets.append(id)
            default: break
            }
        }
        names += template.parameters.values.compactMap { $0.knownStoreName(settings, environment: context.environment) }

        var fetched = FetchedParameters(region: region)
        guard !names.isEmpty || !secrets.isEmpty else { return fetched }
        let session = try session(settings, region: region)
        try await requireAllowedAccount(settings, session)
        try await fetched.ask(for: names, session)
        let contents = try await Self.contents(of: secrets, session)
        for (source, parameter) in wanted { fetched.settle(source, for: parameter, contents) }
        return fetched
    }

    /// Fetches what the parameters of the types `AWS::SSM::Parameter::Value<…>` stand for, as far as it was not before.
    ///
    /// CloudFormation fetches these values itself, maybe by another role: what can't be had here is a warning. A NoEcho
    /// parameter's is left out, since nobody may see it.
    func storedValues(
        _ parameters: OrderedDictionary<String, ParameterValue>, _ settings: StackSettings, _ template: Template,
        _ fetched: FetchedParameters
    ) async throws -> (values: [String: String], findings: [Finding]) {
        var names: OrderedDictionary<String, String> = [:]
        for parameter in template.parameters.values where parameter.isStoreValue {
            if case .plain(let name)? = parameters[parameter.name] { names[parameter.name] = name }
        }
        var fetched = fetched
        let missing = names.values.filter { !fetched.asked.contains($0) }
        if !missing.isEmpty {
            let session = try session(settings, region: fetched.region)
            if fetched.asked.isEmpty { try await requireAllowedAccount(settings, session) }
            try await fetched.ask(for: missing, session)
        }
        var values: [String: String] = [:]
        var findings: [Finding] = []
        for (parameter, name) in names {
            if let stored = fetched.parameters.found[name], !stored.isSecure {
                values[parameter] = stored.value.reveal()
            } else {
                findings.append(fetched.storeFinding(name, for: parameter, settings, template))
            }
        }
        return (values, findings)
    }

    /// At most this many requests at a time.
    private static let concurrency = 8

    private static func contents(
        of secrets: [String], _ session: AWSSession
    ) async throws -> [String: Result<SecretContents, AWSError>] {
        guard !secrets.isEmpty else { return [:] }
        let client = try session.secretsManager()
        return try await withThrowingTaskGroup(of: (String, Result<SecretContents, AWSError>).self) { group in
            var waiting = secrets[...]
            func next() {
                guard let id = waiting.popFirst() else { return }
                group.addTask {
                    do {
                        return (id, .success(try await client.getSecretValue(id)))
                    } catch let error as AWSError where error.concernsWhatWasNamed {
                        return (id, .failure(error))
                    }
                }
            }
            for _ in 0..<concurrency { next() }
            var contents: [String: Result<SecretContents, AWSError>] = [:]
            for try await (id, result) in group {
                contents[id] = result
                next()
            }
            return contents
        }
    }
}

extension TemplateParameter {
    /// The name of the stored value, where it can be told before anything is fetched.
    fileprivate func knownStoreName(_ settings: StackSettings, environment: [String: String]) -> String? {
        guard isStoreValue, !noEcho else { return nil }
        switch settings.parameters[name]?.value {
        case nil: return defaultValue
        case .literal(let text)?: return text
        case .environment(let variable)?: return environment[variable]
        default: return nil
        }
    }
}
