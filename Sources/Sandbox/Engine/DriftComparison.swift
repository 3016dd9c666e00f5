import Foundation
import Model
import OrderedCollections
import ResourceTypes

/// Whether what exists is what the template asks for.
enum DriftComparison {
    /// Compares a resource's expected properties with the live ones; only what the template sets is compared.
    /// - Parameter live: `nil` where the resource is gone.
    static func drift(of record: ResourceRecord, live: JSONValue?, at time: Date) -> ResourceDrift {
        let expected = SecretMark.masked(record.properties)
        guard let existing = live else { return ResourceDrift(status: "DELETED", checkedAt: time) }
        let live = explicitlySet(existing, by: record.properties)
        var differences: [ResourceDrift.Difference] = []
        compare(record.properties, live, at: "", into: &differences)
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
