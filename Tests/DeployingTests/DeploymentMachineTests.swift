import Model
import StateDatabase
import Testing

@testable import Deploying
@testable import Planning

typealias Event = DeploymentMachine.Event
typealias Action = DeploymentMachine.Action
typealias Settlement = DeploymentMachine.Settlement

/// What happens to a machine, step by step, and what it answers.
struct Path: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var plan: Plan
    var steps: [(event: Event, action: Action)]
    var machine: DeploymentMachine
    var isResumed: Bool

    init(
        _ name: String, _ plan: Plan, resuming operation: DeploymentMachine.Operation? = nil,
        handling: OperationHandling = OperationHandling(), _ steps: (Event, Action)...
    ) {
        self.init(name, plan, resuming: operation, handling: handling, steps: steps)
    }

    init(
        _ name: String, _ plan: Plan, resuming operation: DeploymentMachine.Operation? = nil,
        handling: OperationHandling = OperationHandling(), isCancelled: Bool = false, steps: [(Event, Action)],
        then further: [(Event, Action)] = []
    ) {
        testDescription = name
        self.plan = plan
        self.steps = (steps + further).map { ($0.0, $0.1) }
        isResumed = operation != nil
        machine =
            operation.map { .resumed(plan: plan, in: $0, handling: handling, isCancelled: isCancelled) }
            ?? DeploymentMachine(plan: plan, handling: handling)
    }

    /// The same where some operations on the stack are recorded.
    func knowing(_ known: KnownOperations) -> Path {
        var path = self
        path.machine = DeploymentMachine(plan: plan, known: known)
        return path
    }

    static let all: [Path] =
        changeSetPaths + outsideChangePaths + stackStatePaths + destructionPaths + executionPaths + troublePaths + interruptionPaths
}

extension DeploymentMachine.Action {
    static func settled(
        _ status: DeploymentOutcomeStatus, _ effect: Settlement.Effect, _ message: String? = nil, exit: Model.ExitStatus,
        _ stack: StackDescription? = nil
    ) -> Action {
        .end(.settled(Settlement(status, effect, message.map { .init(message: $0) }, exit: exit, stack: stack)))
    }

    static func detached(_ message: String) -> Action { .end(.detached(.init(message: message))) }

    static let leftRunning = Action.end(.leftRunning(.init(message: "It was interrupted, and left to CloudFormation")))
}

@Suite struct DeploymentMachineTests {
    @Test(arguments: Path.all)
    func `the machine answers what happens with what is to be done`(_ path: Path) {
        var machine = path.machine
        let actions = path.steps.map { machine.handle($0.event) }
        #expect(actions == path.steps.map(\.action))
    }

    @Test func `what has ended stays ended as it did`() {
        for path in Path.all {
            var machine = path.machine
            let actions = path.steps.map { machine.handle($0.event) }
            guard case .end = actions.last else {
                Issue.record("No end: \(path)")
                continue
            }
            #expect(Event.samples.map { machine.handle($0) } == Array(repeating: actions.last, count: Event.samples.count))
        }
    }

    @Test(arguments: [
        ("The submitted information didn't contain changes. Submit different information to create a change set.", true),
        ("No updates are to be performed.", true), ("Transform AWS::Serverless-2016-10-31 failed with: Invalid", false),
    ])
    func `a failed change set says by its reason whether there was just nothing to do`(reason: String, expected: Bool) {
        #expect(ChangeSet.failed(reason).saysNothingChanges == expected)
    }

    @Test func `a change set that did not fail has something to do`() {
        #expect(!ChangeSet(status: "CREATE_COMPLETE", statusReason: "didn't contain changes", changes: []).saysNothingChanges)
        #expect(!ChangeSet.failed(nil).saysNothingChanges)
    }
}
