/// When each of several things that need each other is done, and what becomes of the others when one fails.
///
/// Pure: a thing starts when all it needs is done, things that don't need each other run side by side, and at the first failure
/// nothing new is started and what is under way is cancelled.
struct Schedule: Hashable, Sendable {
    struct Task: Hashable, Sendable {
        var id: String
        var needs: [String]
        var seconds: Double
        var fails: Bool

        init(_ id: String, needs: [String] = [], seconds: Double, fails: Bool = false) {
            self.id = id
            self.needs = needs
            self.seconds = seconds
            self.fails = fails
        }
    }

    enum End: Hashable, Sendable {
        case completed
        case failed
        case cancelled
    }

    struct Run: Hashable, Sendable {
        var id: String
        var start: Double
        var finish: Double
        var end: End
    }

    /// Those that were started, in the order of their start.
    private(set) var runs: [Run] = []
    /// When all is over: the last completion, or the first failure.
    private(set) var finish: Double = 0

    /// - Parameters:
    ///   - tasks: each after those it needs; a need that is no task is there already.
    ///   - stopsAtFailure: whether a failure cancels the others; if not, only what needs the failed one is left out.
    init(_ tasks: [Task], stopsAtFailure: Bool = true) {
        var finishes: [String: Double] = [:]
        var planned: [Run] = []
        var blocked: Set<String> = []
        for task in tasks {
            if !stopsAtFailure, task.needs.contains(where: { blocked.contains($0) }) {
                blocked.insert(task.id)
                continue
            }
            let start = task.needs.compactMap { finishes[$0] }.max() ?? 0
            let finish = start + task.seconds
            finishes[task.id] = finish
            if task.fails { blocked.insert(task.id) }
            planned.append(Run(id: task.id, start: start, finish: finish, end: task.fails ? .failed : .completed))
        }
        let last = planned.map(\.finish).max() ?? 0
        let firstFailure = stopsAtFailure ? planned.filter { $0.end == .failed }.map(\.finish).min() : nil
        finish = firstFailure ?? last
        for run in planned {
            guard let firstFailure else {
                runs.append(run)
                continue
            }
            if run.finish <= firstFailure {
                runs.append(run)
            } else if run.start < firstFailure {
                runs.append(Run(id: run.id, start: run.start, finish: firstFailure, end: .cancelled))
            }
        }
        runs = runs.enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }.map(\.element)
    }
}
