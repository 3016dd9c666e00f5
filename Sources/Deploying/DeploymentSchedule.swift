package import Model
package import OrderedCollections

/// Which of several stacks may be deployed when: each behind those it depends on, independent ones side by side.
///
/// It only decides. Who runs it calls `start` for what to begin and `end` for what is over, until nothing runs any more.
package struct DeploymentSchedule: Hashable, Sendable {
    /// How the deployment of one stack ended.
    package enum Ending: String, Hashable, Sendable { case applied, unchanged, failed, refused, interrupted }

    package enum Standing: Hashable, Sendable {
        case waiting
        case running
        case ended(Ending)
        /// Not begun, since something it depends on did not go through.
        case skipped(because: StackAddress)
    }

    /// Where each stack stands, in the order of deployment.
    package private(set) var standings: OrderedDictionary<StackAddress, Standing>
    private let dependencies: OrderedDictionary<StackAddress, [StackAddress]>
    private let parallelism: Int

    /// - Parameters:
    ///   - dependencies: the stacks, each with those among them that it depends on and that stand before it.
    ///   - parallelism: how many may run at a time; at least one does.
    package init(_ dependencies: OrderedDictionary<StackAddress, [StackAddress]>, parallelism: Int) {
        self.dependencies = dependencies
        self.parallelism = max(1, parallelism)
        standings = dependencies.mapValues { _ in .waiting }
    }

    /// The stacks to begin now. They count as running from then on.
    package mutating func start() -> [StackAddress] {
        let free = parallelism - standings.values.count { $0 == .running }
        let ready = standings.keys.filter { address in
            standings[address] == .waiting && (dependencies[address] ?? []).allSatisfy { hasGoneThrough($0) }
        }.prefix(max(0, free))
        for address in ready { standings[address] = .running }
        return Array(ready)
    }

    /// Takes note of how a stack ended. What depends on one that did not go through is skipped.
    package mutating func end(_ address: StackAddress, as ending: Ending) {
        standings[address] = .ended(ending)
        // Each stands behind what it depends on, so that one pass reaches those further on too.
        for (dependant, needed) in dependencies where standings[dependant] == .waiting {
            if let obstacle = needed.first(where: { isLost($0) }) { standings[dependant] = .skipped(because: obstacle) }
        }
    }

    /// Why a stack was skipped, such as `network failed`; `nil` where it was not.
    package func reason(of address: StackAddress) -> String? {
        // What waits when all is over was not begun any more.
        if standings[address] == .waiting { return "the run was interrupted" }
        guard case .skipped(let obstacle)? = standings[address] else { return nil }
        switch standings[obstacle] {
        case .ended(.refused)?: return "\(obstacle) was refused"
        case .ended(.interrupted)?: return "\(obstacle) was interrupted"
        case .skipped?: return "\(obstacle) was skipped"
        default: return "\(obstacle) failed"
        }
    }

    /// The exit code of all together: the worst.
    package var exit: ExitStatus {
        if standings.values.contains(where: { $0 == .ended(.interrupted) || $0 == .waiting }) { return .interrupted }
        if standings.values.contains(.ended(.failed)) { return .failed }
        return standings.values.contains(.ended(.refused)) ? .refused : .success
    }

    private func hasGoneThrough(_ address: StackAddress) -> Bool {
        switch standings[address] {
        case .ended(.applied)?, .ended(.unchanged)?, nil: true
        default: false
        }
    }

    private func isLost(_ address: StackAddress) -> Bool {
        switch standings[address] {
        case .ended(.failed)?, .ended(.refused)?, .ended(.interrupted)?, .skipped?: true
        default: false
        }
    }
}

extension DeploymentSchedule.Ending {
    /// What a deployment that CloudFormation was asked for came to.
    package init(_ result: DeploymentResult) {
        switch result.ending.exit {
        case .success: self = result.deployment.status == .unchanged ? .unchanged : .applied
        case .refused: self = .refused
        case .interrupted: self = .interrupted
        default: self = .failed
        }
    }
}
