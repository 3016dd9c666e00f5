import Foundation
import Model
import ResourceTypes
import Templates

/// Checks templates and, where they nest others by a path, those too; remembers which files it has read.
struct TemplateValidation {
    private let types = ResourceTypeCatalog.bundled
    /// What has been read, by absolute path.
    private(set) var sources: [String: SourceText] = [:]
    private let workingDirectory: String

    init(_ context: Context) { workingDirectory = context.workingDirectory }

    /// Everything that is wrong with a template and those nested in it.
    /// - Parameter path: the template's, absolute.
    mutating func findings(_ reading: Reading<Template>, at path: String) -> [Finding] {
        var pending = [(reading, path)]
        var findings: [Finding] = []
        var seen: Set<String> = [path]
        while let (reading, path) = pending.popLast() {
            findings += reading.findings.map(Self.weighed)
            guard let template = reading.value else { continue }
            sources[path] = template.source
            findings += template.check(types: types)
            for nested in NestedTemplate.all(in: template, at: path) where seen.insert(nested.path).inserted {
                guard let data = regularFile(nested.path) else {
                    findings.append(nested.missing)
                    continue
                }
                pending.append((Template.read(data, file: shown(nested.path)), nested.path))
            }
        }
        return findings
    }

    /// A template whose parameters have no values yet is no wrong template; to plan it they must be known.
    private static func weighed(_ finding: Finding) -> Finding {
        var finding = finding
        if finding.code == "unknown-collection" { finding.severity = .warning }
        return finding
    }

    /// A path as the user would type it.
    private func shown(_ path: String) -> String {
        path.hasPrefix(workingDirectory + "/") ? String(path.dropFirst(workingDirectory.count + 1)) : path
    }

    /// The bytes of a file; `nil` where there is none, or where reading it might never end.
    private func regularFile(_ path: String) -> Data? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return try? Data(contentsOf: URL(fileURLWithPath: path))
    }
}

/// A template that another one names by a path, as `aws cloudformation package` takes it.
private struct NestedTemplate {
    /// Absolute.
    var path: String
    /// What to say where it does not exist.
    var missing: Finding

    static func all(in template: Template, at path: String) -> [NestedTemplate] {
        template.resources.values.compactMap { resource in
            guard resource.type == "AWS::CloudFormation::Stack",
                let value = resource.properties.first(where: { $0.key == "TemplateURL" })?.value, let location = value.literalText,
                !location.isEmpty, !location.contains("://"), !location.hasPrefix("{{")
            else { return nil }
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            return NestedTemplate(
                path: URL(fileURLWithPath: location, relativeTo: folder).standardizedFileURL.path,
                missing: template.source.finding(
                    "missing-nested-template", "There is no file \(location) for the nested stack \(resource.logicalID)",
                    detail: "It is looked for beside the template. Correct the path, or give the URL of a template in S3.", at: value.span))
        }
    }
}
