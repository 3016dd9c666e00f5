package import Model

/// An error that AWS answered with.
package struct AWSError: RequestFailure, Hashable {
    /// The service as AWS writes it: `CloudFormation`, `S3`, `STS`.
    package var service: String
    /// Such as `CreateChangeSet`.
    package var action: String
    /// AWS's code, such as `ValidationError`; where an answer had none, one made of its status, such as `HTTP502`.
    package var code: String
    package var message: String
    package var status: Int
    package var requestID: String?
    /// How long AWS asks to wait before another try.
    package var retryAfter: Duration?
    /// The region a bucket is really in, where S3 says so.
    package var bucketRegion: String?
    /// What the clocks said, where the answer had a time.
    package var clocks: ClockReadings?

    package init(
        service: String, action: String, code: String, message: String, status: Int, requestID: String? = nil,
        retryAfter: Duration? = nil, bucketRegion: String? = nil
    ) {
        self.service = service
        self.action = action
        self.code = code
        self.message = message
        self.status = status
        self.requestID = requestID
        self.retryAfter = retryAfter
        self.bucketRegion = bucketRegion
    }
}

extension AWSError {
    // The lists are botocore's (`retries/standard.py`), without LimitExceededException: to CloudFormation that is a
    // quota of the account, which waiting does not raise.
    private static let throttlingCodes: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "TooManyRequestsException",
        "ProvisionedThroughputExceededException", "TransactionInProgressException", "RequestLimitExceeded",
        "BandwidthLimitExceeded", "RequestThrottled", "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException",
    ]

    /// AWS did nothing because too much was asked at a time.
    package var isThrottling: Bool { status == 429 || Self.throttlingCodes.contains(code) }

    /// Something on AWS's side that may be over at the next try.
    package var isTransient: Bool {
        [500, 502, 503, 504].contains(status) || ["RequestTimeout", "RequestTimeoutException", "InternalError"].contains(code)
    }

    /// S3 was writing the same key for somebody else: who won is not decided yet, ask again.
    package var isWriteConflict: Bool { code == "ConditionalRequestConflict" }

    /// S3's condition did not hold: with `If-None-Match: *`, the key exists.
    package var isPreconditionFailed: Bool { status == 412 || code == "PreconditionFailed" }

    /// UpdateStack had nothing to do. (A change set without changes is no error: it ends as FAILED, with a reason.)
    package var isNoUpdates: Bool { code == "ValidationError" && message.contains("No updates are to be performed") }

    /// What was named does not exist: a stack, a change set, a bucket, a key, a secret. A 404 alone does not say so: it may come
    /// from whatever answers at a wrong address.
    package var isNotFound: Bool {
        switch code {
        case "ChangeSetNotFound", "ChangeSetNotFoundException", "StackNotFoundException", "NoSuchKey", "NoSuchBucket",
            "ResourceNotFoundException":
            true
        case "ValidationError": message.contains("does not exist")
        default: false
        }
    }

    package var isAlreadyExists: Bool {
        ["AlreadyExistsException", "AlreadyExists", "BucketAlreadyExists", "BucketAlreadyOwnedByYou"].contains(code)
    }

    /// The change set's status does not allow what was asked of it.
    package var isInvalidChangeSetStatus: Bool { code == "InvalidChangeSetStatus" || code == "InvalidChangeSetStatusException" }

    package var isExpiredToken: Bool {
        ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"].contains(code)
    }

    package var isAccessDenied: Bool {
        ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden"].contains(code)
    }

    /// Whether what the request names may be what is refused, and not the one who asks or the load: another name may fare better.
    package var concernsWhatWasNamed: Bool {
        let isByService = code != Self.code(forStatus: status)
        return (400..<500).contains(status) && isByService && !isThrottling && !isExpiredToken && !isInvalidKey && !isSignatureMismatch
            && !isClockSkew
    }

    /// The clocks of this machine and of AWS are too far apart for a signature to count.
    package var isClockSkew: Bool {
        ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"].contains(code)
            || (isSignatureMismatch && (message.contains("Signature expired") || message.contains("Signature not yet current")))
            || (isSignatureMismatch && clocks?.areApart == true)
    }

    package var isSignatureMismatch: Bool {
        ["SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignature"].contains(code)
    }

    /// What arrived is not what was signed.
    package var isChangedBody: Bool { ["XAmzContentSHA256Mismatch", "BadDigest"].contains(code) }

    package var isInvalidKey: Bool {
        ["InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException", "AuthFailure", "InvalidToken"].contains(code)
    }

    /// A server that failed may have done its work before; a refusal and a throttled request are not taken.
    package var requestMayHaveBeenTaken: Bool { status >= 500 && !isThrottling }
}

extension AWSError {
    package var problem: Problem {
        let (code, summary, remedy) = explanation
        let said = message.isEmpty ? "" : message.hasSuffix(".") ? message : "\(message)."
        let request = requestID.map { "(request \($0))" }
        return Problem(.failed, code, summary, detail: [said, remedy, request].compactMap { $0 }.joined(separator: " "))
    }

    private var explanation: (code: String, summary: String, remedy: String?) {
        let call = "\(service) \(action)"
        if isExpiredToken {
            return (
                "expired-credentials", "The AWS session has expired",
                "Get new credentials (for SSO: `aws sso login`) and try again."
            )
        }
        if isClockSkew {
            return (
                "clock-skew", "This machine's clock is too far from AWS's",
                [clockExplanation, "Set it right (for example with NTP) and try again."].compactMap { $0 }.joined(separator: " ")
            )
        }
        if isSignatureMismatch {
            return (
                "wrong-signature", "AWS does not accept the signature of \(call)",
                "The secret access key does not belong to the access key: check AWS_SECRET_ACCESS_KEY or the profile's. "
                    + "Where it is right, something between here and AWS changes requests, such as a proxy."
            )
        }
        if isChangedBody {
            return (
                "changed-request", "The request \(call) was changed on its way",
                "Something between here and AWS changes requests, such as a proxy."
            )
        }
        if isInvalidKey {
            return (
                "invalid-credentials", "AWS does not know the access key",
                "Check the access key and, for temporary credentials, AWS_SESSION_TOKEN; a key of one partition counts in no other."
            )
        }
        if isAccessDenied {
            return (
                "access-denied", "\(call) is not allowed",
                "The identity in use needs the permission \(permissionPrefix):\(permission)."
            )
        }
        if let bucketRegion {
            return ("wrong-region", "The bucket is in another region", "It is in \(bucketRegion).")
        }
        if isThrottling {
            return ("throttled", "AWS throttles \(call)", "Try again later; AWS_MAX_ATTEMPTS allows more tries at a time.")
        }
        return ("aws-error", "\(call) failed: \(code)", nil)
    }

    /// Cloud Control API's actions are CloudFormation's to IAM (user guide, Cloud Control API: IAM permissions).
    private var permissionPrefix: String { service == "CloudControl" ? "cloudformation" : service.lowercased() }

    /// IAM's name for the action; S3's differ from its operations'.
    private var permission: String {
        switch (service, action) {
        case ("S3", "ListObjectsV2"): "ListBucket"
        case ("S3", "HeadObject"): "GetObject"
        default: action
        }
    }
}
