import Deploying
import Foundation
import Model
import Planning
import StateDatabase

extension Workspace {
    /// The way into AWS for a stack. Throws `Problem` (exit code 3) where its settings forbid the account or the region.
    func enter(_ stack: PreparedStack, _ options: AWSOptions, _ context: Context) async throws -> CloudAccess {
        let cloud = try await CloudAccess(context, options, profile: stack.configuration.profile, region: stack.desired.region)
        let refusals = stack.configuration.guardrailFindings(accountID: cloud.identity.account, region: stack.desired.region)
        guard refusals.isEmpty else { throw Problem(.refused, refusals) }
        return cloud
    }

    /// What is asked of a deployer for a plan.
    /// - Parameters:
    ///   - approval: what the plan was approved by; nothing for one that is only looked at.
    ///   - proposal: the change set that was reviewed with the plan.
    func request(
        _ plan: Plan, _ stack: PreparedStack, _ cloud: CloudAccess, approval: Consent.Approval? = nil,
        proposal: ProposedChangeSet? = nil
    ) throws -> DeploymentRequest {
        var desired = stack.desired
        desired.accountID = cloud.identity.account
        return DeploymentRequest(
            plan: plan, desired: desired, kind: plan.kind == .create ? .create : .update, actor: cloud.actor,
            git: GitState.current(of: project.root), toolVersion: Version.current, commandLine: Self.commandLine,
            approval: approval?.rawValue ?? "", planJSON: try Self.encode(plan), serviceRole: stack.configuration.serviceRole,
            artifactBucket: stack.configuration.artifacts ?? project.settings.artifacts?.value, proposal: proposal)
    }

    static var commandLine: String { (["pipeplan"] + CommandLine.arguments.dropFirst()).joined(separator: " ") }

    /// A plan as it is recorded.
    static func encode(_ plan: Plan) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(plan), as: UTF8.self)
    }
}
