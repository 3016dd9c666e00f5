import Foundation
import Model

extension AWSError {
    /// Reads an answer whose status is no success: the JSON protocol's form, CloudFormation's and STS's, S3's, EC2's, or none of them.
    ///
    /// Its message has `****` for every one of `secrets`, which AWS quotes with what it refuses: a parameter's value that breaks a
    /// constraint, a token, and, where a signature is wrong, the canonical request with the session token in it.
    init(_ response: HTTPResponse, service: String, action: String, hiding secrets: [Secret] = []) {
        if let said = JSONError(response) {
            self.init(
                service: service, action: action, code: said.code ?? Self.code(forStatus: response.status),
                message: said.message.hiding(secrets),
                status: response.status, requestID: response.requestID, retryAfter: response.retryAfter)
            return
        }
        let document = try? XMLReader.read(response.body)
        let error = document.flatMap(Self.errorElement)
        let code = error?.text("Code") ?? Self.code(forStatus: response.status)
        let requestID =
            document?.text("RequestId") ?? document?.text("RequestID") ?? document?["ResponseMetadata"]?.text("RequestId")
            ?? response.requestID
        self.init(
            service: service, action: action, code: code,
            message: (error?.text("Message") ?? error?.text("message"))?.hiding(secrets)
                ?? Self.excerpt(response, isXML: document != nil, hiding: secrets),
            status: response.status, requestID: requestID, retryAfter: response.retryAfter,
            bucketRegion: Self.bucketRegion(response, code: code, error: error))
    }

    private static func errorElement(_ document: XMLElement) -> XMLElement? {
        switch document.name {
        case "Error": document
        default: document["Error"] ?? document["Errors"]?["Error"]
        }
    }

    /// The code of an answer that names none: HEAD has no body to hold one, and what stands between here and AWS has its own.
    static func code(forStatus status: Int) -> String {
        switch status {
        case 403: "Forbidden"
        case 404: "NotFound"
        case 412: "PreconditionFailed"
        default: "HTTP\(status)"
        }
    }

    /// The start of an answer that AWS did not write, such as a proxy's page.
    private static func excerpt(_ response: HTTPResponse, isXML: Bool, hiding secrets: [Secret]) -> String {
        guard !isXML else { return "" }
        // Cut last: the start of a secret whose end is cut off would not be known for one.
        let text = String(decoding: response.body, as: UTF8.self).hiding(secrets).prefix(300)
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ").filter { $0.isASCII && !$0.isNewline }
    }

    private static func bucketRegion(_ response: HTTPResponse, code: String, error: XMLElement?) -> String? {
        guard
            ["PermanentRedirect", "AuthorizationHeaderMalformed", "HTTP301", "IllegalLocationConstraintException"].contains(code)
        else { return nil }
        return response.headers["x-amz-bucket-region"] ?? error?.text("Region")
    }
}

extension HTTPResponse {
    var requestID: String? { headers["x-amzn-requestid"] ?? headers["x-amz-request-id"] }

    /// When the answer was made, by the clock of who made it.
    var date: Date? { headers["date"].flatMap { Timestamp.http($0) } }

    /// What `x-amz-retry-after` (milliseconds) or `Retry-After` (seconds) asks for.
    var retryAfter: Duration? {
        if let milliseconds = headers["x-amz-retry-after"].flatMap({ Int($0) }), milliseconds >= 0 {
            return .milliseconds(milliseconds)
        }
        if let seconds = headers["retry-after"].flatMap({ Int($0) }), seconds >= 0 { return .seconds(seconds) }
        return nil
    }
}
