import Model
import StateDatabase
import Testing

@testable import Deploying
@testable import Planning

/// A process can die after any event. What is recorded by then, and whatever the stack has come to since, must lead to a settled
/// deployment, without anything being done a second time.
@Suite struct JournalPrefixTests {
    /// What is known of a deployment whose process died.
    private struct Point: CustomStringConvertible {
        /// As it was noted.
        var step: Step?
        var kind: DeploymentKind
        /// The stack as it was found.
        var found: StackStatus?
        var description: String { "\(kind) at \(step?.rawValue ?? "nothing noted") of a stack in \(found?.rawValue ?? "no status")" }

        /// What may have become of the stack, with whether CloudFormation took what was noted last.
        var possible: [(stack: StackStatus?, wasTaken: Bool)] {
            let untouched: (StackStatus?, Bool) = (found, false)
            func taken(_ statuses: StackStatus...) -> [(StackStatus?, Bool)] { statuses.map { ($0, true) } + [(nil, true)] }
            switch step {
            case nil, .changeSet: return [untouched, ("REVIEW_IN_PROGRESS", false), ("UPDATE_COMPLETE", false)]
            case .execute, .cancel:
                return [untouched]
                    + taken(
                        "CREATE_IN_PROGRESS", "CREATE_COMPLETE", "ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE",
                        "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_FAILED")
            case .delete: return [untouched] + taken("DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_COMPLETE")
            case .rollback:
                return [untouched]
                    + taken("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE")
            }
        }
    }

    /// What may come of a stack that is being worked on.
    private static func ends(of status: StackStatus?) -> [StackDescription?] {
        switch status?.rawValue {
        case "CREATE_IN_PROGRESS"?: ["CREATE_COMPLETE", "ROLLBACK_COMPLETE", "CREATE_FAILED"].map { .sample($0) }
        case "UPDATE_IN_PROGRESS"?: ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED"].map { .sample($0) }
        case "DELETE_IN_PROGRESS"?: [.sample("DELETE_FAILED"), .sample("DELETE_COMPLETE"), nil]
        case "UPDATE_ROLLBACK_IN_PROGRESS"?: ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"].map { .sample($0) }
        case let name?: [.sample(StackStatus(rawValue: name))]
        case nil: [nil]
        }
    }

    private static func kind(of path: Path) -> DeploymentKind {
        path.plan.kind == .destroy ? .destroy : path.machine.handling.rollsBack ? .rollback : path.plan.kind == .create ? .create : .update
    }

    /// The points at which the path can be cut: before and after each action is begun.
    private static func points(of path: Path) -> [Point] {
        var point = Point(kind: kind(of: path))
        var points = [point]
        for (event, action) in path.steps {
            switch event {
            case .stackDescribed(let stack) where point.step == nil: point.found = stack?.status
            case .changeSetCreated: point.step = .changeSet
            default: break
            }
            points.append(point)
            // Noted, and whether it was done is not known.
            if let step = action.step {
                point.step = step
                points.append(point)
            }
        }
        return points
    }

    @Test(arguments: Path.all.filter { !$0.isResumed })
    func `wherever a deployment is cut, it is settled without anything being done twice`(_ path: Path) {
        for point in Self.points(of: path) {
            for (stack, wasTaken) in point.possible {
                let operation = DeploymentMachine.Operation(
                    interruptedAt: point.step?.rawValue, of: point.kind, stack: stack, wasTaken: wasTaken)
                // Without one it is settled as cancelled, and what could still be executed is taken away.
                guard let operation else {
                    #expect(
                        !wasTaken, "\(point): what CloudFormation has taken is forgotten, with the stack in \(stack?.rawValue ?? "none")")
                    continue
                }
                for end in Self.ends(of: stack) {
                    var machine = DeploymentMachine.resumed(
                        plan: path.plan, in: operation, handling: path.machine.handling, isCancelled: point.step == .cancel)
                    let action = machine.handle(.stackSettled(end, rootCause: nil))
                    guard case .end(.settled(let settlement)) = action else {
                        Issue.record("\(point): \(operation) that ended in \(end?.status.rawValue ?? "no stack") leads to \(action)")
                        continue
                    }
                    #expect(settlement.effect != .untouched, "\(point): \(settlement)")
                }
            }
        }
    }

    @Test(arguments: Path.all.filter { !$0.isResumed })
    func `each prefix of what happened leads to the same state again, and nothing is begun twice in a row`(_ path: Path) {
        for length in 0...path.steps.count {
            var first = path.machine
            var second = path.machine
            let actions = path.steps.prefix(length).map { first.handle($0.event) }
            #expect(path.steps.prefix(length).map { second.handle($0.event) } == actions)
            #expect(first.handle(.lost(.init(message: "Gone"))) == second.handle(.lost(.init(message: "Gone"))))
            let begun = actions.filter { $0 == .execute }
            #expect(begun.count <= 1, "\(begun.count) executions")
        }
    }

    @Test func `the paths cut here are those of every kind of deployment and step`() {
        let points = Path.all.filter { !$0.isResumed }.flatMap(Self.points)
        #expect(Set(points.compactMap(\.step)) == [.changeSet, .execute, .delete, .rollback, .cancel])
        #expect(Set(points.map(\.kind)) == [.create, .update, .destroy, .rollback])
        let trials = points.reduce(0) { $0 + $1.possible.count }
        print("\(points.count) points in \(Path.all.count) paths, \(trials) live stacks tried")
        #expect(trials > 1000)
    }
}
