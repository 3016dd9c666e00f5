import Foundation
import Model

/// What all clients of a session share.
struct ClientRuntime: Sendable {
    var transport: HTTPTransport
    /// `nil` for requests that are not signed.
    var credentials: (any CredentialProvider)?
    var policy: RetryPolicy
    var state: SharedClientState
    var clock: Clock
    var randomBytes: @Sendable (Int) -> Data
    var log: @Sendable (RequestLogLine) -> Void
}

/// Why an answer with a good status is not what it should be.
struct UnreadableAnswer: Error, Hashable {
    var reason: String
    init(_ reason: String) { self.reason = reason }
}

/// Sends the requests of one service in one region: signed, logged, tried again where that helps and does no harm.
struct ServiceClient: Sendable {
    let service: Service
    let region: String
    let endpoint: Endpoint
    let runtime: ClientRuntime

    /// Sends a request of the query protocol and reads the element `<Action>Result` of its answer, or the answer itself
    /// where the action has no result.
    func query<Value>(
        _ action: String, mayBeRepeated: Bool, _ fill: (inout QueryParameters) -> Void,
        read: (XMLElement) throws(UnreadableAnswer) -> Value
    ) async throws -> Value {
        var form = QueryParameters(action: action, version: service.queryVersion ?? "")
        fill(&form)
        let request = HTTPRequest(
            .post, endpoint, headers: [HTTPField("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: form.body, mayBeRepeated: mayBeRepeated, secrets: form.secrets)
        return try await send(request, action: action) { response throws(UnreadableAnswer) in
            let document: XMLElement
            do throws(XMLError) {
                document = try XMLReader.read(response.body)
            } catch {
                throw UnreadableAnswer(error.description)
            }
            guard document.name == "\(action)Response" else {
                throw UnreadableAnswer("It holds \(document.name), not \(action)Response")
            }
            return try read(document["\(action)Result"] ?? document)
        }
    }

    /// Sends a request and reads its answer.
    ///
    /// Throws `AWSError` where AWS refuses, `TransportError` where no readable answer comes, `Problem` where there are no
    /// credentials, `CancellationError`. Waits between tries by the session's clock. A request whose signature AWS refuses
    /// for its time is signed once more by AWS's clock.
    func send<Value>(
        _ request: HTTPRequest, action: String, read: (HTTPResponse) throws(UnreadableAnswer) -> Value
    ) async throws -> Value {
        var attempt = 1
        var taken: Int?
        var isRenewed = false
        var isByAWSClock = false
        while true {
            let delay = runtime.state.delay(to: endpoint, at: runtime.clock.uptime())
            if delay > .zero { try await runtime.clock.sleep(delay) }
            let (outcome, answer, duration, used) = try await once(request, action: action, read: read)
            func log(_ logged: RequestLogLine.Outcome, requestID: String?) {
                runtime.log(
                    RequestLogLine(
                        service: service.rawValue, action: action, region: region, status: answer?.status, attempt: attempt,
                        duration: duration, requestID: requestID ?? answer?.requestID, outcome: logged))
            }
            switch outcome {
            case .success(let value):
                runtime.state.withQuota { $0.give(back: taken) }
                log(.success, requestID: nil)
                return value
            case .failure(let failure):
                let (code, requestID) = Self.label(failure)
                if let error = failure as? AWSError, let clocks = error.clocks, error.callsForClockCorrection, !isByAWSClock {
                    log(.failure(code: code, retryAfter: .zero), requestID: requestID)
                    runtime.state.clockOffset = clocks.offset
                    isByAWSClock = true
                    attempt += 1
                    continue
                }
                // AWS has taken nothing of a request whose credentials it calls expired. Once: others may be no better.
                if !isRenewed, let used, (failure as? AWSError)?.isExpiredToken == true,
                    try await runtime.credentials?.replacement(for: used) != nil
                {
                    log(.failure(code: code, retryAfter: .zero), requestID: requestID)
                    isRenewed = true
                    attempt += 1
                    continue
                }
                let jitter = self.jitter()
                let tried = attempt
                let decision = runtime.state.withQuota {
                    runtime.policy.decide(
                        attempt: tried, failure: failure, mayBeRepeated: request.mayBeRepeated, jitter: jitter, quota: &$0)
                }
                guard case .retry(let delay, let cost) = decision else {
                    log(.failure(code: code, retryAfter: nil), requestID: requestID)
                    throw failure
                }
                log(.failure(code: code, retryAfter: delay), requestID: requestID)
                taken = cost
                attempt += 1
                try await runtime.clock.sleep(delay)
            }
        }
    }

    private enum Outcome<Value> {
        case success(Value)
        case failure(any RequestFailure)

        var isThrottled: Bool {
            if case .failure(let error as AWSError) = self { error.isThrottling } else { false }
        }
    }

    private typealias Try<Value> = (outcome: Outcome<Value>, answer: HTTPResponse?, duration: Duration, used: Credentials?)

    private func once<Value>(
        _ request: HTTPRequest, action: String, read: (HTTPResponse) throws(UnreadableAnswer) -> Value
    ) async throws -> Try<Value> {
        let credentials = try await runtime.credentials?.credentials()
        var signed = request
        let now = runtime.clock.now()
        let signingTime = now + runtime.state.clockOffset
        if let credentials {
            signed.headers += SigV4.headers(
                for: request, credentials: credentials, service: service.hostLabel, region: region, at: signingTime)
        }
        let start = runtime.clock.uptime()
        do {
            let response = try await runtime.transport.send(signed)
            let secrets = request.secrets + (credentials?.secrets ?? []) + SigV4.signature(in: signed.headers)
            var outcome = outcome(response, request, action, read, hiding: secrets)
            if case .failure(var error as AWSError) = outcome {
                error.clocks = response.date.map { ClockReadings(ours: now, signed: signingTime, theirs: $0) }
                outcome = .failure(error)
            }
            let end = runtime.clock.uptime()
            runtime.state.learn(endpoint, isThrottled: outcome.isThrottled, at: end)
            return (outcome, response, end - start, credentials)
        } catch let error as TransportError {
            let end = runtime.clock.uptime()
            runtime.state.learn(endpoint, isThrottled: false, at: end)
            return (.failure(error), nil, end - start, credentials)
        }
    }

    private func outcome<Value>(
        _ response: HTTPResponse, _ request: HTTPRequest, _ action: String,
        _ read: (HTTPResponse) throws(UnreadableAnswer) -> Value, hiding secrets: [Secret]
    ) -> Outcome<Value> {
        guard (200..<300).contains(response.status) else {
            return .failure(AWSError(response, service: service.rawValue, action: action, hiding: secrets))
        }
        do throws(UnreadableAnswer) {
            return .success(try read(response))
        } catch {
            return .failure(TransportError(.unreadable, request.endpoint, detail: error.reason, requestMayHaveBeenTaken: true))
        }
    }

    /// How a failure is logged.
    private static func label(_ failure: any RequestFailure) -> (code: String, requestID: String?) {
        switch failure {
        case let error as AWSError: (error.code, error.requestID)
        case let error as TransportError: (error.kind.rawValue, nil)
        default: ("", nil)
        }
    }

    /// A random number from 0 up to but not including 1.
    private func jitter() -> Double {
        let bits = runtime.randomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Double(bits >> 11) / Double(UInt64(1) << 53)
    }
}
