import Foundation
package import Model
package import OrderedCollections
package import Templates

/// One stack in one environment: all that its files say, merged.
package struct StackSettings: Sendable {
    package var address: StackAddress
    /// The absolute path of the stack's folder, which paths in its files start from.
    package var folder: String
    package var stackName: String
    /// Where the template is named; the file itself is read by `loadTemplate`.
    package var template: Located<String>?
    /// `nil` leaves it to AWS's own settings.
    package var region: String?
    package var profile: String?
    /// The role to take on before any request.
    package var assumeRole: String?
    /// The role that CloudFormation takes on.
    package var serviceRole: String?
    /// IDs of the only accounts to deploy to, by stack.yml and the project's guardrails; `nil` allows every one.
    package var allowedAccounts: [String]?
    /// Where large templates and what they name by local paths are uploaded to.
    package var artifacts: ArtifactLocation?
    package var parameters: ParameterSources
    package var tags: OrderedDictionary<String, String>
    package var capabilities: [String]
    package var notificationArns: [String]
    /// `nil` leaves it as it is.
    package var terminationProtection: Bool?
    /// `nil` leaves it as it is.
    package var stackPolicy: JSONValue?
    package var rollback: RollbackTriggers?
    /// Logical IDs never to be replaced or removed, each with its place, since the template may not have it.
    package var protect: [Located<String>]
    /// Drift that does not matter, each rule with its place, since it may name what the template does not have.
    package var ignoreDrift: [Located<DriftIgnoreRule>]
    /// Stacks that come first: those of `dependsOn`, then those whose outputs are parameters here. Each once.
    package var dependencies: [Located<StackAddress>]
    package var hooks: Hooks
    /// Existing resources that are to become part of the stack.
    package var imports: ResourceImports
    package var guardrails: Guardrails

    /// The contents of the files that parameters are taken from, by the path as it was written.
    var parameterFiles: [String: Secret]
    let files: Files
}

extension StackSettings {
    static let defaultTemplate = "template.yml"

    /// The absolute path of the template.
    package var templatePath: String { Paths.absolute(template?.value ?? Self.defaultTemplate, from: folder) }

    /// Reads the template; findings name the file as the user would type it.
    /// - Parameter parameterValues: what loops in the template may go over, beside the literals of stack.yml.
    package func loadTemplate(parameterValues: [String: String] = [:]) -> Reading<Template> {
        do {
            let data = try files.read(templatePath, namedAt: template?.place)
            let values = literals.merging(parameterValues) { _, given in given }
            return Template.read(data, file: files.shown(templatePath), parameterValues: values)
        } catch {
            return Reading(value: nil, findings: error.findings.map(namingTheKey))
        }
    }

    /// Whether a word stands anywhere in the template's text: cheaper than reading the template. No where there is no such file.
    package func templateMentions(_ word: String) -> Bool {
        (try? files.read(templatePath))?.range(of: Data(word.utf8)) != nil
    }

    /// The absolute path of a template that the stack's own nests.
    /// - Parameter path: from the folder of the stack's own template.
    package func path(ofNested path: String) -> String { Paths.absolute(path, from: Paths.parent(of: templatePath)) }

    /// The templates that the stack's own nests by their paths, at any depth, as they are written: by those paths from its folder.
    /// - Returns: always a value: those that can be read.
    package func nestedTemplates(of template: Template) -> [String: Template] {
        files.templates(nestedIn: template, from: Paths.parent(of: templatePath)).value ?? [:]
    }

    /// What becomes of the local files and folders that the stack's template names.
    /// - Parameter severity: of the finding that `artifacts` is needed and not set.
    package func package(
        _ template: Template, region: String, withoutLocation severity: Finding.Severity
    ) -> Reading<TemplatePackaging.Package> {
        TemplatePackaging(
            workingDirectory: files.workingDirectory, location: artifacts, region: region, withoutLocation: severity
        ).package(template, at: templatePath, parameterValues: literals)
    }

    private var literals: [String: String] {
        var literals: [String: String] = [:]
        for (name, source) in parameters {
            if case .literal(let text) = source.value { literals[name] = text }
        }
        return literals
    }

    private func namingTheKey(_ finding: Finding) -> Finding {
        guard template == nil, finding.code == "missing-file" else { return finding }
        var finding = finding
        finding.detail = "It is the template where stack.yml names none. Name yours there: `template: <file>`. \(finding.detail)"
        return finding
    }
}

extension StackSettings {
    /// What speaks against deploying this stack there, by its `allowedAccounts` and the project's guardrails.
    /// - Parameters:
    ///   - accountID: `nil` where it is not known yet; it is not checked then.
    ///   - region: likewise.
    package func guardrailFindings(accountID: String?, region: String?) -> [Finding] {
        var findings = accountID.flatMap { Self.accountFinding(address, accountID: $0, allowed: allowedAccounts) }.map { [$0] } ?? []
        if let region, let allowed = guardrails.allowedRegions, !allowed.contains(region) {
            findings.append(
                Finding(
                    "region-not-allowed", "Stack \(address) must not be deployed to region \(region)",
                    detail: "stacks/pipeplan.yml allows \(listed(allowed))."))
        }
        let missing = guardrails.requiredTags.filter { tags[$0] == nil }
        if !missing.isEmpty {
            findings.append(
                Finding(
                    "missing-required-tag", "Stack \(address) lacks the tag\(missing.count == 1 ? "" : "s") \(listed(missing))",
                    detail: "stacks/pipeplan.yml requires \(missing.count == 1 ? "it" : "them"). Set tags in stack.yml."))
        }
        return findings
    }

    /// What speaks against an account.
    /// - Parameter allowed: the only accounts to deploy to; `nil` allows every one.
    package static func accountFinding(_ address: StackAddress, accountID: String, allowed: [String]?) -> Finding? {
        guard let allowed, !allowed.contains(accountID) else { return nil }
        return Finding(
            "account-not-allowed", "Stack \(address) must not be deployed to account \(accountID)",
            detail: allowed.isEmpty
                ? "Its allowedAccounts and those of stacks/pipeplan.yml have none in common."
                : "Allowed are \(listed(allowed)). Check your credentials, or allowedAccounts.")
    }
}
