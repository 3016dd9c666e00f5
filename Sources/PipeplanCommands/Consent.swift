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

    /// Whether the plan just shown is approved; only the whole word counts. Where it is not shown to anybody, hazards are agreed to
    /// one by one or not at all.
    /// - Parameter allowed: logical IDs whose hazards are agreed to.
    /// - Throws: `Problem` (exit code 3) where nobody can be asked, a protected resource would be lost, or a hazard is not allowed.
    func approve(_ plan: Plan, autoApprove: Bool, allowed: Set<String> = []) throws -> Approval? {
        try refuseProtected(plan)
        if autoApprove {
            let open = plan.hazardsToAllow(except: allowed)
            guard open.isEmpty else {
                throw Problem(
                    .refused,
                    open.map {
                        Finding(
                            "hazard-not-allowed", $0.summary,
                            detail:
                                "Nobody was asked about it. If this is meant, add --allow \($0.logicalID), or review a saved plan and apply that."
                        )
                    })
            }
            return .autoApprove
        }
        let question = plan.kind == .destroy ? "Destroy all of this?" : "Apply this?"
        guard context.terminal.isInteractive else {
            throw Problem(
                .refused, "no-approval", "Nobody can be asked whether to \(plan.kind == .destroy ? "destroy" : "apply") this",
                detail: "Standard input is no terminal. Use --auto-approve, or review a saved plan and apply that.")
        }
        return ask(question) ? .yes : nil
    }

    /// - Throws: `Problem` (exit code 3) where the plan replaces or removes what stack.yml protects.
    func refuseProtected(_ plan: Plan) throws {
        try refuse(plan.hazards.filter(\.isProtected).map { ($0.logicalID, $0.summary) })
    }

    /// - Throws: `Problem` (exit code 3) where the change set replaces or removes what stack.yml protects.
    func refuseProtected(_ changeSet: ChangeSet, _ protected: Set<String>) throws {
        try refuse(
            changeSet.lost.filter { protected.contains($0.logicalID) }.map { change in
                (change.logicalID, "\(change.logicalID) is \(change.action == .remove ? "removed" : "replaced") by the change set")
            })
    }

    private func refuse(_ forbidden: [(logicalID: String, summary: String)]) throws {
        guard forbidden.isEmpty else {
            throw Problem(
                .refused,
                forbidden.map {
                    Finding(
                        "protected-resource", "\($0.summary), and is protected",
                        detail: "stack.yml lists \($0.logicalID) under `protect`. Take it off that list first, if this is really meant.")
                })
        }
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
