package import Foundation
package import Model

/// One line of DescribeEvents: like a stack's event, but also of what happens before anything is deployed.
package struct OperationEvent: Hashable, Sendable {
    package var eventID: String
    package var operationID: String?
    /// `CREATE_STACK`, `UPDATE_STACK`, `CREATE_CHANGESET` …
    package var operationType: String?
    /// `IN_PROGRESS`, `SUCCEEDED`, `FAILED`.
    package var operationStatus: String?
    /// `STACK_EVENT`, `PROGRESS_EVENT`, `VALIDATION_ERROR`, `PROVISIONING_ERROR`, `HOOK_INVOCATION_ERROR`.
    package var eventType: String?
    package var logicalID: String?
    package var physicalID: String?
    package var resourceType: String?
    package var resourceStatus: StackStatus?
    package var resourceStatusReason: String?
    package var timestamp: Date?
    package var validation: Validation?

    /// What an early validation of a change set found.
    package struct Validation: Hashable, Sendable {
        /// Such as `NAME_CONFLICT_VALIDATION`.
        package var name: String
        /// `FAILED` or `SKIPPED`.
        package var status: String?
        package var reason: String?
        /// The path of the property in the template.
        package var path: String?
        /// `FAIL` or `WARN`.
        package var failureMode: String?
    }
}

/// Whose events DescribeEvents tells.
package enum OperationEventSubject: Hashable, Sendable {
    case stack(String)
    /// A change set, by its ARN, or by its name and its stack.
    case changeSet(String, stack: String?)
    case operation(String)
}

extension CloudFormationClient {
    /// The events of a stack, newest first, up to but not including the first for which `isEnough` answers yes. Pages
    /// behind it are not asked for.
    package func describeStackEvents(
        _ stack: String, until isEnough: @Sendable (StackEvent) -> Bool = { _ in false }
    ) async throws -> [StackEvent] {
        var events: [StackEvent] = []
        try await pages("DescribeStackEvents") {
            $0.set("StackName", stack)
        } read: { page throws(UnreadableAnswer) in
            for event in try page.list("StackEvents", StackEvent.init(element:)) {
                if isEnough(event) { return .enough }
                events.append(event)
            }
            return .goOn
        }
        return events
    }

    /// The events of one operation, which also tell why a change set failed its early validation. Newest first.
    package func describeEvents(of subject: OperationEventSubject, onlyFailed: Bool = false) async throws -> [OperationEvent] {
        try await allMembers("DescribeEvents", of: "OperationEvents") { form in
            switch subject {
            case .stack(let stack): form.set("StackName", stack)
            case .changeSet(let changeSet, let stack):
                form.set("ChangeSetName", changeSet)
                form.set("StackName", stack)
            case .operation(let id): form.set("OperationId", id)
            }
            form.set("Filters.FailedEvents", onlyFailed ? true : nil)
        } read: { element throws(UnreadableAnswer) in
            try OperationEvent(element)
        }
    }
}

extension StackEvent {
    fileprivate init(element: XMLElement) throws(UnreadableAnswer) {
        self.init(
            eventID: try element.required("EventId"), stackID: try element.required("StackId"),
            stackName: try element.required("StackName"), logicalID: element.text("LogicalResourceId") ?? "",
            physicalID: element.text("PhysicalResourceId"), resourceType: element.text("ResourceType") ?? "",
            timestamp: try element.requiredTime("Timestamp"), status: StackStatus(rawValue: element.text("ResourceStatus") ?? ""),
            statusReason: element.text("ResourceStatusReason"), clientRequestToken: element.text("ClientRequestToken"))
    }
}

extension OperationEvent {
    fileprivate init(_ element: XMLElement) throws(UnreadableAnswer) {
        self.init(
            eventID: try element.required("EventId"), operationID: element.text("OperationId"),
            operationType: element.text("OperationType"), operationStatus: element.text("OperationStatus"),
            eventType: element.text("EventType"), logicalID: element.text("LogicalResourceId"),
            physicalID: element.text("PhysicalResourceId"), resourceType: element.text("ResourceType"),
            resourceStatus: element.text("ResourceStatus").map { StackStatus(rawValue: $0) },
            resourceStatusReason: element.text("ResourceStatusReason"), timestamp: element.time("Timestamp"),
            validation: element.text("ValidationName").map { name in
                Validation(
                    name: name, status: element.text("ValidationStatus"), reason: element.text("ValidationStatusReason"),
                    path: element.text("ValidationPath"), failureMode: element.text("ValidationFailureMode"))
            })
    }
}
