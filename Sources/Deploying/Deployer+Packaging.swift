import AWS
import Foundation
import Model
import Templates

/// What CloudFormation and the services it deploys to read from S3: large templates, and the files that templates name.
extension Deployer {
    /// The template as it is sent: in the request, or uploaded where it is too large for that. What it names is uploaded first.
    /// - Throws: `Problem` (exit code 4) where there is no bucket to upload to, (exit code 3) where a file is another one by now.
    func template(for request: DeploymentRequest) async throws -> TemplateSource {
        for artifact in request.desired.artifacts {
            guard let upload = artifact.upload else { continue }
            try await uploads.once("\(upload.bucket)/\(upload.key)") { try await send(upload) }
        }
        let body = request.desired.template.body
        guard body.utf8.count > TemplateLimits.inlineBytes else { return .body(body) }
        guard let location = request.artifactLocation else {
            throw Problem(
                .badInput, "template-too-large",
                "The template has \(body.utf8.count) bytes; CloudFormation takes \(TemplateLimits.inlineBytes) in a request",
                detail: "Name a bucket as `artifacts` in stack.yml: larger templates are uploaded there.")
        }
        let key = location.key(Digest(of: body), extension: "template")
        let upload = Artifact.Upload(bucket: location.bucket, key: key, contentType: "text/plain") { Data(body.utf8) }
        try await uploads.once("\(upload.bucket)/\(key)") { try await send(upload) }
        return .url(location.url(key, region: request.desired.region))
    }

    /// Stores what is not there yet: its key is made of its contents, so what bears that is the same.
    private func send(_ upload: Artifact.Upload) async throws {
        if await isThere(upload) { return }
        let body = try upload.contents()
        func put(_ condition: S3WriteCondition?) async throws {
            _ = try await artifacts.putObject(
                body, bucket: upload.bucket, key: upload.key, contentType: upload.contentType, condition: condition)
        }
        do {
            try await put(.ifAbsent)
        } catch let error as AWSError where error.isPreconditionFailed {
            // Somebody else was faster.
        } catch let error as AWSError where error.code == "NoSuchBucket" {
            throw Problem(
                .failed, "no-artifact-bucket", "The bucket \(upload.bucket) for packaged files does not exist",
                detail: "`artifacts` in stack.yml or stacks/pipeplan.yml names it. Make it, or name another (docs/packaging.md).")
        } catch let failure as any RequestFailure where failure.requestMayHaveBeenTaken {
            // Whoever stored it, it is the same.
            try await put(nil)
        }
    }

    /// Asking costs less than packing and sending. Who may not ask is told that it is forbidden; whatever is wrong shows again then.
    private func isThere(_ upload: Artifact.Upload) async -> Bool {
        (try? await artifacts.headObject(bucket: upload.bucket, key: upload.key)) != nil
    }
}

/// What was uploaded by the deployers of a process: what two of them need at once is sent by one.
package actor SharedUploads {
    private var uploads: [String: Task<Void, any Error>] = [:]

    package init() {}

    /// - Parameter name: of the object, bucket and key.
    func once(_ name: String, _ send: @escaping @Sendable () async throws -> Void) async throws {
        if let task = uploads[name] { return try await task.value }
        let task = Task { try await send() }
        uploads[name] = task
        do {
            try await task.value
        } catch {
            // Somebody else's credentials may do.
            uploads[name] = nil
            throw error
        }
    }
}
