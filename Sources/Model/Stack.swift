package import Foundation

/// A stack's or resource's status as CloudFormation names it, such as `UPDATE_ROLLBACK_COMPLETE`.
///
/// Kept as text, because AWS adds statuses; what a status means is asked by the properties below.
package struct StackStatus: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible, ExpressibleByStringLiteral {
    package var rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(stringLiteral value: String) { rawValue = value }
    package var description: String { rawValue }

    package var isInProgress: Bool { rawValue.hasSuffix("_IN_PROGRESS") }
    package var isFailure: Bool { rawValue.hasSuffix("_FAILED") }
    /// Whether this is a step of undoing: nothing new goes wrong in it, it follows from a failure before.
    package var isRollback: Bool { rawValue.contains("ROLLBACK") }

    /// Whether the last operation did what was asked: created, updated, deleted or imported, without rolling back.
    package var isSuccess: Bool { rawValue.hasSuffix("_COMPLETE") && !isRollback }

    /// Whether a stack in this status can only be deleted and created anew.
    package var mustBeRecreated: Bool { ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"].contains(rawValue) }

    /// Whether something failed here and was left as it is: another update is the retry, and RollbackStack goes back
    /// (user guide, "Choose how to handle failures when provisioning resources").
    package var awaitsRetry: Bool { ["CREATE_FAILED", "UPDATE_FAILED"].contains(rawValue) }

    /// Every status that CloudFormation documents for a stack (API reference, Stack: StackStatus).
    package static let documented: [StackStatus] = [
        "CREATE_IN_PROGRESS", "CREATE_FAILED", "CREATE_COMPLETE", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE",
        "DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "IMPORT_IN_PROGRESS",
        "IMPORT_COMPLETE", "IMPORT_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_FAILED", "IMPORT_ROLLBACK_COMPLETE",
    ]

    /// Whether a stack in this status takes an update change set.
    package var acceptsUpdate: Bool {
        switch rawValue {
        case "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE": true
        default: false
        }
    }
}

/// A stack as `DescribeStacks` tells of it.
package struct StackDescription: Hashable, Sendable, Codable {
    package var stackID: String
    package var stackName: String
    package var status: StackStatus
    package var statusReason: String?
    package var createdAt: Date?
    package var updatedAt: Date?
    package var deletedAt: Date?
    /// NoEcho parameters have the value `****`.
    package var parameters: [String: String]
    /// What the parameter store has under the names that are the values of `AWS::SSM::Parameter::Value<…>` parameters.
    package var resolvedParameters: [String: String]
    package var outputs: [StackOutput]
    package var tags: [String: String]
    package var capabilities: [String]
    package var notificationArns: [String]
    package var roleArn: String?
    package var terminationProtection: Bool
    package var changeSetID: String?
    package var driftStatus: String?
    /// When a detection was last begun on the stack or on any of its resources.
    package var driftCheckedAt: Date?

    package init(
        stackID: String, stackName: String, status: StackStatus, statusReason: String? = nil, createdAt: Date? = nil,
        updatedAt: Date? = nil, deletedAt: Date? = nil, parameters: [String: String] = [:],
        resolvedParameters: [String: String] = [:], outputs: [StackOutput] = [],
        tags: [String: String] = [:], capabilities: [String] = [], notificationArns: [String] = [], roleArn: String? = nil,
        terminationProtection: Bool = false, changeSetID: String? = nil, driftStatus: String? = nil,
        driftCheckedAt: Date? = nil
    ) {
        self.stackID = stackID
        self.stackName = stackName
        self.status = status
        self.statusReason = statusReason
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.deletedAt = deletedAt
        self.parameters = parameters
        self.resolvedParameters = resolvedParameters
        self.outputs = outputs
        self.tags = tags
        self.capabilities = capabilities
        self.notificationArns = notificationArns
        self.roleArn = roleArn
        self.terminationProtection = terminationProtection
        self.changeSetID = changeSetID
        self.driftStatus = driftStatus
        self.driftCheckedAt = driftCheckedAt
    }
}

package struct StackOutput: Hashable, Sendable, Codable {
    package var key: String
    package var value: String
    package var description: String?
    package var exportName: String?

    package init(key: String, value: String, description: String? = nil, exportName: String? = nil) {
        self.key = key
        self.value = value
        self.description = description
        self.exportName = exportName
    }
}

/// One line of `DescribeStackEvents`.
package struct StackEvent: Hashable, Sendable, Codable {
    package var eventID: String
    package var stackID: String
    package var stackName: String
    package var logicalID: String
    package var physicalID: String?
    package var resourceType: String
    package var timestamp: Date
    package var status: StackStatus
    package var statusReason: String?
    /// The token of the request that caused it; tells the events of one operation from those of another.
    package var clientRequestToken: String?

    package init(
        eventID: String, stackID: String, stackName: String, logicalID: String, physicalID: String? = nil, resourceType: String,
        timestamp: Date, status: StackStatus, statusReason: String? = nil, clientRequestToken: String? = nil
    ) {
        self.eventID = eventID
        self.stackID = stackID
        self.stackName = stackName
        self.logicalID = logicalID
        self.physicalID = physicalID
        self.resourceType = resourceType
        self.timestamp = timestamp
        self.status = status
        self.statusReason = statusReason
        self.clientRequestToken = clientRequestToken
    }

    /// Whether this is an event of the stack itself and not of a resource in it.
    package var isOfStack: Bool { resourceType == "AWS::CloudFormation::Stack" && physicalID == stackID }
}

/// A resource that exists, as `ListStackResources` tells of it or as a deployment left it.
package struct StackResource: Hashable, Sendable, Codable {
    package var logicalID: String
    package var physicalID: String?
    package var type: String
    package var status: StackStatus
    package var statusReason: String?
    package var updatedAt: Date?

    package init(
        logicalID: String, physicalID: String?, type: String, status: StackStatus, statusReason: String? = nil, updatedAt: Date? = nil
    ) {
        self.logicalID = logicalID
        self.physicalID = physicalID
        self.type = type
        self.status = status
        self.statusReason = statusReason
        self.updatedAt = updatedAt
    }
}
