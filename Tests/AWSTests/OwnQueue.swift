import Dispatch
import Testing

/// Has each test go on as soon as what it waits for is there, whatever other tests do.
///
/// Tests share as many threads as there are cores, and many of them block theirs while a process starts: between two steps of a
/// test minutes may pass. That is too long where the other side of a connection has a clock of its own, as libcurl and servers
/// have for connections that are idle.
struct OwnQueue: SuiteTrait, TestTrait, TestScoping {
    /// For every test of a suite one of its own.
    let isRecursive = true

    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        try await withTaskExecutorPreference(QueueExecutor()) { try await function() }
    }
}

extension Trait where Self == OwnQueue {
    static var onItsOwnQueue: Self { OwnQueue() }
}

/// Runs what a task does on a queue of its own, whose thread no other work gets.
private final class QueueExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "test")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
