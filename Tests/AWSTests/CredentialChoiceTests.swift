import Foundation
import Model
import Testing

@testable import AWS

/// One environment with its files, and what is to be chosen in it.
private struct Situation: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var environment: [String: String] = [:]
    var config = ""
    var credentials = ""
    /// As `--profile` gives it.
    var profile: String?
    /// botocore's name of the kind of source, and the access key without its number; `nil` where there are none.
    var choice: Choice?

    struct Choice: Equatable, Sendable {
        var method: String
        var key: String
    }

    init(
        _ name: String, _ environment: [String: String] = [:], config: String = "", credentials: String = "", profile: String? = nil,
        _ method: String? = nil, _ key: String = ""
    ) {
        testDescription = name
        self.environment = environment
        self.config = config
        self.credentials = credentials
        self.profile = profile
        choice = method.map { Choice(method: $0, key: key) }
    }
}

private func keys(_ name: String) -> String { "aws_access_key_id = \(name)\naws_secret_access_key = secret/\(name)\n" }

private let environmentKeys = ["AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "secret/AKIDENV"]
private let off = ["AWS_EC2_METADATA_DISABLED": "true"]
private let base = "[base]\n" + keys("AKIDBASE")
private let tool = #"credential_process = echo '{"Version": 1, "AccessKeyId": "AKIDTOOL", "SecretAccessKey": "secret/AKIDTOOL"}'"# + "\n"
private let role = "role_arn = arn:aws:iam::123456789012:role/"
private let session =
    "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n"
private let sso = "sso_account_id = 123456789012\nsso_role_name = Admin\n"
private let legacy = "sso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n" + sso
private let web = ["AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/web-token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod"]
private let container = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "PEER/container"]

private let situations: [Situation] = [
    // The environment
    Situation("keys in the environment", environmentKeys, "env", "AKIDENV"),
    Situation("with a session token", environmentKeys.with("AWS_SESSION_TOKEN", "token/AKIDENV"), "env", "AKIDENV"),
    Situation("with the token's old name", environmentKeys.with("AWS_SECURITY_TOKEN", "token/AKIDENV"), "env", "AKIDENV"),
    Situation("keys and AWS_PROFILE", environmentKeys.with("AWS_PROFILE", "base"), credentials: base, "env", "AKIDENV"),
    Situation("keys and --profile", environmentKeys, credentials: base, profile: "base", "shared-credentials-file", "AKIDBASE"),
    Situation("a key without its secret", ["AWS_ACCESS_KEY_ID": "AKIDENV"], credentials: "[default]\n" + keys("AKIDFILE")),
    Situation(
        "a secret without its key", ["AWS_SECRET_ACCESS_KEY": "x"], credentials: "[default]\n" + keys("AKIDFILE"),
        "shared-credentials-file", "AKIDFILE"),
    Situation("keys that have expired", environmentKeys.with("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")),
    Situation(
        "keys that expire later", environmentKeys.with("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z"), "env", "AKIDENV"),
    Situation("nothing", off),
    // The files
    Situation(
        "the default profile of the credentials file", credentials: "[default]\n" + keys("AKIDFILE"), "shared-credentials-file", "AKIDFILE"),
    Situation("that of the config file", config: "[default]\n" + keys("AKIDCONF"), "config-file", "AKIDCONF"),
    Situation(
        "both", config: "[default]\n" + keys("AKIDCONF"), credentials: "[default]\n" + keys("AKIDFILE"), "shared-credentials-file",
        "AKIDFILE"),
    Situation("AWS_PROFILE", ["AWS_PROFILE": "conf"], config: "[profile conf]\n" + keys("AKIDCONF"), "config-file", "AKIDCONF"),
    Situation(
        "AWS_PROFILE and AWS_DEFAULT_PROFILE", ["AWS_PROFILE": "base", "AWS_DEFAULT_PROFILE": "other"],
        credentials: base + "[other]\n" + keys("AKIDOTHER"), "shared-credentials-file", "AKIDOTHER"),
    Situation("a profile that is not there, and keys", environmentKeys.with("AWS_PROFILE", "none"), credentials: base),
    Situation("a key without its secret in a file", off, credentials: "[default]\naws_access_key_id = AKIDHALF\n"),
    Situation(
        "a pair of keys over two files", off, config: "[default]\naws_secret_access_key = secret/AKIDHALF\n",
        credentials: "[default]\naws_access_key_id = AKIDHALF\n"),
    Situation("credential_process", config: "[default]\n" + tool, "custom-process", "AKIDTOOL"),
    Situation(
        "credential_process and keys of the credentials file", config: "[default]\n" + tool, credentials: "[default]\n" + keys("AKIDFILE"),
        "shared-credentials-file", "AKIDFILE"),
    Situation(
        "credential_process and keys of the config file", config: "[default]\n" + tool + keys("AKIDCONF"), "custom-process", "AKIDTOOL"),
    // Roles
    Situation(
        "a role of another profile's keys", ["AWS_PROFILE": "dev"], config: "[profile dev]\n\(role)dev\nsource_profile = base\n",
        credentials: base, "assume-role", "ASIA.dev.by.AKIDBASE"),
    Situation(
        "a role of a role", config: "[profile a]\n\(role)a\nsource_profile = b\n[profile b]\n\(role)b\nsource_profile = base\n",
        credentials: base, profile: "a", "assume-role", "ASIA.a.by.b.by.AKIDBASE"),
    Situation(
        "a role with all that goes with it",
        config: """
            [profile mfa]
            \(role)mfa-external
            source_profile = base
            mfa_serial = arn:aws:iam::123456789012:mfa/me
            external_id = ext
            duration_seconds = 7200
            role_session_name = me@work
            """, credentials: base, profile: "mfa", "assume-role", "ASIA.mfa-external.by.AKIDBASE"),
    Situation(
        "a profile that is its own source", config: "[profile own]\n\(role)own\nsource_profile = own\n" + keys("AKIDOWN"), profile: "own",
        "assume-role", "ASIA.own.by.AKIDOWN"),
    Situation("one without keys", config: "[profile own]\n\(role)own\nsource_profile = own\n", profile: "own"),
    Situation(
        "profiles in a circle", config: "[profile a]\n\(role)a\nsource_profile = b\n[profile b]\n\(role)b\nsource_profile = a\n",
        profile: "a"),
    Situation(
        "a source with keys and a role",
        config: "[profile a]\n\(role)a\nsource_profile = b\n[profile b]\n\(role)b\nsource_profile = a\n" + keys("AKIDB"),
        profile: "a", "assume-role", "ASIA.a.by.AKIDB"),
    Situation("a source that is not there", config: "[profile a]\n\(role)a\nsource_profile = nowhere\n", profile: "a"),
    Situation(
        "a source without credentials", config: "[profile a]\n\(role)a\nsource_profile = b\n[profile b]\nregion = eu-west-1\n", profile: "a"
    ),
    Situation("a role without a source", environmentKeys, config: "[profile a]\n\(role)a\n", profile: "a"),
    Situation(
        "a role with two sources", config: "[profile a]\n\(role)a\nsource_profile = base\ncredential_source = Environment\n",
        credentials: base, profile: "a"),
    Situation(
        "credential_source Environment", environmentKeys, config: "[profile a]\n\(role)a\ncredential_source = Environment\n", profile: "a",
        "assume-role", "ASIA.a.by.AKIDENV"),
    Situation(
        "the same by AWS_PROFILE", environmentKeys.with("AWS_PROFILE", "a"),
        config: "[profile a]\n\(role)a\ncredential_source = Environment\n",
        "env", "AKIDENV"),
    Situation("the same without keys", config: "[profile a]\n\(role)a\ncredential_source = Environment\n", profile: "a"),
    Situation(
        "credential_source EcsContainer", container, config: "[profile a]\n\(role)a\ncredential_source = EcsContainer\n", profile: "a",
        "assume-role", "ASIA.a.by.container"),
    Situation(
        "credential_source Ec2InstanceMetadata", config: "[profile a]\n\(role)a\ncredential_source = Ec2InstanceMetadata\n", profile: "a",
        "assume-role", "ASIA.a.by.instance"),
    Situation("the same, turned off", off, config: "[profile a]\n\(role)a\ncredential_source = Ec2InstanceMetadata\n", profile: "a"),
    Situation("another credential_source", config: "[profile a]\n\(role)a\ncredential_source = environment\n", profile: "a"),
    Situation(
        "a role of a program's keys", config: "[profile a]\n\(role)a\nsource_profile = b\n[profile b]\n" + tool, profile: "a",
        "assume-role",
        "ASIA.a.by.AKIDTOOL"),
    Situation(
        "a role of an SSO profile", config: "[profile a]\n\(role)a\nsource_profile = b\n[profile b]\nsso_session = corp\n" + sso + session,
        profile: "a", "assume-role", "ASIA.a.by.sso.123456789012.Admin"),
    Situation(
        "a role of a web identity",
        config: "[profile a]\n\(role)a\nsource_profile = b\n[profile b]\n\(role)b\nweb_identity_token_file = HOME/web-token\n",
        profile: "a", "assume-role", "ASIA.a.by.web.b"),
    // Web identity
    Situation("web identity", web, "assume-role-with-web-identity", "ASIA.web.pod"),
    Situation(
        "web identity and a profile's keys", web, credentials: "[default]\n" + keys("AKIDFILE"), "assume-role-with-web-identity",
        "ASIA.web.pod"),
    Situation("web identity and --profile", web, credentials: base, profile: "base", "shared-credentials-file", "AKIDBASE"),
    Situation("web identity and keys", web.merging(environmentKeys) { $1 }, "env", "AKIDENV"),
    Situation(
        "web identity and a profile's role", web.with("AWS_PROFILE", "dev"), config: "[profile dev]\n\(role)dev\nsource_profile = base\n",
        credentials: base, "assume-role", "ASIA.dev.by.AKIDBASE"),
    Situation(
        "web identity of a profile", config: "[profile w]\n\(role)w\nweb_identity_token_file = HOME/web-token\n", profile: "w",
        "assume-role-with-web-identity", "ASIA.web.w"),
    Situation("web identity without a role", ["AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/web-token"]),
    Situation("web identity without a token", web.with("AWS_WEB_IDENTITY_TOKEN_FILE", "HOME/nowhere")),
    // SSO
    Situation(
        "SSO by a session", config: "[profile s]\nsso_session = corp\n" + sso + session, profile: "s", "sso", "ASIA.sso.123456789012.Admin"),
    Situation("SSO in the older form", config: "[profile s]\n" + legacy, profile: "s", "sso", "ASIA.sso.123456789012.Admin"),
    Situation(
        "SSO whose token is renewed", config: "[profile s]\nsso_session = stale\n" + sso + session.replacing("corp]", with: "stale]"),
        profile: "s",
        "sso", "ASIA.sso.123456789012.Admin"),
    Situation(
        "SSO whose token has expired", config: "[profile s]\n" + legacy.replacing("corp.", with: "old."), profile: "s"),
    Situation("SSO that nobody logged into", config: "[profile s]\n" + legacy.replacing("corp.", with: "new."), profile: "s"),
    Situation("SSO with a session that is not there", config: "[profile s]\nsso_session = crop\n" + sso + session, profile: "s"),
    Situation(
        "SSO that contradicts itself", config: "[profile s]\nsso_session = corp\nsso_region = us-east-1\n" + sso + session, profile: "s"),
    Situation("SSO without an account", config: "[profile s]\nsso_session = corp\nsso_role_name = Admin\n" + session, profile: "s"),
    Situation(
        "SSO and keys", config: "[profile s]\nsso_session = corp\n" + sso + session, credentials: "[s]\n" + keys("AKIDFILE"), profile: "s",
        "sso",
        "ASIA.sso.123456789012.Admin"),
    Situation(
        "a session without a role, and keys", config: "[profile s]\nsso_session = corp\n" + session,
        credentials: "[s]\n" + keys("AKIDFILE"),
        profile: "s", "shared-credentials-file", "AKIDFILE"),
    // What is beside the machine
    Situation("a container's credentials", container, "container-role", "ASIA.container"),
    Situation(
        "with a token",
        ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "PEER/container/authorized", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container token="],
        "container-role", "ASIA.container"),
    Situation(
        "with a token in a file, which wins",
        [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "PEER/container/authorized", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "another",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "HOME/container-token",
        ], "container-role", "ASIA.container"),
    Situation("a container's credentials from elsewhere", ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/container"]),
    Situation(
        "a container's credentials and a profile's", container, credentials: "[default]\n" + keys("AKIDFILE"), "shared-credentials-file",
        "AKIDFILE"),
    Situation("an instance's credentials", [:], "iam-role", "ASIA.instance"),
    Situation("an instance's, with --profile", config: "[profile a]\nregion = eu-west-1\n", profile: "a", "iam-role", "ASIA.instance"),
]

extension [String: String] {
    fileprivate func with(_ name: String, _ value: String) -> Self { merging([name: value]) { _, last in last } }
}

@Suite struct CredentialChoiceTests {
    private struct Question: Encodable {
        struct Case: Encodable {
            var environment: [String: String]
            var profile: String?
        }

        var base: [String: String]
        var cases: [Case]
    }

    private struct Answer: Decodable {
        var method: String?
        var key: String?
        var error: String?
    }

    /// The same environment and files, given to botocore and to pipeplan. What is signed is signed for a peer that checks it.
    @Test func `the same is chosen as botocore chooses`() async throws {
        let home = try CredentialHome()
        func writeTokens() throws {
            try home.writeSSOToken("corp", expiration: Date() + 7200)
            try home.writeSSOToken("https://corp.awsapps.com/start", expiration: Date() + 7200)
            try home.writeSSOToken("stale", expiration: Date() - 60)
            try home.writeSSOToken("https://old.awsapps.com/start", expiration: Date() - 60)
        }
        let cases = try situations.enumerated().map { number, situation in
            try home.write(situation.config, to: "\(number)/config")
            try home.write(situation.credentials, to: "\(number)/credentials")
            let environment = situation.environment.merging([
                "AWS_CONFIG_FILE": "HOME/\(number)/config", "AWS_SHARED_CREDENTIALS_FILE": "HOME/\(number)/credentials",
            ]) { _, last in last }
            return Question.Case(environment: environment.mapValues(home.filled), profile: situation.profile)
        }
        try writeTokens()
        let theirs: [Answer] = try await Python.ask("choices.py", Question(base: home.environment(), cases: cases))
        #expect(theirs.count == situations.count && theirs.count >= 25)
        try writeTokens()
        for ((situation, one), theirs) in zip(zip(situations, cases), theirs) {
            let expected = theirs.method.map { Situation.Choice(method: $0, key: theirs.key ?? "") }
            #expect(situation.choice == expected, "botocore, \(situation.testDescription): \(theirs)")
            let ours = try await choice(one, home)
            #expect(ours == expected, "\(situation.testDescription)")
        }
    }

    private func choice(_ one: Question.Case, _ home: CredentialHome) async throws -> Situation.Choice? {
        let typed = Terminal(
            write: { _ in }, writeError: { _ in }, readLine: { CredentialHome.mfaCode }, isInteractive: true, outputIsTerminal: false,
            errorIsTerminal: false, columns: nil)
        do {
            let session = try home.session(one.environment, profile: one.profile, terminal: typed)
            let key = try await session.sts().getCallerIdentity().userID
            let environment = home.environment(one.environment)
            let files = try SharedFiles.read(environment: environment, workingDirectory: "/")
            let source = try AWSConfiguration(environment: environment, files: files, profile: one.profile).credentials.get()
            return Situation.Choice(method: source.method, key: key.stem)
        } catch is Problem {
            return nil
        }
    }
}

extension CredentialSource {
    /// botocore's name for it.
    fileprivate var method: String {
        switch self {
        case .environment: "env"
        case .sharedFile(_, _, let file): file.hasSuffix("config") ? "config-file" : "shared-credentials-file"
        case .process: "custom-process"
        case .webIdentity: "assume-role-with-web-identity"
        case .sso: "sso"
        case .role: "assume-role"
        case .container: "container-role"
        case .instanceMetadata: "iam-role"
        case .none: "none"
        }
    }
}
