import AWS
import Foundation
package import Model
import Planning
import StateDatabase

/// What CloudFormation would make of one property that nobody planned to change. Where a secret is part of it, both are hidden.
package struct UnplannedValue: Hashable, Sendable {
    /// As a plan writes it: `Environment.Image`, `Tags[env]`.
    package var path: String
    package var before: JSONValue?
    package var after: JSONValue?
}

extension Deployer {
    /// A question with the values that it is about. Where these can't be had, it is asked without them.
    func detailed(_ question: DeploymentMachine.Question, _ run: DeploymentRun) async -> DeploymentMachine.Question {
        guard case .unplanned(var reconciliation) = question,
            let described = try? await client.describeChangeSet(
                run.changeSetName, stack: run.stackID ?? run.stackName, includePropertyValues: true)
        else { return question }
        // What is a secret is told by both templates: by the one in effect, and by the one that was sent.
        let stacks = [try? database.recordedStack(run.deployment.address), try? database.stack(asOf: run.deployment)]
        let templates = stacks.compactMap { stack in (stack ?? nil).flatMap { try? RecordedProperties($0, types: .bundled) } }
        guard !templates.isEmpty else { return question }
        for index in reconciliation.excesses.indices {
            let change = described.changes.first { $0.logicalID == reconciliation.excesses[index].name }
            reconciliation.excesses[index].values =
                change.map { UnplannedValue.values(of: $0, judgedBy: templates, hiding: secrets.all) } ?? []
        }
        return .unplanned(reconciliation)
    }
}

extension UnplannedValue {
    /// - Parameters:
    ///   - templates: what tells where secrets are: a value that is secret by one of them is hidden.
    ///   - secrets: known ones, which got there by other ways than a template.
    static func values(
        of change: ResourceChange, judgedBy templates: [RecordedProperties], hiding secrets: [Secret] = []
    ) -> [UnplannedValue] {
        var values: [UnplannedValue] = []
        for detail in change.details where detail.attribute == "Properties" && (detail.beforeValue ?? detail.afterValue) != nil {
            guard let name = detail.name else { continue }
            let told = templates.map {
                $0.changes(
                    change.logicalID, type: change.type, property: name, from: detail.beforeValue.map(value),
                    to: detail.afterValue.map(value))
            }
            let secret = Set(told.joined().filter(\.sensitive).map(\.path))
            for difference in told.first ?? [] {
                let isHidden =
                    secret.contains(difference.path)
                    || [difference.expected, difference.actual].contains { $0?.holds(anyOf: secrets) == true }
                func shown(_ value: JSONValue?) -> JSONValue? { value.map { isHidden ? DriftDifference.hidden : $0 } }
                let value = UnplannedValue(
                    path: difference.path, before: shown(difference.expected), after: shown(difference.actual))
                if !values.contains(value) { values.append(value) }
            }
        }
        return values
    }

    /// CloudFormation tells strings as they are, and everything else in JSON.
    private static func value(_ text: String) -> JSONValue {
        guard text.hasPrefix("{") || text.hasPrefix("[") else { return .string(text) }
        return (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .string(text)
    }
}
