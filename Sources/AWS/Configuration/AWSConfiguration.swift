package import Model

/// Everything the environment and the shared files say about how to reach AWS: a pure function of them.
package struct AWSConfiguration: Sendable {
    package var profile: String
    /// `nil` where nothing names one.
    package var region: String?
    package var endpoints: EndpointSettings
    package var maxAttempts: Int
    package var retryMode: RetryMode
    /// A file of certificates to trust.
    package var caBundle: String?
    package var credentials: CredentialChoice

    /// Resolves the settings, in the SDKs' order: an argument, the environment, the profile.
    ///
    /// Throws `Problem` for a profile that does not exist and for settings that make no sense. Missing credentials and a
    /// missing region are no error here: not everything needs them.
    package init(
        environment: [String: String], files: SharedFiles, profile explicitProfile: String? = nil,
        region explicitRegion: String? = nil
    ) throws(Problem) {
        func variable(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        let named = explicitProfile ?? variable("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
        let profileName = named ?? "default"
        if named != nil, !files.profileNames.contains(profileName) {
            throw Self.unknownProfile(profileName, isArgument: explicitProfile != nil, files)
        }
        let settings = files.profile(profileName)
        self.profile = profileName
        region = explicitRegion ?? variable("AWS_REGION", "AWS_DEFAULT_REGION") ?? settings["region"]?.value
        endpoints = EndpointSettings(environment: environment, profileName: profileName, profile: settings, files: files)
        caBundle = variable("AWS_CA_BUNDLE") ?? settings["ca_bundle"]?.value
        maxAttempts = try Self.attempts(variable("AWS_MAX_ATTEMPTS") ?? settings["max_attempts"]?.value)
        retryMode = try Self.mode(variable("AWS_RETRY_MODE") ?? settings["retry_mode"]?.value)
        credentials = try CredentialChoice(
            environment: environment, files: files, profile: profileName, isProfileArgument: explicitProfile != nil)
        if let region { try Region.check(region, isCustom: Service.allCases.contains(where: endpoints.isCustom)) }
    }

    private static func unknownProfile(_ name: String, isArgument: Bool, _ files: SharedFiles) -> Problem {
        let known = files.profileNames
        let suggestion = nearestName(to: name, in: known).map { "Did you mean \($0)?" }
        let list = known.isEmpty ? "There are none." : "There are: \(known.joined(separator: ", "))."
        return Problem(
            .badInput, "unknown-profile", "There is no AWS profile \(name)",
            detail: [
                isArgument ? nil : "The environment's AWS_PROFILE names it.",
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
