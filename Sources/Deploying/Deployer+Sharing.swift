import Foundation
import Model
import StateDatabase
package import StateSharing

/// By what right a stack is deployed.
package enum DeploymentRight: Sendable {
    /// Nobody else has its log.
    case alone
    /// Nobody else deploys it now.
    case lease(HeldLease)
    /// The share can't be reached, and it is allowed to go on without it: what is recorded gets this UUID, and is published later.
    case offline(id: String)

    package var lease: HeldLease? { if case .lease(let lease) = self { lease } else { nil } }
    package var offlineID: String? { if case .offline(let id) = self { id } else { nil } }
}

/// What a deployment owes to a shared log.
extension Deployer {
    var lease: HeldLease? { right.lease }

    /// Reserves the serial on the share before CloudFormation is asked for anything.
    /// - Throws: `Problem` (exit code 3) where that can't be done; nothing is begun then.
    func reserve(_ deployment: Deployment) async throws {
        do {
            try await lease?.reserve(deployment)
        } catch let failure as ShareUnavailable {
            let message = "Its serial could not be reserved on the share"
            try database.finish(
                deployment,
                DeploymentOutcome(
                    status: .cancelled, effect: .untouched, finishedAt: clock.now(), failure: DeploymentFailure(message: message)),
                secrets: [])
            var problem = failure.problem
            problem.status = .refused
            throw problem
        }
    }

    /// Makes sure, right before a request that has effects, that the lease is still held, and tells who might take it over what is
    /// about to be done.
    func confirmLease(_ step: Step, _ run: DeploymentRun) async throws {
        do {
            try await lease?.confirm(DeploymentProgress(step: step.rawValue, changeSetID: run.changeSetName, stackID: run.stackID))
        } catch let failure as ShareUnavailable {
            throw failure.problem
        }
    }

    /// Publishes what has been settled and recorded here. Where that fails, it stays here, and the next command pushes it.
    func publish(_ deployment: Deployment) async {
        do {
            try await lease?.publish(deployment)
        } catch let failure as ShareUnavailable {
            warnUnpublished(deployment, failure.problem)
        } catch let problem as Problem {
            warnUnpublished(deployment, problem)
        } catch {
            report(.warning("Deployment \(deployment.serial) of \(deployment.address) is not on the share: \(error)"))
        }
    }

    private func warnUnpublished(_ deployment: Deployment, _ problem: Problem) {
        report(
            .warning(
                """
                Deployment \(deployment.serial) of \(deployment.address) is recorded here and not on the share: \(problem.description) \
                The next command that reaches it pushes it.
                """))
    }
}
