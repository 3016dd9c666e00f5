/// Attributes that stay what they are for as long as a resource is not replaced, although no property has their value.
///
/// No schema tells this. Listed are attributes that the services' own documentation derives from the resource's name, account and
/// region; everything else that is read of a modified resource counts as unknown.
enum StableAttributes {
    private static let byType: [String: Set<String>] = [
        "AWS::CodeBuild::Project": ["Id"],
        "AWS::EC2::SecurityGroup": ["GroupId", "VpcId"],
        "AWS::EC2::VPC": ["VpcId", "DefaultSecurityGroup", "DefaultNetworkAcl"],
        "AWS::ECR::Repository": ["RepositoryUri"],
        "AWS::ElasticLoadBalancingV2::LoadBalancer": ["DNSName", "CanonicalHostedZoneID", "LoadBalancerFullName"],
        "AWS::IAM::Role": ["RoleId"],
        "AWS::KMS::Key": ["KeyId"],
        "AWS::RDS::DBCluster": ["ReadEndpoint.Address"],
        "AWS::S3::Bucket": ["DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"],
        "AWS::SNS::Topic": ["TopicArn"],
        "AWS::SQS::Queue": ["QueueUrl", "QueueName"],
    ]

    static func contains(_ name: String, of type: String) -> Bool {
        // Every service gives a resource one ARN; only those of versions, which are called otherwise, come and go with an update.
        name == "Arn" || byType[type]?.contains(name) == true
    }
}
