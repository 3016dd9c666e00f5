import Foundation
import Model
import OrderedCollections
import ResourceTypes
import Templates

/// Steele, Lea and Flood's SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Spoils good templates in the ways that people, merge tools and attackers do.
struct TemplateMutator {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// A template with one to four faults, and the name of a file that it may come from.
    mutating func next() -> (data: Data, file: String) {
        let isStructural = Bool.random(using: &random)
        let seed = Self.seeds.randomElement(using: &random) ?? ""
        if isStructural, let root = Document.read(seed, file: "seed.yml").value?.root.json {
            var value = root
            for _ in 0..<Int.random(in: 1...4, using: &random) { value = mutated(value, depth: 0) }
            return (Data(value.compactText.utf8), Bool.random(using: &random) ? "t.json" : "t.yml")
        }
        var bytes = Array(seed.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes) }
        return (Data(bytes), "t.yml")
    }

    /// A value for a parameter, as strange as anybody may give.
    mutating func parameterValue() -> ParameterValue {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: .unknown("not known here")
        case 1: .previousSecret(nil)
        case 2: .secret(Secret(Self.secret), digest: nil)
        default: .plain(Self.tokens.randomElement(using: &random) ?? "")
        }
    }

    static let secret = "hunter2-must-never-show"

    // MARK: Text

    private mutating func mutate(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let start = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, start + Int.random(in: 1...20, using: &random))
        switch Int.random(in: 0..<8, using: &random) {
        case 0: bytes.removeSubrange(start..<end)
        case 1: bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0...bytes.count, using: &random))
        case 2: bytes[start] = UInt8.random(in: .min ... .max, using: &random)
        case 3, 4: bytes.insert(contentsOf: Array((Self.tokens.randomElement(using: &random) ?? "").utf8), at: start)
        case 5: bytes.removeSubrange(start...)
        default: mutateLines(&bytes)
        }
    }

    private mutating func mutateLines(_ bytes: inout [UInt8]) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
        let first = Int.random(in: 0..<lines.count, using: &random)
        let second = Int.random(in: 0..<lines.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: lines.swapAt(first, second)
        case 1: lines.insert(lines[first], at: second)
        case 2: lines.remove(at: first)
        case 3: lines[first] = Array(repeating: UInt8(ascii: " "), count: Int.random(in: 0...9, using: &random)) + lines[first]
        default:
            // What follows a key is replaced.
            let key = lines[first].prefix { $0 != UInt8(ascii: ":") }
            lines[first] = key + Array(": \(Self.tokens.randomElement(using: &random) ?? "")".utf8)
        }
        bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }

    // MARK: Structure

    private mutating func mutated(_ value: JSONValue, depth: Int) -> JSONValue {
        if depth > 0, Int.random(in: 0..<6, using: &random) == 0 { return replacement(for: value) }
        switch value {
        case .array(var items) where !items.isEmpty:
            let index = items.indices.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<8, using: &random) {
            case 0: items.remove(at: index)
            case 1: items.append(items[index])
            default: items[index] = mutated(items[index], depth: depth + 1)
            }
            return .array(items)
        case .object(var members) where !members.isEmpty:
            let index = members.elements.indices.randomElement(using: &random) ?? 0
            let (key, old) = members.elements[index]
            switch Int.random(in: 0..<10, using: &random) {
            case 0: members.remove(at: index)
            case 1:
                members.remove(at: index)
                members[Self.keys.randomElement(using: &random) ?? key] = old
            case 2: members[Self.keys.randomElement(using: &random) ?? key] = old
            default: members[key] = mutated(old, depth: depth + 1)
            }
            return .object(members)
        default: return replacement(for: value)
        }
    }

    private mutating func replacement(for value: JSONValue) -> JSONValue {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .null
        case 1: return .array([value])
        case 2: return .object([Self.keys.randomElement(using: &random) ?? "Ref": value])
        case 3: return .object([Self.keys.randomElement(using: &random) ?? "Ref": .array([value, value])])
        case 4: return .object([Self.keys.randomElement(using: &random) ?? "Ref": .array([.string("IsProd"), value, value])])
        case 5: return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value })
        case 6: return .bool(Bool.random(using: &random))
        default: return .string(Self.tokens.randomElement(using: &random) ?? "")
        }
    }

    private static let keys =
        ShortNames.functions.map { "Fn::\($0)" } + [
            "Ref", "Condition", "Fn::ForEach::Loop", "Fn::Nope", "Type", "Properties", "DependsOn", "Default", "AllowedValues", "MinLength",
            "NoEcho", "Resources", "Outputs", "Value", "Export", "Name", "DefaultValue", "Transform", "Rules", "Assertions", "Assert", "",
            "é", "Topic", "Stage", "Rules", "Status", "Statement", "Arn", "ArtifactStores", "NetworkInterfaces", "Tags", "Variables",
        ]

    private static let tokens =
        ShortNames.functions.map { "!\($0) " } + [
            "null", "~", "true", "No", "{", "}", "[", "]", ",", ":", "- ", "? ", "|", ">", "\"", "'", "#", "&a ", "*a", "<<: *base",
            "<<: [*base]",
            "---\n", "...\n", "\t", "\0", "\u{FEFF}", "\r", "\r\n", "\u{2028}", "é", "👩‍👩‍👧", "e\u{301}", "!Ref ", "!Nope ", "!!binary ",
            "%TAG ! x\n",
            "0", "-1", "1e400", "99999999999999999999999", "0x1F", "1.10", ".5", "nan", "inf", "-0", "9e15", "1e15", "Infinity",
            "${", "${}", "${!x}", "${Topic}", "${Topic.Arn}", "${AWS::Region}", "${AWS::NoValue}", "${Name}", "&{Name}",
            "{{resolve:ssm:/x}}",
            "{{resolve:secretsmanager:${Stage}}}", "Topic", "Topic.Arn", "Stage", "Token", "IsProd", "Loop", "AWS::NoValue", "AWS::Region",
            "10.0.0.0/8", "10.0.0.0/99", "::/0", "a,b,,c", "Number", "List<Number>", "CommaDelimitedList",
            "AWS::SSM::Parameter::Value<String>", "AWS::EC2::Instance", "AWS::S3::Bucke", "AWS::Serverless::Function", "Custom::X",
            "A::B::C",
            "Snapshot", "Enabled", "!Ref Subnets", "!GetAtt Bucket.Ar", "{Status: Enabled}", "[Enabled, Enabled]",
            "(", "(a+)+$", "[", "\\p{L}", "{1,99999}", String(repeating: "[", count: 300), String(repeating: "!Not [", count: 150),
        ]

    private enum ShortNames {
        static let functions = [
            "And", "Base64", "Cidr", "Equals", "FindInMap", "GetAZs", "GetAtt", "If", "ImportValue", "Join", "Length", "Not", "Or",
            "Select",
            "Split", "Sub", "ToJsonString", "Transform", "Contains", "EachMemberEquals", "EachMemberIn", "RefAll", "ValueOf",
        ]
    }
}

/// Does with a template all that the program may do with one.
enum TemplateExercise {
    /// - Returns: what must never be, whatever the template: an empty list.
    static func violations(_ data: Data, file: String, _ mutator: inout TemplateMutator) -> [String] {
        let reading = Template.read(data, file: file)
        var findings = reading.findings
        var violations: [String] = []
        if let template = reading.value {
            findings += template.check(types: .bundled)
            var given: OrderedDictionary<String, ParameterValue> = [:]
            for name in template.parameters.keys where Bool.random(using: &mutator.random) { given[name] = mutator.parameterValue() }
            let bound = template.bind(given)
            findings += bound.findings
            let environments = [
                EvaluationEnvironment(),
                EvaluationEnvironment(
                    parameters: bound.value ?? [:],
                    pseudo: EvaluationEnvironment.pseudoParameters(stackName: "demo", region: "eu-west-1", accountID: "123456789012")),
            ]
            for environment in environments {
                var evaluator = Evaluator(template, environment)
                let first = values(of: template, &evaluator)
                var again = Evaluator(template, environment)
                if first != values(of: template, &again) { violations.append("evaluated twice, got two results") }
                findings += evaluator.findings + evaluator.brokenRules()
                if environment.parameters.values.contains(where: \.isSecret), "\(first)".contains(TemplateMutator.secret) {
                    // A seed's default is plain text in the template itself, but evaluation must not carry it on.
                    if !template.root.json.compactText.contains(TemplateMutator.secret) { violations.append("evaluation shows a secret") }
                }
            }
            violations += orderViolations(of: DependencyGraph(template))
            if template.usesAliases,
                Document.read(template.body, file: "body.json").value?.root.json.canonicalText != template.root.json.canonicalText
            {
                violations.append("the body with aliases expanded is another document")
            }
        } else if reading.findings.isEmpty {
            violations.append("neither a template nor a finding")
        }
        return violations + findings.compactMap(violation)
    }

    private static func values(of template: Template, _ evaluator: inout Evaluator) -> [Value] {
        var values: [Value] = []
        for resource in template.resources.values {
            _ = evaluator.holds(resource.condition)
            resource.forEachExpression { values.append(evaluator.value(of: $0)) }
        }
        for output in template.outputs.values {
            _ = evaluator.holds(output.condition)
            values.append(evaluator.value(of: output.value))
            if let name = output.exportName { values.append(evaluator.value(of: name)) }
        }
        for name in template.conditions.keys { _ = evaluator.holds(name) }
        for value in values {
            _ = value.isSensitive
            _ = value.hashValue
            _ = value.json { _ in .null }.canonicalText
        }
        return values
    }

    private static func orderViolations(of graph: DependencyGraph) -> [String] {
        guard let order = graph.order else { return graph.cycle == nil ? ["no order and no cycle"] : [] }
        var done: Set<String> = []
        for name in order {
            if graph.dependencies[name]?.isSubset(of: done) != true { return ["\(name) comes before what it needs"] }
            done.insert(name)
        }
        return done.count == graph.dependencies.count ? [] : ["the order leaves resources out"]
    }

    /// Whether a caret can be drawn under what is found.
    private static func violation(_ finding: Finding) -> String? {
        let place = "\(finding.code) at \(finding.location.map(\.description) ?? "nowhere")"
        if finding.code.hasSuffix("parameter-value") && finding.summary.contains(TemplateMutator.secret) {
            return "\(place) shows a secret"
        }
        guard let location = finding.location else { return nil }
        guard location.start.line >= 1, location.start.column >= 1, location.start <= location.end else { return "\(place): \(location)" }
        guard let excerpt = finding.excerpt else {
            return ["bad-parameter-value", "limit-exceeded"].contains(finding.code) ? nil : "\(place): no excerpt"
        }
        let column = location.start.column - (finding.excerptColumn ?? 1)
        return (0...excerpt.unicodeScalars.count).contains(column)
            ? nil : "\(place): column outside of the excerpt \(excerpt.debugDescription)"
    }
}

extension ParameterValue {
    fileprivate var isSecret: Bool { if case .secret = self { true } else { false } }
}
