/// A change set as CloudFormation describes one: what the planner predicts and what `DescribeChangeSet` answers are both values of this type.
///
/// Names and values are those of the API reference (ChangeSet, ResourceChange, ResourceChangeDetail, ResourceTargetDefinition).
package struct ChangeSet: Hashable, Sendable, Codable {
    package var id: String?
    package var name: String?
    package var stackID: String?
    package var stackName: String?
    /// `CREATE_PENDING`, `CREATE_IN_PROGRESS`, `CREATE_COMPLETE`, `FAILED`, `DELETE_COMPLETE` …
    package var status: String
    package var statusReason: String?
    /// `AVAILABLE`, `UNAVAILABLE`, `EXECUTE_IN_PROGRESS`, `EXECUTE_COMPLETE`, `EXECUTE_FAILED`, `OBSOLETE`.
    package var executionStatus: String?
    package var changes: [ResourceChange]
    /// The change sets of nested stacks, by their logical IDs; `nil` where they were not asked for.
    package var nested: [String: ChangeSet]?

    package init(
        id: String? = nil, name: String? = nil, stackID: String? = nil, stackName: String? = nil, status: String,
        statusReason: String? = nil, executionStatus: String? = nil, changes: [ResourceChange],
        nested: [String: ChangeSet]? = nil
    ) {
        self.id = id
        self.name = name
        self.stackID = stackID
        self.stackName = stackName
        self.status = status
        self.statusReason = statusReason
        self.executionStatus = executionStatus
        self.changes = changes
        self.nested = nested
    }
}

/// What happens to one resource.
package struct ResourceChange: Hashable, Sendable, Codable {
    package enum Action: String, Hashable, Sendable, Codable {
        case add = "Add"
        case modify = "Modify"
        case remove = "Remove"
        case `import` = "Import"
        case dynamic = "Dynamic"
        case syncWithActual = "SyncWithActual"
    }

    package enum Replacement: String, Hashable, Sendable, Codable {
        case yes = "True"
        case no = "False"
        case conditional = "Conditional"
    }

    package enum PolicyAction: String, Hashable, Sendable, Codable {
        case delete = "Delete"
        case retain = "Retain"
        case snapshot = "Snapshot"
        case replaceAndDelete = "ReplaceAndDelete"
        case replaceAndRetain = "ReplaceAndRetain"
        case replaceAndSnapshot = "ReplaceAndSnapshot"
    }

    package var action: Action
    package var logicalID: String
    package var physicalID: String?
    package var type: String
    package var replacement: Replacement?
    package var policyAction: PolicyAction?
    /// Which attributes change: `Properties`, `Metadata`, `Tags`, `CreationPolicy`, `UpdatePolicy`, `DeletionPolicy`.
    package var scope: [String]
    package var details: [ChangeDetail]
    /// The change set of a nested stack.
    package var nestedChangeSetID: String?
    /// `{"Properties": …}` before and after as JSON text, where values were asked for.
    package var beforeContext: String?
    package var afterContext: String?

    package init(
        action: Action, logicalID: String, physicalID: String? = nil, type: String, replacement: Replacement? = nil,
        policyAction: PolicyAction? = nil, scope: [String] = [], details: [ChangeDetail] = [], nestedChangeSetID: String? = nil,
        beforeContext: String? = nil, afterContext: String? = nil
    ) {
        self.action = action
        self.logicalID = logicalID
        self.physicalID = physicalID
        self.type = type
        self.replacement = replacement
        self.policyAction = policyAction
        self.scope = scope
        self.details = details
        self.nestedChangeSetID = nestedChangeSetID
        self.beforeContext = beforeContext
        self.afterContext = afterContext
    }
}

/// Why and how one attribute or property of a resource changes.
package struct ChangeDetail: Hashable, Sendable, Codable {
    package enum Evaluation: String, Hashable, Sendable, Codable {
        case `static` = "Static"
        case dynamic = "Dynamic"
    }

    package enum Source: String, Hashable, Sendable, Codable {
        case resourceReference = "ResourceReference"
        case parameterReference = "ParameterReference"
        case resourceAttribute = "ResourceAttribute"
        case directModification = "DirectModification"
        case automatic = "Automatic"
        case noModification = "NoModification"
    }

    package enum Recreation: String, Hashable, Sendable, Codable {
        case never = "Never"
        case conditionally = "Conditionally"
        case always = "Always"
    }

    /// `Properties`, `Metadata`, `Tags` …
    package var attribute: String
    /// The top-level property, for the attribute `Properties`.
    package var name: String?
    /// The property's path as AWS gives it with values, such as `/Properties/DisplayName`.
    package var path: String?
    package var recreation: Recreation?
    package var beforeValue: String?
    package var afterValue: String?
    /// `Add`, `Remove`, `Modify` or `SyncWithActual`.
    package var attributeChangeType: String?
    package var evaluation: Evaluation?
    package var source: Source?
    /// A parameter's name, a resource's logical ID, or `LogicalID.Attribute`.
    package var causingEntity: String?

    package init(
        attribute: String, name: String? = nil, path: String? = nil, recreation: Recreation? = nil,
        beforeValue: String? = nil, afterValue: String? = nil, attributeChangeType: String? = nil,
        evaluation: Evaluation? = nil, source: Source? = nil, causingEntity: String? = nil
    ) {
        self.attribute = attribute
        self.name = name
        self.path = path
        self.recreation = recreation
        self.beforeValue = beforeValue
        self.afterValue = afterValue
        self.attributeChangeType = attributeChangeType
        self.evaluation = evaluation
        self.source = source
        self.causingEntity = causingEntity
    }
}
