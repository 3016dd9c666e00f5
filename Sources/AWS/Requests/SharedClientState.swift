import Foundation
import Model
import Synchronization

/// What the clients of a session learn from answers, and share.
final class SharedClientState: Sendable {
    private struct State {
        var quota = RetryQuota()
        var rates: [String: AdaptiveRate] = [:]
        var clockOffset: TimeInterval = 0
    }

    private let state = Mutex(State())
    private let mode: RetryMode

    init(_ mode: RetryMode) {
        self.mode = mode
    }

    func withQuota<Value: Sendable>(_ body: (inout RetryQuota) -> Value) -> Value {
        state.withLock { body(&$0.quota) }
    }

    /// How long to wait before a request goes to `endpoint`, which the request then has the right to.
    func delay(to endpoint: Endpoint, at uptime: Duration) -> Duration {
        guard mode == .adaptive else { return .zero }
        let now = uptime.inSeconds
        return state.withLock { .seconds($0.rates[endpoint.url, default: AdaptiveRate(at: now)].take(at: now)) }
    }

    /// Learns how fast requests may go to `endpoint`. Each endpoint has a limit of its own, as each client of an SDK has.
    func learn(_ endpoint: Endpoint, isThrottled: Bool, at uptime: Duration) {
        guard mode == .adaptive else { return }
        let now = uptime.inSeconds
        state.withLock { $0.rates[endpoint.url, default: AdaptiveRate(at: now)].learn(isThrottled: isThrottled, at: now) }
    }

    /// What to add to this machine's clock to have AWS's, in seconds: 0 until a signature was refused for its time.
    var clockOffset: TimeInterval {
        get { state.withLock { $0.clockOffset } }
        set { state.withLock { $0.clockOffset = newValue } }
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
