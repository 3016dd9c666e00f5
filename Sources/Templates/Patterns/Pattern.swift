/// A regular expression of a resource schema, read so that it never refuses what CloudFormation may take.
///
/// The schemas' authors wrote for several engines (Java, Python, JavaScript), which differ in what `\w` or `\p{Print}` is. Where
/// they do, and where this has no counterpart (a look-around, a word boundary, a back reference), it matches *more*.
indirect enum Pattern {
    case empty
    case scalar(ScalarSet)
    case start
    case end
    case sequence([Pattern])
    case choice([Pattern])
    case repetition(Pattern, least: Int, most: Int?)

    /// How many instructions this takes without its repetitions being relaxed; bounded, so that it can't overflow.
    var size: Int {
        let size =
            switch self {
            case .empty, .scalar, .start, .end: 1
            case .sequence(let parts), .choice(let parts): parts.reduce(1) { min($0 + $1.size + 2, Self.largestSize) }
            case .repetition(let inner, let least, let most): (inner.size + 2) * min(max(most ?? least + 1, 1), Self.largestSize)
            }
        return min(size, Self.largestSize)
    }

    static let largestSize = 1_000_000

    /// Whether it can match at the beginning of the text only.
    var isAnchored: Bool {
        switch self {
        case .start: true
        case .sequence(let parts): parts.first?.isAnchored ?? false
        case .choice(let parts): !parts.isEmpty && parts.allSatisfy(\.isAnchored)
        case .repetition(let inner, let least, _): least > 0 && inner.isAnchored
        case .empty, .scalar, .end: false
        }
    }
}

/// The scalars that one place of a pattern matches.
struct ScalarSet: Sendable {
    typealias Predicate = @Sendable (Unicode.Scalar) -> Bool

    var ranges: [ClosedRange<UInt32>] = []
    var predicates: [Predicate] = []
    var isNegated = false

    static func single(_ scalar: Unicode.Scalar) -> ScalarSet { ScalarSet(ranges: [scalar.value...scalar.value]) }
    static func matching(_ predicate: @escaping Predicate) -> ScalarSet { ScalarSet(predicates: [predicate]) }

    func contains(_ scalar: Unicode.Scalar, ignoringCase: Bool) -> Bool {
        if containsJust(scalar) { return true }
        guard ignoringCase else { return false }
        let others = [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping].compactMap(\.unicodeScalars.first)
        return others.contains(where: containsJust)
    }

    private func containsJust(_ scalar: Unicode.Scalar) -> Bool {
        let isListed = ranges.contains { $0.contains(scalar.value) } || predicates.contains { $0(scalar) }
        return isListed != isNegated
    }
}

/// What the classes of regular expressions hold. Engines differ in it, so each has two forms.
enum ScalarClass {
    /// Which form: the largest that any engine has, or the smallest, where it is to be excluded.
    enum Extent { case largest, smallest }

    /// `\d`, `\D`, `\w`, `\W`, `\s`, `\S`, by their letter; `nil` where it is no class's.
    static func named(_ letter: Unicode.Scalar, _ extent: Extent) -> ScalarSet.Predicate? {
        switch letter {
        case "d": digit(extent)
        case "w": word(extent)
        case "s": space(extent)
        case "D": complement(of: digit, extent)
        case "W": complement(of: word, extent)
        case "S": complement(of: space, extent)
        default: nil
        }
    }

    /// `\p{…}`, or `\P{…}` where it is negated.
    static func property(_ name: String, isNegated: Bool, _ extent: Extent) -> ScalarSet.Predicate {
        func predicate(_ extent: Extent) -> ScalarSet.Predicate {
            let isLargest = extent == .largest
            if let categories = categories[name] { return { categories.contains($0.properties.generalCategory) } }
            guard let ascii = posix[name] else { return { _ in isLargest } }
            return { scalar in scalar.isASCII ? ascii.contains { $0.contains(scalar.value) } : isLargest && name != "ASCII" }
        }
        return isNegated ? complement(of: predicate, extent) : predicate(extent)
    }

    private static func complement(of predicate: (Extent) -> ScalarSet.Predicate, _ extent: Extent) -> ScalarSet.Predicate {
        let excluded = predicate(extent == .largest ? .smallest : .largest)
        return { !excluded($0) }
    }

    private static func digit(_ extent: Extent) -> ScalarSet.Predicate {
        { ("0"..."9").contains($0) || extent == .largest && $0.properties.generalCategory == .decimalNumber }
    }

    private static func word(_ extent: Extent) -> ScalarSet.Predicate {
        { scalar in
            if scalar.isASCII { return scalar == "_" || Character(scalar).isLetter || Character(scalar).isNumber }
            return extent == .largest
        }
    }

    private static func space(_ extent: Extent) -> ScalarSet.Predicate {
        { " \t\n\r\u{0C}".unicodeScalars.contains($0) || extent == .largest && ($0.properties.isWhitespace || $0.value == 0x0B) }
    }

    private static let posix: [String: [ClosedRange<UInt32>]] = [
        "ASCII": [0x00...0x7F], "Print": [0x20...0x7E], "Graph": [0x21...0x7E], "Alpha": [0x41...0x5A, 0x61...0x7A],
        "Alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "Digit": [0x30...0x39], "Upper": [0x41...0x5A], "Lower": [0x61...0x7A],
        "Punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E],
    ]

    private static let categories: [String: Set<Unicode.GeneralCategory>] = {
        let all: [String: Set<Unicode.GeneralCategory>] = [
            "Lu": [.uppercaseLetter], "Ll": [.lowercaseLetter], "Lt": [.titlecaseLetter], "Lm": [.modifierLetter], "Lo": [.otherLetter],
            "Mn": [.nonspacingMark], "Mc": [.spacingMark], "Me": [.enclosingMark], "Nd": [.decimalNumber], "Nl": [.letterNumber],
            "No": [.otherNumber], "Pc": [.connectorPunctuation], "Pd": [.dashPunctuation], "Ps": [.openPunctuation],
            "Pe": [.closePunctuation], "Pi": [.initialPunctuation], "Pf": [.finalPunctuation], "Po": [.otherPunctuation],
            "Sm": [.mathSymbol], "Sc": [.currencySymbol], "Sk": [.modifierSymbol], "So": [.otherSymbol], "Zs": [.spaceSeparator],
            "Zl": [.lineSeparator], "Zp": [.paragraphSeparator], "Cc": [.control], "Cf": [.format], "Cs": [.surrogate],
            "Co": [.privateUse], "Cn": [.unassigned],
        ]
        return all.reduce(into: all) { groups, entry in groups[String(entry.key.prefix(1)), default: []].formUnion(entry.value) }
    }()
}
