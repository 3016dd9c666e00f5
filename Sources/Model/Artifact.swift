package import Foundation

/// Where files are uploaded to for CloudFormation and the services it deploys to: `bucket`, or `s3://bucket/prefix`.
package struct ArtifactLocation: Hashable, Sendable {
    package var bucket: String
    /// What every key starts with, without the slash behind it.
    package var prefix: String

    /// - Returns: `nil` where the text names no bucket, or a key that is no key.
    package init?(_ text: String) {
        let isURL = text.hasPrefix("s3://")
        let parts = text.dropFirst(isURL ? 5 : 0).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bucket = parts.first, isURL || parts.count == 1 else { return nil }
        let isName = bucket.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
        // Amazon S3 user guide, "General purpose bucket naming rules".
        guard isName, (3...63).contains(bucket.utf8.count) else { return nil }
        let names = parts.dropFirst().first?.split(separator: "/", omittingEmptySubsequences: true) ?? []
        self.bucket = String(bucket)
        prefix = names.isEmpty ? "pipeplan" : names.joined(separator: "/")
    }

    private init(placeholder: String) {
        bucket = placeholder
        prefix = "pipeplan"
    }

    /// Stands for the location where none is set, so that a plan can be made all the same.
    package static let unset = ArtifactLocation(placeholder: "artifacts-is-not-set")

    /// The key of what has these contents.
    package func key(_ digest: Digest, extension ending: String) -> String {
        "\(prefix)/\(digest)" + (ending.isEmpty ? "" : ".\(ending)")
    }

    /// The address of an object as CloudFormation takes it for a template, known without asking anybody.
    ///
    /// Path-style, as `aws cloudformation package` writes it: every endpoint that stands in for AWS understands that one.
    package func url(_ key: String, region: String) -> String {
        "https://s3.\(region).\(region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com")/\(bucket)/\(key)"
    }
}

/// A local file or folder that a template names.
package struct Artifact: Sendable {
    /// As the user would type it.
    package var path: String
    /// Of its contents.
    package var digest: Digest
    /// `nil` for what stands in the template itself.
    package var upload: Upload?

    package struct Upload: Sendable {
        package var bucket: String
        package var key: String
        package var contentType: String
        /// Reads and packs it, when it is about to be uploaded. Throws `Problem`, also where it is not what it was any more.
        package var contents: @Sendable () throws -> Data

        package init(bucket: String, key: String, contentType: String, contents: @escaping @Sendable () throws -> Data) {
            self.bucket = bucket
            self.key = key
            self.contentType = contentType
            self.contents = contents
        }
    }

    package init(path: String, digest: Digest, upload: Upload?) {
        self.path = path
        self.digest = digest
        self.upload = upload
    }
}
