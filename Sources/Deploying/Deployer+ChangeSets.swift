import AWS
import Foundation
import Model
import Planning
import StateDatabase

/// Making change sets, and reading them.
extension Deployer {
    func createChangeSet(_ kind: DeploymentMachine.ChangeSetKind, _ run: inout DeploymentRun) async throws {
        guard let request = run.request else { return }
        let input = try await changeSetInput(
            request, name: run.changeSetName, kind: kind, token: run.token,
            description: "pipeplan: deployment \(run.deployment.serial) of \(run.deployment.address)")
        (run.changeSetName, run.stackID) = try await create(input)
        run.changeSetKind = kind
        try database.note(
            DeploymentProgress(step: Step.changeSet.rawValue, changeSetID: run.changeSetName, stackID: run.stackID), of: run.deployment)
        report(.changeSetCreated(name: run.changeSetName))
    }

    /// What CloudFormation is asked, the template uploaded first where it is too large for a request.
    func changeSetInput(
        _ request: DeploymentRequest, name: String, kind: DeploymentMachine.ChangeSetKind, token: String, description: String
    ) async throws -> CreateChangeSetInput {
        let desired = request.desired
        var input = CreateChangeSetInput(
            stack: desired.stackName, name: name, kind: CreateChangeSetInput.Kind(kind), template: try await template(for: request))
        if kind == .import { input.resourcesToImport = request.plan.resourcesToImport }
        input.parameters = desired.parameterInputs
        input.tags = Dictionary(uniqueKeysWithValues: desired.tags.map { ($0, $1) })
        input.capabilities = desired.capabilities
        // An empty list takes away what the stack has: sent only where that was planned, since others may notify too.
        let stopsNotifying = request.plan.settings.contains { $0.name == "notificationArns" }
        input.notificationARNs = desired.notificationArns.isEmpty && !stopsNotifying ? nil : desired.notificationArns
        input.roleARN = request.serviceRole
        input.clientToken = token
        if request.revertsDrift, kind == .update { input.deploymentMode = .revertDrift }
        input.description = description
        input.rollbackConfiguration = request.rollbackConfiguration
        input.onStackFailure = kind == .create ? request.handling.onFailure : nil
        input.includeNestedStacks = request.plan.looksIntoNested ? true : nil
        return input
    }

    /// Where an answer is lost, not necessarily the request is: the name is ours alone, so what bears it is what was asked for.
    func create(_ input: CreateChangeSetInput) async throws -> (changeSet: String, stackID: String?) {
        for isLastTry in [false, false, true] {
            do {
                let created = try await client.createChangeSet(input)
                return (created.changeSetID, created.stackID)
            } catch let failure as any RequestFailure where failure.requestMayHaveBeenTaken || failure.isAlreadyExists {
                if let found = try? await client.describeChangeSet(input.name, stack: input.stack) {
                    return (found.id ?? input.name, found.stackID)
                }
                if isLastTry { throw failure }
            }
        }
        return (input.name, nil)
    }

    func describeFinishedChangeSet(_ run: DeploymentRun) async throws -> ChangeSet {
        if let proposal = run.request?.proposal { return try await describeReviewedChangeSet(run, proposal) }
        let changeSet = try await finishedChangeSet(
            run.changeSetName, stack: run.stackID ?? run.stackName, withNested: run.plan.looksIntoNested, past: run.interruptionsSeen)
        if changeSet.status != "FAILED" { report(.reconciled(Reconciliation(run.plan, changeSet))) }
        return changeSet
    }

    /// The change set that was reviewed; as a deleted one where it is gone.
    private func describeReviewedChangeSet(_ run: DeploymentRun, _ proposal: ProposedChangeSet) async throws -> ChangeSet {
        do {
            let changeSet = try await finishedChangeSet(
                run.changeSetName, stack: run.stackID ?? run.stackName, withNested: proposal.changeSet.nested != nil,
                past: run.interruptionsSeen)
            try database.note(DeploymentProgress(changeSetID: run.changeSetName, stackID: run.stackID), of: run.deployment)
            return changeSet
        } catch let error as AWSError where error.isNotFound {
            return ChangeSet(status: "DELETE_COMPLETE", changes: [])
        }
    }

    /// The change set when it is no longer being computed.
    /// - Parameters:
    ///   - withNested: whether those of nested stacks are read too.
    ///   - seen: how many interruptions are dealt with; one more throws `CancellationError`.
    func finishedChangeSet(_ name: String, stack: String?, withNested: Bool, past seen: Int) async throws -> ChangeSet {
        var pace = PollingPace()
        while true {
            let changeSet = try await client.describeChangeSet(name, stack: stack)
            guard changeSet.status.hasSuffix("_PENDING") || changeSet.status.hasSuffix("_IN_PROGRESS") else {
                return withNested ? try await includingNested(changeSet, past: seen) : changeSet
            }
            guard try await pause(&pace, past: seen) else { throw CancellationError() }
        }
    }

    /// The change set with those of nested stacks, however deep. Where it failed because one of them did, its reason tells why.
    private func includingNested(_ changeSet: ChangeSet, past seen: Int) async throws -> ChangeSet {
        var whole = changeSet
        if whole.status == "FAILED" {
            guard let id = whole.statusReason?.firstMatch(of: /arn:[^\s,\]]+:changeSet\/[^\s,\].]+/).map({ String($0.0) }), id != whole.id
            else { return whole }
            let reason = try? await client.describeChangeSet(id).statusReason
            whole.statusReason = [whole.statusReason, reason].compactMap { $0 }.joined(separator: " ")
            return whole
        }
        var nested: [String: ChangeSet] = [:]
        for change in changeSet.changes {
            guard let id = change.nestedChangeSetID, id != changeSet.id else { continue }
            do {
                nested[change.logicalID] = try await finishedChangeSet(id, stack: nil, withNested: true, past: seen)
            } catch let error as AWSError where error.isNotFound {
                // An endpoint that names it and does not have it tells less than AWS.
            }
        }
        whole.nested = nested
        return whole
    }
}

extension Plan {
    /// Whether it was planned what becomes of the inside of nested stacks, so that CloudFormation is asked about that too.
    var looksIntoNested: Bool { followed?.isEmpty == false }
}

extension DesiredStack {
    /// What is sent for each parameter.
    fileprivate var parameterInputs: [String: ParameterInput] {
        var inputs: [String: ParameterInput] = [:]
        for (name, value) in parameters {
            switch value {
            case _ where previousParameters.contains(name): inputs[name] = .usePrevious
            case .plain(let text): inputs[name] = .value(text)
            case .secret(let secret, _): inputs[name] = .secret(secret)
            case .previousSecret, .unknown: inputs[name] = .usePrevious
            }
        }
        return inputs
    }
}

extension RequestFailure {
    fileprivate var isAlreadyExists: Bool { (self as? AWSError)?.isAlreadyExists ?? false }
}
