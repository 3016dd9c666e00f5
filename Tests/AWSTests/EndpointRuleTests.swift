import Model
import Testing

@testable import AWS

@Suite struct EndpointRuleTests {
    /// One line of `Peers/endpoints.py`.
    private struct Case: Decodable, Hashable {
        var service: String
        var region: String
        var fips: Bool
        var dualStack: Bool
        var url: String?

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            service = try list.decode(String.self)
            region = try list.decode(String.self)
            fips = try list.decode(Bool.self)
            dualStack = try list.decode(Bool.self)
            url = try list.decodeIfPresent(String.self)
        }
    }

    /// botocore's name of each service, and how its hosts' names begin.
    private static let services = [
        "cloudformation": "cloudformation", "sts": "sts", "s3": "s3", "ssm": "ssm", "secretsmanager": "secretsmanager",
        "cloudcontrol": "cloudcontrolapi", "sso": "portal.sso", "sso-oidc": "oidc", "codepipeline": "codepipeline",
        "codebuild": "codebuild", "ecr": "ecr",
    ]

    @Test func `every service's hosts are those that botocore finds, in all regions of all partitions`() async throws {
        let cases: [Case] = try await Python.ask("endpoints.py", Self.services.keys.sorted())
        #expect(cases.count > 1500 && cases.contains { $0.url == nil })
        let wrong = cases.filter { one in
            let rule = EndpointRule.of(Self.services[one.service] ?? "")
            let host = rule.host(region: one.region, useFIPS: one.fips, useDualStack: one.dualStack)
            return host.map { "https://\($0)" } != one.url
        }
        #expect(wrong.isEmpty)
    }

    @Test func `a FIPS endpoint that AWS does not have is told before anything is sent`() throws {
        let settings = EndpointSettings(useFIPS: true)
        let problem = #expect(throws: Problem.self) { try settings.endpoint(.s3, region: "cn-north-1") }
        #expect(problem?.findings.first?.code == "no-fips-endpoint")
        #expect(try settings.endpoint(.s3, region: "us-gov-west-1").url == "https://s3-fips.us-gov-west-1.amazonaws.com")
    }
}
