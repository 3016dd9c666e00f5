/// The patterns that one check has met, each translated once.
struct PatternCache {
    private var programs: [String: PatternProgram?] = [:]

    /// False only where it is certain that no part of the text matches: a pattern that can't be read is not checked, nor is a
    /// text so long that it would take noticeable time.
    mutating func mayMatch(_ pattern: String, _ text: String) -> Bool {
        let known = programs[pattern]
        let program = known ?? (try? PatternParser.parse(pattern)).flatMap { PatternProgram($0) }
        if known == nil { programs[pattern] = .some(program) }
        return program?.mayMatch(text) ?? true
    }
}
