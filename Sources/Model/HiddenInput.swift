import Foundation
import Synchronization

/// Lines that are typed without being shown.
package enum HiddenInput {
    /// The terminal's settings, as they were before a line was hidden.
    private static let shown = Mutex<termios?>(nil)

    /// Has the terminal show nothing of what is typed while a question is asked and answered.
    static func hiding(_ ask: () -> String?) -> String? {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return ask() }
        shown.withLock { $0 = settings }
        settings.c_lflag &= ~tcflag_t(ECHO)
        // The end of the line is shown: what follows begins on a line of its own.
        settings.c_lflag |= tcflag_t(ECHONL)
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        defer { end() }
        return ask()
    }

    /// Has the terminal show what is typed again. A process that ends while somebody types would leave it to the shell like that.
    package static func end() {
        shown.withLock { settings in
            if var shown = settings { tcsetattr(STDIN_FILENO, TCSANOW, &shown) }
            settings = nil
        }
    }
}
