package import AWS
import Foundation
package import Model
import OrderedCollections
import Planning
package import StateDatabase
import StateSharing
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
    /// Something that goes on, in a sentence.
    case note(String)
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
    package var right = DeploymentRight.alone
    let uploads: SharedUploads
    let report: @Sendable (DeploymentNotice) -> Void
    let secrets: KnownSecrets
    let interruption: Interruption
    /// Asks somebody; answers no where there is nobody to ask.
    private let ask: @Sendable (DeploymentMachine.Question) -> Bool
    /// Asks whoever interrupts.
    private let decide: @Sendable (_ canCancel: Bool) -> DeploymentMachine.InterruptChoice

    /// - Parameters:
    ///   - polling: shared by the deployers of a process.
    ///   - uploads: likewise.
    ///   - secrets: those of the stack that are at hand, besides a request's own.
    ///   - decide: what is to become of an operation that somebody interrupts; by itself CloudFormation goes on with it.
    package init(
        client: CloudFormationClient, artifacts: S3Client, database: StateDatabase, context: Context,
        polling: SharedPollingLimit = SharedPollingLimit(), uploads: SharedUploads = SharedUploads(), secrets: [Secret] = [],
        report: @escaping @Sendable (DeploymentNotice) -> Void, ask: @escaping @Sendable (DeploymentMachine.Question) -> Bool,
        decide: @escaping @Sendable (_ canCancel: Bool) -> DeploymentMachine.InterruptChoice = { _ in .detach }
    ) {
        self.client = client
        self.artifacts = artifacts
        self.database = database
        clock = context.clock
        randomBytes = context.randomBytes
        self.polling = polling
        self.uploads = uploads
        let known = KnownSecrets(secrets)
        self.secrets = known
        self.report = { report($0.hiding(known.all)) }
        interruption = context.interruption
        self.ask = { ask($0.hiding(known.all)) }
        self.decide = decide
    }

    /// Deploys what was approved, and no more.
    /// - Returns: how it ended, also where it failed at CloudFormation, or where nobody can tell yet: then it is recorded
    ///   as detached, for `resume` to settle.
    /// - Throws: `RecordingRefusal` or `Problem` where nothing was begun.
    package func deploy(_ request: DeploymentRequest) async throws -> DeploymentResult {
        let hold = try database.requireHold(request.desired.address)
        defer { withExtendedLifetime(hold) {} }
        let seen = interruption.count
        return try await interruption.dealing {
            let intent = try intent(for: request, token: "pipeplan-\(newToken())\(request.mark)")
            secrets.add(request.secrets)
            let deployment = try database.begin(intent, secrets: secrets.all)
            try await reserve(deployment)
            report(.began(deployment))
            return try await deploy(request, as: deployment, past: seen)
        }
    }

    /// Carries out a recorded intent from its beginning.
    /// - Parameter seen: how many interruptions are dealt with.
    func deploy(
        _ request: DeploymentRequest, as deployment: Deployment, resumedBy: DeploymentActor? = nil, past seen: Int
    ) async throws -> DeploymentResult {
        var machine = DeploymentMachine(
            plan: request.plan, reviewed: request.proposal?.changeSet, handling: request.handling,
            known: try database.knownOperations(deployment.address))
        let first = machine.handle(.started)
        var run = DeploymentRun(
            deployment, request, changeSetName: request.proposal?.id ?? deployment.changeSetName ?? "",
            token: deployment.clientToken ?? "", resumedBy: resumedBy)
        run.interruptionsSeen = seen
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
            guard interruption.count <= run.interruptionsSeen else {
                action = machine.handle(run.interrupted())
                continue
            }
            action = machine.handle(try await outcome(of: action, &run))
        }
    }

    private func outcome(of action: DeploymentMachine.Action, _ run: inout DeploymentRun) async throws -> DeploymentMachine.Event {
        do {
            return try await perform(action, &run)
        } catch let failure as any RequestFailure {
            let explained = DeploymentFailure(message: failure.problem.description)
            return failure.requestMayHaveBeenTaken ? .lost(explained) : .refused(explained)
        } catch let cancellation as CancellationError {
            guard interruption.count > run.interruptionsSeen else { throw cancellation }
            return run.interrupted()
        } catch let problem as Problem {
            return .refused(DeploymentFailure(message: problem.description))
        }
    }

    // MARK: Actions

    private func perform(_ action: DeploymentMachine.Action, _ run: inout DeploymentRun) async throws -> DeploymentMachine.Event {
        if let step = action.step {
            try await confirmLease(step, run)
            try database.note(DeploymentProgress(step: step.rawValue, stackID: run.stackID), of: run.deployment)
        }
        switch action {
        case .describeStack:
            let stack = try await client.describeStack(run.stackID ?? run.stackName)
            run.stackID = stack?.stackID
            if let stack { tellOfRetry(stack, run) }
            return .stackDescribed(stack)
        case .compareStack(let stack): return .stackCompared(try await outsideChange(of: stack, run))
        case .listChangeSets: return .changeSetsListed(try await client.listChangeSets(stack: run.stackID ?? run.stackName))
        case .listResources: return .resourcesListed(try await resources(&run))
        case .waitForStack: return .stackSettled(try await waitForStack(&run), rootCause: nil)
        case .ask(let question):
            if case .recreate = question { try await refuseProtected(run) }
            let question = await detailed(question, run)
            let answer = await interruption.unlessInterrupted(past: run.interruptionsSeen, blocking: { [ask] in ask(question) })
            return answer.map { .answered($0) } ?? run.interrupted()
        case .decide(let canCancel):
            let choice = await interruption.unlessInterrupted(past: run.interruptionsSeen, blocking: { [decide] in decide(canCancel) })
            return choice.map { .decided($0) } ?? run.interrupted()
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
            report(.executing)
            try await executeChangeSet(run)
            return .operationStarted
        case .deleteStack:
            try await deleteStack(&run, retaining: nil)
            return .operationStarted
        case .deleteStackRetaining(let resources):
            try await deleteStack(&run, retaining: resources)
            return .operationStarted
        case .rollBackStack:
            try await rollBack(&run, skipping: nil)
            return .operationStarted
        case .continueRollback(let skipped):
            try await rollBack(&run, skipping: skipped)
            return .operationStarted
        case .cancelUpdate:
            try await cancel(run, "cancelling the update: what it has changed is rolled back") { stack, token in
                try await client.cancelUpdateStack(stack, clientRequestToken: token)
            }
            return .operationStarted
        case .cancelCreation:
            try await cancel(run, "cancelling the creation: what it has made is deleted, and the stack with it") { stack, token in
                try await client.deleteStack(stack, roleARN: run.request?.serviceRole, clientRequestToken: token)
            }
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
}
