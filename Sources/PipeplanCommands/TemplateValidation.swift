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
        var findings = reading.findings.map(Self.weighed)
        guard let template = reading.value else { return findings }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        func location(_ nested: String) -> String { URL(fileURLWithPath: nested, relativeTo: folder).standardizedFileURL.path }
        let nested = template.readNested { nested in
            let path = location(nested)
            return regularFile(path).map { NamedFile(name: shown(path), data: $0) }
        }
        findings += nested.findings.map(Self.weighed)
        sources[path] = template.source
        findings += template.check(types: types)
        for (nestedPath, template) in (nested.value ?? [:]).sorted(by: { $0.key < $1.key }) where location(nestedPath) != path {
            sources[location(nestedPath)] = template.source
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
