/// Reads the text of a regular expression.
struct PatternParser {
    /// The pattern is one that this can't read, or no pattern at all.
    struct Unreadable: Error {}

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var ignoresCase = false
    private var dotMatchesAll = false
    private static let depthLimit = 50

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    static func parse(_ text: String) throws(Unreadable) -> (pattern: Pattern, ignoresCase: Bool) {
        var parser = PatternParser(text)
        let pattern = try parser.choice()
        guard parser.position == parser.scalars.count else { throw Unreadable() }
        return (pattern, parser.ignoresCase)
    }

    private var next: Unicode.Scalar? { scalars.indices.contains(position) ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func take() throws(Unreadable) -> Unicode.Scalar {
        guard let scalar = next else { throw Unreadable() }
        position += 1
        return scalar
    }

    // MARK: Structure

    private mutating func choice() throws(Unreadable) -> Pattern {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw Unreadable() }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws(Unreadable) -> Pattern {
        var parts: [Pattern] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let part = try atom()
            parts.append(try repeated(part))
        }
        return .sequence(parts)
    }

    private mutating func atom() throws(Unreadable) -> Pattern {
        let scalar = try take()
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".":
            return .scalar(dotMatchesAll ? .matching { _ in true } : .matching { $0 != "\n" })
        case "[": return .scalar(try set())
        case "(": return try group()
        case "\\": return try escape()
        case "*", "+", "?": throw Unreadable()
        default: return .scalar(.single(scalar))
        }
    }

    private mutating func group() throws(Unreadable) -> Pattern {
        var isLookaround = false
        if take("?") {
            switch try take() {
            case ":": break
            case "=", "!": isLookaround = true
            case "<":
                if next == "=" || next == "!" {
                    position += 1
                    isLookaround = true
                } else {
                    while try take() != ">" {}
                }
            case "P":
                guard take("<") else { throw Unreadable() }
                while try take() != ">" {}
            default:
                position -= 1
                if try flags() { return .empty }
            }
        }
        let inner = try choice()
        guard take(")") else { throw Unreadable() }
        return isLookaround ? .empty : inner
    }

    /// `(?i)`, which applies to all that follows, or `(?i:`.
    /// - Returns: whether the group ends with the flags.
    private mutating func flags() throws(Unreadable) -> Bool {
        while true {
            switch try take() {
            case "i": ignoresCase = true
            case "s": dotMatchesAll = true
            case "u", "a": break
            case ":": return false
            case ")": return true
            default: throw Unreadable()
            }
        }
    }

    private mutating func repeated(_ part: Pattern) throws(Unreadable) -> Pattern {
        var part = part
        while let bounds = try quantifier() {
            // Lazy and possessive ones differ in what they take first, not in whether there is a match.
            _ = take("?") || take("+")
            part = .repetition(part, least: bounds.least, most: bounds.most)
        }
        return part
    }

    private mutating func quantifier() throws(Unreadable) -> (least: Int, most: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let start = position
        guard take("{") else { return nil }
        let least = number()
        var most = least
        if take(",") { most = number() } else if least == nil { most = nil }
        guard take("}"), least != nil || most != nil else {
            // A brace that begins no bounds stands for itself.
            position = start
            return nil
        }
        let hasComma = scalars[start..<position].contains(",")
        guard !hasComma || most == nil || most ?? 0 >= least ?? 0 else { throw Unreadable() }
        return (least ?? 0, hasComma ? most : least)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), Pattern.largestSize)
            position += 1
        }
        return value
    }

    // MARK: Escapes

    private mutating func escape() throws(Unreadable) -> Pattern {
        let scalar = try take()
        switch scalar {
        case "A": return .start
        case "Z", "z": return .end
        // Word boundaries hold, for all that is known here.
        case "b", "B", "G": return .empty
        // What a back reference stands for may be anything.
        case "1"..."9": return .repetition(.scalar(.matching { _ in true }), least: 0, most: nil)
        case "k", "g", "Q", "R", "X": throw Unreadable()
        case "p", "P":
            let name = try propertyName()
            return .scalar(.matching(ScalarClass.property(name, isNegated: scalar == "P", .largest)))
        default:
            if let predicate = ScalarClass.named(scalar, .largest) { return .scalar(.matching(predicate)) }
            let value = try escapedValue(scalar)
            return .scalar(ScalarSet(ranges: [value...value]))
        }
    }

    private mutating func propertyName() throws(Unreadable) -> String {
        guard take("{") else { return String(Character(try take())) }
        var name = ""
        while true {
            let scalar = try take()
            if scalar == "}" { return name.hasPrefix("Is") ? String(name.dropFirst(2)) : name }
            name.unicodeScalars.append(scalar)
        }
    }

    /// The value of an escaped scalar; of `\uD800` and the like it is one that no text holds.
    private mutating func escapedValue(_ scalar: Unicode.Scalar) throws(Unreadable) -> UInt32 {
        switch scalar {
        case "n": return 0x0A
        case "t": return 0x09
        case "r": return 0x0D
        case "f": return 0x0C
        case "v": return 0x0B
        case "a": return 0x07
        case "0": return 0
        case "x": return try hexadecimal(2)
        case "u": return try hexadecimal(4)
        case "a"..."z", "A"..."Z": throw Unreadable()
        default: return scalar.value
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(Unreadable) -> UInt32 {
        var digits = ""
        if take("{") {
            while !take("}") { digits.unicodeScalars.append(try take()) }
        } else {
            for _ in 0..<count { digits.unicodeScalars.append(try take()) }
        }
        guard let value = UInt32(digits, radix: 16) else { throw Unreadable() }
        return value
    }

    // MARK: Sets

    private mutating func set() throws(Unreadable) -> ScalarSet {
        var set = ScalarSet()
        set.isNegated = take("^")
        let extent = set.isNegated ? ScalarClass.Extent.smallest : .largest
        var isFirst = true
        while true {
            let scalar = try take()
            if scalar == "]", !isFirst { return set }
            isFirst = false
            // Sets inside sets and their intersections: each engine reads them in its own way.
            if scalar == "[" || scalar == "&" && next == "&" { throw Unreadable() }
            guard let low = try member(scalar, extent, &set) else { continue }
            guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                set.ranges.append(low...low)
                continue
            }
            position += 1
            guard let high = try member(take(), extent, &set) else {
                // `a-\w`: the hyphen stands for itself.
                set.ranges += [low...low, 0x2D...0x2D]
                continue
            }
            guard low <= high else { throw Unreadable() }
            set.ranges.append(low...high)
        }
    }

    /// The value of a single scalar of a set; `nil` where it is a class, which is put into the set.
    private mutating func member(
        _ scalar: Unicode.Scalar, _ extent: ScalarClass.Extent, _ set: inout ScalarSet
    ) throws(Unreadable) -> UInt32? {
        guard scalar == "\\" else { return scalar.value }
        let escaped = try take()
        if escaped == "p" || escaped == "P" {
            set.predicates.append(ScalarClass.property(try propertyName(), isNegated: escaped == "P", extent))
            return nil
        }
        if let predicate = ScalarClass.named(escaped, extent) {
            set.predicates.append(predicate)
            return nil
        }
        return escaped == "b" ? 0x08 : try escapedValue(escaped)
    }
}
