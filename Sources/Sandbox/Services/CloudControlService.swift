import Foundation
import Model
import ResourceTypes
import Templates

/// The part of Cloud Control API that reads resources.
struct CloudControlService {
    let cloud: Cloud
    let region: String
    let requestID: String

    func answer(_ request: WireRequest) throws -> WireResponse {
        let action = request.headers["x-amz-target"]?.split(separator: ".").last.map(String.init) ?? ""
        guard action == "GetResource" else { throw APIFailure("UnsupportedActionException", "The sandbox has no action \(action)") }
        let text = String(decoding: request.body, as: UTF8.self)
        guard let input = Document.read(text, file: "request.json").value?.root.json, let type = input["TypeName"]?.scalarText,
            let identifier = input["Identifier"]?.scalarText
        else { throw APIFailure("ValidationException", "TypeName and Identifier are required") }
        guard !ResourceTypeCatalog.isCustomResource(type), let facts = ResourceTypeCatalog.bundled[type] else {
            throw APIFailure("TypeNotFoundException", "The type '\(type)' cannot be found.", status: 404)
        }
        guard !type.hasPrefix("AWS::CloudFormation::"), type != "AWS::CodePipeline::Webhook" else {
            throw APIFailure("UnsupportedActionException", "Resource type \(type) does not support READ action")
        }
        guard let live = try cloud.liveResource(type, identifier, region: region) else {
            throw APIFailure(
                "ResourceNotFoundException", "Resource of type '\(type)' with identifier '\(identifier)' was not found.", status: 404)
        }
        let told = DriftComparison.readable(SecretMark.masked(live.properties), facts)
        let answer: JSONValue = [
            "TypeName": .string(type),
            "ResourceDescription": ["Identifier": .string(identifier), "Properties": .string(told.compactText)],
        ]
        return WireResponse(status: 200, contentType: "application/x-amz-json-1.0", text: answer.compactText, requestID: requestID)
    }
}
