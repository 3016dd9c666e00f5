package import AWS
import Foundation
package import Model
import OrderedCollections
import Planning
package import StateDatabase
package import StateSharing
import Templates

/// What is told of a deployment while it runs.
package enum DeploymentNotice: Sendable {
    case began(Deployment)
    /// A deployment that was interrupted before CloudFormation was told to execute anything goes on.
    case takenUp(Deployment)
    case changeSetCreated(name: String)
    case reconciled(Reconciliation)
    case executing
    case deleting
    /// - within: the logical IDs that lead to the nested stack it is of; `nil` for the stack itself.
    case event(StackEvent, within: String? = nil)
    /// Nothing is new, and what is under way was not done a moment ago.
    case waiting
    /// CloudFormation goes on, or may, and is not watched any more.
    case detached(DeploymentFailure)
    /// Something that does not stop the deployment, such as a policy that could not be set.
    case warning(String)
}

/// How a run of a deployment ended, with its record.
package struct DeploymentResult: Sendable {
    package var deployment: Deployment
    package var ending: DeploymentMachine.Ending
    package var outputs: [StackOutput]
    /// What failed besides the root cause, in order, not because of it.
    package var otherFailures: [DeploymentFailure] = []
}

/// Carries out the actions of a `DeploymentMachine` and records each step: intent before effect, outcome after.
package struct Deployer: Sendable {
    let client: CloudFormationClient
    let artifacts: S3Client
    let database: StateDatabase
    let clock: Clock
    let randomBytes: @Sendable (Int) -> Data
    let polling: SharedPollingLimit
    /// The right to deploy the stack, where a team shares its log; `nil` where nobody else does.
    package var lease: HeldLease?
    let uploads: SharedUploads
    let report: @Sendable (DeploymentNotice) -> Void
    /// Asks somebody; answers no where there is nobody to ask.
    private let ask: @Sendable (DeploymentMachine.Question) -> Bool

    /// - Parameters:
    ///   - polling: shared by the deployers of a process.
    ///   - uploads: likewise.
    package init(
        client: CloudFormationClient, artifacts: S3Client, database: StateDatabase, context: Context,
        polling: SharedPollingLimit = SharedPollingLimit(), uploads: SharedUploads = SharedUploads(),
        report: @escaping @Sendable (DeploymentNotice) -> Void, ask: @escaping @Sendable (DeploymentMachine.Question) -> Bool
    ) {
        self.client = client
        self.artifacts = artifacts
        self.database = database
        clock = context.clock
        randomBytes = context.randomBytes
        self.polling = polling
        self.uploads = uploads
        self.report = report
        self.ask = ask
    }

    /// Deploys what was approved, and no more.
    /// - Returns: how it ended, also where it failed at CloudFormation, or where nobody can tell yet: then it is recorded
    ///   as detached, for `resume` to settle.
    /// - Throws: `RecordingRefusal` or `Problem` where nothing was begun.
    package func deploy(_ request: DeploymentRequest) async throws -> DeploymentResult {
        let hold = try database.requireHold(request.desired.address)
        defer { withExtendedLifetime(hold) {} }
        let intent = try intent(for: request, token: "pipeplan-\(newToken())")
        let deployment = try database.begin(intent, secrets: request.secrets)
        try await reserve(deployment)
        report(.began(deployment))
        return try await deploy(request, as: deployment)
    }

    /// Carries out a recorded intent from its beginning.
    func deploy(_ request: DeploymentRequest, as deployment: Deployment, resumedBy: DeploymentActor? = nil) async throws -> DeploymentResult
    {
        var machine = DeploymentMachine(plan: request.plan, reviewed: request.proposal?.changeSet)
        let first = machine.handle(.started)
        var run = DeploymentRun(
            deployment, request, changeSetName: request.proposal?.id ?? deployment.changeSetName ?? "",
            token: deployment.clientToken ?? "", resumedBy: resumedBy)
        return try await drive(machine, &run, from: first)
    }

    /// For names that nobody else makes up.
    func newToken() -> String { randomBytes(12).map { String($0, radix: 36) }.joined() }

    // MARK: The loop

    func drive(
        _ initial: DeploymentMachine, _ run: inout DeploymentRun, from first: DeploymentMachine.Action
    ) async throws -> DeploymentResult {
        var machine = initial
        var action = first
        while true {
            if case .end(let ending) = action { return try await finish(ending, &run) }
            action = machine.handle(try await outcome(of: action, &run))
        }
    }

    private func outcome(of action: DeploymentMachine.Action, _ run: inout DeploymentRun) async throws -> DeploymentMachine.Event {
        do {
            return try await perform(action, &run)
        } catch let failure as any RequestFailure {
            let explained = DeploymentFailure(message: failure.problem.description)
            return failure.requestMayHaveBeenTaken ? .lost(explained) : .refused(explained)
        } catch let problem as Problem {
            return .refused(DeploymentFailure(message: problem.description))
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
            try await startFollowing(&run)
            return .changeSetDescribed(changeSet)
        case .deleteChangeSet:
            try await client.deleteChangeSet(run.changeSetName, stack: run.stackID ?? run.stackName)
            return .changeSetDeleted
        case .setProtections:
            try await setProtectionsAsPlanned(run)
            run.isProtected = true
            return .protectionsSet
        case .deleteEmptyStack:
            try await deleteEmptyStack(run.stackID ?? run.stackName, besides: run.deployment.changeSetName)
            return .emptyStackDeleted
        case .execute:
            try await confirmLease(.execute, run)
            report(.executing)
            try database.note(DeploymentProgress(step: Step.execute.rawValue), of: run.deployment)
            try await executeChangeSet(run)
            return .operationStarted
        case .deleteStack:
            report(.deleting)
            try await startFollowing(&run)
            try await confirmLease(.delete, run)
            try database.note(DeploymentProgress(step: Step.delete.rawValue, stackID: run.stackID), of: run.deployment)
            try await client.deleteStack(
                run.stackID ?? run.stackName, roleARN: run.request?.serviceRole, clientRequestToken: Step.delete.token(run.token))
            return .operationStarted
        case .followStack:
            let stack = try await follow(&run)
            // The name may come to mean another stack from here on.
            if stack == nil || stack?.status == "DELETE_COMPLETE" { run.stackID = nil }
            return .stackSettled(stack, rootCause: run.follower.rootCause)
        case .end:
            return .started
        }
    }

    // MARK: Steps

    private func createChangeSet(_ kind: DeploymentMachine.ChangeSetKind, _ run: inout DeploymentRun) async throws {
        guard let request = run.request else { return }
        let input = try await changeSetInput(
            request, name: run.changeSetName, kind: kind, token: run.token,
            description: "pipeplan: deployment \(run.deployment.serial) of \(run.deployment.address)")
        (run.changeSetName, run.stackID) = try await create(input)
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
        input.notificationARNs = desired.notificationArns.isEmpty ? nil : desired.notificationArns
        input.roleARN = request.serviceRole
        input.clientToken = token
        if request.revertsDrift, kind == .update { input.deploymentMode = .revertDrift }
        input.description = description
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

    private func describeFinishedChangeSet(_ run: DeploymentRun) async throws -> ChangeSet {
        if run.request?.proposal != nil { return try await describeReviewedChangeSet(run) }
        let changeSet = try await finishedChangeSet(run.changeSetName, stack: run.stackID ?? run.stackName)
        if changeSet.status != "FAILED" { report(.reconciled(Reconciliation(run.plan, changeSet))) }
        return changeSet
    }

    /// The change set that was reviewed; as a deleted one where it is gone.
    private func describeReviewedChangeSet(_ run: DeploymentRun) async throws -> ChangeSet {
        do {
            let changeSet = try await finishedChangeSet(run.changeSetName, stack: run.stackID ?? run.stackName)
            try database.note(DeploymentProgress(changeSetID: run.changeSetName, stackID: run.stackID), of: run.deployment)
            return changeSet
        } catch let error as AWSError where error.isNotFound {
            return ChangeSet(status: "DELETE_COMPLETE", changes: [])
        }
    }

    /// The change set when it is no longer being computed.
    func finishedChangeSet(_ name: String, stack: String) async throws -> ChangeSet {
        var pace = PollingPace()
        while true {
            let changeSet = try await client.describeChangeSet(name, stack: stack)
            guard changeSet.status.hasSuffix("_PENDING") || changeSet.status.hasSuffix("_IN_PROGRESS") else { return changeSet }
            try await pause(&pace)
        }
    }

    /// Has the change set executed. Where an answer is lost, the change set itself tells whether it was taken.
    private func executeChangeSet(_ run: DeploymentRun) async throws {
        var lost: (any RequestFailure)?
        for isLastTry in [false, false, true] {
            do {
                return try await client.executeChangeSet(
                    run.changeSetName, stack: run.stackID ?? run.stackName, clientRequestToken: Step.execute.token(run.token))
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

    /// Notes which events are older than the operation that is about to begin.
    private func startFollowing(_ run: inout DeploymentRun) async throws {
        guard let stackID = run.stackID else { return }
        let since = clock.now() - Self.clockTolerance
        let earlier = try await client.describeStackEvents(stackID) { $0.timestamp < since }
        run.follower = OperationFollower(EventFollower(since: since, after: earlier))
    }

    /// How far this machine's clock may be from CloudFormation's: more than AWS accepts in a signature.
    static let clockTolerance: TimeInterval = 3600

    /// Follows the stack until its operation has ended; `nil` where it is gone then.
    ///
    /// Events tell how it goes, so that a round is one request; the stack is described when they tell that it has ended.
    /// Right after a request, a stack may still be described as it was before it. So the end counts once events tell that
    /// the operation has begun, or after some rounds at an endpoint that has no such events.
    private func follow(_ run: inout DeploymentRun) async throws -> StackDescription? {
        var pace = PollingPace()
        var rounds = 0
        let stack = run.stackID ?? run.stackName
        while true {
            let isThere = try await takeEvents(of: stack, &run)
            rounds += 1
            let isPatient = rounds < Self.roundsUntilBegun
            // Now and then it is asked for all the same: an endpoint may have no events, or have them late.
            if !isThere || run.follower.hasEnded || rounds.isMultiple(of: Self.roundsUntilBegun) {
                let description = try await client.describeStack(stack)
                guard let description, description.status != "DELETE_COMPLETE" else { return description }
                let mayHaveEnded = !description.status.isInProgress || (description.status == "REVIEW_IN_PROGRESS" && !isPatient)
                if mayHaveEnded, run.follower.hasBegun || !isPatient { return description }
            }
            try await pause(&pace)
        }
    }

    private static let roundsUntilBegun = 8

    private func pause(_ pace: inout PollingPace) async throws {
        report(.waiting)
        try await clock.sleep(pace.next())
        try await polling.wait(clock)
    }

    /// - Returns: whether there is such a stack.
    private func takeEvents(of stack: String, _ run: inout DeploymentRun) async throws -> Bool {
        let follower = run.follower
        let described: [StackEvent]
        do {
            described = try await client.describeStackEvents(stack, until: follower.isOld)
        } catch let error as AWSError where error.isNotFound {
            return false
        }
        let new = run.follower.take(described)
        let (nested, failure) = await takeNestedEvents(&run)
        let all = nested.isEmpty ? new : (new + nested).inOrderOfTime
        try database.append(all, to: run.deployment, secrets: run.request?.secrets ?? [])
        for event in all { report(.event(event, within: run.follower.paths.path(ofStack: event.stackID))) }
        if let failure { throw failure }
        return true
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
