import Foundation
import Model
import OrderedCollections
import ResourceTypes

/// Whether what exists is what the template asks for.
enum DriftComparison {
    /// Compares a resource's expected properties with the live ones; only what the template sets is compared.
    /// - Parameter live: `nil` where the resource is gone.
    static func drift(of record: ResourceRecord, live: JSONValue?, at time: Date) -> ResourceDrift {
        guard let existing = live else { return ResourceDrift(status: "DELETED", checkedAt: time) }
        let facts = ResourceTypeCatalog.bundled[record.type]
        let template = readable(record.properties, facts)
        let expected = SecretMark.masked(template)
        let live = explicitlySet(readable(existing, facts), by: template)
        var differences: [ResourceDrift.Difference] = []
        compare(template, live, at: "", into: &differences)
        let shown = differences.map { difference in
            ResourceDrift.Difference(
                path: difference.path, expected: difference.expected.map { SecretMark.masked($0) },
                actual: difference.actual.map { SecretMark.masked($0) }, kind: difference.kind)
        }
        return ResourceDrift(
            status: shown.isEmpty ? "IN_SYNC" : "MODIFIED", checkedAt: time, expected: expected, actual: SecretMark.masked(live),
            differences: shown)
    }

    /// What is live of the properties that a template sets: others are not looked at.
    static func explicitlySet(_ live: JSONValue, by template: JSONValue) -> JSONValue {
        guard let members = live.objectMembers, let named = template.objectMembers else { return live }
        return .object(members.filter { named[$0.key] != nil })
    }

    /// What a service tells of properties: neither expected nor actual ones have what can only be written, nor an object in which there
    /// is nothing else (recorded from AWS, where a function is without its Code).
    static func readable(_ value: JSONValue, _ facts: ResourceType?, at path: [String] = []) -> JSONValue {
        guard let facts else { return value }
        switch value {
        case .object(let members):
            var told: OrderedDictionary<String, JSONValue> = [:]
            for (name, member) in members where !facts.isWriteOnly(at: PropertyPath(path + [name])) {
                let inner = readable(member, facts, at: path + [name])
                if inner == [:], member != [:] { continue }
                told[name] = inner
            }
            return .object(told)
        case .array(let items): return .array(items.map { readable($0, facts, at: path + ["*"]) })
        default: return value
        }
    }

    /// What a drift-aware change set takes for the state of a resource: its live values, but the deployed ones of properties that can
    /// only be written or not be changed, and without tags that no template has set (user guide, Using drift-aware change sets,
    /// Considerations).
    static func revertible(_ live: JSONValue, beside deployed: JSONValue, _ facts: ResourceType?, at path: [String] = []) -> JSONValue {
        if !path.isEmpty, let facts {
            let place = PropertyPath(path)
            if facts.isWriteOnly(at: place) || facts.updateBehavior(at: place) == .replacement { return deployed }
        }
        switch (live, deployed) {
        case (.object(let members), .object(let before)):
            var result: OrderedDictionary<String, JSONValue> = [:]
            for (name, value) in before {
                let place = path + [name]
                if let now = members[name] {
                    result[name] = revertible(now, beside: value, facts, at: place)
                } else if facts?.isWriteOnly(at: PropertyPath(place)) == true {
                    result[name] = value
                }
            }
            return .object(result)
        case (.array(let items), .array(let before)):
            let keys = Set(before.compactMap { $0["Key"]?.scalarText })
            return .array(items.filter { item in item["Key"]?.scalarText.map { keys.isEmpty || keys.contains($0) } ?? true })
        default: return live
        }
    }

    /// Whether CloudFormation checks the drift of resources of a type at all: not what the registry has no schema of, what only
    /// CloudFormation knows, and a few types that AWS's list does not have.
    static func supports(_ type: String) -> Bool {
        let unlisted: Set<String> = ["AWS::CodePipeline::Webhook", "AWS::CodePipeline::CustomActionType", "AWS::IAM::AccessKey"]
        guard !ResourceTypeCatalog.isCustomResource(type), !type.hasPrefix("AWS::CloudFormation::"), !unlisted.contains(type) else {
            return false
        }
        return ResourceTypeCatalog.bundled[type] != nil
    }

    private static func compare(
        _ expected: JSONValue, _ actual: JSONValue, at path: String, into differences: inout [ResourceDrift.Difference]
    ) {
        switch (expected, actual) {
        case (.object(let before), .object(let after)):
            for (key, value) in before {
                if let other = after[key] {
                    compare(value, other, at: "\(path)/\(key)", into: &differences)
                } else {
                    differences.append(.init(path: "\(path)/\(key)", expected: value, actual: nil, kind: "REMOVE"))
                }
            }
        case (.array(let before), .array(let after)):
            for index in 0..<max(before.count, after.count) {
                let place = "\(path)/\(index)"
                if !before.indices.contains(index) {
                    differences.append(.init(path: place, expected: nil, actual: after[index], kind: "ADD"))
                } else if !after.indices.contains(index) {
                    differences.append(.init(path: place, expected: before[index], actual: nil, kind: "REMOVE"))
                } else {
                    compare(before[index], after[index], at: place, into: &differences)
                }
            }
        default:
            let isSame = expected == actual || (expected.scalarText != nil && expected.scalarText == actual.scalarText)
            if !isSame { differences.append(.init(path: path, expected: expected, actual: actual, kind: "NOT_EQUAL")) }
        }
    }
}
