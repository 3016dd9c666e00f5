/// A pattern as instructions that are run for every way through it at once, so that the time is bounded by the sizes of pattern and
/// text, whatever they are: one that goes back and tries anew can take years over `(a+)+$`.
struct PatternProgram {
    private enum Instruction {
        case scalar(ScalarSet)
        case start
        case end
        case jump(Int)
        case split(Int, Int)
        case match
    }

    private var instructions: [Instruction] = []
    private let ignoresCase: Bool
    private let isAnchored: Bool

    /// A repetition that would take more instructions is relaxed to any number of times.
    private static let longestRepetition = 2_500
    private static let longestProgram = 20_000
    private static let mostSteps = 2_000_000

    /// `nil` where the pattern is too large.
    init?(_ parsed: (pattern: Pattern, ignoresCase: Bool)) {
        ignoresCase = parsed.ignoresCase
        isAnchored = parsed.pattern.isAnchored
        guard emit(parsed.pattern) else { return nil }
        instructions.append(.match)
    }

    /// - Returns: whether there was room for it.
    private mutating func emit(_ pattern: Pattern) -> Bool {
        guard instructions.count < Self.longestProgram else { return false }
        switch pattern {
        case .empty: return true
        case .scalar(let set): instructions.append(.scalar(set))
        case .start: instructions.append(.start)
        case .end: instructions.append(.end)
        case .sequence(let parts): return parts.allSatisfy { emit($0) }
        case .choice(let parts): return emit(choice: parts)
        case .repetition(let inner, var least, var most):
            if pattern.size > Self.longestRepetition { (least, most) = (min(least, 1), nil) }
            for _ in 0..<least { guard emit(inner) else { return false } }
            guard let most else { return emit(loop: inner) }
            for _ in least..<max(least, most) {
                let split = instructions.count
                instructions.append(.match)
                guard emit(inner) else { return false }
                instructions[split] = .split(split + 1, instructions.count)
            }
        }
        return true
    }

    private mutating func emit(choice parts: [Pattern]) -> Bool {
        var jumps: [Int] = []
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let split = instructions.count
            if !isLast { instructions.append(.match) }
            guard emit(part) else { return false }
            guard !isLast else { break }
            jumps.append(instructions.count)
            instructions.append(.match)
            instructions[split] = .split(split + 1, instructions.count)
        }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
        return true
    }

    private mutating func emit(loop inner: Pattern) -> Bool {
        let split = instructions.count
        instructions.append(.match)
        guard emit(inner) else { return false }
        instructions.append(.jump(split))
        instructions[split] = .split(split + 1, instructions.count)
        return true
    }

    /// Whether some part of the text may match.
    func mayMatch(_ text: String) -> Bool {
        guard text.utf8.count <= Self.mostSteps / instructions.count else { return true }
        let scalars = Array(text.unicodeScalars)
        var run = Run(instructions.count)
        for position in 0...scalars.count {
            if position == 0 || !isAnchored { add(0, at: position, of: scalars, &run) }
            if run.isMatched { return true }
            guard position < scalars.count else { break }
            let current = run.begin()
            if current.isEmpty && isAnchored { return false }
            for place in current {
                guard case .scalar(let set) = instructions[place], set.contains(scalars[position], ignoringCase: ignoresCase) else {
                    continue
                }
                add(place + 1, at: position + 1, of: scalars, &run)
            }
            if run.isMatched { return true }
        }
        return false
    }

    /// Follows the instructions from `place` until a scalar is asked for.
    private func add(_ place: Int, at position: Int, of scalars: [Unicode.Scalar], _ run: inout Run) {
        var waiting = [place]
        while let place = waiting.popLast() {
            guard run.visit(place) else { continue }
            switch instructions[place] {
            case .scalar: run.wait(at: place)
            case .start: if position == 0 { waiting.append(place + 1) }
            // Python's `$` stands before a last line feed too.
            case .end:
                if position == scalars.count || position == scalars.count - 1 && scalars[position] == "\n" { waiting.append(place + 1) }
            case .jump(let target): waiting.append(target)
            case .split(let first, let second): waiting += [second, first]
            case .match: run.isMatched = true
            }
        }
    }

    /// Where in the instructions a run is: each place at most once.
    private struct Run {
        private var places: [Int] = []
        private var visited: [Int]
        private var turn = 1
        var isMatched = false

        init(_ count: Int) { visited = Array(repeating: 0, count: count) }

        /// The places that wait for the next scalar; those behind it are collected from now on.
        mutating func begin() -> [Int] {
            defer {
                places = []
                turn += 1
            }
            return places
        }

        mutating func visit(_ place: Int) -> Bool {
            guard visited[place] != turn else { return false }
            visited[place] = turn
            return true
        }

        mutating func wait(at place: Int) { places.append(place) }
    }
}
