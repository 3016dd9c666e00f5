/// Items whose order has no meaning: two are equal where each holds everything as often as the other.
struct Unordered<Element: Hashable & Sendable>: Hashable, Sendable {
    /// The items as they were written.
    let items: [Element]
    private let counts: [Element: Int]

    init(_ items: [Element]) {
        self.items = items
        counts = items.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    static func == (left: Self, right: Self) -> Bool { left.counts == right.counts }

    func hash(into hasher: inout Hasher) { hasher.combine(counts) }

    func contains(_ item: Element) -> Bool { counts[item] != nil }
}
