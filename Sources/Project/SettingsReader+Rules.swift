import Model
import OrderedCollections
import Templates

/// What AWS takes for a name, an ARN and the like, as far as it is worth knowing before a request.
struct TextRule: Sendable {
    var code: String
    /// What a text that follows the rule is called.
    var noun: String
    var advice: String
    var accepts: @Sendable (String) -> Bool

    /// CreateStack, StackName: `[a-zA-Z][-a-zA-Z0-9]*`, at most 128 characters.
    static let stackName = TextRule(
        code: "bad-stack-name", noun: "stack name",
        advice: "A stack's name starts with a letter and has letters, digits and hyphens only, at most 128 of them."
    ) { text in
        guard let first = text.utf8.first, isLetter(first), text.utf8.count <= 128 else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// Only the alphabet: AWS adds regions, endpoints other than AWS's have their own, and the name becomes part of a host's name.
    static let region = TextRule(code: "bad-region", noun: "region", advice: "A region looks like us-east-1.") { text in
        text.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    static let arn = TextRule(
        code: "bad-arn", noun: "ARN", advice: "An ARN looks like arn:aws:iam::123456789012:role/deployer."
    ) { text in
        text.hasPrefix("arn:") && text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).count == 6
            && !text.hasSuffix(":") && !text.contains(where: \.isWhitespace)
    }

    static let account = TextRule(
        code: "bad-account-id", noun: "account ID", advice: "An account's ID has twelve digits, leading zeros included."
    ) { text in
        text.utf8.count == 12 && text.utf8.allSatisfy(isDigit)
    }

    static let artifactLocation = TextRule(
        code: "bad-artifact-location", noun: "place for artifacts", advice: "Write the name of a bucket, or s3://bucket/prefix."
    ) { ArtifactLocation($0) != nil }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
}

extension SettingsReader {
    mutating func text(_ key: String, in section: Section, by rule: TextRule) -> Located<String>? {
        text(key, in: section).flatMap { checked($0, rule) }
    }

    mutating func texts(_ key: String, in section: Section, by rule: TextRule) -> [Located<String>]? {
        texts(key, in: section)?.compactMap { checked($0, rule) }
    }

    private mutating func checked(_ text: Located<String>, _ rule: TextRule) -> Located<String>? {
        guard !rule.accepts(text.value) else { return text }
        findings.append(text.place.finding(rule.code, "\(JSONValue.quoted(text.value)) is no \(rule.noun)", detail: rule.advice))
        return nil
    }

    private static let knownCapabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]

    mutating func capabilities(_ key: String, in section: Section) -> [String]? {
        guard let texts = texts(key, in: section) else { return nil }
        for text in texts where !Self.knownCapabilities.contains(text.value) {
            findings.append(
                text.place.finding(
                    "unknown-capability", "Unknown capability \(text.value)", detail: advice(for: text.value, among: Self.knownCapabilities)
                ))
        }
        return texts.map(\.value)
    }

    /// Tags by CloudFormation's rule (API reference, Tag): keys of 1 to 128 characters, values of 1 to 256, no key that AWS reserves.
    mutating func tags(_ key: String, in section: Section) -> OrderedDictionary<String, String> {
        let tags = textMap(key, in: section)
        for (key, value) in tags {
            if !(1...128).contains(key.unicodeScalars.count) || !(1...256).contains(value.value.unicodeScalars.count) {
                findings.append(
                    value.place.finding(
                        "bad-tag", "Tag \(JSONValue.quoted(String(key.prefix(128)))) is too short or too long",
                        detail: "A key has 1 to 128 characters, a value 1 to 256."))
            } else if key.lowercased().hasPrefix("aws:") {
                findings.append(value.place.finding("bad-tag", "Tag \(key) starts with aws:", detail: "AWS keeps that prefix for itself."))
            }
        }
        return tags.mapValues(\.value)
    }
}
