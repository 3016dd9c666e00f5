import AWS
import Model
import OrderedCollections
import Planning
import StateDatabase
import Templates

/// What is recorded of a deployment before and after.
extension Deployer {
    func finish(_ ending: DeploymentMachine.Ending, _ run: inout DeploymentRun) async throws -> DeploymentResult {
        switch ending {
        case .settled(let settlement): return try await finish(settlement, &run)
        case .detached(let failure), .leftRunning(let failure):
            try database.detach(run.deployment)
            report(.detached(failure))
            let detached = try database.deployment(run.deployment.address, serial: run.deployment.serial)
            return DeploymentResult(deployment: detached ?? run.deployment, ending: ending, outputs: [])
        }
    }

    func finish(_ settlement: DeploymentMachine.Settlement, _ run: inout DeploymentRun) async throws -> DeploymentResult {
        let effect: DeploymentOutcome.Effect
        switch settlement.effect {
        case .untouched: effect = .untouched
        case .removed: effect = .removed
        case .kept: effect = .kept(await contents(settlement, run))
        case .applied:
            await setProtections(run)
            effect = .applied(withProperties(await contents(settlement, run), run))
        }
        let outcome = DeploymentOutcome(
            status: settlement.status, effect: effect, finishedAt: clock.now(), failure: settlement.failure, resumedBy: run.resumedBy)
        let settled = try database.finish(run.deployment, outcome, secrets: secrets.all)
        await publish(settled)
        // As they are recorded, no secret is in them.
        let outputs = settlement.stack == nil ? [] : try database.outputs(of: settled)
        var result = DeploymentResult(deployment: settled, ending: .settled(settlement), outputs: outputs)
        // As they are recorded, no secret is in their words.
        if let cause = settled.failure, cause.logicalID != nil {
            result.otherFailures = EventFollower.failures(in: try database.events(of: settled)).filter { $0 != cause }
        }
        return result
    }

    private func contents(_ settlement: DeploymentMachine.Settlement, _ run: DeploymentRun) async -> StackContents {
        let stack = settlement.stack
        let stackID = stack?.stackID ?? run.stackID ?? run.stackName
        let resources = try? await client.listStackResources(stackID)
        return StackContents(
            stackID: stackID, status: stack?.status ?? "UPDATE_FAILED",
            resources: resources?.filter { $0.status != "DELETE_COMPLETE" }.map { RecordedResource($0) },
            outputs: stack.map { masked($0.outputs, run) })
    }

    /// Outputs without secrets, where not all values of those are at hand to be searched for.
    private func masked(_ outputs: [StackOutput], _ run: DeploymentRun) -> [StackOutput] {
        let isKnown = run.request?.desired.parameters.values.allSatisfy { if case .previousSecret = $0 { false } else { true } } ?? false
        guard !isKnown else { return outputs }
        var sensitive: Set<String> = []
        for stack in [try? database.stack(asOf: run.deployment), try? database.recordedStack(run.deployment.address)] {
            guard let stack = stack ?? nil, let template = try? stack.template() else { continue }
            sensitive.formUnion(sensitiveOutputs(of: template, parameters: stack.parameters, stack: stack))
        }
        return outputs.masked(sensitive)
    }

    /// Resources with the properties they were given. Where they can't be worked out, the recorded ones stay.
    private func withProperties(_ contents: StackContents, _ run: DeploymentRun) -> StackContents {
        guard let resources = contents.resources, var stack = try? database.stack(asOf: run.deployment),
            let template = run.request?.desired.template ?? (try? stack.template())
        else { return contents }
        stack.stackID = contents.stackID
        stack.resources = resources.map(\.resource)
        let properties = resolvedProperties(of: template, parameters: stack.parameters, stack: stack, types: .bundled)
        var contents = contents
        contents.resources = resources.map { RecordedResource($0.resource, properties: properties[$0.resource.logicalID]) }
        return contents
    }

    /// Termination protection and stack policy are no part of a change set: they are set once the stack is as it should be.
    private func setProtections(_ run: DeploymentRun) async {
        do {
            if !run.isProtected { try await setProtectionsAsPlanned(run) }
        } catch let failure as any RequestFailure {
            report(.warning(failure.problem.description))
        } catch {
            report(.warning("\(error)"))
        }
    }

    func setProtectionsAsPlanned(_ run: DeploymentRun) async throws {
        if let enabled = run.plan.terminationProtection {
            try await client.updateTerminationProtection(run.stackName, enabled: enabled)
        }
        // Anew each time: it may have been taken away, or not have been set the last time.
        if let policy = run.request?.desired.stackPolicy?.canonicalText ?? run.plan.stackPolicy {
            try await client.setStackPolicy(run.stackID ?? run.stackName, body: policy)
        }
    }

    func intent(for request: DeploymentRequest, token: String) throws -> DeploymentIntent {
        let desired = request.desired
        let configuration = StackConfiguration(
            stackName: desired.stackName, region: desired.region, accountID: desired.accountID,
            parameters: try recordedParameters(desired), tags: desired.tags, capabilities: desired.capabilities,
            notificationArns: desired.notificationArns, terminationProtection: desired.terminationProtection,
            stackPolicy: desired.stackPolicy, rollback: desired.rollback, storedValues: desired.storedValues)
        return DeploymentIntent(
            address: desired.address, kind: request.kind, startedAt: clock.now(), actor: request.actor, git: request.git,
            toolVersion: request.toolVersion, commandLine: request.commandLine, approval: request.approval,
            configuration: configuration, templateBody: desired.template.recordedBody, nestedTemplates: desired.nestedTemplateBodies,
            planJSON: request.planJSON,
            changeSetName: request.proposal?.name ?? token, clientToken: token,
            plannedAgainst: request.plan.basedOnSerial == 0 ? nil : request.plan.basedOnSerial, offlineID: right.offlineID)
    }

    private func recordedParameters(_ desired: DesiredStack) throws -> OrderedDictionary<String, RecordedParameter> {
        try desired.parameters.mapValues { value in
            switch value {
            case .plain(let text): .plain(text)
            case .secret(let secret, let digest): .secret(digest ?? SecretDigest(of: secret, salt: randomBytes(16)))
            case .previousSecret(let digest): .secret(digest)
            case .unknown(let reason):
                throw Problem(.badInput, "unknown-parameter-value", "A parameter has no value to deploy with", detail: reason)
            }
        }
    }
}

extension [StackOutput] {
    /// These with the values of some hidden.
    func masked(_ sensitive: Set<String>) -> [StackOutput] {
        map { output in
            var output = output
            if sensitive.contains(output.key) { output.value = Secret.mask }
            return output
        }
    }
}
