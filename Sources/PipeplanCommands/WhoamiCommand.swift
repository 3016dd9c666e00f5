import AWS
import ArgumentParser
import Foundation
import Model
import Project
import Reporting

struct WhoamiCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami",
        abstract: "Show which AWS identity is in use, where its credentials come from, in which account and region.",
        discussion: """
              pipeplan whoami
              pipeplan whoami --profile prod --region eu-central-1
              pipeplan whoami image-pipeline:prod   as whom this stack would be deployed, and whether that is allowed

            It needs no project and no permission.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @Option(name: .long, help: "The region; wins over the one in stack.yml, AWS_REGION and the profile's.")
    var region: String?
    @Argument(help: "A stack, as <stack> or <stack>:<environment>.")
    var stack: String?

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try stackSettings(context)
        guard context.usesSandbox(common) else {
            try await show(settings, in: context, isSandbox: false)
            return .success
        }
        // Nothing is asked of the sandbox that it would have to keep.
        let name = context.randomBytes(8).map { String($0, radix: 16) }.joined()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pipeplan-\(name)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await context.withSandbox(in: folder) { try await show(settings, in: $0, isSandbox: true) }
        return .success
    }

    private func stackSettings(_ context: Context) throws -> StackSettings? {
        guard let stack else { return nil }
        let project = try Project.find(from: context)
        let addresses = try project.addresses([stack], environment: common.environment)
        guard addresses.count == 1, let address = addresses.first else {
            throw Problem(
                .badInput, "missing-environment", "\(stack) means several stacks",
                detail: "Name one: \(addresses.map(\.description).joined(separator: ", ")).")
        }
        return try project.configuration(of: address)
    }

    /// - Throws: `Problem` (exit code 3), once everything is shown, where the stack must not be deployed as this identity.
    private func show(_ settings: StackSettings?, in context: Context, isSandbox: Bool) async throws {
        let session = try AWSSession(
            context: context, profile: isSandbox ? nil : aws.profile ?? settings?.profile, region: region ?? settings?.region,
            fallbackRegion: "us-east-1", assumeRole: isSandbox ? nil : settings?.assumeRole, log: aws.log(context))
        let identity = try await session.sts().getCallerIdentity()
        let report = IdentityReport(
            arn: identity.arn, account: identity.account, userID: identity.userID, source: session.credentialLinks,
            expiresAt: try await session.credentialExpiration(), region: session.region,
            regionSource: region != nil ? "--region" : settings?.region != nil ? "stack.yml" : session.regionOrigin,
            profile: session.profile,
            profileSource: isSandbox
                ? nil : aws.profile != nil ? "--profile" : settings?.profile != nil ? "stack.yml" : session.profileOrigin)
        context.terminal.write(
            common.json ? try JSONReport.render(report) : report.text(.output(context), now: context.clock.now()))
        if let settings,
            let finding = StackSettings.accountFinding(settings.address, accountID: identity.account, allowed: settings.allowedAccounts)
        {
            throw Problem(.refused, [finding])
        }
    }
}
