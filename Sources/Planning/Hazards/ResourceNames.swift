/// Where a template names a resource of a type, for types whose name is neither their identifier nor what `Ref` returns.
///
/// Listed are names that are unique in an account and Region, or in what the resource belongs to. Names that several resources may
/// share (of a hosted zone, an EMR cluster, a query of Athena) clash with nothing.
enum ResourceNames {
    struct Name: Sendable {
        var property: String
        /// What the resource belongs to: the same name elsewhere is another one.
        var scope: String?
    }

    static func name(of type: String) -> Name? {
        names[type].map { text in
            let parts = text.split(separator: "/").map(String.init)
            return Name(property: parts[0], scope: parts.count > 1 ? parts[1] : nil)
        }
    }

    static var types: [String] { names.keys.sorted() }

    /// Types whose identifier may be given again: a job definition gets another revision.
    static let reusable: Set<String> = ["AWS::Batch::JobDefinition"]

    /// The property, and behind a slash that of what the resource belongs to.
    private static let names: [String: String] = [
        "AWS::AmazonMQ::Broker": "BrokerName",
        "AWS::ApiGateway::Model": "Name/RestApiId",
        "AWS::ApiGateway::Stage": "StageName/RestApiId",
        "AWS::ApiGatewayV2::Stage": "StageName/ApiId",
        "AWS::AppRunner::Service": "ServiceName",
        "AWS::AppSync::DataSource": "Name/ApiId",
        "AWS::Backup::ReportPlan": "ReportPlanName",
        "AWS::Batch::ComputeEnvironment": "ComputeEnvironmentName",
        "AWS::Batch::JobQueue": "JobQueueName",
        "AWS::Batch::SchedulingPolicy": "Name",
        "AWS::Cassandra::Table": "TableName/KeyspaceName",
        "AWS::CloudFormation::StackSet": "StackSetName",
        "AWS::CloudFront::Function": "Name",
        "AWS::CodeArtifact::Domain": "DomainName",
        "AWS::CodeArtifact::Repository": "RepositoryName/DomainName",
        "AWS::CodeBuild::Project": "Name",
        "AWS::CodeBuild::ReportGroup": "Name",
        "AWS::CodeDeploy::DeploymentGroup": "DeploymentGroupName/ApplicationName",
        "AWS::Cognito::UserPoolGroup": "GroupName/UserPoolId",
        "AWS::Cognito::UserPoolIdentityProvider": "ProviderName/UserPoolId",
        "AWS::EC2::LaunchTemplate": "LaunchTemplateName",
        "AWS::EC2::SecurityGroup": "GroupName/VpcId",
        "AWS::ECS::Service": "ServiceName/Cluster",
        "AWS::EKS::Addon": "AddonName/ClusterName",
        "AWS::EKS::FargateProfile": "FargateProfileName/ClusterName",
        "AWS::EKS::Nodegroup": "NodegroupName/ClusterName",
        "AWS::ElasticLoadBalancingV2::LoadBalancer": "Name",
        "AWS::ElasticLoadBalancingV2::TargetGroup": "Name",
        "AWS::Elasticsearch::Domain": "DomainName",
        "AWS::Events::Rule": "Name/EventBusName",
        "AWS::Glue::Registry": "Name",
        "AWS::IAM::GroupPolicy": "PolicyName/GroupName",
        "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
        "AWS::IAM::RolePolicy": "PolicyName/RoleName",
        "AWS::IAM::UserPolicy": "PolicyName/UserName",
        "AWS::IoT::Policy": "PolicyName",
        "AWS::Kinesis::StreamConsumer": "ConsumerName/StreamARN",
        "AWS::Lambda::Alias": "Name/FunctionName",
        "AWS::Logs::LogStream": "LogStreamName/LogGroupName",
        "AWS::Logs::MetricFilter": "FilterName/LogGroupName",
        "AWS::Logs::SubscriptionFilter": "FilterName/LogGroupName",
        "AWS::MSK::Cluster": "ClusterName",
        "AWS::MSK::ServerlessCluster": "ClusterName",
        "AWS::MediaStore::Container": "ContainerName",
        "AWS::NetworkFirewall::Firewall": "FirewallName",
        "AWS::NetworkFirewall::FirewallPolicy": "FirewallPolicyName",
        "AWS::NetworkFirewall::RuleGroup": "RuleGroupName",
        "AWS::OpenSearchServerless::Collection": "Name",
        "AWS::QLDB::Ledger": "Name",
        "AWS::SNS::Topic": "TopicName",
        "AWS::SQS::Queue": "QueueName",
        "AWS::SSO::PermissionSet": "Name/InstanceArn",
        "AWS::SageMaker::Endpoint": "EndpointName",
        "AWS::SageMaker::EndpointConfig": "EndpointConfigName",
        "AWS::SageMaker::Model": "ModelName",
        "AWS::SageMaker::NotebookInstance": "NotebookInstanceName",
        "AWS::SecretsManager::Secret": "Name",
        "AWS::ServiceDiscovery::Service": "Name/NamespaceId",
        "AWS::StepFunctions::Activity": "Name",
        "AWS::StepFunctions::StateMachine": "StateMachineName",
        "AWS::Timestream::Table": "TableName/DatabaseName",
        "AWS::Transfer::User": "UserName/ServerId",
    ]
}
