package import Foundation
import Model
package import OrderedCollections
package import Templates

/// What stacks/pipeplan.yml sets for every stack of the project. All of it is optional.
package struct ProjectSettings: Sendable {
    package var region: Located<String>?
    package var tags: OrderedDictionary<String, String> = [:]
    /// Where the team's log lives: `s3://bucket/prefix`, or a folder as it was written.
    package var share: Located<String>?
    /// Whether `--offline-ok` may deploy while that can't be reached.
    package var offlineOk = false
    /// The bucket for large templates and packages.
    package var artifacts: Located<String>?
    package var guardrails = Guardrails()

    package init() {}

    /// - Parameter file: the name used in findings.
    package static func read(_ data: Data, file: String) -> Reading<ProjectSettings> {
        SettingsReader.read(data, file: file) { reader, root in reader.projectSettings(root) }
    }
}

/// Limits that no stack of the project can lift.
package struct Guardrails: Hashable, Sendable, Codable {
    /// IDs of the only accounts to deploy to; `nil` allows every one.
    package var allowedAccounts: [String]?
    /// The only regions to deploy to; `nil` allows every one.
    package var allowedRegions: [String]?
    /// Keys of tags that every stack must have.
    package var requiredTags: [String]
    /// Resource types that are protected wherever they stand, such as `AWS::RDS::DBInstance`.
    package var protectedTypes: [String]

    package init(
        allowedAccounts: [String]? = nil, allowedRegions: [String]? = nil, requiredTags: [String] = [], protectedTypes: [String] = []
    ) {
        self.allowedAccounts = allowedAccounts
        self.allowedRegions = allowedRegions
        self.requiredTags = requiredTags
        self.protectedTypes = protectedTypes
    }
}

extension SettingsReader {
    fileprivate mutating func projectSettings(_ root: Node) -> ProjectSettings {
        let top = section(root, "pipeplan.yml", keys: ["region", "tags", "share", "offlineOk", "artifacts", "guardrails"])
        var settings = ProjectSettings()
        settings.region = text("region", in: top, by: .region)
        settings.tags = tags("tags", in: top)
        settings.share = text("share", in: top)
        settings.offlineOk = bool("offlineOk", in: top) ?? false
        settings.artifacts = text("artifacts", in: top, by: .artifactLocation)
        let keys = ["allowedAccounts", "allowedRegions", "requiredTags", "protectedTypes"]
        if let guardrails = section("guardrails", in: top, keys: keys) {
            settings.guardrails = Guardrails(
                allowedAccounts: texts("allowedAccounts", in: guardrails, by: .account)?.map(\.value),
                allowedRegions: texts("allowedRegions", in: guardrails, by: .region)?.map(\.value),
                requiredTags: (texts("requiredTags", in: guardrails) ?? []).map(\.value),
                protectedTypes: (texts("protectedTypes", in: guardrails) ?? []).map(\.value))
        }
        return settings
    }
}
