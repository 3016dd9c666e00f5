package import Foundation

/// Everything outside the program that a decision may need, as one value: what a test does not provide fails loudly.
package struct Context: Sendable {
    package var environment: [String: String]
    /// An absolute path.
    package var workingDirectory: String
    package var terminal: Terminal
    package var clock: Clock
    /// `count` bytes nobody can guess.
    package var randomBytes: @Sendable (_ count: Int) -> Data
    /// Signals that ask the process to stop.
    package var interruption: Interruption

    package init(
        environment: [String: String], workingDirectory: String, terminal: Terminal, clock: Clock,
        randomBytes: @escaping @Sendable (Int) -> Data, interruption: Interruption = Interruption()
    ) {
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.terminal = terminal
        self.clock = clock
        self.randomBytes = randomBytes
        self.interruption = interruption
    }
}

/// Its printed form leaves the environment out: it may hold secrets.
extension Context: CustomStringConvertible, CustomReflectable {
    package var description: String { "Context(workingDirectory: \(workingDirectory))" }
    package var customMirror: Mirror { Mirror(self, children: ["workingDirectory": workingDirectory]) }
}

/// The two clocks: one that tells the time of day, one that only runs forward.
package struct Clock: Sendable {
    package var now: @Sendable () -> Date
    /// Time since an arbitrary start; unaffected by somebody setting the machine's clock.
    package var uptime: @Sendable () -> Duration
    /// Waits; throws `CancellationError` when the task is cancelled meanwhile.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Date, uptime: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.uptime = uptime
        self.sleep = sleep
    }

    package static let system = Clock(
        now: { Date() },
        uptime: { .nanoseconds(Int64(DispatchTime.now().uptimeNanoseconds)) },
        sleep: { try await Task.sleep(for: $0) })
}

/// Where results and progress go and answers come from.
package struct Terminal: Sendable {
    /// Writes to standard output, as it is.
    package var write: @Sendable (String) -> Void
    /// Writes to standard error, as it is.
    package var writeError: @Sendable (String) -> Void
    /// Reads one line from standard input without its end; `nil` at the end of input, and where somebody interrupts at a terminal.
    package var readLine: @Sendable () -> String?
    /// Has nothing shown of what is typed while a question is asked and answered.
    package var hidingInput: @Sendable (() -> String?) -> String?
    /// Whether somebody can answer a question: standard input and standard error are both terminals.
    package var isInteractive: Bool
    package var outputIsTerminal: Bool
    package var errorIsTerminal: Bool
    /// The width of the screen in columns; `nil` where there is none.
    package var columns: Int?
    /// The size of the screen now; `nil` where there is none.
    package var size: @Sendable () -> ScreenSize?

    package init(
        write: @escaping @Sendable (String) -> Void, writeError: @escaping @Sendable (String) -> Void,
        readLine: @escaping @Sendable () -> String?, hidingInput: @escaping @Sendable (() -> String?) -> String? = { $0() },
        isInteractive: Bool, outputIsTerminal: Bool, errorIsTerminal: Bool, columns: Int?, size: (@Sendable () -> ScreenSize?)? = nil
    ) {
        self.write = write
        self.writeError = writeError
        self.readLine = readLine
        self.hidingInput = hidingInput
        self.isInteractive = isInteractive
        self.outputIsTerminal = outputIsTerminal
        self.errorIsTerminal = errorIsTerminal
        self.columns = columns
        self.size = size ?? { columns.map { ScreenSize(columns: $0, rows: 24) } }
    }
}

extension Terminal {
    /// Asks for a secret, and shows nothing of the answer; `nil` at the end of input, and where somebody interrupts.
    package func readSecret(asking question: String) -> Secret? {
        // Hidden before it is asked: a script types as soon as it sees the question.
        hidingInput {
            writeError(question)
            return readLine()
        }.map(Secret.init)
    }
}

package struct ScreenSize: Hashable, Sendable {
    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}

extension Context {
    /// The process's own surroundings.
    package static func system() -> Context {
        let interruption = Interruption()
        return Context(
            environment: ProcessInfo.processInfo.environment,
            workingDirectory: FileManager.default.currentDirectoryPath,
            terminal: .system(environment: ProcessInfo.processInfo.environment, interruption),
            clock: .system,
            randomBytes: { count in
                var generator = SystemRandomNumberGenerator()
                return Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
            }, interruption: interruption)
    }
}

extension Terminal {
    static func system(environment: [String: String], _ interruption: Interruption) -> Terminal {
        let input = isatty(STDIN_FILENO) == 1
        let output = isatty(STDOUT_FILENO) == 1
        let error = isatty(STDERR_FILENO) == 1
        let size = screenSize(of: error ? STDERR_FILENO : STDOUT_FILENO)
        return Terminal(
            write: { writeAll($0, to: STDOUT_FILENO) },
            writeError: { writeAll($0, to: STDERR_FILENO) },
            readLine: {
                if input, !isTyped(beforeInterruptionOf: interruption) { return nil }
                return Swift.readLine(strippingNewline: true)
            },
            hidingInput: HiddenInput.hiding,
            isInteractive: input && error,
            outputIsTerminal: output,
            errorIsTerminal: error,
            columns: size?.columns ?? environment["COLUMNS"].flatMap { Int($0) },
            size: { screenSize(of: error ? STDERR_FILENO : STDOUT_FILENO) })
    }

    /// Waits until a terminal has a line to read: an abandoned question must not take the answer to the next one.
    /// - Returns: whether that came before an interruption.
    private static func isTyped(beforeInterruptionOf interruption: Interruption) -> Bool {
        let seen = interruption.count
        while interruption.count == seen {
            var poller = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            // What can't be polled is read, and tells by itself.
            if poll(&poller, 1, 100) != 0, poller.revents != 0 || errno != EINTR { return true }
        }
        return false
    }

    private static func screenSize(of descriptor: Int32) -> ScreenSize? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return ScreenSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    /// Writes around the C library's buffer, so that lines of the two streams keep their order. A reader that has gone
    /// away (`pipeplan history | head`) is no error worth telling it of.
    private static func writeAll(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if written < 0 && errno == EINTR {
                continue
            } else {
                return
            }
        }
    }
}
