import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import AWS

private let config = """
    [profile dev]
    role_arn = arn:aws:iam::123456789012:role/dev
    source_profile = base
    [profile chain]
    role_arn = arn:aws:iam::123456789012:role/chain
    source_profile = dev
    [profile denied]
    role_arn = arn:aws:iam::123456789012:role/denied
    source_profile = dev
    [profile mfa]
    role_arn = arn:aws:iam::123456789012:role/mfa
    source_profile = base
    mfa_serial = arn:aws:iam::123456789012:mfa/me
    [profile sso]
    sso_session = corp
    sso_account_id = 123456789012
    sso_role_name = Admin
    [profile unassigned]
    sso_session = corp
    sso_account_id = 123456789012
    sso_role_name = Unassigned
    [sso-session corp]
    sso_start_url = https://corp.awsapps.com/start
    sso_region = eu-west-1

    """
private let credentials = "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = secret/AKIDBASE\n"
private let container = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "PEER/container"]
private let web = [
    "AWS_WEB_IDENTITY_TOKEN_FILE": "web-token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod", "AWS_ROLE_SESSION_NAME": "job-7",
]

/// A clock that a test sets, and that passes when somebody waits.
private final class SetClock: Sendable {
    private let time = Mutex(noon)
    var now: Date { time.withLock { $0 } }
    func pass(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }

    var clock: Clock {
        Clock(now: { self.now }, uptime: { .zero }, sleep: { self.pass(TimeInterval($0.components.seconds)) })
    }
}

@Suite struct CredentialProviderTests {
    private let home: CredentialHome

    init() throws { home = try CredentialHome(config: config, credentials: credentials) }

    private func problem(_ body: () async throws -> some Any) async -> Problem? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? Problem ?? (error as? any RequestFailure)?.problem
        }
    }

    // Roles

    @Test func `a chain of roles is taken on link by link`() async throws {
        let session = try home.session(profile: "chain")
        #expect(try await session.sts().getCallerIdentity().userID.stem == "ASIA.chain.by.dev.by.AKIDBASE")
        #expect(
            session.credentialLinks.map { $0.replacing(home.folder.path, with: "~") } == [
                "the role arn:aws:iam::123456789012:role/chain of the profile chain in ~/.aws/config",
                "the role arn:aws:iam::123456789012:role/dev of the profile dev in ~/.aws/config",
                "the keys of the profile base in ~/.aws/credentials",
            ])
        let requests = try await home.requests()
        #expect(requests.map { $0.key?.stem } == ["AKIDBASE", "ASIA.dev.by.AKIDBASE", "ASIA.chain.by.dev.by.AKIDBASE"])
        #expect(requests.first?.parameters == ["RoleArn": "arn:aws:iam::123456789012:role/dev", "RoleSessionName": "pipeplan-ann"])
    }

    @Test func `the role of stack.yml is taken on with whatever was found`() async throws {
        let session = try home.session(
            ["AWS_ROLE_SESSION_NAME": "release-12"], profile: "dev", assumeRole: "arn:aws:iam::123456789012:role/deploy")
        let identity = try await session.sts().getCallerIdentity()
        #expect(identity.userID.stem == "ASIA.deploy.by.dev.by.AKIDBASE")
        #expect(identity.arn == "arn:aws:sts::123456789012:assumed-role/deploy/release-12")
        #expect(session.credentialLinks.first == "the role arn:aws:iam::123456789012:role/deploy of assumeRole in stack.yml")
    }

    @Test func `a role that is refused is told with the link it was for`() async throws {
        let told = try #require(await problem { try await home.session(profile: "denied").sts().getCallerIdentity() })
        #expect(told.findings.first?.code == "access-denied")
        #expect(
            told.findings.first?.detail.hasPrefix(
                "Credentials were to come from the role arn:aws:iam::123456789012:role/denied of the profile denied") == true)
        #expect(told.findings.first?.detail.contains("sts:AssumeRole") == true)
    }

    @Test func `a code is asked for once, for all sessions of a command`() async throws {
        let typed = TypedTerminal(answers: [" 987123 ", "000000"])
        let pool = CredentialPool()
        for _ in 0..<3 {
            let session = try home.session(profile: "mfa", terminal: typed.terminal(isInteractive: true), pool: pool)
            #expect(try await session.sts().getCallerIdentity().userID.stem == "ASIA.mfa.by.AKIDBASE")
        }
        #expect(typed.errors == "Enter MFA code for arn:aws:iam::123456789012:mfa/me: ")
        #expect(try await home.actions().count { $0 == "AssumeRole" } == 1)
    }

    @Test func `nor is it asked for again by another role that goes back to the same`() async throws {
        let typed = TypedTerminal(answers: ["987123"])
        let pool = CredentialPool()
        for role in ["one", "two"] {
            let session = try home.session(
                profile: "mfa", assumeRole: "arn:aws:iam::123456789012:role/\(role)", terminal: typed.terminal(isInteractive: true),
                pool: pool)
            #expect(try await session.sts().getCallerIdentity().userID.stem == "ASIA.\(role).by.mfa.by.AKIDBASE")
        }
        #expect(try await home.actions().count { $0 == "AssumeRole" } == 3)
    }

    @Test func `a wrong code is tried once`() async throws {
        let typed = TypedTerminal(answers: ["000000", "987123"])
        let session = try home.session(profile: "mfa", terminal: typed.terminal(isInteractive: true))
        #expect(await problem { try await session.sts().getCallerIdentity() }?.findings.first?.code == "access-denied")
        #expect(try await home.actions() == ["AssumeRole"])
    }

    @Test(arguments: [true, false]) func `without anybody to type a code it is said what to do`(_ isInteractive: Bool) async throws {
        let typed = TypedTerminal()
        let session = try home.session(profile: "mfa", terminal: typed.terminal(isInteractive: isInteractive))
        let told = await problem { try await session.sts().getCallerIdentity() }
        #expect(told?.findings.first?.code == "mfa-code-needed")
        #expect(told?.findings.first?.detail.contains("arn:aws:iam::123456789012:mfa/me") == true)
        #expect(try await home.actions().isEmpty)
    }

    // Web identity

    @Test func `a web identity's token is read again for each renewal`() async throws {
        let clock = SetClock()
        try await home.set("now", "\(clock.now.timeIntervalSince1970)")
        let session = try home.session(web, clock: clock.clock)
        #expect(try await session.sts().getCallerIdentity().arn == "arn:aws:sts::123456789012:assumed-role/pod/job-7")
        try home.write("another token", to: "web-token")
        clock.pass(3500)
        let told = await problem { try await session.sts().getCallerIdentity() }
        #expect(told?.findings.first?.code == "aws-error")
        try home.write(CredentialHome.webToken + "\n", to: "web-token")
        #expect(try await session.sts().getCallerIdentity().userID.hasSuffix(".g2"))
    }

    // SSO

    @Test func `an SSO token is renewed and kept for the AWS CLI`() async throws {
        try home.writeSSOToken("corp", expiration: Date() + 300)
        #expect(try await home.session(profile: "sso").sts().getCallerIdentity().userID.stem == "ASIA.sso.123456789012.Admin")
        #expect(try await home.session(profile: "sso").sts().getCallerIdentity().userID.stem == "ASIA.sso.123456789012.Admin")
        // The second session found the renewed token in the file.
        #expect(
            try await home.actions() == [
                "CreateToken", "GetRoleCredentials", "GetCallerIdentity", "GetRoleCredentials", "GetCallerIdentity",
            ])
        let files = try home.folder.contents().filter { $0.key.contains("sso/cache") }
        let path = try #require(files.count == 1 ? files.keys.first : nil)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(home.folder.path)/\(path)")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a token that can't be renewed yet serves to its end`() async throws {
        try home.writeSSOToken("corp", expiration: Date() + 300, refreshToken: "used up")
        #expect(try await home.session(profile: "sso").sts().getCallerIdentity().userID.stem == "ASIA.sso.123456789012.Admin")
        try await home.set("fail", "CreateToken:503")
        #expect(try await home.session(profile: "sso").sts().getCallerIdentity().userID.stem == "ASIA.sso.123456789012.Admin")
    }

    @Test(arguments: [("used up", "sso/bearer+token", -60.0), ("used up", "revoked", 3600)])
    func `whoever has to log in again is told how`(_ refreshToken: String, _ token: String, _ rest: Double) async throws {
        try home.writeSSOToken("corp", expiration: Date() + rest, accessToken: token, refreshToken: refreshToken)
        let told = await problem { try await home.session(profile: "sso").sts().getCallerIdentity() }
        #expect(told?.findings.first?.code == "sso-login-needed")
        #expect(told?.findings.first?.detail.contains("Run `aws sso login --sso-session corp` and try again.") == true)
        #expect(told?.status == .badInput)
    }

    @Test(arguments: ["", "{", "[]", #"{"accessToken": "x", "expiresAt": "soon"}"#])
    func `a file that holds no token is told`(_ text: String) async throws {
        try home.writeSSOToken("corp", expiration: Date())
        let name = try #require(try home.folder.contents().keys.first { $0.contains("sso/cache") })
        try home.folder.write(text, to: name)
        let told = await problem { try await home.session(profile: "sso").sts().getCallerIdentity() }
        #expect(told?.findings.first?.code == "sso-login-needed")
        #expect(told?.findings.first?.detail.contains(name) == true)
    }

    @Test func `a role that is not assigned is told`() async throws {
        try home.writeSSOToken("corp", expiration: Date() + 7200)
        let told = await problem { try await home.session(profile: "unassigned").sts().getCallerIdentity() }
        #expect(told?.findings.first?.code == "sso-role-not-assigned")
    }

    // Containers and instances

    @Test func `a container's agent that fails is asked three times`() async throws {
        try await home.set("fail", "ContainerCredentials:503")
        let clock = SetClock()
        let told = await problem { try await home.session(container, clock: clock.clock).sts().getCallerIdentity() }
        #expect(told?.findings.first?.code == "container-credentials-failed")
        #expect(try await home.actions().count == 3)
        #expect(clock.now == noon + 2)
        try await home.set("fail", "ContainerCredentials:403")
        _ = await problem { try await home.session(container).sts().getCallerIdentity() }
        #expect(try await home.actions().count == 4)
    }

    @Test(arguments: [
        ("v1", "IMDSv2"), ("no-role", "The instance has no role"), ("failed", "gives no credentials of the role instance-role"),
    ])
    func `an instance that gives none is told of`(_ mode: String, _ reason: String) async throws {
        try await home.set("imds", mode)
        let told = try #require(await problem { try await home.session().sts().getCallerIdentity() })
        #expect(told.findings.first?.code == "no-credentials")
        #expect(told.findings.first?.detail.contains(reason) == true, "\(told)")
        #expect(told.findings.first?.detail.contains("and the instance metadata service at \(home.peer.url). It") == true || mode != "v1")
    }

    @Test func `an instance's old credentials go on when there are no new ones`() async throws {
        let clock = SetClock()
        try await home.set("now", "\(clock.now.timeIntervalSince1970)")
        try await home.set("lifetime", "-60")
        let session = try home.session(clock: clock.clock)
        // They are used, and AWS decides; here it does not take them, and one renewal is all there is.
        let told = await problem { try await session.sts().getCallerIdentity() }
        #expect(told?.findings.first?.code == "expired-credentials")
        #expect(try await home.actions().count { $0 == "GetCallerIdentity" } == 2)
    }

    @Test func `no proxy stands between a machine and its neighbours`() async throws {
        let proxy = ["HTTP_PROXY": "http://127.0.0.1:1"]
        for environment in [proxy, container.merging(proxy) { $1 }] {
            #expect(try await home.session(environment).credentialExpiration() != nil)
        }
    }

    @Test func `no secret is in the printed form of a session, a source or a failure`() async throws {
        try home.writeSSOToken("corp", expiration: Date() - 60)
        var printed = ""
        for (environment, profile) in [
            (web, nil), (container, nil), ([:], nil), ([:], "base"), ([:], "chain"), ([:], "denied"), ([:], "sso"), ([:], "unassigned"),
            (
                [
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "PEER/container/authorized",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container token=",
                ], nil
            ),
        ] {
            let log = Collector<RequestLogLine>()
            let session = try home.session(environment, profile: profile, log: log)
            do {
                dump(try await session.sts().getCallerIdentity(), to: &printed)
            } catch {
                dump(error, to: &printed)
                printed += "\(error)"
            }
            dump(session, to: &printed)
            dump(log.items, to: &printed)
            let files = try SharedFiles.read(environment: home.environment(environment), workingDirectory: "/")
            dump(try AWSConfiguration(environment: home.environment(environment), files: files, profile: profile).credentials, to: &printed)
        }
        let secrets = try await home.secrets()
        #expect(secrets.count > 20)
        for secret in secrets { #expect(!printed.contains(secret)) }
        #expect(printed.contains("GetRoleCredentials") && printed.contains("AKIDBASE"))
    }

    // In the middle of things

    @Test(arguments: [
        ["AWS_PROFILE": "dev"], ["AWS_PROFILE": "chain"], container, web, [:],
    ])
    func `credentials of an hour last through two hours and more`(_ environment: [String: String]) async throws {
        let clock = SetClock()
        let session = try home.session(environment, clock: clock.clock)
        let client = try session.sts()
        var keys: Set<String> = []
        for _ in 0..<25 {
            try await home.set("now", "\(clock.now.timeIntervalSince1970)")
            // The peer refuses what has expired, so each of these was signed with something good.
            keys.insert(try await client.getCallerIdentity().userID)
            clock.pass(360)
        }
        #expect((3...5).contains(keys.count))
        let identities = try await home.actions().count { $0 == "GetCallerIdentity" }
        #expect(identities == 25)
    }

    @Test func `credentials that AWS calls expired are renewed once, and the request is sent once more`() async throws {
        let log = Collector<RequestLogLine>()
        let session = try home.session(profile: "dev", log: log)
        let client = try session.sts()
        let first = try await client.getCallerIdentity().userID
        try await home.set("revoke", "all")
        #expect(try await client.getCallerIdentity().userID != first)
        #expect(try await home.actions() == ["AssumeRole", "GetCallerIdentity", "GetCallerIdentity", "AssumeRole", "GetCallerIdentity"])
        #expect(log.items.map(\.attempt) == [1, 1, 1, 1, 2])
    }

    @Test func `keys that nothing renews are told to have expired at once`() async throws {
        let peer = try Peer("faults.py", "expired")
        let session = try AWSSession(context: .example(["AWS_ENDPOINT_URL": peer.url]))
        let error = await #expect(throws: AWSError.self) { try await session.sts().getCallerIdentity() }
        #expect(error?.isExpiredToken == true)
        #expect(try await peer.requests().count == 1)
    }

    @Test func `AWS that calls everything expired is asked twice`() async throws {
        let peer = try Peer("faults.py", "expired")
        let session = try home.session(["AWS_ENDPOINT_URL_CLOUDFORMATION": peer.url], profile: "dev")
        let error = await #expect(throws: AWSError.self) { try await session.cloudFormation().describeStack("s") }
        #expect(error?.isExpiredToken == true)
        #expect(try await peer.requests().count == 2)
    }

    @Test func `a renewal that fails midway leaves no doubt whether the request was sent`() async throws {
        let clock = SetClock()
        try await home.set("now", "\(clock.now.timeIntervalSince1970)")
        let session = try home.session(profile: "dev", clock: clock.clock)
        _ = try await session.sts().getCallerIdentity()
        clock.pass(3500)
        try await home.set("fail", "AssumeRole:503")
        let failure = await #expect(throws: CredentialFailure.self) { try await session.sts().getCallerIdentity() }
        #expect(failure?.requestMayHaveBeenTaken == false)
        #expect(failure?.cause.requestMayHaveBeenTaken == true)
        #expect(failure?.problem.findings.first?.detail.hasPrefix("Credentials were to come from the role") == true)
    }
}
