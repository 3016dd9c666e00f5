import Foundation
import Model
import Testing

@testable import Deploying
@testable import Planning

/// Deployments to clouds that others wrote, over a connection on which things go wrong. moto ignores client tokens and would
/// do twice what it is asked twice; MiniStack answers AlreadyExists.
@Suite(.serialized) struct FaultTests {
    private static let faults = [
        "throttle", "too-many", "unavailable", "internal", "expired", "page", "reset", "close", "silence", "reset-after", "close-after",
        "silence-after", "internal-after", "gateway-after", "garbage-after", "truncated-after", "slow-after",
    ]

    private static let actions = [
        "DescribeStacks", "CreateChangeSet", "DescribeChangeSet", "DescribeStackEvents", "ExecuteChangeSet", "ListStackResources",
    ]

    /// One stack, and what happens to the calls for it.
    private struct Case: Sendable, CustomStringConvertible {
        var action: String
        var fault: String
        var isForever: Bool
        var stack: String
        var description: String { "\(action) \(fault)\(isForever ? " each time" : "")" }

        var rule: FaultyCloud.Rule { .init(action: action, stack: stack, calls: isForever ? .all : .numbers([1]), fault: fault) }
    }

    private static let cases: [Case] = actions.flatMap { action in
        faults.flatMap { fault in
            [false, true].map {
                Case(action: action, fault: fault, isForever: $0, stack: "\(action)-\(fault)-\($0 ? "forever" : "once")-x")
            }
        }
    }

    /// Runs so many at a time as a busy machine can bear.
    private func forEach<Item: Sendable>(_ cases: [Item], _ body: @escaping @Sendable (Item) async throws -> Void) async throws {
        var rest = cases[...]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 { if let next = rest.popFirst() { group.addTask { try await body(next) } } }
            while try await group.next() != nil {
                if let next = rest.popFirst() { group.addTask { try await body(next) } }
            }
        }
    }

    /// The heart of it: nothing was carried out more than once.
    private func expectNothingTwice(_ cloud: FaultyCloud, _ one: Case) async throws {
        let done = try await cloud.calls(for: one.stack).filter { $0.status == 200 }.map(\.action)
        for action in ["CreateChangeSet", "ExecuteChangeSet"] {
            #expect(done.count { $0 == action } <= 1, "\(action) was carried out twice: \(one)")
        }
    }

    @Test(arguments: FaultyCloud.Kind.allCases)
    func `whatever goes wrong once ends in success, or in one clear error, and nothing is done twice`(_ kind: FaultyCloud.Kind) async throws
    {
        let cloud = try await FaultyCloud(kind)
        let cases = Self.cases.filter { !$0.isForever }
        try await cloud.set(cases.map(\.rule))
        try await forEach(cases) { one in
            let result = try await cloud.deploy(one.stack, .create)
            let record = Record(result)
            if one.fault == "expired", one.action != "ListStackResources" {
                #expect(record.exit == 1 && record.failure ?? detachment(result) ?? "" != "", "\(one): \(record)")
            } else {
                #expect(record == Record(.succeeded, .applied, exit: 0), "\(one)")
            }
            try await expectNothingTwice(cloud, one)
        }
    }

    @Test(arguments: FaultyCloud.Kind.allCases)
    func `what goes wrong each time ends in one clear error, which resume settles once it is over`(_ kind: FaultyCloud.Kind) async throws {
        let cloud = try await FaultyCloud(kind)
        let cases = Self.cases.filter(\.isForever)
        try await cloud.set(cases.map(\.rule))
        try await forEach(cases) { one in
            let result = try await cloud.deploy(one.stack, .create)
            let failure = Record(result).failure ?? detachment(result)
            #expect(Record(result).exit == 0 || failure?.isEmpty == false, "\(one)")
            try await expectNothingTwice(cloud, one)
        }
        var executed: Set<String> = []
        for one in cases
        where try await cloud.calls(for: one.stack).contains(where: { $0.action == "ExecuteChangeSet" && $0.status == 200 }) {
            executed.insert(one.stack)
        }
        try await cloud.set([])
        for one in cases {
            guard let settled = try await cloud.resume(one.stack) else { continue }
            #expect(settled.deployment.status == (executed.contains(one.stack) ? .succeeded : .cancelled), "\(one): \(Record(settled))")
            // What was executed is not executed again, and what was not is not begun.
            let again = try await cloud.calls(for: one.stack).map(\.action)
            #expect(!again.contains("CreateChangeSet") && !again.contains("ExecuteChangeSet"), "\(one)")
        }
    }

    @Test(arguments: FaultyCloud.Kind.allCases)
    func `with a fault at every third call a stack is created, changed and destroyed`(_ kind: FaultyCloud.Kind) async throws {
        let cloud = try await FaultyCloud(kind)
        // Nothing helps against credentials that expire again and again.
        let faults = Self.faults.filter { $0 != "expired" }
        try await cloud.set(faults.map { .init(stack: "third-\($0)-x", calls: .every(3), fault: $0) })
        try await forEach(faults) { fault in
            let stack = "third-\(fault)-x"
            for (kind, greeting) in [(Plan.Kind.create, "hello"), (.update, "good day"), (.destroy, "good day")] {
                let record = Record(try await cloud.deploy(stack, kind, greeting: greeting))
                #expect(record == Record(.succeeded, kind == .destroy ? .removed : .applied, exit: 0), "\(kind) \(fault)")
            }
            let calls = try await cloud.calls(for: stack)
            #expect(calls.count { $0.fault != nil } >= 5, "\(fault)")
            let done = calls.filter { $0.status == 200 }.map(\.action)
            #expect(["CreateChangeSet", "ExecuteChangeSet"].map { action in done.count { $0 == action } } == [2, 2], "\(fault)")
        }
    }
}

/// What a deployment was left open for.
private func detachment(_ result: DeploymentResult) -> String? {
    if case .detached(let failure) = result.ending { failure.message } else { nil }
}
