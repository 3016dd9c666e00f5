package import Model

/// `diff --json`: a change set in the shape of DescribeChangeSet's answer, with AWS's own names.
package struct ChangeSetReport: Encodable, Sendable {
    var status: String
    @OrNull var statusReason: String?
    var changes: [Change]

    enum CodingKeys: String, CodingKey {
        case status = "Status"
        case statusReason = "StatusReason"
        case changes = "Changes"
    }

    package init(_ changeSet: ChangeSet) {
        status = changeSet.status
        statusReason = changeSet.statusReason
        changes = changeSet.changes.map { Change(resourceChange: Resource($0)) }
    }

    struct Change: Encodable, Sendable {
        var type = "Resource"
        var resourceChange: Resource

        enum CodingKeys: String, CodingKey {
            case type = "Type"
            case resourceChange = "ResourceChange"
        }
    }

    struct Resource: Encodable, Sendable {
        var action: String
        var logicalResourceID: String
        var physicalResourceID: String?
        var resourceType: String
        var replacement: String?
        var policyAction: String?
        var scope: [String]
        var details: [Detail]
        var beforeContext: String?
        var afterContext: String?

        enum CodingKeys: String, CodingKey {
            case action = "Action"
            case logicalResourceID = "LogicalResourceId"
            case physicalResourceID = "PhysicalResourceId"
            case resourceType = "ResourceType"
            case replacement = "Replacement"
            case policyAction = "PolicyAction"
            case scope = "Scope"
            case details = "Details"
            case beforeContext = "BeforeContext"
            case afterContext = "AfterContext"
        }

        init(_ change: ResourceChange) {
            action = change.action.rawValue
            logicalResourceID = change.logicalID
            physicalResourceID = change.physicalID
            resourceType = change.type
            replacement = change.replacement?.rawValue
            policyAction = change.policyAction?.rawValue
            scope = change.scope
            details = change.details.map(Detail.init)
            beforeContext = change.beforeContext
            afterContext = change.afterContext
        }
    }

    struct Detail: Encodable, Sendable {
        var target: Target
        var evaluation: String?
        var changeSource: String?
        var causingEntity: String?

        enum CodingKeys: String, CodingKey {
            case target = "Target"
            case evaluation = "Evaluation"
            case changeSource = "ChangeSource"
            case causingEntity = "CausingEntity"
        }

        init(_ detail: ChangeDetail) {
            target = Target(
                attribute: detail.attribute, name: detail.name, path: detail.path, requiresRecreation: detail.recreation?.rawValue,
                beforeValue: detail.beforeValue, afterValue: detail.afterValue, attributeChangeType: detail.attributeChangeType)
            evaluation = detail.evaluation?.rawValue
            changeSource = detail.source?.rawValue
            causingEntity = detail.causingEntity
        }
    }

    struct Target: Encodable, Sendable {
        var attribute: String
        var name: String?
        var path: String?
        var requiresRecreation: String?
        var beforeValue: String?
        var afterValue: String?
        var attributeChangeType: String?

        enum CodingKeys: String, CodingKey {
            case attribute = "Attribute"
            case name = "Name"
            case path = "Path"
            case requiresRecreation = "RequiresRecreation"
            case beforeValue = "BeforeValue"
            case afterValue = "AfterValue"
            case attributeChangeType = "AttributeChangeType"
        }
    }
}
