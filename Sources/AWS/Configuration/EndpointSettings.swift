package import Model

/// Where services are reached, as environment and profile have it.
package struct EndpointSettings: Hashable, Sendable {
    /// An address, and what set it.
    struct Custom: Hashable, Sendable {
        var url: String
        var origin: String
    }

    /// For one service.
    var services: [Service: Custom] = [:]
    /// For all others.
    var all: Custom?
    package var useFIPS = false
    package var useDualStack = false
    /// Whether STS is one for all older regions.
    var usesGlobalSTS = false

    /// Whether an address of one's own is set for the service.
    package func isCustom(_ service: Service) -> Bool { (services[service] ?? all) != nil }

    /// The endpoint of a service. Throws `Problem` where the address that was set is none, or AWS has none of the kind.
    package func endpoint(_ service: Service, region: String) throws(Problem) -> Endpoint {
        if let custom = services[service] ?? all {
            guard let endpoint = Endpoint(url: custom.url, origin: custom.origin) else {
                throw Problem(
                    .badInput, "bad-endpoint", "\(custom.origin) is no address of an endpoint",
                    detail: "It must be written like http://127.0.0.1:4566, without user or query.")
            }
            return endpoint
        }
        let rule = EndpointRule.of(service.hostLabel)
        guard let host = rule.host(region: region, useFIPS: useFIPS, useDualStack: useDualStack) else {
            throw Problem(
                .badInput, "no-fips-endpoint", "\(service.rawValue) has no FIPS endpoint in \(region)",
                detail: "AWS_USE_FIPS_ENDPOINT or use_fips_endpoint asks for one. Set it to false for this region.")
        }
        return Endpoint(host: host)
    }
}

extension EndpointSettings {
    /// The order is botocore's: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's `services` section, its `endpoint_url`.
    init(environment: [String: String], profileName: String, profile: [String: SharedFile.Setting], files: SharedFiles) {
        func isOn(_ variable: String, _ setting: String) -> Bool {
            (environment[variable] ?? profile[setting]?.value)?.lowercased() == "true"
        }
        useFIPS = isOn("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
        useDualStack = isOn("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
        guard !isOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls") else { return }

        func variable(_ name: String) -> Custom? {
            environment[name].flatMap { $0.isEmpty ? nil : Custom(url: $0, origin: name) }
        }
        let servicesName = profile["services"]?.value
        let section = servicesName.map { files.services($0) } ?? [:]
        all = variable("AWS_ENDPOINT_URL")
        for service in Service.allCases {
            if let own = variable("AWS_ENDPOINT_URL_\(service.variableSuffix)") {
                services[service] = own
            } else if all == nil, let url = section[service.settingsName]?.nested["endpoint_url"] {
                services[service] = Custom(
                    url: url, origin: "endpoint_url in [services \(servicesName ?? "")] of \(files.config.path)")
            }
        }
        if all == nil, let url = profile["endpoint_url"]?.value {
            all = Custom(url: url, origin: "endpoint_url of the profile \(profileName)")
        }
    }
}
