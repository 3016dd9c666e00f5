import Foundation
import Model
import Testing

@testable import AWS

@Suite struct JSONErrorTests {
    private func read(_ text: String, status: Int = 400, headers: [String: String] = [:]) -> AWSError {
        AWSError(
            HTTPResponse(status: status, headers: headers, body: Data(text.utf8)), service: "SSM", action: "GetParameters")
    }

    @Test(arguments: [
        (#"{"__type": "ParameterNotFound", "message": "m"}"#, [:], "ParameterNotFound", "m"),
        (#"{"__type": "com.amazonaws.ssm#ParameterNotFound", "Message": "M"}"#, [:], "ParameterNotFound", "M"),
        (#"{"message": "m"}"#, ["x-amzn-errortype": "AccessDeniedException:http://internal/"], "AccessDeniedException", "m"),
        (#"{"code": "Throttled"}"#, [:], "Throttled", ""),
        ("", ["x-amzn-errortype": "ThrottlingException"], "ThrottlingException", ""),
        (#"{"__type": "a#QueueDoesNotExist"}"#, ["x-amzn-query-error": "AWS.Queue.NonExistent;Sender"], "AWS.Queue.NonExistent", ""),
        (#"{"__type": "no name\u001b[31m", "message": "m"}"#, [:], "HTTP400", "m"),
        ("{}", [:], "HTTP400", ""),
    ])
    func `the JSON protocol's error is read`(_ text: String, _ headers: [String: String], _ code: String, _ message: String) {
        let error = read(text, headers: headers.merging(["x-amzn-requestid": "r-1"]) { first, _ in first })
        #expect(
            error
                == AWSError(
                    service: "SSM", action: "GetParameters", code: code, message: message, status: 400, requestID: "r-1"))
    }

    @Test func `a page in between is no JSON error`() {
        let error = read("<html><hr>Bad gateway", status: 502)
        #expect(error.code == "HTTP502" && error.message == "<html><hr>Bad gateway" && error.isTransient)
    }
}

@Suite struct SSMClientTests {
    /// A store that refuses a whole request because of some names, and answers in its own order.
    private func store(_ values: [String: String], refusing refused: [String: String] = [:], _ requests: Collector<[String]>)
        -> HTTPTransport
    {
        HTTPTransport { request in
            let names = try #require(
                try JSONDecoder().decode(JSONValue.self, from: request.body)["Names"]?.arrayItems?.compactMap(\.scalarText))
            requests.add(names)
            if let code = names.compactMap({ refused[$0] }).first {
                let error: JSONValue = ["__type": .string(code), "message": "no"]
                return HTTPResponse(status: 400, body: Data(error.compactText.utf8))
            }
            let found = names.reversed().compactMap { name in
                values[name].map { value -> JSONValue in
                    let parts = name.split(separator: ":")
                    var item: JSONValue = ["Name": .string(String(parts[0])), "Value": .string(value), "Type": "String", "Unknown": [1]]
                    if name.hasPrefix("arn:") { item = ["Name": .string(name), "Value": .string(value), "Type": "SecureString"] }
                    return item
                }
            }
            let answer: JSONValue = ["Parameters": .array(found), "InvalidParameters": []]
            return HTTPResponse(status: 200, body: Data(answer.compactText.utf8))
        }
    }

    @Test func `names are asked for ten at a time, each once`() async throws {
        let requests = Collector<[String]>()
        let names = (10..<33).map { "/n/\($0)" }
        let values = Dictionary(uniqueKeysWithValues: names.map { ($0, "v\($0)") })
        let client = try stubbedSession(store(values, requests)).ssm()
        let answer = try await client.getParameters(names + names)
        #expect(answer.found.mapValues { $0.value.reveal() } == values)
        #expect(answer.refused.isEmpty)
        #expect(requests.items.map(\.count).sorted() == [3, 10, 10])
        #expect(try await client.getParameters([]).found.isEmpty && requests.items.count == 3)
    }

    @Test func `two versions of a parameter are not mistaken for each other, whatever the answer tells of them`() async throws {
        let requests = Collector<[String]>()
        let arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/a"
        let values = ["/a": "three", "/a:1": "one", "/a:old": "two", arn: "shared", "b": "other"]
        let answer = try await stubbedSession(store(values, requests)).ssm().getParameters(Array(values.keys) + ["/none"])
        #expect(answer.found.mapValues { $0.value.reveal() } == values)
        #expect(answer.found[arn]?.isSecure == true && answer.found["/a"]?.isSecure == false)
        #expect(requests.items.count == 4)
    }

    @Test func `a name that spoils a request is found out, and the others are read`() async throws {
        let requests = Collector<[String]>()
        let log = Collector<RequestLogLine>()
        let transport = store(
            ["a": "1", "b": "2"], refusing: ["secret": "AccessDeniedException", "bad name": "ValidationException"], requests)
        let answer = try await stubbedSession(log: log, transport).ssm().getParameters(["a", "b", "secret", "bad name"])
        #expect(answer.found.mapValues { $0.value.reveal() } == ["a": "1", "b": "2"])
        #expect(answer.refused.mapValues(\.code) == ["secret": "AccessDeniedException", "bad name": "ValidationException"])
        #expect(requests.items.count == 5 && log.items.count == 5)
    }

    @Test func `what stands between here and AWS is asked once too`() async throws {
        let requests = Collector<HTTPRequest>()
        let page = HTTPResponse(status: 403, body: Data("<html><hr>No entry".utf8))
        let client = try stubbedSession(.stub(requests, .success(page))).ssm()
        let error = await #expect(throws: AWSError.self) { try await client.getParameters(["a", "b"]) }
        #expect(error?.code == "Forbidden" && requests.items.count == 1)
    }

    @Test(arguments: ["ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"])
    func `who may not ask at all is told once`(_ code: String) async throws {
        let requests = Collector<[String]>()
        let client = try stubbedSession(store([:], refusing: ["a": code], requests)).ssm()
        let error = await #expect(throws: AWSError.self) { try await client.getParameters(["a", "b"]) }
        #expect(error?.code == code && requests.items.count == 1)
    }

    @Test(arguments: [
        ("", "It is no JSON"), ("{", "It is no JSON"), ("<html>", "It is no JSON"),
        (String(repeating: "[", count: 100_000), "It is no JSON"), ("[]", "It is no JSON object"),
        (#"{"Parameters": [{"Value": "hush-hush"}]}"#, "It has no Type"),
        (#"{"Parameters": [{"Type": "SecureString", "Value": ["hush-hush"]}]}"#, "It has no Value"),
    ])
    func `an answer that can't be read is not believed, and not quoted`(_ body: String, _ reason: String) async throws {
        let answer = HTTPResponse(status: 200, body: Data(body.utf8))
        let client = try stubbedSession(environment: ["AWS_MAX_ATTEMPTS": "1"], .stub(Collector(), .success(answer))).ssm()
        let error = await #expect(throws: TransportError.self) { try await client.getParameters(["a"]) }
        #expect(error?.kind == .unreadable && error?.detail == reason)
    }
}

@Suite struct SecretsManagerClientTests {
    private func client(_ body: String, status: Int = 200) throws -> SecretsManagerClient {
        try stubbedSession(
            environment: ["AWS_MAX_ATTEMPTS": "1"],
            .stub(Collector(), .success(HTTPResponse(status: status, body: Data(body.utf8))))
        ).secretsManager()
    }

    @Test func `a secret is a text or bytes`() async throws {
        #expect(try await client(#"{"Name": "s", "SecretString": "a\u00e9\n"}"#).getSecretValue("s") == .text(Secret("aé\n")))
        #expect(try await client(#"{"SecretString": ""}"#).getSecretValue("s") == .text(Secret("")))
        #expect(try await client(#"{"SecretBinary": "AAE="}"#).getSecretValue("s") == .binary)
        let error = await #expect(throws: TransportError.self) { try await client(#"{"Name": "s"}"#).getSecretValue("s") }
        #expect(error?.detail == "It has no SecretString")
    }

    @Test func `a secret that does not exist is told apart from one that may not be read`() async throws {
        let missing = await #expect(throws: AWSError.self) {
            try await client(#"{"__type": "ResourceNotFoundException", "Message": "x"}"#, status: 400).getSecretValue("s")
        }
        #expect(missing?.isNotFound == true && missing?.isAccessDenied == false)
        let denied = await #expect(throws: AWSError.self) {
            try await client(#"{"__type": "AccessDeniedException", "Message": "x"}"#, status: 400).getSecretValue("s")
        }
        #expect(denied?.isNotFound == false && denied?.isAccessDenied == true)
        #expect(denied?.problem.findings.first?.detail.contains("secretsmanager:GetSecretValue") == true)
    }
}
