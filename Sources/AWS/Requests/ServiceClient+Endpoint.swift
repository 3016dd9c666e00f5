import Model

extension ServiceClient {
    /// A client where AWS, or who configured it, has the service. Throws `Problem` for a region or an address that is none.
    init(_ service: Service, region: String, _ endpoints: EndpointSettings, _ runtime: ClientRuntime) throws(Problem) {
        try Region.check(region, isCustom: endpoints.isCustom(service))
        let isGlobal = service == .sts && endpoints.isGlobalSTS(region: region)
        self.init(
            service: service, region: isGlobal ? GlobalSTS.region : region,
            endpoint: try isGlobal ? GlobalSTS.endpoint : endpoints.endpoint(service, region: region), runtime: runtime)
    }
}
