import AWS
import Model
import Planning

/// Change sets that are made to be looked at.
extension Deployer {
    /// Has CloudFormation make the change set of a plan, and executes nothing.
    ///
    /// Whoever asks either has it deployed or takes it back with `withdraw`.
    /// - Throws: `Problem` (exit code 3) where the stack takes no change set now, (exit code 1) with CloudFormation's reason where it
    ///   could not make one; and as the client does. Nothing is left behind then.
    package func propose(_ request: DeploymentRequest) async throws -> ProposedChangeSet {
        try await interruption.dealing { try await makeProposal(request) }
    }

    private func makeProposal(_ request: DeploymentRequest) async throws -> ProposedChangeSet {
        let stackName = request.plan.stackName
        let seen = interruption.count
        let stack = try await client.describeStack(stackName)
        let makesStack = stack.map { ["REVIEW_IN_PROGRESS", "DELETE_COMPLETE"].contains($0.status) } ?? true
        if let stack, !makesStack, !stack.status.acceptsUpdate, !stack.status.awaitsRetry {
            throw Problem(
                .refused, "stack-not-ready", "The stack \(stackName) is in \(stack.status), in which CloudFormation makes no change set",
                detail: stack.status.mustBeRecreated
                    ? "It can only be deleted and created anew: `pipeplan apply` offers that." : "Try again when it has come to rest.")
        }
        let name = "pipeplan-\(newToken())"
        let input = try await changeSetInput(
            request, name: name, kind: request.plan.importsResources ? .import : makesStack ? .create : .update, token: name,
            description: "pipeplan: a plan of \(request.plan.address), not yet applied")
        let (id, stackID) = try await create(input)
        var proposal = ProposedChangeSet(
            id: id, name: name, stackID: stackID, makesStack: makesStack, changeSet: ChangeSet(status: "CREATE_PENDING", changes: []))
        do {
            proposal.changeSet = try await finishedChangeSet(
                id, stack: stackID ?? stackName, withNested: request.plan.looksIntoNested, past: seen)
        } catch {
            try? await withdraw(proposal, stackName: stackName)
            throw error
        }
        guard proposal.changeSet.status == "FAILED" else { return proposal }
        try? await withdraw(proposal, stackName: stackName)
        guard proposal.changeSet.saysNothingChanges else {
            throw Problem(
                .failed, "change-set-failed", "CloudFormation could not make a change set for \(request.plan.address)",
                detail: proposal.changeSet.statusReason ?? "It gave no reason.")
        }
        return proposal
    }

    /// Deletes a change set that nothing will come of, and the empty stack that was made to hold it.
    package func withdraw(_ proposal: ProposedChangeSet, stackName: String) async throws {
        let stack = proposal.stackID ?? stackName
        try await client.deleteChangeSet(proposal.id, stack: stack)
        if proposal.makesStack { try await deleteEmptyStack(stack, besides: proposal.name) }
    }
}
