/// How failed requests are tried again, as AWS_RETRY_MODE and `retry_mode` have it.
package enum RetryMode: String, Hashable, Sendable {
    case standard
    /// *Standard*, and requests wait before they are sent once AWS has throttled: see `AdaptiveRate`.
    case adaptive

    /// `nil` for a mode that there is not. `legacy` asks for what *standard* does better, and is taken as that.
    init?(setting: String) {
        self.init(rawValue: setting == "legacy" ? "standard" : setting)
    }
}

/// Whether and when a failed request is sent again: the SDKs' *standard* mode, which *adaptive* is built upon.
///
/// A decision is a pure function of what happened; who asks also waits.
package struct RetryPolicy: Hashable, Sendable {
    /// How often a request is sent at most, the first time included.
    package var maxAttempts: Int
    /// The longest wait that back-off alone leads to.
    package var longestDelay: Duration

    package init(maxAttempts: Int = 3, longestDelay: Duration = .seconds(20)) {
        self.maxAttempts = maxAttempts
        self.longestDelay = longestDelay
    }

    package enum Decision: Hashable, Sendable {
        /// `cost` is what the retry took from the quota; it comes back if the request then succeeds.
        case retry(after: Duration, cost: Int)
        case giveUp
    }

    /// Decides after the `attempt`-th try (from 1) has failed with `failure`.
    ///
    /// - Parameters:
    ///   - mayBeRepeated: whether the request does no harm when AWS gets it twice. One that may not is repeated only
    ///     where it is certain that it was not taken.
    ///   - jitter: a random number from 0 up to but not including 1.
    package func decide(
        attempt: Int, failure: any RequestFailure, mayBeRepeated: Bool, jitter: Double, quota: inout RetryQuota
    ) -> Decision {
        guard attempt < maxAttempts, Self.isWorthRepeating(failure), mayBeRepeated || !failure.requestMayHaveBeenTaken else {
            return .giveUp
        }
        let isTimeout = (failure as? TransportError)?.kind == .timeout
        guard let cost = quota.take(isTimeout ? RetryQuota.timeoutCost : RetryQuota.retryCost) else { return .giveUp }
        let exponential = min(Self.seconds(longestDelay), Double(1 << min(attempt - 1, 20)))
        let backoff = Duration.seconds(exponential * jitter)
        // What AWS asks for counts, but not for longer than the SDKs let it: 5 s more than they would have waited.
        let asked = (failure as? AWSError)?.retryAfter.map { min(max($0, backoff), backoff + .seconds(5)) }
        return .retry(after: asked ?? backoff, cost: cost)
    }

    private static func isWorthRepeating(_ failure: any RequestFailure) -> Bool {
        switch failure {
        case let error as AWSError: error.isThrottling || error.isTransient || error.isWriteConflict
        case let error as TransportError:
            switch error.kind {
            case .connect, .resolve, .proxy, .timeout, .lost, .unreadable: true
            case .tls, .tooLarge, .setup: false
            }
        default: false
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}

/// How many retries are left to a session: a bucket of tokens, so that many failing requests don't multiply the load.
package struct RetryQuota: Hashable, Sendable {
    package static let retryCost = 5
    package static let timeoutCost = 10

    package let capacity: Int
    package private(set) var available: Int

    package init(capacity: Int = 500) {
        self.capacity = capacity
        available = capacity
    }

    /// `cost`, taken; `nil` where not as much is left.
    mutating func take(_ cost: Int) -> Int? {
        guard available >= cost else { return nil }
        available -= cost
        return cost
    }

    /// A request succeeded: what its last retry took comes back, or one token where there was none.
    package mutating func give(back cost: Int?) {
        available = min(capacity, available + (cost ?? 1))
    }
}
