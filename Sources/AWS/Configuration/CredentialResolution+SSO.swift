import Model

extension CredentialResolution {
    /// The role that a profile gets by SSO; `nil` where it names neither role nor account. Settings of the profile and of its
    /// session must not contradict each other.
    func sso(_ name: String) throws(Problem) -> SSOAccess? {
        let own = files.profile(name).mapValues(\.value).filter { !$0.value.isEmpty }
        guard own["sso_role_name"] != nil || own["sso_account_id"] != nil else { return nil }
        var all = own
        if let session = own["sso_session"] {
            guard let section = files.ssoSession(session) else {
                let suggestion = nearestName(to: session, in: files.ssoSessionNames).map { " Did you mean \($0)?" } ?? ""
                throw Problem(
                    .badInput, "unknown-sso-session", "There is no SSO session \(session)",
                    detail: "\(place(of: "sso_session", in: name).capitalizedAtStart) names it, but \(files.config.path) has no section "
                        + "[sso-session \(session)].\(suggestion)")
            }
            for (key, setting) in section.sorted(by: { $0.key < $1.key }) {
                if let other = own[key], other != setting.value {
                    throw Problem(
                        .badInput, "inconsistent-sso-session", "\(key) differs between the profile \(name) and its SSO session",
                        detail:
                            "\(place(of: key, in: name).capitalizedAtStart) has \(other), [sso-session \(session)] has \(setting.value). "
                            + "Remove it from the profile.")
                }
                all[key] = setting.value
            }
        }
        func required(_ key: String) throws(Problem) -> String {
            if let value = all[key], !value.isEmpty { return value }
            let missing = ["sso_account_id", "sso_region", "sso_role_name", "sso_start_url"].filter { all[$0]?.isEmpty ?? true }
            throw Problem(
                .badInput, "incomplete-sso", "The SSO settings of the profile \(name) are incomplete",
                detail: "\(place(of: own["sso_role_name"] != nil ? "sso_role_name" : "sso_account_id", in: name).capitalizedAtStart) "
                    + "lacks \(missing.joined(separator: ", ")). `aws configure sso` sets all of them.")
        }
        return SSOAccess(
            profile: name, session: own["sso_session"], startURL: try required("sso_start_url"), region: try required("sso_region"),
            accountID: try required("sso_account_id"), roleName: try required("sso_role_name"),
            cacheFolder: "\(SharedFiles.home(environment))/.aws/sso/cache")
    }
}
