package import Model

/// Why the database did not take a record. Nothing was written.
package enum RecordingRefusal: Error, Hashable, Sendable {
    /// The stack has a deployment without an outcome, which is the right to deploy it on this machine. Where its process
    /// has died, settle it with `finish` first.
    case deploymentOpen(Deployment)
    /// Another process works on the stack at this moment, with or without a deployment that it has begun.
    case held(StackAddress, by: Deployment?, process: Int?)
    /// The recorded stack is another than the plan was made against; serials, `nil` for no stack.
    case recordedStackMoved(address: StackAddress, plannedAgainst: Int?, recorded: Int?)
    /// Somebody else has settled the deployment meanwhile.
    case alreadySettled(Deployment)
    /// Somebody else's deployment has the serial, and is recorded in its place.
    case gaveWay(Deployment, to: Deployment)

    /// The refusal as the user is told of it.
    package var problem: Problem {
        switch self {
        case .deploymentOpen(let deployment):
            let since = deployment.startedAt.formatted(.iso8601)
            return Problem(
                .refused, "deployment-in-progress",
                "Deployment \(deployment.serial) of \(deployment.address) is \(deployment.status.rawValue)",
                detail: "\(deployment.actor.user) on \(deployment.actor.host) began it at \(since) with "
                    + "`\(deployment.commandLine)`. Wait for it to end; if its process is gone, settle it with `pipeplan resume`.")
        case .held(let address, let deployment, let process):
            let who = deployment.map {
                "\($0.actor.user) on \($0.actor.host) began deployment \($0.serial) at \($0.startedAt.formatted(.iso8601)) with "
                    + "`\($0.commandLine)`, and it is still running"
            }
            let number = process.map { "process \($0)" }
            let sentence = who.map { $0 + (number.map { " (\($0))" } ?? "") } ?? number.map { "It is \($0)" }
            return Problem(
                .refused, "stack-held", "Another pipeplan is at work on \(address)",
                detail: (sentence.map { $0 + ". " } ?? "") + "Nothing was done. Try again when it has ended.")
        case .recordedStackMoved(let address, let plannedAgainst, let recorded):
            func name(_ serial: Int?) -> String { serial.map { "deployment \($0)" } ?? "no deployment" }
            return Problem(
                .refused, "plan-stale", "The plan of \(address) is stale",
                detail: "It was made against \(name(plannedAgainst)), but the stack is now as \(name(recorded)) left it. Plan again.")
        case .gaveWay(let deployment, let other):
            return Problem(
                .refused, "serial-taken", "Deployment \(deployment.serial) of \(deployment.address) gave way to another one",
                detail: "\(other.actor.user) on \(other.actor.host) began it at \(other.startedAt.formatted(.iso8601)). Plan again.")
        case .alreadySettled(let deployment):
            let settledBy = deployment.resumedBy ?? deployment.actor
            return Problem(
                .refused, "deployment-settled",
                "Deployment \(deployment.serial) of \(deployment.address) was settled meanwhile as \(deployment.status.rawValue)",
                detail: "\(settledBy.user) on \(settledBy.host) did so. `pipeplan history show` tells how it ended.")
        }
    }
}
