import Deploying
import Model
import Reporting
import StateDatabase
import Templates

/// Tells how a deployment ended: its outputs, or the root cause first.
struct DeploymentEnd {
    private let context: Context
    private let common: CommonOptions

    init(_ context: Context, _ common: CommonOptions) {
        self.context = context
        self.common = common
    }

    /// - Parameter template: where the failed resource stands; `nil` where it is not at hand.
    func tell(_ result: DeploymentResult, template: Template?) {
        if let failure = result.deployment.failure { tell(failure, template) }
        let deployment = result.deployment
        let style = Style.error(context)
        let took = deployment.finishedAt.map { " in \(TimeText.duration($0.timeIntervalSince(deployment.startedAt)))" } ?? ""
        let name = "\(deployment.address) deployment \(deployment.serial)"
        switch deployment.status {
        case .succeeded: context.terminal.writeError("\(style.green(style.bold("Done:"))) \(name) succeeded\(took).\n")
        case .unchanged:
            context.terminal.writeError("\(style.green("Nothing to do:")) CloudFormation found no change to make. Recorded as \(name).\n")
        case .detached, .inProgress:
            context.terminal.writeError(
                "\(style.yellow("Still open:")) \(name). `pipeplan resume \(deployment.address)` follows it to its end.\n")
        case .failed, .rolledBack, .cancelled:
            context.terminal.writeError(
                "\(style.red(style.bold("\(deployment.status.rawValue)"))): \(name)\(took). `pipeplan history show \(deployment.address) \(deployment.serial)` has the events.\n"
            )
        }
        guard !common.json, deployment.status == .succeeded, !result.outputs.isEmpty else { return }
        context.terminal.write("\n")
        let width = result.outputs.map(\.key.count).max() ?? 0
        for output in result.outputs {
            let padding = String(repeating: " ", count: width - output.key.count)
            context.terminal.write("\(output.key.printable)\(padding) = \(output.value.printable)\n")
        }
    }

    private func tell(_ failure: DeploymentFailure, _ template: Template?) {
        let subject = failure.logicalID.map { id in "\(id)\(failure.resourceType.map { " (\($0))" } ?? "")" }
        var finding: Finding
        if let id = failure.logicalID, let template, let resource = template.resources[id] {
            finding = template.source.finding("resource-failed", "\(subject ?? id) failed", detail: failure.message, at: resource.span)
        } else {
            finding = Finding(
                "deployment-failed", subject.map { "\($0) failed" } ?? "The deployment did not go through", detail: failure.message)
        }
        finding.severity = .error
        context.terminal.writeError("\n" + FindingText.render(finding, .error(context)))
    }
}
