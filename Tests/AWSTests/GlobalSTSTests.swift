import Foundation
import Model
import Testing

@testable import AWS

@Suite struct GlobalSTSTests {
    private struct Question: Encodable {
        var region: String
        var environment: [String: String]
    }

    private func place(_ environment: [String: String], region: String) async throws -> [String] {
        let requests = Collector<HTTPRequest>()
        let session = try AWSSession(
            context: .example(environment), region: region, transport: .stub(requests, .success(.xml("<GetCallerIdentityResponse/>"))))
        _ = try? await session.sts().getCallerIdentity()
        let request = try #require(requests.items.first)
        let scope = try #require(request.headers.first { $0.name == "Authorization" }?.value.split(separator: "/"))
        return [request.endpoint.url, String(scope[2])]
    }

    /// botocore, given the same, sends to the same host and signs for the same region.
    @Test func `STS is where botocore has it, for each region and either setting`() async throws {
        let regions = [
            "us-east-1", "eu-central-1", "ap-northeast-2", "af-south-1", "us-gov-west-1", "cn-north-1", "sa-east-1", "me-south-1",
        ]
        let settings = [
            [:], ["AWS_STS_REGIONAL_ENDPOINTS": "regional"], ["AWS_STS_REGIONAL_ENDPOINTS": "legacy"],
            ["AWS_STS_REGIONAL_ENDPOINTS": "legacy", "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9"],
        ]
        let questions = regions.flatMap { region in settings.map { Question(region: region, environment: $0) } }
        let theirs: [[String]] = try await Python.ask("sts.py", questions)
        #expect(theirs.count == questions.count)
        for (question, place) in zip(questions, theirs) {
            #expect(try await self.place(question.environment, region: question.region) == place, "\(question)")
        }
    }

    @Test func `another word is refused`() {
        let problem = #expect(throws: Problem.self) { try AWSSession(context: .example(["AWS_STS_REGIONAL_ENDPOINTS": "global"])) }
        #expect(problem?.findings.first?.code == "bad-sts-endpoints")
    }
}
