import Foundation

/// Runs a command line and collects what it prints.
///
/// Not by Foundation's `Process`: on Linux that learns of an end only when every child has ended that was started
/// meanwhile, because each inherits the pipe it listens on. Here nothing is inherited but the three standard streams.
enum ShellCommand {
    struct Result: Hashable, Sendable {
        /// The exit code; 128 plus the signal's number where a signal ended it, as shells have it.
        var status: Int32
        var output: Data
    }

    struct Failed: Error, Hashable {
        /// As the C library names it.
        var reason: String
    }

    /// Runs `/bin/sh -c line` and waits for its end, on a thread of its own. Standard input and standard error are
    /// the caller's. Throws `Failed` where it could not be started.
    static func run(_ line: String, environment: [String: String]) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Swift.Result { try runAndWait(["/bin/sh", "-c", line], environment) })
            }
        }
    }

    private static func runAndWait(_ arguments: [String], _ environment: [String: String]) throws(Failed) -> Result {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failed(reason: String(cString: strerror(errno))) }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }

        let pid: pid_t
        do {
            defer { close(ends[1]) }
            pid = try spawn(arguments, environment, output: ends[1])
        }
        var output = Data()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            if count > 0 { output.append(contentsOf: buffer[..<count]) } else if count == 0 || errno != EINTR { break }
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return Result(status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: output)
    }

    private static func spawn(_ arguments: [String], _ environment: [String: String], output: Int32) throws(Failed) -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        // Threads of Swift's pool block all signals, and a child inherits that: Ctrl-C would not reach it.
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var argv = arguments.map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, arguments[0], &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw Failed(reason: String(cString: strerror(code))) }
        return pid
    }
}
