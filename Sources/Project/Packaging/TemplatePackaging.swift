import Foundation
package import Model
package import Templates

/// Works out what becomes of the local files and folders that a template names, as `aws cloudformation package` has it: the places in S3
/// they go to follow from their contents alone, so that nothing has to be asked and nothing uploaded to plan with them.
package struct TemplatePackaging {
    /// A template as CloudFormation gets it, and what has to be in S3 first.
    package struct Package: Sendable {
        package var template: Template
        /// The local templates it nests, at any depth, by their addresses.
        package var nested: [String: Template]
        /// Each once.
        package var artifacts: [Artifact]

        package init(template: Template, nested: [String: Template] = [:], artifacts: [Artifact] = []) {
            self.template = template
            self.nested = nested
            self.artifacts = artifacts
        }
    }

    private let files: Files
    private let location: ArtifactLocation?
    private let region: String
    private let severityWithoutLocation: Finding.Severity

    /// - Parameters:
    ///   - location: where files are uploaded to; `nil` where none is set.
    ///   - severity: of the finding that a location is needed and not set.
    package init(workingDirectory: String, location: ArtifactLocation?, region: String, withoutLocation severity: Finding.Severity) {
        files = Files(workingDirectory: workingDirectory)
        self.location = location
        self.region = region
        severityWithoutLocation = severity
    }

    /// - Parameters:
    ///   - path: of the template, absolute.
    ///   - parameterValues: those that it was read with.
    /// - Returns: always a value: what can't be packaged stands in it as a placeholder, and has a finding.
    package func package(_ template: Template, at path: String, parameterValues: [String: String] = [:]) -> Reading<Package> {
        let folder = Paths.parent(of: path)
        let nested = files.templates(nestedIn: template, from: folder)
        var run = PackagingRun(
            files: files, location: location, region: region, folder: folder, templates: nested.value ?? [:], findings: nested.findings)
        let packaged = run.packaged(template, in: "", parameterValues)
        if let finding = run.needsLocation(severityWithoutLocation) { run.findings.append(finding) }
        return Reading(
            value: Package(template: packaged, nested: run.nested, artifacts: run.artifacts), findings: run.findings)
    }
}

private struct PackagingRun {
    let files: Files
    let location: ArtifactLocation?
    let region: String
    /// Of the outermost template, absolute.
    let folder: String
    /// The local templates by their paths from that folder, as they were read.
    let templates: [String: Template]
    var findings: [Finding]

    var nested: [String: Template] = [:]
    var artifacts: [Artifact] = []
    /// What was packaged, by how and what.
    private var done: [Source: PackagedValue] = [:]
    /// What has to be uploaded, where no location is set.
    private var homeless: [(subject: String, location: String, template: Template, span: Span)] = []

    private struct Source: Hashable {
        var path: String
        var contents: PackagedProperty.Contents
    }

    init(
        files: Files, location: ArtifactLocation?, region: String, folder: String, templates: [String: Template], findings: [Finding]
    ) {
        self.files = files
        self.location = location
        self.region = region
        self.folder = folder
        self.templates = templates
        self.findings = findings
    }

    private var place: ArtifactLocation { location ?? .unset }

    /// - Parameter inner: the template's folder, from the outermost one's.
    mutating func packaged(_ template: Template, in inner: String, _ parameterValues: [String: String]) -> Template {
        var values: [LocalReference.Place: PackagedValue] = [:]
        for reference in template.localReferences { values[reference.place] = value(of: reference, in: template, inner) }
        return values.isEmpty ? template : template.packaged(parameterValues: parameterValues, values)
    }

    func needsLocation(_ severity: Finding.Severity) -> Finding? {
        guard let first = homeless.first else { return nil }
        let others = homeless.count - 1
        let more = others == 0 ? "" : " \(others) other \(others == 1 ? "property needs" : "properties need") it too."
        return first.template.source.finding(
            "missing-artifact-bucket", severity,
            "\(first.subject) is the local path \(first.location), and there is no bucket to upload it to",
            detail: "Name a bucket as `artifacts` in stack.yml or stacks/pipeplan.yml: AWS reads it from S3.\(more)", at: first.span)
    }

    private mutating func value(of reference: LocalReference, in template: Template, _ inner: String) -> PackagedValue? {
        let property = reference.property
        guard !reference.variesInLoop else {
            findings.append(
                template.source.finding(
                    "local-path-in-loop", "\(reference.subject) is another local path in every round of a loop",
                    detail: "Each becomes a place in S3 of its own, for which there is room for one only. Write the resources out.",
                    at: reference.span))
            return placeholder(property)
        }
        if location == nil, property.form != .inline {
            homeless.append((reference.subject, reference.location, template, reference.span))
        }
        let base = Paths.absolute(inner, from: folder)
        let source = Source(
            path: property.contents == .template
                ? NestedPath.path(of: reference.location, in: inner) : Paths.absolute(reference.location, from: base),
            contents: property.contents)
        if let value = done[source] { return value }
        let value: PackagedValue
        do {
            value = try self.value(of: source) ?? placeholder(property)
        } catch {
            guard let finding = (error as? Problem)?.findings.first else { return placeholder(property) }
            let located = template.source.finding(
                finding.code, "\(reference.subject): \(finding.summary)", detail: finding.detail + hint(property), at: reference.span)
            findings.append(located)
            value = placeholder(property)
        }
        done[source] = value
        return value
    }

    private func hint(_ property: PackagedProperty) -> String {
        property.contents == .text ? " Without `./` in front it would be a path in the source that is built." : ""
    }

    /// Stands for what can't be packaged, so that nothing else is found wrong with the property.
    private func placeholder(_ property: PackagedProperty) -> PackagedValue {
        if property.form == .inline { return .text("") }
        return object(key: place.key(Digest(of: ""), extension: ""))
    }

    private func object(key: String) -> PackagedValue {
        .object(bucket: place.bucket, key: key, url: place.url(key, region: region))
    }

    private mutating func value(of source: Source) throws -> PackagedValue? {
        let shown = files.shown(source.path)
        switch source.contents {
        case .template: return nestedTemplate(source.path)
        case .text:
            let data = try files.read(source.path)
            guard let text = String(validating: data, as: UTF8.self) else {
                throw Problem(.badInput, "not-utf8", "The file \(shown) is not UTF-8 text", detail: "Save it in UTF-8 and try again.")
            }
            artifacts.append(Artifact(path: shown, digest: Digest(of: data), upload: nil))
            return .text(text)
        case .archive, .bundle, .file:
            guard files.exists(source.path) else { return try missing(source.path) }
            if files.isFolder(source.path) {
                guard source.contents != .file else {
                    throw Problem(.badInput, "not-a-file", "\(shown) is a folder", detail: "A file is expected here.")
                }
                return try archive(FileTree(folder: source.path, shownPath: shown))
            }
            let tree = try FileTree(file: source.path, shownPath: shown)
            if source.contents == .archive, try !isArchive(source.path) { return try archive(tree) }
            return try file(tree, source.path)
        }
    }

    private func missing(_ path: String) throws -> PackagedValue? {
        // Reading it tells best what is missing.
        _ = try files.read(path)
        return nil
    }

    /// What is missing or nests itself has a finding already.
    private mutating func nestedTemplate(_ path: String) -> PackagedValue? {
        guard let template = templates[path] else { return nil }
        let packaged = packaged(template, in: NestedPath.folder(of: path), [:])
        let body = packaged.body
        let digest = Digest(of: body)
        let key = place.key(digest, extension: "template")
        let value = object(key: key)
        if case .object(_, _, let url) = value { nested[url] = packaged }
        add(template.source.file, digest, key, "text/plain") { Data(body.utf8) }
        return value
    }

    private mutating func archive(_ tree: FileTree) throws -> PackagedValue {
        let digest = try tree.digest()
        let key = place.key(digest, extension: "zip")
        add(tree.shownPath, digest, key, "application/zip") { try tree.archive(expecting: digest) }
        return object(key: key)
    }

    private mutating func file(_ tree: FileTree, _ path: String) throws -> PackagedValue {
        let shown = tree.shownPath
        let digest = try FileTree.digest(ofFile: path, shownPath: shown)
        let ending = Paths.name(of: path).split(separator: ".", omittingEmptySubsequences: false).dropFirst().last ?? ""
        let isPlain = ending.utf8.count <= 10 && ending.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        let key = place.key(digest, extension: isPlain ? String(ending) : "")
        let files = files
        add(shown, digest, key, "application/octet-stream") {
            let data = try files.read(path, largest: FileTree.largestSize)
            guard Digest(of: data) == digest else { throw FileTree.changed(shown) }
            return data
        }
        return object(key: key)
    }

    private mutating func add(
        _ path: String, _ digest: Digest, _ key: String, _ contentType: String, _ contents: @escaping @Sendable () throws -> Data
    ) {
        guard !artifacts.contains(where: { $0.path == path && $0.digest == digest }) else { return }
        let upload = Artifact.Upload(bucket: place.bucket, key: key, contentType: contentType, contents: contents)
        artifacts.append(Artifact(path: path, digest: digest, upload: location == nil ? nil : upload))
    }

    private func isArchive(_ path: String) throws -> Bool {
        guard let handle = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? handle.close() }
        return ZipArchive.isArchive(try handle.read(upToCount: 4) ?? Data())
    }
}
