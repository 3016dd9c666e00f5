import Model
import Planning
import Project
import StateDatabase
import Templates

extension Workspace {
    /// The template that is in effect: the file, where it is the very same, so that its lines are named as the user knows them.
    func template(of stack: RecordedStack, _ settings: StackSettings?) throws -> Template {
        if let file = sameFile(as: stack.templateBody, settings, region: stack.region) { return file }
        return try stack.readTemplate(file: "recorded template of \(stack.address) (\(stack.serial))")
    }

    /// The template that a deployment has sent; `nil` where it was removed to save space.
    func template(of deployment: Deployment, _ settings: StackSettings?) throws -> Template? {
        guard let body = try database.template(of: deployment) else { return nil }
        if let file = sameFile(as: body, settings, region: deployment.region) { return file }
        return Template.read(body, file: "recorded template of \(deployment.address) (\(deployment.serial))").value
    }

    /// What needs what in the template that a deployment has sent; `nil` where that is not at hand.
    func graph(of deployment: Deployment) -> DependencyGraph? {
        guard let body = try? database.template(of: deployment) else { return nil }
        return Template.read(body, file: "recorded").value.map { DependencyGraph($0) }
    }

    private func sameFile(as body: String, _ settings: StackSettings?, region: String) -> Template? {
        guard let settings, let written = settings.loadTemplate().value else { return nil }
        let template = settings.package(written, region: region, withoutLocation: .note).value?.template ?? written
        return template.isReading(of: body) ? template : nil
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

extension RecordedStack {
    /// Whether the deployed stack has a resource, one called `Network/Table` in a stack nested in it.
    func mayHave(_ name: String) -> Bool {
        let logicalID = String(name.prefix { $0 != "/" })
        guard resources.contains(where: { $0.logicalID == logicalID && $0.status != "DELETE_COMPLETE" }) else { return false }
        guard logicalID != name, let template = try? template() else { return true }
        return template.mayHave(name, nested: nestedTemplates(in: template))
    }
}
