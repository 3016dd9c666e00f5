import Foundation
import Model
import Project
import ResourceTypes
import Templates

/// Checks templates and what they name by local paths; remembers which templates it has read.
struct TemplateValidation {
    private let types = ResourceTypeCatalog.bundled
    /// What has been read, by absolute path.
    private(set) var sources: [String: SourceText] = [:]
    private let workingDirectory: String

    init(_ context: Context) { workingDirectory = context.workingDirectory }

    /// Everything that is wrong with a template, those nested in it, and the other files it names.
    /// - Parameters:
    ///   - path: the template's, absolute.
    ///   - package: what becomes of the files it names.
    mutating func findings(
        _ reading: Reading<Template>, at path: String, _ package: (Template) -> Reading<TemplatePackaging.Package>
    ) -> [Finding] {
        var findings = reading.findings.map(Self.weighed)
        guard let template = reading.value else { return findings }
        let packaging = package(template)
        findings += packaging.findings.map(Self.weighed)
        var templates = [packaging.value?.template ?? template]
        templates += (packaging.value?.nested ?? [:]).values.sorted { $0.source.file < $1.source.file }
        for (index, template) in templates.enumerated() {
            let path = index == 0 ? path : absolute(template.source.file)
            // A template may nest one that it is itself.
            guard sources.updateValue(template.source, forKey: path) == nil || index == 0 else { continue }
            findings += template.check(types: types)
        }
        return findings
    }

    /// A template whose parameters have no values yet is no wrong template; to plan it they must be known.
    private static func weighed(_ finding: Finding) -> Finding {
        var finding = finding
        if finding.code == "unknown-collection" { finding.severity = .warning }
        return finding
    }

    private func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: workingDirectory, isDirectory: true)).standardizedFileURL.path
    }
}
