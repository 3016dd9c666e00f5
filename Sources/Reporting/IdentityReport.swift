package import Foundation

/// `whoami --json`, format version 1.
package struct IdentityReport: Encodable, Sendable {
    var formatVersion = 1
    var arn: String
    var account: String
    var userId: String
    /// Each link of the chain that the credentials come from: the one that signs first, then what gives it, and so on.
    var source: [String]
    @OrNull var expiresAt: Date?
    /// `nil` where nothing names one.
    @OrNull var region: String?
    @OrNull var regionSource: String?
    var profile: String
    /// `nil` where nothing names one, and it is the default one.
    @OrNull var profileSource: String?
    /// Where AWS was asked for the identity.
    private let askedIn: String

    private enum CodingKeys: CodingKey {
        case formatVersion, arn, account, userId, source, expiresAt, region, regionSource, profile, profileSource
    }

    /// - Parameters:
    ///   - region: where AWS was asked.
    ///   - regionSource: what names the region; `nil` where nothing does.
    package init(
        arn: String, account: String, userID: String, source: [String], expiresAt: Date?, region: String, regionSource: String?,
        profile: String, profileSource: String?
    ) {
        self.arn = arn
        self.account = account
        userId = userID
        self.source = source
        askedIn = region
        self.profile = profile
        _expiresAt = OrNull(wrappedValue: expiresAt)
        _region = OrNull(wrappedValue: regionSource == nil ? nil : region)
        _regionSource = OrNull(wrappedValue: regionSource)
        _profileSource = OrNull(wrappedValue: profileSource)
    }

    package func text(_ style: Style, now: Date) -> String {
        var text = style.bold(arn.printable) + "\n"
        func line(_ name: String, _ value: String, _ remark: String? = nil) {
            text += "  \(style.dim(name.padded(to: 8))) \(value.printable)\(remark.map { style.dim(" (\($0.printable))") } ?? "")\n"
        }
        line("account", account)
        line("user ID", userId)
        for (index, link) in source.enumerated() { line(index == 0 ? "source" : "", index == 0 ? link : "taken on with \(link)") }
        if let expiresAt {
            line("expires", TimeText.rfc3339(expiresAt), "in \(TimeText.duration(expiresAt.timeIntervalSince(now)))")
        } else {
            line("expires", "never")
        }
        if let region {
            line("region", region, regionSource)
        } else {
            line("region", "none", "AWS_REGION or the profile would name one; AWS was asked in \(askedIn)")
        }
        line("profile", profile, profileSource)
        return text
    }
}
