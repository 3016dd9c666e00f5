/// AWS CloudFormation: one method per action, with all pages of an answer as one.
///
/// Every method throws `AWSError` where CloudFormation refuses, `TransportError` where no readable answer comes, `Problem`
/// where there are no credentials, and `CancellationError`. Both errors say by `requestMayHaveBeenTaken` whether to look
/// before asking again. A stack is named by its name or its ARN; after it is deleted only the ARN finds it.
package struct CloudFormationClient: Sendable {
    let client: ServiceClient

    package var region: String { client.region }

    /// Actions that, asked twice, would do their work twice or fail because of the first time; they are sent again only
    /// where it is certain that they were not taken. A client token does not help everywhere: moto ignores it.
    static let actionsNotToRepeat: Set<String> = [
        "CreateChangeSet", "ExecuteChangeSet", "CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack", "DetectStackDrift",
    ]

    func call<Value>(
        _ action: String, _ fill: (inout QueryParameters) -> Void, read: (XMLElement) throws(UnreadableAnswer) -> Value
    ) async throws -> Value {
        try await client.query(action, mayBeRepeated: !Self.actionsNotToRepeat.contains(action), fill, read: read)
    }

    func call(_ action: String, _ fill: (inout QueryParameters) -> Void) async throws {
        try await call(action, fill) { _ in }
    }

    /// Follows `NextToken` through all pages, or until `read` says that it has seen enough.
    func pages(
        _ action: String, _ fill: (inout QueryParameters) -> Void, read: (XMLElement) throws(UnreadableAnswer) -> PageOutcome
    ) async throws {
        var token: String?
        var seen: Set<String> = []
        while true {
            let (outcome, next) = try await call(action) { form in
                fill(&form)
                form.set("NextToken", token)
            } read: { page throws(UnreadableAnswer) in
                (try read(page), page.text("NextToken"))
            }
            guard outcome == .goOn, let next else { return }
            guard seen.insert(next).inserted else {
                throw TransportError(
                    .unreadable, client.endpoint, detail: "It gives the same page again and again", requestMayHaveBeenTaken: true)
            }
            token = next
        }
    }

    enum PageOutcome { case goOn, enough }

    /// The members of one list over all pages.
    func allMembers<Value>(
        _ action: String, of list: String, _ fill: (inout QueryParameters) -> Void = { _ in },
        read: (XMLElement) throws(UnreadableAnswer) -> Value
    ) async throws -> [Value] {
        var members: [Value] = []
        try await pages(action, fill) { page throws(UnreadableAnswer) in
            members += try page.list(list, read)
            return .goOn
        }
        return members
    }
}
