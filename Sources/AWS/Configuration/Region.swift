package import Model

/// Which of AWS's separate worlds a region belongs to, and what its hosts are called.
package struct Partition: Hashable, Sendable {
    /// As ARNs have it: `aws`, `aws-cn`, `aws-us-gov` …
    package var name: String
    package var suffix: String
    /// The suffix of hosts that speak IPv6 too.
    package var dualStackSuffix: String

    /// The partition of a region, by the prefix of its name; botocore's `partitions.json` has the list.
    package static func of(region: String) -> Partition {
        let prefixes: [(String, Partition)] = [
            ("cn-", Partition(name: "aws-cn", suffix: "amazonaws.com.cn", dualStackSuffix: "api.amazonwebservices.com.cn")),
            ("us-gov-", Partition(name: "aws-us-gov", suffix: "amazonaws.com", dualStackSuffix: "api.aws")),
            ("us-isob-", Partition(name: "aws-iso-b", suffix: "sc2s.sgov.gov", dualStackSuffix: "api.aws.scloud")),
            ("us-isof-", Partition(name: "aws-iso-f", suffix: "csp.hci.ic.gov", dualStackSuffix: "api.aws.hci.ic.gov")),
            ("us-iso-", Partition(name: "aws-iso", suffix: "c2s.ic.gov", dualStackSuffix: "api.aws.ic.gov")),
            ("eu-isoe-", Partition(name: "aws-iso-e", suffix: "cloud.adc-e.uk", dualStackSuffix: "api.cloud-aws.adc-e.uk")),
            ("eusc-", Partition(name: "aws-eusc", suffix: "amazonaws.eu", dualStackSuffix: "api.amazonwebservices.eu")),
        ]
        return prefixes.first { region.hasPrefix($0.0) }?.1
            ?? Partition(name: "aws", suffix: "amazonaws.com", dualStackSuffix: "api.aws")
    }
}

/// What can be said of a region's name without asking AWS.
package enum Region {
    /// Regions to suggest from; a name that is not here may still be a newer region.
    static let known = [
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
        "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6",
        "ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2",
        "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "eusc-de-east-1", "il-central-1",
        "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1",
        "us-west-1", "us-west-2",
    ]

    /// Throws `Problem` where the name can't be a region's. Behind an endpoint of one's own (`isCustom`) any host label may be one.
    package static func check(_ name: String, isCustom: Bool) throws(Problem) {
        let isLabel =
            !name.isEmpty && name.utf8.count <= 63 && name.utf8.allSatisfy(isLabelByte) && name.first != "-" && name.last != "-"
        let words = name.split(separator: "-", omittingEmptySubsequences: false)
        let looksLikeRegion = words.count >= 3 && words.allSatisfy { !$0.isEmpty } && words.last?.allSatisfy(\.isNumber) == true
        guard !(isLabel && (isCustom || looksLikeRegion)) else { return }
        let suggestion = nearestName(to: name, in: known).map { " Did you mean \($0)?" } ?? ""
        throw Problem(
            .badInput, "bad-region", "\"\(name)\" is no AWS region",
            detail: "A region is written like us-east-1.\(suggestion)")
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
