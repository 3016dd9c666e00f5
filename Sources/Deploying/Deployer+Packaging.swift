import AWS
import Foundation
import Model
import Planning
import Templates

/// What CloudFormation reads from S3: large templates, and those of nested stacks.
extension Deployer {
    /// The template as it is sent: in the request, or uploaded where it is too large for that. Local templates that it nests are
    /// uploaded first, and named by their addresses.
    /// - Throws: `Problem` (exit code 4) where there is no bucket to upload to.
    func template(for request: DeploymentRequest) async throws -> TemplateSource {
        var uploads: [String: String] = [:]
        let body = try await packaged(request.desired.template, in: "", request, &uploads)
        guard body.utf8.count > TemplateLimits.inlineBytes else { return .body(body) }
        let problem = Problem(
            .badInput, "template-too-large",
            "The template has \(body.utf8.count) bytes; CloudFormation takes \(TemplateLimits.inlineBytes) in a request",
            detail: "Name a bucket as `artifacts` in stack.yml: larger templates are uploaded there.")
        return .url(try await upload(body, request, otherwise: problem))
    }

    /// A template's text with the addresses of those it nests, which are uploaded before it, the innermost first.
    /// - Parameter uploads: where nested templates have been uploaded to, by their paths: one that is nested twice is sent once.
    private func packaged(
        _ template: Template, in folder: String, _ request: DeploymentRequest, _ uploads: inout [String: String]
    ) async throws -> String {
        var urls: [String: String] = [:]
        for nested in template.resources.values.compactMap(\.nestedTemplate) {
            let path = NestedPath.path(of: nested.location, in: folder)
            guard let inner = request.desired.nested[path] else { continue }
            if uploads[path] == nil {
                let body = try await packaged(inner, in: NestedPath.folder(of: path), request, &uploads)
                let problem = Problem(
                    .badInput, "nested-template-without-bucket",
                    "The template \(nested.location) of the nested stack \(nested.logicalID) has to be uploaded, and there is no bucket",
                    detail: "Name a bucket as `artifacts` in stack.yml: CloudFormation reads nested templates from S3.")
                uploads[path] = try await upload(body, request, otherwise: problem)
            }
            urls[nested.logicalID] = uploads[path]
        }
        guard let body = template.body(nesting: urls) else {
            throw Problem(
                .badInput, "nested-templates-in-loop", "\(template.source.file) makes nested stacks of several files in one loop",
                detail: "Each file becomes an address of its own, for which there is one place only. Write the nested stacks out.")
        }
        return body
    }

    /// Stores a text under a name made of its contents, so that the same one is stored once.
    private func upload(_ body: String, _ request: DeploymentRequest, otherwise problem: Problem) async throws -> String {
        guard let bucket = request.artifactBucket else { throw problem }
        let key = "pipeplan/\(request.desired.stackName)/\(Digest(of: body)).template"
        func put(_ condition: S3WriteCondition?) async throws {
            _ = try await artifacts.putObject(
                Data(body.utf8), bucket: bucket, key: key, contentType: "text/plain", condition: condition)
        }
        do {
            try await put(.ifAbsent)
        } catch let error as AWSError where error.isPreconditionFailed {
            // It is there already.
        } catch let failure as any RequestFailure where failure.requestMayHaveBeenTaken {
            // Whoever stored it, it is the same.
            try await put(nil)
        }
        return artifacts.url(bucket: bucket, key: key)
    }
}
