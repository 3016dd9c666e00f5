import Foundation
import Model

extension CloudFormationService {
    func describeStacks(_ form: QueryForm) throws -> Answer {
        guard let name = form["StackName"], !name.isEmpty else {
            let shown = try page(try cloud.stacks(region: region, includingDeleted: false), form)
            return .of(["Stacks": .list(shown.items.map { StackAnswers.stack($0, at: cloud.now) }), "NextToken": shown.next])
        }
        return .of(["Stacks": .list([StackAnswers.stack(try stack(form), at: cloud.now)])])
    }

    func listStacks(_ form: QueryForm) throws -> Answer {
        let wanted = Set(form.list("StackStatusFilter"))
        let stacks = try cloud.stacks(region: region, includingDeleted: true).filter {
            wanted.isEmpty || wanted.contains($0.status.rawValue)
        }
        let shown = try page(stacks, form)
        return .of(["StackSummaries": .list(shown.items.map { StackAnswers.summary($0, at: cloud.now) }), "NextToken": shown.next])
    }

    // MARK: Events

    func describeStackEvents(_ form: QueryForm) throws -> Answer {
        let stack = try stack(form, missing: .brackets)
        let page = try events(of: stack.id, form)
        return .of(["StackEvents": .list(page.events.map { StackAnswers.event($0) }), "NextToken": page.next])
    }

    /// Events by what came before which, not by their number: new ones don't shift the pages of who is reading.
    private func events(of stackID: String?, operationID: String? = nil, _ form: QueryForm) throws -> (
        events: [Cloud.StoredEvent], next: Answer?
    ) {
        let before = try offset(form)
        let events = try cloud.events(
            of: stackID, region: region, operationID: operationID, before: before == 0 ? nil : Int64(before), limit: Self.pageSize + 1)
        let shown = Array(events.prefix(Self.pageSize))
        guard events.count > shown.count, let last = shown.last else { return (shown, nil) }
        return (shown, .text(Self.token(last.sequence)))
    }

    /// Events by operation (API reference, DescribeEvents).
    func describeEvents(_ form: QueryForm) throws -> Answer {
        let stackID: String?
        if let name = form["StackName"] {
            guard let stack = try find(name) else { throw MissingStack.brackets.failure(name) }
            stackID = stack.id
        } else if let changeSet = form["ChangeSetName"] {
            stackID = try self.changeSet(QueryForm(["ChangeSetName": changeSet])).stackID
        } else if form["OperationId"] != nil {
            stackID = nil
        } else {
            throw APIFailure.validation("One of StackName, ChangeSetName or OperationId must be specified.")
        }
        let page = try events(of: stackID, operationID: form["OperationId"], form)
        let onlyFailures = form["Filters.FailedEvents"] == "true"
        let shown = page.events.filter { !onlyFailures || $0.event.status.isFailure }
        return .of(["OperationEvents": .list(shown.map { operationEvent($0) }), "NextToken": page.next])
    }

    private func operationEvent(_ stored: Cloud.StoredEvent) -> Answer {
        let event = stored.event
        return .of([
            "EventId": .text(event.eventID), "StackId": .text(event.stackID), "OperationId": .text(stored.operationID),
            "EventType": .text("STACK_EVENT"), "LogicalResourceId": .text(event.logicalID),
            "PhysicalResourceId": .text(event.physicalID), "ResourceType": .text(event.resourceType), "Timestamp": .time(event.timestamp),
            "StartTime": .time(event.timestamp), "ResourceStatus": .text(event.status.rawValue),
            "ResourceStatusReason": .text(event.statusReason),
            "ResourceProperties": .text(stored.properties.map { SecretMark.masked($0).compactText }),
            "ClientRequestToken": .text(event.clientRequestToken),
        ])
    }

    // MARK: Resources

    func describeStackResource(_ form: QueryForm) throws -> Answer {
        let stack = try stack(form, missing: .quotes)
        let logicalID = try form.required("LogicalResourceId")
        guard let record = stack.content.resources[logicalID] else {
            throw APIFailure.validation("Resource \(logicalID) does not exist for stack \(stack.name)")
        }
        var members = StackAnswers.resource(record, of: stack, timeName: "LastUpdatedTimestamp")
        members.append(.init(name: "Metadata", value: .text(record.metadata.map { SecretMark.masked($0).compactText } ?? "{}")))
        return .of(["StackResourceDetail": .structure(members)])
    }

    func describeStackResources(_ form: QueryForm) throws -> Answer {
        let stack: StackRecord
        if form["StackName"] != nil {
            stack = try self.stack(form)
        } else {
            guard let physicalID = form["PhysicalResourceId"] else {
                throw APIFailure.validation("Either StackName or PhysicalResourceId must be specified.")
            }
            let all = try cloud.stacks(region: region, includingDeleted: false)
            guard let owner = all.first(where: { $0.content.resources.values.contains { $0.physicalID == physicalID } }) else {
                throw APIFailure.validation("Stack for \(physicalID) does not exist")
            }
            stack = owner
        }
        if let logicalID = form["LogicalResourceId"], stack.content.resources[logicalID] == nil {
            throw APIFailure.validation("Resource \(logicalID) does not exist for stack \(stack.name)")
        }
        let records = stack.content.resources.values.filter { record in form["LogicalResourceId"].map { $0 == record.logicalID } ?? true }
        // This action tells of the first 100 only (API reference).
        let shown = records.sorted { $0.logicalID < $1.logicalID }.prefix(Self.pageSize)
        return .of(["StackResources": .list(shown.map { .structure(StackAnswers.resource($0, of: stack, timeName: "Timestamp")) })])
    }

    func listStackResources(_ form: QueryForm) throws -> Answer {
        let stack = try stack(form)
        let shown = try page(stack.content.resources.values.sorted { $0.logicalID < $1.logicalID }, form)
        return .of([
            "StackResourceSummaries": .list(
                shown.items.map { .structure(StackAnswers.resource($0, of: nil, timeName: "LastUpdatedTimestamp")) }),
            "NextToken": shown.next,
        ])
    }

    // MARK: Exports

    func listExports(_ form: QueryForm) throws -> Answer {
        let shown = try page(try cloud.exports(region: region), form)
        let exports = shown.items.map { export in
            Answer.of([
                "ExportingStackId": .text(export.stackID), "Name": .text(export.name), "Value": .text(SecretMark.masked(export.value)),
            ])
        }
        return .of(["Exports": .list(exports), "NextToken": shown.next])
    }

    func listImports(_ form: QueryForm) throws -> Answer {
        let name = try form.required("ExportName")
        let importers = try cloud.importers(of: name, region: region)
        guard !importers.isEmpty else { throw APIFailure.validation("Export '\(name)' is not imported by any stack.") }
        let shown = try page(importers, form)
        return .of(["Imports": .texts(shown.items), "NextToken": shown.next])
    }

    func describeAccountLimits(_ form: QueryForm) throws -> Answer {
        let limits = [("StackLimit", 2000), ("StackOutputsLimit", 200), ("ConcurrentResourcesLimit", 2500)]
        return .of(["AccountLimits": .list(limits.map { .of(["Name": .text($0), "Value": .count($1)]) })])
    }
}
