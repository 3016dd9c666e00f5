import Foundation
package import Model
import Synchronization

/// A terminal that a test reads from and types into.
package final class TypedTerminal: Sendable {
    private let written = Mutex<(output: String, errors: String)>(("", ""))
    private let answers: Mutex<[String]>

    /// - Parameter answers: the lines that are typed, in this order; the end of input comes behind them.
    package init(answers: [String] = []) { self.answers = Mutex(answers) }

    package var output: String { written.withLock { $0.output } }
    package var errors: String { written.withLock { $0.errors } }

    package func terminal(isInteractive: Bool) -> Terminal {
        Terminal(
            write: { text in self.written.withLock { $0.output += text } },
            writeError: { text in self.written.withLock { $0.errors += text } },
            readLine: { self.answers.withLock { $0.isEmpty ? nil : $0.removeFirst() } }, isInteractive: isInteractive,
            outputIsTerminal: false, errorIsTerminal: false, columns: nil)
    }
}

extension Context {
    /// Surroundings in which only what a test gives is there. The clocks and the random bytes are real.
    package static func test(
        in folder: String, _ typed: TypedTerminal = TypedTerminal(), isInteractive: Bool = false, environment: [String: String] = [:]
    ) -> Context {
        Context(
            environment: environment, workingDirectory: folder, terminal: typed.terminal(isInteractive: isInteractive), clock: .system,
            randomBytes: { count in Data((0..<count).map { _ in UInt8.random(in: .min ... .max) }) })
    }
}
