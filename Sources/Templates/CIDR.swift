/// `Fn::Cidr` for IPv4: consecutive blocks inside an address block.
enum CIDR {
    /// - Parameter arguments: the IP block, how many blocks, and how many bits each leaves for hosts (8 where it is missing).
    /// - Returns: the blocks; `nil` where the arguments make no sense or the block has no room. IPv6 is not evaluated here.
    static func subnets(_ arguments: [String]) -> [String]? {
        guard arguments.count >= 2, let count = Int(arguments[1]), (1...256).contains(count) else { return nil }
        guard let hostBits = arguments.count > 2 ? Int(arguments[2]) : 8, (1...31).contains(hostBits) else { return nil }
        let parts = arguments[0].split(bytes: "/")
        guard parts.count == 2, let length = Int(parts[1]), (0...32).contains(length), let base = address(parts[0]) else { return nil }
        let room = 32 - length - hostBits
        guard room >= 0, count <= 1 << room else { return nil }
        let first = length == 0 ? 0 : (base >> (32 - length)) << (32 - length)
        return (0..<count).map { index in
            let start = first + (index << hostBits)
            let octets = [24, 16, 8, 0].map { String((start >> $0) & 255) }
            return "\(octets.joined(separator: "."))/\(32 - hostBits)"
        }
    }

    private static func address(_ text: String) -> Int? {
        let octets = text.split(bytes: ".").map { Int($0) }
        guard octets.count == 4 else { return nil }
        var address = 0
        for octet in octets {
            guard let octet, (0...255).contains(octet) else { return nil }
            address = (address << 8) | octet
        }
        return address
    }
}
