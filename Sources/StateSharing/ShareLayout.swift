package import Model
package import StateDatabase

/// The names of a share's objects.
package enum ShareLayout {
    package static let identity = "share.json"
    package static let heads = "heads"

    /// The key of a stack: letters, digits, `-` and `_` as they are, all else as %XX, and `@` before the environment.
    package static func key(_ address: StackAddress) -> String {
        encoded(address.stack) + (address.environment.map { "@" + encoded($0) } ?? "")
    }

    /// `nil` for what is no stack's key.
    package static func address(_ key: String) -> StackAddress? {
        let parts = key.split(separator: "@", omittingEmptySubsequences: false).map { decoded($0) }
        guard (1...2).contains(parts.count), let stack = parts[0], !stack.isEmpty, let last = parts[parts.count - 1], !last.isEmpty else {
            return nil
        }
        let address = StackAddress(stack: stack, environment: parts.count == 2 ? last : nil)
        return Self.key(address) == key ? address : nil
    }

    package static func head(_ address: StackAddress) -> String { "\(heads)/\(key(address))" }
    package static func records(_ address: StackAddress) -> String { "stacks/\(key(address))" }
    package static func record(_ address: StackAddress, _ position: RecordPosition) -> String {
        "\(records(address))/\(recordName(position))"
    }
    package static func segment(_ address: StackAddress, _ segment: LogSegment) -> String {
        "\(records(address))/segments/\(number(segment.last.serial)).json"
    }
    package static func leases(_ address: StackAddress) -> String { "\(records(address))/lease" }
    package static func drift(_ address: StackAddress) -> String { "\(records(address))/drift" }
    /// The hint that there are drift reports. A stack's key has no point.
    package static func driftHead(_ address: StackAddress) -> String { head(address) + driftEnd }
    static let driftEnd = ".drift"
    package static func blob(_ digest: Digest) -> String { "blobs/\(digest.hex)" }

    package static func lease(_ address: StackAddress, _ epoch: Int) -> String { "\(leases(address))/\(number(epoch)).json" }
    package static func heartbeat(_ address: StackAddress, _ epoch: Int) -> String { "\(leases(address))/\(number(epoch)).heartbeat" }
    package static func release(_ address: StackAddress, _ epoch: Int) -> String { "\(leases(address))/\(number(epoch)).released" }

    package static func recordName(_ position: RecordPosition) -> String {
        "\(number(position.serial)).\(position.part.rawValue).json"
    }

    /// `nil` for a name that is no record's.
    package static func position(_ name: String) -> RecordPosition? {
        let parts = name.split(separator: ".")
        guard parts.count == 3, parts[2] == "json", let serial = parsed(parts[0]),
            let part = RecordPosition.Part(rawValue: String(parts[1]))
        else { return nil }
        return RecordPosition(serial, part)
    }

    /// Six digits, so that names are in the order of numbers.
    package static func number(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 6 - text.count)) + text
    }

    package static func parsed(_ text: Substring) -> Int? {
        guard text.utf8.count == 6, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x5F
            if isPlain { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
