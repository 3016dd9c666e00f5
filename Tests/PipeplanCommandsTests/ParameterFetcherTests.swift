import Foundation
import Model
import StateDatabase
import TestSupport
import Testing

@testable import PipeplanCommands

/// Commands against stores that others wrote, filled by boto3.
@Suite struct `Parameters from SSM and Secrets Manager` {
    enum Cloud: String, CaseIterable, Sendable {
        case moto, miniStack

        func start() async throws -> RunningServer {
            try await inBackground {
                switch self {
                case .moto: try RunningServer.moto()
                case .miniStack: try RunningServer.miniStack()
                }
            }
        }
    }

    private static let template = """
        Parameters:
          Plain: {Type: String}
          Old: {Type: String}
          Token: {Type: String, NoEcho: true}
          Whole: {Type: String, NoEcho: true}
          Port: {Type: Number}
          Image: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/image}
        Resources:
          Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub "${Plain} ${Old} ${Port}"}}
          Keys: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /made, Value: !Sub "${Token} ${Whole}"}}

        """
    private static let parameters = """
        region: us-east-1
        parameters:
          Plain: {ssm: /shop/plain}
          Old: {ssm: "/shop/plain:1"}
          Token: {secret: shop/keys, key: token}
          Whole: {ssm: /shop/hush}
          Port: {secret: shop/keys, key: port}

        """
    private static let contents = """
        ssm, manager = client('ssm'), client('secretsmanager')
        for name, value, kind in [
            ('/shop/plain', 'first', 'String'), ('/shop/hush', 'geheim-whole', 'SecureString'), ('/shop/image', 'ami-1', 'String'),
        ]: ssm.put_parameter(Name=name, Value=value, Type=kind)
        ssm.put_parameter(Name='/shop/plain', Value='second', Type='String', Overwrite=True)
        manager.create_secret(Name='shop/keys', SecretString='{"token": "geheim-token", "port": 12345678901234567890, "nothing": null, "list": [1]}')
        manager.create_secret(Name='shop/bytes', SecretBinary=bytes([0, 255]))
        manager.create_secret(Name='shop/text', SecretString='geheim-text')
        """
    private static let secrets = ["geheim-token", "geheim-whole", "geheim-text"]

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(Self.template, to: "stacks/shop/template.yml")
        try folder.write(Self.parameters, to: "stacks/shop/stack.yml")
    }

    private func fill(_ server: RunningServer, _ script: String = contents) async throws {
        let client = """
            import boto3
            def client(name): return boto3.client(name, endpoint_url='\(server.endpoint)', region_name='us-east-1',
                aws_access_key_id='test', aws_secret_access_key='test')

            """
        let result = try await inBackground {
            try TestSupport.run(Repository.python("python"), ["-c", client + script], in: Repository.root)
        }
        #expect(result.status == 0, "\(result.errors)")
    }

    private func context(_ endpoint: String, _ typed: TypedTerminal = TypedTerminal(), _ more: [String: String] = [:]) -> Context {
        let environment = [
            "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_MAX_ATTEMPTS": "1",
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        ]
        return .test(in: folder.path, typed, environment: environment.merging(more) { _, given in given })
    }

    private func pipeplan(_ line: String, _ endpoint: String, _ more: [String: String] = [:]) async -> (status: Int32, TypedTerminal) {
        let typed = TypedTerminal()
        return (await Pipeplan.run(line.split(separator: " ").map(String.init), in: context(endpoint, typed, more)), typed)
    }

    /// Nothing listens there.
    private static let nowhere = "http://127.0.0.1:9"

    @Test func `a plan asks nobody, unless it is told to`() async {
        let (status, terminal) = await pipeplan("plan shop -v", Self.nowhere)
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains("SSM parameter /shop/plain is fetched by --resolve"), "\(terminal.output)")
        #expect(terminal.errors == "")
        let (asking, told) = await pipeplan("plan shop --resolve", Self.nowhere)
        #expect(asking == 1)
        #expect(told.errors.contains("Nothing answers at http://127.0.0.1:9"))
    }

    @Test(arguments: Cloud.allCases) func `are fetched for a plan and for a deployment, and no secret is left behind`(_ cloud: Cloud)
        async throws
    {
        let server = try await cloud.start()
        try await fill(server)
        let (status, terminal) = await pipeplan("plan shop --resolve --out shop.plan -v", server.endpoint)
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains(#"+ DisplayName: "second first 12345678901234567890""#), "\(terminal.output)")
        let log = terminal.errors.split(separator: "\n").filter { $0.contains("us-east-1 200") }.map {
            $0.split(separator: " ").prefix(2).joined(separator: " ")
        }
        // Two versions of a parameter don't share a request.
        #expect(log.sorted() == ["SSM GetParameters", "SSM GetParameters", "SecretsManager GetSecretValue"])

        let (applied, printed) = await pipeplan("apply shop.plan -v", server.endpoint)
        #expect(applied == 0, "\(printed.errors)")
        // The bodies of the records are stored compressed.
        let database = try Workspace(context(server.endpoint), CommonOptions.parse([]), .readOnly).database
        let deployment = try #require(try database.deployments(DeploymentFilter()).first)
        let recorded = try #require(try database.plan(of: deployment))
        #expect(recorded.contains("second first"))
        let seen = [terminal.output, terminal.errors, printed.output, printed.errors, recorded].joined()
        for secret in Self.secrets + ["Signature", "AWS4-HMAC"] { #expect(!seen.contains(secret)) }
        for (file, data) in try folder.contents() {
            for secret in Self.secrets { #expect(data.range(of: Data(secret.utf8)) == nil, "\(file)") }
        }
        // The stack got the secrets all the same.
        try await fill(
            server,
            "assert client('ssm').get_parameter(Name='/made')['Parameter']['Value'] == 'geheim-token geheim-whole'")
        #expect(await pipeplan("plan shop --resolve --detailed-exitcode", server.endpoint).status == 0)
        try await fill(server, "client('ssm').put_parameter(Name='/shop/plain', Value='third', Type='String', Overwrite=True)")
        let (changed, told) = await pipeplan("plan shop --resolve --detailed-exitcode", server.endpoint)
        #expect(changed == 2)
        #expect(told.output.contains(#""second first 12345678901234567890" → "third first 12345678901234567890""#), "\(told.output)")
    }

    @Test func `what SSM parameter types stand for is at hand for the planner`() async throws {
        let server = try await Self.store()
        try folder.write(
            """
            Parameters:
              Image: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /image}
              Zones: {Type: 'AWS::SSM::Parameter::Value<List<String>>'}
              Hidden: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /hidden, NoEcho: true}
              Plain: {Type: String, Default: /plain}
            Resources: {Topic: {Type: AWS::SNS::Topic}}
            """, to: "stacks/shop/template.yml")
        try folder.write("region: us-east-1\nparameters: {Zones: {ssm: /name-of-zones}}\n", to: "stacks/shop/stack.yml")
        let context = context(server.endpoint)
        let workspace = try Workspace(context, CommonOptions.parse([]), .readOnly)
        let address = try #require(StackAddress("shop"))
        let fetcher = ParameterFetcher(context, try AWSOptions.parse([]), workspace)
        let stored = try await workspace.prepare(address, fetcher: fetcher).desired.storedValues
        #expect(stored == ["Image": "value of /image", "Zones": "value of value of /name-of-zones"])
        #expect(try await workspace.prepare(address).desired.storedValues == [:])
    }

    @Test(arguments: Cloud.allCases) func `what can't be had is told with its place, each once`(_ cloud: Cloud) async throws {
        let server = try await cloud.start()
        try await fill(server)
        let names = ["A", "B", "C", "D", "E", "F", "G", "H", "I"]
        let declared = names.map { "  \($0): {Type: String, NoEcho: true}\n" }.joined()
        try folder.write("Parameters:\n\(declared)Resources: {Topic: {Type: AWS::SNS::Topic}}\n", to: "stacks/shop/template.yml")
        try folder.write(
            """
            region: us-east-1
            parameters:
              A: {ssm: /none}
              B: {secret: none}
              C: {secret: shop/bytes}
              D: {secret: shop/keys, key: tokn}
              E: {secret: shop/text, key: token}
              F: {secret: shop/keys, key: list}
              G: {secret: shop/keys, key: nothing}
              H: {ssm: /none}
              I: {secret: shop/text}

            """, to: "stacks/shop/stack.yml")
        for command in ["plan shop --resolve", "apply shop --auto-approve"] {
            let (status, terminal) = await pipeplan(command, server.endpoint)
            #expect(status == 4)
            let heads = terminal.errors.split(separator: "\n").filter { $0.hasPrefix("error") || $0.contains("stack.yml:") }
            #expect(
                terminal.errors.findings == [
                    "3 missing-ssm-parameter SSM has no parameter /none", "4 missing-secret Secrets Manager has no value of secret none",
                    "5 binary-secret Secret shop/bytes holds bytes, not text",
                    "6 missing-secret-key Secret shop/keys has no key tokn",
                    "7 secret-without-keys Secret shop/text is no JSON object, and so has no key token",
                    "8 secret-key-no-text Key list of secret shop/keys is no text",
                    "9 secret-key-no-text Key nothing of secret shop/keys is no text",
                ], "\(heads)\n\(terminal.errors)")
            for secret in Self.secrets { #expect(!(terminal.output + terminal.errors).contains(secret)) }
        }
    }

    @Test func `a secret that CloudFormation will show is warned of`() async throws {
        let server = try await Self.store()
        try folder.write("Parameters: {A: {Type: String}}\nResources: {Topic: {Type: AWS::SNS::Topic}}\n", to: "stacks/shop/template.yml")
        for (source, isSecret) in [("{ssm: /shop/hush}", true), ("{secret: shop/text}", true), ("{ssm: /shop/plain}", false)] {
            try folder.write("region: us-east-1\nparameters: {A: \(source)}\n", to: "stacks/shop/stack.yml")
            let (status, terminal) = await pipeplan("plan shop --resolve", server.endpoint)
            #expect(status == 0)
            #expect(
                terminal.output.contains("CloudFormation will show the value of A, which is stored as a secret") == isSecret,
                "\(terminal.output)")
        }
    }

    @Test func `a stored value that can't be had is a warning, for CloudFormation may have it`() async throws {
        let server = try await Self.store()
        for (name, told) in [("/none", "SSM has no parameter /none"), ("/shop/hush", "SSM parameter /shop/hush is a SecureString")] {
            try folder.write(
                "Parameters: {A: {Type: 'AWS::SSM::Parameter::Value<String>', Default: \(name)}}\nResources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref A}}}\n",
                to: "stacks/shop/template.yml")
            try folder.write("region: us-east-1\n", to: "stacks/shop/stack.yml")
            let (status, terminal) = await pipeplan("plan shop --resolve", server.endpoint)
            #expect(status == 0, "\(terminal.errors)")
            #expect(terminal.output.contains(told), "\(terminal.output)")
            #expect(!terminal.output.contains("geheim"))
        }
    }

    @Test func `a saved plan without the values is refused, not guessed at`() async throws {
        let server = try await Self.store()
        #expect(await pipeplan("plan shop --out shop.plan", server.endpoint).status == 0)
        let (status, terminal) = await pipeplan("apply shop.plan", server.endpoint)
        #expect(status == 3)
        #expect(
            terminal.errors.contains("parameter Plain had no value when it was planned; `plan --resolve` fetches"), "\(terminal.errors)")
    }

    /// A store that has every name but `none`, and lets nobody read what is `guarded`: neither moto nor MiniStack asks for permissions.
    private static func store() async throws -> RunningServer {
        try await inBackground { try RunningServer(Repository.python("python")) { ["-c", script, "\($0)"] } }
    }

    private static let script = """
        import json, sys
        from http.server import BaseHTTPRequestHandler, HTTPServer

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                names = asked.get('Names') or [asked['SecretId']]
                if any('guarded' in name for name in names):
                    status, answer = 400, {'__type': 'AccessDeniedException', 'Message': 'User: x is not authorized on ' + names[0]}
                elif 'Names' in asked:
                    status, answer = 200, {'Parameters': [self.parameter(name) for name in names if 'none' not in name]}
                else:
                    status, answer = 200, {'SecretString': '{"token": "geheim", "port": 1}'}
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def parameter(self, name):
                return {'Name': name, 'Type': 'SecureString' if 'hush' in name else 'String', 'Value': 'value of ' + name}
            def log_message(self, *arguments): pass

        HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
        """

    @Test func `what is denied is told for each name, and the others are read`() async throws {
        let server = try await Self.store()
        try folder.write(
            "Parameters: {A: {Type: String}, B: {Type: String}, C: {Type: String}, D: {Type: String}}\nResources: {Topic: {Type: AWS::SNS::Topic}}\n",
            to: "stacks/shop/template.yml")
        try folder.write(
            "region: us-east-1\nparameters:\n  A: {ssm: /open}\n  B: {ssm: /guarded/1}\n  C: {ssm: /guarded/2}\n  D: {secret: guarded}\n",
            to: "stacks/shop/stack.yml")
        let (status, terminal) = await pipeplan("plan shop --resolve", server.endpoint)
        #expect(status == 4)
        #expect(
            terminal.errors.findings == [
                "4 access-denied SSM parameter /guarded/1 can't be read", "5 access-denied SSM parameter /guarded/2 can't be read",
                "6 access-denied Secret guarded can't be read",
            ], "\(terminal.errors)")
        #expect(terminal.errors.contains("ssm:GetParameters") && terminal.errors.contains("secretsmanager:GetSecretValue"))
    }

    @Test func `the wrong account is asked for nothing but its identity`() async throws {
        let server = try await Cloud.moto.start()
        try await fill(server)
        try folder.write(Self.parameters + "allowedAccounts: ['000000000001']\n", to: "stacks/shop/stack.yml")
        for command in ["plan shop --resolve -v", "apply shop --auto-approve -v"] {
            let (status, terminal) = await pipeplan(command, server.endpoint)
            #expect(status == 3)
            #expect(terminal.errors.contains("must not be deployed to account 123456789012"), "\(terminal.errors)")
            #expect(terminal.errors.contains("STS GetCallerIdentity"))
            for service in ["SSM ", "SecretsManager "] { #expect(!terminal.errors.contains(service)) }
        }
    }

    @Test func `the sandbox has parameters that its stacks made, and no secrets`() async throws {
        let sandbox = ["PIPEPLAN_SANDBOX": "1"]
        try folder.write(
            "Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /shop/plain, Value: stored}}}\n",
            to: "stacks/store/template.yml")
        try folder.write("region: us-east-1\n", to: "stacks/store/stack.yml")
        #expect(await pipeplan("apply store --auto-approve", Self.nowhere, sandbox).status == 0)
        try folder.write(
            "Parameters: {A: {Type: String}}\nResources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref A}}}\n",
            to: "stacks/shop/template.yml")
        try folder.write("region: us-east-1\nparameters: {A: {ssm: /shop/plain}}\n", to: "stacks/shop/stack.yml")
        #expect(await pipeplan("plan shop --resolve --profile nobody", Self.nowhere, sandbox).status == 0)
        let (status, terminal) = await pipeplan("apply shop --auto-approve", Self.nowhere, sandbox)
        #expect(status == 0, "\(terminal.errors)")
        #expect(terminal.output.contains(#"+ DisplayName: "stored""#))
        try folder.write("region: us-east-1\nparameters: {A: {secret: any}}\n", to: "stacks/shop/stack.yml")
        let (refused, told) = await pipeplan("plan shop --resolve", Self.nowhere, sandbox)
        #expect(refused == 4)
        #expect(told.errors.contains("The sandbox has no Secrets Manager: it keeps no secrets"), "\(told.errors)")
    }
}

extension String {
    /// The findings in what a command told of stack.yml: line, code and summary of each.
    fileprivate var findings: [String] {
        var findings: [String] = []
        var head: (summary: String, code: String)?
        for line in split(separator: "\n") {
            if let match = line.firstMatch(of: /^error: (.*) \(([a-z-]+)\)$/) {
                head = (String(match.1), String(match.2))
            } else if let match = line.firstMatch(of: /stack\.yml:(\d+):\d+/), let known = head {
                findings.append("\(match.1) \(known.code) \(known.summary)")
                head = nil
            }
        }
        return findings
    }
}
