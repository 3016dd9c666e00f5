package import Foundation
package import Model

/// One line of ListChangeSets.
package struct ChangeSetSummary: Hashable, Sendable {
    package var id: String
    package var name: String
    package var stackID: String?
    package var status: String
    package var statusReason: String?
    package var executionStatus: String?
    package var createdAt: Date?
    package var description: String?

    package init(
        id: String, name: String, stackID: String? = nil, status: String, statusReason: String? = nil, executionStatus: String? = nil,
        createdAt: Date? = nil, description: String? = nil
    ) {
        self.id = id
        self.name = name
        self.stackID = stackID
        self.status = status
        self.statusReason = statusReason
        self.executionStatus = executionStatus
        self.createdAt = createdAt
        self.description = description
    }
}

extension CloudFormationClient {
    /// A change set with all its changes, whatever its status.
    ///
    /// - Parameters:
    ///   - changeSet: its name or ARN.
    ///   - stack: may be left out with an ARN.
    ///   - includePropertyValues: also the values before and after; AWS warns that the list may then be incomplete.
    package func describeChangeSet(
        _ changeSet: String, stack: String? = nil, includePropertyValues: Bool = false
    ) async throws -> ChangeSet {
        var whole: ChangeSet?
        try await pages("DescribeChangeSet") { form in
            form.set("ChangeSetName", changeSet)
            form.set("StackName", stack)
            form.set("IncludePropertyValues", includePropertyValues ? true : nil)
        } read: { page throws(UnreadableAnswer) in
            let changes = try page.list("Changes", ResourceChange.init(change:)).compactMap { $0 }
            if whole == nil {
                whole = try ChangeSet(page, changes: changes)
            } else {
                whole?.changes += changes
            }
            return .goOn
        }
        guard let whole else {
            throw TransportError(.unreadable, client.endpoint, detail: "It has no page", requestMayHaveBeenTaken: true)
        }
        return whole
    }

    /// Carries out a change set. Never repeated where it may have been taken.
    ///
    /// - Parameter disableRollback: leaves what was made where it is after a failure.
    package func executeChangeSet(
        _ changeSet: String, stack: String? = nil, clientRequestToken: String? = nil, disableRollback: Bool? = nil
    ) async throws {
        try await call("ExecuteChangeSet") { form in
            form.set("ChangeSetName", changeSet)
            form.set("StackName", stack)
            form.set("ClientRequestToken", clientRequestToken)
            form.set("DisableRollback", disableRollback)
        }
    }

    /// Deletes a change set; one that does not exist is as good as deleted.
    package func deleteChangeSet(_ changeSet: String, stack: String? = nil) async throws {
        try await call("DeleteChangeSet") { form in
            form.set("ChangeSetName", changeSet)
            form.set("StackName", stack)
        }
    }

    /// The change sets of a stack that are not executed yet.
    package func listChangeSets(stack: String) async throws -> [ChangeSetSummary] {
        try await allMembers("ListChangeSets", of: "Summaries") {
            $0.set("StackName", stack)
        } read: { element throws(UnreadableAnswer) in
            ChangeSetSummary(
                id: try element.required("ChangeSetId"), name: try element.required("ChangeSetName"),
                stackID: element.text("StackId"), status: element.text("Status") ?? "",
                statusReason: element.text("StatusReason"),
                executionStatus: element.text("ExecutionStatus"), createdAt: element.time("CreationTime"),
                description: element.text("Description"))
        }
    }
}

extension ChangeSet {
    fileprivate init(_ element: XMLElement, changes: [ResourceChange]) throws(UnreadableAnswer) {
        self.init(
            id: element.text("ChangeSetId"), name: element.text("ChangeSetName"), stackID: element.text("StackId"),
            stackName: element.text("StackName"), status: try element.required("Status"),
            statusReason: element.text("StatusReason"), executionStatus: element.text("ExecutionStatus"), changes: changes)
    }
}

extension ResourceChange {
    /// Reads a member of `Changes`; `nil` for a change of a kind other than a resource's, of which there are none today.
    ///
    /// An action or a replacement that is not known here is thrown: to leave it out would understate what will happen.
    fileprivate init?(change: XMLElement) throws(UnreadableAnswer) {
        guard let element = change["ResourceChange"] else { return nil }
        let actionText = try element.required("Action")
        guard let action = Action(rawValue: actionText) else { throw UnreadableAnswer("Its action \(actionText) is not known") }
        let replacementText = element.text("Replacement")
        let replacement = replacementText.flatMap { Replacement(rawValue: $0) }
        if let replacementText, replacement == nil { throw UnreadableAnswer("Its replacement \(replacementText) is not known") }
        self.init(
            action: action, logicalID: try element.required("LogicalResourceId"), physicalID: element.text("PhysicalResourceId"),
            type: element.text("ResourceType") ?? "", replacement: replacement,
            policyAction: element.text("PolicyAction").flatMap { PolicyAction(rawValue: $0) }, scope: element.texts("Scope"),
            details: element.list("Details").compactMap(ChangeDetail.init(element:)),
            nestedChangeSetID: element.text("ChangeSetId"))
    }
}

extension ChangeDetail {
    fileprivate init?(element: XMLElement) {
        guard let target = element["Target"], let attribute = target.text("Attribute") else { return nil }
        self.init(
            attribute: attribute, name: target.text("Name"), path: target.text("Path"),
            recreation: target.text("RequiresRecreation").flatMap { Recreation(rawValue: $0) },
            beforeValue: target.value("BeforeValue"), afterValue: target.value("AfterValue"),
            attributeChangeType: target.text("AttributeChangeType"),
            evaluation: element.text("Evaluation").flatMap { Evaluation(rawValue: $0) },
            source: element.text("ChangeSource").flatMap { Source(rawValue: $0) }, causingEntity: element.text("CausingEntity"))
    }
}
