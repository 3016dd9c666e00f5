import Foundation
import Model
import Templates

extension CloudFormationService {
    func getTemplate(_ form: QueryForm) throws -> Answer {
        let body: String
        if form["ChangeSetName"] != nil {
            guard form["StackName"] != nil || form["ChangeSetName"]?.hasPrefix("arn:") == true else {
                throw APIFailure.validation("StackName is a required parameter.")
            }
            body = try changeSet(form).content.templateBody
        } else {
            guard form["StackName"] != nil else { throw APIFailure.validation("StackName is required if ChangeSetName is not specified.") }
            body = try stack(form).content.templateBody
        }
        return .of(["TemplateBody": .text(body), "StagesAvailable": .texts(["Original", "Processed"])])
    }

    func validateTemplate(_ form: QueryForm) throws -> Answer {
        let template = try TemplateReading.read(try templateBody(form, previous: nil))
        let needed = Capabilities.needed(by: template)
        let parameters = template.parameters.values.map { parameter in
            Answer.of([
                "ParameterKey": .text(parameter.name), "DefaultValue": .text(parameter.noEcho ? nil : parameter.defaultValue),
                "NoEcho": .flag(parameter.noEcho), "Description": .text(parameter.description),
            ])
        }
        return .of([
            "Parameters": .list(parameters), "Description": .text(template.description), "Capabilities": capabilities(template),
            "CapabilitiesReason": .text(reason(needed.types)),
            "DeclaredTransforms": template.transforms.isEmpty ? nil : .texts(template.transforms),
        ])
    }

    func getTemplateSummary(_ form: QueryForm) throws -> Answer {
        let body: String
        if form["StackName"] != nil {
            body = try stack(form).content.templateBody
        } else {
            body = try templateBody(form, previous: nil)
        }
        let template = try TemplateReading.read(body)
        let needed = Capabilities.needed(by: template)
        let parameters = template.parameters.values.map { parameter in
            Answer.of([
                "ParameterKey": .text(parameter.name), "DefaultValue": .text(parameter.noEcho ? nil : parameter.defaultValue),
                "ParameterType": .text(parameter.type), "NoEcho": .flag(parameter.noEcho), "Description": .text(parameter.description),
                "ParameterConstraints": .of([
                    "AllowedValues": parameter.allowedValues.isEmpty ? nil : .texts(parameter.allowedValues)
                ]),
            ])
        }
        return .of([
            "Parameters": .list(parameters), "Description": .text(template.description), "Capabilities": capabilities(template),
            "CapabilitiesReason": .text(reason(needed.types)), "ResourceTypes": .texts(Set(template.resources.values.map(\.type)).sorted()),
            "Version": .text(template.root["AWSTemplateFormatVersion"]?.text),
            "Metadata": .text(template.root["Metadata"]?.json.compactText),
            "DeclaredTransforms": template.transforms.isEmpty ? nil : .texts(template.transforms),
        ])
    }

    private func capabilities(_ template: Template) -> Answer? {
        var needed = Capabilities.needed(by: template).capability.map { [$0] } ?? []
        if !template.transforms.isEmpty { needed.append("CAPABILITY_AUTO_EXPAND") }
        return needed.isEmpty ? nil : .texts(needed)
    }

    private func reason(_ types: [String]) -> String? {
        types.isEmpty ? nil : "The following resource(s) require capabilities: [\(types.joined(separator: ", "))]"
    }
}
