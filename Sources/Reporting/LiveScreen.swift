package import Foundation
package import Model
import OrderedCollections
import Synchronization

/// The lowest lines of a terminal, which are drawn anew while other lines go past above them.
///
/// Everything that is written goes through `terminal`, so that what is pinned is taken away before and put back behind it: nothing
/// of it is left between the lines, around a question, or at the end. Safe to share: its state is locked, writing included.
package final class LiveScreen: Sendable {
    /// The lines to show, of which none is wider or more than it is told.
    package typealias Block = @Sendable (_ now: Date, _ columns: Int, _ rows: Int) -> [String]

    private struct State {
        var blocks: OrderedDictionary<String, Block> = [:]
        /// What stands on the screen now.
        var drawn: [String] = []
        /// Whether a line was begun and not ended, as a question is until it is answered.
        var isMidLine = false
        /// How many wait for a line to be typed, and what others have written meanwhile: it would stand in the middle of the question.
        var readers = 0
        var held: [(text: String, sink: @Sendable (String) -> Void)] = []
        /// Whether all was taken away: who still reads then is not waited for.
        var isClosed = false
        var ticker: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let raw: Terminal
    private let clock: Clock

    /// - Returns: `nil` where the screen can't be redrawn.
    package init?(_ context: Context) {
        guard context.terminal.errorIsTerminal, context.environment["TERM"] != "dumb" else { return nil }
        raw = context.terminal
        clock = context.clock
    }

    /// The terminal for everything else.
    package var terminal: Terminal {
        var terminal = raw
        terminal.write = { [raw] in self.write($0, raw.write) }
        terminal.writeError = { [raw] in self.write($0, raw.writeError) }
        terminal.readLine = { [raw] in
            self.state.withLock { $0.readers += 1 }
            let line = raw.readLine()
            self.state.withLock { state in
                state.readers -= 1
                // A line's end was typed, unless nothing was.
                if line == nil { self.endLine(&state) }
                state.isMidLine = false
                self.release(&state)
                self.draw(&state)
            }
            return line
        }
        return terminal
    }

    /// Shows lines below everything else, and each second anew; `nil` takes them away.
    package func pin(_ name: String, _ block: Block?) {
        state.withLock { state in
            state.blocks[name] = block
            redraw(&state)
            if state.blocks.isEmpty {
                state.ticker?.cancel()
                state.ticker = nil
            } else if state.ticker == nil {
                state.ticker = Task { [weak self, clock] in
                    while !Task.isCancelled {
                        guard (try? await clock.sleep(.seconds(1))) != nil else { return }
                        self?.refresh()
                    }
                }
            }
        }
    }

    /// Draws anew what is not what it was, as after a second or a notice.
    package func refresh() { state.withLock { redraw(&$0) } }

    /// Takes everything away, and writes what waits for an answer: the process may end before a reader has seen that it was interrupted.
    package func close() {
        for name in state.withLock({ Array($0.blocks.keys) }) { pin(name, nil) }
        state.withLock { state in
            state.isClosed = true
            guard state.readers > 0 else { return }
            endLine(&state)
            release(&state)
        }
    }

    private func write(_ text: String, _ sink: @escaping @Sendable (String) -> Void) {
        guard !text.isEmpty else { return }
        state.withLock { state in
            if state.readers > 0, !state.isClosed { state.held.append((text, sink)) } else { write(text, sink, &state) }
        }
    }

    private func endLine(_ state: inout State) {
        if state.isMidLine { raw.writeError("\n") }
        state.isMidLine = false
    }

    /// Writes what was held back for a reader.
    private func release(_ state: inout State) {
        for (text, sink) in state.held { write(text, sink, &state) }
        state.held = []
    }

    private func write(_ text: String, _ sink: (String) -> Void, _ state: inout State) {
        erase(&state)
        sink(text)
        state.isMidLine = !text.hasSuffix("\n")
        draw(&state)
    }

    private func redraw(_ state: inout State) {
        guard !state.isMidLine, lines(state) != state.drawn else { return }
        erase(&state)
        draw(&state)
    }

    private func lines(_ state: State) -> [String] {
        let size = raw.size() ?? ScreenSize(columns: 80, rows: 24)
        let now = clock.now()
        // The last column is left: some terminals go to the next line once it is written to.
        let columns = max(1, size.columns - 1)
        var room = max(1, size.rows - 2)
        var lines: [String] = []
        for (index, block) in state.blocks.values.enumerated() where room > 0 {
            let added = block(now, columns, max(1, room / (state.blocks.count - index))).prefix(room)
            room -= added.count
            lines += added
        }
        return lines
    }

    private func draw(_ state: inout State) {
        guard !state.isMidLine, state.drawn.isEmpty else { return }
        let lines = lines(state)
        guard !lines.isEmpty else { return }
        state.drawn = lines
        raw.writeError(lines.joined(separator: "\n") + "\n")
    }

    private func erase(_ state: inout State) {
        guard !state.drawn.isEmpty else { return }
        // A screen that was made narrower meanwhile has broken lines into several.
        let columns = max(1, raw.size()?.columns ?? 80)
        let rows = state.drawn.reduce(0) { $0 + max(1, ($1.withoutMarks.displayWidth + columns - 1) / columns) }
        state.drawn = []
        raw.writeError("\u{1B}[\(rows)A\r\u{1B}[J")
    }
}

extension String {
    /// The text as it takes up room: without colours.
    fileprivate var withoutMarks: String { replacing(#/\u{1B}\[[0-9;]*m/#, with: "") }
}
