import Testing

@testable import AWS

@Suite struct RetryPolicyTests {
    private let policy = RetryPolicy(maxAttempts: 10)

    private func awsError(_ code: String, _ status: Int = 400, retryAfter: Duration? = nil) -> AWSError {
        AWSError(service: "CloudFormation", action: "X", code: code, message: "", status: status, retryAfter: retryAfter)
    }

    private func transportError(_ kind: TransportError.Kind, taken: Bool) -> TransportError {
        TransportError(kind, Endpoint(host: "a.com"), detail: "", requestMayHaveBeenTaken: taken)
    }

    private func delay(_ failure: any RequestFailure, attempt: Int = 1, mayBeRepeated: Bool = true, jitter: Double = 1)
        -> Duration?
    {
        var quota = RetryQuota()
        let decision = policy.decide(
            attempt: attempt, failure: failure, mayBeRepeated: mayBeRepeated, jitter: jitter, quota: &quota)
        if case .retry(let after, _) = decision { return after }
        return nil
    }

    @Test func `throttling, failures of the service and of the network are worth another try`() {
        for code in ["Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown", "ConditionalRequestConflict"] {
            #expect(delay(awsError(code)) != nil)
        }
        for status in [429, 500, 502, 503, 504] { #expect(delay(awsError("X", status)) != nil) }
        for kind in [TransportError.Kind.connect, .resolve, .timeout, .lost, .unreadable] {
            #expect(delay(transportError(kind, taken: true)) != nil)
        }
    }

    @Test func `refusals are not`() {
        for code in ["ValidationError", "AccessDenied", "ExpiredToken", "LimitExceededException", "SignatureDoesNotMatch"] {
            #expect(delay(awsError(code)) == nil)
        }
        #expect(delay(awsError("X", 501)) == nil)
        for kind in [TransportError.Kind.tls, .tooLarge, .setup] { #expect(delay(transportError(kind, taken: false)) == nil) }
    }

    @Test func `a request that may not be repeated is, only where it was certainly not taken`() {
        #expect(delay(awsError("Throttling"), mayBeRepeated: false) != nil)
        #expect(delay(awsError("SlowDown", 503), mayBeRepeated: false) != nil)
        #expect(delay(transportError(.connect, taken: false), mayBeRepeated: false) != nil)
        #expect(delay(transportError(.timeout, taken: false), mayBeRepeated: false) != nil)
        #expect(delay(awsError("InternalFailure", 500), mayBeRepeated: false) == nil)
        #expect(delay(transportError(.lost, taken: true), mayBeRepeated: false) == nil)
        #expect(delay(transportError(.unreadable, taken: true), mayBeRepeated: false) == nil)
    }

    @Test func `the wait doubles up to twenty seconds, by a random part of it`() {
        let waits = (1...8).map { delay(awsError("Throttling"), attempt: $0) }
        #expect(waits == [1, 2, 4, 8, 16, 20, 20, 20].map { .seconds($0) })
        #expect(delay(awsError("Throttling"), attempt: 3, jitter: 0.25) == .seconds(1))
        #expect(delay(awsError("Throttling"), attempt: 3, jitter: 0) == .zero)
    }

    @Test func `what AWS asks for counts, within five seconds of the back-off`() {
        #expect(delay(awsError("Throttling", retryAfter: .seconds(3)), jitter: 0.5) == .seconds(3))
        #expect(delay(awsError("Throttling", retryAfter: .seconds(60)), jitter: 0.5) == .milliseconds(5500))
        #expect(delay(awsError("Throttling", retryAfter: .milliseconds(1)), jitter: 0.5) == .milliseconds(500))
    }

    @Test func `tries are bounded`() {
        #expect(delay(awsError("Throttling"), attempt: 9) != nil)
        #expect(delay(awsError("Throttling"), attempt: 10) == nil)
    }

    @Test func `the quota bounds retries over all requests, and success refills it`() {
        var quota = RetryQuota(capacity: 12)
        func retry(_ failure: any RequestFailure) -> RetryPolicy.Decision {
            policy.decide(attempt: 1, failure: failure, mayBeRepeated: true, jitter: 0, quota: &quota)
        }
        #expect(retry(awsError("Throttling")) == .retry(after: .zero, cost: 5))
        #expect(retry(transportError(.timeout, taken: true)) == .giveUp)
        #expect(retry(awsError("Throttling")) == .retry(after: .zero, cost: 5))
        #expect(retry(awsError("Throttling")) == .giveUp)
        quota.give(back: 5)
        quota.give(back: nil)
        #expect(quota.available == 8)
        #expect(retry(awsError("Throttling")) == .retry(after: .zero, cost: 5))
        for _ in 0..<100 { quota.give(back: 5) }
        #expect(quota.available == 12)
        #expect(retry(transportError(.timeout, taken: true)) == .retry(after: .zero, cost: 10))
    }
}
