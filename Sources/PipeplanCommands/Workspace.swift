import AWS
import Foundation
import Model
import OrderedCollections
import Planning
import Project
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
    let types = ResourceTypeCatalog.bundled

    init(_ context: Context, _ options: CommonOptions, _ access: StateDatabase.Access) throws {
        self.context = context
        usesSandbox = context.usesSandbox(options)
        project = try Project.find(from: context)
        let folder = Self.stateFolder(project, usesSandbox: usesSandbox)
        database = try StateDatabase.open(folder: folder, access: access, context: context)
    }

    /// The sandbox's stacks are recorded beside the sandbox itself, apart from the real ones.
    static func stateFolder(_ project: Project, usesSandbox: Bool) -> String {
        usesSandbox ? "\(project.stateFolder)/sandbox" : project.stateFolder
    }

    func addresses(_ arguments: [String], _ options: CommonOptions) throws -> [StackAddress] {
        try project.addresses(arguments, environment: options.environment)
    }

    /// Reads a stack's files and everything recorded of it, as far as that goes without a request.
    /// - Parameter forDeployment: whether every parameter must have a value, since they are about to be sent.
    func prepare(_ address: StackAddress, profile: String? = nil, forDeployment: Bool = false) throws -> PreparedStack {
        let configuration = try project.configuration(of: address)
        let recorded = try database.recordedStack(address)
        let reading = configuration.loadTemplate()
        guard let template = reading.value else { throw Problem(.badInput, reading.findings) }
        var findings = reading.findings + template.check()

        let resolved = configuration.resolveOffline(
            declared: template.parameters, environment: context.environment, recorded: recorded?.parameters,
            recordedOutput: { address, name in
                (try? database.recordedStack(address))?.outputs.first { $0.key == name }?.value
            },
            fetch: { source throws(Problem) in try answer(source, forDeployment) },
            requiresValues: forDeployment, digestNew: forDeployment, randomBytes: context.randomBytes)
        findings += resolved.findings
        let parameters = resolved.value ?? [:]
        let bound = template.bind(parameters.mapValues(\.value))
        findings += bound.findings
        let region = try region(of: configuration, recorded, profile)
        let desired = DesiredStack(
            address: address, stackName: configuration.stackName, region: region, accountID: recorded?.accountID, template: template,
            parameters: bound.value ?? [:], previousParameters: Set(parameters.filter { $0.value.usePreviousValue }.keys),
            tags: configuration.tags, capabilities: configuration.capabilities, notificationArns: configuration.notificationArns,
            terminationProtection: configuration.terminationProtection ?? recorded?.terminationProtection ?? false,
            protected: Set(configuration.protect.map(\.value)))
        if !findings.contains(where: { $0.severity == .error }) {
            let pseudo = EvaluationEnvironment.pseudoParameters(stackName: desired.stackName, region: region)
            var evaluator = Evaluator(template, EvaluationEnvironment(parameters: desired.parameters, pseudo: pseudo))
            findings += evaluator.brokenRules()
        }
        guard !findings.contains(where: { $0.severity == .error }) else { throw Problem(.badInput, findings) }
        return PreparedStack(configuration: configuration, desired: desired, recorded: recorded, warnings: findings)
    }

    /// Prepares and plans stacks side by side, on all processors: none reads what another's plan says.
    /// - Returns: what came of each, in the order of `addresses`.
    func plans(of addresses: [StackAddress], profile: String?) async -> [Result<(plan: Plan, prepared: PreparedStack), any Error>] {
        await withTaskGroup(of: (Int, Result<(plan: Plan, prepared: PreparedStack), any Error>).self) { group in
            for (index, address) in addresses.enumerated() {
                group.addTask {
                    let outcome = Result {
                        let prepared = try prepare(address, profile: profile)
                        return (plan: try plan(prepared), prepared: prepared)
                    }
                    return (index, outcome)
                }
            }
            var outcomes: [(Int, Result<(plan: Plan, prepared: PreparedStack), any Error>)] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    func plan(_ stack: PreparedStack) throws -> Plan {
        var plan = try Planning.plan(
            stack.desired, recorded: stack.recorded, types: types,
            importers: { try importers(of: $0, region: stack.desired.region, except: stack.desired.address) })
        plan.notes = stack.warnings + plan.notes
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

    /// A prompt's answer, where there is somebody to ask and the value is about to be used. It is echoed: the terminal's driver does that.
    private func answer(_ source: ParameterSource, _ forDeployment: Bool) throws(Problem) -> String? {
        guard forDeployment, case .prompt(let question) = source, context.terminal.isInteractive else { return nil }
        context.terminal.writeError("\(question) ")
        return context.terminal.readLine()
    }

    func region(of configuration: StackSettings, _ recorded: RecordedStack?, _ profile: String?) throws -> String {
        if let region = configuration.region ?? recorded?.region { return region }
        if usesSandbox { return context.environment["AWS_REGION"] ?? context.environment["AWS_DEFAULT_REGION"] ?? "us-east-1" }
        return try AWSSession(context: context, profile: profile ?? configuration.profile).region
    }
}

/// One stack, ready to be planned.
struct PreparedStack {
    var configuration: StackSettings
    var desired: DesiredStack
    var recorded: RecordedStack?
    /// Findings that are no errors.
    var warnings: [Finding]
}
