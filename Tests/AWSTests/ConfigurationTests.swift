import Foundation
import Model
import Testing

@testable import AWS

@Suite struct SharedFileTests {
    @Test func `sections, settings, nested settings and comments are read`() throws {
        let file = try SharedFile(
            path: "config",
            text: """
                # a comment
                [default]
                region = eu-central-1
                Output=json
                s3 =
                  addressing_style = path
                  # another
                ; and one more
                [profile "two words"]\r
                aws_secret_access_key = a=b+c/d #e
                [default]
                region=us-east-1

                """)
        #expect(
            file.sections == [
                "default": [
                    "region": .init(value: "us-east-1"), "output": .init(value: "json"),
                    "s3": .init(value: "", nested: ["addressing_style": "path"]),
                ],
                "profile two words": ["aws_secret_access_key": .init(value: "a=b+c/d #e")],
            ])
    }

    @Test(arguments: [("[default\nregion=x", 1), ("\nregion = x", 2), ("[default]\n\nregion", 3), ("[]", 1), ("[a]\n=b", 2)])
    func `a malformed file is told by its line`(_ text: String, _ line: Int) {
        let problem = #expect(throws: Problem.self) { try SharedFile(path: "~/.aws/config", text: text) }
        #expect(problem?.status == .badInput)
        #expect(problem?.findings.first?.location?.description == "~/.aws/config:\(line):1")
    }

    @Test func `no line of a malformed file is shown`() {
        let problem = #expect(throws: Problem.self) { try SharedFile(path: "x", text: "[a]\nwJalrXUtnFEMI") }
        #expect(problem.map { "\($0)".contains("wJalr") } == false)
    }
}

@Suite struct AWSConfigurationTests {
    private let files: SharedFiles

    init() throws {
        files = SharedFiles(
            config: try SharedFile(
                path: "~/.aws/config",
                text: """
                    [default]
                    region = eu-west-1
                    [profile dev]
                    region = eu-north-1
                    endpoint_url = http://dev:1
                    services = local
                    max_attempts = 7
                    retry_mode = adaptive
                    [profile tool]
                    output = json
                    [services local]
                    s3 =
                      endpoint_url = http://dev-s3:2
                    secrets_manager =
                      endpoint_url = http://dev-secrets:5
                    """),
            credentials: try SharedFile(
                path: "~/.aws/credentials",
                text:
                    "[dev]\naws_access_key_id = AKIDDEV\naws_secret_access_key = devsecret\n[half]\naws_access_key_id = AKIDHALF")
        )
    }

    private func resolve(_ environment: [String: String], profile: String? = nil, region: String? = nil) throws
        -> AWSConfiguration
    {
        try AWSConfiguration(environment: environment, files: files, profile: profile, region: region)
    }

    @Test func `a region comes from the argument, then the environment, then the profile`() throws {
        let both = ["AWS_REGION": "us-west-1", "AWS_DEFAULT_REGION": "us-west-2", "AWS_PROFILE": "dev"]
        #expect(try resolve(both, region: "sa-east-1").region == "sa-east-1")
        #expect(try resolve(both).region == "us-west-1")
        #expect(try resolve(["AWS_DEFAULT_REGION": "us-west-2", "AWS_REGION": ""]).region == "us-west-2")
        #expect(try resolve(["AWS_PROFILE": "dev"]).region == "eu-north-1")
        #expect(try resolve(["AWS_DEFAULT_PROFILE": "dev"]).region == "eu-north-1")
        #expect(try resolve([:]).region == "eu-west-1")
        #expect(try resolve(["AWS_PROFILE": "tool"]).region == nil)
    }

    @Test func `an unknown profile is told with the nearest known one`() {
        let problem = #expect(throws: Problem.self) { try resolve(["AWS_PROFILE": "deb"]) }
        #expect(problem?.status == .badInput)
        #expect(
            problem.map { "\($0)" }
                == "There is no AWS profile deb. The environment's AWS_PROFILE names it. Profiles are in ~/.aws/config and ~/.aws/credentials. Did you mean dev?"
        )
    }

    @Test(arguments: [
        ("Frankfurt", nil), ("eu-central-1a", "Did you mean eu-central-1?"), ("eu-centrl-1", nil),
        ("us_east_1", "Did you mean us-east-1?"),
        ("eu-central-1.evil.com/", nil), ("-us-east-1", "Did you mean us-east-1?"),
    ])
    func `a name that is no region is refused`(_ name: String, _ suggestion: String?) throws {
        guard name != "eu-centrl-1" else { return #expect(try resolve([:], region: name).region == name) }
        let problem = #expect(throws: Problem.self) { try resolve([:], region: name) }
        #expect(problem?.findings.first?.code == "bad-region")
        if let suggestion { #expect(problem?.findings.first?.detail.contains(suggestion) == true) }
    }

    @Test func `keys in the environment win over a profile that the environment names, not over one that is asked for`() throws {
        let environment = [
            "AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "dev",
        ]
        let fromEnvironment = Credentials(accessKeyID: "AKIDENV", secretAccessKey: Secret("x"), sessionToken: Secret("t"))
        let fromProfile = Credentials(accessKeyID: "AKIDDEV", secretAccessKey: Secret("devsecret"))
        #expect(try resolve(environment).credentials.get() == .environment(fromEnvironment))
        #expect(
            try resolve(environment, profile: "dev").credentials.get()
                == .sharedFile(fromProfile, profile: "dev", file: "~/.aws/credentials"))
    }

    @Test func `half a pair of keys is an error, where it is needed`() throws {
        let problem = #expect(throws: Problem.self) { try resolve([:], profile: "half").credentials.get() }
        #expect(problem.map { "\($0)" }?.contains("aws_access_key_id, but no aws_secret_access_key") == true)
        #expect(try resolve([:], profile: "half").profileOrigin == "the argument")
    }

    @Test(arguments: [["AWS_MAX_ATTEMPTS": "0"], ["AWS_MAX_ATTEMPTS": "many"], ["AWS_RETRY_MODE": "often"]])
    func `settings that make no sense are refused`(_ environment: [String: String]) {
        #expect(throws: Problem.self) { try resolve(environment) }
    }

    @Test func `the retry mode comes from the environment, then the profile, and is standard; legacy is taken as that`() throws {
        #expect(try resolve([:]).retryMode == .standard)
        #expect(try resolve(["AWS_RETRY_MODE": "legacy"]).retryMode == .standard)
        #expect(try resolve(["AWS_RETRY_MODE": "adaptive"]).retryMode == .adaptive)
        #expect(try resolve([:], profile: "dev").retryMode == .adaptive)
        #expect(try resolve(["AWS_RETRY_MODE": "standard"], profile: "dev").retryMode == .standard)
    }

    @Test func `attempts come from the environment, then the profile, and are three`() throws {
        #expect(try resolve(["AWS_MAX_ATTEMPTS": "5"], profile: "dev").maxAttempts == 5)
        #expect(try resolve([:], profile: "dev").maxAttempts == 7)
        #expect(try resolve([:]).maxAttempts == 3)
    }

    @Test func `a configured endpoint is found in botocore's order`() throws {
        func url(_ service: Service, _ environment: [String: String]) throws -> [String?] {
            let endpoint = try resolve(environment, profile: "dev").endpoints.endpoint(service, region: "eu-north-1")
            return [endpoint.url, endpoint.origin]
        }
        let both = ["AWS_ENDPOINT_URL": "http://all:3", "AWS_ENDPOINT_URL_S3": "http://s3:4"]
        #expect(try url(.s3, both) == ["http://s3:4", "AWS_ENDPOINT_URL_S3"])
        #expect(try url(.cloudFormation, both) == ["http://all:3", "AWS_ENDPOINT_URL"])
        #expect(try url(.s3, ["AWS_ENDPOINT_URL": "http://all:3"]) == ["http://all:3", "AWS_ENDPOINT_URL"])
        #expect(try url(.s3, [:]) == ["http://dev-s3:2", "endpoint_url in [services local] of ~/.aws/config"])
        let secrets = try url(.secretsManager, [:])
        #expect(secrets == ["http://dev-secrets:5", "endpoint_url in [services local] of ~/.aws/config"])
        #expect(
            try url(.secretsManager, ["AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://own:6"])
                == ["http://own:6", "AWS_ENDPOINT_URL_SECRETS_MANAGER"])
        #expect(try url(.sts, [:]) == ["http://dev:1", "endpoint_url of the profile dev"])
        let ignoring = both.merging(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]) { _, last in last }
        #expect(try url(.sts, ignoring) == ["https://sts.eu-north-1.amazonaws.com", nil])
    }

    @Test func `an address that is none is refused with its origin`() throws {
        let problem = #expect(throws: Problem.self) {
            try resolve(["AWS_ENDPOINT_URL": "localhost:4566"]).endpoints.endpoint(.sts, region: "eu-north-1")
        }
        #expect(problem?.findings.first?.summary == "AWS_ENDPOINT_URL is no address of an endpoint")
    }
}

@Suite struct ProxySettingsTests {
    private let https = Endpoint(host: "a.com")
    private let http = Endpoint(scheme: "http", host: "a.com")

    @Test func `upper-case variables count, lower-case ones win`() {
        let upper = ProxySettings(environment: ["HTTP_PROXY": "http://a:1", "HTTPS_PROXY": "http://b:2", "NO_PROXY": "x"])
        #expect(upper == ProxySettings(https: "http://b:2", http: "http://a:1", exceptions: "x"))
        #expect(upper.proxy(for: https) == "http://b:2")
        #expect(upper.proxy(for: http) == "http://a:1")
        #expect(ProxySettings(environment: ["HTTP_PROXY": "http://a:1", "http_proxy": "http://c:3"]).http == "http://c:3")
        #expect(ProxySettings(environment: ["ALL_PROXY": "http://d:4", "http_proxy": ""]).http == "http://d:4")
    }

    @Test func `exceptions are written as libcurl reads them`() {
        #expect(ProxySettings(environment: ["NO_PROXY": "*.corp, localhost .x"]).exceptions == ".corp,localhost,.x")
        #expect(ProxySettings(environment: ["NO_PROXY": "*"]).exceptions == "*")
    }

    @Test func `a proxy's password is not shown`() {
        #expect(ProxySettings.withoutUser("http://user:p@ss@proxy:8080") == "http://proxy:8080")
        #expect(ProxySettings.withoutUser("proxy:8080") == "proxy:8080")
    }
}
