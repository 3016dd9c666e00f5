import Foundation
import Model
import Synchronization
import Testing

@testable import AWS

let exampleCredentials = Credentials(
    accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))

/// 2026-01-31T12:00:00Z, the time that `Peers/signatures.py` expects.
let noon = Date(timeIntervalSince1970: 1_769_860_800)

/// A clock that stands still and remembers how long it was asked to wait.
final class ManualClock: Sendable {
    private let waits = Mutex<[Duration]>([])

    var waited: [Duration] { waits.withLock { $0 } }

    var clock: Clock {
        Clock(now: { noon }, uptime: { .zero }, sleep: { duration in self.waits.withLock { $0.append(duration) } })
    }
}

/// Collects what is given to it, from any thread.
final class Collector<Item: Sendable>: Sendable {
    private let collected = Mutex<[Item]>([])

    var items: [Item] { collected.withLock { $0 } }
    func add(_ item: Item) { collected.withLock { $0.append(item) } }
}

extension Terminal {
    /// A terminal that nothing here has any business with.
    static let untouched = Terminal(
        write: { _ in Issue.record("standard output was written to") },
        writeError: { _ in Issue.record("standard error was written to") },
        readLine: { nil }, isInteractive: false, outputIsTerminal: false, errorIsTerminal: false, columns: nil)
}

extension Context {
    /// A context with AWS's example credentials and whatever else the environment is to hold.
    static func example(_ environment: [String: String] = [:], clock: Clock = ManualClock().clock) -> Context {
        var all = [
            "AWS_ACCESS_KEY_ID": exampleCredentials.accessKeyID,
            "AWS_SECRET_ACCESS_KEY": exampleCredentials.secretAccessKey.reveal(), "AWS_REGION": "eu-central-1",
            "HOME": "/nonexistent",
        ]
        all.merge(environment) { _, last in last }
        return Context(
            environment: all, workingDirectory: "/", terminal: .untouched, clock: clock,
            // The highest number there is: jitter is then all but 1, and waits are what back-off allows at most.
            randomBytes: { Data(repeating: 0xFF, count: $0) })
    }
}

extension HTTPTransport {
    /// Answers every request with the next answer, the last again and again, and collects the requests.
    static func stub(_ requests: Collector<HTTPRequest>, _ answers: Result<HTTPResponse, TransportError>...) -> HTTPTransport {
        HTTPTransport { request in
            requests.add(request)
            return try answers[min(requests.items.count, answers.count) - 1].get()
        }
    }
}

extension HTTPResponse {
    static func xml(_ text: String, status: Int = 200, headers: [String: String] = [:]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Data(text.utf8))
    }
}

/// A session whose requests go to `transport`.
func stubbedSession(
    environment: [String: String] = [:], clock: ManualClock = ManualClock(),
    log: Collector<RequestLogLine> = Collector(), _ transport: HTTPTransport
) throws -> AWSSession {
    try AWSSession(context: .example(environment, clock: clock.clock), transport: transport, log: { log.add($0) })
}
