package import Foundation
import StateDatabase

/// What stands below everything else on the screen while a deployment runs.
extension ProgressText {
    /// The lines at a time: how far it is, and what is under way for how long; none where nothing is.
    /// - Parameters:
    ///   - columns: no line takes more.
    ///   - rows: the most lines.
    package func block(now: Date, columns: Int, rows: Int) -> [String] {
        guard !isSettled, let executing, rows > 0 else { return [] }
        let head = headline(executing, now).truncated(to: columns)
        var lines = [isRollingBack ? style.yellow(head) : style.cyan(head)]
        let room = rows - 1
        let shown = inFlight.count > room ? max(0, room - 1) : inFlight.count
        let width = inFlight.prefix(shown).map(\.displayWidth).max() ?? 0
        for key in inFlight.prefix(shown) {
            lines.append("  \("\(key.padded(to: width))  \(elapsed(key, now))  \(types[key] ?? "")".truncated(to: columns - 2))")
        }
        if shown < inFlight.count, room > 0 { lines.append(style.dim("  … and \(inFlight.count - shown) more".truncated(to: columns))) }
        return lines
    }

    private func headline(_ executing: Date, _ now: Date) -> String {
        let total = work.count
        let done = min(finished.count, total)
        let width = 20
        let filled = total > 0 ? width * done / total : width
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        var parts = [isRollingBack ? "\(bar) rolling back" : "\(bar) \(done)/\(total)", Self.ticking(now.timeIntervalSince(executing))]
        if let left = timeLeft(now), let text = Self.about(left) { parts.append(text) }
        return (label.map { "\($0)  " } ?? "") + parts.joined(separator: "  ")
    }

    /// `12s`, or `12s of about 1m 30s` where it is known how long that took before.
    private func elapsed(_ key: String, _ now: Date) -> String {
        let elapsed = Self.ticking(waiting(for: key, now) ?? 0)
        guard let typical = typical(key) else { return elapsed }
        return "\(elapsed) of about \(Self.ticking(typical))"
    }

    private func typical(_ key: String) -> TimeInterval? {
        guard let type = types[key], let status = current[key], let operation = ResourceOperation(status) else { return nil }
        let logicalID = key.split(separator: "/").last.map(String.init) ?? key
        return typical[.init(logicalID, type: type, operation)]
    }

    /// Whole seconds: tenths that change once a second are only restless.
    private static func ticking(_ seconds: TimeInterval) -> String {
        seconds < 10 ? "\(Int(max(0, seconds)))s" : TimeText.duration(seconds)
    }

    // MARK: What is left

    /// How long it takes until everything planned is done, by what things took before; `nil` where that is not known of all.
    func timeLeft(_ now: Date) -> TimeInterval? {
        guard work.hasOrder, !isRollingBack else { return nil }
        let steps = Dictionary(work.steps.map { ($0.logicalID, $0) }, uniquingKeysWith: { first, _ in first })
        var ends: [String: TimeInterval] = [:]
        func end(of step: PlannedWork.Step) -> TimeInterval? {
            if finished.contains(step.logicalID) { return 0 }
            if let known = ends[step.logicalID] { return known }
            guard let typical = typical[step.resource] else { return nil }
            // What needs itself, which no template that was deployed does, must not keep this from ending.
            ends[step.logicalID] = typical
            var start: TimeInterval = 0
            if let waiting = waiting(for: step.logicalID, now) {
                start = -min(waiting, typical)
            } else {
                for name in step.dependencies {
                    guard let needed = steps[name] else { continue }
                    guard let end = end(of: needed) else { return nil }
                    start = max(start, end)
                }
            }
            ends[step.logicalID] = start + typical
            return start + typical
        }
        var left: TimeInterval = 0
        for step in work.steps {
            guard let end = end(of: step) else { return nil }
            left = max(left, end)
        }
        return left
    }

    /// `about 40s left`, `about 3 min left`; `nil` where everything has taken as long as it does.
    static func about(_ seconds: TimeInterval) -> String? {
        switch seconds {
        case ..<1: nil
        case ..<90: "about \(Int((seconds / 10).rounded(.up)) * 10)s left"
        case ..<5400: "about \(Int((seconds / 60).rounded())) min left"
        default: "about \(Int((min(seconds, 1e9) / 3600).rounded())) h left"
        }
    }
}
