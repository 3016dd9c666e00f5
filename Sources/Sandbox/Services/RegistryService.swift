import Foundation
import Model

/// The part of ECR that tells whether a repository is empty. Nothing can be pushed here, so that each is.
struct RegistryService {
    let cloud: Cloud
    let region: String
    let requestID: String

    func answer(_ request: WireRequest, action: String) throws -> WireResponse {
        guard action == "ListImages" else {
            throw APIFailure("UnsupportedOperation", "The sandbox's registry knows ListImages only.")
        }
        guard let input = try? JSONDecoder().decode(JSONValue.self, from: request.body),
            let name = input["repositoryName"]?.scalarText
        else { throw APIFailure("InvalidParameterException", "repositoryName is missing") }
        guard try cloud.liveResource("AWS::ECR::Repository", name, region: region) != nil else {
            throw APIFailure("RepositoryNotFoundException", "The repository with name '\(name)' does not exist")
        }
        let body: JSONValue = ["imageIds": []]
        return WireResponse(status: 200, contentType: "application/x-amz-json-1.1", text: body.compactText, requestID: requestID)
    }
}
