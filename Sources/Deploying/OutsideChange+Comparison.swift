import AWS
import Foundation
package import Model
import Planning
import StateDatabase
import Templates

/// How a stack that somebody has changed past pipeplan differs from what is recorded of it.
extension OutsideChange {
    /// - Parameters:
    ///   - stack: as it is described now.
    ///   - known: what is recorded of the operations on it.
    ///   - wanted: what is about to be made of it.
    /// - Returns: `nil` where all that was done to it is recorded, or has made of it what is wanted; then nothing is asked.
    static func find(
        in stack: StackDescription, _ recorded: RecordedStack, _ known: KnownOperations, _ client: CloudFormationClient,
        wanted: DesiredStack? = nil
    ) async throws -> OutsideChange? {
        guard !known.account(for: stack) else { return nil }
        let body = try await client.getTemplate(stack: stack.stackID)
        let live = Template.read(body, file: "live").value
        if let wanted, wanted.isTaken(from: stack, live) { return nil }
        return OutsideChange(
            changeSetID: known.unknownChangeSet(of: stack), updatedAt: stack.updatedAt,
            templateDifference: recorded.templateBody == body ? [] : templateDifference(from: recorded.templateBody, to: live),
            parameterDifference: parameterDifference(from: recorded, to: stack, live))
    }

    /// Of values that both tell: what is added or gone shows in the template. Not every endpoint hides the secret ones.
    private static func parameterDifference(
        from recorded: RecordedStack, to stack: StackDescription, _ template: Template?
    ) -> [ParameterDifference] {
        recorded.parameters.compactMap { name, value in
            guard case .plain(let before) = value, let live = stack.parameters[name], live != before, live != Secret.mask,
                template?.parameters[name]?.noEcho == false
            else { return nil }
            return ParameterDifference(name: name, recorded: before, live: live)
        }
    }

    /// The lines in which a stack's template differs from the recorded one; none where that is only where nested templates were
    /// uploaded to.
    fileprivate static func templateDifference(from recorded: String, to live: Template?) -> [String] {
        // As it would be recorded: without the secrets that are defaults in it.
        guard let live = live?.recordedBody else { return ["(the live template can't be read)"] }
        if recorded == live { return [] }
        let before = Template.read(recorded, file: "recorded").value
        let after = Template.read(live, file: "live").value
        if let before, let after, withoutLocations(before.root.json, before) == withoutLocations(after.root.json, before) { return [] }
        return UnifiedDifference.lines(recorded, live)
    }

    /// The template without the addresses of templates that it names by their paths.
    private static func withoutLocations(_ json: JSONValue, _ template: Template) -> JSONValue {
        guard case .object(var root) = json, case .object(var resources)? = root["Resources"] else { return json }
        for (logicalID, resource) in template.resources where resource.nestedTemplate != nil {
            guard case .object(var attributes)? = resources[logicalID], case .object(var properties)? = attributes["Properties"] else {
                continue
            }
            properties["TemplateURL"] = nil
            attributes["Properties"] = .object(properties)
            resources[logicalID] = .object(attributes)
        }
        root["Resources"] = .object(resources)
        return .object(root)
    }
}

extension DesiredStack {
    /// Whether a stack has this template and these parameters already, as far as their values are told: as where the files were made to
    /// say what somebody has changed.
    fileprivate func isTaken(from stack: StackDescription, _ live: Template?) -> Bool {
        OutsideChange.templateDifference(from: template.recordedBody, to: live).isEmpty
            && parameters.allSatisfy { name, value in
                guard case .plain(let text) = value, let live = stack.parameters[name] else { return true }
                return live == text || live == Secret.mask
            }
    }
}
