import Foundation

/// How fast requests may go out in the SDKs' *adaptive* mode: a token bucket whose rate falls when AWS throttles and grows
/// again along CUBIC's curve, as RFC 9438 has it for TCP: fast back to what was possible, then carefully beyond it.
///
/// Decisions are pure: times come in as seconds on any clock that only runs forward. The constants are those of the SDKs.
/// Until AWS throttles for the first time nothing is held back.
struct AdaptiveRate: Hashable, Sendable {
    /// Requests per second that may go out, at least `slowest`.
    private(set) var limit = 1.0
    /// Requests per second that were answered, smoothed.
    private(set) var measured = 0.0

    private var isLimiting = false
    private var capacity = 1.0
    private var tokens = 0.0
    private var refilledAt: Double

    private var windowStart: Double
    private var answersInWindow = 0.0

    /// The rate at which AWS throttled last, and when that was.
    private var throttledRate = 0.0
    private var throttledAt: Double

    private static let slowest = 0.5
    private static let window = 0.5
    private static let smoothing = 0.8
    /// What is left of a rate that was throttled.
    private static let decrease = 0.7
    private static let growth = 0.4

    init(at start: Double) {
        windowStart = start.rounded(.down)
        throttledAt = start
        refilledAt = start
    }

    /// Takes the right to send one request.
    /// - Returns: how many seconds from `now` to wait before it is sent. Who asks in between waits behind it.
    mutating func take(at now: Double) -> Double {
        guard isLimiting else { return 0 }
        refill(at: now)
        tokens -= 1
        return max(0, -tokens / limit)
    }

    /// Learns from an answer.
    mutating func learn(isThrottled: Bool, at now: Double) {
        measure(at: now)
        let next: Double
        if isThrottled {
            throttledRate = isLimiting ? min(measured, limit) : measured
            throttledAt = now
            isLimiting = true
            next = throttledRate * Self.decrease
        } else {
            next = cubic(now - throttledAt)
        }
        refill(at: now)
        let wanted = min(next, 2 * measured)
        limit = max(wanted, Self.slowest)
        capacity = max(wanted, 1)
        tokens = min(tokens, capacity)
    }

    /// The rate at so many seconds after the last throttling: back at `throttledRate` where the curve is flat.
    private func cubic(_ seconds: Double) -> Double {
        let flat = cbrt(throttledRate * (1 - Self.decrease) / Self.growth)
        return Self.growth * pow(seconds - flat, 3) + throttledRate
    }

    private mutating func measure(at now: Double) {
        answersInWindow += 1
        let start = (now / Self.window).rounded(.down) * Self.window
        guard start > windowStart else { return }
        let rate = answersInWindow / (start - windowStart)
        measured = rate * Self.smoothing + measured * (1 - Self.smoothing)
        answersInWindow = 0
        windowStart = start
    }

    private mutating func refill(at now: Double) {
        tokens = min(capacity, tokens + (now - refilledAt) * limit)
        refilledAt = now
    }
}
