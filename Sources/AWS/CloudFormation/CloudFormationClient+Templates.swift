/// Whether a template is as it was sent, or as it is after its transforms.
package enum TemplateStage: String, Hashable, Sendable {
    case original = "Original"
    case processed = "Processed"
}

/// A parameter as a template declares it.
package struct DeclaredParameter: Hashable, Sendable {
    package var key: String
    /// `nil` for a parameter without one; hidden by AWS for NoEcho.
    package var defaultValue: String?
    /// Not told by ValidateTemplate.
    package var type: String?
    package var noEcho: Bool
    package var description: String?
    package var allowedValues: [String]
}

/// The resources of one type in a template, and by which properties an existing one is imported.
package struct ResourceIdentifierSummary: Hashable, Sendable {
    package var type: String
    package var logicalIDs: [String]
    package var identifiers: [String]
}

/// What CloudFormation reads out of a template. ValidateTemplate fills in the first five.
package struct TemplateSummary: Hashable, Sendable {
    package var parameters: [DeclaredParameter]
    package var description: String?
    package var capabilities: [String]
    package var capabilitiesReason: String?
    package var declaredTransforms: [String]
    package var resourceTypes: [String]
    package var version: String?
    /// JSON text.
    package var metadata: String?
    package var resourceIdentifiers: [ResourceIdentifierSummary]
}

extension CloudFormationClient {
    /// A stack's template, byte by byte as it was sent (`.original`).
    package func getTemplate(stack: String, stage: TemplateStage = .original) async throws -> String {
        try await template(stage) { $0.set("StackName", stack) }
    }

    /// The template of a change set, which an ARN names alone.
    package func getTemplate(changeSet: String, stack: String? = nil, stage: TemplateStage = .original) async throws -> String {
        try await template(stage) { form in
            form.set("ChangeSetName", changeSet)
            form.set("StackName", stack)
        }
    }

    private func template(_ stage: TemplateStage, _ fill: (inout QueryParameters) -> Void) async throws -> String {
        try await call("GetTemplate") { form in
            fill(&form)
            form.set("TemplateStage", stage.rawValue)
        } read: { result throws(UnreadableAnswer) in
            guard let body = result.value("TemplateBody") else { throw UnreadableAnswer("There is no TemplateBody in it") }
            return body
        }
    }

    package func getTemplateSummary(of template: TemplateSource) async throws -> TemplateSummary {
        try await call("GetTemplateSummary") {
            template.fill(&$0)
        } read: {
            TemplateSummary($0)
        }
    }

    package func getTemplateSummary(ofStack stack: String) async throws -> TemplateSummary {
        try await call("GetTemplateSummary") {
            $0.set("StackName", stack)
        } read: {
            TemplateSummary($0)
        }
    }

    /// Has CloudFormation check a template's form. Throws `AWSError` with the code `ValidationError` where it finds fault.
    package func validateTemplate(_ template: TemplateSource) async throws -> TemplateSummary {
        try await call("ValidateTemplate") {
            template.fill(&$0)
        } read: {
            TemplateSummary($0)
        }
    }
}

extension TemplateSummary {
    fileprivate init(_ element: XMLElement) {
        self.init(
            parameters: element.list("Parameters").map { parameter in
                DeclaredParameter(
                    key: parameter.text("ParameterKey") ?? "", defaultValue: parameter.value("DefaultValue"),
                    type: parameter.text("ParameterType"), noEcho: parameter.flag("NoEcho") ?? false,
                    description: parameter.text("Description"),
                    allowedValues: parameter["ParameterConstraints"]?.texts("AllowedValues") ?? [])
            },
            description: element.text("Description"), capabilities: element.texts("Capabilities"),
            capabilitiesReason: element.text("CapabilitiesReason"), declaredTransforms: element.texts("DeclaredTransforms"),
            resourceTypes: element.texts("ResourceTypes"), version: element.text("Version"), metadata: element.text("Metadata"),
            resourceIdentifiers: element.list("ResourceIdentifierSummaries").map { summary in
                ResourceIdentifierSummary(
                    type: summary.text("ResourceType") ?? "", logicalIDs: summary.texts("LogicalResourceIds"),
                    identifiers: summary.texts("ResourceIdentifiers"))
            })
    }
}
