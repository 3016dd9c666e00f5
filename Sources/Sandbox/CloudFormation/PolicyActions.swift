import Model

/// Stack policies and termination protection.
extension CloudFormationService {
    /// The stack policy of a request; `nil` where it has none.
    func policyBody(_ form: QueryForm) throws -> String? {
        let text: String
        if let body = form["StackPolicyBody"] {
            text = body
        } else if let url = form["StackPolicyURL"] {
            text = try object(at: url, what: "StackPolicyURL")
        } else {
            return nil
        }
        guard StackPolicy(text) != nil else { throw APIFailure.validation("Error validating stack policy: Invalid stack policy") }
        return text
    }

    func setStackPolicy(_ form: QueryForm) throws -> Answer {
        var stack = try stack(form, missing: .brackets)
        guard let policy = try policyBody(form) else {
            throw APIFailure.validation("You must specify either the StackPolicyBody or the StackPolicyURL parameter, but not both.")
        }
        stack.policy = policy
        try cloud.save(stack)
        return .empty
    }

    func getStackPolicy(_ form: QueryForm) throws -> Answer {
        .of(["StackPolicyBody": .text(try stack(form, missing: .brackets).policy)])
    }

    func updateTerminationProtection(_ form: QueryForm) throws -> Answer {
        var stack = try stack(form, missing: .brackets)
        guard let enabled = try form.flag("EnableTerminationProtection") else {
            throw APIFailure.validation(
                "1 validation error detected: Value null at 'enableTerminationProtection' failed to satisfy constraint: Member must not be null"
            )
        }
        stack.terminationProtection = enabled
        try cloud.save(stack)
        return .of(["StackId": .text(stack.id)])
    }
}
