package import Foundation

/// A program that this one started.
///
/// Not by Foundation's `Process`: on Linux that learns of an end only when every child has ended that was started
/// meanwhile, because each inherits the pipe it listens on. Here nothing is inherited but the three standard streams.
package struct ChildProcess: Sendable {
    package let pid: pid_t

    package struct NotStarted: Error, Hashable {
        /// As the C library names it.
        package var reason: String

        package init(reason: String) { self.reason = reason }
    }

    /// Where the three standard streams lead; `nil` is what this process has itself.
    package struct Streams: Sendable {
        package var input: Int32?
        package var output: Int32?
        package var errors: Int32?

        package init(input: Int32? = nil, output: Int32? = nil, errors: Int32? = nil) {
            self.input = input
            self.output = output
            self.errors = errors
        }
    }

    /// Starts a program.
    /// - Parameters:
    ///   - arguments: the program's path, or its name to be looked up in `PATH`, and its arguments.
    ///   - environment: the whole environment.
    ///   - folder: the working directory; this process's own where it is `nil`.
    ///   - leadsGroup: whether it leads a process group of its own, so that what it starts can be ended with it.
    package init(
        _ arguments: [String], environment: [String: String], folder: String? = nil, streams: Streams = Streams(),
        leadsGroup: Bool = false
    ) throws(NotStarted) {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (stream, target) in [(streams.input, STDIN_FILENO), (streams.output, STDOUT_FILENO), (streams.errors, STDERR_FILENO)] {
            if let stream { posix_spawn_file_actions_adddup2(&actions, stream, target) }
        }
        // Threads of Swift's pool block all signals, and a child inherits that: Ctrl-C would not reach it.
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | (leadsGroup ? Int16(POSIX_SPAWN_SETPGROUP) : 0))

        // There is no portable way of spawning elsewhere: a shell goes there first, and becomes the program.
        let words = folder.map { ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, $0] + arguments } ?? arguments
        var argv = words.map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, words.first ?? "", &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw NotStarted(reason: String(cString: strerror(code))) }
        self.pid = pid
    }

    /// Waits for the end: the exit code, or 128 plus the signal's number where a signal ended it, as shells have it.
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return Self.exitCode(status)
    }

    /// The same where it has ended; `nil` as long as it runs. Not to be asked again afterwards.
    package func endedAs() -> Int32? {
        var status: Int32 = 0
        return waitpid(pid, &status, WNOHANG) == pid ? Self.exitCode(status) : nil
    }

    private static func exitCode(_ status: Int32) -> Int32 {
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// Sends a signal to it and to all it has started, where it leads a group.
    package func sendToGroup(signal: Int32) { kill(-pid, signal) }

    package func send(signal: Int32) { kill(pid, signal) }

    /// Runs a program to its end and collects what it prints on standard output.
    /// - Parameter input: where its standard input leads; `nil` is this process's own.
    package static func run(
        _ arguments: [String], environment: [String: String], folder: String? = nil, input: Int32? = nil, errors: Int32? = nil
    ) throws(NotStarted) -> (status: Int32, output: Data) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw NotStarted(reason: String(cString: strerror(errno))) }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }

        let child: ChildProcess
        do {
            defer { close(ends[1]) }
            child = try ChildProcess(
                arguments, environment: environment, folder: folder, streams: Streams(input: input, output: ends[1], errors: errors))
        }
        var output = Data()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            if count > 0 { output.append(contentsOf: buffer[..<count]) } else if count == 0 || errno != EINTR { break }
        }
        return (child.wait(), output)
    }
}
