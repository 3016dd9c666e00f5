import Model
import OrderedCollections
import Templates

/// What planning a nested stack found, for the stack it is in.
struct NestedOutcome {
    var plan: Plan
    /// Whether the text of its template, or of one it nests, is another one.
    var isEdited: Bool
    /// Whether it is another address by which CloudFormation knows the template.
    var isMoved: Bool
    /// Its outputs as they are and as they will be, in the terms of the outer stack.
    var outputsNow: [String: Value] = [:]
    var outputs: [String: Value] = [:]
}

/// Stacks nested by a local template are planned along with the one they are in: their parameters are what that one gives them,
/// and what it reads of their outputs is known as far as the nested template tells.
extension Planner {
    /// Plans what becomes of a nested stack whose template is at hand; does nothing for any other resource.
    mutating func planNested(_ resource: TemplateResource, before: TemplateResource?) throws {
        guard let key = resource.templateKey(in: desired.folder), let template = desired.nested[key] else { return }
        let scope = NestedScope(resource.logicalID)
        let old = before.flatMap(recordedNested)
        guard before == nil || old != nil else { return noteUnread(resource) }
        let given = Self.parameters(of: resource, declaredBy: template, &real).mapValues(scope.inward)
        let givenBefore = before.map { Self.parameters(of: $0, declaredBy: old?.template ?? template, &now).mapValues(scope.inward) }
        let stack = try NestedInputs(template, given, noEcho: template, isBefore: false)
        let stackBefore = try old.map { try NestedInputs($0.template, givenBefore ?? [:], noEcho: template, isBefore: true) }
        let physicalID = recordedResources[resource.logicalID]?.physicalID

        var inner = desired
        let name = physicalID.flatMap(Self.stackName)
        inner.hasKnownName = name != nil
        inner.stackName = name ?? PseudoParameter.stackName.placeholder
        inner.template = template
        inner.folder = NestedPath.folder(of: key)
        inner.parameters = stack.known
        inner.previousParameters = Set(given.keys.filter { given[$0] == givenBefore?[$0] && given[$0]?.isVolatile == false })
        inner.storedValues = [:]
        inner.imports = [:]
        inner.tags.merge(Self.tags(of: resource, &real)) { _, own in own }
        inner.protected = Set(desired.protected.compactMap { scope.inner($0) })
        var recordedInner = old.flatMap { old in
            stackBefore.map { recordedStack(old, $0, named: inner.stackName, physicalID: physicalID) }
        }
        if let before { recordedInner?.tags.merge(Self.tags(of: before, &now)) { _, own in own } }
        var planner = try Planner(inner, recorded: recordedInner, types: types, detail: detail)
        planner.recordedFolder = old.map { NestedPath.folder(of: $0.key) } ?? ""
        planner.take(stack.symbols, now: stackBefore?.symbols ?? [:])
        var plan = try planner.plan(DependencyGraph(template)) { _ in [] }
        plan.parameters = planner.changedParameters(
            given.merging(stack.symbols) { $1 }, (givenBefore ?? [:]).merging(stackBefore?.symbols ?? [:]) { $1 })
        plan.notes.removeAll { $0.code == "unknown-parameter-value" }
        nested[resource.logicalID] = NestedOutcome(
            plan: plan,
            isEdited: old.map { $0.template.body != template.recordedBody } ?? false || planner.nested.values.contains(where: \.isEdited),
            isMoved: key.contains("://") && (old.map { $0.key != key } ?? false),
            outputsNow: planner.outputValues(of: planner.recordedTemplate, \.now).mapValues(scope.outward),
            outputs: planner.outputValues(of: template, \.real).mapValues(scope.outward))
    }

    /// Plans the removal of everything in a nested stack whose recorded template is at hand.
    func planRemovalOfNested(_ resource: TemplateResource) throws -> Plan? {
        guard let old = recordedNested(resource) else { return nil }
        var copy = self
        let scope = NestedScope(resource.logicalID)
        let given = Self.parameters(of: resource, declaredBy: old.template, &copy.now).mapValues(scope.inward)
        let physicalID = recordedResources[resource.logicalID]?.physicalID
        let inputs = try NestedInputs(old.template, given, noEcho: old.template, isBefore: true)
        let name = physicalID.flatMap(Self.stackName) ?? PseudoParameter.stackName.placeholder
        return try planDestroy(
            recordedStack(old, inputs, named: name, physicalID: physicalID), in: NestedPath.folder(of: old.key),
            protected: Set(desired.protected.compactMap { scope.inner($0) }), types: types)
    }

    /// Moves what may do harm in a nested stack to the plan around it, under names like `Network/Bucket`.
    func lift(from change: inout PlannedChange, _ hazards: inout [Hazard], _ access: inout [AccessChange]) {
        guard let plan = change.nested else { return }
        let scope = NestedScope(change.logicalID)
        for var hazard in plan.hazards {
            hazard.logicalID = scope.outer(hazard.logicalID)
            hazard.summary = "In \(change.logicalID): \(hazard.summary)"
            hazards.append(hazard)
        }
        for var row in plan.access {
            row.logicalID = scope.outer(row.logicalID)
            access.append(row)
        }
        change.nested?.hazards = []
        change.nested?.access = []
    }

    /// Resources that stay as they are, those in nested stacks among them.
    var unchangedCount: Int {
        outcomes.values.count { $0.listing == .no && $0.willChange == .no } + nested.values.reduce(0) { $0 + $1.plan.unchangedCount }
    }

    private struct RecordedNested {
        var key: String
        var template: Template
    }

    /// The recorded template of a nested stack. One that can't be read any more, which only a damaged state leads to, is none.
    private func recordedNested(_ resource: TemplateResource) -> RecordedNested? {
        guard let key = resource.templateKey(in: recordedFolder), let body = recorded?.nestedTemplates[key] else { return nil }
        if let template = desired.nested[key], template.isReading(of: body) { return RecordedNested(key: key, template: template) }
        return Template.read(body, file: "recorded \(key)").value.map { RecordedNested(key: key, template: $0) }
    }

    private func recordedStack(_ old: RecordedNested, _ inputs: NestedInputs, named name: String, physicalID: String?) -> RecordedStack {
        var stack = assumedStack(
            TemplateSide(template: old.template, parameters: inputs.known), desired.address, stackName: name, region: desired.region)
        stack.stackID = physicalID
        stack.accountID = desired.accountID ?? recorded?.accountID
        stack.serial = recorded?.serial ?? 0
        stack.status = recorded?.status ?? stack.status
        stack.tags = recorded?.tags ?? [:]
        stack.notificationArns = desired.notificationArns
        stack.terminationProtection = desired.terminationProtection
        stack.stackPolicy = desired.stackPolicy
        stack.rollback = desired.rollback
        stack.capabilities = desired.capabilities
        stack.nestedTemplates = recorded?.nestedTemplates ?? [:]
        return stack
    }

    /// A nested stack that was not made from a local template, or of which that is not recorded: what is in it is not known.
    private mutating func noteUnread(_ resource: TemplateResource) {
        unreadNested.insert(resource.logicalID)
        notes.append(
            Finding(
                "nested-stack-unread", .note, "What is in the nested stack \(resource.logicalID) now is not recorded",
                detail:
                    "So it is not known what becomes of it. It is known from the next deployment on; `plan --online` asks CloudFormation.",
                at: desired.template.source.range(resource.span)))
    }

    /// The values that a nested stack's declaration gives its parameters.
    private static func parameters(
        of resource: TemplateResource, declaredBy template: Template, _ evaluator: inout Evaluator
    ) -> [String: Value] {
        guard let property = resource.properties.first(where: { $0.key == "Parameters" }) else { return [:] }
        let value = evaluator.value(of: property.value)
        if case .object(let members) = value { return members.reduce(into: [:]) { $0[$1.key] = $1.value } }
        // Which of several sets it is given is known only then.
        return template.parameters.keys.reduce(into: [:]) { $0[$1] = .symbol(.function("Parameters", [value, .string($1)])) }
    }

    /// The tags of a nested stack's own, which CloudFormation passes on to what is in it.
    private static func tags(of resource: TemplateResource, _ evaluator: inout Evaluator) -> OrderedDictionary<String, String> {
        guard let property = resource.properties.first(where: { $0.key == "Tags" }),
            case .list(let items) = evaluator.value(of: property.value)
        else { return [:] }
        return items.reduce(into: [:]) { tags, item in
            if case .object(let tag) = item, let key = tag["Key"]?.text { tags[key] = tag["Value"]?.outputText }
        }
    }

    /// Tells the tables what parameters stand for whose values hold symbols of the outer stack.
    private func take(_ symbols: [String: Value], now before: [String: Value]) {
        for (name, value) in before { nowTable[.parameter(name)] = value }
        for (name, value) in symbols {
            listedTable[.parameter(name)] = value
            realTable[.parameter(name)] = value
        }
    }

    private func changedParameters(_ given: [String: Value], _ before: [String: Value]) -> [ValueChange] {
        parameters.listed.map { change in
            guard given[change.name] != nil || before[change.name] != nil else { return change }
            let isSensitive = change.sensitive || given[change.name]?.isSensitive == true || before[change.name]?.isSensitive == true
            func shown(_ value: Value?) -> String? { value.map { isSensitive ? "(sensitive)" : $0.outputText } }
            return ValueChange(
                name: change.name, before: shown(before[change.name]) ?? change.before, after: shown(given[change.name]) ?? change.after,
                sensitive: isSensitive)
        }
    }

    private mutating func outputValues(of template: Template?, _ evaluator: WritableKeyPath<Planner, Evaluator>) -> [String: Value] {
        var values: [String: Value] = [:]
        for output in template?.outputs.values.elements ?? [] where self[keyPath: evaluator].holds(output.condition) != false {
            values[output.name] = self[keyPath: evaluator].value(of: output.value)
        }
        return values
    }

    /// `arn:aws:cloudformation:…:stack/NAME/ID`
    static func stackName(of arn: String) -> String? {
        let parts = arn.split(separator: "/")
        return parts.count == 3 && parts[0].hasSuffix(":stack") ? String(parts[1]) : nil
    }
}

/// An output of a nested stack, read as an attribute of it.
struct NestedOutput {
    var now: Value?
    var after: Value?

    /// - Parameter attribute: `Outputs.Name`; `nil` comes of any other.
    init?(_ nested: NestedOutcome, _ attribute: String) {
        let prefix = "Outputs."
        guard attribute.hasPrefix(prefix) else { return nil }
        let name = String(attribute.dropFirst(prefix.count))
        now = nested.outputsNow[name]
        after = nested.outputs[name]
    }
}

/// What a nested stack is given: texts as far as they are known, and values with the outer stack's symbols in them.
private struct NestedInputs {
    /// A value for every parameter that has one; unknown where it is among the symbols.
    var known: OrderedDictionary<String, ParameterValue>
    var symbols: [String: Value] = [:]

    /// - Parameters:
    ///   - noEcho: the template that says which parameters are secrets.
    ///   - isBefore: whether the values are the recorded ones, whose constraints are no matter any more.
    init(_ template: Template, _ given: [String: Value], noEcho: Template, isBefore: Bool) throws {
        var values: OrderedDictionary<String, ParameterValue> = [:]
        for name in template.parameters.keys {
            guard let value = given[name] else { continue }
            let isSecret = noEcho.parameters[name]?.noEcho == true || template.parameters[name]?.noEcho == true
            if isSecret, let text = value.text {
                // Written in a template it is no secret, and all the same not to be shown.
                symbols[name] = .symbol(.secret(parameter: "\(name)=\(Digest(of: text))", digest: nil))
                values[name] = .unknown("")
            } else if let text = value.parameterText {
                values[name] = .plain(text)
            } else {
                symbols[name] = value
                values[name] = .unknown("The stack around it knows it only after it is deployed.")
            }
        }
        let bound = template.bind(values)
        let errors = bound.findings.filter { $0.severity == .error }
        guard isBefore || errors.isEmpty else { throw Problem(.badInput, bound.findings) }
        known = bound.value ?? values
    }
}

/// Carries values between a stack and one nested in it: the names of one mean nothing in the other.
///
/// `Vpc.Arn` of the outer stack is `../Vpc.Arn` inside, `Bucket` of the inner one `Network/Bucket` outside.
struct NestedScope {
    private let logicalID: String

    init(_ logicalID: String) { self.logicalID = logicalID }

    func inward(_ value: Value) -> Value { value.renamed { "../\($0)" } }

    func outward(_ value: Value) -> Value {
        value.renamed { $0.hasPrefix("../") ? String($0.dropFirst(3)) : "\(logicalID)/\($0)" }
    }

    /// The name inside of what the outer stack calls `Network/Bucket`; `nil` for what is not inside.
    func inner(_ name: String) -> String? {
        name.hasPrefix("\(logicalID)/") ? String(name.dropFirst(logicalID.utf8.count + 1)) : nil
    }

    func outer(_ name: String) -> String { "\(logicalID)/\(name)" }
}

extension Value {
    /// The text CloudFormation takes for a parameter; `nil` where it is not all known.
    fileprivate var parameterText: String? {
        if case .list(let items) = self {
            let texts = items.compactMap(\.text)
            return texts.count == items.count ? texts.joined(separator: ",") : nil
        }
        return text
    }

    fileprivate func renamed(_ rename: (String) -> String) -> Value {
        switch self {
        case .scalar, .noValue: self
        case .list(let items): .list(items.map { $0.renamed(rename) })
        case .object(let members): .object(members.mapValues { $0.renamed(rename) })
        case .symbol(let symbol): .symbol(symbol.renamed(rename))
        }
    }
}

extension Symbol {
    fileprivate func renamed(_ rename: (String) -> String) -> Symbol {
        switch self {
        case .ref(let name): .ref(rename(name))
        case .attribute(let logicalID, let name): .attribute(logicalID: rename(logicalID), name: name)
        case .parameter(let name): .parameter(rename(name))
        case .secret(let name, let digest): .secret(parameter: rename(name), digest: digest)
        case .pseudo(.stackName), .pseudo(.stackID):
            // The only ones that are not the same in both.
            .function("Ref", [.string(rename(pseudoName))])
        case .pseudo, .dynamicReference: self
        case .concatenation(let parts): .concatenation(parts.map { $0.renamed(rename) })
        case .function(let name, let arguments): .function(name, arguments.map { $0.renamed(rename) })
        case .conditional(let condition, let first, let second):
            .conditional(condition: rename(condition), first.renamed(rename), second.renamed(rename))
        case .pending(let symbol): .pending(symbol.renamed(rename))
        }
    }

    private var pseudoName: String { if case .pseudo(let name) = self { name.rawValue } else { "" } }
}
