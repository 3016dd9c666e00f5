package import Model

/// What becomes of a stack that can't be deleted the ordinary way.
package enum DeletionMode: String, Hashable, Sendable {
    case standard = "STANDARD"
    /// For a stack in DELETE_FAILED: deletes it and leaves the resources that can't be deleted.
    case force = "FORCE_DELETE_STACK"
}

/// A value that one stack exports for others.
package struct StackExport: Hashable, Sendable {
    package var name: String
    package var value: String
    package var exportingStackID: String
}

extension CloudFormationClient {
    /// A stack; `nil` where there is none of that name.
    package func describeStack(_ stack: String) async throws -> StackDescription? {
        do {
            return try await allMembers("DescribeStacks", of: "Stacks") {
                $0.set("StackName", stack)
            } read: { element throws(UnreadableAnswer) in
                try StackDescription(element)
            }.first
        } catch let error as AWSError where error.isNotFound {
            return nil
        }
    }

    /// All stacks of account and region that are not deleted.
    package func describeAllStacks() async throws -> [StackDescription] {
        try await allMembers("DescribeStacks", of: "Stacks") { element throws(UnreadableAnswer) in try StackDescription(element) }
    }

    /// The resources of a stack, deleted ones among them; at most 100, by CloudFormation's own limit.
    package func describeStackResources(_ stack: String, logicalID: String? = nil) async throws -> [StackResource] {
        try await call("DescribeStackResources") { form in
            form.set("StackName", stack)
            form.set("LogicalResourceId", logicalID)
        } read: { result throws(UnreadableAnswer) in
            try result.list("StackResources") { element throws(UnreadableAnswer) in try StackResource(element, time: "Timestamp")
            }
        }
    }

    /// All resources of a stack.
    package func listStackResources(_ stack: String) async throws -> [StackResource] {
        try await allMembers("ListStackResources", of: "StackResourceSummaries") {
            $0.set("StackName", stack)
        } read: { element throws(UnreadableAnswer) in
            try StackResource(element, time: "LastUpdatedTimestamp")
        }
    }

    /// Starts to delete a stack; one that does not exist is as good as deleted.
    ///
    /// - Parameter retainResources: logical IDs to leave alone, for a stack in DELETE_FAILED only.
    package func deleteStack(
        _ stack: String, retainResources: [String]? = nil, roleARN: String? = nil, clientRequestToken: String? = nil,
        deletionMode: DeletionMode? = nil
    ) async throws {
        try await call("DeleteStack") { form in
            form.set("StackName", stack)
            form.setList("RetainResources", retainResources)
            form.set("RoleARN", roleARN)
            form.set("ClientRequestToken", clientRequestToken)
            form.set("DeletionMode", deletionMode?.rawValue)
        }
    }

    /// Stops an update, which then rolls back. Allowed only in UPDATE_IN_PROGRESS.
    package func cancelUpdateStack(_ stack: String, clientRequestToken: String? = nil) async throws {
        try await call("CancelUpdateStack") { form in
            form.set("StackName", stack)
            form.set("ClientRequestToken", clientRequestToken)
        }
    }

    /// Goes on with a rollback that failed. Allowed only in UPDATE_ROLLBACK_FAILED.
    package func continueUpdateRollback(
        _ stack: String, resourcesToSkip: [String]? = nil, roleARN: String? = nil, clientRequestToken: String? = nil
    ) async throws {
        try await call("ContinueUpdateRollback") { form in
            form.set("StackName", stack)
            form.setList("ResourcesToSkip", resourcesToSkip)
            form.set("RoleARN", roleARN)
            form.set("ClientRequestToken", clientRequestToken)
        }
    }

    /// Rolls back a stack whose own rollback was disabled. Allowed only in CREATE_FAILED and UPDATE_FAILED.
    package func rollbackStack(
        _ stack: String, roleARN: String? = nil, clientRequestToken: String? = nil, retainExceptOnCreate: Bool? = nil
    ) async throws {
        try await call("RollbackStack") { form in
            form.set("StackName", stack)
            form.set("RoleARN", roleARN)
            form.set("ClientRequestToken", clientRequestToken)
            form.set("RetainExceptOnCreate", retainExceptOnCreate)
        }
    }

    package func setStackPolicy(_ stack: String, body: String) async throws {
        try await call("SetStackPolicy") { form in
            form.set("StackName", stack)
            form.set("StackPolicyBody", body)
        }
    }

    /// The body of the stack's policy, as JSON; `nil` where it has none.
    package func getStackPolicy(_ stack: String) async throws -> String? {
        try await call("GetStackPolicy") {
            $0.set("StackName", stack)
        } read: {
            $0.text("StackPolicyBody")
        }
    }

    package func updateTerminationProtection(_ stack: String, enabled: Bool) async throws {
        try await call("UpdateTerminationProtection") { form in
            form.set("StackName", stack)
            form.set("EnableTerminationProtection", enabled)
        }
    }

    /// All exports of account and region.
    package func listExports() async throws -> [StackExport] {
        try await allMembers("ListExports", of: "Exports") { element throws(UnreadableAnswer) in
            StackExport(
                name: try element.required("Name"), value: element.value("Value") ?? "",
                exportingStackID: element.text("ExportingStackId") ?? "")
        }
    }

    /// The names of the stacks that import a value; none where nothing does.
    package func listImports(export name: String) async throws -> [String] {
        do {
            return try await allMembers("ListImports", of: "Imports") {
                $0.set("ExportName", name)
            } read: {
                $0.text
            }
        } catch let error as AWSError where error.code == "ValidationError" && error.message.contains("is not imported") {
            return []
        }
    }
}

extension StackDescription {
    init(_ element: XMLElement) throws(UnreadableAnswer) {
        self.init(
            stackID: try element.required("StackId"), stackName: try element.required("StackName"),
            status: StackStatus(rawValue: try element.required("StackStatus")), statusReason: element.text("StackStatusReason"),
            createdAt: element.time("CreationTime"), updatedAt: element.time("LastUpdatedTime"),
            deletedAt: element.time("DeletionTime"),
            parameters: element.dictionary("Parameters", key: "ParameterKey", value: "ParameterValue"),
            resolvedParameters: element.dictionary("Parameters", key: "ParameterKey", value: "ResolvedValue").filter { !$1.isEmpty },
            outputs: try element.list("Outputs") { output throws(UnreadableAnswer) in
                StackOutput(
                    key: try output.required("OutputKey"), value: output.value("OutputValue") ?? "",
                    description: output.text("Description"), exportName: output.text("ExportName"))
            },
            tags: element.dictionary("Tags", key: "Key", value: "Value"), capabilities: element.texts("Capabilities"),
            notificationArns: element.texts("NotificationARNs"), roleArn: element.text("RoleARN"),
            terminationProtection: element.flag("EnableTerminationProtection") ?? false, changeSetID: element.text("ChangeSetId"),
            driftStatus: element["DriftInformation"]?.text("StackDriftStatus"),
            driftCheckedAt: element["DriftInformation"]?.time("LastCheckTimestamp"))
    }
}

extension StackResource {
    init(_ element: XMLElement, time: String) throws(UnreadableAnswer) {
        self.init(
            logicalID: try element.required("LogicalResourceId"), physicalID: element.text("PhysicalResourceId"),
            type: element.text("ResourceType") ?? "", status: StackStatus(rawValue: try element.required("ResourceStatus")),
            statusReason: element.text("ResourceStatusReason"), updatedAt: element.time(time))
    }
}
