import AWS
import Model
import Testing

@testable import Deploying
@testable import Planning

/// What must hold whatever happens to a machine, in whatever order.
struct Rules {
    let plan: Plan
    var handling = OperationHandling()
    private(set) var violations: [String] = []
    private var question: DeploymentMachine.Question?
    private var last: Action?
    private var found: StackStatus?
    private var wasAskedToOperate = false
    private var isUnderWay: Bool
    private var hasOperated: Bool
    private var ending: DeploymentMachine.Ending?

    /// - Parameter isResumed: whether an operation is under way already.
    init(_ plan: Plan, isResumed: Bool, _ handling: OperationHandling = OperationHandling()) {
        self.plan = plan
        self.handling = handling
        isUnderWay = isResumed
        hasOperated = isResumed
        wasAskedToOperate = isResumed
        last = isResumed ? .followStack : nil
    }

    mutating func observe(_ event: Event, _ action: Action) {
        if let ending {
            if action != .end(ending) { violations.append("it went on after its end") }
            return
        }
        if case .operationStarted = event, last?.beginsOperation == true { (isUnderWay, hasOperated) = (true, true) }
        let settles = if case .stackSettled = event, last == .followStack { true } else { false }
        if isUnderWay, settles { isUnderWay = false }
        switch event {
        case .stackDescribed(let stack), .stackSettled(let stack, _): found = stack?.status
        default: break
        }

        switch action {
        case .execute: if !isExecutionCovered(event) { violations.append("it executed what nobody had agreed to") }
        case .deleteStack, .deleteStackRetaining:
            if !isDeletionCovered(event) { violations.append("it deleted a stack nobody had given up") }
        case .end(.settled(let settlement)):
            if hasOperated, settlement.effect == .untouched { violations.append("it called a stack untouched that was worked on") }
            if isUnderWay { violations.append("it settled what was still under way") }
        case .rollBackStack, .continueRollback: if !isRollbackCovered(event) { violations.append("it rolled back what nobody wanted to") }
        case .cancelUpdate, .cancelCreation: if !isUnderWay { violations.append("it cancelled what was not under way") }
        case .describeStack where isUnderWay:
            if case .decided(.cancel) = event { break }
            violations.append("it looked at the stack while CloudFormation was at work")
        case .end(.detached), .end(.leftRunning): if !wasAskedToOperate { violations.append("it left open what was never begun") }
        case .createChangeSet(.update) where event.isChangeNobodyAgreedTo: violations.append("it passed over what others had changed")
        case .compareStack, .createChangeSet, .describeChangeSet, .deleteChangeSet, .deleteEmptyStack, .describeStack, .ask,
            .setProtections,
            .listChangeSets,
            .listResources, .waitForStack:
            if isUnderWay { violations.append("it did something else while CloudFormation was at work") }
        case .followStack, .decide: break
        }
        if case .end(let ending) = action { self.ending = ending }
        last = action
        if action.beginsOperation { wasAskedToOperate = true }
        question = if case .ask(let question) = action { question } else { nil }
    }

    private func isExecutionCovered(_ event: Event) -> Bool {
        switch (event, question) {
        case (.changeSetDescribed(let changeSet), _):
            changeSet.status == "CREATE_COMPLETE" && Reconciliation(plan, changeSet, isRetry: found?.awaitsRetry ?? false).isCovered
        case (.answered(true), .unplanned?): true
        default: false
        }
    }

    private func isRollbackCovered(_ event: Event) -> Bool {
        switch (event, question) {
        case (.answered(true), .continueRollback?), (.answered(true), .rollBack?): true
        default: false
        }
    }

    private func isDeletionCovered(_ event: Event) -> Bool {
        switch (event, question) {
        case (.stackDescribed(let stack?), _), (.stackSettled(let stack?, _), _): plan.kind == .destroy && !stack.terminationProtection
        case (.changeSetsListed, _): plan.kind == .destroy
        case (.answered(true), .recreate?), (.answered(true), .retain?): true
        case (.resourcesListed, _): !handling.retained.isEmpty
        default: false
        }
    }
}

extension DeploymentMachine.Event {
    fileprivate var isChangeNobodyAgreedTo: Bool { if case .stackCompared(let change?) = self { change.isDifferent } else { false } }

    /// Each kind of event, with every kind of content that is told apart.
    static let samples: [Event] =
        [
            .started, .answered(true), .answered(false), .changeSetCreated, .changeSetDeleted, .emptyStackDeleted, .protectionsSet,
            .operationStarted, .refused(.init(message: "No")), .lost(.init(message: "Silence")), .stackDescribed(nil),
            .stackSettled(nil, rootCause: nil), .interrupted, .decided(.cancel), .decided(.detach), .decided(.goOn), .changeSetsListed([]),
            .changeSetsListed([ChangeSetSummary(id: "1", name: "theirs", status: "CREATE_COMPLETE")]), .resourcesListed([]),
            .resourcesListed(
                ["DELETE_FAILED", "UPDATE_FAILED"].map { .init(logicalID: "Bucket", physicalID: nil, type: "T", status: $0) }),
            .stackDescribed(.sample("UPDATE_COMPLETE", isProtected: true)), .stackCompared(nil), .stackCompared(.sample),
        ]
        + [ChangeSet.planned, .excessive, .withoutChanges, .failed("Bad"), ChangeSet(status: "DELETE_COMPLETE", changes: [])].map {
            .changeSetDescribed($0)
        }
        + (StackStatus.documented + ["SOMETHING_NEW"]).flatMap { (status: StackStatus) -> [Event] in
            [.stackDescribed(.sample(status)), .stackSettled(.sample(status), rootCause: .init(message: "Cause"))]
        }

    /// Events that can follow an action when nothing is out of order.
    static func answers(to action: Action) -> [Event] { samples.filter { $0.answers(action) } }

    func answers(_ action: Action) -> Bool {
        switch (action, self) {
        case (.describeStack, .stackDescribed), (.ask, .answered), (.createChangeSet, .changeSetCreated),
            (.describeChangeSet, .changeSetDescribed), (.deleteChangeSet, .changeSetDeleted), (.deleteEmptyStack, .emptyStackDeleted),
            (.setProtections, .protectionsSet), (.deleteStack, .operationStarted), (.execute, .operationStarted),
            (.followStack, .stackSettled), (.waitForStack, .stackSettled), (.listChangeSets, .changeSetsListed),
            (.listResources, .resourcesListed), (.decide, .decided), (.deleteStackRetaining, .operationStarted),
            (.rollBackStack, .operationStarted), (.continueRollback, .operationStarted), (.cancelUpdate, .operationStarted),
            (.cancelCreation, .operationStarted):
            true
        default: false
        }
    }
}

extension DeploymentMachine.Action {
    /// Whether CloudFormation works on the stack as a whole from here on.
    var beginsOperation: Bool {
        switch self {
        case .execute, .deleteStack, .deleteStackRetaining, .rollBackStack, .continueRollback: true
        default: false
        }
    }
}

@Suite struct DeploymentMachineRulesTests {
    private static let handlings: [OperationHandling] = [.init(), .waiting, .rollingBack, .retaining("Bucket"), .init()]

    @Test(arguments: [Plan.creation, .addition, .destruction, .protection], [1, 2, 3, 4, 5] as [UInt64])
    func `no order of events makes the machine break its rules`(plan: Plan, seed: UInt64) {
        let handling = Self.handlings[Int(seed) - 1]
        var generator = SeededGenerator(state: seed)
        var endings = 0
        for run in 0..<300 {
            let operation: DeploymentMachine.Operation? = run % 5 == 0 ? (plan.kind == .destroy ? .destroying : .executing) : nil
            var machine =
                operation.map { .resumed(plan: plan, in: $0, handling: handling) } ?? DeploymentMachine(plan: plan, handling: handling)
            var rules = Rules(plan, isResumed: operation != nil, handling)
            var action = operation == nil ? machine.handle(.started) : .followStack
            var history: [Event] = []
            for _ in 0..<60 {
                let isPlausible = Int.random(in: 0..<10, using: &generator) > 0
                let answers = isPlausible ? Event.answers(to: action) : []
                guard let event = (answers.isEmpty ? Event.samples : answers).randomElement(using: &generator) else { break }
                action = machine.handle(event)
                rules.observe(event, action)
                history.append(event)
            }
            if !rules.violations.isEmpty { Issue.record("\(rules.violations): \(history)") }
            if case .end = action { endings += 1 }
        }
        // Every path is shorter than this, so all must have come to an end.
        #expect(endings == 300)
    }

    @Test(arguments: Path.all)
    func `after every prefix of a run, whatever happens next is answered, and leads to an end`(path: Path) {
        for length in 0...path.steps.count {
            var prefix = path.machine
            var rules = Rules(path.plan, isResumed: path.isResumed, path.machine.handling)
            for step in path.steps.prefix(length) { rules.observe(step.event, prefix.handle(step.event)) }
            for event in Event.samples {
                var machine = prefix
                var rules = rules
                var action = machine.handle(event)
                rules.observe(event, action)
                var rounds = 0
                while let answer = Event.samples.first(where: { $0.answers(action) }), rounds < 20 {
                    action = machine.handle(answer)
                    rules.observe(answer, action)
                    rounds += 1
                }
                guard case .end = action else {
                    Issue.record("\(event) after \(length) steps leads to \(action) and to no end")
                    continue
                }
                if !rules.violations.isEmpty { Issue.record("\(rules.violations): \(event) after \(length) steps") }
            }
        }
    }
}
