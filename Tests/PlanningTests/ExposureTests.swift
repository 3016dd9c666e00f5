import OrderedCollections
import ResourceTypes
import Templates
import Testing

@testable import Planning

@Suite struct `Public access that is opened` {
    struct Case: Sendable, CustomStringConvertible {
        var description: String { type + ": " + (before ?? "nothing") + " → " + (after ?? "nothing") }
        var type: String
        var before: String?
        var after: String?
        /// What is said of `It`.
        var summaries: [String]

        init(_ type: String, _ before: String?, _ after: String?, _ summaries: String...) {
            self.type = type
            self.before = before
            self.after = after
            self.summaries = summaries.map { "It \($0)." }
        }
    }

    private static let blocked =
        "PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}"

    private static func topic(_ principal: String, _ condition: String = "{}", _ more: String = "") -> String {
        """
        Topics: [!Ref Topic]
        PolicyDocument: {Statement: [{Effect: Allow, \(principal), Action: 'sns:Publish', Resource: !Ref Topic, Condition: \(condition)}\(more)]}
        """
    }

    private static func ingress(_ rules: String) -> String { "{SecurityGroupIngress: [\(rules)]}" }

    private static let open = "Principal: '*'"
    private static let says = "lets anyone do sns:Publish on ${Topic}"

    static let cases: [Case] = [
        // Buckets
        Case(
            "AWS::S3::Bucket", "{\(blocked)}", "{BucketName: b}",
            "no longer blocks public access: PublicAccessBlockConfiguration is removed"),
        Case("AWS::S3::Bucket", "{\(blocked)}", "{\(blocked)}"),
        Case(
            "AWS::S3::Bucket", "{\(blocked)}", "{\(blocked.replacing("IgnorePublicAcls: true", with: "IgnorePublicAcls: false"))}",
            "no longer blocks public access: IgnorePublicAcls is not on"),
        Case(
            "AWS::S3::Bucket", nil, "{PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: 'true'}}",
            "no longer blocks public access: IgnorePublicAcls, RestrictPublicBuckets are not on"),
        Case(
            "AWS::S3::Bucket", "{PublicAccessBlockConfiguration: {BlockPublicAcls: true}}",
            "{PublicAccessBlockConfiguration: {BlockPublicAcls: true, IgnorePublicAcls: false}}"),
        Case("AWS::S3::Bucket", nil, "{BucketName: b}"),
        Case("AWS::S3::Bucket", "{BucketName: a}", "{\(blocked)}"),
        Case(
            "AWS::S3::Bucket", "{\(blocked)}", "{\(blocked.replacing("BlockPublicAcls: true", with: "BlockPublicAcls: !Ref Stage"))}",
            "no longer blocks public access: BlockPublicAcls is not on"),
        Case(
            "AWS::S3::AccessPoint", nil,
            "{PublicAccessBlockConfiguration: {BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true}}",
            "no longer blocks public access: RestrictPublicBuckets is not on"),
        Case(
            "AWS::S3::Bucket", "{AccessControl: Private}", "{AccessControl: PublicRead}",
            "becomes readable by people outside the account: AccessControl is PublicRead"),
        Case(
            "AWS::S3::Bucket", "{AccessControl: PublicRead}", "{AccessControl: PublicReadWrite}",
            "becomes readable by people outside the account: AccessControl is PublicReadWrite"),
        Case("AWS::S3::Bucket", "{AccessControl: PublicReadWrite}", "{AccessControl: PublicRead}"),
        Case("AWS::S3::Bucket", nil, "{AccessControl: LogDeliveryWrite}"),

        // Policies
        Case("AWS::SNS::TopicPolicy", nil, topic(open), says),
        Case("AWS::SNS::TopicPolicy", nil, topic("Principal: {AWS: '*'}"), says),
        Case("AWS::SNS::TopicPolicy", topic(open), topic("Principal: {AWS: ['*']}")),
        Case("AWS::SNS::TopicPolicy", topic("Principal: {AWS: '123456789012'}"), topic(open), says),
        Case("AWS::SNS::TopicPolicy", nil, topic("Principal: {AWS: '123456789012'}")),
        Case("AWS::SNS::TopicPolicy", nil, topic("Principal: {Service: '*'}")),
        Case("AWS::SNS::TopicPolicy", nil, topic("NotPrincipal: {AWS: a}"), "lets anyone but AWS:a do sns:Publish on ${Topic}"),
        Case("AWS::SNS::TopicPolicy", nil, topic(open, "{ArnLike: {'AWS:SourceArn': !GetAtt Bucket.Arn}}")),
        Case("AWS::SNS::TopicPolicy", nil, topic(open, "{StringEquals: {'aws:SourceAccount': !Ref 'AWS::AccountId'}}")),
        Case("AWS::SNS::TopicPolicy", nil, topic(open, "{StringEquals: {'aws:PrincipalOrgID': o-1}}")),
        Case("AWS::SNS::TopicPolicy", nil, topic(open, "{IpAddress: {'aws:SourceIp': [192.0.2.0/24, '2001:db8::/32']}}")),
        Case(
            "AWS::SNS::TopicPolicy", nil, topic(open, "{IpAddress: {'aws:SourceIp': [192.0.2.0/24, 0.0.0.0/0]}}"),
            "\(says) where aws:SourceIp IpAddress 192.0.2.0/24, 0.0.0.0/0"),
        Case(
            "AWS::SNS::TopicPolicy", nil, topic(open, "{Bool: {'aws:SecureTransport': true}}"),
            "\(says) where aws:SecureTransport Bool true"),
        Case(
            "AWS::SNS::TopicPolicy", nil, topic(open, "{StringNotEquals: {'aws:SourceAccount': '1'}}"),
            "\(says) where aws:SourceAccount StringNotEquals 1"),
        Case(
            "AWS::SNS::TopicPolicy", nil, topic(open, "{StringEqualsIfExists: {'aws:SourceAccount': '1'}}"),
            "\(says) where aws:SourceAccount StringEqualsIfExists 1"),
        Case(
            "AWS::SNS::TopicPolicy", nil, topic(open, "{'ForAllValues:StringEquals': {'aws:SourceAccount': '1'}}"),
            "\(says) where aws:SourceAccount ForAllValues:StringEquals 1"),
        Case(
            "AWS::SNS::TopicPolicy", nil, topic(open, "{ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/x'}}"),
            "\(says) where aws:PrincipalArn ArnLike arn:aws:iam::*:role/x"),
        Case("AWS::SNS::TopicPolicy", nil, topic(open, "{ArnLike: {'aws:SourceArn': 'arn:aws:s3:::bucket*'}}")),
        Case(
            "AWS::SNS::TopicPolicy", topic(open, "{StringEquals: {'aws:SourceAccount': '1'}}"), topic(open), says),
        Case(
            "AWS::SNS::TopicPolicy", nil,
            topic(
                open, "{}",
                ", {Effect: Deny, Principal: '*', Action: 'sns:*', Resource: '*', Condition: {StringNotEquals: {'aws:SourceVpce': v}}}")),
        Case(
            "AWS::SNS::TopicPolicy", nil,
            topic(
                open, "{}",
                ", {Effect: Deny, Principal: '*', Action: 'sns:Subscribe', Resource: '*', Condition: {StringNotEquals: {'aws:SourceVpce': v}}}"
            ),
            says),
        Case(
            "AWS::IAM::Role", nil,
            "{AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {AWS: '*'}, Action: 'sts:AssumeRole'}}}",
            "lets anyone do sts:AssumeRole"),
        Case(
            "AWS::EC2::VPCEndpoint", nil, "{PolicyDocument: {Statement: {Effect: Allow, Principal: '*', Action: '*', Resource: '*'}}}"),
        Case("AWS::IAM::Policy", nil, "{Roles: [a], PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}"),
        Case(
            "AWS::Lambda::Permission", nil, "{Action: 'lambda:InvokeFunction', FunctionName: f, Principal: '*'}",
            "lets anyone do lambda:InvokeFunction on f"),
        Case("AWS::Lambda::Permission", nil, "{Action: a, FunctionName: f, Principal: '*', PrincipalOrgID: o-1}"),
        Case(
            "AWS::Lambda::Permission", nil,
            "{Action: 'lambda:InvokeFunctionUrl', FunctionName: f, Principal: '*', FunctionUrlAuthType: NONE}",
            "lets anyone do lambda:InvokeFunctionUrl on f where lambda:FunctionUrlAuthType StringEquals NONE"),

        // Firewalls
        Case(
            "AWS::EC2::SecurityGroup", nil, ingress("{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}"),
            "takes tcp on port 22 from anywhere (0.0.0.0/0)"),
        Case(
            "AWS::EC2::SecurityGroup", ingress("{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}"),
            ingress(
                "{IpProtocol: '6', FromPort: '22', ToPort: '22', CidrIp: 0.0.0.0/0}, {IpProtocol: TCP, FromPort: 80, ToPort: 90, CidrIp: 0.0.0.0/0}"
            ),
            "takes tcp on ports 80–90 from anywhere (0.0.0.0/0)"),
        Case(
            "AWS::EC2::SecurityGroup", ingress("{IpProtocol: -1, CidrIp: 0.0.0.0/0}"),
            ingress("{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}")),
        Case(
            "AWS::EC2::SecurityGroup", ingress("{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}"),
            ingress("{IpProtocol: -1, CidrIp: 0.0.0.0/0}, {IpProtocol: -1, CidrIpv6: '::/0'}"),
            "takes all traffic from anywhere (0.0.0.0/0)",
            "takes all traffic from anywhere (::/0)"),
        Case(
            "AWS::EC2::SecurityGroup", nil,
            ingress("{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 10.0.0.0/8}, {IpProtocol: tcp, CidrIp: !Ref Stage}")),
        Case(
            "AWS::EC2::SecurityGroupIngress", nil, "{GroupId: g, IpProtocol: udp, FromPort: 0, ToPort: 65535, CidrIpv6: '2000::/3'}",
            "takes all of udp from anywhere (2000::/3)"),
        Case(
            "AWS::EC2::SecurityGroupIngress", nil,
            "{GroupId: g, IpProtocol: tcp, FromPort: !Ref Stage, ToPort: !Ref Stage, CidrIp: 0.0.0.0/0}",
            "takes tcp on ${Stage} from anywhere (0.0.0.0/0)"),
        Case(
            "AWS::EC2::SecurityGroupIngress", nil, "{GroupId: g, IpProtocol: tcp, FromPort: 90, ToPort: 80, CidrIp: 0.0.0.0/0}",
            "takes tcp on 90–80 from anywhere (0.0.0.0/0)"),
        Case(
            "AWS::EC2::SecurityGroupIngress", nil, "{GroupId: g, IpProtocol: icmp, FromPort: 8, ToPort: -1, CidrIp: 0.0.0.0/0}",
            "takes all of icmp from anywhere (0.0.0.0/0)"),
        Case(
            "AWS::EC2::SecurityGroupIngress", nil,
            "{IpProtocol: !If [IsProd, tcp, udp], FromPort: 1, ToPort: 1, CidrIp: !If [IsProd, 0.0.0.0/0, 10.0.0.0/8]}",
            "takes tcp on port 1 from anywhere (0.0.0.0/0)"),
        Case(
            "AWS::RDS::DBSecurityGroup", nil, "{DBSecurityGroupIngress: {CIDRIP: 0.0.0.0/0}}", "takes all traffic from anywhere (0.0.0.0/0)"
        ),

        // Settings
        Case(
            "AWS::RDS::DBInstance", "{Engine: mysql}", "{Engine: mysql, PubliclyAccessible: true}",
            "gets an address that the internet can reach: PubliclyAccessible is true"),
        Case("AWS::RDS::DBInstance", "{PubliclyAccessible: 'true'}", "{PubliclyAccessible: true}"),
        Case("AWS::RDS::DBInstance", nil, "{PubliclyAccessible: false}"),
        Case(
            "AWS::DMS::ReplicationInstance", "{PubliclyAccessible: false}", "{EngineVersion: 1}",
            "gets an address that the internet can reach: PubliclyAccessible is not set, which means true"),
        Case("AWS::DMS::ReplicationInstance", nil, "{PubliclyAccessible: false}"),
        Case(
            "AWS::MSK::Cluster", nil, "{BrokerNodeGroupInfo: {ConnectivityInfo: {PublicAccess: {Type: SERVICE_PROVIDED_EIPS}}}}",
            "gets brokers that the internet can reach: BrokerNodeGroupInfo.ConnectivityInfo.PublicAccess.Type is SERVICE_PROVIDED_EIPS"),
        Case(
            "AWS::EC2::Subnet", nil, "{MapPublicIpOnLaunch: true}",
            "gives public addresses to what is launched in it: MapPublicIpOnLaunch is true"),
        Case(
            "AWS::EC2::Instance", nil, "{NetworkInterfaces: [{AssociatePublicIpAddress: false}, {AssociatePublicIpAddress: true}]}",
            "gets a public address: NetworkInterfaces.AssociatePublicIpAddress is true"),
        Case(
            "AWS::EKS::Cluster", "{ResourcesVpcConfig: {PublicAccessCidrs: [192.0.2.0/24]}}", "{ResourcesVpcConfig: {SubnetIds: [a]}}",
            "takes calls of its Kubernetes API from anywhere: ResourcesVpcConfig.PublicAccessCidrs leaves all addresses in"),
        Case("AWS::EKS::Cluster", nil, "{ResourcesVpcConfig: {EndpointPublicAccess: false}}"),
        Case(
            "AWS::ElasticLoadBalancingV2::LoadBalancer", "{Scheme: internal}", "{Scheme: internet-facing}",
            "takes requests from the internet: Scheme is internet-facing"),
        Case(
            "AWS::ElasticLoadBalancingV2::LoadBalancer", nil, "{Name: n}",
            "takes requests from the internet: Scheme is not set, which means internet-facing"),
        Case("AWS::Lambda::Url", "{AuthType: AWS_IAM}", "{AuthType: NONE}", "can be called by anyone: AuthType is NONE"),
        Case(
            "AWS::ApiGateway::Method", nil, "{HttpMethod: GET, AuthorizationType: NONE}",
            "can be called by anyone: AuthorizationType is NONE"),
        Case("AWS::ApiGateway::Method", nil, "{HttpMethod: OPTIONS, AuthorizationType: NONE}"),
        Case("AWS::ApiGatewayV2::Route", nil, "{RouteKey: sendmessage}"),
        Case("AWS::ApiGatewayV2::Route", nil, "{RouteKey: OPTIONS /}"),
        Case(
            "AWS::ApiGatewayV2::Route", nil, "{RouteKey: GET /}",
            "can be called by anyone: AuthorizationType is not set, which means NONE"),
        Case(
            "AWS::Cognito::IdentityPool", nil, "{AllowUnauthenticatedIdentities: true}",
            "gives AWS credentials to people who have not signed in: AllowUnauthenticatedIdentities is true"),
        Case("AWS::ECR::PublicRepository", nil, "{RepositoryName: r}", "lets anyone pull its images"),
        Case("AWS::ECR::PublicRepository", "{RepositoryName: r}", "{RepositoryName: s}"),
        Case(
            "AWS::OpenSearchServerless::SecurityPolicy", nil,
            #"{Type: network, Policy: '[{"Rules": [], "AllowFromPublic": true}]'}"#,
            "lets collections be reached from the internet: AllowFromPublic is true"),
        Case("AWS::OpenSearchServerless::SecurityPolicy", nil, #"{Type: network, Policy: '[{"AllowFromPublic": false}]'}"#),

        // What goes
        Case("AWS::EC2::SecurityGroup", ingress("{IpProtocol: -1, CidrIp: 0.0.0.0/0}"), nil),
        Case(
            "AWS::EC2::SnapshotBlockPublicAccess", "{State: block-all-sharing}", nil,
            "is removed: snapshots of EBS volumes can be shared with everyone again"),
    ]

    @Test(arguments: cases) func `is said`(_ example: Case) throws {
        func found(_ before: String?, _ after: String?) throws -> [String] {
            exposures(logicalID: "It", type: example.type, before: try properties(before), after: try properties(after)).map(\.summary)
        }
        #expect(try found(example.before, example.after) == example.summaries, "\(example)")
        if let after = example.after { #expect(try found(after, after) == [], "\(example)") }
    }

    @Test func `every property that is looked at exists, and takes the values that open it`() {
        let catalog = ResourceTypeCatalog.bundled
        for setting in PublicSetting.all {
            guard let type = setting.type, !setting.path.isEmpty else { continue }
            guard let schema = catalog.schema(of: type, at: setting.path) else {
                Issue.record("\(type) has no \(setting.path)")
                continue
            }
            let values = schema.items?.allowedValues ?? schema.allowedValues
            if !values.isEmpty { #expect(Set(values).isSuperset(of: setting.open), "\(type) \(setting.path): \(values)") }
        }
        for type in PublicSetting.guards.keys { #expect(catalog[type] != nil, "\(type)") }
    }
}
