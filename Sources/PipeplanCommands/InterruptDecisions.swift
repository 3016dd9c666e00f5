import Deploying
import Synchronization

/// What was decided on each interruption, so that stacks which are deployed at the same time ask once.
final class InterruptDecisions: Sendable {
    typealias Choice = DeploymentMachine.InterruptChoice

    private let made = Mutex<[Int: Choice]>([:])
    private let turn = Mutex(())

    /// - Parameter count: how many interruptions there were.
    func decision(at count: Int, _ ask: () -> Choice) -> Choice {
        turn.withLock { _ in
            if let decision = made.withLock({ $0[count] }) { return decision }
            let decision = ask()
            made.withLock { $0[count] = decision }
            return decision
        }
    }

    /// Whether nothing more is to be begun: somebody has interrupted, and has not said yet that it was not meant.
    func endsRun(at count: Int) -> Bool { count > 0 && made.withLock { $0[count] } != .goOn }
}
