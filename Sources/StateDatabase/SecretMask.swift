import Model

/// Takes secrets out of what is about to be stored: the last line of defence, for text that holds one by accident.
///
/// A secret of fewer than 4 characters is let pass, since it is part of everything. Names and whole documents are
/// searched only for secrets of 8 characters or more: a shorter one is likelier to be in them by chance, and replacing
/// it would break them. Besides the secret itself its spellings inside JSON are found.
struct SecretMask: Sendable {
    private let forText: [[UInt8]]
    private let forNames: [[UInt8]]

    init(_ secrets: [Secret]) {
        let values = secrets.map { $0.reveal() }
        forText = Self.needles(of: values.filter { $0.count >= 4 })
        forNames = Self.needles(of: values.filter { $0.count >= 8 })
    }

    /// Free text: a command line, a reason, a value.
    func text(_ text: String) -> String { Self.replace(forText, in: text) }
    func text(_ text: String?) -> String? { text.map { self.text($0) } }

    /// Text that is used as it is: an identifier, a template, a plan.
    func name(_ name: String) -> String { Self.replace(forNames, in: name) }
    func name(_ name: String?) -> String? { name.map { self.name($0) } }

    /// Every scalar of a document as free text, every key as a name.
    func document(_ value: JSONValue) -> JSONValue {
        if forText.isEmpty { return value }
        switch value {
        case .null, .bool: return value
        case .string(let text): return .string(self.text(text))
        case .number(let text):
            let masked = self.text(text)
            return masked == text ? value : .string(masked)
        case .array(let items): return .array(items.map(document))
        case .object(let members):
            let masked = members.map { (name($0.key), document($0.value)) }
            return .object(.init(masked, uniquingKeysWith: { _, last in last }))
        }
    }

    /// The spellings to look for, longest first, so that a secret which is part of another leaves no rest of it.
    private static func needles(of values: [String]) -> [[UInt8]] {
        var spellings = Set<[UInt8]>()
        for value in values {
            let inJSON = String(JSONValue.quoted(value).dropFirst().dropLast())
            spellings.formUnion([value, inJSON, inJSON.replacing("/", with: "\\/")].map { Array($0.utf8) })
        }
        return spellings.sorted { $0.count > $1.count }
    }

    /// Works on bytes: comparing characters would overlook a secret that is followed by a combining mark.
    private static func replace(_ needles: [[UInt8]], in text: String) -> String {
        if needles.isEmpty { return text }
        var bytes = Array(text.utf8)
        for needle in needles {
            var start = 0
            while let found = firstOffset(of: needle, in: bytes, from: start) {
                bytes.replaceSubrange(found..<found + needle.count, with: Secret.mask.utf8)
                start = found + Secret.mask.utf8.count
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func firstOffset(of needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard let first = needle.first else { return nil }
        return bytes.withUnsafeBufferPointer { buffer in
            var position = start
            while buffer.count - position >= needle.count {
                guard let next = buffer[position...(buffer.count - needle.count)].firstIndex(of: first) else { return nil }
                if buffer[next..<next + needle.count].elementsEqual(needle) { return next }
                position = next + 1
            }
            return nil
        }
    }
}

extension String {
    /// A URL without a user name and password: `https://token@host/path` becomes `https://host/path`.
    package var withoutURLCredentials: String {
        guard let scheme = range(of: "://") else { return self }
        let authority = self[scheme.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return self }
        return String(self[..<scheme.upperBound]) + self[index(after: at)...]
    }
}
