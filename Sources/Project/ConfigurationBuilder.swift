import Foundation
package import Model
import OrderedCollections
import Templates

extension Project {
    /// All that the files say about one stack in one environment.
    /// - Throws: `Problem` with everything that is wrong with them.
    package func configuration(of address: StackAddress) throws(Problem) -> StackSettings {
        let file = try stackFile(of: address.stack)
        if let finding = unknownEnvironment(address, among: Array(file.environments.keys)) { throw Problem(.badInput, [finding]) }
        var builder = ConfigurationBuilder(project: self, address: address)
        let configuration = builder.configuration(file)
        return try Reading(value: configuration, findings: builder.findings).value()
    }
}

/// Merges the levels of a stack's settings: the project's, the stack's, the environment's.
private struct ConfigurationBuilder {
    let project: Project
    let address: StackAddress
    let folder: String
    var findings: [Finding] = []

    init(project: Project, address: StackAddress) {
        self.project = project
        self.address = address
        folder = project.folder(of: address.stack)
    }

    mutating func configuration(_ file: StackFile) -> StackSettings {
        let levels = [address.environment.flatMap { file.environments[$0] }, file.options].compactMap { $0 }
        /// The innermost level that says anything on a key.
        func value<Value>(_ key: (StackOptions) -> Value?) -> Value? { levels.lazy.compactMap(key).first }

        var parameters: ParameterSources = [:]
        var tags = project.settings.tags
        var stackPolicy: JSONValue?
        for level in levels.reversed() {
            let given = contents(of: level.parameters)
            parameters.merge(given.parameters) { _, inner in inner }
            tags.merge(given.tags) { _, inner in inner }
            tags.merge(level.tags) { _, inner in inner }
            stackPolicy = policy(level.stackPolicy) ?? given.stackPolicy?.value ?? stackPolicy
        }
        parameters = parameters.mapValues { resolvingStack($0) }
        return StackSettings(
            address: address, folder: folder, stackName: stackName(value(\.stackName)), template: value(\.template),
            region: value(\.region)?.value ?? project.settings.region?.value, profile: value(\.profile)?.value,
            assumeRole: value(\.assumeRole)?.value, serviceRole: value(\.serviceRole)?.value,
            allowedAccounts: allowedAccounts(value(\.allowedAccounts)),
            artifacts: (value(\.artifacts) ?? project.settings.artifacts).flatMap { ArtifactLocation($0.value) }, parameters: parameters,
            tags: tags,
            capabilities: value(\.capabilities) ?? [], notificationArns: (value(\.notificationArns) ?? []).map(\.value),
            terminationProtection: value(\.terminationProtection), stackPolicy: stackPolicy, rollback: value(\.rollback),
            protect: value(\.protect) ?? [], ignoreDrift: value(\.ignoreDrift) ?? [],
            dependencies: dependencies(value(\.dependsOn) ?? [], parameters), hooks: value(\.hooks) ?? Hooks(),
            guardrails: project.settings.guardrails, parameterFiles: parameterFiles(parameters), files: project.files)
    }

    private mutating func stackName(_ written: Located<String>?) -> String {
        if let written { return written.value }
        let name = [address.stack, address.environment].compactMap { $0 }.joined(separator: "-")
        if !TextRule.stackName.accepts(name) {
            findings.append(
                Finding(
                    TextRule.stackName.code, "\(JSONValue.quoted(name)) is no \(TextRule.stackName.noun)",
                    detail: "It is made of the names of folder and environment. Set stackName in \(project.shown("\(folder)/stack.yml")). "
                        + TextRule.stackName.advice))
        }
        return name
    }

    /// The project's guardrail holds whatever stack.yml says.
    private func allowedAccounts(_ own: [Located<String>]?) -> [String]? {
        let own = own?.map(\.value)
        guard let guardrail = project.settings.guardrails.allowedAccounts else { return own }
        return own?.filter(guardrail.contains) ?? guardrail
    }

    // MARK: Files beside stack.yml

    private mutating func contents(of parameters: StackOptions.Parameters?) -> ParameterFile {
        switch parameters {
        case nil: return ParameterFile()
        case .values(let sources): return ParameterFile(parameters: sources)
        case .file(let path):
            return read(path) { ParameterFile.read($0, file: $1) } ?? ParameterFile()
        }
    }

    private mutating func policy(_ policy: StackOptions.StackPolicy?) -> JSONValue? {
        switch policy {
        case nil: return nil
        case .document(let document): return document.value
        case .file(let path):
            let document = read(path) { data, file in
                SettingsReader.read(data, file: file) { reader, root in reader.stackPolicy(root) }
            }
            return document??.value
        }
    }

    private mutating func read<Value>(_ path: Located<String>, _ contents: (Data, String) -> Reading<Value>) -> Value? {
        let absolute = Paths.absolute(path.value, from: folder)
        do throws(Problem) {
            let reading = contents(try project.files.read(absolute, namedAt: path.place), project.shown(absolute))
            findings += reading.findings
            return reading.value
        } catch {
            findings += error.findings
            return nil
        }
    }

    /// The files named by `{file: path}`. A final line break is an editor's, not part of the value.
    private mutating func parameterFiles(_ parameters: ParameterSources) -> [String: Secret] {
        var contents: [String: Secret] = [:]
        for source in parameters.values {
            guard case .file(let path) = source.value else { continue }
            let value = read(Located(path, at: source.place)) { data, file -> Reading<Secret> in
                guard let text = String(validating: data, as: UTF8.self) else {
                    let finding = source.place.finding(
                        "not-utf8", "\(file) is not UTF-8 text",
                        detail: "A parameter's value is text. Encode other data, by base64 for one.")
                    return Reading(value: nil, findings: [finding])
                }
                return Reading(value: Secret(text.withoutFinalLineBreak), findings: [])
            }
            if let value { contents[path] = value }
        }
        return contents
    }

    // MARK: Other stacks

    /// An output's stack in full, with the environment that is meant where none is written.
    private mutating func resolvingStack(_ source: Located<ParameterSource>) -> Located<ParameterSource> {
        guard case .output(let stack, let name) = source.value,
            let full = resolve(Located(stack, at: source.place))
        else { return source }
        return Located(.output(full, name: name), at: source.place)
    }

    private mutating func resolve(_ reference: Located<StackAddress>) -> StackAddress? {
        do throws(Problem) {
            return try project.resolve(reference.value, from: address)
        } catch {
            // A finding without a place is about the reference; one with a place is about the other stack's own file.
            findings += error.findings.map { finding in
                finding.location == nil ? reference.place.finding(finding.code, finding.summary, detail: finding.detail) : finding
            }
            return nil
        }
    }

    private mutating func dependencies(_ written: [Located<StackAddress>], _ parameters: ParameterSources) -> [Located<StackAddress>] {
        var dependencies: [Located<StackAddress>] = []
        for reference in written {
            if let full = resolve(reference) { dependencies.append(Located(full, at: reference.place)) }
        }
        for source in parameters.values {
            if case .output(let stack, _) = source.value { dependencies.append(Located(stack, at: source.place)) }
        }
        var seen: Set<StackAddress> = []
        return dependencies.filter { seen.insert($0.value).inserted }
    }
}

extension String {
    fileprivate var withoutFinalLineBreak: String {
        // A carriage return and a line feed are one character.
        hasSuffix("\n") || hasSuffix("\r\n") ? String(dropLast()) : self
    }
}
