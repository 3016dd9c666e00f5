import AWS
import Foundation
import Model
import StateDatabase

/// Having CloudFormation begin what it does with a stack as a whole.
extension Deployer {
    /// Has the change set executed. Where an answer is lost, the change set itself tells whether it was taken.
    func executeChangeSet(_ run: DeploymentRun) async throws {
        var lost: (any RequestFailure)?
        for isLastTry in [false, false, true] {
            do {
                return try await client.executeChangeSet(
                    run.changeSetName, stack: run.stackID ?? run.stackName, clientRequestToken: Step.execute.token(run.token),
                    disableRollback: disablesRollback(run))
            } catch {
                guard let failure = error as? any RequestFailure else { throw lost ?? error }
                // A refusal says nothing of an earlier try that may have been taken.
                if failure.requestMayHaveBeenTaken { lost = failure }
                guard let lost else { throw failure }
                let found = try? await client.describeChangeSet(run.changeSetName, stack: run.stackID ?? run.stackName)
                if found?.executionStatus?.hasPrefix("EXECUTE_") == true { return }
                if isLastTry || found?.executionStatus != "AVAILABLE" { throw lost }
            }
        }
    }

    /// What is told of failures when a change set is executed. AWS has DO_NOTHING for creations only, and says that it is the same as
    /// this; where a change set has it already, both together are refused (API reference, ExecuteChangeSet: DisableRollback).
    private func disablesRollback(_ run: DeploymentRun) -> Bool? {
        guard let handling = run.request?.handling else { return nil }
        let isInChangeSet = run.changeSetKind == .create && handling.onFailure != nil
        return handling.disablesRollback || (handling.onFailure == .doNothing && !isInChangeSet) ? true : nil
    }

    /// A stack that is deleted to be created anew loses all it has, also what the plan does not speak of.
    func refuseProtected(_ run: DeploymentRun) async throws {
        guard let protected = run.request?.desired.protected, !protected.isEmpty else { return }
        let lost = try await client.listStackResources(run.stackID ?? run.stackName).filter {
            protected.contains($0.logicalID) && $0.status != "DELETE_COMPLETE"
        }
        guard lost.isEmpty else {
            let names = lost.map(\.logicalID).joined(separator: ", ")
            throw Problem(
                .refused, "protected-resource", "The stack can only be deleted and created anew, and \(names) is protected",
                detail: "stack.yml lists it under `protect`. Take it off that list first, if this is really meant.")
        }
    }

    /// - Parameter retaining: what is left where a deletion has failed before.
    func deleteStack(_ run: inout DeploymentRun, retaining: [String]?) async throws {
        report(.deleting)
        try await startFollowing(&run)
        let token = Step.delete.token(run.token) + (retaining == nil ? "" : "-retaining")
        try await client.deleteStack(
            run.stackID ?? run.stackName, retainResources: retaining, roleARN: run.request?.serviceRole, clientRequestToken: token)
    }

    /// Rolls back what failed and was left, or, where that failed too, goes on with it.
    /// - Parameter skipping: of a rollback that is continued, the resources to leave as they are.
    func rollBack(_ run: inout DeploymentRun, skipping: [String]?) async throws {
        report(.note(skipping == nil ? "rolling back" : "continuing the rollback"))
        try await startFollowing(&run)
        let (stack, role, token) = (run.stackID ?? run.stackName, run.request?.serviceRole, Step.rollback.token(run.token))
        do {
            if let skipping {
                let names = skipping.map { name(ofSkipped: $0, run) }
                try await client.continueUpdateRollback(
                    stack, resourcesToSkip: names.isEmpty ? nil : names, roleARN: role, clientRequestToken: token)
            } else {
                try await client.rollbackStack(stack, roleARN: role, clientRequestToken: token)
            }
        } catch let failure as any RequestFailure where failure.requestMayHaveBeenTaken {
            // It was taken if something goes on now.
            guard try await client.describeStack(stack)?.status.isInProgress == true else { throw failure }
        }
    }

    /// A resource as ContinueUpdateRollback wants it: in a nested stack `NestedStackName.LogicalID`, and not by the nested stack's own
    /// logical ID (API reference, ResourcesToSkip).
    private func name(ofSkipped path: String, _ run: DeploymentRun) -> String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        let (folder, resource) = (String(path[..<slash]), path[path.index(after: slash)...])
        return "\(run.nestedNames[folder] ?? folder).\(resource)"
    }

    func cancel(_ run: DeploymentRun, _ what: String, _ request: (_ stack: String, _ token: String) async throws -> Void) async throws {
        report(.note(what))
        do {
            try await request(run.stackID ?? run.stackName, Step.cancel.token(run.token))
        } catch let failure as any RequestFailure {
            report(.warning(failure.problem.description))
            throw failure
        }
    }

    /// What was done to a stack past pipeplan, and how it differs from what is recorded.
    func outsideChange(of stack: StackDescription, _ run: DeploymentRun) async throws -> OutsideChange? {
        let address = run.deployment.address
        guard let recorded = try database.recordedStack(address), let known = try database.knownOperations(address) else { return nil }
        return try await OutsideChange.find(in: stack, recorded, known, client, wanted: run.request?.desired)?
            .hiding(secrets.all)
    }

    /// An update that follows a failed one tries again what was left; nobody has said so yet.
    func tellOfRetry(_ stack: StackDescription, _ run: DeploymentRun) {
        guard stack.status.awaitsRetry, let request = run.request, request.plan.kind != .destroy, !request.handling.rollsBack else {
            return
        }
        report(
            .note(
                "the stack is in \(stack.status): what failed last was not rolled back. This tries again from there; "
                    + "`pipeplan recover \(run.deployment.address)` would go back instead"))
    }

    /// The stack's resources, those in nested stacks that failed among them, as `Network/Table`.
    func resources(_ run: inout DeploymentRun) async throws -> [StackResource] {
        var all: [StackResource] = []
        var open: [(path: String, stack: String)] = [("", run.stackID ?? run.stackName)]
        while let (path, stack) = open.popLast() {
            for var resource in try await client.listStackResources(stack) {
                resource.logicalID = path + resource.logicalID
                all.append(resource)
                guard resource.type == "AWS::CloudFormation::Stack", resource.status.isFailure, let id = resource.physicalID,
                    run.nestedNames[resource.logicalID] == nil
                else { continue }
                run.nestedNames[resource.logicalID] = id.split(separator: "/").dropFirst().first.map(String.init) ?? id
                open.append((resource.logicalID + "/", id))
            }
        }
        run.nestedNames = run.nestedNames.filter { !$0.key.isEmpty }
        return all
    }
}
