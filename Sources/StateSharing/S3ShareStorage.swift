package import AWS
package import Foundation
import Model

/// A share in an S3 bucket, or in any store that honours `If-None-Match: *`.
package struct S3ShareStorage: ShareStorage {
    package let name: String
    private let client: S3Client
    private let bucket: String
    /// Empty, or with a `/` at its end.
    private let prefix: String

    package init(name: String, client: S3Client, bucket: String, prefix: String) {
        self.name = name
        self.client = client
        self.bucket = bucket
        self.prefix = prefix
    }

    package func createIfAbsent(_ body: Data, at path: String) async throws -> CreationAnswer {
        do {
            _ = try await client.putObject(
                body, bucket: bucket, key: prefix + path, contentType: "application/json", condition: .ifAbsent)
            return .created
        } catch let error as AWSError where error.isPreconditionFailed {
            return .exists
        } catch let error as AWSError where error.isWriteConflict {
            return .conflict
        } catch let failure as any RequestFailure where failure.requestMayHaveBeenTaken {
            return .lost(unavailable(failure))
        } catch let failure as any RequestFailure {
            throw unavailable(failure)
        }
    }

    package func get(_ path: String) async throws -> Data? {
        try await asking { try await client.getObject(bucket: bucket, key: prefix + path)?.body }
    }

    package func put(_ body: Data, at path: String) async throws {
        try await asking { _ = try await client.putObject(body, bucket: bucket, key: prefix + path, contentType: "application/json") }
    }

    package func list(_ folder: String, after: String?) async throws -> [ShareEntry] {
        let folder = "\(prefix)\(folder)/"
        let objects = try await asking {
            try await client.listObjects(bucket: bucket, prefix: folder, after: after.map { folder + $0 }, delimiter: "/")
        }
        return objects.map { ShareEntry(name: String($0.key.dropFirst(folder.count)), tag: $0.etag) }
    }

    private func asking<Value>(_ request: () async throws -> Value) async throws -> Value {
        do {
            return try await request()
        } catch let failure as any RequestFailure {
            throw unavailable(failure)
        }
    }

    private func unavailable(_ failure: any RequestFailure) -> ShareUnavailable {
        let isDenied = (failure as? AWSError).map { !$0.isTransient && !$0.isThrottling } ?? false
        return ShareUnavailable(name, failure.problem, isDenied: isDenied)
    }
}
