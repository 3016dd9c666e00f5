import Foundation
import Model
import Synchronization
import TestSupport

@testable import Sandbox

/// A cloud of a test's own: its clock stands still until it is moved, and its random text is the same each time.
final class TestCloud: Sendable {
    let folder: TemporaryFolder
    let store: CloudStore
    private let time: MovableTime

    init(options: SandboxOptions = SandboxOptions(resourceSeconds: 10, changeSetSeconds: 1), folder: TemporaryFolder? = nil) throws {
        let time = MovableTime()
        self.time = time
        self.folder = try folder ?? TemporaryFolder()
        store = try CloudStore(
            folder: self.folder.path, accountID: "123456789012", clock: time.clock, options: options, random: .seeded())
    }

    /// Seconds since the test began.
    var elapsed: Double { time.elapsed }

    func pass(_ seconds: Double) { time.pass(seconds) }

    /// Performs an action as a request with these parameters would.
    @discardableResult
    func perform(_ action: String, _ fields: [String: String], region: String = "us-east-1") async throws -> Answer {
        try await store.transaction { cloud in
            try CloudFormationService(cloud: cloud, region: region, ownAddresses: []).perform(action, QueryForm(fields))
        }
    }

    /// Makes a change set and executes it; the operation has begun but nothing of it has passed.
    func execute(_ stack: String, _ template: String, kind: String = "CREATE", _ fields: [String: String] = [:]) async throws {
        let name = "set\(Int(elapsed))"
        let request = ["StackName": stack, "ChangeSetName": name, "ChangeSetType": kind, "TemplateBody": template]
        try await perform("CreateChangeSet", request.merging(fields) { _, given in given })
        pass(1)
        try await perform("ExecuteChangeSet", ["StackName": stack, "ChangeSetName": name])
    }

    /// The stack's events with the seconds since `start`, the oldest first: `0.0 Topic CREATE_IN_PROGRESS`.
    func events(_ stack: String, since start: Double = 0) async throws -> [String] {
        try await store.transaction { cloud in
            guard let found = try cloud.stack(named: stack, region: "us-east-1") else { return [] }
            return try cloud.events(of: found.id, region: "us-east-1", before: nil, limit: 1000).reversed().compactMap { stored in
                let event = stored.event
                let time = event.timestamp.timeIntervalSince1970 - 1_800_000_000 - start
                guard time >= 0 else { return nil }
                let reason = event.statusReason.map { " (\($0))" } ?? ""
                return "\((time * 10).rounded() / 10) \(event.logicalID) \(event.status)\(reason)"
            }
        }
    }

    func stack(_ name: String) async throws -> StackRecord? {
        try await store.transaction { try $0.stack(named: name, region: "us-east-1") }
    }
}

/// A clock that stands still until it is moved.
private final class MovableTime: Sendable {
    private let seconds = Mutex(0.0)

    var elapsed: Double { seconds.withLock { $0 } }
    func pass(_ time: Double) { seconds.withLock { $0 += time } }

    var clock: Clock {
        Clock(
            now: { Date(timeIntervalSince1970: 1_800_000_000 + self.elapsed) }, uptime: { .zero },
            sleep: { _ in try Task.checkCancellation() })
    }
}

extension RandomText {
    /// 0, 1, 2 … modulo whatever is asked for.
    static func counting() -> RandomText {
        let counter = Counter()
        return RandomText { counter.next() % max(1, $0) }
    }

    /// Text that looks random and is the same each time.
    static func seeded() -> RandomText {
        let generator = Generator()
        return RandomText { generator.next($0) }
    }

    private final class Generator: Sendable {
        private let state = Mutex(SplitMix(state: 1))
        func next(_ bound: Int) -> Int { state.withLock { Int.random(in: 0..<max(1, bound), using: &$0) } }
    }

    private final class Counter: Sendable {
        private let value = Mutex(-1)
        func next() -> Int {
            value.withLock {
                $0 += 1
                return $0
            }
        }
    }
}
