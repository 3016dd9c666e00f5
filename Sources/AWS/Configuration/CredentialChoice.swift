package import Model

/// Where the SDKs' order finds credentials.
package enum CredentialChoice: Hashable, Sendable {
    case environment(Credentials)
    /// Keys in a profile; `file` holds them.
    case sharedFile(Credentials, profile: String, file: String)
    /// A profile's `credential_process`.
    case process(command: String, profile: String)
    /// A source that pipeplan does not speak yet, by its name.
    case unsupported(String)
    /// Nowhere; the places that were looked at.
    case none(lookedAt: [String])

    /// Chooses from environment and files. A profile given as an argument wins over keys in the environment, one that the
    /// environment names does not (as botocore has it). Throws `Problem` where a source holds half of a key pair.
    package init(
        environment: [String: String], files: SharedFiles, profile name: String, isProfileArgument: Bool
    ) throws(Problem) {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

        if !isProfileArgument,
            let credentials = try Self.keys(
                in: "the environment", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", variable)
        {
            self = .environment(credentials)
            return
        }
        let settings = files.profile(name)
        func setting(_ name: String) -> String? { settings[name].flatMap { $0.value.isEmpty ? nil : $0.value } }

        if setting("role_arn") != nil {
            self = .unsupported("the role that the profile \(name) assumes (role_arn)")
        } else if !isProfileArgument, variable("AWS_WEB_IDENTITY_TOKEN_FILE") != nil, variable("AWS_ROLE_ARN") != nil {
            self = .unsupported("web identity (AWS_WEB_IDENTITY_TOKEN_FILE)")
        } else if setting("sso_session") != nil || setting("sso_start_url") != nil {
            self = .unsupported("the SSO session of the profile \(name)")
        } else if let credentials = try Self.keys(
            in: "the profile \(name)", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", setting)
        {
            let isInCredentials = files.credentials.sections[name]?["aws_access_key_id"] != nil
            self = .sharedFile(credentials, profile: name, file: isInCredentials ? files.credentials.path : files.config.path)
        } else if let command = setting("credential_process") {
            self = .process(command: command, profile: name)
        } else if variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != nil
            || variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") != nil
        {
            self = .unsupported("the container's credentials (AWS_CONTAINER_CREDENTIALS_…)")
        } else {
            self = .none(
                lookedAt: [
                    isProfileArgument ? nil : "AWS_ACCESS_KEY_ID in the environment",
                    "the profile \(name) in \(files.credentials.path)",
                    "and in \(files.config.path)",
                ].compactMap { $0 })
        }
    }

    private static func keys(
        in place: String, _ keyName: String, _ secretName: String, _ tokenName: String, _ look: (String) -> String?
    ) throws(Problem) -> Credentials? {
        switch (look(keyName), look(secretName)) {
        case (let key?, let secret?):
            return Credentials(
                accessKeyID: key, secretAccessKey: Secret(secret), sessionToken: look(tokenName).map { Secret($0) })
        case (nil, nil): return nil
        case (let key, _):
            throw Problem(
                .badInput, "partial-credentials", "Half of the AWS credentials is missing",
                detail: "In \(place) there is \(key == nil ? secretName : keyName), but no \(key == nil ? keyName : secretName).")
        }
    }
}

extension CredentialChoice {
    /// The provider that gives what was chosen.
    package func provider(context: Context) -> any CredentialProvider {
        switch self {
        case .environment(let credentials): FixedCredentials(credentials, source: "the environment (AWS_ACCESS_KEY_ID)")
        case .sharedFile(let credentials, let profile, let file):
            FixedCredentials(credentials, source: "the profile \(profile) in \(file)")
        case .process(let command, let profile):
            CredentialCache(ProcessCredentials(command: command, profile: profile, context: context), now: context.clock.now)
        case .unsupported(let source):
            MissingCredentials(
                Problem(
                    .badInput, "unsupported-credentials", "Credentials from \(source) are not supported",
                    detail: "`eval \"$(aws configure export-credentials --format env)\"` hands them over in the environment."))
        case .none(let lookedAt):
            MissingCredentials(
                Problem(
                    .badInput, "no-credentials", "There are no AWS credentials",
                    detail: "Looked at \(lookedAt.joined(separator: ", ")). "
                        + "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with AWS_PROFILE."))
        }
    }
}
