import Foundation
import Model
import Testing

@testable import AWS

/// Endpoints that quote everything they get, and answers full of secrets: nothing of it comes out again.
@Suite struct HiddenSecretTests {
    private static let token = "session/token+with=signs"
    private static let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

    /// What a user may get to see of a call: the log, the error in every form, and everything that takes part, printed.
    private func seen(
        _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse, _ call: (AWSSession) async throws -> Void
    ) async throws -> (text: String, signature: String) {
        let log = Collector<RequestLogLine>()
        let requests = Collector<HTTPRequest>()
        let transport = HTTPTransport { request in
            requests.add(request)
            return answer(request)
        }
        let session = try stubbedSession(environment: ["AWS_SESSION_TOKEN": Self.token, "AWS_MAX_ATTEMPTS": "1"], log: log, transport)
        var text = ""
        do {
            try await call(session)
        } catch let failure as any RequestFailure {
            text += "\(failure) \(failure.problem)"
            dump(failure, to: &text)
        }
        dump(log.items, to: &text)
        dump(session, to: &text)
        dump(requests.items, to: &text)
        let authorization = requests.items.first?.headers.first { $0.name == "Authorization" }?.value ?? ""
        return (text, String(authorization.split(separator: "Signature=").last ?? ""))
    }

    @Test func `an error that quotes the request shows neither keys, token, signature nor secret parameters`() async throws {
        var input = CreateChangeSetInput(stack: "s", name: "c", kind: .create, template: .body("{}"))
        input.parameters = [
            "Token": .secret(Secret("ghp_geheim & <co>")), "Longer": .secret(Secret("ghp_geheim & <co> more")),
            "Short": .secret(Secret("an")),
        ]
        let sent = input
        let quoting: @Sendable (HTTPRequest) -> HTTPResponse = { request in
            let headers = request.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
            let message = "\(headers)\n\(Self.key) Value 'ghp_geheim & <co>' and 'ghp_geheim & <co> more' can't be"
            let escaped = message.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            return .xml(
                "<ErrorResponse><Error><Code>ValidationError</Code><Message>\(escaped)</Message></Error></ErrorResponse>", status: 400)
        }
        let (text, signature) = try await seen(quoting) { _ = try await $0.cloudFormation().createChangeSet(sent) }
        #expect(signature.count == 64)
        for secret in [Self.key, Self.token, signature, "ghp_geheim"] { #expect(!text.contains(secret), "\(secret)") }
        #expect(text.contains("Value '****' and '****' can't be"))
    }

    /// What is sent for credentials, and the secrets in it.
    private static let forCredentials: [(secrets: [String], call: @Sendable (AWSSession) async throws -> Void)] = [
        (
            ["987123"],
            {
                let role = AssumedRole(arn: "r", sessionName: "s", mfaSerial: "mfa", origin: "here")
                _ = try await $0.sts().assumeRole(role, tokenCode: Secret("987123"))
            }
        ),
        (
            [webToken],
            {
                let identity = WebIdentity(tokenFile: "", roleArn: "r", sessionName: "s", origin: "here")
                _ = try await STSClient(client: $0.unsigned(.sts)).assumeRole(identity, token: Secret(webToken))
            }
        ),
        (
            ["bearer/geheim+1"],
            {
                let access = SSOAccess(profile: "p", startURL: "u", region: "r", accountID: "1", roleName: "a", cacheFolder: "")
                _ = try await SSOClient(client: $0.unsigned(.sso)).getRoleCredentials(access, token: Secret("bearer/geheim+1"))
            }
        ),
        (
            ["client/geheim+2", "refresh/geheim+3"],
            {
                let refresh = SSOToken.Refresh(
                    refreshToken: Secret("refresh/geheim+3"), clientID: "client", clientSecret: Secret("client/geheim+2"),
                    registrationExpiration: .distantFuture)
                _ = try await OIDCClient(client: $0.unsigned(.ssoOIDC)).createToken(refresh)
            }
        ),
    ]

    /// As long as they get.
    private static let webToken = "eyJhbGciOiJSUzI1NiJ9." + String(repeating: "geheim", count: 200) + ".c2lnbmF0dXJl"

    @Test(arguments: forCredentials.indices)
    func `an error that quotes what is sent for credentials shows none of it, in whatever form it comes`(_ index: Int) async throws {
        let (secrets, call) = Self.forCredentials[index]
        let said = "'\(secrets.joined(separator: "', '"))' can't be"
        let xml = "<ErrorResponse><Error><Code>ValidationError</Code><Message>\(said)</Message></Error></ErrorResponse>"
        let json: JSONValue = ["__type": "InvalidRequestException", "message": .string(said)]
        for body in [xml, json.compactText, "Bad request: \(said)"] {
            let (text, _) = try await seen({ _ in HTTPResponse(status: 400, body: Data(body.utf8)) }, call)
            for secret in secrets { #expect(!text.contains(secret), "\(body)") }
            #expect(!text.contains("geheim"), "\(body)")
            #expect(text.contains("'\(secrets.map { _ in "****" }.joined(separator: "', '"))' can't be"), "\(body)")
        }
    }

    @Test func `answers with secrets are printed nowhere, whatever is wrong with them`() async throws {
        for (status, body) in [
            (200, #"{"Parameters": [{"Name": "a", "Type": "SecureString", "Value": "geheim-1"}], "SecretString": "geheim-1"}"#),
            (200, #"{"Parameters": [{"Name": "geheim-1", "Type": 3}], "SecretString": ["geheim-1"]}"#),
            (200, #"{"SecretString": "geheim-1""#), (200, #""geheim-1""#),
        ] {
            let response = HTTPResponse(status: status, body: Data(body.utf8))
            let (parameters, _) = try await seen({ _ in response }) { session in
                var printed = ""
                dump(try await session.ssm().getParameters(["a"]), to: &printed)
                #expect(!printed.contains("geheim-1"))
            }
            let (secret, _) = try await seen({ _ in response }) { session in
                var printed = ""
                dump(try await session.secretsManager().getSecretValue("a"), to: &printed)
                #expect(!printed.contains("geheim-1"))
            }
            #expect(!parameters.contains("geheim-1") && !secret.contains("geheim-1"), "\(body)")
        }
    }
}
