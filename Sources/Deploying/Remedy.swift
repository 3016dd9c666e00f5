package import StateDatabase

/// What to do about a failure whose cause is well known.
package enum Remedy {
    /// - Returns: one sentence or two; `nil` where the message is of no known kind. It may quote the message: print it as such.
    package static func sentence(for failure: DeploymentFailure) -> String? {
        sentence(for: failure.message, resourceType: failure.resourceType ?? "")
    }

    /// - Parameter message: as CloudFormation or the service behind the resource wrote it.
    package static func sentence(for message: String, resourceType: String = "") -> String? {
        let message = Message(message)
        // From the unmistakable to the vague: a refusal may speak of a limit, and nearly everything is an invalid request.
        return denied(message) ?? capability(message) ?? export(message) ?? rate(message) ?? notEmpty(message, resourceType)
            ?? nameTaken(message, resourceType) ?? limit(message) ?? inUse(message) ?? timeOut(message, resourceType) ?? invalid(message)
    }

    // MARK: The kinds

    private static func denied(_ message: Message) -> String? {
        if message.has("encoded authorization failure message") {
            return "A permission is missing; `aws sts decode-authorization-message --encoded-message …` tells which."
        }
        if let match = message.text.firstMatch(
            of:
                /not authorized to perform:? (?:the )?([A-Za-z0-9-]+:[A-Za-z0-9*]+)(?: action)?(?:(?: on|) (?:the )?resource:? "?([^\s"]+))?/
        ) {
            let resource = match.2.map { " on \(trimmed($0))" } ?? ""
            if message.has("explicit deny") {
                let policy = message.text.firstMatch(of: /explicit deny in (?:an? |the )?([a-z -]*policy|[a-z -]*boundary)/).map {
                    "\($0.1)"
                }
                return "Something denies \(match.1)\(resource) explicitly: change that \(policy ?? "policy"), granting more does not help."
            }
            return "Give the identity, or the service role, that CloudFormation works with the permission \(match.1)\(resource)."
        }
        if let match = message.text.firstMatch(of: /API: ([a-z0-9-]+:[A-Za-z0-9]+) Access Denied/) {
            return "Give the identity, or the service role, that CloudFormation works with the permission \(match.1)."
        }
        guard message.has("access denied", "accessdenied", "not authorized", "unauthorizedoperation") else { return nil }
        return "The identity, or the service role, that CloudFormation works with lacks a permission, or a policy denies it."
    }

    private static func capability(_ message: Message) -> String? {
        guard message.has("requires capabilities", "insufficientcapabilities") else { return nil }
        let missing = message.text.matches(of: /CAPABILITY_[A-Z_]+/).map { String($0.0) }
        return "Add \(missing.isEmpty ? "what is missing" : missing.joined(separator: ", ")) to `capabilities` in stack.yml."
    }

    private static func export(_ message: Message) -> String? {
        guard
            let match = message.text.firstMatch(of: /[Ee]xport:? ([^\s]+) (?:cannot be (?:deleted|updated) )?as it is in use by ([^"\n]+)/)
        else { return nil }
        let users = match.2.split(separator: ". ", maxSplits: 1).first.map(trimmed) ?? ""
        return "The export \(match.1) is still imported by \(users): make that do without Fn::ImportValue first."
    }

    private static func rate(_ message: Message) -> String? {
        let isThrottled = message.has(
            "rate exceeded", "throttl", "too many requests", "toomanyrequests", "requestlimitexceeded", "slowdown",
            "reduce your request rate")
        return isThrottled ? "AWS was asked too much at once: apply again; DependsOn spreads what is created at the same time." : nil
    }

    private static func notEmpty(_ message: Message, _ type: String) -> String? {
        let isRepository = type.hasPrefix("AWS::ECR::") || message.has("repository")
        if isRepository, message.has("still contains images", "repositorynotempty", "not empty") {
            return "Delete the images first, or deploy the repository with EmptyOnDelete: true before it is removed."
        }
        guard message.has("bucketnotempty", "bucket you tried to delete is not empty", "bucket is not empty") else { return nil }
        return "Delete all objects in the bucket first, in a versioned bucket all versions too, or keep it with DeletionPolicy: Retain."
    }

    private static func nameTaken(_ message: Message, _ type: String) -> String? {
        let isForeignBucket = message.has("bucketalreadyexists", "requested bucket name is not available")
        guard
            isForeignBucket
                || message.has(
                    "already exists", "alreadyexists", "alreadyownedbyyou", "already owned by you", "identical name",
                    "already in use by another")
        else { return nil }
        if isForeignBucket {
            return "Bucket names are shared by all accounts: choose another, or leave BucketName out to have one made up."
        }
        if let match = message.text.firstMatch(of: /already exists in stack ([^\s"]+)/) {
            return "The name belongs to \(trimmed(match.1)): choose another, or remove the resource from that stack first."
        }
        return "Choose another name, or leave it out to have one made up; if the one that exists is nobody's, delete it first."
    }

    private static func limit(_ message: Message) -> String? {
        let isAtLimit = message.has(
            "limitexceeded", "limit exceeded", "quotaexceeded", "quota", "limit has been reached", "maximum number of", "reached the limit",
            "exceeds the limit", "toomanybuckets", "more buckets than allowed", "servicelimitexceeded")
        return isAtLimit ? "Have the quota raised (the Service Quotas console lists it), or delete what is not needed any more." : nil
    }

    private static func inUse(_ message: Message) -> String? {
        let isInUse = message.has(
            "dependencyviolation", "dependent object", "has dependencies", "resourceinuse", "in use", "deleteconflict",
            "must detach", "must remove", "being used by", "referenced by")
        return isInUse ? "Remove what uses the resource first, also what was made outside of this stack, then try again." : nil
    }

    private static func timeOut(_ message: Message, _ type: String) -> String? {
        if message.has("response from your custom resource") || (type.hasPrefix("Custom::") && message.has("timed out")) {
            return "The function behind the custom resource did not answer: its log tells why; it must answer on every way out."
        }
        if message.has("resource signal", "waitcondition timed out") || (type.contains("WaitCondition") && message.has("timed out")) {
            return "What was to send the signal did not: its own log (cloud-init's on an instance) tells why; then raise the timeout."
        }
        let isLate = message.has(
            "did not stabilize", "notstabilized", "not stabilized", "exceeded attempts to wait", "timed out",
            "circuit breaker")
        guard isLate else { return nil }
        return type.hasPrefix("AWS::ECS::")
            ? "The tasks did not become healthy: the service's events and the stopped tasks' reasons tell why."
            : "The resource did not become ready in time: look at it in its service for the reason, then try again."
    }

    private static func invalid(_ message: Message) -> String? {
        if let match = message.text.firstMatch(
            of: /(?:Properties validation failed|Property validation failure|Model validation failed)[^\[(]*[\[(](.+)/)
        {
            return "Correct the property in the template: \(trimmed(match.1))."
        }
        let isInvalid = message.has(
            "handlererrorcode: invalidrequest", "invalid request provided", "validationexception", "validation error", "invalidparameter",
            "invalid parameter", "unsupported property", "malformedpolicydocument", "invalid value", "is invalid", "is not valid")
        return isInvalid ? "Correct the value in the template or its parameters: the service does not take it." : nil
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let last = text.last, ".,;:)]\"' \n".contains(last) { text.removeLast() }
        return String(text)
    }
}

/// A message and its lower case, in which services differ.
private struct Message {
    let text: String
    private let folded: String

    init(_ text: String) {
        // A service may quote a whole document; what tells the cause stands at the beginning.
        self.text = String(text.prefix(4000))
        folded = self.text.lowercased()
    }

    func has(_ phrases: String...) -> Bool { phrases.contains { folded.contains($0) } }
}
