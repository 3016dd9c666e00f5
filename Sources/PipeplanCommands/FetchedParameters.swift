import AWS
import Model
import Project
import Templates

/// What SSM and Secrets Manager answered about one stack's parameters.
struct FetchedParameters: Sendable {
    let region: String
    /// The names that SSM was asked for.
    private(set) var asked: Set<String> = []
    private(set) var parameters = SSMParameters()
    private var answers: [ParameterSource: Secret] = [:]
    /// Sources whose value is stored as a secret.
    private var secretSources: Set<ParameterSource> = []
    /// One for each source that has no value, in the order of stack.yml.
    private(set) var findings: [Finding] = []
    private var failed: Set<ParameterSource> = []

    init(region: String) { self.region = region }

    /// The value of a source; `nil` where it was not asked for.
    ///
    /// - Throws: `Problem` without a finding for a source that failed: its finding is among `findings`, with its place.
    func value(of source: ParameterSource) throws(Problem) -> String? {
        if failed.contains(source) { throw Problem(.badInput, []) }
        return answers[source]?.reveal()
    }

    /// Warnings of parameters that show what is stored as a secret.
    func exposures(_ settings: StackSettings, _ template: Template) -> [Finding] {
        settings.parameters.compactMap { name, source in
            guard secretSources.contains(source.value), template.parameters[name]?.noEcho == false else { return nil }
            return source.place.finding(
                "visible-secret", .warning, "CloudFormation will show the value of \(name), which is stored as a secret",
                detail: "It comes from \(source.value), and the template does not mark the parameter NoEcho: plans, the recorded state "
                    + "and everybody who may describe the stack show it. Add NoEcho: true.")
        }
    }

    mutating func ask(for names: [String], _ session: AWSSession) async throws {
        guard !names.isEmpty else { return }
        asked.formUnion(names)
        let answer = try await session.ssm().getParameters(names)
        parameters.found.merge(answer.found) { _, new in new }
        parameters.refused.merge(answer.refused) { _, new in new }
    }

    /// Takes the value of a source from what was answered, or notes why there is none.
    /// - Parameter parameter: the first one that names the source.
    mutating func settle(
        _ source: ParameterSource, for parameter: Located<String>, _ contents: [String: Result<SecretContents, AWSError>]
    ) {
        let outcome: Result<Secret, Failure>
        switch source {
        case .ssm(let name):
            outcome = stored(name)
            if parameters.found[name]?.isSecure == true { secretSources.insert(source) }
        case .secret(let id, let key):
            outcome = Self.secret(id, key, contents[id])
            secretSources.insert(source)
        default: return
        }
        switch outcome {
        case .success(let value): answers[source] = value
        case .failure(let failure):
            failed.insert(source)
            let use = "Parameter \(parameter.value) takes its value from it, in region \(region)."
            findings.append(parameter.place.finding(failure.code, failure.summary, detail: "\(use) \(failure.remedy)"))
        }
    }

    /// A warning of a stored value that can't be had.
    func storeFinding(_ name: String, for parameter: String, _ settings: StackSettings, _ template: Template) -> Finding {
        let failure: Failure =
            switch stored(name) {
            case .success:
                Failure(
                    code: "secure-stored-value", summary: "SSM parameter \(name) is a SecureString",
                    remedy: "CloudFormation takes none for an AWS::SSM::Parameter::Value type. Use a dynamic reference (ssm-secure), or "
                        + "the source {ssm: …} for a String parameter with NoEcho.")
            case .failure(let failure): failure
            }
        let detail = "Parameter \(parameter) stands for its value, in region \(region). \(failure.remedy)"
        if let source = settings.parameters[parameter] {
            return source.place.finding(failure.code, .warning, failure.summary, detail: detail)
        }
        guard let declared = template.parameters[parameter] else { return Finding(failure.code, .warning, failure.summary, detail: detail) }
        return template.source.finding(failure.code, .warning, failure.summary, detail: detail, at: declared.span)
    }
}

extension FetchedParameters {
    /// Why a source has no value. It holds nothing of what is stored.
    private struct Failure: Error {
        var code: String
        var summary: String
        var remedy: String

        init(code: String, summary: String, remedy: String) {
            self.code = code
            self.summary = summary
            self.remedy = remedy
        }

        init(_ error: AWSError, of what: String) {
            let finding = error.problem.findings.first
            code = finding?.code ?? "aws-error"
            summary = "\(what) can't be read"
            remedy = "\(finding?.summary ?? error.code): \(finding?.detail ?? error.message)"
        }
    }

    private func stored(_ name: String) -> Result<Secret, Failure> {
        if let found = parameters.found[name] { return .success(found.value) }
        if let error = parameters.refused[name] { return .failure(Failure(error, of: "SSM parameter \(name)")) }
        return .failure(
            Failure(
                code: "missing-ssm-parameter", summary: "SSM has no parameter \(name)",
                remedy: "Create it there, or correct its name."))
    }

    private static func secret(_ id: String, _ key: String?, _ contents: Result<SecretContents, AWSError>?) -> Result<Secret, Failure> {
        switch contents {
        case .success(.text(let text)): return key.map { member($0, of: text, id) } ?? .success(text)
        case .success(.binary):
            return .failure(
                Failure(
                    code: "binary-secret", summary: "Secret \(id) holds bytes, not text",
                    remedy: "A parameter is a text: store the secret as SecretString."))
        case .failure(let error) where error.isNotFound:
            return .failure(
                Failure(
                    code: "missing-secret", summary: "Secrets Manager has no value of secret \(id)",
                    remedy: "Create it there, or correct its name."))
        case .failure(let error): return .failure(Failure(error, of: "Secret \(id)"))
        case nil: return .failure(Failure(code: "missing-secret", summary: "Secret \(id) was not asked for", remedy: "This is a bug."))
        }
    }

    /// A member of the JSON object that a secret is. Numbers keep the form they are written in.
    private static func member(_ key: String, of text: Secret, _ id: String) -> Result<Secret, Failure> {
        // The reader's own findings quote the text.
        guard let object = Document.read(text.reveal(), file: "secret.json").value?.root.json, object.objectMembers != nil else {
            return .failure(
                Failure(
                    code: "secret-without-keys", summary: "Secret \(id) is no JSON object, and so has no key \(key)",
                    remedy: "Leave `key` out to take the whole text."))
        }
        guard let member = object[key] else {
            return .failure(
                Failure(
                    code: "missing-secret-key", summary: "Secret \(id) has no key \(key)", remedy: "Add it to the secret, or correct `key`."
                ))
        }
        guard let value = member.scalarText else {
            return .failure(
                Failure(
                    code: "secret-key-no-text", summary: "Key \(key) of secret \(id) is no text",
                    remedy: "It holds null, a list or an object, which no parameter takes."))
        }
        return .success(Secret(value))
    }
}
