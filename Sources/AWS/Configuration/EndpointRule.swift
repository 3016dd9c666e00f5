/// How AWS names the hosts of a service: a function of region, FIPS and dual stack.
///
/// The facts are those of the SDKs' endpoint rule sets; a test compares each service with botocore's resolver in all
/// regions of all partitions.
struct EndpointRule: Hashable, Sendable {
    /// Where hosts that speak IPv6 too are.
    enum DualStack: Hashable, Sendable {
        /// In a domain of their own: `cloudformation.us-east-1.api.aws`.
        case ownDomain
        /// Below a label of their own: `s3.dualstack.us-east-1.amazonaws.com`.
        case ownLabel
        /// In a domain of their own only in newer partitions: those of the older ones speak IPv6 under their plain names.
        case plainInOlderPartitions
    }

    /// The first label of a host, or more than one: `portal.sso`.
    var label: String
    var dualStack = DualStack.ownDomain
    /// Whether GovCloud's hosts are FIPS endpoints under their plain names, and have no others.
    var isPlainFIPSInGovCloud = false
    var hasFIPSInChina = true
    /// The label of hosts that speak IPv6 too, where it is another one.
    var dualStackLabel: String?

    /// The rule of a service, by the first part of its host's name; services without one have nothing special.
    static func of(_ label: String) -> EndpointRule {
        switch label {
        case "cloudformation", "sts", "ssm", "portal.sso", "oidc": EndpointRule(label: label, isPlainFIPSInGovCloud: true)
        case "s3": EndpointRule(label: label, dualStack: .ownLabel, hasFIPSInChina: false)
        case "secretsmanager": EndpointRule(label: label, dualStack: .plainInOlderPartitions)
        case "ecr": EndpointRule(label: "api.ecr", dualStackLabel: "ecr")
        default: EndpointRule(label: label)
        }
    }

    /// The host's name; `nil` where there is no such endpoint.
    func host(region: String, useFIPS: Bool, useDualStack: Bool) -> String? {
        let partition = Partition.of(region: region)
        guard !useFIPS || hasFIPSInChina || partition.name != "aws-cn" else { return nil }
        let isPlainFIPS = isPlainFIPSInGovCloud && partition.name == "aws-us-gov" && !useDualStack
        let first = (useDualStack ? dualStackLabel ?? label : label) + (useFIPS && !isPlainFIPS ? "-fips" : "")
        guard useDualStack else { return "\(first).\(region).\(partition.suffix)" }
        switch dualStack {
        case .ownDomain: return "\(first).\(region).\(partition.dualStackSuffix)"
        case .ownLabel: return "\(first).dualstack.\(region).\(partition.suffix)"
        case .plainInOlderPartitions:
            let isPlain = ["aws", "aws-us-gov"].contains(partition.name) || (partition.name == "aws-cn" && !useFIPS)
            return "\(first).\(region).\(isPlain ? partition.suffix : partition.dualStackSuffix)"
        }
    }
}
