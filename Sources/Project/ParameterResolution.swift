package import Foundation
package import Model
package import OrderedCollections
package import Templates

/// What is known of a parameter's value, and what to tell CloudFormation.
package struct ResolvedParameter: Sendable {
    package var value: ParameterValue
    /// Whether CloudFormation keeps what the stack has.
    package var usePreviousValue: Bool
    /// Where the value comes from; `nil` for the template's own default.
    package var source: ParameterSource?
}

extension StackSettings {
    /// Finds out what can be known without a request: literals, files, environment variables, recorded outputs, previous values.
    ///
    /// A source with no value here keeps the stack's previous value where there is one. Where there is none, an environment
    /// variable that is not set is an error; the others are unknown, or an error with `requiresValues`.
    /// - Parameters:
    ///   - declared: the template's parameters. A secret default is resolved too, for its digest; other defaults are `bind`'s.
    ///   - environment: the process's environment variables.
    ///   - recorded: the parameters the stack was last deployed with; `nil` where it has not been.
    ///   - recordedOutput: another stack's output, as its last deployment left it.
    ///   - isAwaited: whether another stack's output is only made later in the same run: then it is unknown, and no error.
    ///   - fetch: asked for `ssm`, `secret` and `prompt`; `nil` from it means that it has no value either.
    ///   - requiresValues: whether this is for a deployment, which can't leave a value open.
    ///   - digestNew: whether secrets that have no recorded digest get one. It takes some 20 ms each.
    ///   - randomBytes: for the salts of new digests.
    /// - Returns: what is ready for `bind`: parameters in the order they are written, and a finding for each that lacks a value it
    ///   needs or that the template does not have.
    package func resolveOffline(
        declared: OrderedDictionary<String, TemplateParameter>, environment: [String: String],
        recorded: OrderedDictionary<String, RecordedParameter>?,
        recordedOutput: (StackAddress, _ name: String) -> String?,
        isAwaited: (StackAddress, _ name: String) -> Bool = { _, _ in false },
        fetch: (ParameterSource) throws(Problem) -> String? = { _ in nil },
        requiresValues: Bool = false, digestNew: Bool = false, randomBytes: (Int) -> Data
    ) -> Reading<OrderedDictionary<String, ResolvedParameter>> {
        var resolved: OrderedDictionary<String, ResolvedParameter> = [:]
        var findings: [Finding] = []

        func value(_ text: String, _ parameter: TemplateParameter) -> ParameterValue {
            guard parameter.noEcho else { return .plain(text) }
            let secret = Secret(text)
            return .secret(secret, digest: digest(of: secret, recorded?[parameter.name], digestNew, randomBytes))
        }

        for (name, source) in parameters {
            guard let parameter = declared[name] else {
                findings.append(unknown(name, source, declared))
                continue
            }
            if case .literal = source.value, parameter.noEcho { findings.append(plainSecret(name, source.place)) }
            // What turns out to be missing is unknown too, so that `bind` does not report it again.
            resolved[name] = ResolvedParameter(value: .unknown(source.value.whyUnknown), usePreviousValue: false, source: source.value)
            do throws(Problem) {
                if let text = try text(source.value, environment, recordedOutput, fetch) {
                    resolved[name] = ResolvedParameter(value: value(text, parameter), usePreviousValue: false, source: source.value)
                } else if let previous = previous(source.value, parameter, recorded?[name]) {
                    resolved[name] = ResolvedParameter(value: previous, usePreviousValue: true, source: source.value)
                } else if let finding = missing(name, source, requiresValues, isAwaited) {
                    findings.append(finding)
                }
            } catch {
                findings += error.findings
            }
        }
        for parameter in declared.values where parameter.noEcho && parameters[parameter.name] == nil {
            guard let text = parameter.defaultValue else { continue }
            resolved[parameter.name] = ResolvedParameter(value: value(text, parameter), usePreviousValue: false, source: nil)
        }
        return Reading(value: resolved, findings: findings)
    }

    private func text(
        _ source: ParameterSource, _ environment: [String: String], _ recordedOutput: (StackAddress, String) -> String?,
        _ fetch: (ParameterSource) throws(Problem) -> String?
    ) throws(Problem) -> String? {
        switch source {
        case .literal(let text): text
        case .environment(let name): environment[name]
        case .file(let path): parameterFiles[path]?.reveal()
        case .output(let stack, let name): recordedOutput(stack, name)
        case .ssm, .secret, .prompt: try fetch(source)
        case .previous: nil
        }
    }

    /// What the stack keeps where the source has no value now. An output is not kept: its stack is deployed first and has it then.
    private func previous(
        _ source: ParameterSource, _ parameter: TemplateParameter, _ recorded: RecordedParameter?
    ) -> ParameterValue? {
        guard let recorded else { return nil }
        if case .output = source { return nil }
        switch recorded {
        case .secret(let digest) where parameter.noEcho: return .previousSecret(digest)
        case .plain where parameter.noEcho: return .previousSecret(nil)
        case .plain(let text) where source == .previous: return .plain(text)
        case .plain, .secret: return .unknown(source.whyKept)
        }
    }

    /// At most two derivations: whether the secret is the recorded one, and a digest of its own where it is not.
    private func digest(
        of secret: Secret, _ recorded: RecordedParameter?, _ digestNew: Bool, _ randomBytes: (Int) -> Data
    ) -> SecretDigest? {
        if case .secret(let digest?) = recorded {
            return digest.matches(secret) ? digest : SecretDigest(of: secret, salt: randomBytes(16))
        }
        return digestNew ? SecretDigest(of: secret, salt: randomBytes(16)) : nil
    }

    // MARK: Findings

    /// A literal's line is not quoted: it may be a secret's with a misspelt name.
    private func unknown(
        _ name: String, _ source: Located<ParameterSource>, _ declared: OrderedDictionary<String, TemplateParameter>
    ) -> Finding {
        var finding = source.place.finding(
            "unknown-parameter", "The template has no parameter \(name)", detail: advice(for: name, among: declared.keys))
        if case .literal = source.value { finding.excerpt = nil }
        return finding
    }

    /// The line is not quoted: it holds the secret.
    private func plainSecret(_ name: String, _ place: Place) -> Finding {
        var finding = place.finding(
            "plain-text-secret", .warning, "The value of \(name) stands in a file as it is",
            detail: "The template marks the parameter NoEcho. Name a source instead, such as {env: NAME} or {ssm: /path}.")
        finding.excerpt = nil
        return finding
    }

    /// Why a parameter can't stay without a value; `nil` where it can.
    private func missing(
        _ name: String, _ source: Located<ParameterSource>, _ requiresValues: Bool, _ isAwaited: (StackAddress, String) -> Bool
    ) -> Finding? {
        switch source.value {
        case .environment(let variable):
            return source.place.finding(
                "missing-environment-variable", "The environment variable \(variable) is not set",
                detail: "Parameter \(name) takes its value from it, and the stack has no previous one to keep. "
                    + "Set it, and try again: export \(variable)=…")
        case .previous:
            return source.place.finding(
                "no-previous-value", "Parameter \(name) has no previous value",
                detail: "UsePreviousValue works once the stack has been deployed with a value. Give it a ParameterValue.")
        case .output(let stack, let output) where requiresValues && !isAwaited(stack, output):
            return source.place.finding(
                "missing-output", "Stack \(stack) has no recorded output \(output)",
                detail: "Parameter \(name) takes its value from it. Deploy \(stack) first, or correct the output's name.")
        case .ssm, .secret, .prompt:
            guard requiresValues else { return nil }
            return source.place.finding(
                "unresolved-parameter", "Parameter \(name) has no value yet",
                detail: "It comes from \(source.value), which was not asked for it, and the stack has no previous value to keep.")
        case .literal, .file, .output: return nil
        }
    }
}

extension ParameterSource {
    fileprivate var whyUnknown: String {
        switch self {
        case .ssm, .secret: "\(self) is fetched by --resolve"
        case .prompt: "it is asked for when the stack is deployed"
        case .output(let stack, _): "\(self) is known once \(stack) is deployed"
        default: "\(self) has no value here"
        }
    }

    fileprivate var whyKept: String {
        if case .environment(let name) = self { return "\(name) is not set, so the stack keeps its value" }
        return "\(self) was not asked, so the stack keeps its value"
    }
}
