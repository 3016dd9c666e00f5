import Model
import OrderedCollections
import Templates

/// One way in from the internet that a resource's settings leave open.
struct Opening: Hashable {
    /// Which setting, or from where.
    var place: String
    /// How open it is, where one setting has several degrees.
    var degree = 0
    /// What of the network; `nil` where it is no matter of ports.
    var ports: Ports?
    /// What the resource does by it.
    var says: String

    /// Whether nothing is open by `other` that isn't by this.
    func covers(_ other: Opening) -> Bool {
        guard place == other.place, degree >= other.degree else { return false }
        switch (ports, other.ports) {
        case (nil, nil): return true
        case (let mine?, let others?): return mine.covers(others)
        default: return false
        }
    }

    static func openings(_ type: String, _ properties: OrderedDictionary<String, Value>) -> [Opening] {
        let value = Value.object(properties)
        return settings(type, value) + rules(type, value) + special(type, value)
    }

    // MARK: Settings

    private static func settings(_ type: String, _ properties: Value) -> [Opening] {
        let own = PublicSetting.all.filter { $0.type == type }
        let general = PublicSetting.all.filter { setting in setting.type == nil && !own.contains { $0.path == setting.path } }
        return (own + general).flatMap { setting -> [Opening] in
            guard !isExempt(type, properties) else { return [] }
            guard !setting.path.isEmpty else { return [Opening(place: "", says: setting.says)] }
            let values = properties.values(at: setting.path)
            if values.isEmpty, let unset = setting.unset {
                return [
                    Opening(
                        place: setting.path, degree: setting.open.firstIndex(of: unset) ?? 0,
                        says: "\(setting.says): \(setting.path) is not set, which means \(unset)")
                ]
            }
            return values.compactMap { value in
                guard let text = value.text, let degree = setting.open.firstIndex(where: { $0.lowercased() == text.lowercased() })
                else { return nil }
                return Opening(place: setting.path, degree: degree, says: "\(setting.says): \(setting.path) is \(text)")
            }
        }
    }

    /// Requests that carry no authorization by design: a browser's question before a call, and a WebSocket's messages, which come
    /// through a connection that was authorized.
    private static func isExempt(_ type: String, _ properties: Value) -> Bool {
        switch type {
        case "AWS::ApiGateway::Method": return properties.values(at: "HttpMethod").first?.text == "OPTIONS"
        case "AWS::ApiGatewayV2::Route":
            guard let key = properties.values(at: "RouteKey").first?.text else { return false }
            return key.hasPrefix("OPTIONS ") || !key.contains(" ") && key != "$connect" && key != "$default"
        default: return false
        }
    }

    // MARK: Firewalls

    /// Where a type has rules for what comes in. A list of rules, or one rule in the properties themselves.
    private static let rulePaths: [String: String] = [
        "AWS::EC2::SecurityGroup": "SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress": "",
        "AWS::RDS::DBSecurityGroup": "DBSecurityGroupIngress", "AWS::RDS::DBSecurityGroupIngress": "",
        "AWS::Redshift::ClusterSecurityGroupIngress": "",
    ]

    private static func rules(_ type: String, _ properties: Value) -> [Opening] {
        guard let path = rulePaths[type] else { return [] }
        return properties.values(at: path).flatMap { rule -> [Opening] in
            ["CidrIp", "CidrIpv6", "CIDRIP"].flatMap { rule.values(at: $0) }.compactMap { source in
                guard let text = source.text, IPRange.isWide(text) else { return nil }
                let ports = Ports(rule)
                return Opening(place: text, ports: ports, says: "takes \(ports.says) from anywhere (\(text))")
            }
        }
    }

    // MARK: What takes more than one property

    private static func special(_ type: String, _ properties: Value) -> [Opening] {
        switch type {
        case "AWS::EKS::Cluster":
            // Public unless it is said otherwise: AWS::EKS::Cluster ResourcesVpcConfig.
            let access = properties.values(at: "ResourcesVpcConfig.EndpointPublicAccess")
            let ranges = properties.values(at: "ResourcesVpcConfig.PublicAccessCidrs")
            guard access.isEmpty || access.contains(where: { $0.text?.lowercased() == "true" }),
                ranges.isEmpty || ranges.contains(where: { $0.text.map(IPRange.isWide) ?? false })
            else { return [] }
            return [
                Opening(
                    place: "ResourcesVpcConfig",
                    says: "takes calls of its Kubernetes API from anywhere: ResourcesVpcConfig.PublicAccessCidrs leaves all addresses in")
            ]
        case "AWS::OpenSearchServerless::SecurityPolicy":
            guard let text = properties.values(at: "Policy").first?.text,
                let rules = Document.read(text, file: "policy.json").value.map({ Value($0.root.json) }),
                rules.values(at: "AllowFromPublic").contains(where: { $0.text == "true" })
            else { return [] }
            return [Opening(place: "AllowFromPublic", says: "lets collections be reached from the internet: AllowFromPublic is true")]
        default: return []
        }
    }
}

/// The traffic that a rule of a firewall is about.
struct Ports: Hashable {
    /// `tcp`, `udp`, `icmp`, a number; `-1` for all.
    var name: String
    /// `nil` where they are not numbers here.
    var range: ClosedRange<Int>?
    /// As they are written.
    var text: String

    private static let numbers = ["1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"]
    private static let all = 0...65_535

    init(_ rule: Value) {
        let written = rule.values(at: "IpProtocol").first.map { $0.shown.scalarText ?? $0.shown.compactText } ?? "-1"
        name = Self.numbers[written] ?? written.lowercased()
        let ends = ["FromPort", "ToPort"].map { rule.values(at: $0).first }
        let texts = ends.compactMap { $0.map { value in value.shown.scalarText ?? value.shown.compactText } }
        text = Set(texts).count == 1 ? texts[0] : texts.joined(separator: "–")
        guard name == "tcp" || name == "udp" else {
            range = Self.all
            return
        }
        if texts.isEmpty {
            range = Self.all
        } else if texts.count == 2, let first = Int(texts[0]), let last = Int(texts[1]), first <= last {
            range = first == -1 ? Self.all : first...last
        } else {
            range = nil
        }
    }

    func covers(_ other: Ports) -> Bool {
        if self == other || name == "-1" { return true }
        guard name == other.name, let range, let others = other.range else { return false }
        return range.lowerBound <= others.lowerBound && range.upperBound >= others.upperBound
    }

    var says: String {
        switch (name, range) {
        case ("-1", _): "all traffic"
        case (_, Self.all?): "all of \(name)"
        case (_, let range?) where range.count == 1: "\(name) on port \(range.lowerBound)"
        case (_, let range?): "\(name) on ports \(range.lowerBound)–\(range.upperBound)"
        case (_, nil): "\(name) on \(text)"
        }
    }
}

/// Ranges of addresses as text.
enum IPRange {
    /// Whether a range holds so many addresses that it can't mean a few known places: one wider than /8, or /32 of IPv6, as S3
    /// has it in "The meaning of 'public'".
    static func isWide(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let length = Int(parts[1]) else { return text == "*" }
        return length < (parts[0].contains(":") ? 32 : 8)
    }
}
