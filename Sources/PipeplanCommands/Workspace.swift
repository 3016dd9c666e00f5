import AWS
import Deploying
import Foundation
import Model
import OrderedCollections
import Planning
import Project
import Reporting
import ResourceTypes
import StateDatabase
import Templates

/// Everything a command works with: the project around it, its recorded state, and the way into AWS or the sandbox.
struct Workspace {
    let context: Context
    let project: Project
    let database: StateDatabase
    let usesSandbox: Bool
    /// Those of all stacks of this command.
    let credentials = CredentialPool()
    /// CloudFormation counts what they ask together.
    let polling = SharedPollingLimit()
    /// What all stacks of this command have uploaded.
    let uploads = SharedUploads()
    /// Where deployments are watched; `nil` where lines can only be written one after the other.
    let screen: LiveScreen?
    /// Stacks that are deployed at the same time are interrupted together, and ask once.
    let interrupts = InterruptDecisions()
    let types = ResourceTypeCatalog.bundled
    /// `nil` where planning runs no hooks.
    var planHooks: PlanHooks?

    init(_ context: Context, _ options: CommonOptions, _ access: StateDatabase.Access) throws {
        self.context = context
        screen = LiveScreen(context)
        usesSandbox = context.usesSandbox(options)
        project = try Project.find(from: context)
        let folder = Self.stateFolder(project, usesSandbox: usesSandbox)
        database = try StateDatabase.open(folder: folder, access: access, context: context)
        tellOfShare(access)
    }

    /// The sandbox's stacks are recorded beside the sandbox itself, apart from the real ones.
    static func stateFolder(_ project: Project, usesSandbox: Bool) -> String {
        usesSandbox ? "\(project.stateFolder)/sandbox" : project.stateFolder
    }

    func addresses(_ arguments: [String], _ options: CommonOptions) throws -> [StackAddress] {
        try project.addresses(arguments, environment: options.environment)
    }

    /// Reads a stack's files and everything recorded of it.
    /// - Parameters:
    ///   - forDeployment: whether every parameter must have a value, since they are about to be sent.
    ///   - fetcher: fetches what parameters take from SSM and Secrets Manager; without it there is no request.
    ///   - outputs: those that are made before this stack's turn comes.
    func prepare(
        _ address: StackAddress, profile: String? = nil, forDeployment: Bool = false, fetcher: ParameterFetcher? = nil,
        awaiting outputs: AwaitedOutputs = AwaitedOutputs()
    ) async throws -> PreparedStack {
        let configuration = try project.configuration(of: address)
        let recorded = try database.recordedStack(address)
        try await runHooksBeforePlan(of: configuration, recorded)
        let reading = configuration.loadTemplate()
        guard let written = reading.value else { throw Problem(.badInput, reading.findings) }
        let region = try region(of: configuration, recorded, profile)
        let packaging = configuration.package(written, region: region, withoutLocation: forDeployment ? .error : .warning)
        let package = packaging.value ?? TemplatePackaging.Package(template: written)
        let template = package.template
        let graph = DependencyGraph(template)
        var findings = reading.findings + template.check(graph) + packaging.findings
        for template in package.nested.values { findings += template.check() }
        let fetched = try await fetcher?.fetch(configuration, template, region: region) ?? FetchedParameters(region: region)
        findings += fetched.findings + fetched.exposures(configuration, template)

        let resolved = configuration.resolveOffline(
            declared: template.parameters, environment: context.environment, recorded: recorded?.parameters,
            recordedOutput: { outputs.supersedes($0, $1) ? nil : recordedOutput($0, $1) }, isAwaited: outputs.isMade,
            fetch: { source throws(Problem) in
                if let value = try fetched.value(of: source) { return value }
                let isSecret = template.parameters.values.contains { $0.noEcho && configuration.parameters[$0.name]?.value == source }
                return answer(source, isSecret: isSecret, forDeployment)
            },
            requiresValues: forDeployment, digestNew: forDeployment, randomBytes: context.randomBytes)
        findings += resolved.findings
        let parameters = resolved.value ?? [:]
        let bound = template.bind(parameters.mapValues(\.value))
        findings += bound.findings
        let stored = try await fetcher?.storedValues(bound.value ?? [:], configuration, template, fetched)
        findings += stored?.findings ?? []
        var desired = DesiredStack(
            address: address, stackName: configuration.stackName, region: region, accountID: recorded?.accountID, template: template,
            nested: package.nested, artifacts: package.artifacts,
            parameters: bound.value ?? [:], previousParameters: Set(parameters.filter { $0.value.usePreviousValue }.keys),
            tags: configuration.tags, capabilities: configuration.capabilities, notificationArns: configuration.notificationArns,
            terminationProtection: configuration.terminationProtection ?? recorded?.terminationProtection ?? false,
            stackPolicy: configuration.stackPolicy ?? recorded?.stackPolicy,
            rollback: configuration.rollback?.json, storedValues: stored?.values ?? [:],
            protected: Set(configuration.protect.map(\.value)))
        let present = Set((recorded?.resources ?? []).filter { $0.status != "DELETE_COMPLETE" }.map(\.logicalID))
        desired.imports = configuration.importIdentifiers
        findings += configuration.importFindings(in: template, types: types, present: present)
        findings += configuration.capabilityFindings(in: template, nested: package.nested.values)
        findings += configuration.namedResourceFindings(
            in: template, nested: package.nested, isRecorded: { recorded?.mayHave($0) == true })
        findings = try requireSound(desired, findings)
        return PreparedStack(
            configuration: configuration, desired: desired, graph: graph, recorded: recorded, warnings: findings,
            awaited: outputs.parameters(of: configuration))
    }

    typealias PlannedStack = (plan: Plan, prepared: PreparedStack)

    /// Prepares and plans stacks side by side, on all processors, and anew where outputs are taken that others of them are about
    /// to make. Those for a deployment are planned with what is recorded, since every value is about to be sent.
    /// - Parameter forDeployment: whether every parameter must have a value, which may be asked for.
    /// - Returns: what came of each, in the order of `addresses`.
    func plans(
        of addresses: [StackAddress], profile: String?, detail: PlanDetail = [], forDeployment: Bool = false,
        fetcher: ParameterFetcher? = nil
    ) async -> [Result<PlannedStack, any Error>] {
        @Sendable func outcome(_ address: StackAddress) async -> Result<PlannedStack, any Error> {
            do {
                let prepared = try await prepare(address, profile: profile, forDeployment: forDeployment, fetcher: fetcher)
                try requireSameStack(prepared)
                return .success((plan: try plan(prepared, detail), prepared: prepared))
            } catch {
                return .failure(error)
            }
        }
        // Questions are asked one after the other.
        guard !forDeployment else {
            var outcomes: [Result<PlannedStack, any Error>] = []
            for address in addresses { outcomes.append(await outcome(address)) }
            return outcomes
        }
        let planned = await withTaskGroup(of: (Int, Result<PlannedStack, any Error>).self) { group in
            for (index, address) in addresses.enumerated() {
                group.addTask { (index, await outcome(address)) }
            }
            var outcomes: [(Int, Result<PlannedStack, any Error>)] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return await awaitingOutputs(planned, profile: profile, detail: detail, fetcher: fetcher)
    }

    /// A changed name or region would leave the recorded stack behind, running and forgotten.
    /// - Throws: `Problem` (exit code 3) where one is.
    func requireSameStack(_ prepared: PreparedStack) throws {
        guard let recorded = prepared.recorded else { return }
        let desired = prepared.desired
        guard recorded.stackName != desired.stackName || recorded.region != desired.region else { return }
        throw Problem(
            .refused, "stack-moved",
            "\(recorded.address) is recorded as \(recorded.stackName) in \(recorded.region), not \(desired.stackName) in \(desired.region)",
            detail:
                "Applying this would leave the recorded stack behind, running and forgotten. Destroy it first with `pipeplan destroy \(recorded.address)`; or keep it, recorded under another address, with `pipeplan state mv \(recorded.address) <address>`; or put stackName and region back."
        )
    }

    func plan(_ stack: PreparedStack, _ detail: PlanDetail = []) throws -> Plan {
        var plan = try Planning.plan(
            stack.desired, recorded: stack.recorded, types: types, graph: stack.graph, detail: detail,
            importers: { try importers(of: $0, region: stack.desired.region, except: stack.desired.address) })
        plan.notes = stack.warnings + plan.notes
        plan.notes += stack.recorded.flatMap { StackWay.note(on: plan, recordedIn: $0.status) }.map { [$0] } ?? []
        return plan
    }

    /// The recorded stacks that import a value exported under a name.
    private func importers(of exportName: String, region: String, except exporter: StackAddress) throws -> [StackAddress] {
        try database.recordedStacks().filter { stack in
            guard stack.address != exporter, stack.region == region,
                let template = Template.read(stack.templateBody, file: stack.address.description).value
            else { return false }
            return importedNames(of: template, in: stack).contains(exportName)
        }.map(\.address)
    }

    /// A prompt's answer, where there is somebody to ask and the value is about to be used. Nothing is shown of a secret that is typed.
    private func answer(_ source: ParameterSource, isSecret: Bool, _ forDeployment: Bool) -> String? {
        guard forDeployment, case .prompt(let question) = source, context.terminal.isInteractive else { return nil }
        if isSecret { return context.terminal.readSecret(asking: "\(question) ")?.reveal() }
        context.terminal.writeError("\(question) ")
        return context.terminal.readLine()
    }

    func region(of configuration: StackSettings, _ recorded: RecordedStack?, _ profile: String?) throws -> String {
        if let region = configuration.region ?? recorded?.region { return region }
        return try ambientRegion(profile: profile ?? configuration.profile)
    }

    /// The region of a stack for which nothing here names one.
    func ambientRegion(profile: String?) throws -> String {
        if usesSandbox { return context.environment["AWS_REGION"] ?? context.environment["AWS_DEFAULT_REGION"] ?? "us-east-1" }
        return try AWSSession(context: context, profile: profile).region
    }
}

/// One stack, ready to be planned.
struct PreparedStack {
    var configuration: StackSettings
    var desired: DesiredStack
    /// What in its template needs what.
    var graph: DependencyGraph
    var recorded: RecordedStack?
    /// Findings that are no errors.
    var warnings: [Finding]
    /// Parameters that take outputs of stacks which are deployed before it in the same run.
    var awaited: Set<String> = []
}
