package import Model

/// A change set that CloudFormation has made of a plan, and that waits to be executed or deleted.
///
/// Holds no property values, and so no secret: emulators show those of NoEcho parameters.
package struct ProposedChangeSet: Hashable, Sendable, Codable {
    /// The ARN.
    package var id: String
    package var name: String
    package var stackID: String?
    /// Whether the stack was made only to hold this change set.
    package var makesStack: Bool
    package var changeSet: ChangeSet

    package init(id: String, name: String, stackID: String?, makesStack: Bool, changeSet: ChangeSet) {
        self.id = id
        self.name = name
        self.stackID = stackID
        self.makesStack = makesStack
        self.changeSet = changeSet
    }
}

extension ChangeSet {
    /// What a change set would do, whatever order it is described in.
    package var digest: Digest {
        let lines = changes.map { change in
            let details = change.details.map {
                [
                    $0.attribute, $0.name, $0.recreation?.rawValue, $0.evaluation?.rawValue, $0.source?.rawValue, $0.causingEntity,
                ].map { JSONValue.string($0 ?? "") }
            }.map { JSONValue.array($0).canonicalText }.sorted()
            let head = [
                change.action.rawValue, change.logicalID, change.type, change.physicalID, change.replacement?.rawValue,
                change.policyAction?.rawValue,
            ]
            return JSONValue.array((head.map { $0 ?? "" } + change.scope.sorted() + details).map { .string($0) }).canonicalText
        }
        let inner = (nested ?? [:]).filter { !$0.value.changes.isEmpty }.map { "\($0.key) \($0.value.digest)" }
        return Digest(of: (lines.sorted() + inner.sorted()).joined(separator: "\n"))
    }

    /// Whether it can still be executed; an endpoint that says nothing about that is taken at its word once it is asked to.
    package var isAvailable: Bool { status == "CREATE_COMPLETE" && executionStatus.map { $0 == "AVAILABLE" } ?? true }
}
