import Foundation
import Model
import OrderedCollections
import Templates

/// The part of SSM that parameters of CloudFormation's SSM types need. Parameters made by stacks are here too.
struct ParameterStoreService {
    let cloud: Cloud
    let region: String
    let requestID: String

    func answer(_ request: WireRequest) throws -> WireResponse {
        do {
            let target = request.headers["x-amz-target"] ?? ""
            let action = target.split(separator: ".").last.map(String.init) ?? ""
            let text = String(decoding: request.body, as: UTF8.self)
            guard let input = Document.read(text.isEmpty ? "{}" : text, file: "request.json").value?.root.json, input.objectMembers != nil
            else {
                throw APIFailure("SerializationException", "The request body is no JSON object")
            }
            return response(200, try perform(action, input))
        } catch let failure as APIFailure {
            return response(failure.status, ["__type": .string(failure.code), "message": .string(failure.message)])
        }
    }

    private func response(_ status: Int, _ value: JSONValue) -> WireResponse {
        WireResponse(status: status, contentType: "application/x-amz-json-1.1", text: value.compactText, requestID: requestID)
    }

    private func perform(_ action: String, _ input: JSONValue) throws -> JSONValue {
        switch action {
        case "GetParameter":
            let name = try required("Name", input)
            // Recording `parameter_defaults`: the message is empty.
            guard let found = try parameter(name) else { throw APIFailure("ParameterNotFound", "") }
            return ["Parameter": found]
        case "GetParameters":
            let names = input["Names"]?.arrayItems?.compactMap(\.scalarText) ?? []
            guard (1...10).contains(names.count) else {
                let bound = names.isEmpty ? "greater than or equal to 1" : "less than or equal to 10"
                throw APIFailure(
                    "ValidationException",
                    "1 validation error detected: Value '[\(names.joined(separator: ", "))]' at 'names' failed to satisfy constraint: Member must have length \(bound)"
                )
            }
            let found = try names.compactMap { try parameter($0) }
            let missing = try names.filter { try parameter($0) == nil }
            return ["Parameters": .array(found), "InvalidParameters": .array(missing.map { .string($0) })]
        case "PutParameter":
            let name = try required("Name", input)
            let exists = try cloud.liveResource("AWS::SSM::Parameter", name, region: region) != nil
            guard !exists || input["Overwrite"] == true else {
                throw APIFailure(
                    "ParameterAlreadyExists",
                    "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
            }
            guard input["Type"]?.scalarText != "SecureString" else {
                throw APIFailure("ValidationException", "The sandbox stores no secrets, and so no SecureString parameters.")
            }
            try cloud.putResource(
                "AWS::SSM::Parameter", name, region: region, stackID: nil, logicalID: nil,
                properties: ["Name": .string(name), "Type": input["Type"] ?? "String", "Value": .string(try required("Value", input))])
            return ["Version": 1, "Tier": "Standard"]
        case "DeleteParameter":
            let name = try required("Name", input)
            guard try parameter(name) != nil else { throw APIFailure("ParameterNotFound", "") }
            try cloud.deleteResource("AWS::SSM::Parameter", name, region: region)
            return [:]
        default: throw APIFailure("InvalidAction", "The sandbox has no SSM action \(action)")
        }
    }

    private func required(_ name: String, _ input: JSONValue) throws -> String {
        guard let text = input[name]?.scalarText, !text.isEmpty else {
            throw APIFailure(
                "ValidationException",
                "1 validation error detected: Value null at '\(name)' failed to satisfy constraint: Member must not be null")
        }
        return text
    }

    private func parameter(_ name: String) throws -> JSONValue? {
        guard let resource = try cloud.liveResource("AWS::SSM::Parameter", name, region: region) else { return nil }
        return [
            "Name": .string(name), "Type": resource.properties["Type"] ?? "String",
            "Value": .string(resource.properties["Value"]?.scalarText.map { SecretMark.masked($0) } ?? ""), "Version": 1,
            "DataType": "text",
            "LastModifiedDate": .number(String(Int(cloud.now.timeIntervalSince1970))),
            "ARN": .string("arn:aws:ssm:\(region):\(cloud.accountID):parameter/\(name.hasPrefix("/") ? String(name.dropFirst()) : name)"),
        ]
    }
}
