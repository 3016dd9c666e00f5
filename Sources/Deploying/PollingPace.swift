import Model
import Synchronization

/// How long to wait before asking again: briefly at first, since much is done quickly, then up to three seconds.
struct PollingPace {
    private var delay = Duration.milliseconds(150)

    mutating func next() -> Duration {
        defer { delay = min(delay * 3 / 2, .seconds(3)) }
        return delay
    }
}

/// How often all stacks of a process together may ask CloudFormation for news.
///
/// CloudFormation counts requests by account and region and documents no rate; AWS only advises to ask less often. So the
/// bound is one of pipeplan's own, which a single stack never reaches: ten rounds at once, then four a second, however many
/// stacks are under way. A round is one request, DescribeStackEvents or DescribeChangeSet.
struct PollingLimit: Hashable, Sendable {
    static let burst = 10
    static let interval = Duration.milliseconds(250)

    /// When the rounds taken so far would have been had at the steady rate.
    private var paidUntil = Duration.zero

    /// Takes the right to one round.
    /// - Returns: how long from `now` to wait for it. Who asks in between waits behind it.
    mutating func take(at now: Duration) -> Duration {
        paidUntil = max(paidUntil, now) + Self.interval
        return max(.zero, paidUntil - now - Self.interval * Self.burst)
    }
}

/// The limit that concurrent deployments share.
package final class SharedPollingLimit: Sendable {
    private let limit = Mutex(PollingLimit())

    package init() {}

    /// Waits until one more round may be had; throws `CancellationError`.
    func wait(_ clock: Clock) async throws {
        let now = clock.uptime()
        let delay = limit.withLock { $0.take(at: now) }
        if delay > .zero { try await clock.sleep(delay) }
    }
}
