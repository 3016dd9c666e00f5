import AWS
import Foundation
import Model
import TestSupport
import Testing

@testable import Deploying
@testable import Planning

/// Every status that a stack can have has its way out, and docs/stack-states.md tells which.
@Suite struct StackStateTests {
    private static let statuses: [StackStatus?] = [nil] + StackStatus.documented

    /// The rows of the table: the status, and the way of each command.
    private static func documented() throws -> [String: [String]] {
        let text = try String(contentsOfFile: "\(Repository.root)/docs/stack-states.md", encoding: .utf8)
        var rows: [String: [String]] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| ") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces.union(.init(charactersIn: "`"))) }
            if cells.count == 5 { rows[cells[0]] = Array(cells[1...]) }
        }
        rows["status"] = nil
        return rows
    }

    @Test func `the document has each of them, and tells what the program does`() throws {
        let rows = try Self.documented()
        let expected = Dictionary(
            uniqueKeysWithValues: Self.statuses.map { status in
                (status?.rawValue ?? "no stack", StackWay.Command.allCases.map { StackWay($0, from: status).rawValue })
            })
        #expect(rows == expected)
    }

    @Test func `they are those that AWS has`() throws {
        let script = """
            import botocore.loaders
            model = botocore.loaders.Loader().load_service_model('cloudformation', 'service-2')
            print(' '.join(model['shapes']['StackStatus']['enum']))
            """
        let result = try run(Repository.python("python"), ["-c", script], in: Repository.root)
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.output.split(whereSeparator: \.isWhitespace).map(String.init).sorted() == StackStatus.documented.map(\.rawValue).sorted()
        )
    }

    /// What a machine answers to the stack, in the words of the ways.
    private func way(_ action: Action) -> StackWay? {
        switch action {
        case .createChangeSet(.create): .create
        case .createChangeSet(.update): .update
        case .listChangeSets: .review
        case .listResources: .continueRollback
        case .ask(.recreate): .recreate
        case .deleteStack: .delete
        case .waitForStack: .wait
        case .end(.settled(let settlement)) where settlement.exit == .success: .nothing
        case .end(.settled(let settlement)) where settlement.exit == .refused: .refuse
        default: nil
        }
    }

    @Test(arguments: statuses)
    func `the first answer to each is one of the documented ways`(_ status: StackStatus?) {
        for (command, plan) in [(StackWay.Command.apply, Plan.addition), (.destroy, .destruction), (.recover, .addition)] {
            for waits in [false, true] {
                var handling = OperationHandling()
                handling.rollsBack = command == .recover
                handling.waits = waits
                var machine = DeploymentMachine(plan: plan, handling: handling)
                _ = machine.handle(.started)
                let answer = way(machine.handle(.stackDescribed(status.map { .sample($0) })))
                let expected: StackWay =
                    switch StackWay(command, from: status) {
                    case .wait: waits ? .wait : .refuse
                    case .retry: .update
                    case .rollBack: .continueRollback
                    case let way: way
                    }
                #expect(answer == expected, "\(command) of a stack in \(status?.rawValue ?? "no status")")
            }
        }
    }

    @Test(arguments: statuses)
    func `whatever a recorded operation has come to is settled, or goes on`(_ status: StackStatus?) {
        for operation in [DeploymentMachine.Operation.executing, .destroying, .clearing, .rollingBack] {
            var machine = DeploymentMachine.resumed(plan: .addition, in: operation)
            let action = machine.handle(.stackSettled(status.map { .sample($0) }, rootCause: nil))
            switch (action, StackWay(.resume, from: status)) {
            case (.end(.settled), .record), (.end(.detached), .follow): break
            // Nothing has come of it yet.
            case (.end(.detached), .record): #expect(status == "REVIEW_IN_PROGRESS")
            default: Issue.record("\(operation) that came to \(status?.rawValue ?? "nothing") leads to \(action)")
            }
        }
    }

    @Test func `an operation under way is told with its time`() {
        var stack = StackDescription.sample("UPDATE_IN_PROGRESS")
        stack.createdAt = noon - 3600
        stack.updatedAt = noon
        var machine = DeploymentMachine(plan: .addition)
        _ = machine.handle(.started)
        guard case .end(.settled(let settlement)) = machine.handle(.stackDescribed(stack)) else {
            Issue.record("it goes on")
            return
        }
        #expect(settlement.failure?.message.hasPrefix("The stack is in UPDATE_IN_PROGRESS since 2026-01-31T12:00:00Z: another") == true)
    }
}
