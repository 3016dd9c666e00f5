import Foundation
import Model
import Testing

@testable import AWS

/// Answers with all members that botocore's models have, as moto writes them: what is read is right, the rest is no trouble, and
/// pages are followed. In them a text is the name of its member, or the first value of its enumeration.
@Suite struct ModelAnswerTests {
    /// What a client makes of the answers to an action, and what it has to be.
    private struct Reading: Sendable {
        var service: Service
        var action: String
        var check: @Sendable (AWSSession) async throws -> Void

        init<Value: Equatable & Sendable>(
            _ service: Service, _ action: String, _ expected: Value, _ read: @escaping @Sendable (AWSSession) async throws -> Value
        ) {
            self.service = service
            self.action = action
            check = { session in
                let value = try await read(session)
                #expect(value == expected, "\(action)")
            }
        }

        /// Of CloudFormation.
        init<Value: Equatable & Sendable>(
            _ action: String, _ expected: Value, _ read: @escaping @Sendable (CloudFormationClient) async throws -> Value
        ) {
            self.init(.cloudFormation, action, expected) { try await read($0.cloudFormation()) }
        }

        /// Of CloudFormation, where nothing is read.
        init(_ action: String, _ send: @escaping @Sendable (CloudFormationClient) async throws -> Void) {
            self.init(action, true) {
                try await send($0)
                return true
            }
        }
    }

    private struct Page: Decodable {
        var status: Int
        var headers: [String: String]
        var body: String
    }

    @Test func `every answer is read as botocore's models have it`() async throws {
        let readings = Self.cloudFormation + Self.others + Self.credentials
        // No kind of answer is left out.
        #expect(Set(readings.map(\.action)) == Set(ClientCall.all.map(\.action)))
        let answers: [[Page]] = try await Python.ask("answers.py", readings.map { [$0.service.botocoreName, $0.action] })
        for (reading, pages) in zip(readings, answers) {
            let requests = Collector<HTTPRequest>()
            let transport = HTTPTransport { request in
                requests.add(request)
                let page = pages[min(requests.items.count, pages.count) - 1]
                return HTTPResponse(status: page.status, headers: page.headers, body: Data(page.body.utf8))
            }
            try await reading.check(try stubbedSession(transport))
            #expect(requests.items.count == pages.count, "\(reading.action)")
            for request in requests.items.dropFirst() {
                #expect("\(request.encodedQuery) \(String(decoding: request.body, as: UTF8.self))".contains("oken=token"))
            }
        }
    }

    private static let cloudFormation: [Reading] = [
        Reading("CreateChangeSet", CreatedChangeSet(changeSetID: "Id", stackID: "StackId")) {
            try await $0.createChangeSet(CreateChangeSetInput(stack: "s", name: "c", kind: .create, template: nil))
        },
        Reading(
            "DescribeChangeSet",
            ChangeSet(
                id: "ChangeSetId", name: "ChangeSetName", stackID: "StackId", stackName: "StackName", status: "CREATE_PENDING",
                statusReason: "StatusReason", executionStatus: "UNAVAILABLE", changes: [change, change])
        ) { try await $0.describeChangeSet("c") },
        Reading("ExecuteChangeSet") { try await $0.executeChangeSet("c") },
        Reading("DeleteChangeSet") { try await $0.deleteChangeSet("c") },
        Reading(
            "ListChangeSets",
            twice(
                ChangeSetSummary(
                    id: "ChangeSetId", name: "ChangeSetName", stackID: "StackId", status: "CREATE_PENDING", statusReason: "StatusReason",
                    executionStatus: "UNAVAILABLE", createdAt: noon, description: "Description"))
        ) { try await $0.listChangeSets(stack: "s") },
        Reading("DescribeStacks", twice(stack)) { try await $0.describeAllStacks() },
        Reading(
            "DescribeStackEvents",
            twice(
                StackEvent(
                    eventID: "EventId", stackID: "StackId", stackName: "StackName", logicalID: "LogicalResourceId",
                    physicalID: "PhysicalResourceId", resourceType: "ResourceType", timestamp: noon, status: "CREATE_IN_PROGRESS",
                    statusReason: "ResourceStatusReason", clientRequestToken: "ClientRequestToken"))
        ) { try await $0.describeStackEvents("s") },
        Reading("DescribeStackResources", [resource]) { try await $0.describeStackResources("s") },
        Reading("ListStackResources", twice(resource)) { try await $0.listStackResources("s") },
        Reading("GetTemplate", "TemplateBody") { try await $0.getTemplate(stack: "s") },
        Reading("GetTemplateSummary", summary) { try await $0.getTemplateSummary(ofStack: "s") },
        Reading("ValidateTemplate", validated) { try await $0.validateTemplate(.body("x")) },
        Reading("DeleteStack") { try await $0.deleteStack("s") },
        Reading("CancelUpdateStack") { try await $0.cancelUpdateStack("s") },
        Reading("ContinueUpdateRollback") { try await $0.continueUpdateRollback("s") },
        Reading("RollbackStack") { try await $0.rollbackStack("s") },
        Reading("SetStackPolicy") { try await $0.setStackPolicy("s", body: "{}") },
        Reading("GetStackPolicy", "StackPolicyBody") { try await $0.getStackPolicy("s") },
        Reading("UpdateTerminationProtection") { try await $0.updateTerminationProtection("s", enabled: true) },
        Reading("DetectStackDrift", "StackDriftDetectionId") { try await $0.detectStackDrift("s") },
        Reading(
            "DescribeStackDriftDetectionStatus",
            StackDriftDetection(
                id: "StackDriftDetectionId", stackID: "StackId", detectionStatus: "DETECTION_IN_PROGRESS",
                detectionStatusReason: "DetectionStatusReason", driftStatus: "DRIFTED", driftedResources: 7, timestamp: noon)
        ) { try await $0.describeStackDriftDetectionStatus("d") },
        Reading("DescribeStackResourceDrifts", twice(drift)) { try await $0.describeStackResourceDrifts("s") },
        Reading("DetectStackResourceDrift", drift) { try await $0.detectStackResourceDrift("s", logicalID: "L") },
        Reading("DescribeEvents", twice(operationEvent)) { try await $0.describeEvents(of: .stack("s")) },
        Reading("ListExports", twice(StackExport(name: "Name", value: "Value", exportingStackID: "ExportingStackId"))) {
            try await $0.listExports()
        },
        Reading("ListImports", twice("Imports")) { try await $0.listImports(export: "e") },
    ]

    private static let others: [Reading] = [
        Reading(.sts, "GetCallerIdentity", CallerIdentity(account: "Account", arn: "Arn", userID: "UserId")) {
            try await $0.sts().getCallerIdentity()
        },
        Reading(.ssm, "GetParameters", ["Name:3": SSMParameter(isSecure: false, value: Secret("Value"))]) {
            try await $0.ssm().getParameters(["Name:3"]).found
        },
        Reading(.secretsManager, "GetSecretValue", SecretContents.text(Secret("SecretString"))) {
            try await $0.secretsManager().getSecretValue("s")
        },
        Reading(.cloudControl, "GetResource", "Properties") {
            try await $0.cloudControl().getResource("AWS::Logs::LogGroup", identifier: "i")
        },
        Reading(.s3, "PutObject", S3ObjectHead(etag: "ETag", versionID: "VersionId", size: 1)) {
            try await $0.s3().putObject(Data("x".utf8), bucket: "b", key: "k")
        },
        Reading(.s3, "GetObject", "bytes") {
            String(decoding: try await $0.s3().getObject(bucket: "b", key: "k")?.body ?? Data(), as: UTF8.self)
        },
        Reading(.s3, "GetObject", S3ObjectHead(etag: "ETag", versionID: "VersionId", size: 5)) {
            try await $0.s3().getObject(bucket: "b", key: "k")?.head
        },
        Reading(.s3, "HeadObject", S3ObjectHead(etag: "ETag", versionID: "VersionId", size: 7)) {
            try await $0.s3().headObject(bucket: "b", key: "k")
        },
        Reading(.s3, "ListObjectsV2", twice(S3ListedObject(key: "Key", size: 7, etag: "ETag", modifiedAt: noon))) {
            try await $0.s3().listObjects(bucket: "b", prefix: "")
        },
        Reading(.s3, "DeleteObject", true) {
            try await $0.s3().deleteObject(bucket: "b", key: "k")
            return true
        },
    ]

    private static let credentials: [Reading] = [
        Reading(.sts, "AssumeRole", assumed) {
            try await $0.sts().assumeRole(AssumedRole(arn: "r", sessionName: "s", origin: "here"), tokenCode: nil)
        },
        Reading(.sts, "AssumeRoleWithWebIdentity", assumed) {
            let identity = WebIdentity(tokenFile: "", roleArn: "r", sessionName: "s", origin: "here")
            return try await STSClient(client: $0.unsigned(.sts)).assumeRole(identity, token: Secret("t"))
        },
        Reading(
            .sso, "GetRoleCredentials",
            Credentials(
                accessKeyID: "accessKeyId", secretAccessKey: Secret("secretAccessKey"), sessionToken: Secret("sessionToken"),
                expiration: Date(timeIntervalSince1970: 0.007))
        ) {
            let access = SSOAccess(profile: "p", startURL: "u", region: "r", accountID: "1", roleName: "a", cacheFolder: "")
            return try await SSOClient(client: $0.unsigned(.sso)).getRoleCredentials(access, token: Secret("t"))
        },
        Reading(.ssoOIDC, "CreateToken", ["accessToken", "7.0", "refreshToken"]) {
            let refresh = SSOToken.Refresh(
                refreshToken: Secret("r"), clientID: "c", clientSecret: Secret("s"), registrationExpiration: .distantFuture)
            let answer = try await OIDCClient(client: $0.unsigned(.ssoOIDC)).createToken(refresh)
            return [answer.accessToken.reveal(), "\(answer.expiresIn)", answer.refreshToken?.reveal() ?? ""]
        },
    ]

    /// What STS gives.
    private static let assumed = Credentials(
        accessKeyID: "AccessKeyId", secretAccessKey: Secret("SecretAccessKey"), sessionToken: Secret("SessionToken"), expiration: noon)

    /// What two pages hold together.
    private static func twice<Value>(_ value: Value) -> [Value] { [value, value] }

    private static let change = ResourceChange(
        action: .add, logicalID: "LogicalResourceId", physicalID: "PhysicalResourceId", type: "ResourceType", replacement: .yes,
        policyAction: .delete, scope: ["Properties"],
        details: [
            ChangeDetail(
                attribute: "Properties", name: "Name", path: "Path", recreation: .never, beforeValue: "BeforeValue",
                afterValue: "AfterValue", attributeChangeType: "Add", evaluation: .static, source: .resourceReference,
                causingEntity: "CausingEntity")
        ], nestedChangeSetID: "ChangeSetId")

    private static let stack = StackDescription(
        stackID: "StackId", stackName: "StackName", status: "CREATE_IN_PROGRESS", statusReason: "StackStatusReason", createdAt: noon,
        updatedAt: noon, deletedAt: noon, parameters: ["ParameterKey": "ParameterValue"],
        resolvedParameters: ["ParameterKey": "ResolvedValue"],
        outputs: [StackOutput(key: "OutputKey", value: "OutputValue", description: "Description", exportName: "ExportName")],
        tags: ["Key": "Value"], capabilities: ["CAPABILITY_IAM"], notificationArns: ["NotificationARNs"], roleArn: "RoleARN",
        terminationProtection: true, changeSetID: "ChangeSetId", driftStatus: "DRIFTED", driftCheckedAt: noon)

    private static let resource = StackResource(
        logicalID: "LogicalResourceId", physicalID: "PhysicalResourceId", type: "ResourceType", status: "CREATE_IN_PROGRESS",
        statusReason: "ResourceStatusReason", updatedAt: noon)

    private static let drift = StackResourceDrift(
        logicalID: "LogicalResourceId", physicalID: "PhysicalResourceId", type: "ResourceType", status: "IN_SYNC",
        statusReason: "DriftStatusReason", expectedProperties: "ExpectedProperties", actualProperties: "ActualProperties",
        differences: [.init(path: "PropertyPath", expected: "ExpectedValue", actual: "ActualValue", type: "ADD")],
        timestamp: noon)

    private static let validated = TemplateSummary(
        parameters: [
            DeclaredParameter(
                key: "ParameterKey", defaultValue: "DefaultValue", noEcho: true, description: "Description", allowedValues: [])
        ],
        description: "Description", capabilities: ["CAPABILITY_IAM"], capabilitiesReason: "CapabilitiesReason",
        declaredTransforms: ["DeclaredTransforms"], resourceTypes: [], resourceIdentifiers: [])

    private static let summary: TemplateSummary = {
        var summary = validated
        summary.parameters[0].type = "ParameterType"
        summary.parameters[0].allowedValues = ["AllowedValues"]
        summary.resourceTypes = ["ResourceTypes"]
        summary.version = "Version"
        summary.metadata = "Metadata"
        summary.resourceIdentifiers = [
            ResourceIdentifierSummary(type: "ResourceType", logicalIDs: ["LogicalResourceIds"], identifiers: ["ResourceIdentifiers"])
        ]
        return summary
    }()

    private static let operationEvent = OperationEvent(
        eventID: "EventId", operationID: "OperationId", operationType: "CREATE_STACK", operationStatus: "IN_PROGRESS",
        eventType: "STACK_EVENT", logicalID: "LogicalResourceId", physicalID: "PhysicalResourceId", resourceType: "ResourceType",
        resourceStatus: "CREATE_IN_PROGRESS", resourceStatusReason: "ResourceStatusReason", timestamp: noon,
        validation: .init(
            name: "ValidationName", status: "FAILED", reason: "ValidationStatusReason", path: "ValidationPath", failureMode: "FAIL"))
}
