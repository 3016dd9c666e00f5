import ArgumentParser
import Foundation
import Model
import Planning
import Project
import StateDatabase

extension DeploymentStatus: ExpressibleByArgument {}

/// Reads an address as it is typed.
func parseAddress(_ text: String) throws -> StackAddress {
    guard let address = StackAddress(argument: text) else {
        throw Problem(
            .badInput, "bad-address", "\(JSONValue.quoted(text)) names no stack",
            detail: "A stack is named <stack> or <stack>:<environment>, such as image-pipeline:develop.")
    }
    return address
}

/// Throws where nothing is recorded of a stack and no file describes it either: most likely its name is misspelt.
func requireKnown(_ address: StackAddress, _ workspace: Workspace) throws {
    _ = try workspace.project.addresses([address.description])
}

extension Workspace {
    /// Throws where a stack was never deployed and no file describes it: most likely its name is misspelt.
    func requireDeployedOrDescribed(_ address: StackAddress) throws {
        if try !wasDeployed(address) { try requireKnown(address, self) }
    }

    private func wasDeployed(_ address: StackAddress) throws -> Bool {
        let filter = DeploymentFilter(stack: address.stack, environment: address.environment, limit: 1)
        return try !database.deployments(filter).isEmpty
    }

    /// The one stack that an argument names: in the environment it or the options name, or its only one.
    func oneAddress(_ text: String, _ options: CommonOptions) throws -> StackAddress {
        let address = try parseAddress(text)
        if try address.environment != nil && wasDeployed(address) {
            // What was once deployed can be looked at, whether its files are still there or not.
            return address
        }
        let found = try addresses([text], options)
        guard found.count == 1, let only = found.first else {
            throw Problem(
                .badInput, "several-environments", "\(address) has several environments",
                detail: "Name one: \(found.map(\.description).joined(separator: ", ")).")
        }
        return only
    }

    /// What is recorded of the stacks that arguments name; of all where there are none.
    /// - Parameter allowsNone: whether one that is known and not deployed is passed over.
    func recordedStacks(_ arguments: [String], _ options: CommonOptions, allowsNone: Bool = false) throws -> [RecordedStack] {
        let all = try database.recordedStacks()
        if arguments.isEmpty {
            guard let environment = options.environment else { return all }
            return all.filter { $0.address.environment == environment || $0.address.environment == nil }
        }
        return try arguments.flatMap { argument -> [RecordedStack] in
            let address = try parseAddress(argument)
            let environment = address.environment ?? options.environment ?? project.defaultEnvironment
            let found = all.filter { $0.address.stack == address.stack && (environment == nil || $0.address.environment == environment) }
            if found.isEmpty {
                try requireDeployedOrDescribed(address)
                if allowsNone { return [] }
                throw Problem(
                    .badInput, "not-deployed", "Nothing is recorded of \(address)", detail: "Deploy it with `pipeplan apply \(address)`.")
            }
            return found
        }
    }
}

extension StateDatabase {
    /// The plan that a deployment was approved with; `nil` where there is none or it is of another version.
    func recordedPlan(of deployment: Deployment) throws -> Plan? {
        try plan(of: deployment).flatMap { try? JSONDecoder().decode(Plan.self, from: Data($0.utf8)) }
    }
}
