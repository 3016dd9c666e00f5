import Foundation
import Model
import OrderedCollections
import ResourceTypes
import Templates

@testable import Planning

/// A stack before and after an edit.
struct Edit {
    var before: String
    var after: String
    var parametersBefore: OrderedDictionary<String, RecordedParameter> = [:]
    var parametersAfter: OrderedDictionary<String, ParameterValue> = [:]
    var tagsBefore: OrderedDictionary<String, String> = [:]
    var tagsAfter: OrderedDictionary<String, String> = [:]
    var outputs: [StackOutput] = []
    var status: StackStatus = "CREATE_COMPLETE"
    var protected: Set<String> = []

    static let address = StackAddress(stack: "shop", environment: "test")

    /// What is recorded of the stack before: every resource whose condition holds, with a physical ID of its own.
    func recorded() throws -> RecordedStack {
        let template = try Template.read(before, file: "before.yml").get()
        let parameters = parametersBefore.mapValues(\.asParameterValue)
        var evaluator = Evaluator(
            template,
            EvaluationEnvironment(
                parameters: try template.bind(parameters).get(),
                pseudo: EvaluationEnvironment.pseudoParameters(stackName: "shop-test", region: "us-east-1")))
        let resources = template.resources.values.filter { evaluator.holds($0.condition) != false }.map {
            StackResource(logicalID: $0.logicalID, physicalID: "id-of-\($0.logicalID)", type: $0.type, status: "CREATE_COMPLETE")
        }
        var stored = parametersBefore
        for parameter in template.parameters.values where stored[parameter.name] == nil {
            stored[parameter.name] = parameter.defaultValue.map { .plain($0) }
        }
        return RecordedStack(
            address: Self.address, stackName: "shop-test", region: "us-east-1", serial: 7, status: status, templateBody: before,
            parameters: stored, tags: tagsBefore, resources: status.mustBeRecreated ? [] : resources, outputs: outputs)
    }

    func plan(importers: (String) throws -> [StackAddress] = { _ in [] }) throws -> Plan {
        let template = try Template.read(after, file: "after.yml").get()
        let desired = DesiredStack(
            address: Self.address, stackName: "shop-test", region: "us-east-1", template: template,
            parameters: try template.bind(parametersAfter).get(), tags: tagsAfter, protected: protected)
        return try Planning.plan(desired, recorded: try recorded(), types: .bundled, importers: importers)
    }
}

/// A template of resources alone, from their lines.
func resources(_ lines: String...) -> String { "Resources:\n" + lines.map { "  \($0)\n" }.joined() }

extension Plan {
    /// Each change in a line: what, of which resource, whether it is replaced, whether it really changes.
    var lines: [String] {
        changes.map { change in
            let replaced = change.action == .modify ? " replaced:\(change.willReplace.rawValue)" : ""
            let policy = change.policyAction.map { " \($0.rawValue)" } ?? ""
            let listed = change.listedByCloudFormation ? "" : " unlisted"
            return "\(change.action.rawValue) \(change.logicalID)\(replaced)\(policy) changes:\(change.willChange.rawValue)\(listed)"
        }
    }

    /// Each property's change in a line.
    var properties: [String] {
        changes.flatMap { change in
            change.properties.map { property in
                let before = property.before?.compactText ?? "-"
                let after = property.after?.compactText ?? "-"
                return "\(change.logicalID).\(property.path): \(before) → \(after)"
            }
        }
    }
}
