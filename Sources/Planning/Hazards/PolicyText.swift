import Templates

/// Text of a policy: bytes, and what only the deployed stack knows between them. Equal where all of it is equal byte by byte.
struct PolicyText: Hashable, Sendable {
    enum Piece: Hashable, Sendable {
        case bytes([UInt8])
        case unknown(Value)
    }

    private(set) var pieces: [Piece] = []

    init(_ value: Value) {
        if case .symbol(.concatenation(let parts)) = value {
            for part in parts { append(part) }
        } else {
            append(value)
        }
    }

    init(_ text: String) { pieces = [.bytes(Array(text.utf8))] }

    private mutating func append(_ part: Value) {
        guard let text = part.text else {
            pieces.append(.unknown(part))
            return
        }
        if case .bytes(let before)? = pieces.last {
            pieces[pieces.count - 1] = .bytes(before + text.utf8)
        } else {
            pieces.append(.bytes(Array(text.utf8)))
        }
    }

    /// The text, where all of it is known.
    var known: String? {
        switch pieces.count {
        case 0: ""
        case 1: if case .bytes(let bytes) = pieces[0] { String(decoding: bytes, as: UTF8.self) } else { nil }
        default: nil
        }
    }

    /// Whether this is the wildcard that stands for anything.
    var isAnything: Bool { pieces == [.bytes([UInt8(ascii: "*")])] }

    /// With the capital letters of ASCII in lower case: IAM's names have no others.
    var lowercased: PolicyText {
        var copy = self
        copy.pieces = pieces.map { piece in
            if case .bytes(let bytes) = piece { .bytes(bytes.map(\.lowercased)) } else { piece }
        }
        return copy
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}

extension PolicyText {
    /// The account alone, where this is an account or the ARN of its root user.
    ///
    /// `arn:aws:iam::123456789012:root` and `123456789012` behave the same: "AWS account principals" in the IAM user guide,
    /// reference_policies_elements_principal.
    var account: PolicyText? {
        var rest = pieces
        if rest.isAccount { return self }
        guard rest.dropPrefix("arn:"), rest.dropPrefix("aws") || rest.dropPartition(), rest.dropPrefix(":iam::"),
            rest.dropSuffix(":root"), rest.isAccount
        else { return nil }
        var account = self
        account.pieces = rest
        return account
    }
}

extension [PolicyText.Piece] {
    fileprivate var isAccount: Bool {
        guard count == 1 else { return false }
        switch self[0] {
        case .bytes(let bytes): return bytes.count == 12 && bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        case .unknown(let value): return value == .symbol(.pseudo(.accountID))
        }
    }

    fileprivate mutating func dropPrefix(_ text: String) -> Bool {
        guard case .bytes(let bytes)? = first, bytes.starts(with: text.utf8) else { return false }
        let rest = bytes.dropFirst(text.utf8.count)
        if rest.isEmpty { removeFirst() } else { self[0] = .bytes(Array<UInt8>(rest)) }
        return true
    }

    fileprivate mutating func dropSuffix(_ text: String) -> Bool {
        guard case .bytes(let bytes)? = last, bytes.reversed().starts(with: text.utf8.reversed()) else { return false }
        let rest = bytes.dropLast(text.utf8.count)
        if rest.isEmpty { removeLast() } else { self[count - 1] = .bytes(Array<UInt8>(rest)) }
        return true
    }

    fileprivate mutating func dropPartition() -> Bool {
        guard first == .unknown(.symbol(.pseudo(.partition))) else { return false }
        removeFirst()
        return true
    }
}

extension PolicyText {
    /// Whether everything that `other` matches is matched by this pattern. A no may be wrong where both hold wildcards; a yes is not.
    ///
    /// `*` stands for any characters and `?` for one: "IAM JSON policy elements: Resource" in the IAM user guide. Both are only
    /// literal inside `${…}`, and a pattern with such is taken to cover itself alone.
    func covers(_ other: PolicyText) -> Bool {
        if self == other || isAnything { return true }
        guard hasWildcards else { return false }
        // Nearly all texts are known; they need no copy.
        if case (.bytes(let pattern)?, .bytes(let text)?) = (pieces.first, other.pieces.first), pieces.count == 1, other.pieces.count == 1 {
            return Self.covers(pattern, text, any: Self.star) { $0 == $1 && $1 != Self.star || $0 == Self.mark && $1 != Self.star }
        }
        return Self.covers(units, other.units, any: .byte(Self.star)) { $0.matches($1) }
    }

    /// Whether this has wildcards that are meant as such.
    var hasWildcards: Bool {
        pieces.contains { piece in
            if case .bytes(let bytes) = piece { bytes.contains(Self.star) || bytes.contains(Self.mark) } else { false }
        } && !hasEscapes
    }

    private static let star = UInt8(ascii: "*")
    private static let mark = UInt8(ascii: "?")

    /// The usual matching with one way back. A wildcard in the covered text is only matched by one in the covering pattern.
    private static func covers<Element: Equatable>(
        _ pattern: [Element], _ text: [Element], any: Element, matches: (Element, Element) -> Bool
    ) -> Bool {
        var place = 0
        var index = 0
        var star: (pattern: Int, text: Int)?
        while index < text.count {
            if place < pattern.count, pattern[place] == any {
                star = (place, index)
                place += 1
            } else if place < pattern.count, matches(pattern[place], text[index]) {
                place += 1
                index += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                place = last.pattern + 1
                index = last.text + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == any }
    }

    private enum Unit: Hashable {
        case byte(UInt8)
        case unknown(Value)

        func matches(_ other: Unit) -> Bool {
            if self == .byte(UInt8(ascii: "?")), case .byte(let byte) = other { return byte != UInt8(ascii: "*") }
            return self == other && other != .byte(UInt8(ascii: "*"))
        }
    }

    private var units: [Unit] {
        pieces.flatMap { piece -> [Unit] in
            switch piece {
            case .bytes(let bytes): bytes.map { .byte($0) }
            case .unknown(let value): [.unknown(value)]
            }
        }
    }

    private var hasEscapes: Bool {
        pieces.contains { piece in
            guard case .bytes(let bytes) = piece else { return false }
            return zip(bytes, zip(bytes.dropFirst(), bytes.dropFirst(2))).contains { first, rest in
                first == UInt8(ascii: "$") && rest.0 == UInt8(ascii: "{") && [UInt8(ascii: "*"), UInt8(ascii: "?")].contains(rest.1)
            }
        }
    }
}
