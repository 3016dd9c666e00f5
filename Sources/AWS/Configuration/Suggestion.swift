/// What somebody may have meant.
enum Suggestion {
    /// The candidate with the fewest edits to it; `nil` where each would take more than a third of the word.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        let best = candidates.map { (name: $0, distance: distance(word, $0)) }.min {
            ($0.distance, $0.name) < ($1.distance, $1.name)
        }
        return best.flatMap { $0.distance <= max(1, word.count / 3) ? $0.name : nil }
    }

    /// How many characters to put in, take out or change, ignoring case (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let target = Array(right.lowercased())
        var row = Array(0...target.count)
        for (i, letter) in left.lowercased().enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in target.indices {
                let substitution = diagonal + (letter == target[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, row[j] + 1, diagonal + 1)
            }
        }
        return row[target.count]
    }
}
