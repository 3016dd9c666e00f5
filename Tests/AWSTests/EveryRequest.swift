import Foundation
import Model

@testable import AWS

/// A way to send a request, as a client's method does it with everything that it can send.
struct ClientCall: Sendable {
    var service: Service
    var action: String
    /// What the session's clients are asked for.
    var send: @Sendable (AWSSession) async throws -> Void

    /// Every kind of request that any client can send, each in its least and its fullest form.
    static let all = cloudFormation + others + credentials

    static let cloudFormation: [ClientCall] = [
        call("CreateChangeSet") { _ = try await $0.createChangeSet(fullChangeSet) },
        call("CreateChangeSet") { _ = try await $0.createChangeSet(importing) },
        call("CreateChangeSet") { _ = try await $0.createChangeSet(emptied) },
        call("DescribeChangeSet") { _ = try await $0.describeChangeSet("c", stack: "s") },
        call("DescribeChangeSet") { _ = try await $0.describeChangeSet("arn:aws:x", includePropertyValues: true) },
        call("ExecuteChangeSet") { try await $0.executeChangeSet("c", stack: "s", clientRequestToken: "t", disableRollback: true) },
        call("DeleteChangeSet") { try await $0.deleteChangeSet("c", stack: "s") },
        call("ListChangeSets") { _ = try await $0.listChangeSets(stack: "s") },
        call("DescribeStacks") { _ = try await $0.describeStack("s") },
        call("DescribeStacks") { _ = try await $0.describeAllStacks() },
        call("DescribeStackEvents") { _ = try await $0.describeStackEvents("s") },
        call("DescribeStackResources") { _ = try await $0.describeStackResources("s", logicalID: "L") },
        call("ListStackResources") { _ = try await $0.listStackResources("s") },
        call("GetTemplate") { _ = try await $0.getTemplate(stack: "s") },
        call("GetTemplate") { _ = try await $0.getTemplate(changeSet: "c", stack: "s", stage: .processed) },
        call("GetTemplateSummary") { _ = try await $0.getTemplateSummary(of: .body("x")) },
        call("GetTemplateSummary") { _ = try await $0.getTemplateSummary(ofStack: "s") },
        call("ValidateTemplate") { _ = try await $0.validateTemplate(.url("https://x")) },
        call("DeleteStack") {
            try await $0.deleteStack("s", retainResources: ["A", "B"], roleARN: role, clientRequestToken: "t", deletionMode: .force)
        },
        call("CancelUpdateStack") { try await $0.cancelUpdateStack("s", clientRequestToken: "t") },
        call("ContinueUpdateRollback") {
            try await $0.continueUpdateRollback("s", resourcesToSkip: ["A", "n.B"], roleARN: role, clientRequestToken: "t")
        },
        call("RollbackStack") { try await $0.rollbackStack("s", roleARN: role, clientRequestToken: "t", retainExceptOnCreate: true) },
        call("SetStackPolicy") { try await $0.setStackPolicy("s", body: "{}") },
        call("GetStackPolicy") { _ = try await $0.getStackPolicy("s") },
        call("UpdateTerminationProtection") { try await $0.updateTerminationProtection("s", enabled: true) },
        call("DetectStackDrift") { _ = try await $0.detectStackDrift("s", logicalIDs: ["A"]) },
        call("DetectStackResourceDrift") { _ = try await $0.detectStackResourceDrift("s", logicalID: "L") },
        call("DescribeStackDriftDetectionStatus") { _ = try await $0.describeStackDriftDetectionStatus("123") },
        call("DescribeStackResourceDrifts") { _ = try await $0.describeStackResourceDrifts("s", statuses: ["MODIFIED", "DELETED"]) },
        call("DescribeEvents") { _ = try await $0.describeEvents(of: .changeSet("c", stack: "s"), onlyFailed: true) },
        call("DescribeEvents") { _ = try await $0.describeEvents(of: .operation("o")) },
        call("DescribeEvents") { _ = try await $0.describeEvents(of: .stack("s")) },
        call("ListExports") { _ = try await $0.listExports() },
        call("ListImports") { _ = try await $0.listImports(export: "e") },
    ]

    static let others: [ClientCall] = [
        ClientCall(service: .sts, action: "GetCallerIdentity") { _ = try await $0.sts().getCallerIdentity() },
        ClientCall(service: .ssm, action: "GetParameters") {
            _ = try await $0.ssm().getParameters(["/a/b", "c:3", "arn:aws:ssm:eu-central-1:123456789012:parameter/x:label"])
        },
        ClientCall(service: .secretsManager, action: "GetSecretValue") { _ = try await $0.secretsManager().getSecretValue("a/b +é") },
        ClientCall(service: .cloudControl, action: "GetResource") {
            _ = try await $0.cloudControl().getResource("AWS::Logs::LogGroup", identifier: "/aws/a b|é", roleARN: role)
        },
        ClientCall(service: .s3, action: "PutObject") { _ = try await $0.s3().putObject(Data("x".utf8), bucket: "b-1", key: "a/b c+é") },
        ClientCall(service: .s3, action: "PutObject") {
            _ = try await $0.s3().putObject(Data(), bucket: "b-1", key: "k", contentType: "text/plain", condition: .ifAbsent)
        },
        ClientCall(service: .s3, action: "PutObject") {
            _ = try await $0.s3().putObject(Data("x".utf8), bucket: "b-1", key: "k", condition: .ifMatch(etag: "\"e\""))
        },
        ClientCall(service: .s3, action: "GetObject") { _ = try await $0.s3().getObject(bucket: "b-1", key: "k") },
        ClientCall(service: .s3, action: "GetObject") { _ = try await $0.s3().getObject(bucket: "b-1", key: "k", versionID: "v+/ 1") },
        ClientCall(service: .s3, action: "HeadObject") { _ = try await $0.s3().headObject(bucket: "b-1", key: "k") },
        ClientCall(service: .s3, action: "ListObjectsV2") {
            _ = try await $0.s3().listObjects(bucket: "b-1", prefix: "a/ +é", after: "a/1")
        },
        ClientCall(service: .s3, action: "DeleteObject") { try await $0.s3().deleteObject(bucket: "b-1", key: "k") },
        ClientCall(service: .s3, action: "DeleteObject") { try await $0.s3().deleteObject(bucket: "b-1", key: "k", ifMatch: "\"e\"") },
    ]

    /// What is asked for credentials.
    static let credentials: [ClientCall] = [
        ClientCall(service: .sts, action: "AssumeRole") {
            _ = try await $0.sts().assumeRole(AssumedRole(arn: role, sessionName: "pipeplan", origin: "here"), tokenCode: nil)
        },
        ClientCall(service: .sts, action: "AssumeRole") {
            let role = AssumedRole(
                arn: role, sessionName: "pipeplan-a+b=c,d.e@f-g", externalID: "ext:1/2=3", mfaSerial: "arn:aws:iam::1:mfa/me",
                durationSeconds: 900, origin: "here")
            _ = try await $0.sts().assumeRole(role, tokenCode: Secret("123456"))
        },
        ClientCall(service: .sts, action: "AssumeRoleWithWebIdentity") {
            let identity = WebIdentity(tokenFile: "", roleArn: role, sessionName: "pipeplan", origin: "here")
            _ = try await STSClient(client: $0.unsigned(.sts)).assumeRole(identity, token: Secret("eyJ0.e+Y/&=.c2ln"))
        },
        ClientCall(service: .sso, action: "GetRoleCredentials") {
            let access = SSOAccess(
                profile: "p", startURL: "https://x", region: "eu-west-1", accountID: "123456789012", roleName: "Admin +é", cacheFolder: "")
            _ = try await SSOClient(client: $0.unsigned(.sso)).getRoleCredentials(access, token: Secret("bearer+/="))
        },
        ClientCall(service: .ssoOIDC, action: "CreateToken") {
            let refresh = SSOToken.Refresh(
                refreshToken: Secret("refresh \"\\é"), clientID: "client", clientSecret: Secret("secret+/="),
                registrationExpiration: .distantFuture)
            _ = try await OIDCClient(client: $0.unsigned(.ssoOIDC)).createToken(refresh)
        },
    ]

    private static func call(
        _ action: String, _ send: @escaping @Sendable (CloudFormationClient) async throws -> Void
    ) -> ClientCall {
        ClientCall(service: .cloudFormation, action: action) { try await send($0.cloudFormation()) }
    }

    private static let role = "arn:aws:iam::1:role/long-enough"

    private static let fullChangeSet: CreateChangeSetInput = {
        var input = CreateChangeSetInput(stack: "Stack-1", name: "c-1", kind: .create, template: .body("A: \"é+&=%\"\n"))
        input.parameters = ["A": .value("a b"), "B": .secret(Secret("s&=+")), "C": .usePrevious, "D": .value("")]
        input.tags = ["team": "x", "cost": "1,2"]
        input.capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
        input.roleARN = "arn:aws:iam::123456789012:role/cloudformation"
        input.notificationARNs = ["arn:aws:sns:us-east-1:123456789012:topic"]
        input.rollbackConfiguration = RollbackConfiguration(
            triggers: [.init(arn: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:x")], monitoringMinutes: 5)
        input.description = "why"
        input.clientToken = "token-1"
        input.includeNestedStacks = true
        input.onStackFailure = .doNothing
        input.importExistingResources = false
        input.deploymentMode = .revertDrift
        return input
    }()

    private static let importing: CreateChangeSetInput = {
        var input = CreateChangeSetInput(
            stack: "Stack-1", name: "c-1", kind: .import, template: .url("https://s3.amazonaws.com/b/t.yml"))
        input.resourcesToImport = [
            ResourceToImport(type: "AWS::S3::Bucket", logicalID: "Bucket", identifier: ["BucketName": "b", "Another": "x"])
        ]
        return input
    }()

    private static let emptied: CreateChangeSetInput = {
        var input = CreateChangeSetInput(stack: "Stack-1", name: "c-1", kind: .update, template: nil)
        input.parameters = [:]
        input.tags = [:]
        input.notificationARNs = []
        input.capabilities = []
        input.rollbackConfiguration = RollbackConfiguration(triggers: [])
        return input
    }()
}

extension AWSSession {
    /// A client of the session whose requests are not signed, as those for credentials are that need none. It asks where STS is.
    func unsigned(_ service: Service) throws -> ServiceClient {
        let client = try sts().client
        var runtime = client.runtime
        runtime.credentials = nil
        return ServiceClient(service: service, region: client.region, endpoint: client.endpoint, runtime: runtime)
    }
}

extension Service {
    /// What botocore and moto call it.
    var botocoreName: String {
        switch self {
        case .sso: "sso"
        case .ssoOIDC: "sso-oidc"
        case .cloudControl: "cloudcontrol"
        default: hostLabel
        }
    }
}
