import Model
import OrderedCollections
import Testing

@testable import Deploying

@Suite struct DeploymentScheduleTests {
    typealias Ending = DeploymentSchedule.Ending

    /// A run in which each round ends all that was begun before it.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// `app: network database` is a stack with those it depends on.
        var stacks: [String]
        var parallelism = 4
        /// Those that end otherwise than applied.
        var endings: [String: Ending] = [:]
        /// The stacks begun in each round.
        var rounds: [String]
        /// Those not begun, with the reason.
        var skipped: [String: String] = [:]
        var exit = ExitStatus.success
    }

    static let cases = [
        Case(testDescription: "none", stacks: [], rounds: []),
        Case(testDescription: "independent ones", stacks: ["a", "b", "c"], rounds: ["a b c"]),
        Case(testDescription: "a chain", stacks: ["a", "b: a", "c: b"], rounds: ["a", "b", "c"]),
        Case(testDescription: "a diamond", stacks: ["a", "b: a", "c: a", "d: b c"], rounds: ["a", "b c", "d"]),
        Case(testDescription: "two at a time", stacks: ["a", "b", "c", "d", "e: a"], parallelism: 2, rounds: ["a b", "c d", "e"]),
        Case(testDescription: "one at a time, in the order given", stacks: ["a", "b", "c: a"], parallelism: 1, rounds: ["a", "b", "c"]),
        Case(testDescription: "no place at all is one", stacks: ["a", "b"], parallelism: 0, rounds: ["a", "b"]),
        Case(
            testDescription: "an unchanged one lets its dependants go on", stacks: ["a", "b: a"], endings: ["a": .unchanged],
            rounds: ["a", "b"]),
        Case(
            testDescription: "a failure stops only what depends on it", stacks: ["a", "b: a", "c", "d: c"], endings: ["a": .failed],
            rounds: ["a c", "d"], skipped: ["b": "a failed"], exit: .failed),
        Case(
            testDescription: "also further on, and where something else went well", stacks: ["a", "b", "c: a b", "d: c", "e: b"],
            endings: ["a": .refused], rounds: ["a b", "e"], skipped: ["c": "a was refused", "d": "c was skipped"], exit: .refused),
        Case(
            testDescription: "a failure is worse than a refusal", stacks: ["a", "b", "c"], endings: ["a": .failed, "b": .refused],
            rounds: ["a b c"], exit: .failed),
    ]

    @Test(arguments: cases)
    func `stacks are begun behind what they depend on`(_ given: Case) throws {
        var dependencies: OrderedDictionary<StackAddress, [StackAddress]> = [:]
        for line in given.stacks {
            let names = line.split { " :".contains($0) }.map { StackAddress(stack: String($0)) }
            dependencies[try #require(names.first)] = Array(names.dropFirst())
        }
        var schedule = DeploymentSchedule(dependencies, parallelism: given.parallelism)
        var rounds: [String] = []
        while case let begun = schedule.start(), !begun.isEmpty {
            rounds.append(begun.map(\.stack).joined(separator: " "))
            for address in begun { schedule.end(address, as: given.endings[address.stack] ?? .applied) }
        }
        #expect(rounds == given.rounds)
        let reasons = dependencies.keys.compactMap { address in schedule.reason(of: address).map { (address.stack, $0) } }
        #expect(Dictionary(uniqueKeysWithValues: reasons) == given.skipped)
        #expect(schedule.exit == given.exit)
    }

    @Test func `a place that becomes free is taken while others still run`() {
        let (a, b, c) = (StackAddress(stack: "a"), StackAddress(stack: "b"), StackAddress(stack: "c"))
        var schedule = DeploymentSchedule([a: [], b: [], c: []], parallelism: 2)
        #expect(schedule.start() == [a, b])
        #expect(schedule.start() == [])
        schedule.end(b, as: .applied)
        #expect(schedule.start() == [c])
        #expect(schedule.standings == [a: .running, b: .ended(.applied), c: .running])
    }
}
