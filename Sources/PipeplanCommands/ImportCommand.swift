import AWS
import ArgumentParser
import Deploying
import Foundation
import Model
import Planning
import Project
import Reporting
import StateDatabase

struct ImportCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take over a stack that was made elsewhere: record it, and write its files.",
        discussion: """
              pipeplan import shop                          the stack shop, as stacks/shop
              pipeplan import shop:prod --stack-name shop1  under another name, as the environment prod
              pipeplan import shop --region eu-central-1

            Nothing changes in AWS. What CloudFormation tells of the stack is recorded as its first deployment. Where stacks/ has no
            folder for it, one is written with the template and a stack.yml, so that `plan` shows no changes; where there is one, it
            stays as it is, and `plan` shows how it differs from the stack. Values of NoEcho parameters are told to nobody: the stack
            keeps them until they are given.

            To take single resources into a stack, list them under `import` in its stack.yml, and apply that.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var aws: AWSOptions
    @OptionGroup var sharing: ShareOptions
    @Argument(help: "What the stack is to be called here, as <stack> or <stack>:<environment>.")
    var stack: String
    @Option(name: .long, help: "The stack's name in AWS, where that is not the one it would be given here.")
    var stackName: String?
    @Option(name: .long, help: "The region it is in; by default the one in stack.yml, or AWS's own setting.")
    var region: String?

    func run(in context: Context) async throws -> ExitStatus {
        let workspace = try Workspace(context, common, .readWrite)
        let target = try target(workspace)
        var imported: Deployment?
        try await workspace.withCloud { context in imported = try await adopt(target, workspace, context) }
        if common.json { context.terminal.write(try JSONReport.render(HistoryReport(imported.map { [$0] } ?? []))) }
        guard let imported, !common.json else { return .success }
        await compare(imported.address, workspace)
        return .success
    }

    /// Where the stack goes: an address, with its settings where files describe it already.
    private typealias Target = (address: StackAddress, settings: StackSettings?, recorded: RecordedStack?)

    private func target(_ workspace: Workspace) throws -> Target {
        var address = try parseAddress(stack)
        guard workspace.project.describes(address.stack) else {
            try workspace.project.requireFree(address.stack)
            address.environment = address.environment ?? common.environment
            return (address, nil, try workspace.database.recordedStack(address))
        }
        let found = try workspace.addresses([stack], common)
        guard found.count == 1, let only = found.first else {
            throw Problem(
                .badInput, "several-environments", "\(address) has several environments",
                detail: "Name one: \(found.map(\.description).joined(separator: ", ")).")
        }
        return (only, try workspace.project.configuration(of: only), try workspace.database.recordedStack(only))
    }

    /// - Returns: `nil` where the stack is recorded already.
    private func adopt(_ target: Target, _ workspace: Workspace, _ context: Context) async throws -> Deployment? {
        let address = target.address
        let region = try region(of: target, workspace)
        let name = stackName ?? target.settings?.stackName ?? [address.stack, address.environment].compactMap { $0 }.joined(separator: "-")
        if let recorded = target.recorded, recorded.region != region || recorded.stackName != name {
            throw Problem(
                .refused, "stack-moved", "\(address) is recorded as \(recorded.stackName) in \(recorded.region), not \(name) in \(region)",
                detail: "Importing this would leave the recorded stack behind. Give the other one another name here.")
        }
        let cloud = try await CloudAccess(
            context, aws, workspace, address, settings: target.settings, region: region, recordedAccount: target.recorded?.accountID)
        let adopted = try await StackAdoption(try cloud.session.cloudFormation()).read(name, as: address, accountID: cloud.identity.account)
        if let known = try workspace.database.recordedStacks().first(where: { $0.stackID == adopted.recorded.stackID }) {
            return try tellKnown(known, address, context)
        }
        return try await workspace.changingRecords(of: [address], sharing, aws, cloud.context) { right in
            try record(adopted, target, workspace, cloud, right)
        }
    }

    private func region(of target: Target, _ workspace: Workspace) throws -> String {
        if let region { return region }
        if let region = target.settings?.region ?? target.recorded?.region ?? workspace.project.settings.region?.value { return region }
        return try workspace.ambientRegion(profile: aws.profile ?? target.settings?.profile)
    }

    private func tellKnown(_ known: RecordedStack, _ address: StackAddress, _ context: Context) throws -> Deployment? {
        guard known.address == address else {
            throw Problem(
                .refused, "stack-recorded", "The stack \(known.stackName) is recorded as \(known.address)",
                detail: "It can't be two stacks here. `pipeplan plan \(known.address)` shows how it stands.")
        }
        context.terminal.writeError("Nothing to do: \(address) is recorded, as deployment \(known.serial) left it.\n")
        return nil
    }

    /// Files and record: both or neither. A record without an outcome is settled by `resume`.
    private func record(
        _ adopted: AdoptedStack, _ target: Target, _ workspace: Workspace, _ cloud: CloudAccess, _ right: DeploymentRight
    ) throws -> Deployment {
        let context = cloud.context
        let database = workspace.database
        let hold = try database.requireHold(target.address)
        defer { withExtendedLifetime(hold) {} }
        var intent = adopted.intent(
            startedAt: context.clock.now(), actor: cloud.actor, git: GitState.current(of: workspace.project.root),
            toolVersion: Version.current, commandLine: Workspace.commandLine, recordedSerial: target.recorded?.serial)
        intent.offlineID = right.offlineID
        let begun = try database.begin(intent, secrets: [])
        // It is no change past pipeplan from here on.
        try database.note(DeploymentProgress(changeSetID: adopted.changeSetID, stackID: adopted.recorded.stackID), of: begun)
        if target.settings == nil {
            do {
                let folder = StackFolder(of: adopted.recorded, adopted.template, serviceRole: adopted.serviceRole)
                let token = context.randomBytes(6).map { String($0, radix: 36) }.joined()
                try workspace.project.add(folder, as: target.address.stack, token: token)
            } catch {
                try database.finish(begun, Deployment.interruptedAdoption(at: context.clock.now(), by: cloud.actor), secrets: [])
                throw error
            }
        }
        let deployment = try database.finish(begun, adopted.outcome(finishedAt: context.clock.now()), secrets: [])
        tell(adopted, deployment, hasNewFolder: target.settings == nil, context)
        return deployment
    }

    private func tell(_ adopted: AdoptedStack, _ deployment: Deployment, hasNewFolder: Bool, _ context: Context) {
        let style = Style.error(context)
        let recorded = adopted.recorded
        context.terminal.writeError(
            "\(style.green(style.bold("Imported:"))) \(deployment.address) is the stack \(recorded.stackName.printable) in \(recorded.region), "
                + "with \(recorded.resources.count) resources. Recorded as deployment \(deployment.serial).\n")
        if hasNewFolder { context.terminal.writeError("Its files are in stacks/\(deployment.address.stack).\n") }
        if !adopted.unknownSecrets.isEmpty {
            context.terminal.writeError(
                "Not told by CloudFormation, and kept until given: \(adopted.unknownSecrets.joined(separator: ", ")).\n")
        }
        if !adopted.notes.isEmpty { context.terminal.writeError(FindingText.render(adopted.notes, style)) }
    }

    /// Shows how the files and the stack that was taken over compare.
    private func compare(_ address: StackAddress, _ workspace: Workspace) async {
        let terminal = workspace.context.terminal
        for outcome in await workspace.plans(of: [address], profile: aws.profile) {
            switch outcome {
            case .success(let planned): terminal.write(PlanText.render(planned.plan, .output(workspace.context)))
            case .failure(let error):
                guard let problem = explained(error) else { continue }
                terminal.writeError(
                    "It can't be planned as its files are:\n" + FindingText.render(problem.findings, .error(workspace.context)))
            }
        }
    }
}
