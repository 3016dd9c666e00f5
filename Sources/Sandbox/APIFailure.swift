/// What an action answers when it refuses: AWS's error code, message and HTTP status.
struct APIFailure: Error, Hashable, Sendable {
    var code: String
    var message: String
    var status: Int

    init(_ code: String, _ message: String, status: Int = 400) {
        self.code = code
        self.message = message
        self.status = status
    }

    /// `ValidationError`, by far the most common of CloudFormation's.
    static func validation(_ message: String) -> APIFailure { APIFailure("ValidationError", message) }

    /// Whose fault it was, as the query protocol says it.
    var type: String { status >= 500 ? "Receiver" : "Sender" }
}
