import Foundation
import Model

/// Runs a command line and collects what it prints.
enum ShellCommand {
    struct Result: Hashable, Sendable {
        /// The exit code; 128 plus the signal's number where a signal ended it, as shells have it.
        var status: Int32
        var output: Data
    }

    typealias Failed = ChildProcess.NotStarted

    /// Runs `/bin/sh -c line` and waits for its end, on a thread of its own. Standard input and standard error are
    /// the caller's. Throws `Failed` where it could not be started.
    static func run(_ line: String, environment: [String: String]) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Swift.Result {
                        let ended = try ChildProcess.run(["/bin/sh", "-c", line], environment: environment)
                        return Result(status: ended.status, output: ended.output)
                    })
            }
        }
    }
}
