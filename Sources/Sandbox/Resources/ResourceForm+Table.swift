extension ResourceForm {
    private static func arn(_ service: String, _ rest: String) -> String { "arn:{partition}:\(service):{region}:{account}:\(rest)" }

    static let table: [String: ResourceForm] =
        delivery
        .merging(storage) { first, _ in first }
        .merging(messaging) { first, _ in first }
        .merging(network) { first, _ in first }
        .merging(compute) { first, _ in first }

    private static let delivery: [String: ResourceForm] = [
        "AWS::CodePipeline::Pipeline": ResourceForm(
            nameProperty: "Name", longestName: 100, attributes: ["Version": "1"], counters: ["Version"], createOnly: ["Name"],
            required: ["RoleArn", "Stages"]),
        "AWS::CodePipeline::Webhook": ResourceForm(
            nameProperty: "Name", ref: "arn:{partition}:codepipeline:{region}:{account}:webhook:{name}",
            attributes: ["Url": "https://{region}.webhooks.aws/trigger?t={hex32}&v=1"], createOnly: ["Name"],
            required: ["Authentication", "AuthenticationConfiguration", "Filters", "TargetAction", "TargetPipeline"]),
        "AWS::CodePipeline::CustomActionType": ResourceForm(ref: "{Category}-{Provider}-{Version}"),
        "AWS::CodeBuild::Project": ResourceForm(
            nameProperty: "Name", longestName: 255, attributes: ["Arn": arn("codebuild", "project/{name}")], createOnly: ["Name"],
            required: ["Artifacts", "Environment", "ServiceRole", "Source"]),
        "AWS::CodeConnections::Connection": ResourceForm(
            nameProperty: "ConnectionName", ref: arn("codeconnections", "connection/{uuid}"),
            attributes: ["ConnectionArn": "{ref}", "ConnectionStatus": "PENDING", "OwnerAccountId": "{account}"],
            createOnly: ["ConnectionName", "HostArn", "ProviderType"], required: ["ConnectionName"]),
        "AWS::CodeStarConnections::Connection": ResourceForm(
            nameProperty: "ConnectionName", ref: arn("codestar-connections", "connection/{uuid}"),
            attributes: ["ConnectionArn": "{ref}", "ConnectionStatus": "PENDING", "OwnerAccountId": "{account}"],
            createOnly: ["ConnectionName", "HostArn", "ProviderType"], required: ["ConnectionName"]),
        "AWS::ECR::Repository": ResourceForm(
            nameProperty: "RepositoryName", nameStyle: .lowercase, longestName: 256,
            attributes: [
                "Arn": arn("ecr", "repository/{name}"), "RepositoryUri": "{account}.dkr.ecr.{region}.{suffix}/{name}",
            ], createOnly: ["RepositoryName", "EncryptionConfiguration"]),
        "AWS::IAM::Role": ResourceForm(
            nameProperty: "RoleName",
            attributes: ["Arn": "arn:{partition}:iam::{account}:role/{name}", "RoleId": "AROA{upper17}"],
            createOnly: ["RoleName", "Path"], required: ["AssumeRolePolicyDocument"]),
        "AWS::IAM::Policy": ResourceForm(
            ref: "{stack}-{logical}-{mixed12}", attributes: ["Id": "{ref}"], required: ["PolicyDocument", "PolicyName"]),
        "AWS::IAM::ManagedPolicy": ResourceForm(
            nameProperty: "ManagedPolicyName", longestName: 128, ref: "arn:{partition}:iam::{account}:policy/{name}",
            attributes: ["PolicyArn": "{ref}", "PolicyId": "ANPA{upper17}"], createOnly: ["ManagedPolicyName", "Path", "Description"],
            required: ["PolicyDocument"]),
        "AWS::IAM::User": ResourceForm(
            nameProperty: "UserName", attributes: ["Arn": "arn:{partition}:iam::{account}:user/{name}"], createOnly: ["UserName"]),
        "AWS::IAM::Group": ResourceForm(
            nameProperty: "GroupName", longestName: 128, attributes: ["Arn": "arn:{partition}:iam::{account}:group/{name}"],
            createOnly: ["GroupName"]),
        "AWS::IAM::InstanceProfile": ResourceForm(
            nameProperty: "InstanceProfileName", longestName: 128,
            attributes: ["Arn": "arn:{partition}:iam::{account}:instance-profile/{name}"], createOnly: ["InstanceProfileName", "Path"],
            required: ["Roles"]),
        "AWS::IAM::AccessKey": ResourceForm(
            id: "AKIA{upper16}", attributes: ["SecretAccessKey": "sandbox-made-up-secret-access-key"], createOnly: ["UserName"],
            required: ["UserName"]),
        "AWS::Logs::LogGroup": ResourceForm(
            nameProperty: "LogGroupName", longestName: 512, attributes: ["Arn": arn("logs", "log-group:{name}:*")],
            createOnly: ["LogGroupName"]),
    ]

    private static let storage: [String: ResourceForm] = [
        "AWS::S3::Bucket": ResourceForm(
            nameProperty: "BucketName", nameStyle: .lowercase, longestName: 63,
            attributes: [
                "Arn": "arn:{partition}:s3:::{name}", "DomainName": "{name}.s3.{suffix}",
                "DualStackDomainName": "{name}.s3.dualstack.{region}.{suffix}", "RegionalDomainName": "{name}.s3.{region}.{suffix}",
                "WebsiteURL": "http://{name}.s3-website-{region}.{suffix}",
            ], createOnly: ["BucketName", "BucketNamePrefix", "BucketNamespace"]),
        "AWS::S3::BucketPolicy": ResourceForm(
            nameProperty: "Bucket", longestName: 63, createOnly: ["Bucket"], required: ["Bucket", "PolicyDocument"]),
        "AWS::DynamoDB::Table": ResourceForm(
            nameProperty: "TableName", longestName: 255,
            attributes: [
                "Arn": arn("dynamodb", "table/{name}"), "StreamArn": arn("dynamodb", "table/{name}/stream/2026-01-01T00:00:00.000"),
            ], createOnly: ["TableName", "ImportSourceSpecification"], conditional: ["AttributeDefinitions", "KeySchema"],
            required: ["KeySchema"]),
        "AWS::KMS::Key": ResourceForm(
            id: "{uuid}", attributes: ["Arn": arn("kms", "key/{id}"), "KeyId": "{id}"]),
        "AWS::KMS::Alias": ResourceForm(
            nameProperty: "AliasName", longestName: 256, createOnly: ["AliasName"], required: ["AliasName", "TargetKeyId"]),
        "AWS::SecretsManager::Secret": ResourceForm(
            nameProperty: "Name", longestName: 512, ref: arn("secretsmanager", "secret:{name}-{mixed6}"), attributes: ["Id": "{ref}"],
            createOnly: ["Name"]),
        "AWS::SSM::Parameter": ResourceForm(
            nameProperty: "Name", longestName: 1011, generatedName: "CFN-{logical}-{mixed12}", createOnly: ["Name"],
            required: ["Type", "Value"]),
        "AWS::RDS::DBInstance": ResourceForm(
            nameProperty: "DBInstanceIdentifier", nameStyle: .lowercase, longestName: 63,
            attributes: [
                "DBInstanceArn": arn("rds", "db:{name}"), "Endpoint.Address": "{name}.{lower12}.{region}.rds.{suffix}",
                "Endpoint.Port": "3306", "DbiResourceId": "db-{upper26}",
            ], createOnly: ["DBInstanceIdentifier", "DBName", "MasterUsername", "StorageEncrypted", "KmsKeyId", "CharacterSetName"],
            conditional: ["AvailabilityZone", "Port"]),
        "AWS::EFS::FileSystem": ResourceForm(
            id: "fs-{hex17}", attributes: ["FileSystemId": "{id}", "Arn": arn("elasticfilesystem", "file-system/{id}")],
            createOnly: ["Encrypted", "KmsKeyId", "PerformanceMode", "AvailabilityZoneName"]),
    ]

    private static let messaging: [String: ResourceForm] = [
        "AWS::SNS::Topic": ResourceForm(
            nameProperty: "TopicName", longestName: 256, ref: arn("sns", "{name}"),
            attributes: ["TopicArn": "{ref}", "TopicName": "{name}"],
            createOnly: ["TopicName", "FifoTopic"]),
        "AWS::SNS::Subscription": ResourceForm(
            ref: "{TopicArn}:{uuid}", attributes: ["Arn": "{ref}"], createOnly: ["Endpoint", "Protocol", "TopicArn"],
            required: ["Protocol", "TopicArn"]),
        "AWS::SNS::TopicPolicy": ResourceForm(required: ["PolicyDocument", "Topics"]),
        "AWS::SQS::Queue": ResourceForm(
            nameProperty: "QueueName", longestName: 80, ref: "https://sqs.{region}.{suffix}/{account}/{name}",
            attributes: ["Arn": arn("sqs", "{name}"), "QueueName": "{name}", "QueueUrl": "{ref}"],
            createOnly: ["QueueName", "FifoQueue"]),
        "AWS::SQS::QueuePolicy": ResourceForm(required: ["PolicyDocument", "Queues"]),
        "AWS::Events::Rule": ResourceForm(
            nameProperty: "Name", attributes: ["Arn": arn("events", "rule/{name}")], createOnly: ["Name", "EventBusName"]),
        "AWS::Events::EventBus": ResourceForm(
            nameProperty: "Name", longestName: 256, attributes: ["Arn": arn("events", "event-bus/{name}"), "Name": "{name}"],
            createOnly: ["Name"], required: ["Name"]),
        "AWS::Kinesis::Stream": ResourceForm(
            nameProperty: "Name", longestName: 128, attributes: ["Arn": arn("kinesis", "stream/{name}")], createOnly: ["Name"]),
        "AWS::StepFunctions::StateMachine": ResourceForm(
            nameProperty: "StateMachineName", longestName: 80, ref: arn("states", "stateMachine:{name}"),
            attributes: ["Arn": "{ref}", "Name": "{name}"], createOnly: ["StateMachineName", "StateMachineType"], required: ["RoleArn"]),
        "AWS::CloudWatch::Alarm": ResourceForm(
            nameProperty: "AlarmName", longestName: 255, attributes: ["Arn": arn("cloudwatch", "alarm:{name}")], createOnly: ["AlarmName"],
            required: ["ComparisonOperator", "EvaluationPeriods"]),
    ]

    private static let network: [String: ResourceForm] = [
        "AWS::EC2::VPC": ResourceForm(
            id: "vpc-{hex17}",
            attributes: [
                "VpcId": "{id}", "DefaultSecurityGroup": "sg-{hex17}", "DefaultNetworkAcl": "acl-{hex17}", "CidrBlock": "{CidrBlock}",
            ],
            createOnly: ["CidrBlock"], conditional: ["InstanceTenancy"]),
        "AWS::EC2::Subnet": ResourceForm(
            id: "subnet-{hex17}",
            attributes: ["SubnetId": "{id}", "AvailabilityZone": "{region}a", "VpcId": "{VpcId}", "CidrBlock": "{CidrBlock}"],
            createOnly: ["AvailabilityZone", "CidrBlock", "VpcId", "Ipv6Native"], required: ["VpcId"]),
        "AWS::EC2::SecurityGroup": ResourceForm(
            id: "sg-{hex17}", attributes: ["GroupId": "{id}", "VpcId": "{VpcId}"], createOnly: ["GroupDescription", "GroupName", "VpcId"],
            required: ["GroupDescription"]),
        "AWS::EC2::InternetGateway": ResourceForm(id: "igw-{hex17}", attributes: ["InternetGatewayId": "{id}"]),
        "AWS::EC2::NatGateway": ResourceForm(
            id: "nat-{hex17}", attributes: ["NatGatewayId": "{id}"], createOnly: ["SubnetId", "ConnectivityType", "AllocationId"]),
        "AWS::EC2::RouteTable": ResourceForm(
            id: "rtb-{hex17}", attributes: ["RouteTableId": "{id}"], createOnly: ["VpcId"], required: ["VpcId"]),
        "AWS::EC2::Route": ResourceForm(
            ref: "{RouteTableId}|{DestinationCidrBlock}", createOnly: ["RouteTableId", "DestinationCidrBlock"], required: ["RouteTableId"]),
        "AWS::EC2::EIP": ResourceForm(
            id: "203.0.{byte}.{byte}", attributes: ["AllocationId": "eipalloc-{hex17}", "PublicIp": "{id}"]),
        "AWS::ElasticLoadBalancingV2::LoadBalancer": ResourceForm(
            nameProperty: "Name", longestName: 32, ref: arn("elasticloadbalancing", "loadbalancer/app/{name}/{hex16}"),
            attributes: [
                "LoadBalancerArn": "{ref}", "LoadBalancerName": "{name}", "DNSName": "{name}-1234567890.{region}.elb.{suffix}",
                "LoadBalancerFullName": "app/{name}/{hex16}", "CanonicalHostedZoneID": "Z35SXDOTRQ7X7K",
            ], createOnly: ["Name", "Scheme", "Type"]),
        "AWS::Route53::HostedZone": ResourceForm(id: "Z{upper20}", attributes: ["Id": "{id}"], createOnly: ["Name"]),
        "AWS::CloudFront::Distribution": ResourceForm(
            id: "E{upper13}", attributes: ["Id": "{id}", "DomainName": "d{lower13}.cloudfront.net"], required: ["DistributionConfig"]),
        "AWS::ApiGateway::RestApi": ResourceForm(
            id: "{lower10}", attributes: ["RestApiId": "{id}", "RootResourceId": "{lower10}"]),
        "AWS::ApiGatewayV2::Api": ResourceForm(
            id: "{lower10}", attributes: ["ApiId": "{id}", "ApiEndpoint": "https://{id}.execute-api.{region}.{suffix}"],
            createOnly: ["ProtocolType"]),
    ]

    private static let compute: [String: ResourceForm] = [
        "AWS::Lambda::Function": ResourceForm(
            nameProperty: "FunctionName", attributes: ["Arn": arn("lambda", "function:{name}")],
            createOnly: ["FunctionName", "PackageType"],
            required: ["Code", "Role"]),
        "AWS::Lambda::Permission": ResourceForm(
            createOnly: ["Action", "FunctionName", "Principal", "SourceArn", "SourceAccount", "EventSourceToken"],
            required: ["Action", "FunctionName", "Principal"]),
        "AWS::Lambda::Version": ResourceForm(
            isRevisioned: true, ref: arn("lambda", "function:{FunctionName}:1"),
            attributes: ["Version": "{revision}", "FunctionArn": "{ref}"],
            createOnly: ["FunctionName", "Description", "CodeSha256"], required: ["FunctionName"]),
        "AWS::Lambda::EventSourceMapping": ResourceForm(
            id: "{uuid}", attributes: ["Id": "{id}"], createOnly: ["EventSourceArn", "StartingPosition"], required: ["FunctionName"]),
        "AWS::EC2::Instance": ResourceForm(
            id: "i-{hex17}",
            attributes: [
                "InstanceId": "{id}", "AvailabilityZone": "{region}a", "PrivateIp": "10.0.0.10", "PublicIp": "203.0.113.20",
                "PrivateDnsName": "ip-10-0-0-10.ec2.internal", "PublicDnsName": "ec2-203-0-113-20.compute-1.{suffix}",
            ],
            createOnly: ["AvailabilityZone", "ImageId", "KeyName", "SubnetId", "NetworkInterfaces", "PrivateIpAddress", "LaunchTemplate"],
            conditional: [
                "InstanceType", "EbsOptimized", "UserData", "BlockDeviceMappings", "SecurityGroupIds", "SecurityGroups", "Tenancy",
            ]),
        "AWS::EC2::LaunchTemplate": ResourceForm(
            id: "lt-{hex17}", attributes: ["LaunchTemplateId": "{id}", "LatestVersionNumber": "1", "DefaultVersionNumber": "1"],
            counters: ["LatestVersionNumber"],
            createOnly: ["LaunchTemplateName"], required: ["LaunchTemplateData"]),
        "AWS::AutoScaling::AutoScalingGroup": ResourceForm(
            nameProperty: "AutoScalingGroupName", longestName: 255, createOnly: ["AutoScalingGroupName"], required: ["MaxSize", "MinSize"]),
        "AWS::ECS::Cluster": ResourceForm(
            nameProperty: "ClusterName", longestName: 255, attributes: ["Arn": arn("ecs", "cluster/{name}")], createOnly: ["ClusterName"]),
        "AWS::ECS::TaskDefinition": ResourceForm(
            nameProperty: "Family", longestName: 255, isRevisioned: true, ref: arn("ecs", "task-definition/{name}:1"),
            attributes: ["TaskDefinitionArn": "{ref}"],
            createOnly: [
                "ContainerDefinitions", "Cpu", "ExecutionRoleArn", "Family", "Memory", "NetworkMode", "RequiresCompatibilities",
                "TaskRoleArn", "Volumes",
            ]),
        "AWS::ECS::Service": ResourceForm(
            nameProperty: "ServiceName", longestName: 255, ref: arn("ecs", "service/{name}"),
            attributes: ["ServiceArn": "{ref}", "Name": "{name}"],
            createOnly: ["ServiceName", "Cluster", "LaunchType", "SchedulingStrategy"]),
        "AWS::CloudFormation::WaitConditionHandle": ResourceForm(
            ref: "https://cloudformation-waitcondition-{region}.s3.{suffix}/{stackId}/{logical}?{hex40}"),
        "AWS::CloudFormation::WaitCondition": ResourceForm(
            ref: "{stackId}/{logical}", attributes: ["Data": "{}"], required: []),
        "AWS::CloudFormation::CustomResource": ResourceForm(
            ref: "{stack}-{logical}-{upper12}", createOnly: ["ServiceToken"], required: ["ServiceToken"]),
        "AWS::CDK::Metadata": ResourceForm(ref: "{uuid}"),
    ]
}
