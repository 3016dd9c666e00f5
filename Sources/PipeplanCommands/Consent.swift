import Deploying
import Model
import Planning
import Reporting
import Synchronization

/// Asks the person at the terminal.
struct Consent {
    private let context: Context
    /// Stacks that are deployed at the same time ask one after the other.
    private static let turn = Mutex(())
    /// The most lines of a template that a question shows.
    private static let shownLines = 40

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
        try approve([plan], autoApprove: autoApprove, allowed: allowed)
    }

    /// The same for plans of several stacks together: one yes is for all of them.
    func approve(_ plans: [Plan], autoApprove: Bool, allowed: Set<String> = []) throws -> Approval? {
        try refuseProtected(plans)
        if autoApprove {
            let open = plans.flatMap { plan in plan.hazardsToAllow(except: allowed).map { (hazard: $0, plan: plan) } }
            guard open.isEmpty else {
                throw Problem(
                    .refused,
                    open.map { hazard, plan in
                        Finding(
                            "hazard-not-allowed", summary(hazard, plan, among: plans),
                            detail:
                                "Nobody was asked about it. If this is meant, add --allow \(hazard.logicalID), or review a saved plan and apply that."
                        )
                    })
            }
            return .autoApprove
        }
        let destroys = plans.contains { $0.kind == .destroy }
        let question = destroys ? "Destroy all of this?" : plans.count > 1 ? "Apply all of this?" : "Apply this?"
        guard context.terminal.isInteractive else {
            throw Problem(
                .refused, "no-approval", "Nobody can be asked whether to \(destroys ? "destroy" : "apply") this",
                detail: "Standard input is no terminal. Use --auto-approve"
                    + (destroys ? "." : ", or review a saved plan and apply that."))
        }
        return ask(question) ? .yes : nil
    }

    /// Asks about something that is no plan.
    /// - Parameter action: what is not done then, for the message.
    /// - Throws: `Problem` (exit code 3) where the answer is no, or nobody can be asked.
    func approve(_ question: String, refusedAs action: String, autoApprove: Bool) throws {
        if autoApprove { return }
        guard context.terminal.isInteractive else {
            throw Problem(
                .refused, "no-approval", "Nobody can be asked whether to \(action)",
                detail: "Standard input is no terminal. Use --auto-approve.")
        }
        guard ask(question) else { throw Problem(.refused, "not-approved", "It was not approved", detail: "Nothing was done.") }
    }

    /// - Throws: `Problem` (exit code 3) where a plan replaces or removes what stack.yml protects.
    func refuseProtected(_ plans: [Plan]) throws {
        try refuse(
            plans.flatMap { plan in
                plan.hazards.filter(\.isProtected).map { ($0.logicalID, summary($0, plan, among: plans)) }
            })
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

    private func summary(_ hazard: Hazard, _ plan: Plan, among plans: [Plan]) -> String {
        plans.count > 1 ? "\(plan.address): \(hazard.summary)" : hazard.summary
    }

    /// Answers what comes up while a deployment runs. Without a terminal, more than was approved is never agreed to.
    /// - Parameter plan: what was approved.
    func answer(_ question: DeploymentMachine.Question, autoApprove: Bool, plan: Plan?) -> Bool {
        let style = Style.error(context)
        switch question {
        case .changedOutside(let change):
            return inTurn {
                context.terminal.writeError("\n" + OutsideChangeText.render(change, style, lines: Self.shownLines))
                context.terminal.writeError("The plan was made against what is recorded, and does not know of this.\n")
                return context.terminal.isInteractive && ask("Apply it all the same?")
            }
        case .recreate(let status):
            return inTurn {
                context.terminal.writeError(
                    "\(style.yellow("The stack is in \(status)")): it can only be deleted and created anew. What it holds is lost.\n")
                // What is lost was only among the hazards where the plan knew of the status. After a creation is rolled back, nothing is.
                let isShown = plan.map { $0.kind == .create && $0.basedOnSerial > 0 } == true || status == "ROLLBACK_COMPLETE"
                return autoApprove && isShown || (context.terminal.isInteractive && ask("Delete it and create it anew?"))
            }
        case .continueRollback(let failed, let skipping):
            let without = skipping.isEmpty ? "" : " without \(skipping.joined(separator: ", "))"
            return agrees(
                "The last rollback of the stack failed", to: "Continue the rollback\(without)?", failed, autoApprove,
                remark: skipping.isEmpty
                    ? "" : "What is skipped is taken to be as it was, and is not: put it right before the next update.\n")
        case .rollBack(let status, let failed):
            let what = status == "CREATE_FAILED" ? "The creation of the stack failed" : "The last update of the stack failed"
            return agrees("\(what), and what it did was left", to: "Roll it back?", failed, autoApprove)
        case .retain(let resources):
            // Only by name is it agreed to without being asked: what is left belongs to no stack.
            return agrees(
                "The stack can only be deleted without what could not be deleted", to: "Leave that, and delete the stack?", resources,
                false,
                remark: "What is left goes on to exist, and to cost, and belongs to no stack. --retain agrees to it by name.\n")
        case .unplanned(let reconciliation):
            return agreesToMore(ExcessText.lines(reconciliation, style), heading: "CloudFormation would do more than the plan shows:")
        }
    }

    /// What whoever interrupts an operation wants; where nobody can be asked, CloudFormation goes on with it.
    func decide(_ canCancel: Bool, _ policy: OnInterrupt?) -> DeploymentMachine.InterruptChoice {
        let style = Style.error(context)
        switch policy {
        case .cancel? where canCancel: return .cancel
        case .cancel?, .detach?: return .detach
        case nil: break
        }
        guard context.terminal.isInteractive else { return .detach }
        let cancel = canCancel ? "\(style.bold("cancel")) undoes what this run has under way, " : "It can't be cancelled any more: "
        context.terminal.writeError(
            "\n\(style.yellow("Interrupted.")) CloudFormation is at work. \(cancel)\(style.bold("detach")) leaves it running unwatched (so does "
                + "Ctrl-C once more), anything else goes on watching: ")
        switch context.terminal.readLine()?.trimmed.lowercased() {
        case "cancel"? where canCancel: return .cancel
        case "detach"?, nil: return .detach
        default: return .goOn
        }
    }

    /// Whether more than was approved may be done; never without a terminal.
    func agreesToMore(_ lines: [String], heading: String) -> Bool {
        let style = Style.error(context)
        return inTurn {
            context.terminal.writeError("\n\(style.red(style.bold(heading)))\n")
            for line in lines { context.terminal.writeError("  \(style.red("!")) \(line)\n") }
            return context.terminal.isInteractive && ask("Do it all the same?")
        }
    }

    private func agrees(
        _ what: String, to question: String, _ resources: [StackResource], _ isAgreed: Bool, remark: String = ""
    ) -> Bool {
        let style = Style.error(context)
        return inTurn {
            context.terminal.writeError("\(style.yellow(what))\(resources.isEmpty ? "." : ":")\n")
            for resource in resources {
                let reason = resource.statusReason.map { ": \($0)" } ?? ""
                context.terminal.writeError("  \(style.red("!")) \("\(resource.logicalID) (\(resource.type))\(reason)".oneLine)\n")
            }
            context.terminal.writeError(remark)
            return isAgreed || (context.terminal.isInteractive && ask(question))
        }
    }

    /// Has a question wait for those of other stacks. One that was given up by an interruption meanwhile is not asked: nobody waits for
    /// its answer, and it would take that of the next one.
    private func inTurn(_ answer: () -> Bool) -> Bool {
        let seen = context.interruption.count
        return Self.turn.withLock { _ in context.interruption.count == seen && answer() }
    }

    func ask(_ question: String) -> Bool {
        let style = Style.error(context)
        context.terminal.writeError("\n\(style.bold(question)) Only \(style.bold("yes")) will do: ")
        return context.terminal.readLine()?.trimmed.lowercased() == "yes"
    }
}

extension String {
    var trimmed: String { String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
}
