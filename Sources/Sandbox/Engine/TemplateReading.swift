import Foundation
import Model
import Templates

/// Reads a template and refuses it with CloudFormation's own words where it is wrong.
///
/// The recordings (`errors/` and `stacks/` in `shared/aws`) give the texts; what they don't cover is refused with CloudFormation's
/// general text and what was found.
enum TemplateReading {
    /// - Parameter parameterValues: what `Fn::ForEach` may loop over.
    static func read(_ body: String, parameterValues: [String: String] = [:]) throws(APIFailure) -> Template {
        guard body.utf8.count <= TemplateLimits.bytes else {
            throw .validation("Template may not exceed \(TemplateLimits.bytes) bytes in size.")
        }
        let isJSON = body.first { !$0.isWhitespace } == "{"
        let name = isJSON ? "template.json" : "template.yml"
        let document = Document.read(body, file: name)
        guard let root = document.value?.root, !document.findings.contains(where: { $0.severity == .error }) else {
            throw malformed(document.findings, isJSON: isJSON)
        }
        guard document.value?.usesAliases != true else {
            throw .validation("Template error: YAML aliases are not allowed in CloudFormation templates")
        }
        try TemplateStructure.check(root)
        let reading = Template.read(body, file: name, parameterValues: parameterValues)
        if let finding = reading.findings.first(where: { $0.severity == .error }) {
            throw .validation("Template format error: \(finding.summary)")
        }
        guard let template = reading.value else { throw .validation("Template format error: unsupported structure.") }
        try TemplateReferences.check(template)
        return template
    }

    private static func malformed(_ findings: [Finding], isJSON: Bool) -> APIFailure {
        guard isJSON else { return .validation("Template format error: YAML not well-formed.") }
        // CloudFormation's reader has already taken the character it stumbles over.
        let place = findings.first?.location.map { " (line \($0.start.line), column \($0.start.column + 1))" } ?? ""
        return .validation("Template format error: JSON not well-formed.\(place)")
    }
}
