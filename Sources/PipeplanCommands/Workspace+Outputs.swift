import Deploying
import Model
import OrderedCollections
import Planning
import Project
import StateDatabase
import Templates

/// The outputs that stacks of a run make, and others of the same run take.
struct AwaitedOutputs {
    /// The plans of the stacks that change, by their addresses.
    var plans: [StackAddress: Plan] = [:]
    /// Whether a recorded output counts until there is another one.
    var showsRecorded = false

    /// Whether an output is made, or may become another one, in this run.
    func isMade(_ stack: StackAddress, _ output: String) -> Bool {
        guard let plan = plans[stack] else { return false }
        // What a macro makes of the outputs, nobody knows before.
        return plan.outputs.contains { $0.name == output && $0.after != nil } || plan.notes.contains { $0.code == "opaque-transform" }
    }

    /// Whether the recorded value of an output is not the one that will be taken.
    func supersedes(_ stack: StackAddress, _ output: String) -> Bool {
        guard !showsRecorded, let plan = plans[stack] else { return false }
        return plan.outputs.contains { $0.name == output }
    }

    /// The parameters whose values are looked up again once the stacks they come from are deployed.
    func parameters(of settings: StackSettings) -> Set<String> {
        Set(
            settings.parameters.compactMap { name, source in
                guard case .output(let stack, _) = source.value, plans[stack] != nil else { return nil }
                return name
            })
    }
}

extension AwaitedOutputs {
    /// Takes note of a stack that comes before others in the run.
    mutating func add(_ plan: Plan, _ stack: PreparedStack) {
        if plan.hasChanges || !stack.awaited.isEmpty { plans[plan.address] = plan }
    }
}

extension Workspace {
    /// Plans anew those of stacks, given in the order of deployment, that take outputs which others of them are about to make.
    func awaitingOutputs(
        _ outcomes: [Result<PlannedStack, any Error>], profile: String?, detail: PlanDetail, fetcher: ParameterFetcher?
    ) async -> [Result<PlannedStack, any Error>] {
        var outputs = AwaitedOutputs()
        var settled: [Result<PlannedStack, any Error>] = []
        for outcome in outcomes {
            var outcome = outcome
            if case .success(let stack) = outcome, !outputs.parameters(of: stack.prepared.configuration).isEmpty {
                do {
                    let prepared = try await prepare(
                        stack.plan.address, profile: profile, fetcher: fetcher, awaiting: outputs)
                    outcome = .success((plan: try plan(prepared, detail), prepared: prepared))
                } catch {
                    outcome = .failure(error)
                }
            }
            if case .success(let stack) = outcome { outputs.add(stack.plan, stack.prepared) }
            settled.append(outcome)
        }
        return settled
    }

    func recordedOutput(_ address: StackAddress, _ name: String) -> String? {
        (try? database.recordedStack(address))?.outputs.first { $0.key == name }?.value
    }

    /// A stack with the outputs that it waited for put in, as they are recorded now. All else stays as it was read before: what
    /// somebody has changed in its files meanwhile was not approved.
    /// - Throws: `Problem` (exit code 4) where an output is missing, or its value is none that the parameter takes.
    func completed(_ stack: PreparedStack, fetcher: ParameterFetcher) async throws -> PreparedStack {
        let template = stack.desired.template
        var settings = stack.configuration
        settings.parameters = settings.parameters.filter { stack.awaited.contains($0.key) }
        let declared = template.parameters.filter { stack.awaited.contains($0.key) }
        let resolved = settings.resolveOffline(
            declared: declared, environment: context.environment, recorded: stack.recorded?.parameters,
            recordedOutput: recordedOutput, requiresValues: true, digestNew: true, randomBytes: context.randomBytes)
        var findings = resolved.findings
        let bound = template.bind(stack.desired.parameters.merging((resolved.value ?? [:]).mapValues(\.value)) { $1 })
        findings += bound.findings
        var completed = stack
        completed.desired.parameters = bound.value ?? [:]
        if declared.values.contains(where: \.isStoreValue) {
            let stored = try await fetcher.storedValues(
                completed.desired.parameters, stack.configuration, template, FetchedParameters(region: stack.desired.region))
            findings += stored.findings
            completed.desired.storedValues = stored.values
        }
        findings = try requireSound(completed.desired, findings)
        completed.warnings += findings.filter { !stack.warnings.contains($0) }
        return completed
    }

    /// Checks the template's rules against the values.
    /// - Returns: the findings, which are no errors.
    /// - Throws: `Problem` (exit code 4) with all of them where there are errors.
    func requireSound(_ desired: DesiredStack, _ findings: [Finding]) throws(Problem) -> [Finding] {
        var findings = findings
        if !findings.contains(where: { $0.severity == .error }) {
            let pseudo = EvaluationEnvironment.pseudoParameters(stackName: desired.stackName, region: desired.region)
            var evaluator = Evaluator(desired.template, EvaluationEnvironment(parameters: desired.parameters, pseudo: pseudo))
            findings += evaluator.brokenRules()
        }
        guard !findings.contains(where: { $0.severity == .error }) else { throw Problem(.badInput, findings) }
        return findings
    }
}
