import Foundation
package import Model
import OrderedCollections

/// What can't be edited by hand, and why.
package enum CloudEditProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case noStack(String)
    case noResource(stack: String, logicalID: String)
    case badPath(String)

    package var description: String {
        switch self {
        case .noStack(let name): "The sandbox has no stack \(name)"
        case .noResource(let stack, let logicalID): "The stack \(stack) has no resource \(logicalID) that exists"
        case .badPath(let path): "The path \(path) leads nowhere in the resource's properties"
        }
    }
}

/// Changing the cloud behind CloudFormation's back, as somebody in the console would. No server needs to run.
extension CloudStore {
    /// Sets a property of a live resource.
    /// - Parameters:
    ///   - stack: the stack's name or ARN.
    ///   - path: the property, its parts separated by dots or slashes: `Environment.Variables.URL`, `Tags/0/Value`.
    ///   - value: `nil` removes the property.
    /// - Throws: `CloudEditProblem` where there is no such thing.
    package func edit(stack: String, region: String, logicalID: String, path: String, value: JSONValue?) async throws {
        try await transaction { cloud in
            let (found, record) = try Self.find(stack, region, logicalID, cloud)
            guard let live = try cloud.liveResource(record.type, record.physicalID, region: found.region) else {
                throw CloudEditProblem.noResource(stack: stack, logicalID: logicalID)
            }
            let parts = path.split(whereSeparator: { $0 == "." || $0 == "/" }).map(String.init)
            guard !parts.isEmpty, let edited = Self.setting(live.properties, parts[...], to: value) else {
                throw CloudEditProblem.badPath(path)
            }
            try cloud.putResource(
                record.type, record.physicalID, region: found.region, stackID: found.id, logicalID: logicalID, properties: edited)
        }
    }

    /// Deletes a live resource; its stack does not hear of it.
    package func deleteResource(stack: String, region: String, logicalID: String) async throws {
        try await transaction { cloud in
            let (found, record) = try Self.find(stack, region, logicalID, cloud)
            try cloud.deleteResource(record.type, record.physicalID, region: found.region)
        }
    }

    /// Deletes something that exists whether or not a stack has it, such as what a deleted stack has retained.
    package func deleteResource(type: String, physicalID: String, region: String) async throws {
        try await transaction { cloud in try cloud.deleteResource(type, physicalID, region: region) }
    }

    private static func find(_ stack: String, _ region: String, _ logicalID: String, _ cloud: Cloud) throws -> (StackRecord, ResourceRecord)
    {
        let found = try stack.hasPrefix("arn:") ? cloud.stack(id: stack) : cloud.stack(named: stack, region: region)
        guard let found else { throw CloudEditProblem.noStack(stack) }
        guard let record = found.content.resources[logicalID], record.exists else {
            throw CloudEditProblem.noResource(stack: stack, logicalID: logicalID)
        }
        return (found, record)
    }

    /// The value with one part of it set or removed; `nil` where the path leads through what is no object or list.
    static func setting(_ value: JSONValue, _ path: ArraySlice<String>, to new: JSONValue?) -> JSONValue? {
        guard let key = path.first else { return new }
        let rest = path.dropFirst()
        switch value {
        case .object(var members):
            if rest.isEmpty {
                members[key] = new
            } else {
                guard let inner = setting(members[key] ?? .object([:]), rest, to: new) else { return nil }
                members[key] = inner
            }
            return .object(members)
        case .array(var items):
            guard let index = Int(key), index >= 0, index <= items.count else { return nil }
            if index == items.count {
                guard rest.isEmpty, let new else { return nil }
                items.append(new)
            } else if rest.isEmpty, new == nil {
                items.remove(at: index)
            } else {
                guard let inner = setting(items[index], rest, to: new) else { return nil }
                items[index] = inner
            }
            return .array(items)
        default: return nil
        }
    }
}
