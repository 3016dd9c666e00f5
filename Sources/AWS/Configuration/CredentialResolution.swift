import Model

/// Chooses where credentials come from, in the order of the AWS CLI: a pure function of environment and shared files.
///
/// The order: keys in the environment; a role that the profile takes on; web identity; SSO; keys of the credentials file;
/// `credential_process`; keys of the config file; the container's credentials; the instance's. A profile given as an argument
/// wins over what the environment says of credentials, one that the environment names does not.
struct CredentialResolution {
    let environment: [String: String]
    let files: SharedFiles
    /// The session's profile, which says how the instance metadata service is reached.
    let profile: String

    /// Throws `Problem` where what is chosen is incomplete or leads nowhere.
    func source(isProfileArgument: Bool) throws(Problem) -> CredentialSource {
        if !isProfileArgument, let credentials = try environmentKeys() { return .environment(credentials) }
        if isRole(profile) { return try role(of: profile, visited: [profile]) }
        if let source = try profileSource(profile, readsEnvironment: !isProfileArgument) { return source }
        if let endpoint = try ContainerEndpoint(environment: environment) { return .container(endpoint) }
        let lookedAt = [
            isProfileArgument ? nil : "AWS_ACCESS_KEY_ID in the environment", "the profile \(profile) in \(files.credentials.path)",
            "in \(files.config.path)",
        ].compactMap { $0 }
        guard !InstanceMetadata.isDisabled(environment) else { return .none(lookedAt: lookedAt) }
        return .instanceMetadata(
            try InstanceMetadata(environment: environment, profile: files.profile(profile), lookedAt: lookedAt))
    }

    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    func setting(_ name: String, of profile: String) -> String? {
        files.profile(profile)[name].flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// `the profile dev in ~/.aws/config`, by the file that has the setting.
    func place(of setting: String, in profile: String) -> String {
        let isInCredentials = files.credentials.sections[profile]?[setting] != nil
        return "the profile \(profile) in \(isInCredentials ? files.credentials.path : files.config.path)"
    }

    func environmentKeys() throws(Problem) -> Credentials? {
        guard
            var credentials = try keys(
                in: "the environment", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", ["AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"], variable)
        else { return nil }
        if let text = variable("AWS_CREDENTIAL_EXPIRATION") {
            guard let expiration = Timestamp.date(text) else {
                throw Problem(
                    .badInput, "bad-expiration", "AWS_CREDENTIAL_EXPIRATION is no time",
                    detail: "It must be written by ISO 8601, such as 2026-01-31T12:00:00Z.")
            }
            credentials.expiration = expiration
        }
        return credentials
    }

    /// What a profile holds itself, without a role that it takes on with others' credentials.
    func profileSource(_ name: String, readsEnvironment: Bool) throws(Problem) -> CredentialSource? {
        if let identity = try webIdentity(name, readsEnvironment: readsEnvironment) { return .webIdentity(identity) }
        if let access = try sso(name) { return .sso(access) }
        if let source = try keys(in: files.credentials, section: files.credentials.sections[name], profile: name) { return source }
        if setting("login_session", of: name) != nil {
            throw Problem(
                .badInput, "unsupported-credentials", "Credentials of `aws login` are not supported",
                detail: "\(place(of: "login_session", in: name).capitalizedAtStart) has login_session. "
                    + "`eval \"$(aws configure export-credentials --format env)\"` hands them over in the environment.")
        }
        if let command = setting("credential_process", of: name) { return .process(command: command, profile: name) }
        return try keys(in: files.config, section: files.configProfile(name), profile: name)
    }

    private func keys(in file: SharedFile, section: [String: SharedFile.Setting]?, profile: String) throws(Problem) -> CredentialSource? {
        guard let section else { return nil }
        let credentials = try keys(
            in: "the profile \(profile) in \(file.path)", "aws_access_key_id", "aws_secret_access_key",
            ["aws_security_token", "aws_session_token"]
        ) { name in section[name].flatMap { $0.value.isEmpty ? nil : $0.value } }
        return credentials.map { .sharedFile($0, profile: profile, file: file.path) }
    }

    /// A secret alone says nothing, as botocore has it; an access key alone is a mistake.
    private func keys(
        in place: String, _ keyName: String, _ secretName: String, _ tokenNames: [String], _ look: (String) -> String?
    ) throws(Problem) -> Credentials? {
        guard let key = look(keyName) else { return nil }
        guard let secret = look(secretName) else {
            throw Problem(
                .badInput, "partial-credentials", "Half of the AWS credentials is missing",
                detail: "In \(place) there is \(keyName), but no \(secretName). Add it, or remove \(keyName).")
        }
        return Credentials(
            accessKeyID: key, secretAccessKey: Secret(secret),
            sessionToken: tokenNames.lazy.compactMap(look).first.map { Secret($0) })
    }

    /// Settings of the environment win over the profile's, each for itself.
    private func webIdentity(_ name: String, readsEnvironment: Bool) throws(Problem) -> WebIdentity? {
        func value(_ variableName: String, _ settingName: String) -> (text: String, origin: String)? {
            if readsEnvironment, let text = variable(variableName) { return (text, variableName) }
            return setting(settingName, of: name).map { ($0, "\(settingName) of \(place(of: settingName, in: name))") }
        }
        guard let file = value("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file") else { return nil }
        guard let role = value("AWS_ROLE_ARN", "role_arn") else {
            throw Problem(
                .badInput, "web-identity-without-role", "The role to take on by web identity is not named",
                detail: "\(file.origin) names a token, but nothing names a role: set "
                    + (readsEnvironment ? "AWS_ROLE_ARN, or role_arn in the profile \(name)." : "role_arn in the profile \(name)."))
        }
        return WebIdentity(
            tokenFile: file.text, roleArn: role.text,
            sessionName: value("AWS_ROLE_SESSION_NAME", "role_session_name")?.text ?? AssumedRole.defaultSessionName(environment),
            origin: file.origin)
    }
}

extension CredentialSource {
    /// The problem that nothing has credentials.
    static func noCredentials(lookedAt: [String], reason: String? = nil) -> Problem {
        let places = lookedAt.dropLast().joined(separator: ", ") + (lookedAt.count > 1 ? ", and " : "") + (lookedAt.last ?? "")
        return Problem(
            .badInput, "no-credentials", "There are no AWS credentials",
            detail: "Looked at \(places). \(reason.map { "\($0) " } ?? "")"
                + "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with AWS_PROFILE.")
    }
}

extension String {
    /// As the first words of a sentence.
    var capitalizedAtStart: String { prefix(1).uppercased() + dropFirst() }
}
