import AWS
import Foundation
import Model
import Sandbox
import StateDatabase
import Synchronization
import TestSupport
import Testing

@testable import PipeplanCommands

/// `whoami`, and everything that is refused to the wrong account, against a peer that hands out credentials and checks
/// every signature: `Tests/AWSTests/Peers/credentials.py`.
@Suite struct `Whose credentials they are` {
    private static let token = "sso/bearer+token"
    private static let config = """
        [profile dev]
        role_arn = arn:aws:iam::123456789012:role/dev
        source_profile = base
        region = eu-north-1
        [profile denied]
        role_arn = arn:aws:iam::123456789012:role/denied
        source_profile = base
        [profile mfa]
        role_arn = arn:aws:iam::123456789012:role/mfa
        source_profile = base
        mfa_serial = arn:aws:iam::123456789012:mfa/me
        [profile tool]
        credential_process = echo '{"Version": 1, "AccessKeyId": "AKIDTOOL", "SecretAccessKey": "secret/AKIDTOOL"}'
        [profile broken]
        credential_process = echo '{"Version": 1, "AccessKeyId": "AKIDTOOL", "SecretAccessKey": "secret/AKIDTOOL"'
        [profile wrong]
        aws_access_key_id = AKIDWRONG
        aws_secret_access_key = secret/AKIDBASE
        [profile sso]
        sso_session = corp
        sso_account_id = 123456789012
        sso_role_name = Admin
        [profile unassigned]
        sso_session = corp
        sso_account_id = 123456789012
        sso_role_name = Unassigned
        [profile web]
        role_arn = arn:aws:iam::123456789012:role/web
        web_identity_token_file = web-token
        [profile badweb]
        role_arn = arn:aws:iam::123456789012:role/web
        web_identity_token_file = bad-web-token
        [sso-session corp]
        sso_start_url = https://corp.awsapps.com/start
        sso_region = eu-west-1

        """

    private let server: RunningServer
    private let folder: TemporaryFolder

    init() throws {
        let script = "\(Repository.root)/Tests/AWSTests/Peers/credentials.py"
        server = try RunningServer(Repository.python("python")) { ["-B", script, "--port", "\($0)"] }
        folder = try TemporaryFolder()
        try folder.write(Self.config, to: ".aws/config")
        try folder.write(
            """
            [base]
            aws_access_key_id = AKIDBASE
            aws_secret_access_key = secret/AKIDBASE
            [other]
            aws_access_key_id = AKIDOTHER
            aws_secret_access_key = secret/AKIDOTHER

            """, to: ".aws/credentials")
        try folder.write("web/identity+token\n", to: "web-token")
        try folder.write("another/web+token\n", to: "bad-web-token")
        try writeToken(Self.token)
    }

    private func writeToken(_ token: String, refreshToken: String = "refresh/token") throws {
        // The name is the SHA-1 of "corp".
        try folder.write(
            """
            {"accessToken": "\(token)", "expiresAt": "2099-01-01T00:00:00Z", "clientId": "client", "clientSecret": "client/secret",
             "registrationExpiresAt": "2099-01-01T00:00:00Z", "refreshToken": "\(refreshToken)"}
            """, to: ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json")
    }

    private func run(
        _ line: String, _ environment: [String: String] = [:], typing answers: [String] = []
    ) async -> (status: Int32, terminal: TypedTerminal) {
        let typed = TypedTerminal(answers: answers)
        let all = [
            "HOME": folder.path, "PATH": "/usr/bin:/bin", "USER": "ann", "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.endpoint,
        ].merging(environment) { _, last in last }
        let context = Context.test(in: folder.path, typed, isInteractive: true, environment: all)
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context), typed)
    }

    private func asked(_ path: String) async throws -> Any {
        let endpoint = try #require(Endpoint(url: server.endpoint, origin: nil))
        let parts = path.split(separator: "?").map(String.init)
        let query = parts.dropFirst().map { $0.split(separator: "=", maxSplits: 1).map(String.init) }.map { HTTPField($0[0], $0[1]) }
        let answer = try await CurlTransport(.init()).send(HTTPRequest(.get, endpoint, path: parts[0], query: query))
        return try JSONSerialization.jsonObject(with: answer.body)
    }

    /// The actions that the peer was asked for.
    private func actions() async throws -> [String] {
        try #require(try await asked("/requests") as? [[String: Any]]).compactMap { $0["action"] as? String }
    }

    // whoami

    @Test func `it tells who, by what, where and for how long`() async {
        let (status, terminal) = await run("whoami --profile dev", ["AWS_REGION": "eu-central-1"])
        #expect(status == 0, "\(terminal.errors)")
        #expect(
            terminal.output.replacing(/ASIA\.dev\.by\.AKIDBASE\.g\d+/, with: "KEY").replacing(
                /\d{4}-\d\d-\d\dT[\d:]+Z \(in [^)]*\)/, with: "LATER")
                    == """
                    arn:aws:sts::123456789012:assumed-role/dev/pipeplan-ann
                      account  123456789012
                      user ID  KEY
                      source   the role arn:aws:iam::123456789012:role/dev of the profile dev in ~/.aws/config
                               taken on with the keys of the profile base in ~/.aws/credentials
                      expires  LATER
                      region   eu-central-1 (AWS_REGION)
                      profile  dev (--profile)

                    """)
    }

    @Test func `as JSON every key is there`() async throws {
        let (status, terminal) = await run("whoami --json", ["AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "secret/AKIDENV"])
        #expect(status == 0, "\(terminal.errors)")
        #expect(
            terminal.output == """
                {
                  "account" : "123456789012",
                  "arn" : "arn:aws:iam::123456789012:user/AKIDENV",
                  "expiresAt" : null,
                  "formatVersion" : 1,
                  "profile" : "default",
                  "profileSource" : null,
                  "region" : null,
                  "regionSource" : null,
                  "source" : [
                    "the environment (AWS_ACCESS_KEY_ID)"
                  ],
                  "userId" : "AKIDENV"
                }

                """)
    }

    @Test(arguments: [
        ("whoami --region sa-east-1 --profile dev", "sa-east-1 (--region)"), ("whoami --profile dev", "eu-north-1 (the profile dev)"),
        ("whoami --profile base", "none (AWS_REGION or the profile would name one; AWS was asked in us-east-1)"),
    ])
    func `it tells where the region comes from`(_ line: String, _ region: String) async {
        let (status, terminal) = await run(line)
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains("  region   \(region)\n"), "\(terminal.output)")
    }

    @Test func `in a sandbox it needs nothing and leaves nothing`() async throws {
        let before = try folder.contents().keys.sorted()
        let (status, terminal) = await run("whoami --sandbox --profile nobody", ["AWS_ENDPOINT_URL": "http://127.0.0.1:1"])
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.hasPrefix("arn:aws:iam::123456789012:user/sandbox\n"))
        #expect(try folder.contents().keys.sorted() == before)
        #expect(try await actions().isEmpty)
    }

    @Test func `a stack tells as whom it would be deployed`() async throws {
        try writeStack("profile: base\nassumeRole: arn:aws:iam::123456789012:role/deploy\nallowedAccounts: ['000000000001']\n")
        let (status, terminal) = await run("whoami shop")
        #expect(status == 3)
        #expect(terminal.output.hasPrefix("arn:aws:sts::123456789012:assumed-role/deploy/pipeplan-ann\n"))
        #expect(terminal.output.contains("the role arn:aws:iam::123456789012:role/deploy of assumeRole in stack.yml"))
        #expect(terminal.output.contains("  region   eu-west-1 (stack.yml)\n  profile  base (stack.yml)\n"))
        #expect(terminal.errors.contains("account-not-allowed"))
    }

    // The account check

    private func writeStack(_ more: String) throws {
        try folder.write("Resources: {Topic: {Type: AWS::SNS::Topic}}\n", to: "stacks/shop/template.yml")
        try folder.write("region: eu-west-1\n\(more)", to: "stacks/shop/stack.yml")
    }

    @Test func `apply asks the wrong account for its identity and nothing else`() async throws {
        try writeStack("profile: base\nallowedAccounts: ['000000000001']\nparameters: {A: {prompt: 'A?'}}\n")
        let (status, terminal) = await run("apply shop --auto-approve", typing: ["never"])
        #expect(status == 3)
        #expect(terminal.errors.contains("Stack shop must not be deployed to account 123456789012"))
        #expect(terminal.output.isEmpty)
        #expect(!terminal.errors.contains("A?"))
        #expect(try await actions() == ["GetCallerIdentity"])
    }

    @Test(arguments: ["", "guardrails"]) func `so do destroy and resume, even when the stack's files are gone`(_ way: String) async throws {
        try writeStack("profile: base\n")
        try record()
        if way.isEmpty {
            try writeStack("profile: base\nallowedAccounts: ['000000000001']\n")
        } else {
            try FileManager.default.removeItem(atPath: "\(folder.path)/stacks/shop")
            try folder.write("guardrails: {allowedAccounts: ['000000000001']}\n", to: "stacks/pipeplan.yml")
        }
        for line in ["destroy shop --auto-approve", "resume shop"] {
            let (status, terminal) = await run(line, ["AWS_PROFILE": "base"])
            #expect(status == 3, "\(line): \(terminal.output)\(terminal.errors)")
            #expect(terminal.errors.contains("must not be deployed to account 123456789012"), "\(terminal.errors)")
        }
        #expect(try await actions() == ["GetCallerIdentity", "GetCallerIdentity"])
    }

    @Test func `a stack that is recorded in another account is not touched`() async throws {
        try writeStack("")
        try record()
        for line in ["destroy shop --auto-approve", "resume shop"] {
            let (status, terminal) = await run(line, ["AWS_PROFILE": "other"])
            #expect(status == 3)
            #expect(terminal.errors.contains("shop is recorded in account 123456789012, not 999999999999"), "\(terminal.errors)")
        }
        #expect(try await actions() == ["GetCallerIdentity", "GetCallerIdentity"])
    }

    /// Records a stack that is deployed to the account 123456789012, and a deployment of it that is open.
    private func record() throws {
        let context = Context.test(in: folder.path)
        let database = try StateDatabase.open(folder: "\(folder.path)/state", access: .readWrite, context: context)
        func begin(_ kind: DeploymentKind, after serial: Int?) throws -> Deployment {
            try database.begin(
                DeploymentIntent(
                    address: StackAddress(stack: "shop"), kind: kind, startedAt: Date(),
                    actor: DeploymentActor(user: "ann", host: "laptop"),
                    git: nil, toolVersion: Version.current, commandLine: "pipeplan apply shop", approval: "yes",
                    configuration: StackConfiguration(
                        stackName: "shop", region: "eu-west-1", accountID: "123456789012", parameters: [:], tags: [:], capabilities: [],
                        notificationArns: [], terminationProtection: false),
                    templateBody: "Resources: {Topic: {Type: AWS::SNS::Topic}}\n", planJSON: nil, changeSetName: "c", clientToken: "t",
                    plannedAgainst: serial),
                secrets: [])
        }
        let first = try begin(.create, after: nil)
        let contents = StackContents(
            stackID: "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1", status: "CREATE_COMPLETE", resources: [], outputs: [])
        _ = try database.finish(first, DeploymentOutcome(status: .succeeded, effect: .applied(contents), finishedAt: Date()), secrets: [])
        _ = try begin(.update, after: first.serial)
        try database.close()
    }

    // Time

    @Test func `a role of fifteen minutes lasts through an apply of two hours`() async throws {
        // Every wait takes the longer; the sandbox lives by the same clock.
        let passed = Mutex(TimeInterval(0))
        let clock = Clock(
            now: { Date() + passed.withLock { $0 } }, uptime: { .seconds(passed.withLock { $0 }) },
            sleep: { wait in
                passed.withLock { $0 += 30 * TimeInterval(wait.components.seconds) + 30 }
                await Task.yield()
            })
        let sandbox = try SandboxServer(
            folder: "\(folder.path)/cloud", clock: clock, options: SandboxOptions(resourceSeconds: 2400, changeSetSeconds: 60))
        let port = try await sandbox.start()
        _ = try await asked("/set?forward=http://127.0.0.1:\(port)")
        try folder.write(
            "[profile short]\nrole_arn = arn:aws:iam::123456789012:role/short\nsource_profile = base\nduration_seconds = 900\n",
            to: ".aws/config")
        let topics = (1...3).map { "  T\($0): {Type: AWS::SNS::Topic\($0 > 1 ? ", DependsOn: T\($0 - 1)" : "")}\n" }.joined()
        try folder.write("Resources:\n\(topics)", to: "stacks/shop/template.yml")
        try folder.write("region: eu-west-1\nprofile: short\n", to: "stacks/shop/stack.yml")

        let typed = TypedTerminal()
        var context = Context.test(
            in: folder.path, typed, environment: ["HOME": folder.path, "USER": "ann", "AWS_ENDPOINT_URL": server.endpoint])
        context.clock = clock
        let begin = clock.now()
        let status = await Pipeplan.run(["apply", "shop", "--auto-approve"], in: context)
        await sandbox.stop()
        #expect(status == 0, "\(typed.output)\(typed.errors)")
        #expect(clock.now().timeIntervalSince(begin) > 7200)
        let requests = try #require(try await asked("/requests") as? [[String: Any]])
        let signers = Set(requests.filter { $0["action"] as? String != "AssumeRole" }.compactMap { $0["key"] as? String })
        // The peer passes on only what is signed with something that has not expired.
        #expect(signers.count >= 8, "\(signers)")
    }

    // Secrets

    @Test func `nothing that is printed, logged or told of a failure holds a secret`() async throws {
        let container = "\(server.endpoint)/container"
        let runs: [(line: String, environment: [String: String], status: Int32)] = [
            ("--profile base", [:], 0), ("--profile dev", [:], 0), ("--profile denied", [:], 1), ("--profile mfa", [:], 0),
            ("--profile tool", [:], 0), ("--profile broken", [:], 4), ("--profile wrong", [:], 1), ("--profile sso", [:], 0),
            ("--profile unassigned", [:], 4), ("--profile web", [:], 0), ("--profile badweb", [:], 1), ("", [:], 0),
            ("", ["AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "secret/AKIDENV", "AWS_SESSION_TOKEN": "token/AKIDENV"], 0),
            ("", ["AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "a/wrong+secret"], 1),
            ("", ["AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "secret/AKIDENV", "AWS_SESSION_TOKEN": "a/wrong+token"], 1),
            ("", ["AWS_ACCESS_KEY_ID": "AKID\nENV", "AWS_SECRET_ACCESS_KEY": "secret/AKIDENV"], 1),
            ("", ["AWS_CONTAINER_CREDENTIALS_FULL_URI": container], 0),
            (
                "",
                [
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(container)/authorized",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container token=",
                ], 0
            ),
            (
                "",
                ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(container)/authorized", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a wrong token="],
                1
            ),
            ("", ["AWS_CONTAINER_CREDENTIALS_FULL_URI": container, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "two\nlines"], 4),
            ("", ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://user:pass+word@127.0.0.1/"], 4),
        ]
        var printed = ""
        func perform(_ line: String, _ environment: [String: String], _ status: Int32) async {
            for json in ["", " --json"] {
                let (ended, terminal) = await run("whoami --verbose \(line)\(json)", environment, typing: ["987123"])
                #expect(ended == status, "\(line) \(environment): \(terminal.errors)")
                printed += terminal.output + terminal.errors
            }
        }
        for one in runs { await perform(one.line, one.environment, one.status) }
        try writeToken("a/revoked+token", refreshToken: "a/used+token")
        await perform("--profile sso", [:], 4)

        let known = try #require(try await asked("/secrets") as? [String])
        let own = [
            "a/wrong+secret", "a/wrong+token", "a wrong token=", "two\nlines", "pass+word", "a/revoked+token", "a/used+token",
            "another/web+token", "Signature=",
        ]
        #expect(known.count > 40)
        for secret in known + own {
            for form in [
                secret, secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? secret, secret.replacing("/", with: #"\/"#),
            ] {
                #expect(!printed.contains(form))
            }
        }
        // It was looked for in something.
        #expect(printed.contains("STS AssumeRole us-east-1 200") && printed.contains("SSO GetRoleCredentials eu-west-1 401"))
        #expect(printed.contains("InstanceMetadata PUT 127.0.0.1"))
    }
}
