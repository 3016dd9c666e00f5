import ArgumentParser
import Deploying
import Model
import OrderedCollections
import Planning
import Project
import Reporting
import StateDatabase
import Templates

struct RollbackCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Put a stack back to what an earlier deployment made it: as a new deployment, planned and approved like any other.",
        discussion: """
              pipeplan rollback image-pipeline:develop --to 3
              pipeplan rollback image-pipeline:develop --to 3 --auto-approve --allow BuildLogs    in a script

            The recorded template, parameters, tags and capabilities of that deployment are planned against the stack as it is now.
            A secret keeps its value where it was the same then; else it is taken from its source in stack.yml, or asked for.
            The files under stacks/ stay as they are: change them too, or the next plan undoes the rollback.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @OptionGroup var sharing: ShareOptions
    @OptionGroup var interrupt: InterruptOptions
    @OptionGroup var hooks: HookOptions
    @Argument(help: "The stack, as <stack> or <stack>:<environment>.")
    var stack: String
    @Option(name: .long, help: "The serial of the deployment to go back to.")
    var to: Int
    @Flag(name: .long, help: "Do not ask.")
    var autoApprove = false
    @Option(name: .long, help: "Agree to the hazards of this logical ID; may be given several times. Needed with --auto-approve.")
    var allow: [String] = []

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let address = try workspace.oneAddress(stack, common)
        let named = try workspace.database.deployment(address, serial: to)
        try await workspace.syncBeforeChange([address], sharing, aws, context)
        try requireSame(named, address, workspace)
        let target = try RollbackTarget(try workspace.deployment(address, to), workspace)
        var outcome: Application.Outcome = ([], .success)
        try await workspace.withCloud { context in
            var application = Application(
                workspace: workspace, context: context, common: common, aws: aws, sharing: sharing,
                fetcher: ParameterFetcher(context, aws, workspace),
                autoApprove: autoApprove, allowed: Set(allow), parallelism: 1, handling: OperationHandling(),
                onInterrupt: interrupt.onInterrupt, saved: nil, rollback: target)
            application.skipsHooks = hooks.noHooks
            outcome = try await application.apply([address: []])
        }
        if common.json { context.terminal.write(try JSONReport.render(HistoryReport(outcome.results.map(\.deployment)))) }
        return outcome.exit
    }

    /// One that was made offline may just have got another serial: then somebody else's has the one that was named.
    private func requireSame(_ named: Deployment?, _ address: StackAddress, _ workspace: Workspace) throws {
        guard let id = named?.offlineID, named?.isUnpublished == true else { return }
        let now = try workspace.database.deployments(DeploymentFilter(stack: address.stack, environment: address.environment ?? ""))
            .first { $0.offlineID == id }
        guard let now, now.serial != to else { return }
        throw Problem(
            .refused, "serial-changed", "The deployment \(id) of \(address), which was \(to), is \(now.serial) now",
            detail: "It was made offline, and others have recorded \(to) meanwhile. Nothing was done. Say which one you mean.")
    }
}

/// An earlier deployment that a stack is to be put back to.
struct RollbackTarget {
    let deployment: Deployment
    /// The stack as that deployment made it.
    let stack: RecordedStack

    /// - Throws: `Problem` where the deployment never took effect, or its template is gone.
    init(_ deployment: Deployment, _ workspace: Workspace) throws {
        guard deployment.effect == .applied else {
            let earlier = try workspace.database.deployments(
                DeploymentFilter(stack: deployment.address.stack, environment: deployment.address.environment)
            ).first { $0.serial < deployment.serial && $0.effect == .applied }
            throw Problem(
                .badInput, "never-in-effect",
                "\(deployment.address) was never what deployment \(deployment.serial) wanted: it is \(deployment.status.rawValue)",
                detail: earlier.map { "The last one before it that took effect is \($0.serial)." } ?? "None before it took effect.")
        }
        self.deployment = deployment
        stack = try workspace.stack(asOf: deployment)
    }

    /// What is deployed: the recorded template and values, in the stack as it is now.
    func prepare(_ workspace: Workspace, _ fetcher: ParameterFetcher, context: Context) async throws -> PreparedStack {
        let address = deployment.address
        guard let settings = try workspace.settings(ofRecorded: address) else {
            throw Problem(
                .badInput, "no-stack-files", "\(address) has no stack.yml any more",
                detail: "It tells the account, the roles and where secrets come from. Bring it back from git first.")
        }
        let recorded = try workspace.database.recordedStack(address)
        let template = try stack.template()
        var findings = template.check()
        let region = recorded?.region ?? stack.region
        let secrets = try await secrets(settings, template, recorded, region: region, workspace, fetcher, context)
        findings += secrets.findings
        var given: OrderedDictionary<String, ParameterValue> = [:]
        for (name, value) in stack.parameters {
            if case .plain(let text) = value { given[name] = .plain(text) } else { given[name] = secrets.values[name] }
        }
        let bound = template.bind(given)
        findings += bound.findings
        let fetched = FetchedParameters(region: region)
        let stored = try await fetcher.storedValues(bound.value ?? [:], settings, template, fetched)
        findings += stored.findings
        let desired = DesiredStack(
            address: address, stackName: recorded?.stackName ?? stack.stackName, region: region, accountID: recorded?.accountID,
            template: template, nested: stack.nestedTemplates(in: template), parameters: bound.value ?? [:],
            previousParameters: secrets.kept, tags: stack.tags, capabilities: stack.capabilities,
            notificationArns: stack.notificationArns,
            // What protects the stack is not given up by going back.
            terminationProtection: recorded?.terminationProtection ?? stack.terminationProtection,
            stackPolicy: recorded?.stackPolicy ?? stack.stackPolicy, rollback: recorded?.rollback, storedValues: stored.values,
            protected: Set(settings.protect.map(\.value)))
        findings = try workspace.requireSound(desired, findings)
        return PreparedStack(
            configuration: settings, desired: desired, graph: DependencyGraph(template), recorded: recorded, warnings: findings)
    }

    private struct Secrets {
        var values: OrderedDictionary<String, ParameterValue> = [:]
        /// Those that stay what the stack has.
        var kept: Set<String> = []
        var findings: [Finding] = []
    }

    /// Values for the NoEcho parameters, which are not recorded: what the stack has where that is the same, or from where they
    /// come now, or from somebody at the terminal.
    private func secrets(
        _ settings: StackSettings, _ template: Template, _ recorded: RecordedStack?, region: String, _ workspace: Workspace,
        _ fetcher: ParameterFetcher, _ context: Context
    ) async throws -> Secrets {
        var secrets = Secrets()
        var missing: OrderedDictionary<String, SecretDigest?> = [:]
        for (name, value) in stack.parameters {
            guard case .secret(let digest) = value else { continue }
            if let digest, recorded?.parameters[name] == .secret(digest) {
                secrets.values[name] = .previousSecret(digest)
                secrets.kept.insert(name)
            } else {
                missing[name] = digest
            }
        }
        guard !missing.isEmpty else { return secrets }
        // Declared as they are now where they still are: a default that is a secret is not recorded.
        let current = settings.loadTemplate().value
        var declared: OrderedDictionary<String, TemplateParameter> = [:]
        for name in missing.keys {
            guard var parameter = current?.parameters[name] ?? template.parameters[name] else { continue }
            parameter.noEcho = true
            if parameter.defaultValue == Secret.mask { parameter.defaultValue = nil }
            declared[name] = parameter
        }
        var wanted = settings
        wanted.parameters = settings.parameters.filter { declared[$0.key] != nil }
        let fetched = try await fetcher.fetch(wanted, template, region: region)
        secrets.findings += fetched.findings
        let found =
            wanted.resolveOffline(
                declared: declared, environment: context.environment, recorded: nil, recordedOutput: workspace.recordedOutput,
                fetch: { source throws(Problem) in try fetched.value(of: source) }, randomBytes: context.randomBytes
            ).value ?? [:]
        for (name, digest) in missing {
            guard let secret = found[name]?.value.secret ?? ask(for: name, context) else {
                secrets.findings.append(
                    Finding(
                        "missing-secret", "The secret \(name) is not recorded, and has no source that gives it here",
                        detail: "Name its source in stack.yml (and have it at hand), or do this at a terminal, where it is asked for."))
                secrets.values[name] = .unknown("it is not recorded")
                continue
            }
            let isSame = digest?.matches(secret) ?? false
            if !isSame {
                secrets.findings.append(
                    Finding(
                        "other-secret", .warning, "The secret \(name) is not the one that deployment \(deployment.serial) had",
                        detail: "That one is not recorded. The stack gets the value that there is now."))
            }
            secrets.values[name] = .secret(secret, digest: isSame ? digest : nil)
        }
        return secrets
    }

    private func ask(for name: String, _ context: Context) -> Secret? {
        guard context.terminal.isInteractive else { return nil }
        let answer = context.terminal.readSecret(asking: "The value of \(name) (a secret, not recorded): ")
        return answer.flatMap { $0.reveal().isEmpty ? nil : $0 }
    }
}

extension ParameterValue {
    fileprivate var secret: Secret? { if case .secret(let secret, _) = self { secret } else { nil } }
}
