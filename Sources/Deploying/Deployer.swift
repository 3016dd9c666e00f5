package import AWS
import Foundation
package import Model
import OrderedCollections
package import Planning
package import StateDatabase
import Templates

/// What is told of a deployment while it runs.
package enum DeploymentNotice: Sendable {
    case began(Deployment)
    case changeSetCreated(name: String)
    case reconciled(Reconciliation)
    case executing
    case deleting
    case event(StackEvent)
    /// Something that does not stop the deployment, such as a policy that could not be set.
    case warning(String)
}

/// How a deployment ended, with its record.
package struct DeploymentResult: Sendable {
    package var deployment: Deployment
    package var ending: DeploymentMachine.Ending
    package var outputs: [StackOutput]
}

/// Carries out the actions of a `DeploymentMachine` and records each step: intent before effect, outcome after.
package struct Deployer: Sendable {
    private let client: CloudFormationClient
    private let artifacts: S3Client
    private let database: StateDatabase
    private let clock: Clock
    private let randomBytes: @Sendable (Int) -> Data
    private let report: @Sendable (DeploymentNotice) -> Void
    /// Asks somebody; answers no where there is nobody to ask.
    private let ask: @Sendable (DeploymentMachine.Question) -> Bool

    package init(
        client: CloudFormationClient, artifacts: S3Client, database: StateDatabase, context: Context,
        report: @escaping @Sendable (DeploymentNotice) -> Void, ask: @escaping @Sendable (DeploymentMachine.Question) -> Bool
    ) {
        self.client = client
        self.artifacts = artifacts
        self.database = database
        clock = context.clock
        randomBytes = context.randomBytes
        self.report = report
        self.ask = ask
    }

    /// Deploys what was approved, and no more.
    /// - Returns: how it ended, also where it failed at CloudFormation.
    /// - Throws: `RecordingRefusal` or `Problem` where nothing was begun.
    package func deploy(_ request: DeploymentRequest) async throws -> DeploymentResult {
        let token = randomBytes(12).map { String($0, radix: 36) }.joined()
        let intent = try intent(for: request, token: "pipeplan-\(token)")
        let deployment = try database.begin(intent, secrets: request.secrets)
        report(.began(deployment))
        let machine = DeploymentMachine(plan: request.plan)
        var run = DeploymentRun(deployment, request, changeSetName: intent.changeSetName ?? "", token: intent.clientToken ?? "")
        return try await drive(machine, &run, from: .started)
    }

    /// Goes on with a deployment whose process is gone: asks CloudFormation how it ended, or follows it to its end.
    package func resume(_ deployment: Deployment, plan: Plan, by actor: DeploymentActor) async throws -> DeploymentResult {
        if deployment.status == .detached { try database.reattach(deployment) }
        let stackName = deployment.stackID ?? deployment.stackName
        let stack = try await client.describeStack(stackName)
        var run = DeploymentRun(resuming: deployment, plan, by: actor)
        run.stackID = stack?.stackID ?? deployment.stackID
        let wasExecuted = try await wasExecuted(deployment, stack)
        guard wasExecuted else {
            if let changeSet = deployment.changeSetName { try? await client.deleteChangeSet(changeSet, stack: deployment.stackName) }
            if stack?.status == "REVIEW_IN_PROGRESS" { try await client.deleteStack(deployment.stackName) }
            let failure = DeploymentFailure(message: "It was interrupted before CloudFormation was told to execute anything")
            return try await finish(
                DeploymentMachine.Ending(status: .cancelled, effect: .untouched, failure: failure, exit: .failed, stack: stack), &run)
        }
        let machine = DeploymentMachine.resumed(plan: plan, stack: stack)
        return try await drive(machine, &run, from: plan.kind == .destroy ? .deletionStarted : .executionStarted)
    }

    private func wasExecuted(_ deployment: Deployment, _ stack: StackDescription?) async throws -> Bool {
        guard let stack else { return deployment.kind == .destroy || deployment.step == "execute" }
        if deployment.kind == .destroy { return deployment.step == "delete" || stack.status.rawValue.hasPrefix("DELETE_") }
        guard stack.status != "REVIEW_IN_PROGRESS" else { return false }
        guard let changeSet = deployment.changeSetID ?? deployment.changeSetName else { return false }
        // A stack forgets its executed change sets' details in time, but never which one made it what it is.
        if let last = stack.changeSetID { return last == deployment.changeSetID || last.contains("/\(deployment.changeSetName ?? "-")/") }
        do {
            let described = try await client.describeChangeSet(changeSet, stack: deployment.stackName)
            return described.executionStatus?.hasPrefix("EXECUTE_") ?? false
        } catch let error as AWSError where error.isNotFound {
            return deployment.step == "execute"
        }
    }

    // MARK: The loop

    private func drive(
        _ initial: DeploymentMachine, _ run: inout DeploymentRun, from first: DeploymentMachine.Event
    ) async throws -> DeploymentResult {
        var machine = initial
        var action = machine.handle(first)
        while true {
            if case .end(let ending) = action { return try await finish(ending, &run) }
            do {
                action = machine.handle(try await perform(action, &run))
            } catch let failure as any RequestFailure {
                action = machine.handle(.refused(DeploymentFailure(message: failure.problem.description)))
            } catch let problem as Problem {
                action = machine.handle(.refused(DeploymentFailure(message: problem.description)))
            }
        }
    }

    private func perform(_ action: DeploymentMachine.Action, _ run: inout DeploymentRun) async throws -> DeploymentMachine.Event {
        switch action {
        case .describeStack:
            let stack = try await client.describeStack(run.stackName)
            run.stackID = stack?.stackID
            return .stackDescribed(stack)
        case .ask(let question): return .answered(ask(question))
        case .createChangeSet(let kind):
            try await createChangeSet(kind, &run)
            return .changeSetCreated
        case .describeChangeSet:
            let changeSet = try await describeFinishedChangeSet(run)
            return .changeSetDescribed(changeSet)
        case .deleteChangeSet:
            try await client.deleteChangeSet(run.changeSetName, stack: run.stackID ?? run.stackName)
            return .changeSetDeleted
        case .execute:
            report(.executing)
            try await startFollowing(&run)
            try database.note(DeploymentProgress(step: "execute"), of: run.deployment)
            try await executeChangeSet(run)
            return .executionStarted
        case .deleteStack:
            report(.deleting)
            try await startFollowing(&run)
            try database.note(DeploymentProgress(step: "delete", stackID: run.stackID), of: run.deployment)
            try await client.deleteStack(
                run.stackID ?? run.stackName, roleARN: run.request?.serviceRole, clientRequestToken: "\(run.token)-delete")
            return .deletionStarted
        case .followStack:
            let stack = try await follow(&run)
            return .stackSettled(stack, rootCause: run.follower.rootCause)
        case .end:
            return .started
        }
    }

    // MARK: Steps

    private func createChangeSet(_ kind: DeploymentMachine.ChangeSetKind, _ run: inout DeploymentRun) async throws {
        guard let request = run.request else { return }
        let desired = request.desired
        var input = CreateChangeSetInput(
            stack: run.stackName, name: run.changeSetName, kind: kind == .create ? .create : .update,
            template: try await template(for: request))
        input.parameters = desired.parameterInputs
        input.tags = Dictionary(uniqueKeysWithValues: desired.tags.map { ($0, $1) })
        input.capabilities = desired.capabilities
        input.notificationARNs = desired.notificationArns.isEmpty ? nil : desired.notificationArns
        input.roleARN = request.serviceRole
        input.clientToken = run.token
        input.description = "pipeplan: deployment \(run.deployment.serial) of \(run.deployment.address)"
        do {
            let created = try await client.createChangeSet(input)
            run.stackID = created.stackID
            run.changeSetName = created.changeSetID.isEmpty ? run.changeSetName : created.changeSetID
        } catch let failure as any RequestFailure where failure.requestMayHaveBeenTaken || failure.isAlreadyExists {
            // The answer was lost, not necessarily the request: the name is ours alone, so what bears it is what was asked for.
            let found = try await client.describeChangeSet(run.changeSetName, stack: run.stackName)
            run.stackID = found.stackID ?? run.stackID
        }
        try database.note(DeploymentProgress(step: "change-set", changeSetID: run.changeSetName, stackID: run.stackID), of: run.deployment)
        report(.changeSetCreated(name: run.changeSetName))
    }

    private func describeFinishedChangeSet(_ run: DeploymentRun) async throws -> ChangeSet {
        var pace = PollingPace()
        while true {
            let changeSet = try await client.describeChangeSet(run.changeSetName, stack: run.stackID ?? run.stackName)
            guard changeSet.status.hasSuffix("_PENDING") || changeSet.status.hasSuffix("_IN_PROGRESS") else {
                if changeSet.status != "FAILED" { report(.reconciled(Reconciliation(run.plan, changeSet))) }
                return changeSet
            }
            try await clock.sleep(pace.next())
        }
    }

    private func executeChangeSet(_ run: DeploymentRun) async throws {
        do {
            try await client.executeChangeSet(
                run.changeSetName, stack: run.stackID ?? run.stackName, clientRequestToken: "\(run.token)-execute")
        } catch let failure as any RequestFailure where failure.requestMayHaveBeenTaken {
            let found = try await client.describeChangeSet(run.changeSetName, stack: run.stackID ?? run.stackName)
            guard found.executionStatus?.hasPrefix("EXECUTE_") == true else { throw failure }
        }
    }

    private func template(for request: DeploymentRequest) async throws -> TemplateSource {
        let body = request.desired.template.body
        guard body.utf8.count > TemplateLimits.inlineBytes else { return .body(body) }
        guard let bucket = request.artifactBucket else {
            throw Problem(
                .badInput, "template-too-large", "The template has \(body.utf8.count) bytes; CloudFormation takes \(TemplateLimits.inlineBytes) in a request",
                detail: "Name a bucket as `artifacts` in stack.yml: larger templates are uploaded there.")
        }
        let key = "pipeplan/\(request.desired.stackName)/\(Digest(of: body)).template"
        _ = try await artifacts.putObject(Data(body.utf8), bucket: bucket, key: key, contentType: "text/plain")
        return .url(artifacts.url(bucket: bucket, key: key))
    }

    private func startFollowing(_ run: inout DeploymentRun) async throws {
        guard let stackID = run.stackID else { return }
        let before = try await client.describeStackEvents(stackID)
        run.follower = EventFollower(before: Set(before.map(\.eventID)))
    }

    /// Follows the stack until its operation has ended; `nil` where it is gone then.
    private func follow(_ run: inout DeploymentRun) async throws -> StackDescription? {
        var pace = PollingPace()
        let stack = run.stackID ?? run.stackName
        while true {
            let description = try await client.describeStack(stack)
            try await takeEvents(of: stack, &run)
            guard let description, description.status.isInProgress, description.status != "REVIEW_IN_PROGRESS" else { return description }
            try await clock.sleep(pace.next())
        }
    }

    private func takeEvents(of stack: String, _ run: inout DeploymentRun) async throws {
        let follower = run.follower
        let described: [StackEvent]
        do {
            described = try await client.describeStackEvents(stack) { follower.hasSeen($0) }
        } catch let error as AWSError where error.isNotFound {
            return
        }
        let new = run.follower.take(described)
        try database.append(new, to: run.deployment, secrets: run.request?.secrets ?? [])
        for event in new { report(.event(event)) }
    }

    // MARK: Recording

    private func finish(_ ending: DeploymentMachine.Ending, _ run: inout DeploymentRun) async throws -> DeploymentResult {
        var outputs: [StackOutput] = []
        let effect: DeploymentOutcome.Effect
        switch ending.effect {
        case .untouched: effect = .untouched
        case .removed: effect = .removed
        case .kept, .applied:
            let stack = ending.stack
            let stackID = stack?.stackID ?? run.stackID ?? run.stackName
            let resources = try? await client.listStackResources(stackID)
            outputs = stack?.outputs ?? []
            let contents = StackContents(
                stackID: stackID, status: stack?.status ?? "UPDATE_FAILED",
                resources: resources?.filter { $0.status != "DELETE_COMPLETE" }.map { RecordedResource($0) }, outputs: stack?.outputs)
            effect = ending.effect == .applied ? .applied(contents) : .kept(contents)
        }
        if ending.effect == .applied { await setProtections(run) }
        let outcome = DeploymentOutcome(
            status: ending.status, effect: effect, finishedAt: clock.now(), failure: ending.failure, resumedBy: run.resumedBy)
        let settled = try database.finish(run.deployment, outcome, secrets: run.request?.secrets ?? [])
        return DeploymentResult(deployment: settled, ending: ending, outputs: outputs)
    }

    /// Termination protection and stack policy are no part of a change set: they are set once the stack is as it should be.
    private func setProtections(_ run: DeploymentRun) async {
        guard let request = run.request else { return }
        let stack = run.stackID ?? run.stackName
        do {
            if run.plan.settings.contains(where: { $0.name == "terminationProtection" }) {
                try await client.updateTerminationProtection(run.stackName, enabled: request.desired.terminationProtection)
            }
            if let policy = request.stackPolicy { try await client.setStackPolicy(stack, body: policy) }
        } catch let failure as any RequestFailure {
            report(.warning(failure.problem.description))
        } catch {
            report(.warning("\(error)"))
        }
    }

    private func intent(for request: DeploymentRequest, token: String) throws -> DeploymentIntent {
        let desired = request.desired
        let configuration = StackConfiguration(
            stackName: desired.stackName, region: desired.region, accountID: desired.accountID,
            parameters: try recordedParameters(desired), tags: desired.tags, capabilities: desired.capabilities,
            notificationArns: desired.notificationArns, terminationProtection: desired.terminationProtection)
        return DeploymentIntent(
            address: desired.address, kind: request.kind, startedAt: clock.now(), actor: request.actor, git: request.git,
            toolVersion: request.toolVersion, commandLine: request.commandLine, approval: request.approval,
            configuration: configuration, templateBody: desired.template.body, planJSON: request.planJSON,
            changeSetName: token, clientToken: token, plannedAgainst: request.plan.basedOnSerial == 0 ? nil : request.plan.basedOnSerial)
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
