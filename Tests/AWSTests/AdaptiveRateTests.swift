import Foundation
import Model
import Synchronization
import Testing

@testable import AWS

@Suite struct AdaptiveRateTests {
    private struct Request: Encodable {
        var sent: Double
        var answered: Double
        var isThrottled: Bool

        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encode(sent)
            try list.encode(answered)
            try list.encode(isThrottled)
        }
    }

    /// Requests at random times, some of them throttled; the same in every run.
    private func history(seed: UInt64, count: Int) -> [Request] {
        var state = seed
        func random() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(UInt64(1) << 53)
        }
        var now = 1000 + random()
        return (0..<count).map { _ in
            let sent = now + random() * 0.3
            now = sent + random() * 0.1
            return Request(sent: sent, answered: now, isThrottled: random() < 0.12)
        }
    }

    @Test(arguments: [1, 2, 3, 4]) func `rates and waits are those of botocore`(_ seed: UInt64) async throws {
        let history = history(seed: seed, count: 500)
        let expected: [[Double]] = try await Python.ask("adaptive.py", history)
        var rate = AdaptiveRate(at: history[0].sent)
        let ours = history.map { request in
            let wait = rate.take(at: request.sent)
            rate.learn(isThrottled: request.isThrottled, at: request.answered)
            return [rate.limit, rate.measured, wait]
        }
        let differences = zip(ours, expected).filter { mine, theirs in
            zip(mine, theirs).contains { abs($0 - $1) > 1e-6 * max(1, abs($1)) }
        }
        #expect(ours.count == expected.count && differences.isEmpty)
        // Otherwise the comparison would show nothing.
        #expect(expected.contains { $0[2] > 0.1 } && expected.contains { $0[0] > 2 })
    }

    @Test func `nothing is held back before AWS throttles`() {
        var rate = AdaptiveRate(at: 0)
        for request in 0..<1000 {
            #expect(rate.take(at: Double(request) / 1000) == 0)
            rate.learn(isThrottled: false, at: Double(request) / 1000)
        }
    }

    @Test func `requests that ask at the same time wait one behind the other`() {
        var rate = AdaptiveRate(at: 0)
        for request in 0..<10 { rate.learn(isThrottled: request == 9, at: 0.1 + Double(request) / 10) }
        let waits = (0..<20).map { _ in rate.take(at: 1.1) }.drop { $0 == 0 }
        #expect(waits.count > 10)
        #expect(zip(waits, waits.dropFirst()).allSatisfy { abs($1 - $0 - 1 / rate.limit) < 1e-9 })
    }

    /// A service that serves ten requests a second, and how many it has refused, with the client on the same scripted clock.
    private func refusals(mode: String) async throws -> (refused: Int, seconds: Double) {
        let time = Mutex(Duration.zero)
        let served = Mutex<[Duration]>([])
        let refused = Mutex(0)
        let clock = Clock(
            now: { noon }, uptime: { time.withLock { $0 } },
            sleep: { wait in time.withLock { $0 += wait } })
        let transport = HTTPTransport { _ in
            let now = time.withLock { time in
                time += .milliseconds(20)
                return time
            }
            let isServed = served.withLock { served in
                served.removeAll { $0 <= now - .seconds(1) }
                if served.count < 10 { served.append(now) }
                return served.last == now
            }
            if !isServed { refused.withLock { $0 += 1 } }
            return isServed
                ? .xml("<SetStackPolicyResponse/>")
                : .xml("<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>", status: 400)
        }
        var context = Context.example(["AWS_RETRY_MODE": mode, "AWS_MAX_ATTEMPTS": "10"], clock: clock)
        // No back-off at all: only the rate is left to hold requests back.
        context.randomBytes = { Data(repeating: 0, count: $0) }
        let client = try AWSSession(context: context, transport: transport).cloudFormation()
        for _ in 0..<400 { try? await client.setStackPolicy("s", body: "{}") }
        return (refused.withLock { $0 }, time.withLock { $0 }.inSeconds)
    }

    @Test func `the adaptive mode finds the rate that a service allows, where the standard mode runs into it`() async throws {
        let standard = try await refusals(mode: "standard")
        let adaptive = try await refusals(mode: "adaptive")
        #expect(standard.refused > 100)
        #expect(adaptive.refused < standard.refused / 4)
        #expect(adaptive.seconds < 120)
    }
}
