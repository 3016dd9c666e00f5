import Model
import OrderedCollections

/// Where random letters and digits come from.
struct RandomText: Sendable {
    /// A whole number in `0..<bound`.
    var number: @Sendable (_ bound: Int) -> Int

    static let system = RandomText { Int.random(in: 0..<max(1, $0)) }

    enum Alphabet: String, Sendable {
        case hexadecimal = "0123456789abcdef"
        case lowercase = "abcdefghijklmnopqrstuvwxyz0123456789"
        /// What CloudFormation ends generated names with (recording `drift_detection_on_lambda`: `…-Function-ijoJmdBJP4re`).
        case mixed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        case uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    }

    func text(_ length: Int, _ alphabet: Alphabet) -> String {
        let letters = Array(alphabet.rawValue)
        return String((0..<length).map { _ in letters[number(letters.count)] })
    }

    /// A UUID's form; random in all but its dashes.
    func uuid() -> String { [8, 4, 4, 4, 12].map { text($0, .hexadecimal) }.joined(separator: "-") }
}

/// Where a resource is being made.
struct ResourcePlace: Sendable {
    var stackName: String
    var stackID: String
    var logicalID: String
    var partition: String
    var region: String
    var accountID: String
    var urlSuffix: String
}

/// The ID and the attributes that a resource gets when it is made.
struct ResourceIdentity: Hashable, Sendable {
    var physicalID: String
    var attributes: [String: String]
    /// Whether the template chose the name, so that nothing else may have it.
    var isNamedByTemplate: Bool
}

extension ResourceForm {
    /// The identity of a new resource of this form.
    /// - Parameters:
    ///   - properties: the resource's properties, all known.
    ///   - replaced: the physical ID of what it replaces.
    func identity(
        in place: ResourcePlace, properties: JSONValue, replacing replaced: String? = nil, random: RandomText
    ) -> ResourceIdentity {
        var values: [String: String] = [
            "stack": place.stackName, "logical": place.logicalID, "partition": place.partition, "region": place.region,
            "account": place.accountID, "suffix": place.urlSuffix, "stackId": place.stackID,
        ]
        for (name, value) in properties.objectMembers ?? [:] { values[name] = value.scalarText }
        let given = nameProperty.flatMap { properties[$0]?.scalarText }
        values["name"] = given ?? generatedName.map { Self.fill($0, values, random) } ?? defaultName(place, random)
        values["id"] = id.map { Self.fill($0, values, random) } ?? values["name"]
        var physicalID = Self.fill(ref, values, random)
        if isRevisioned, let replaced { physicalID = Self.nextRevision(of: physicalID, after: replaced) }
        values["ref"] = physicalID
        values["revision"] = physicalID.split(separator: ":").last.map(String.init)
        return ResourceIdentity(
            physicalID: physicalID, attributes: attributes.mapValues { Self.fill($0, values, random) },
            isNamedByTemplate: given != nil && !isRevisioned)
    }

    /// The attributes of a resource that is updated in place and keeps its ID.
    func updatedAttributes(_ before: [String: String]) -> [String: String] {
        var after = before
        for name in counters { after[name] = before[name].flatMap { Int($0) }.map { String($0 + 1) } }
        return after
    }

    private static func nextRevision(of physicalID: String, after replaced: String) -> String {
        let revision = replaced.split(separator: ":").last.flatMap { Int($0) } ?? 0
        guard let colon = physicalID.lastIndex(of: ":") else { return physicalID }
        return "\(physicalID[...colon])\(revision + 1)"
    }

    private func defaultName(_ place: ResourcePlace, _ random: RandomText) -> String {
        let tail = random.text(12, nameStyle == .lowercase ? .lowercase : .mixed)
        let room = longestName - tail.count - 2
        var stack = place.stackName
        var logical = place.logicalID
        // CloudFormation cuts both parts where the whole would be too long.
        if stack.count + logical.count > room {
            logical = String(logical.prefix(max(1, min(logical.count, room / 2))))
            stack = String(stack.prefix(max(1, room - logical.count)))
        }
        let name = "\(stack)-\(logical)-\(tail)"
        return nameStyle == .lowercase ? name.lowercased() : name
    }

    /// Replaces `{name}` by values, and `{hex17}`, `{lower8}`, `{upper21}`, `{uuid}` by random text.
    private static func fill(_ pattern: String, _ values: [String: String], _ random: RandomText) -> String {
        guard pattern.contains("{") else { return pattern }
        var result = ""
        var rest = pattern[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let key = String(rest[rest.index(after: open)..<close])
            result += values[key] ?? randomText(key, random)
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private static func randomText(_ key: String, _ random: RandomText) -> String {
        if key == "uuid" { return random.uuid() }
        if key == "byte" { return String(1 + random.number(254)) }
        let alphabets: [(String, RandomText.Alphabet)] = [
            ("hex", .hexadecimal), ("lower", .lowercase), ("upper", .uppercase), ("mixed", .mixed),
        ]
        for (prefix, alphabet) in alphabets where key.hasPrefix(prefix) {
            if let length = Int(key.dropFirst(prefix.count)) { return random.text(length, alphabet) }
        }
        return ""
    }
}
