import Foundation
import Model
import OrderedCollections

/// Stacks, resources and events as answers.
enum StackAnswers {
    static func parameters(_ parameters: OrderedDictionary<String, StoredParameter>) -> Answer {
        .list(
            parameters.map { name, parameter in
                .of([
                    "ParameterKey": .text(name), "ParameterValue": .text(parameter.value), "ResolvedValue": .text(parameter.resolved),
                ])
            })
    }

    static func tags(_ tags: OrderedDictionary<String, String>) -> Answer {
        .list(tags.map { .of(["Key": .text($0), "Value": .text($1)]) })
    }

    static func rollbackConfiguration(_ configuration: RollbackConfiguration) -> Answer {
        let triggers = configuration.triggers.map { Answer.of(["Arn": .text($0.arn), "Type": .text($0.type)]) }
        return .of([
            "RollbackTriggers": triggers.isEmpty ? nil : .list(triggers),
            "MonitoringTimeInMinutes": configuration.monitoringMinutes.map { .count($0) },
        ])
    }

    static func stack(_ stack: StackRecord, at now: Date) -> Answer {
        let content = stack.content
        return .of([
            "StackId": .text(stack.id), "StackName": .text(stack.name), "ChangeSetId": .text(stack.changeSetID),
            "Description": .text(content.description),
            "Parameters": content.parameters.isEmpty ? nil : parameters(content.parameters), "CreationTime": .time(stack.createdAt),
            "DeletionTime": .time(stack.deletedAt), "LastUpdatedTime": .time(stack.updatedAt),
            "RollbackConfiguration": rollbackConfiguration(content.rollbackConfiguration), "StackStatus": .text(stack.status.rawValue),
            "StackStatusReason": .text(stack.statusReason),
            "DisableRollback": .flag(stack.disableRollback || stack.doesNothingOnFailure),
            "NotificationARNs": .texts(content.notificationArns), "TimeoutInMinutes": content.timeoutMinutes.map { .count($0) },
            "Capabilities": content.capabilities.isEmpty ? nil : .texts(content.capabilities),
            "Outputs": content.outputs.isEmpty ? nil : outputs(content.outputs), "RoleARN": .text(content.roleArn),
            "Tags": tags(content.tags), "EnableTerminationProtection": stack.isDeleted ? nil : .flag(stack.terminationProtection),
            "DriftInformation": drift(stack.drift?.known(at: now)),
        ])
    }

    static func drift(_ drift: StackDrift?) -> Answer {
        .of(["StackDriftStatus": .text(drift?.status ?? "NOT_CHECKED"), "LastCheckTimestamp": .time(drift?.checkedAt)])
    }

    static func drift(_ drift: ResourceDrift?) -> Answer {
        .of(["StackResourceDriftStatus": .text(drift?.status ?? "NOT_CHECKED"), "LastCheckTimestamp": .time(drift?.checkedAt)])
    }

    private static func outputs(_ outputs: [StackOutput]) -> Answer {
        .list(
            outputs.map { output in
                .of([
                    "OutputKey": .text(output.key), "OutputValue": .text(SecretMark.masked(output.value)),
                    "Description": .text(output.description), "ExportName": .text(output.exportName),
                ])
            })
    }

    static func summary(_ stack: StackRecord, at now: Date) -> Answer {
        .of([
            "StackId": .text(stack.id), "StackName": .text(stack.name), "TemplateDescription": .text(stack.content.description),
            "CreationTime": .time(stack.createdAt), "LastUpdatedTime": .time(stack.updatedAt), "DeletionTime": .time(stack.deletedAt),
            "StackStatus": .text(stack.status.rawValue), "StackStatusReason": .text(stack.statusReason),
            "DriftInformation": drift(stack.drift?.known(at: now)),
        ])
    }

    /// What all answers about a resource have in common; `timeName` is what they call the time.
    static func resource(_ record: ResourceRecord, of stack: StackRecord?, timeName: String) -> [Answer.Member] {
        let physicalID = record.physicalID.isEmpty ? nil : record.physicalID
        let members: [(String, Answer?)] = [
            ("StackName", .text(stack?.name)), ("StackId", .text(stack?.id)), ("LogicalResourceId", .text(record.logicalID)),
            ("PhysicalResourceId", .text(physicalID)), ("ResourceType", .text(record.type)), (timeName, .time(record.updatedAt)),
            ("ResourceStatus", .text(record.status.rawValue)), ("ResourceStatusReason", .text(record.statusReason)),
            ("DriftInformation", drift(record.drift)),
        ]
        return members.compactMap { name, value in value.map { Answer.Member(name: name, value: $0) } }
    }

    static func event(_ stored: Cloud.StoredEvent) -> Answer {
        let event = stored.event
        return .of([
            "StackId": .text(event.stackID), "EventId": .text(event.eventID), "StackName": .text(event.stackName),
            "OperationId": .text(stored.operationID), "LogicalResourceId": .text(event.logicalID),
            "PhysicalResourceId": .text(event.physicalID ?? ""), "ResourceType": .text(event.resourceType),
            "Timestamp": .time(event.timestamp), "ResourceStatus": .text(event.status.rawValue),
            "ResourceStatusReason": .text(event.statusReason),
            "ResourceProperties": .text(stored.properties.map { SecretMark.masked($0).compactText }),
            "ClientRequestToken": .text(event.clientRequestToken),
        ])
    }
}
