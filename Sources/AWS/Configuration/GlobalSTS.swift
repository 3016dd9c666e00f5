import Model

/// STS before it had an endpoint in each region.
enum GlobalSTS {
    static let endpoint = Endpoint(host: "sts.amazonaws.com")
    /// Where requests to it are signed for.
    static let region = "us-east-1"

    /// The regions that it serves where `sts_regional_endpoints` is `legacy`; all newer ones have only their own.
    static let regions: Set<String> = [
        "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1",
        "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    ]

    /// Whether environment or profile ask for it; the SDKs' default has become `regional`. Throws `Problem` for any other word.
    static func isAskedFor(environment: [String: String], profile: [String: SharedFile.Setting]) throws(Problem) -> Bool {
        let text = environment["AWS_STS_REGIONAL_ENDPOINTS"].flatMap { $0.isEmpty ? nil : $0 } ?? profile["sts_regional_endpoints"]?.value
        switch text?.lowercased() {
        case nil, "", "regional": return false
        case "legacy": return true
        case .some:
            throw Problem(
                .badInput, "bad-sts-endpoints", "AWS_STS_REGIONAL_ENDPOINTS or sts_regional_endpoints is \"\(text ?? "")\"",
                detail: "It must be regional or legacy.")
        }
    }
}

extension EndpointSettings {
    func isGlobalSTS(region: String) -> Bool {
        usesGlobalSTS && !isCustom(.sts) && !useFIPS && !useDualStack && GlobalSTS.regions.contains(region)
    }
}
