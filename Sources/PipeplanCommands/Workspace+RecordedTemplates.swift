import Model
import Planning
import Project
import StateDatabase
import Templates

extension Workspace {
    /// The template that is in effect: the file, where it is the very same, so that its lines are named as the user knows them.
    func template(of stack: RecordedStack, _ settings: StackSettings?) throws -> Template {
        if let file = sameFile(as: stack.templateBody, settings) { return file }
        return try stack.readTemplate(file: "recorded template of \(stack.address) (\(stack.serial))")
    }

    /// The template that a deployment has sent; `nil` where it was removed to save space.
    func template(of deployment: Deployment, _ settings: StackSettings?) throws -> Template? {
        guard let body = try database.template(of: deployment) else { return nil }
        if let file = sameFile(as: body, settings) { return file }
        return Template.read(body, file: "recorded template of \(deployment.address) (\(deployment.serial))").value
    }

    private func sameFile(as body: String, _ settings: StackSettings?) -> Template? {
        settings?.loadTemplate().value.flatMap { $0.isReading(of: body) ? $0 : nil }
    }

    /// The local templates that the recorded one nests, by their paths.
    func nestedTemplates(of stack: RecordedStack) -> [String: Template] {
        var templates: [String: Template] = [:]
        for (path, body) in stack.nestedTemplates {
            templates[path] = Template.read(body, file: "recorded \(path)").value
        }
        return templates
    }

    /// The recorded stacks that import a value which another one exports.
    func recordedImporters(of exportName: String, from exporter: RecordedStack) throws -> [RecordedStack] {
        try database.recordedStacks().filter { stack in
            guard stack.address != exporter.address, stack.region == exporter.region, stack.accountID == exporter.accountID,
                let template = Template.read(stack.templateBody, file: stack.address.description).value
            else { return false }
            return importedNames(of: template, in: stack).contains(exportName)
        }
    }
}
