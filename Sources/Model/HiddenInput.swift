import Foundation
import Synchronization

/// Reading a line that is typed without being shown.
package enum HiddenInput {
    /// The terminal's settings, as they were before a line was hidden.
    private static let shown = Mutex<termios?>(nil)

    /// Has nothing shown of what is typed while a line is read.
    static func hiding(_ readLine: () -> String?) -> String? {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return readLine() }
        shown.withLock { $0 = settings }
        settings.c_lflag &= ~tcflag_t(ECHO)
        // The end of the line is shown: what follows begins on a line of its own.
        settings.c_lflag |= tcflag_t(ECHONL)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        defer { end() }
        return readLine()
    }

    /// Has the terminal show what is typed again. A process that ends while somebody types would leave it to the shell like that.
    package static func end() {
        shown.withLock { settings in
            if var shown = settings { tcsetattr(STDIN_FILENO, TCSANOW, &shown) }
            settings = nil
        }
    }
}
