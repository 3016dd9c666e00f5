import Foundation
import Model
import OrderedCollections
import Project
import Templates
import Testing

@Suite struct `Resolving parameters` {
    private static let template = """
        Parameters:
          Text: {Type: String}
          Token: {Type: String, NoEcho: true}
        Resources: {R: {Type: "AWS::SNS::Topic"}}
        """
    private static let digest = SecretDigest(of: Secret("hush"), salt: Data(repeating: 7, count: 16))
    private static let recorded: OrderedDictionary<String, RecordedParameter> = ["Text": .plain("old"), "Token": .secret(digest)]

    private func resolve(
        _ parameters: String, recorded: OrderedDictionary<String, RecordedParameter>? = nil, template: String = template,
        files: [String: String] = [:], outputs: [String: String] = [:],
        fetch: (ParameterSource) throws(Problem) -> String? = { _ in nil },
        requiresValues: Bool = false, digestNew: Bool = false
    ) throws -> Reading<OrderedDictionary<String, ResolvedParameter>> {
        let temporary = try TemporaryProject(
            files.merging([
                "stacks/app/stack.yml": "parameters: {\(parameters)}", "stacks/app/template.yml": template, "stacks/net/stack.yml": "",
            ]) { given, _ in given })
        let configuration = try temporary.configuration()
        return configuration.resolveOffline(
            declared: try configuration.loadTemplate().get().parameters, environment: ["SET": "value", "TOKEN": "hush", "OTHER": "other"],
            recorded: recorded, recordedOutput: { outputs["\($0).\($1)"] }, fetch: fetch, requiresValues: requiresValues,
            digestNew: digestNew, randomBytes: { Data(repeating: 9, count: $0) })
    }

    @Test(arguments: [
        ("Text: hello", ParameterValue.plain("hello")),
        ("Text: {env: SET}", .plain("value")),
        ("Text: {file: key.txt}", .plain("two\nlines")),
        ("Text: {output: net.Id}", .plain("id-1")),
        ("Text: {output: net.Other}", .unknown("output Other of stack net is known once net is deployed")),
        ("Text: {ssm: /known}", .plain("fetched")),
        ("Text: {ssm: /path}", .unknown("SSM parameter /path is fetched by --resolve")),
        ("Text: {secret: s, key: k}", .unknown("key k of secret s is fetched by --resolve")),
        ("Text: {prompt: Which?}", .unknown("it is asked for when the stack is deployed")),
    ])
    func `a new stack's parameter is known or says why not`(parameters: String, expected: ParameterValue) throws {
        let reading = try resolve(
            parameters, files: ["stacks/app/key.txt": "two\nlines\n"], outputs: ["net.Id": "id-1"],
            fetch: { $0 == .ssm("/known") ? "fetched" : nil })
        #expect(reading.findings == [])
        #expect(reading.value?["Text"]?.value == expected)
        #expect(reading.value?["Text"]?.usePreviousValue == false)
    }

    @Test(arguments: [
        ("Text: {env: UNSET}", "Text", ParameterValue.unknown("UNSET is not set, so the stack keeps its value")),
        ("Text: {ssm: /path}", "Text", .unknown("SSM parameter /path was not asked, so the stack keeps its value")),
        ("Token: {env: UNSET}", "Token", .previousSecret(digest)),
        ("Token: {secret: name}", "Token", .previousSecret(digest)),
    ])
    func `what has no value here keeps the stack's previous one`(parameters: String, name: String, expected: ParameterValue) throws {
        for requiresValues in [false, true] {
            let reading = try resolve(parameters, recorded: Self.recorded, requiresValues: requiresValues)
            #expect(reading.findings == [])
            #expect(reading.value?[name]?.value == expected)
            #expect(reading.value?[name]?.usePreviousValue == true)
        }
    }

    @Test func `UsePreviousValue in a file keeps the recorded value`() throws {
        let list = #"[{"ParameterKey": "Text", "UsePreviousValue": true}]"#
        let files = ["stacks/app/stack.yml": "parameters: p.json", "stacks/app/p.json": list]
        let kept = try resolve("", recorded: Self.recorded, files: files)
        #expect(kept.value?["Text"]?.value == .plain("old"))
        #expect(kept.value?["Text"]?.usePreviousValue == true)
        #expect(try resolve("", files: files).findings.map(\.code) == ["no-previous-value"])
    }

    @Test(arguments: [
        (
            "Token: {env: UNSET}", false,
            "missing-environment-variable: The environment variable UNSET is not set | Parameter Token takes its value from it, "
                + "and the stack has no previous one to keep. Set it, and try again: export UNSET=…"
        ),
        (
            "Text: {output: net.Id}", true,
            "missing-output: Stack net has no recorded output Id | Parameter Text takes its value from it. "
                + "Deploy net first, or correct the output's name."
        ),
        (
            "Text: {ssm: /p}", true,
            "unresolved-parameter: Parameter Text has no value yet | It comes from SSM parameter /p, which was not asked for it, "
                + "and the stack has no previous value to keep."
        ),
        ("Txt: hello", false, "unknown-parameter: The template has no parameter Txt | Did you mean Text?"),
    ])
    func `what can't go on is an error with its place`(parameters: String, requiresValues: Bool, expected: String) throws {
        let reading = try resolve(parameters, requiresValues: requiresValues)
        #expect(reading.findings.map(\.line) == ["stacks/app/stack.yml:1:14 " + expected])
        #expect(reading.value?.values.allSatisfy { if case .unknown = $0.value { true } else { false } } == true)
    }

    @Test func `a secret keeps its recorded digest while it is the same`() throws {
        let same = try resolve("Token: {env: TOKEN}", recorded: Self.recorded)
        #expect(same.value?["Token"]?.value == .secret(Secret("hush"), digest: Self.digest))
        let other = try resolve("Token: {env: OTHER}", recorded: Self.recorded)
        let salted = SecretDigest(of: Secret("other"), salt: Data(repeating: 9, count: 16))
        #expect(other.value?["Token"]?.value == .secret(Secret("other"), digest: salted))
    }

    @Test func `a new secret is digested only when asked`() throws {
        #expect(try resolve("Token: {env: TOKEN}").value?["Token"]?.value == .secret(Secret("hush"), digest: nil))
        let digested = try resolve("Token: {env: TOKEN}", digestNew: true)
        let salted = SecretDigest(of: Secret("hush"), salt: Data(repeating: 9, count: 16))
        #expect(digested.value?["Token"]?.value == .secret(Secret("hush"), digest: salted))
    }

    @Test func `a secret default keeps its recorded digest too`() throws {
        let template = Self.template.replacingOccurrences(of: "NoEcho: true", with: "NoEcho: true, Default: hush")
        let reading = try resolve("Text: a", recorded: Self.recorded, template: template)
        #expect(reading.value?["Token"]?.value == .secret(Secret("hush"), digest: Self.digest))
        #expect(reading.value?["Token"]?.source == nil)
    }

    @Test func `a secret written down is warned of without being shown`() throws {
        #expect(try resolve("Tokn: hush").findings.map(\.excerpt) == [nil])
        let reading = try resolve("Token: hush")
        #expect(reading.findings.map(\.code) == ["plain-text-secret"])
        #expect(reading.findings.map(\.severity) == [.warning])
        #expect(!"\(reading)".contains("\"hush\"") && reading.findings.allSatisfy { $0.excerpt == nil })
    }

    @Test func `what a fetch throws is collected with the rest`() throws {
        let reading = try resolve(
            "Text: {ssm: /p}, Token: {env: UNSET}",
            fetch: { _ throws(Problem) in throw Problem(.failed, "access-denied", "SSM refuses") })
        #expect(reading.findings.map(\.code) == ["access-denied", "missing-environment-variable"])
    }
}
