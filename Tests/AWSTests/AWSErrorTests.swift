import Foundation
import Model
import Testing

@testable import AWS

@Suite struct AWSErrorTests {
    private func read(_ text: String, status: Int = 400, headers: [String: String] = [:], service: String = "CloudFormation")
        -> AWSError
    {
        AWSError(.xml(text, status: status, headers: headers), service: service, action: "X")
    }

    @Test func `the query protocol's error is read`() {
        let text = """
            <ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>
            <Code>ValidationError</Code><Message>Stack with id x does not exist</Message></Error><RequestId>r-1</RequestId></ErrorResponse>
            """
        let error = read(text)
        #expect(
            error
                == AWSError(
                    service: "CloudFormation", action: "X", code: "ValidationError", message: "Stack with id x does not exist",
                    status: 400,
                    requestID: "r-1"))
        #expect(error.isNotFound && !error.isThrottling && !error.requestMayHaveBeenTaken)
    }

    @Test func `S3's error is read`() {
        let error = read(
            "<Error><Code>PermanentRedirect</Code><Message>Elsewhere</Message><RequestId>r-2</RequestId></Error>", status: 301,
            headers: ["x-amz-bucket-region": "eu-west-1"], service: "S3")
        #expect(error.requestID == "r-2" && error.bucketRegion == "eu-west-1")
        #expect(error.problem.findings.first?.detail.contains("eu-west-1") == true)
    }

    @Test func `an answer that AWS did not write is named by its status and its start`() {
        let error = read("<html>\n <title>Bad   Gateway</title><hr></html>", status: 502, headers: ["retry-after": "7"])
        #expect(error.code == "HTTP502" && error.message == "<html> <title>Bad Gateway</title><hr></html>")
        #expect(error.retryAfter == .seconds(7))
        #expect(error.isTransient && error.requestMayHaveBeenTaken)
        #expect(read("", status: 503, headers: ["x-amz-retry-after": "1500"]).retryAfter == .milliseconds(1500))
    }

    @Test func `a 404 from somewhere does not mean that a stack does not exist`() {
        #expect(!read("<html>not found</html>", status: 404).isNotFound)
    }

    @Test(arguments: [
        ("ExpiredToken", "", "expired-credentials"),
        ("SignatureDoesNotMatch", "The request signature we calculated", "wrong-signature"),
        ("SignatureDoesNotMatch", "Signature expired: 20260131T120000Z is now earlier than", "clock-skew"),
        ("RequestTimeTooSkewed", "", "clock-skew"), ("InvalidClientTokenId", "", "invalid-credentials"),
        ("AccessDenied", "", "access-denied"),
        ("Throttling", "", "throttled"), ("ValidationError", "", "aws-error"),
    ])
    func `well-known errors say what to do`(_ code: String, _ message: String, _ findingCode: String) {
        let error = AWSError(service: "CloudFormation", action: "CreateChangeSet", code: code, message: message, status: 400)
        let finding = error.problem.findings.first
        #expect(error.problem.status == .failed && finding?.code == findingCode)
        #expect(findingCode == "aws-error" || finding?.detail.isEmpty == false)
    }

    @Test func `a denied action is named as IAM names it`() {
        let error = AWSError(
            service: "CloudFormation", action: "CreateChangeSet", code: "AccessDenied",
            message: "User: arn:aws:iam::123456789012:user/x is not authorized", status: 403, requestID: "r-3")
        #expect(
            "\(error.problem)"
                == "CloudFormation CreateChangeSet is not allowed. User: arn:aws:iam::123456789012:user/x is not authorized. The identity in use needs the permission cloudformation:CreateChangeSet. (request r-3)"
        )
    }
}
