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

    /// - Parameters:
    ///   - template: where the failed resource stands; `nil` where it is not at hand.
    ///   - nested: the local templates that it nests, by their addresses.
    func tell(_ result: DeploymentResult, template: Template?, nested: [String: Template] = [:]) {
        if let failure = result.deployment.failure { tell(failure, template, nested) }
        for other in result.otherFailures {
            context.terminal.writeError("  also failed: \("\(Self.subject(of: other) ?? ""): \(other.message)".oneLine)\n")
        }
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
        if let way = Self.wayOut(of: deployment) { context.terminal.writeError("  \(way)\n") }
        guard !common.json, deployment.status == .succeeded, !result.outputs.isEmpty else { return }
        context.terminal.write("\n")
        let width = result.outputs.map(\.key.count).max() ?? 0
        for output in result.outputs {
            let padding = String(repeating: " ", count: width - output.key.count)
            context.terminal.write("\(output.key.printable)\(padding) = \(output.value.printable)\n")
        }
    }

    /// What leads on from the state that a failed deployment has left the stack in.
    private static func wayOut(of deployment: Deployment) -> String? {
        guard deployment.status == .failed || deployment.status == .rolledBack, let status = deployment.stackStatus else { return nil }
        let address = deployment.address
        switch status.rawValue {
        case _ where status.awaitsRetry:
            return "What failed was left as it is: `pipeplan apply \(address)` tries again, `pipeplan recover \(address)` goes back."
        case "UPDATE_ROLLBACK_FAILED":
            return "The rollback failed too: `pipeplan recover \(address)` continues it, with --skip <LogicalID> where that can't be."
        case "DELETE_FAILED":
            return "`pipeplan destroy \(address) --retain <LogicalID>` deletes the stack without what can't be deleted."
        case _ where status.mustBeRecreated:
            return "The stack can only be deleted and created anew now: the next `pipeplan apply \(address)` offers that."
        default: return nil
        }
    }

    private func tell(_ failure: DeploymentFailure, _ template: Template?, _ nested: [String: Template]) {
        let subject = Self.subject(of: failure)
        let detail = [failure.message, Remedy.sentence(for: failure)].compactMap { $0 }.joined(separator: "\n")
        var finding: Finding
        if let id = failure.logicalID, let place = template.flatMap({ Self.place(of: id, in: $0, nested) }) {
            finding = place.template.source.finding("resource-failed", "\(subject ?? id) failed", detail: detail, at: place.resource.span)
        } else {
            finding = Finding("deployment-failed", subject.map { "\($0) failed" } ?? "The deployment did not go through", detail: detail)
        }
        finding.severity = .error
        context.terminal.writeError("\n" + FindingText.render(finding, .error(context)))
    }

    private static func subject(of failure: DeploymentFailure) -> String? {
        failure.logicalID.map { id in "\(id)\(failure.resourceType.map { " (\($0))" } ?? "")" }
    }

    /// Where a resource such as `Network/Vpc` stands: in the template of its nested stack, or, where that is not at hand, the
    /// innermost stack around it that is.
    private static func place(
        of name: String, in template: Template, _ nested: [String: Template]
    ) -> (template: Template, resource: TemplateResource)? {
        var place: (template: Template, resource: TemplateResource)?
        var inner: Template? = template
        var folder = ""
        for id in name.split(separator: "/") {
            guard let current = inner, let resource = current.resources[String(id)] else { break }
            place = (current, resource)
            let key = resource.templateKey(in: folder)
            inner = key.flatMap { nested[$0] }
            folder = key.map(NestedPath.folder) ?? ""
        }
        return place
    }
}
