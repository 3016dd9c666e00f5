import Deploying
import Model
import Planning
import Reporting

/// Asks the person at the terminal.
struct Consent {
    private let context: Context

    init(_ context: Context) { self.context = context }

    /// How a plan may go on.
    enum Approval: String {
        case yes
        case autoApprove = "auto-approve"
        case planFile = "plan-file"
    }

    /// Whether the plan just shown is approved; only the whole word counts.
    /// - Throws: `Problem` (exit code 3) where nobody can be asked, or a protected resource would be lost.
    func approve(_ plan: Plan, autoApprove: Bool) throws -> Approval? {
        let forbidden = plan.hazards.filter(\.isProtected)
        guard forbidden.isEmpty else {
            throw Problem(
                .refused,
                forbidden.map {
                    Finding(
                        "protected-resource", "\($0.summary), and is protected",
                        detail: "stack.yml lists \($0.logicalID) under `protect`. Take it off that list first, if this is really meant.")
                })
        }
        if autoApprove { return .autoApprove }
        let question = plan.kind == .destroy ? "Destroy all of this?" : "Apply this?"
        guard context.terminal.isInteractive else {
            throw Problem(
                .refused, "no-approval", "Nobody can be asked whether to \(plan.kind == .destroy ? "destroy" : "apply") this",
                detail: "Standard input is no terminal. Use --auto-approve, or review a saved plan and apply that.")
        }
        return ask(question) ? .yes : nil
    }

    /// Answers what comes up while a deployment runs. Without a terminal, more than was approved is never agreed to.
    func answer(_ question: DeploymentMachine.Question, autoApprove: Bool) -> Bool {
        let style = Style.error(context)
        switch question {
        case .recreate(let status):
            context.terminal.writeError(
                "\(style.yellow("The stack is in \(status)")): it can only be deleted and created anew. What it holds is lost.\n")
            return autoApprove || (context.terminal.isInteractive && ask("Delete it and create it anew?"))
        case .unplanned(let reconciliation):
            context.terminal.writeError("\n\(style.red(style.bold("CloudFormation would do more than the plan shows:")))\n")
            for line in reconciliation.unplanned { context.terminal.writeError("  \(style.red("!")) \(line)\n") }
            return context.terminal.isInteractive && ask("Do it all the same?")
        }
    }

    private func ask(_ question: String) -> Bool {
        let style = Style.error(context)
        context.terminal.writeError("\n\(style.bold(question)) Only \(style.bold("yes")) will do: ")
        return context.terminal.readLine()?.trimmed.lowercased() == "yes"
    }
}

extension String {
    var trimmed: String { String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
}
