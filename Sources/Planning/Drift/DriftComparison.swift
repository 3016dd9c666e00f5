import Foundation
package import Model
import OrderedCollections
import ResourceTypes
import Templates

/// Live resources beside what their template says, as the planner compares: tags by their keys, policies by what they mean.
extension RecordedProperties {
    /// The differences between what CloudFormation expects of a resource and what it has found.
    ///
    /// Only what the template sets is compared, as CloudFormation does (user guide, What is drift?).
    /// - Parameters:
    ///   - expected: the properties that CloudFormation compares.
    ///   - actual: those of the live resource.
    package func differences(_ logicalID: String, type: String, expected: JSONValue, actual: JSONValue) -> [DriftDifference] {
        let schema = types[type]?.properties
        var differences: [DriftDifference] = []
        for (name, value) in expected.objectMembers ?? [:] {
            let old = Value(value)
            let new = actual[name].map { Value($0).alike(old) }
            ValueComparison.meaning.forEachDifference(old, new, schema?.child(name)) { leaf in
                guard !leaf.isOfAWS else { return }
                differences.append(
                    DriftDifference(
                        path: leaf.path(below: name), expected: leaf.before?.shown, actual: leaf.after?.shown,
                        sensitive: isSensitive(logicalID, name, leaf.steps)))
            }
        }
        return differences
    }

    /// The difference that CloudFormation tells by a pointer such as `/Tags/0/Value`, where it gives no whole properties.
    package func difference(_ logicalID: String, pointer: String, expected: JSONValue?, actual: JSONValue?) -> DriftDifference {
        let parts = pointer.split(separator: "/").map { String($0).replacing("~1", with: "/").replacing("~0", with: "~") }
        let name = parts.first ?? ""
        let steps: [LeafDifference.Step] = parts.dropFirst().map { part in Int(part).map { .index($0) } ?? .key(part) }
        return DriftDifference(
            path: LeafDifference(steps: steps, before: nil, after: nil).path(below: name), expected: expected, actual: actual,
            sensitive: isSensitive(logicalID, name, steps))
    }

    /// The differences between two values of a property that CloudFormation tells in a change set; a secret's are hidden.
    package func changes(
        _ logicalID: String, type: String, property: String, from before: JSONValue?, to after: JSONValue?
    ) -> [DriftDifference] {
        // What is told to change and reads the same is a secret, which CloudFormation hides.
        guard let before, let after, before != after else {
            return [difference(logicalID, pointer: property, expected: before, actual: after)]
        }
        return differences(logicalID, type: type, expected: .object([property: before]), actual: .object([property: after]))
    }

    /// What a comparison with a resource read through Cloud Control API found.
    package struct DeepComparison: Hashable, Sendable {
        package var differences: [DriftDifference] = []
        /// Properties that the template sets and nobody can compare: the service does not tell them, or only CloudFormation knows
        /// what the template makes of them.
        package var uncompared: [String] = []
    }

    /// The differences between what the template says of a resource and the live one.
    ///
    /// Left out are properties that the service sets itself or never tells, what it keeps in other words than it was given, members
    /// that the template says nothing of (defaults, which AWS fills in), and what is known to CloudFormation only.
    package func compare(_ logicalID: String, type: String, live: JSONValue) -> DeepComparison {
        var comparison = DeepComparison()
        guard let properties = self[logicalID], let facts = types[type] else { return comparison }
        for (name, expected) in properties {
            let path = PropertyPath([name])
            if facts.isReadOnly(at: path) { continue }
            guard !facts.isWriteOnly(at: path), !facts.isNormalized(at: path) else {
                comparison.uncompared.append(name)
                continue
            }
            let actual = live[name].map { Value($0).alike(expected) }
            var isUnsure = false
            ValueComparison.meaning.forEachDifference(expected, actual, facts.properties.child(name)) { leaf in
                let inner = PropertyPath([name] + leaf.steps.map(\.component))
                if facts.isReadOnly(at: inner) { return }
                if facts.isWriteOnly(at: inner) || facts.isNormalized(at: inner) || leaf.before?.isKnown == false {
                    isUnsure = true
                } else if !leaf.isDefault, !leaf.isOfAWS, !leaf.differsInCase(facts.schema(at: inner)) {
                    comparison.differences.append(
                        DriftDifference(
                            path: leaf.path(below: name), expected: leaf.before?.shown, actual: leaf.after?.shown,
                            sensitive: isSensitive(logicalID, name, leaf.steps)))
                }
            }
            if isUnsure { comparison.uncompared.append(name) }
        }
        return comparison
    }
}

extension LeafDifference {
    /// Tags whose keys begin with `aws:` are AWS's own.
    fileprivate var isOfAWS: Bool {
        steps.contains { if case .tag(let key) = $0 { key.hasPrefix("aws:") } else { false } }
    }

    /// Whether this is a member that the template says nothing of, or an empty value that the service does not tell.
    fileprivate var isDefault: Bool {
        switch (before, after) {
        case (nil, _?): if case .key? = steps.last { true } else { false }
        case (let value?, nil): value.isEmpty
        default: false
        }
    }

    fileprivate func differsInCase(_ schema: PropertySchema?) -> Bool {
        guard schema?.allowedValuesIgnoreCase == true, let old = before?.text, let new = after?.text else { return false }
        return old.lowercased() == new.lowercased()
    }
}

extension Value {
    fileprivate var isEmpty: Bool {
        switch self {
        case .scalar(let scalar): ["false", "0", ""].contains(scalar.json.scalarText ?? "")
        case .list(let items): items.isEmpty
        case .object(let members): members.isEmpty
        case .noValue: true
        case .symbol: false
        }
    }

    /// This value in the form of another one: services take and tell JSON documents now as text, now as objects.
    fileprivate func alike(_ other: Value) -> Value {
        switch (self, other) {
        case (.scalar(.string(let text)), .object), (.scalar(.string(let text)), .list):
            guard let json = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else { return self }
            return Value(json)
        case (.object(let members), .object(let others)):
            return .object(
                OrderedDictionary(
                    uniqueKeysWithValues: members.map { key, value in (key, others[key].map { value.alike($0) } ?? value) }))
        default: return self
        }
    }
}
