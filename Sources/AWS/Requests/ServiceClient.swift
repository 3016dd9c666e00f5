import Foundation
import Model
import Synchronization

/// What all clients of a session share.
struct ClientRuntime: Sendable {
    var transport: HTTPTransport
    /// `nil` for requests that are not signed.
    var credentials: (any CredentialProvider)?
    var policy: RetryPolicy
    var quota: SharedRetryQuota
    var clock: Clock
    var randomBytes: @Sendable (Int) -> Data
    var log: @Sendable (RequestLogLine) -> Void
}

/// One retry quota that concurrent requests draw on.
final class SharedRetryQuota: Sendable {
    private let quota = Mutex(RetryQuota())

    func withQuota<Value: Sendable>(_ body: (inout RetryQuota) -> Value) -> Value {
        quota.withLock { body(&$0) }
    }
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
            body: form.body, mayBeRepeated: mayBeRepeated)
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
    /// credentials, `CancellationError`. Waits between tries by the session's clock.
    func send<Value>(
        _ request: HTTPRequest, action: String, read: (HTTPResponse) throws(UnreadableAnswer) -> Value
    ) async throws -> Value {
        var attempt = 1
        var taken: Int?
        var isRenewed = false
        while true {
            let (outcome, answer, duration, used) = try await once(request, action: action, read: read)
            func log(_ logged: RequestLogLine.Outcome, requestID: String?) {
                runtime.log(
                    RequestLogLine(
                        service: service.rawValue, action: action, region: region, status: answer?.status, attempt: attempt,
                        duration: duration, requestID: requestID ?? answer?.requestID, outcome: logged))
            }
            switch outcome {
            case .success(let value):
                runtime.quota.withQuota { $0.give(back: taken) }
                log(.success, requestID: nil)
                return value
            case .failure(let failure):
                let (code, requestID) = Self.label(failure)
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
                let decision = runtime.quota.withQuota {
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
    }

    private typealias Try<Value> = (outcome: Outcome<Value>, answer: HTTPResponse?, duration: Duration, used: Credentials?)

    private func once<Value>(
        _ request: HTTPRequest, action: String, read: (HTTPResponse) throws(UnreadableAnswer) -> Value
    ) async throws -> Try<Value> {
        let credentials = try await runtime.credentials?.credentials()
        var signed = request
        if let credentials {
            signed.headers += SigV4.headers(
                for: request, credentials: credentials, service: service.hostLabel, region: region, at: runtime.clock.now())
        }
        let start = runtime.clock.uptime()
        do {
            let response = try await runtime.transport.send(signed)
            return (outcome(response, request, action, read), response, runtime.clock.uptime() - start, credentials)
        } catch let error as TransportError {
            return (.failure(error), nil, runtime.clock.uptime() - start, credentials)
        }
    }

    private func outcome<Value>(
        _ response: HTTPResponse, _ request: HTTPRequest, _ action: String,
        _ read: (HTTPResponse) throws(UnreadableAnswer) -> Value
    ) -> Outcome<Value> {
        guard (200..<300).contains(response.status) else {
            return .failure(AWSError(response, service: service.rawValue, action: action))
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
