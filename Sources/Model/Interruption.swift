import Foundation
import Synchronization

/// Signals that ask the process to stop, counted for whoever is in the middle of something that must not just break off.
///
/// While nobody deals with them, a signal does what it does to any program. `watchSignals` is the one place that listens.
package final class Interruption: Sendable {
    private struct State {
        var count = 0
        /// How many are in the middle of something.
        var dealers = 0
        var waiting: [Int: (past: Int, call: @Sendable () -> Void)] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// How often it was asked to stop.
    package var count: Int { state.withLock { $0.count } }

    /// Takes note of a signal.
    /// - Returns: whether anybody deals with it.
    @discardableResult
    package func interrupt() -> Bool {
        let (calls, isDealtWith) = state.withLock { state in
            guard state.dealers > 0 else { return ([@Sendable () -> Void](), false) }
            state.count += 1
            let due = state.waiting.filter { $0.value.past < state.count }
            for id in due.keys { state.waiting[id] = nil }
            return (due.values.map(\.call), true)
        }
        for call in calls { call() }
        return isDealtWith
    }

    /// Runs what deals with signals itself, by looking at `count` and waiting with `unlessInterrupted`.
    package func dealing<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        state.withLock { $0.dealers += 1 }
        defer { state.withLock { $0.dealers -= 1 } }
        return try await body()
    }

    /// Does something that can be cancelled.
    /// - Parameter seen: the count that is dealt with already.
    /// - Returns: `nil` where one more interruption came first.
    package func unlessInterrupted<Value: Sendable>(
        past seen: Int, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        guard count <= seen else { return nil }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await self.wait(past: seen)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// Does something that blocks its thread and can't be cancelled, such as waiting for a line to be typed. What comes of it after an
    /// interruption is lost.
    /// - Returns: `nil` where one more interruption came first.
    package func unlessInterrupted<Value: Sendable>(past seen: Int, blocking work: @escaping @Sendable () -> Value) async -> Value? {
        guard count <= seen else { return nil }
        return await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
            let isOpen = Mutex(true)
            let gate = Gate { value in
                let isFirst = isOpen.withLock { open in
                    defer { open = false }
                    return open
                }
                if isFirst { continuation.resume(returning: value) }
            }
            let id = call(past: seen) { gate.pass(nil) }
            DispatchQueue.global().async {
                gate.pass(work())
                self.forget(id)
            }
        }
    }

    private struct Gate<Value: Sendable>: Sendable {
        let pass: @Sendable (Value?) -> Void
        init(_ pass: @escaping @Sendable (Value?) -> Void) { self.pass = pass }
    }

    private func wait(past seen: Int) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let id = call(past: seen) { continuation.finish() }
        // The stream ends with the interruption, and with the task.
        for await _ in stream {}
        forget(id)
    }

    /// Has something called as soon as there were more interruptions than `seen`.
    private func call(past seen: Int, _ call: @escaping @Sendable () -> Void) -> Int {
        let (id, isDue) = state.withLock { state in
            state.nextID += 1
            guard state.count <= seen else { return (state.nextID, true) }
            state.waiting[state.nextID] = (seen, call)
            return (state.nextID, false)
        }
        if isDue { call() }
        return id
    }

    private func forget(_ id: Int) { state.withLock { $0.waiting[id] = nil } }
}

extension Interruption {
    /// Listens for SIGINT, SIGTERM and SIGHUP from now on. To be called once in a process.
    ///
    /// The handler only writes the signal's number to a pipe, which is allowed within one, and a thread reads it: so what a signal
    /// leads to runs as ordinary code. Blocking signals and waiting for them would not do: the main thread of an asynchronous
    /// program on Linux waits with none blocked (libdispatch, `dispatch_main`). One that this process was told to ignore, as by
    /// `nohup`, stays ignored.
    package func watchSignals() {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        signalPipe = ends[1]
        let source = ends[0]
        for number in [SIGINT, SIGTERM, SIGHUP] where !Self.isIgnored(number) { signal(number, noteSignal) }
        Thread.detachNewThread {
            var number: UInt8 = 0
            while true {
                guard read(source, &number, 1) == 1 else { continue }
                if !self.interrupt() { Self.die(of: Int32(number)) }
            }
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Ends the process as the signal would have, so that whoever started it sees which one it was.
    private static func die(of number: Int32) {
        HiddenInput.end()
        signal(number, SIG_DFL)
        kill(getpid(), number)
    }
}

/// Where the handler writes to. Set before there is a handler.
private nonisolated(unsafe) var signalPipe: Int32 = -1

/// The handler itself: nothing but `write` is called here.
private func noteSignal(_ number: Int32) {
    let error = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(signalPipe, &byte, 1)
    errno = error
}
