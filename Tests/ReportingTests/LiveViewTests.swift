import Foundation
import Model
import StateDatabase
import Synchronization
import Templates
import Testing

@testable import Deploying
@testable import Planning
@testable import Reporting

@Suite("What stands below the other lines while a deployment runs") struct ProgressBlockTests {
    private static let bar = String(repeating: "░", count: 20)
    private static let half = String(repeating: "█", count: 10) + String(repeating: "░", count: 10)

    /// Queue needs Topic; Old goes when the others are done.
    private static let work: PlannedWork = {
        let template = "Resources: {Topic: {Type: AWS::SNS::Topic}, Queue: {Type: AWS::SNS::Topic, DependsOn: Topic}}"
        let graph = Template.read(template, file: "t.yml").value.map(DependencyGraph.init)
        return PlannedWork(.sample([.sample(.modify, "Topic"), .sample(.add, "Queue")]), graph)
    }()

    private static func seconds(_ resources: [(String, ResourceOperation, TimeInterval)]) -> TypicalDurations {
        TypicalDurations(here: resources.map { (.init($0, type: "AWS::SNS::Topic", $1), $2) }, elsewhere: [])
    }

    private func progress(
        _ notices: [(DeploymentNotice, Double)], _ style: Style = .plain, typical: TypicalDurations = TypicalDurations(),
        label: String? = nil
    ) -> ProgressText {
        var progress = ProgressText(style, .pipeline, isLive: true, work: Self.work, typical: typical, label: label)
        for (notice, second) in notices { _ = progress.text(for: notice, now: noon + second) }
        return progress
    }

    @Test func `nothing stands there before something is executed, and when it has ended`() {
        #expect(progress([(.changeSetCreated(name: "c"), 0)]).block(now: noon, columns: 80, rows: 20) == [])
        let ended: [(DeploymentNotice, Double)] = [(.executing, 0), (.event(.ofStack("UPDATE_COMPLETE", at: 5)), 5)]
        #expect(progress(ended).block(now: noon + 6, columns: 80, rows: 20) == [])
    }

    @Test func `times move on without news, beside what is typical, and what is left is worked out along what needs what`() {
        let notices: [(DeploymentNotice, Double)] = [
            (.executing, 0), (.event(.sample("Topic", "UPDATE_IN_PROGRESS", at: 2)), 2),
        ]
        let typical = Self.seconds([("Topic", .update, 60), ("Queue", .create, 200)])
        let known = progress(notices, typical: typical)
        #expect(
            known.block(now: noon + 12, columns: 80, rows: 20) == [
                "\(Self.bar) 0/2  12s  about 4 min left", "  Topic  10s of about 1m 00s  AWS::SNS::Topic",
            ])
        #expect(known.block(now: noon + 32, columns: 80, rows: 20)[1] == "  Topic  30s of about 1m 00s  AWS::SNS::Topic")
        #expect(known.timeLeft(noon + 32) == 230)
        // Longer than ever: what is behind it takes what it takes.
        #expect(known.timeLeft(noon + 302) == 200)
        let half = progress(notices + [(.event(.sample("Topic", "UPDATE_COMPLETE", at: 40)), 40)], typical: typical)
        #expect(half.block(now: noon + 41, columns: 80, rows: 20) == ["\(Self.half) 1/2  41s  about 3 min left"])
        // Of one nothing is known.
        let unknown = progress(notices, typical: Self.seconds([("Topic", .update, 60)]))
        #expect(unknown.block(now: noon + 12, columns: 80, rows: 20)[0] == "\(Self.bar) 0/2  12s")
    }

    @Test func `of a deletion too, what needs another thing before it`() throws {
        let template = "Resources: {Topic: {Type: AWS::SNS::Topic}, Queue: {Type: AWS::SNS::Topic, DependsOn: Topic}}"
        let graph = try #require(Template.read(template, file: "t.yml").value.map { DependencyGraph($0) })
        let work = PlannedWork(.sample([.sample(.remove, "Topic"), .sample(.remove, "Queue")], kind: .destroy), graph)
        var progress = ProgressText(
            .plain, .pipeline, isLive: true, work: work, typical: Self.seconds([("Topic", .delete, 60), ("Queue", .delete, 200)]))
        for notice in [DeploymentNotice.deleting, .event(.sample("Queue", "DELETE_IN_PROGRESS", at: 0))] {
            _ = progress.text(for: notice, now: noon)
        }
        #expect(progress.timeLeft(noon + 50) == 210)
    }

    @Test func `a rollback is shown as such, and nobody knows how long it takes`() {
        let notices: [(DeploymentNotice, Double)] = [
            (.executing, 0), (.event(.sample("Topic", "UPDATE_IN_PROGRESS", at: 2)), 2),
            (.event(.ofStack("UPDATE_ROLLBACK_IN_PROGRESS", at: 9)), 9),
        ]
        let shown = progress(notices, .colored, typical: Self.seconds([("Topic", .update, 60), ("Queue", .create, 60)]))
            .block(now: noon + 10, columns: 80, rows: 20)
        #expect(shown.first == "\u{1B}[33m\(Self.bar) rolling back  10s\u{1B}[0m")
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 3), (6, 6), (9, 6)])
    func `no more lines are there than fit`(rows: Int, count: Int) {
        let notices = (1...5).map { (DeploymentNotice.event(.sample("Topic\($0)", "CREATE_IN_PROGRESS", at: 0)), 0.0) }
        let lines = progress(notices).block(now: noon, columns: 80, rows: rows)
        #expect(lines.count == count)
        if rows == 3 { #expect(lines.last == "  … and 4 more") }
    }

    @Test(arguments: [1, 2, 20, 30, 60])
    func `every line fits on the screen, and nothing in it steers the terminal`(columns: Int) {
        let notices = (1...9).map { (DeploymentNotice.event(.sample("Resource名前\(escape)\($0)", "CREATE_IN_PROGRESS", at: 0)), 0.0) }
        for line in progress(notices, label: "shop").block(now: noon, columns: columns, rows: 8) {
            #expect(line.displayWidth <= max(columns, 2))
            #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
    }

    @Test func `of several stacks each has its name`() {
        let lines = progress([(.executing, 0)], label: "shop:prod").block(now: noon + 3, columns: 80, rows: 4)
        #expect(lines == ["shop:prod  \(Self.bar) 0/2  3s"])
    }

    @Test(arguments: [(0.5, nil), (3, "about 10s left"), (61, "about 70s left"), (100, "about 2 min left"), (7300, "about 2 h left")])
    func `what is left is told as roughly as it is known`(_ seconds: Double, _ text: String?) {
        #expect(ProgressText.about(seconds) == text)
    }
}

@Suite("The lowest lines of a screen") struct LiveScreenTests {
    /// A terminal of which the test sees what it shows: it understands as much as the lines need.
    private final class Screen: Sendable {
        private struct State {
            var lines: [String] = [""]
            var row = 0
        }
        private let state = Mutex(State())
        let size: Mutex<ScreenSize> = Mutex(ScreenSize(columns: 40, rows: 10))
        let answers: Mutex<[String]> = Mutex([])

        var text: String { state.withLock { $0.lines.joined(separator: "\n") } }

        func write(_ text: String) {
            state.withLock { state in
                var rest = text[...]
                while let character = rest.popFirst() {
                    switch character {
                    case "\n":
                        state.row += 1
                        if state.row == state.lines.count { state.lines.append("") }
                    case "\r": break
                    case "\u{1B}":
                        if let match = rest.prefixMatch(of: #/\[(\d+)A/#) {
                            state.row -= Int(match.1) ?? 0
                            rest = rest[match.range.upperBound...]
                        } else if rest.hasPrefix("[J") {
                            state.lines.removeLast(state.lines.count - state.row)
                            state.lines.append("")
                            rest = rest.dropFirst(2)
                        }
                    default: state.lines[state.row].append(character)
                    }
                }
            }
        }

        var terminal: Terminal {
            Terminal(
                write: { self.write($0) }, writeError: { self.write($0) },
                readLine: {
                    let answer = self.answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                    self.write((answer ?? "") + "\n")
                    return answer
                }, isInteractive: true, outputIsTerminal: true, errorIsTerminal: true, columns: 40,
                size: { self.size.withLock { $0 } })
        }
    }

    private func liveScreen(on screen: Screen, environment: [String: String] = [:]) -> LiveScreen? {
        var context = Context.test
        context.environment = environment
        context.terminal = screen.terminal
        // Nothing moves unless the test says so.
        context.clock.sleep = { _ in throw CancellationError() }
        return LiveScreen(context)
    }

    @Test func `lines go past above what stands there, and nothing of it is left in the end`() throws {
        let screen = Screen()
        let live = try #require(liveScreen(on: screen))
        live.terminal.writeError("one\n")
        live.pin("a") { _, _, _ in ["[a]", "[more]"] }
        #expect(screen.text == "one\n[a]\n[more]\n")
        live.terminal.write("two\nthree\n")
        #expect(screen.text == "one\ntwo\nthree\n[a]\n[more]\n")
        live.pin("b") { _, _, _ in ["[b]"] }
        live.pin("a", nil)
        #expect(screen.text == "one\ntwo\nthree\n[b]\n")
        live.close()
        live.terminal.write("end\n")
        #expect(screen.text == "one\ntwo\nthree\nend\n")
    }

    @Test func `while a question is open nothing is drawn`() throws {
        let screen = Screen()
        let live = try #require(liveScreen(on: screen))
        screen.answers.withLock { $0 = ["yes"] }
        live.pin("a") { _, _, _ in ["[a]"] }
        live.terminal.writeError("Go on? ")
        live.refresh()
        #expect(screen.text == "Go on? ")
        #expect(live.terminal.readLine() == "yes")
        #expect(screen.text == "Go on? yes\n[a]\n")
    }

    @Test func `what others write while a question is open comes behind its answer`() throws {
        let screen = Screen()
        var context = Context.test
        context.environment = [:]
        context.terminal = screen.terminal
        context.clock.sleep = { _ in throw CancellationError() }
        // While the line is typed, another stack goes on.
        let other = Mutex<Terminal?>(nil)
        context.terminal.readLine = {
            other.withLock { $0 }?.writeError("Topic is there\n")
            screen.write("yes\n")
            return "yes"
        }
        let live = try #require(LiveScreen(context))
        other.withLock { $0 = live.terminal }
        live.pin("a") { _, _, _ in ["[a]"] }
        live.terminal.writeError("Go on? ")
        #expect(live.terminal.readLine() == "yes")
        #expect(screen.text == "Go on? yes\nTopic is there\n[a]\n")
    }

    @Test func `a question that nobody answers ends its line`() throws {
        let screen = Screen()
        var context = Context.test
        context.environment = [:]
        context.terminal = screen.terminal
        context.terminal.readLine = { nil }
        let live = try #require(LiveScreen(context))
        live.terminal.writeError("Go on? ")
        #expect(live.terminal.readLine() == nil)
        live.terminal.writeError("Interrupted.\n")
        #expect(screen.text == "Go on? \nInterrupted.\n")
    }

    @Test func `at the end all that waits for an answer is written, though who reads has not seen yet that it was interrupted`() throws {
        let screen = Screen()
        var context = Context.test
        context.environment = [:]
        context.terminal = screen.terminal
        let shared = Mutex<LiveScreen?>(nil)
        // The end comes while the line is waited for.
        context.terminal.readLine = {
            let live = shared.withLock { $0 }
            live?.terminal.writeError("Interrupted.\n")
            live?.close()
            live?.terminal.writeError("Deployed nothing.\n")
            #expect(screen.text == "Go on? \nInterrupted.\nDeployed nothing.\n")
            return nil
        }
        let live = try #require(LiveScreen(context))
        shared.withLock { $0 = live }
        live.terminal.writeError("Go on? ")
        #expect(live.terminal.readLine() == nil)
        #expect(screen.text == "Go on? \nInterrupted.\nDeployed nothing.\n")
    }

    @Test func `what is the same is not drawn again`() throws {
        let screen = Screen()
        let live = try #require(liveScreen(on: screen))
        let count = Mutex(0)
        live.pin("a") { _, _, _ in ["[\(count.withLock { $0 })]"] }
        live.refresh()
        count.withLock { $0 = 1 }
        live.refresh()
        #expect(screen.text == "[1]\n")
    }

    @Test func `blocks share the lines there are, as many as the screen has now`() throws {
        let screen = Screen()
        let live = try #require(liveScreen(on: screen))
        for name in ["a", "b"] { live.pin(name) { _, _, rows in (1...rows).map { "\(name)\($0)" } } }
        #expect(screen.text == "a1\na2\na3\na4\nb1\nb2\nb3\nb4\n")
        screen.size.withLock { $0.rows = 4 }
        live.refresh()
        #expect(screen.text == "a1\nb1\n")
    }

    @Test func `a dumb terminal, or none, is not redrawn; without colours it is`() {
        let screen = Screen()
        #expect(liveScreen(on: screen, environment: ["TERM": "dumb"]) == nil)
        #expect(liveScreen(on: screen, environment: ["NO_COLOR": "1"]) != nil)
        #expect(LiveScreen(.test) == nil)
    }
}
