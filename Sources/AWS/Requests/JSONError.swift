import Foundation
import Model

/// An error as the JSON protocol writes it.
///
/// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html has the rules, botocore's `parsers.py` what services really do.
struct JSONError: Hashable {
    /// `nil` where the answer names none.
    var code: String?
    var message: String

    /// Reads an answer whose status is no success; `nil` where it is of another protocol.
    init?(_ response: HTTPResponse) {
        let document = try? JSONDecoder().decode(JSONValue.self, from: response.body)
        let headers = response.headers
        guard document?.objectMembers != nil || headers["x-amzn-errortype"] != nil else { return nil }
        // A service that once spoke the query protocol keeps the codes that its users know: `Code;Sender`.
        let compatible = headers["x-amzn-query-error"]?.split(separator: ";").first.map(String.init)
        code =
            [compatible, document?["__type"]?.scalarText, headers["x-amzn-errortype"], document?["code"]?.scalarText]
            .lazy.compactMap { $0.flatMap(Self.bare) }.first
        message = document?["message"]?.scalarText ?? document?["Message"]?.scalarText ?? ""
    }

    /// The code in `com.amazonaws.ssm#ParameterNotFound` or `AccessDeniedException:http://…`; `nil` where there is no name in it.
    private static func bare(_ written: String) -> String? {
        let type = written.prefix { $0 != ":" }
        let name = type.split(separator: "#").last ?? ""
        let isName =
            !name.isEmpty && name.utf8.count <= 100 && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        return isName ? String(name) : nil
    }
}
