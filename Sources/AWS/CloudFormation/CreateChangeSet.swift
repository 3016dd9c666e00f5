package import Model

/// Where a template is: in the request, up to 51,200 bytes, or in S3.
package enum TemplateSource: Hashable, Sendable {
    case body(String)
    case url(String)
}

/// A parameter's value in a request.
package enum ParameterInput: Hashable, Sendable {
    case value(String)
    case secret(Secret)
    /// Keeps what the stack has.
    case usePrevious
}

/// A resource that exists and is to become part of the stack.
package struct ResourceToImport: Hashable, Sendable {
    package var type: String
    package var logicalID: String
    /// The properties that identify it, such as `BucketName`.
    package var identifier: [String: String]

    package init(type: String, logicalID: String, identifier: [String: String]) {
        self.type = type
        self.logicalID = logicalID
        self.identifier = identifier
    }
}

/// The alarms that make CloudFormation roll back.
package struct RollbackConfiguration: Hashable, Sendable {
    package struct Trigger: Hashable, Sendable {
        package var arn: String
        /// `AWS::CloudWatch::Alarm` or `AWS::CloudWatch::CompositeAlarm`.
        package var type: String

        package init(arn: String, type: String = "AWS::CloudWatch::Alarm") {
            self.arn = arn
            self.type = type
        }
    }

    package var triggers: [Trigger]
    /// How long the alarms are watched after everything is deployed, in minutes, at most 180.
    package var monitoringMinutes: Int?

    package init(triggers: [Trigger], monitoringMinutes: Int? = nil) {
        self.triggers = triggers
        self.monitoringMinutes = monitoringMinutes
    }
}

/// What CreateChangeSet is asked. A member that is `nil` is not sent, and CloudFormation keeps what the stack has; an
/// empty list is sent, and takes away what the stack has.
package struct CreateChangeSetInput: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case create = "CREATE"
        case update = "UPDATE"
        case `import` = "IMPORT"
    }

    package enum OnStackFailure: String, Hashable, Sendable {
        case doNothing = "DO_NOTHING"
        case rollback = "ROLLBACK"
        case delete = "DELETE"
    }

    package enum DeploymentMode: String, Hashable, Sendable {
        /// Compares with the resources as they are, and brings back what was changed outside of CloudFormation.
        case revertDrift = "REVERT_DRIFT"
    }

    package var stack: String
    package var name: String
    package var kind: Kind
    /// `nil` keeps the stack's own template.
    package var template: TemplateSource?
    package var parameters: [String: ParameterInput]?
    package var tags: [String: String]?
    package var capabilities: [String]?
    package var roleARN: String?
    package var notificationARNs: [String]?
    package var rollbackConfiguration: RollbackConfiguration?
    package var resourcesToImport: [ResourceToImport]?
    package var description: String?
    /// Makes the same request twice one request, at endpoints that honour it.
    package var clientToken: String?
    package var includeNestedStacks: Bool?
    package var onStackFailure: OnStackFailure?
    package var importExistingResources: Bool?
    package var deploymentMode: DeploymentMode?

    package init(stack: String, name: String, kind: Kind, template: TemplateSource?) {
        self.stack = stack
        self.name = name
        self.kind = kind
        self.template = template
    }
}

/// The identity of a change set and of its stack, which CREATE makes too.
package struct CreatedChangeSet: Hashable, Sendable {
    package var changeSetID: String
    package var stackID: String
}

extension CloudFormationClient {
    /// Makes a change set; CloudFormation computes it after it has answered.
    ///
    /// Never repeated where it may have been taken: describe the name before trying again.
    package func createChangeSet(_ input: CreateChangeSetInput) async throws -> CreatedChangeSet {
        try await call("CreateChangeSet") {
            input.fill(&$0)
        } read: { result throws(UnreadableAnswer) in
            CreatedChangeSet(changeSetID: try result.required("Id"), stackID: try result.required("StackId"))
        }
    }
}

extension CreateChangeSetInput {
    func fill(_ form: inout QueryParameters) {
        form.set("StackName", stack)
        form.set("ChangeSetName", name)
        form.set("ChangeSetType", kind.rawValue)
        if let template { template.fill(&form) } else { form.set("UsePreviousTemplate", true) }
        form.setList("Parameters", parameters?.sorted { $0.key < $1.key }) { form, prefix, parameter in
            form.set("\(prefix).ParameterKey", parameter.key)
            switch parameter.value {
            case .value(let value): form.set("\(prefix).ParameterValue", value)
            case .secret(let secret): form.set("\(prefix).ParameterValue", secret)
            case .usePrevious: form.set("\(prefix).UsePreviousValue", true)
            }
        }
        form.setList("Tags", tags?.sorted { $0.key < $1.key }) { form, prefix, tag in
            form.set("\(prefix).Key", tag.key)
            form.set("\(prefix).Value", tag.value)
        }
        form.setList("Capabilities", capabilities)
        form.set("RoleARN", roleARN)
        form.setList("NotificationARNs", notificationARNs)
        if let rollbackConfiguration {
            form.setList("RollbackConfiguration.RollbackTriggers", rollbackConfiguration.triggers) { form, prefix, trigger in
                form.set("\(prefix).Arn", trigger.arn)
                form.set("\(prefix).Type", trigger.type)
            }
            form.set("RollbackConfiguration.MonitoringTimeInMinutes", rollbackConfiguration.monitoringMinutes)
        }
        form.setList("ResourcesToImport", resourcesToImport) { form, prefix, resource in
            form.set("\(prefix).ResourceType", resource.type)
            form.set("\(prefix).LogicalResourceId", resource.logicalID)
            form.setMap("\(prefix).ResourceIdentifier", resource.identifier)
        }
        form.set("Description", description)
        form.set("ClientToken", clientToken)
        form.set("IncludeNestedStacks", includeNestedStacks)
        form.set("OnStackFailure", onStackFailure?.rawValue)
        form.set("ImportExistingResources", importExistingResources)
        form.set("DeploymentMode", deploymentMode?.rawValue)
    }
}

extension TemplateSource {
    func fill(_ form: inout QueryParameters) {
        switch self {
        case .body(let text): form.set("TemplateBody", text)
        case .url(let url): form.set("TemplateURL", url)
        }
    }
}
