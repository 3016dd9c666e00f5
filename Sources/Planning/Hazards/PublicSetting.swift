/// A property by which a resource is opened to the internet, or to every account of AWS.
struct PublicSetting: Sendable {
    /// `nil` for every type that has the property.
    var type: String?
    /// Names with dots between them; a list on the way means each of its items. Empty where the type alone says it.
    var path: String
    /// The values that open it, the least open first.
    var open: [String] = ["true"]
    /// What a resource without the property has, where that is an open value.
    var unset: String?
    /// What happens to the resource then, as in "Bucket *becomes readable by anyone*".
    var says: String

    /// All settings that are looked at. The defaults are those on the types' pages in the CloudFormation template reference.
    static let all: [PublicSetting] = [
        // Databases and brokers
        PublicSetting(path: "PubliclyAccessible", says: "gets an address that the internet can reach"),
        PublicSetting(
            type: "AWS::DMS::ReplicationInstance", path: "PubliclyAccessible", unset: "true",
            says: "gets an address that the internet can reach"),
        PublicSetting(
            type: "AWS::MSK::Cluster", path: "BrokerNodeGroupInfo.ConnectivityInfo.PublicAccess.Type", open: ["SERVICE_PROVIDED_EIPS"],
            says: "gets brokers that the internet can reach"),
        PublicSetting(
            type: "AWS::MSK::Cluster", path: "ClientAuthentication.Unauthenticated.Enabled", says: "takes clients that say not who they are"
        ),
        PublicSetting(type: "AWS::NeptuneGraph::Graph", path: "PublicConnectivity", says: "gets an endpoint that the internet can reach"),
        PublicSetting(
            type: "AWS::OpenSearchService::Domain", path: "AdvancedSecurityOptions.AnonymousAuthEnabled",
            says: "takes requests that say not whose they are"),
        PublicSetting(
            type: "AWS::Elasticsearch::Domain", path: "AdvancedSecurityOptions.AnonymousAuthEnabled",
            says: "takes requests that say not whose they are"),

        // Storage and images
        PublicSetting(
            type: "AWS::S3::Bucket", path: "AccessControl", open: ["AuthenticatedRead", "PublicRead", "PublicReadWrite"],
            says: "becomes readable by people outside the account"),
        PublicSetting(
            type: "AWS::Lightsail::Bucket", path: "AccessRules.GetObject", open: ["public"], says: "becomes readable by anyone"),
        PublicSetting(
            type: "AWS::Lightsail::Bucket", path: "AccessRules.AllowPublicOverrides", says: "may hold objects that anyone can read"),
        PublicSetting(type: "AWS::ECR::PublicRepository", path: "", says: "lets anyone pull its images"),
        PublicSetting(
            type: "AWS::ImageBuilder::DistributionConfiguration",
            path: "Distributions.AmiDistributionConfiguration.LaunchPermissionConfiguration.UserGroups", open: ["all"],
            says: "makes its images public"),

        // Networks
        PublicSetting(type: "AWS::EC2::Subnet", path: "MapPublicIpOnLaunch", says: "gives public addresses to what is launched in it"),
        PublicSetting(
            type: "AWS::EC2::Instance", path: "NetworkInterfaces.AssociatePublicIpAddress", says: "gets a public address"),
        PublicSetting(
            type: "AWS::EC2::LaunchTemplate", path: "LaunchTemplateData.NetworkInterfaces.AssociatePublicIpAddress",
            says: "gives its instances public addresses"),
        PublicSetting(
            type: "AWS::AutoScaling::LaunchConfiguration", path: "AssociatePublicIpAddress", says: "gives its instances public addresses"),
        PublicSetting(type: "AWS::OpsWorks::Layer", path: "AutoAssignPublicIps", says: "gives its instances public addresses"),
        PublicSetting(
            type: "AWS::ECS::Service", path: "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp", open: ["ENABLED"],
            says: "gives its tasks public addresses"),
        PublicSetting(
            type: "AWS::ECS::TaskSet", path: "NetworkConfiguration.AwsVpcConfiguration.AssignPublicIp", open: ["ENABLED"],
            says: "gives its tasks public addresses"),
        PublicSetting(
            type: "AWS::ElasticLoadBalancing::LoadBalancer", path: "Scheme", open: ["internet-facing"], unset: "internet-facing",
            says: "takes requests from the internet"),
        PublicSetting(
            type: "AWS::ElasticLoadBalancingV2::LoadBalancer", path: "Scheme", open: ["internet-facing"], unset: "internet-facing",
            says: "takes requests from the internet"),
        PublicSetting(
            type: "AWS::EC2::VPCBlockPublicAccessExclusion", path: "InternetGatewayExclusionMode",
            open: ["allow-egress", "allow-bidirectional"], says: "takes a network out of what is kept from the internet"),

        // Functions, APIs and applications
        PublicSetting(type: "AWS::Lambda::Url", path: "AuthType", open: ["NONE"], says: "can be called by anyone"),
        PublicSetting(
            type: "AWS::Serverless::Function", path: "FunctionUrlConfig.AuthType", open: ["NONE"], says: "can be called by anyone"),
        PublicSetting(
            type: "AWS::ApiGateway::Method", path: "AuthorizationType", open: ["NONE"], unset: "NONE", says: "can be called by anyone"),
        PublicSetting(
            type: "AWS::ApiGatewayV2::Route", path: "AuthorizationType", open: ["NONE"], unset: "NONE", says: "can be called by anyone"),
        PublicSetting(
            type: "AWS::AppRunner::Service", path: "NetworkConfiguration.IngressConfiguration.IsPubliclyAccessible", unset: "true",
            says: "takes requests from the internet"),
        PublicSetting(
            type: "AWS::Transfer::Server", path: "EndpointType", open: ["PUBLIC"], unset: "PUBLIC",
            says: "gets an endpoint that the internet can reach"),
        PublicSetting(
            type: "AWS::MWAA::Environment", path: "WebserverAccessMode", open: ["PUBLIC_ONLY"],
            says: "gets a web server that the internet can reach"),
        PublicSetting(
            type: "AWS::Cognito::IdentityPool", path: "AllowUnauthenticatedIdentities",
            says: "gives AWS credentials to people who have not signed in"),
    ]

    /// Types that keep others closed, so that it opens something when they go.
    static let guards: [String: String] = [
        "AWS::EC2::SnapshotBlockPublicAccess": "is removed: snapshots of EBS volumes can be shared with everyone again",
        "AWS::EC2::VPCBlockPublicAccessOptions": "is removed: VPCs of the Region can be reached through internet gateways again",
    ]
}
