import AWS
import Deploying
import Foundation
import Model
import Planning
import Project
import StateDatabase

extension Workspace {
    /// The way into AWS for a stack. Throws `Problem` (exit code 3) where its settings forbid the account or the region.
    /// - Parameter guarded: what `accountCheck` has found.
    func enter(
        _ stack: PreparedStack, _ options: AWSOptions, _ context: Context, _ guarded: CloudAccess? = nil
    ) async throws -> CloudAccess {
        let region = stack.desired.region
        let refusals = stack.configuration.guardrailFindings(accountID: nil, region: region)
        guard refusals.isEmpty else { throw Problem(.refused, refusals) }
        if let guarded { return guarded }
        return try await enter(stack.configuration, stack.recorded, region, options, context)
    }

    /// Where only some accounts are allowed, that comes before anything else: before a prompt, a plan or a request.
    func accountCheck(_ address: StackAddress, _ options: AWSOptions, _ context: Context) async throws -> CloudAccess? {
        let settings = try project.configuration(of: address)
        guard settings.allowedAccounts != nil else { return nil }
        let recorded = try database.recordedStack(address)
        return try await enter(settings, recorded, try region(of: settings, recorded, options.profile), options, context)
    }

    private func enter(
        _ settings: StackSettings, _ recorded: RecordedStack?, _ region: String, _ options: AWSOptions, _ context: Context
    ) async throws -> CloudAccess {
        try await CloudAccess(
            context, options, self, settings.address, settings: settings, region: region, recordedAccount: recorded?.accountID)
    }

    /// What is asked of a deployer for a plan.
    /// - Parameters:
    ///   - approval: what the plan was approved by; nothing for one that is only looked at.
    ///   - proposal: the change set that was reviewed with the plan.
    func request(
        _ plan: Plan, _ stack: PreparedStack, _ cloud: CloudAccess, approval: Consent.Approval? = nil,
        proposal: ProposedChangeSet? = nil, _ handling: OperationHandling = OperationHandling()
    ) throws -> DeploymentRequest {
        var desired = stack.desired
        desired.accountID = cloud.identity.account
        return DeploymentRequest(
            plan: plan, desired: desired, kind: plan.importsResources ? .import : plan.kind == .create ? .create : .update,
            actor: cloud.actor,
            git: GitState.current(of: project.root), toolVersion: Version.current, commandLine: Self.commandLine,
            approval: approval?.rawValue ?? "", planJSON: try Self.encode(plan), serviceRole: stack.configuration.serviceRole,
            artifactLocation: stack.configuration.artifacts, proposal: proposal, handling: handling,
            rollbackConfiguration: rollbackConfiguration(stack, plan))
    }

    /// What is told of alarms. Where stack.yml has none any more, the stack's are taken away: what is not sent stays as it is, and an
    /// empty list without minutes would still wait for as long as before (API reference, RollbackConfiguration).
    private func rollbackConfiguration(_ stack: PreparedStack, _ plan: Plan) -> RollbackConfiguration? {
        if let rollback = stack.configuration.rollback {
            return RollbackConfiguration(triggers: rollback.alarms.map { .init(arn: $0) }, monitoringMinutes: rollback.minutes)
        }
        return plan.settings.contains { $0.name == "rollback" } ? RollbackConfiguration(triggers: [], monitoringMinutes: 0) : nil
    }

    static var commandLine: String { (["pipeplan"] + CommandLine.arguments.dropFirst()).joined(separator: " ") }

    /// A plan as it is recorded.
    static func encode(_ plan: Plan) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(plan), as: UTF8.self)
    }
}
