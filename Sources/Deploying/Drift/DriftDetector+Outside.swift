import AWS
import Foundation
import Model
import Templates

/// Whether somebody has changed a stack past pipeplan.
extension DriftDetector {
    func outsideChange(of stack: StackDescription, _ request: DriftRequest) async throws -> OutsideChange? {
        let known = request.deployment?.changeSetID
        let isOtherChangeSet = stack.changeSetID.map { id in known.map { $0 != id } ?? false } ?? false
        // UpdateStack leaves no change set to tell it by.
        let isLater = stack.updatedAt.flatMap { updated in request.lastEventAt.map { updated > $0.addingTimeInterval(1) } } ?? false
        guard isOtherChangeSet || isLater else { return nil }
        let body = try await client.getTemplate(stack: stack.stackID)
        return OutsideChange(
            changeSetID: isOtherChangeSet ? stack.changeSetID : nil, updatedAt: stack.updatedAt,
            templateDifference: Self.difference(from: request.recorded.templateBody, to: body))
    }

    /// The lines in which the stack's template differs from the recorded one; none where that is only where nested templates were
    /// uploaded to.
    static func difference(from recorded: String, to live: String) -> [String] {
        if recorded == live { return [] }
        // As it would be recorded: without the secrets that are defaults in it.
        guard let read = Template.read(live, file: "live").value else { return ["(the live template can't be read)"] }
        let live = read.recordedBody
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
