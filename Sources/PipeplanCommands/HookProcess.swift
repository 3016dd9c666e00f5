import Foundation
import Model
import Synchronization

/// A hook's command while it runs: what it prints is told line by line, and it ends in time with all it has started.
struct HookProcess: Sendable {
    enum End: Hashable, Sendable {
        case exited(Int32)
        case timedOut
        case cancelled
    }

    let command: String
    let environment: [String: String]
    let folder: String
    let timeout: Duration
    let clock: Clock
    let tell: @Sendable (_ line: String) -> Void

    /// What a process is given to clean up when its time is over.
    private static let grace = Duration.seconds(3)

    /// Runs it to its end, on a thread of its own.
    func run() async throws -> End {
        let cancelled = Mutex(false)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try runBlocking { cancelled.withLock { $0 } } })
                }
            }
        } onCancel: {
            cancelled.withLock { $0 = true }
        }
    }

    private func runBlocking(isCancelled: () -> Bool) throws -> End {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ChildProcess.NotStarted(reason: String(cString: strerror(errno))) }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        let child: ChildProcess
        do {
            defer { close(ends[1]) }
            child = try ChildProcess(
                ["/bin/sh", "-c", command], environment: environment, folder: folder,
                streams: ChildProcess.Streams(input: null, output: ends[1], errors: ends[1]), leadsGroup: true)
        }
        return follow(child, ends[0], isCancelled)
    }

    private func follow(_ child: ChildProcess, _ output: Int32, _ isCancelled: () -> Bool) -> End {
        var lines = LineBuffer()
        let deadline = clock.uptime() + timeout
        var end: End?
        var killAt: Duration?
        while true {
            var poller = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            poll(&poller, 1, 50)
            for line in lines.read(output) { tell(line) }
            if let code = child.endedAs() {
                for line in lines.read(output) + lines.rest { tell(line) }
                // What it has left running in its group goes with it where its time was over.
                if end != nil { child.sendToGroup(signal: SIGKILL) }
                return end ?? .exited(code)
            }
            let now = clock.uptime()
            if let moment = killAt {
                if now >= moment { child.sendToGroup(signal: SIGKILL) }
            } else if now >= deadline || isCancelled() {
                end = now >= deadline ? .timedOut : .cancelled
                killAt = now + Self.grace
                child.sendToGroup(signal: SIGTERM)
            }
            // An end of input that comes before the process's own would be polled for without a pause.
            if lines.isAtEnd { usleep(20_000) }
        }
    }
}

/// Takes lines out of what is read piece by piece.
private struct LineBuffer {
    private var pending: [UInt8] = []
    private(set) var isAtEnd = false

    /// Longer lines are cut: what prints without an end must not fill memory.
    private static let longest = 1 << 16

    mutating func read(_ descriptor: Int32) -> [String] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var lines: [String] = []
        // What prints without an end must not keep its time from being looked at.
        for _ in 0..<16 {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            guard count > 0 else {
                if count == 0 { isAtEnd = true }
                return lines
            }
            for byte in buffer[..<count] {
                if byte == UInt8(ascii: "\n") || pending.count >= Self.longest { lines += rest }
                if byte != UInt8(ascii: "\n") { pending.append(byte) }
            }
        }
        return lines
    }

    /// The line that is not at its end; nothing is left then.
    var rest: [String] {
        mutating get {
            guard !pending.isEmpty else { return [] }
            defer { pending = [] }
            return [String(decoding: pending, as: UTF8.self)]
        }
    }
}
