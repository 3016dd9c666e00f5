/// What `--verbose` tells of one try of a request. It holds no header and no body, so no secret and no signature.
package struct RequestLogLine: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case success
        /// AWS's error code, or what kind of failure of the network it was.
        case failure(code: String, retryAfter: Duration?)
    }

    package var service: String
    package var action: String
    package var region: String
    /// `nil` where no answer came.
    package var status: Int?
    /// From 1.
    package var attempt: Int
    package var duration: Duration
    package var requestID: String?
    package var outcome: Outcome
}
