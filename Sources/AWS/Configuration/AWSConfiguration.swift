package import Model

/// Everything the environment and the shared files say about how to reach AWS: a pure function of them.
package struct AWSConfiguration: Sendable {
    package var profile: String
    /// What names the profile: `--profile`, a variable; `nil` where nothing does and it is the default one.
    package var profileOrigin: String?
    /// `nil` where nothing names one.
    package var region: String?
    package var regionOrigin: String?
    package var endpoints: EndpointSettings
    package var maxAttempts: Int
    package var retryMode: RetryMode
    /// A file of certificates to trust.
    package var caBundle: String?
    /// A failure is told only when credentials are needed: not everything needs them.
    package var credentials: Result<CredentialSource, Problem>

    /// Resolves the settings, in the SDKs' order: an argument, the environment, the profile.
    ///
    /// Throws `Problem` for a profile that does not exist and for settings that make no sense. Missing credentials and a
    /// missing region are no error here: not everything needs them.
    package init(
        environment: [String: String], files: SharedFiles, profile explicitProfile: String? = nil,
        region explicitRegion: String? = nil
    ) throws(Problem) {
        func variable(_ names: String...) -> (name: String, value: String)? {
            names.lazy.compactMap { name in environment[name].map { (name, $0) } }.first { !$0.value.isEmpty }
        }
        // In botocore's order, which is not that of the region's variables.
        let named = explicitProfile.map { ("the argument", $0) } ?? variable("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
        let profileName = named?.1 ?? "default"
        if let named, !files.profileNames.contains(profileName) {
            throw Self.unknownProfile(profileName, variable: explicitProfile == nil ? named.0 : nil, files)
        }
        let settings = files.profile(profileName)
        self.profile = profileName
        profileOrigin = named?.0
        let region =
            explicitRegion.map { ("the argument", $0) } ?? variable("AWS_REGION", "AWS_DEFAULT_REGION")
            ?? settings["region"].map { ("the profile \(profileName)", $0.value) }
        self.region = region?.1
        regionOrigin = region?.0
        endpoints = EndpointSettings(environment: environment, profileName: profileName, profile: settings, files: files)
        endpoints.usesGlobalSTS = try GlobalSTS.isAskedFor(environment: environment, profile: settings)
        caBundle = variable("AWS_CA_BUNDLE")?.value ?? settings["ca_bundle"]?.value
        maxAttempts = try Self.attempts(variable("AWS_MAX_ATTEMPTS")?.value ?? settings["max_attempts"]?.value)
        retryMode = try Self.mode(variable("AWS_RETRY_MODE")?.value ?? settings["retry_mode"]?.value)
        let resolution = CredentialResolution(environment: environment, files: files, profile: profileName)
        credentials = Result { () throws(Problem) in try resolution.source(isProfileArgument: explicitProfile != nil) }
        if let region = self.region { try Region.check(region, isCustom: Service.allCases.contains(where: endpoints.isCustom)) }
    }

    /// Where credentials come from, the role of stack.yml included.
    func credentialSource(assumeRole: String?, environment: [String: String]) throws(Problem) -> CredentialSource {
        let source = try credentials.get()
        guard let assumeRole else { return source }
        if case .none = source { return source }
        let name = environment["AWS_ROLE_SESSION_NAME"].flatMap { $0.isEmpty ? nil : $0 }
        return .role(
            AssumedRole(
                arn: assumeRole, sessionName: name ?? AssumedRole.defaultSessionName(environment), origin: "assumeRole in stack.yml"),
            from: source)
    }

    private static func unknownProfile(_ name: String, variable: String?, _ files: SharedFiles) -> Problem {
        let known = files.profileNames
        let suggestion = nearestName(to: name, in: known).map { "Did you mean \($0)?" }
        let list = known.isEmpty ? "There are none." : "There are: \(known.joined(separator: ", "))."
        return Problem(
            .badInput, "unknown-profile", "There is no AWS profile \(name)",
            detail: [
                variable.map { "The environment's \($0) names it." },
                "Profiles are in \(files.config.path) and \(files.credentials.path).", suggestion ?? list,
            ].compactMap { $0 }.joined(separator: " "))
    }

    private static func attempts(_ text: String?) throws(Problem) -> Int {
        guard let text else { return 3 }
        guard let attempts = Int(text), (1...100).contains(attempts) else {
            throw Problem(
                .badInput, "bad-max-attempts", "AWS_MAX_ATTEMPTS or max_attempts is \"\(text)\"",
                detail: "It must be a whole number from 1 to 100: how often a request is sent at most.")
        }
        return attempts
    }

    private static func mode(_ text: String?) throws(Problem) -> RetryMode {
        guard let text else { return .standard }
        guard let mode = RetryMode(setting: text) else {
            throw Problem(
                .badInput, "bad-retry-mode", "AWS_RETRY_MODE or retry_mode is \"\(text)\"", detail: "It must be standard or adaptive.")
        }
        return mode
    }
}
