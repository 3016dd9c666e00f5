import Model

extension CredentialResolution {
    /// Whether a profile takes on a role with other credentials; with a token of web identity it is no such role.
    func isRole(_ name: String) -> Bool {
        setting("role_arn", of: name) != nil && setting("web_identity_token_file", of: name) == nil
    }

    /// The role of a profile, and the chain of sources that its credentials come from.
    /// - Parameter visited: the profiles on the way here, this one last.
    func role(of name: String, visited: [String]) throws(Problem) -> CredentialSource {
        let place = place(of: "role_arn", in: name)
        let role = AssumedRole(
            arn: setting("role_arn", of: name) ?? "",
            sessionName: setting("role_session_name", of: name) ?? AssumedRole.defaultSessionName(environment),
            externalID: setting("external_id", of: name), mfaSerial: setting("mfa_serial", of: name),
            durationSeconds: try duration(of: name), origin: place)
        switch (setting("source_profile", of: name), setting("credential_source", of: name)) {
        case (let source?, nil): return .role(role, from: try sourceProfile(source, of: name, visited))
        case (nil, let source?): return .role(role, from: try named(source, of: name))
        case (nil, nil):
            throw Problem(
                .badInput, "role-without-source", "Nothing says with which credentials the role of the profile \(name) is taken on",
                detail: "\(place.capitalizedAtStart) has role_arn: add source_profile (another profile) or credential_source "
                    + "(\(Self.sources.joined(separator: ", "))).")
        case (_?, _?):
            throw Problem(
                .badInput, "ambiguous-role-source", "The profile \(name) has both source_profile and credential_source",
                detail: "\(place.capitalizedAtStart) may have only one of them: remove the other.")
        }
    }

    private func duration(of name: String) throws(Problem) -> Int? {
        guard let text = setting("duration_seconds", of: name) else { return nil }
        guard let seconds = Int(text), seconds > 0 else {
            throw Problem(
                .badInput, "bad-duration", "duration_seconds of the profile \(name) is \"\(text)\"",
                detail: "In \(place(of: "duration_seconds", in: name)) it must be a whole number of seconds, such as 3600.")
        }
        return seconds
    }

    private static let sources = ["Environment", "EcsContainer", "Ec2InstanceMetadata"]

    private func named(_ source: String, of name: String) throws(Problem) -> CredentialSource {
        let place = place(of: "credential_source", in: name)
        switch source {
        case "Environment":
            if let credentials = try environmentKeys() { return .environment(credentials) }
        case "EcsContainer":
            if let endpoint = try ContainerEndpoint(environment: environment) { return .container(endpoint) }
        case "Ec2InstanceMetadata":
            if !InstanceMetadata.isDisabled(environment) {
                return .instanceMetadata(try InstanceMetadata(environment: environment, profile: files.profile(profile)))
            }
        default:
            let suggestion = nearestName(to: source, in: Self.sources).map { " Did you mean \($0)?" } ?? ""
            throw Problem(
                .badInput, "unknown-credential-source", "There is no credential_source \(source)",
                detail: "\(place.capitalizedAtStart) names it. Known are \(Self.sources.joined(separator: ", ")).\(suggestion)")
        }
        let missing =
            switch source {
            case "Environment": "AWS_ACCESS_KEY_ID is not set"
            case "EcsContainer": "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set"
            default: "AWS_EC2_METADATA_DISABLED turns it off"
            }
        throw Problem(
            .badInput, "empty-credential-source", "credential_source of the profile \(name) has no credentials",
            detail: "\(place.capitalizedAtStart) takes them from \(source), but \(missing).")
    }

    private func sourceProfile(_ source: String, of name: String, _ visited: [String]) throws(Problem) -> CredentialSource {
        let place = place(of: "source_profile", in: name)
        guard files.profileNames.contains(source) else {
            let suggestion = nearestName(to: source, in: files.profileNames).map { " Did you mean \($0)?" } ?? ""
            throw Problem(
                .badInput, "unknown-profile", "There is no AWS profile \(source)",
                detail: "source_profile of \(place) names it.\(suggestion)")
        }
        // A profile may be its own source: it then takes on its role with its own keys.
        let hasKeys = ["aws_access_key_id", "aws_secret_access_key"].contains { setting($0, of: source) != nil }
        guard !visited.contains(source) || (source == name && hasKeys) else {
            throw Problem(
                .badInput, "source-profile-loop", "The source_profile of \(place) leads back to the profile \(source)",
                detail:
                    "The chain is \((visited + [source]).joined(separator: " → ")). It must end at a profile with credentials of its own.")
        }
        if !hasKeys, isRole(source) { return try role(of: source, visited: visited + [source]) }
        guard let found = try profileSource(source, readsEnvironment: false) else {
            throw Problem(
                .badInput, "empty-source-profile", "The profile \(source) has no credentials",
                detail: "source_profile of \(place) names it. Give it keys, credential_process, SSO settings or a role of its own.")
        }
        return found
    }
}
