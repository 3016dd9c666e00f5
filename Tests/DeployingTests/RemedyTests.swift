import Model
import StateDatabase
import Testing

@testable import Deploying

@Suite struct RemedyTests {
    /// What a remedy says, by a part of it.
    static let known: [(message: String, type: String, remedy: String)] = [
        // The name is taken.
        (
            #"Resource handler returned message: "Resource of type 'AWS::SNS::Topic' with identifier 'orders' already exists." (RequestToken: 7cb3, HandlerErrorCode: AlreadyExists)"#,
            "AWS::SNS::Topic", "Choose another name, or leave it out"
        ),
        (
            "orders already exists in stack arn:aws:cloudformation:eu-central-1:123456789012:stack/other/6a6fcf40", "AWS::SNS::Topic",
            "belongs to arn:aws:cloudformation:eu-central-1:123456789012:stack/other/6a6fcf40: choose"
        ),
        (
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again. (Service: Amazon S3; Status Code: 409; Error Code: BucketAlreadyExists; Request ID: X)",
            "AWS::S3::Bucket", "Bucket names are shared by all accounts"
        ),
        ("Role with name builder already exists. (Service: Iam, Status Code: 409)", "AWS::IAM::Role", "Choose another name"),
        ("A table with an identical name already exists in the namespace.", "AWS::S3Tables::Table", "Choose another name"),
        // A capability is missing.
        ("Requires capabilities : [CAPABILITY_NAMED_IAM]", "", "Add CAPABILITY_NAMED_IAM to `capabilities` in stack.yml."),
        (
            "CloudFormation CreateChangeSet failed: InsufficientCapabilitiesException. Requires capabilities : [CAPABILITY_IAM, CAPABILITY_AUTO_EXPAND].",
            "", "Add CAPABILITY_IAM, CAPABILITY_AUTO_EXPAND to"
        ),
        // Not empty.
        (
            "The bucket you tried to delete is not empty (Service: Amazon S3; Status Code: 409; Error Code: BucketNotEmpty; Request ID: X)",
            "AWS::S3::Bucket", "Delete all objects in the bucket first"
        ),
        (
            #"Resource handler returned message: "The bucket you tried to delete is not empty. You must delete all versions in the bucket. (Service: S3, Status Code: 409)" (RequestToken: 7cb3, HandlerErrorCode: GeneralServiceException)"#,
            "AWS::S3::Bucket", "all versions too"
        ),
        (
            #"Resource handler returned message: "The repository with name 'images' in registry with id '123456789012' cannot be deleted because it still contains images (Service: Ecr, Status Code: 400)" (RequestToken: 7cb3, HandlerErrorCode: GeneralServiceException)"#,
            "AWS::ECR::Repository", "EmptyOnDelete: true"
        ),
        // Access is denied.
        (
            "User: arn:aws:sts::123456789012:assumed-role/deploy/ada is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::pipeplan-files\" because no identity-based policy allows the s3:CreateBucket action (Service: S3, Status Code: 403)",
            "AWS::S3::Bucket", "the permission s3:CreateBucket on arn:aws:s3:::pipeplan-files."
        ),
        (
            "API: iam:CreateRole User: arn:aws:iam::123456789012:user/ada is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/builder because no identity-based policy allows the iam:CreateRole action",
            "AWS::IAM::Role", "the permission iam:CreateRole on arn:aws:iam::123456789012:role/builder."
        ),
        (
            "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: sqs:createqueue on resource: arn:aws:sqs:eu-central-1:123456789012:jobs with an explicit deny in a service control policy",
            "AWS::SQS::Queue",
            "denies sqs:createqueue on arn:aws:sqs:eu-central-1:123456789012:jobs explicitly: change that service control policy"
        ),
        ("API: s3:CreateBucket Access Denied", "AWS::S3::Bucket", "the permission s3:CreateBucket."),
        (
            "API: ec2:RunInstances You are not authorized to perform this operation. Encoded authorization failure message: AbCd-123",
            "AWS::EC2::Instance", "decode-authorization-message"
        ),
        ("Access Denied (Service: Amazon S3; Status Code: 403)", "AWS::S3::Bucket", "lacks a permission, or a policy denies it"),
        // A limit is reached.
        (
            "You have attempted to create more buckets than allowed (Service: Amazon S3; Error Code: TooManyBuckets)", "AWS::S3::Bucket",
            "Have the quota raised"
        ),
        (
            "The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400, HandlerErrorCode: ServiceLimitExceeded)",
            "AWS::EC2::VPC", "Have the quota raised"
        ),
        (
            "Resource handler returned message: \"Cannot exceed quota for PoliciesPerRole: 10 (Service: Iam, Status Code: 409)\"",
            "AWS::IAM::Role", "Have the quota raised"
        ),
        // An export is in use.
        (
            "Export network-VpcId cannot be deleted as it is in use by web and api", "",
            "The export network-VpcId is still imported by web and api: make"
        ),
        (
            "Delete canceled. Cannot delete export network-VpcId as it is in use by web.", "",
            "The export network-VpcId is still imported by web: make"
        ),
        ("Export network-VpcId cannot be updated as it is in use by web", "", "imported by web: make"),
        // In use, or with dependencies.
        (
            "resource sg-0123 has a dependent object (Service: Ec2, Status Code: 400, HandlerErrorCode: InvalidRequest)",
            "AWS::EC2::SecurityGroup", "Remove what uses the resource first"
        ),
        (
            "The vpc 'vpc-0123' has dependencies and cannot be deleted. (Service: AmazonEC2; Error Code: DependencyViolation)",
            "AWS::EC2::VPC", "Remove what uses the resource first"
        ),
        ("Cannot delete entity, must detach all policies first.", "AWS::IAM::Role", "Remove what uses the resource first"),
        // It took too long.
        (
            "Resource handler returned message: \"Exceeded attempts to wait\" (RequestToken: 7cb3, HandlerErrorCode: NotStabilized)",
            "AWS::Lambda::Function", "did not become ready in time"
        ),
        ("Resource AWS::RDS::DBInstance did not stabilize.", "AWS::RDS::DBInstance", "did not become ready in time"),
        (
            "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (HandlerErrorCode: GeneralServiceException)",
            "AWS::ECS::Service", "stopped tasks"
        ),
        (
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [1].",
            "Custom::Seed",
            "behind the custom resource"
        ),
        (
            "WaitCondition timed out. Received 0 conditions when expecting 1", "AWS::CloudFormation::WaitCondition",
            "was to send the signal"
        ),
        // The service does not take a value.
        (
            "Properties validation failed for resource Topic with message: [#/FifoTopic: expected type: Boolean, found: String]",
            "AWS::SNS::Topic", "Correct the property in the template: #/FifoTopic: expected type: Boolean, found: String."
        ),
        (
            "Property validation failure: [The property {/Type} is required]", "AWS::SSM::Parameter",
            "template: The property {/Type} is required."
        ),
        (
            "Resource handler returned message: \"Invalid request provided: bad runtime\" (HandlerErrorCode: InvalidRequest)",
            "AWS::Lambda::Function", "Correct the value in the template"
        ),
        // Too much was asked at once.
        ("Rate exceeded (Service: AmazonApiGateway; Status Code: 429)", "AWS::ApiGateway::Method", "too much at once"),
        ("Request limit exceeded. (Service: Ec2; Error Code: RequestLimitExceeded)", "AWS::EC2::Instance", "too much at once"),
    ]

    @Test(arguments: known)
    func `a failure with a well-known cause has a remedy`(message: String, type: String, remedy: String) {
        let found = Remedy.sentence(for: message, resourceType: type)
        #expect(found?.contains(remedy) == true, "\(found ?? "none")")
    }

    @Test(arguments: [
        "", "Resource creation cancelled", "Transform 111111111111::Unsuccessful failed with: failed because it is a test.",
        "The deployment got out of step; this is a bug in pipeplan", "Internal Failure",
    ])
    func `a failure of another kind has none`(_ message: String) {
        #expect(Remedy.sentence(for: message) == nil)
    }

    @Test func `the type of the resource says what to look at where the words do not`() {
        #expect(
            Remedy.sentence(for: DeploymentFailure(logicalID: "Seed", resourceType: "Custom::Seed", message: "It timed out"))?.contains(
                "custom resource") == true)
        #expect(Remedy.sentence(for: DeploymentFailure(message: "It timed out"))?.contains("in its service") == true)
    }
}
