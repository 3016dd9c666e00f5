import Model
import OrderedCollections
import Templates

/// What a template's expressions can read beside its parameters.
struct World: Sendable {
    /// Resources whose IDs and attributes are known.
    var resources: [String: ResourceRecord] = [:]
    var exports: [String: String] = [:]
    /// SSM parameters by name.
    var store: [String: String] = [:]
}

/// A template with its parameters bound and its conditions decided.
struct BoundTemplate: Sendable {
    private(set) var template: Template
    var parameters: OrderedDictionary<String, ParameterValue>
    /// The values read for parameters of an SSM type.
    var storeValues: [String: String]
    var pseudo: [PseudoParameter: Value]
    private(set) var conditions: [String: Bool] = [:]
    /// The resources that are to exist, each after all it needs.
    private(set) var active: [String] = []

    /// - Parameter decided: conditions that need not be decided again, or can't be, because they read a secret that is known by its
    ///   digest only.
    init(
        _ template: Template, parameters: OrderedDictionary<String, ParameterValue>, storeValues: [String: String],
        pseudo: [PseudoParameter: Value], decided: [String: Bool]
    ) {
        self.template = template
        self.parameters = parameters
        self.storeValues = storeValues
        self.pseudo = pseudo
        var evaluator = evaluator(in: World())
        for name in template.conditions.keys { conditions[name] = evaluator.holds(name) ?? decided[name] ?? false }
        // From here on conditions are data: secrets are not needed to decide them a second time.
        for (name, expression) in template.conditions {
            self.template.conditions[name] = Expression(.literal(.bool(conditions[name] ?? false)), span: expression.span)
        }
        let order = DependencyGraph(template).order ?? Array(template.resources.keys)
        active = order.filter { isActive(template.resources[$0]?.condition) }
    }

    func isActive(_ condition: String?) -> Bool { condition.map { conditions[$0] ?? false } ?? true }

    /// What each resource that is to exist needs of the others.
    var needs: [String: [String]] {
        let existing = Set(active)
        return DependencyGraph(template).dependencies.reduce(into: [:]) { needs, entry in
            needs[entry.key] = entry.value.filter { existing.contains($0) }
        }
    }

    // MARK: Values

    /// What stands for a value that only applying can tell (recordings: change sets with property values).
    static let knownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}"

    func value(of expression: Expression, in world: World) -> JSONValue {
        var evaluator = evaluator(in: world)
        return Self.rendered(evaluator.value(of: expression), world)
    }

    /// The properties of a resource as one object.
    func properties(of resource: TemplateResource, in world: World) -> JSONValue {
        var evaluator = evaluator(in: world)
        var properties: OrderedDictionary<String, JSONValue> = [:]
        for property in resource.properties {
            let value = evaluator.value(of: property.value)
            if value != .noValue { properties[property.key] = Self.rendered(value, world) }
        }
        return .object(properties)
    }

    /// What evaluating the whole template runs into, in CloudFormation's words.
    func check(in world: World) throws(APIFailure) {
        var evaluator = evaluator(in: world)
        let existing = Set(active)
        var missing: OrderedSet<String> = []
        for logicalID in active {
            guard let resource = template.resources[logicalID] else { continue }
            for expression in TemplateReferences.expressions(of: resource) {
                evaluator.value(of: expression).forEachSymbol { symbol in
                    if let target = symbol.logicalID, !existing.contains(target) { missing.append(target) }
                }
            }
        }
        guard missing.isEmpty else {
            throw .validation(
                "Template format error: Unresolved resource dependencies [\(missing.joined(separator: ", "))] in the Resources block of the template"
            )
        }
        for output in template.outputs.values where isActive(output.condition) {
            for expression in [output.value] + (output.exportName.map { [$0] } ?? []) {
                evaluator.value(of: expression).forEachSymbol { symbol in
                    if let target = symbol.logicalID, !existing.contains(target) { missing.append(target) }
                }
            }
        }
        guard missing.isEmpty else {
            throw .validation(
                "Template format error: Unresolved resource dependencies [\(missing.joined(separator: ", "))] in the Outputs block of the template"
            )
        }
        try checkMappings(in: world)
        if let finding = evaluator.findings.first(where: { $0.severity == .error }) {
            throw .validation(
                finding.code == "bad-select"
                    ? "Template error: Fn::Select cannot select nonexistent value at index" : "Template error: \(finding.summary)")
        }
    }

    private func checkMappings(in world: World) throws(APIFailure) {
        var keys: [String] = []
        forEachExpression { expression in
            guard keys.isEmpty, case .findInMap(let map, let first, let second, nil) = expression.kind else { return }
            let found = [map, first, second].compactMap { value(of: $0, in: world).scalarText }
            guard found.count == 3, template.mappings[found[0]]?.rows[found[1]]?[found[2]] == nil else { return }
            keys = found
        }
        guard keys.isEmpty else { throw .validation("Template error: Unable to get mapping for \(keys.joined(separator: "::"))") }
    }

    /// Calls `visit` for each expression of what is to exist, inner ones too; of an `Fn::If` only for the branch that is taken.
    private func forEachExpression(_ visit: (Expression) -> Void) {
        func walk(_ expression: Expression) {
            visit(expression)
            if case .if(let condition, let first, let second) = expression.kind {
                walk(isActive(condition) ? first : second)
            } else {
                for child in expression.children { walk(child) }
            }
        }
        for logicalID in active {
            guard let resource = template.resources[logicalID] else { continue }
            for expression in TemplateReferences.expressions(of: resource) { walk(expression) }
        }
        for output in template.outputs.values where isActive(output.condition) {
            walk(output.value)
            output.exportName.map(walk)
        }
    }

    private func truth(of expression: Expression) -> Bool? {
        var evaluator = evaluator(in: World())
        return evaluator.truth(of: expression)
    }

    private func evaluator(in world: World) -> Evaluator {
        let storeValues = storeValues
        return Evaluator(
            template,
            EvaluationEnvironment(parameters: parameters, pseudo: pseudo) { symbol in
                switch symbol {
                case .ref(let logicalID): world.resources[logicalID].map { .string($0.physicalID) }
                case .attribute(let logicalID, let name):
                    world.resources[logicalID].map { .string(ResourceForm.attribute(name, of: $0)) }
                case .function("Fn::ImportValue", let arguments):
                    arguments.first?.text.flatMap { world.exports[$0] }.map { .string($0) }
                case .function("Fn::GetAZs", let arguments):
                    arguments.first?.text.map { region in .list(["a", "b", "c"].map { .string(region + $0) }) }
                case .function(let type, let arguments) where type.hasPrefix("AWS::SSM::Parameter::Value<"):
                    arguments.first?.text.flatMap { storeValues[$0] }.map { text in
                        type.contains("List") ? .list(text.split(separator: ",").map { .string(String($0)) }) : .string(text)
                    }
                default: nil
                }
            })
    }

    // MARK: Rendering

    /// A value as data: secrets as marks, everything that is not known as `knownAfterApply`.
    private static func rendered(_ value: Value, _ world: World) -> JSONValue { value.json { text(of: $0, world) } }

    private static func text(of symbol: Symbol, _ world: World) -> JSONValue {
        switch symbol {
        case .secret(_, let digest): return .string(SecretMark.text(digest))
        case .dynamicReference(let text): return .string(DynamicReferences.resolved(text, store: world.store))
        case .concatenation(let parts):
            let texts = parts.map { rendered($0, world).scalarText ?? knownAfterApply }
            return .string(texts.contains(knownAfterApply) ? knownAfterApply : texts.joined())
        case .function(let name, let arguments):
            let texts = arguments.map { rendered($0, world).canonicalText }
            if texts.contains(where: { $0.contains(knownAfterApply) }) { return .string(knownAfterApply) }
            guard arguments.contains(where: \.isSensitive) else { return .string(knownAfterApply) }
            return .string(SecretMark.derived(from: name + texts.joined()))
        case .ref, .attribute, .parameter, .pseudo, .conditional, .pending: return .string(knownAfterApply)
        }
    }

    // MARK: Imports

    /// The names of the exports that the template imports.
    func imports(in world: World) -> [String] {
        var names: OrderedSet<String> = []
        forEachExpression { expression in
            guard case .call(.importValue, let arguments) = expression.kind, let argument = arguments.first,
                let name = value(of: argument, in: world).scalarText
            else { return }
            names.append(name)
        }
        return Array(names)
    }
}

extension Symbol {
    /// The resource it reads.
    fileprivate var logicalID: String? {
        switch self {
        case .ref(let logicalID), .attribute(let logicalID, _): logicalID
        default: nil
        }
    }
}

/// `{{resolve:…}}` in text.
enum DynamicReferences {
    /// The text with references to SSM parameters resolved. Those to secrets stay: their values must not be stored.
    static func resolved(_ text: String, store: [String: String]) -> String {
        let start = "{{resolve:ssm:"
        var result = ""
        var rest = text[...]
        while let open = rest.firstRange(of: start), let close = rest[open.upperBound...].firstRange(of: "}}") {
            let reference = rest[open.upperBound..<close.lowerBound]
            let name = reference.split(separator: ":").first.map(String.init) ?? ""
            result += rest[..<open.lowerBound]
            result += store[name] ?? String(rest[open.lowerBound..<close.upperBound])
            rest = rest[close.upperBound...]
        }
        return result + rest
    }
}

extension BoundTemplate {
    /// Whether a rule's expression holds; one that is not decided here is taken to hold.
    func holds(_ expression: Expression) -> Bool { truth(of: expression) ?? true }
}
