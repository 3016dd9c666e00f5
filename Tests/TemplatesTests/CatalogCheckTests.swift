import Model
import ResourceTypes
import Templates
import Testing

/// What is checked by the schemas of resource types. Each case is the Properties of one resource, and what is found in them as
/// `code line:column summary`; they start at column 13 of line 6.
@Suite struct `Properties of resources` {
    private func found(_ type: String, _ properties: String, extra: String = "") throws -> [String] {
        let text = """
            Parameters: {Text: {Type: String, Default: x}, Items: {Type: CommaDelimitedList, Default: a}}
            Conditions: {C: !Equals [!Ref Text, !Join [",", !Ref Items]]}
            Resources:
              R:
                Type: \(type)
                Properties: \(properties)
            \(extra)
              Used: {Type: AWS::SNS::Topic, Condition: C}
            """
        let reading = Template.read(text, file: "t.yml")
        return brief(reading.findings + (try #require(reading.value)).check(types: .bundled))
    }

    private func expect(
        _ type: String, _ properties: String, _ findings: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let found = try found(type, properties)
        #expect(found == findings, "\(type) \(properties)", sourceLocation: sourceLocation)
    }

    @Test(arguments: [
        ("AWS::S3::Bucket", "{BucketNam: x1x}", ["unknown-property 6:18 Unknown property R.BucketNam"]),
        (
            "AWS::S3::Bucket", "{LifecycleConfiguration: {Rules: [{Status: Enabled, Id: a}, {Status: Enabled, Prefx: b}]}}",
            ["unknown-property 6:95 Unknown property R.LifecycleConfiguration.Rules[1].Prefx"]
        ),
        (
            "AWS::S3::Bucket", "{LifecycleConfiguration: !If [C, {Rules: [], Rule: []}, !Ref AWS::NoValue]}",
            ["unknown-property 6:62 Unknown property R.LifecycleConfiguration.Rule"]
        ),
        // What is left out may have any name.
        ("AWS::S3::Bucket", "{BucketNam: !Ref AWS::NoValue}", []),
        ("AWS::S3::Bucket", "{'Fn::Transform': {Name: Mine, Parameters: {}}, BucketNam: x}", []),
        // A map whose keys are the author's, by a pattern.
        ("AWS::Lambda::Function", "{Role: !Ref Text, Code: {ZipFile: x}, Environment: {Variables: {A_b: 1, C2: true}}}", []),
        (
            "AWS::Lambda::Function", "{Role: !Ref Text, Code: {ZipFile: x}, Environment: {Variables: {'a-b': 1, '-': 2}}}",
            [
                "unknown-property 6:81 Unknown property R.Environment.Variables.a-b",
                "unknown-property 6:91 Unknown property R.Environment.Variables.-",
            ]
        ),
        ("Custom::Thing", "{ServiceToken: !Ref Text, Anything: {Goes: [1]}}", []),
    ])
    func `that the type does not have are found at any depth`(_ type: String, _ properties: String, _ findings: [String]) throws {
        try expect(type, properties, findings)
    }

    @Test(arguments: [
        ("AWS::IAM::Role", "{}", ["missing-property 6:5 Property R.AssumeRolePolicyDocument is missing"]),
        (
            "AWS::S3::Bucket", "{LifecycleConfiguration: {Rules: [{Id: a}]}}",
            ["missing-property 6:51 Property R.LifecycleConfiguration.Rules[0].Status is missing"]
        ),
        (
            "AWS::IAM::Role", "{AssumeRolePolicyDocument: !Ref AWS::NoValue}",
            ["missing-property 6:5 Property R.AssumeRolePolicyDocument is missing"]
        ),
        // It may be there.
        ("AWS::IAM::Role", "{AssumeRolePolicyDocument: !If [C, {}, !Ref AWS::NoValue]}", []),
        ("AWS::IAM::Role", "{'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://b/k'}}}", []),
        (
            "AWS::CodePipeline::Pipeline", "{RoleArn: 'arn:aws:iam::123456789012:role/r', Stages: !Ref Items}",
            ["missing-property 6:5 R lacks one of the properties ArtifactStore, ArtifactStores"]
        ),
        ("Custom::Thing", "{A: b}", ["missing-property 6:5 Property R.ServiceToken is missing"]),
    ])
    func `that are required and not there are found at any depth`(_ type: String, _ properties: String, _ findings: [String]) throws {
        try expect(type, properties, findings)
    }

    @Test func `a resource without Properties lacks the required ones at its name`() throws {
        let text = "Resources:\n  Role: {Type: AWS::IAM::Role}"
        let template = try #require(Template.read(text, file: "t.yml").value)
        #expect(brief(template.check(types: .bundled)) == ["missing-property 2:3 Property Role.AssumeRolePolicyDocument is missing"])
    }

    @Test(arguments: [
        (
            "AWS::CodePipeline::Pipeline",
            "{RoleArn: 'arn:aws:iam::123456789012:role/r', Stages: !Ref Items, ArtifactStores: !Ref Items, ArtifactStore: {Type: S3, Location: b-b}}",
            [
                "exclusive-properties 6:111 R can't have both ArtifactStore and ArtifactStores"
            ]
        ),
        (
            "AWS::EC2::Instance", "{SubnetId: subnet-1, NetworkInterfaces: [{DeviceIndex: '0'}]}",
            ["exclusive-properties 6:38 R can't have both NetworkInterfaces and SubnetId"]
        ),
        // Never both at once, as far as is known.
        ("AWS::EC2::Instance", "{SubnetId: !If [C, s, !Ref AWS::NoValue], NetworkInterfaces: !If [C, !Ref AWS::NoValue, []]}", []),
    ])
    func `that exclude each other are found at the later one`(_ type: String, _ properties: String, _ findings: [String]) throws {
        try expect(type, properties, findings)
    }

    @Test(arguments: [
        ("AWS::SNS::Topic", "{TopicArn: a}", ["read-only-property 6:18 R.TopicArn can't be set"]),
        ("AWS::SNS::Topic", "{TopicArn: !Ref AWS::NoValue}", []),
        ("AWS::RDS::DBInstance", "{TdeCredentialArn: a}", ["deprecated-property 6:18 R.TdeCredentialArn is deprecated"]),
        (
            "AWS::CloudFront::Distribution", "{DistributionConfig: {Enabled: true, S3Origin: !If [C, {DNSName: a}, !Ref AWS::NoValue]}}",
            [
                "missing-property 6:38 Property R.DistributionConfig.DefaultCacheBehavior is missing",
                "deprecated-property 6:54 R.DistributionConfig.S3Origin is deprecated",
            ]
        ),
    ])
    func `that are read-only or deprecated are found`(_ type: String, _ properties: String, _ findings: [String]) throws {
        try expect(type, properties, findings)
    }

    @Test(arguments: [
        ("AWS::SQS::Queue", "{VisibilityTimeout: ten}", ["wrong-type 6:37 R.VisibilityTimeout must be a whole number, found a string"]),
        ("AWS::SQS::Queue", "{VisibilityTimeout: 1.5}", ["wrong-type 6:37 R.VisibilityTimeout must be a whole number, found a number"]),
        ("AWS::SQS::Queue", "{VisibilityTimeout: [1]}", ["wrong-type 6:37 R.VisibilityTimeout must be a whole number, found a list"]),
        ("AWS::SQS::Queue", "{VisibilityTimeout: {a: 1}}", ["wrong-type 6:37 R.VisibilityTimeout must be a whole number, found a map"]),
        ("AWS::SQS::Queue", "{FifoQueue: maybe}", ["wrong-type 6:29 R.FifoQueue must be true or false, found a string"]),
        ("AWS::SQS::Queue", "{QueueName: [a]}", ["wrong-type 6:29 R.QueueName must be a string, found a list"]),
        ("AWS::SQS::Queue", "{Tags: {Key: a, Value: b}}", ["wrong-type 6:24 R.Tags must be a list, found a map"]),
        ("AWS::SQS::Queue", "{Tags: [a]}", ["wrong-type 6:25 R.Tags[0] must be a map, found a string"]),
        // As CloudFormation reads them.
        ("AWS::SQS::Queue", "{VisibilityTimeout: '10', FifoQueue: 'true', QueueName: 10}", []),
        ("AWS::SQS::Queue", "{VisibilityTimeout: 10.0, FifoQueue: True, QueueName: true}", []),
        ("AWS::IAM::Role", "{AssumeRolePolicyDocument: '{}'}", []),
        // Only where a function's type is certain.
        (
            "AWS::EC2::Instance", "{SecurityGroupIds: !Ref Text}",
            [
                "wrong-type 6:36 R.SecurityGroupIds must be a list, found a string (the parameter Text)"
            ]
        ),
        (
            "AWS::EC2::Instance", "{SecurityGroupIds: [!Ref Items]}",
            [
                "wrong-type 6:37 R.SecurityGroupIds[0] must be a string, found a list (the parameter Items)"
            ]
        ),
        (
            "AWS::EC2::Instance", "{SecurityGroupIds: !Join [',', [a]]}",
            [
                "wrong-type 6:36 R.SecurityGroupIds must be a list, found a string (Fn::Join)"
            ]
        ),
        ("AWS::EC2::Instance", "{SubnetId: !Split [',', a]}", ["wrong-type 6:28 R.SubnetId must be a string, found a list (Fn::Split)"]),
        ("AWS::EC2::Instance", "{SubnetId: !If [C, [a], b]}", ["wrong-type 6:36 R.SubnetId must be a string, found a list"]),
        ("AWS::EC2::Instance", "{SecurityGroupIds: !Ref Items, SubnetId: !Ref Text}", []),
        ("AWS::EC2::Instance", "{SecurityGroupIds: !Split [',', !Ref Text], SubnetId: !Select [0, !Ref Items]}", []),
        ("AWS::EC2::Instance", "{SecurityGroupIds: !ImportValue x, SubnetId: !GetAtt Used.TopicArn}", []),
        ("AWS::EC2::Instance", "{SecurityGroupIds: '{{resolve:ssm:/groups}}'}", []),
        ("AWS::SQS::Queue", "{VisibilityTimeout: !Sub '${Text}', DelaySeconds: !Ref Text}", []),
    ])
    func `of another type are found where it is certain`(_ type: String, _ properties: String, _ findings: [String]) throws {
        try expect(type, properties, findings)
    }

    @Test(arguments: [
        ("AWS::Logs::LogGroup", "{RetentionInDays: 31}", [#"bad-value 6:35 R.RetentionInDays can't be "31""#]),
        ("AWS::Logs::LogGroup", "{RetentionInDays: '30'}", []),
        (
            "AWS::S3::Bucket", "{VersioningConfiguration: {Status: enabled}}",
            [
                #"bad-value 6:52 R.VersioningConfiguration.Status can't be "enabled""#
            ]
        ),
        ("AWS::Logs::LogGroup", "{LogGroupName: 'a b'}", ["bad-pattern 6:32 R.LogGroupName does not match the pattern of its type"]),
        ("AWS::Logs::LogGroup", "{LogGroupName: !Sub 'a b'}", ["bad-pattern 6:32 R.LogGroupName does not match the pattern of its type"]),
        ("AWS::Logs::LogGroup", "{LogGroupName: !Sub 'a b ${Text}'}", []),
        ("AWS::SQS::Queue", "{VisibilityTimeout: 43201}", ["out-of-range 6:37 R.VisibilityTimeout must be 0 to 43200"]),
        ("AWS::SQS::Queue", "{VisibilityTimeout: -1}", ["out-of-range 6:37 R.VisibilityTimeout must be 0 to 43200"]),
        ("AWS::DynamoDB::Table", "{KeySchema: []}", ["bad-count 6:29 R.KeySchema must have at least 1 items"]),
        (
            "AWS::S3::Bucket", "{MetricsConfigurations: [{Id: a}, {Id: b}, {Id: a}]}",
            [
                "duplicate-item 6:60 R.MetricsConfigurations[2] is in its list already"
            ]
        ),
        ("AWS::S3::Bucket", "{MetricsConfigurations: [{Id: !Ref Text}, {Id: !Ref Text}]}", []),
    ])
    func `whose literal the schema does not allow are found`(_ type: String, _ properties: String, _ findings: [String]) throws {
        let found = try found(type, properties)
        #expect(found.filter { !$0.hasPrefix("missing") } == findings, "\(type) \(properties)")
    }

    @Test func `a length counts what is certainly too long or too short`() throws {
        let long = String(repeating: "a", count: 513)
        try expect(
            "AWS::Logs::LogGroup", "{LogGroupName: \(long)}",
            [
                "bad-length 6:32 R.LogGroupName must have 1 to 512 characters",
                "bad-pattern 6:32 R.LogGroupName does not match the pattern of its type",
            ])
        try expect(
            "AWS::Logs::LogGroup", "{LogGroupName: ''}",
            [
                "bad-length 6:32 R.LogGroupName must have 1 to 512 characters",
                "bad-pattern 6:32 R.LogGroupName does not match the pattern of its type",
            ])
    }

    /// NoValue may take items out, so the count is a range.
    @Test(arguments: [
        ("[!Ref AWS::NoValue]", ["bad-count 6:29 R.KeySchema must have at least 1 items"]), ("[!If [C, !Ref Used, !Ref AWS::NoValue]]", []),
    ])
    func `a count is judged by what it may be`(_ items: String, _ findings: [String]) throws {
        let found = try found("AWS::DynamoDB::Table", "{KeySchema: \(items)}")
        #expect(found.filter { $0.hasPrefix("bad-count") } == findings)
    }

    @Test(arguments: [
        ("AWS::S3::Bucke", ["unknown-type 5:11 Unknown resource type AWS::S3::Bucke"], "Did you mean AWS::S3::Bucket?"),
        ("Nonsense", ["unknown-type 5:11 Unknown resource type Nonsense"], "Correct the name."),
        ("Acme::Shop::Cart", ["unchecked-type 5:11 Acme::Shop::Cart is no type of AWS's own"], "Its properties and attributes"),
        ("Acme::Shop::Cart::MODULE", ["unchecked-type 5:11 Acme::Shop::Cart::MODULE is no type of AWS's own"], "Its properties"),
        ("AWS::Serverless::Function", ["missing-transform 5:11 AWS::Serverless::Function needs a transform"], "AWS::Serverless-2016-10-31"),
        ("AWS::OpsWorks::Stack", ["retired-type 5:11 AWS::OpsWorks::Stack has been ended (2024-05-01)"], "what takes its place"),
    ])
    func `a type that is not known, or no longer offered, is found`(_ type: String, _ findings: [String], _ remedy: String) throws {
        let text = "Resources:\n  A: {Type: AWS::SNS::Topic}\n  R:\n    # the type\n    Type: \(type)"
        let found = (try #require(Template.read(text, file: "t.yml").value)).check(types: .bundled)
            .filter { $0.code != "missing-property" }
        #expect(brief(found) == findings)
        #expect(found.first?.detail.contains(remedy) == true, "\(found)")
    }

    @Test func `advice names what was most likely meant, and what the catalog is`() throws {
        let text = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: {Status: Enable}, BucketNam: x1x}}}"
        #expect(
            (try #require(Template.read(text, file: "t.yml").value)).check(types: .bundled).map(\.detail) == [
                "Did you mean Enabled? So says the catalog of \(ResourceTypeCatalog.source); plan and apply leave what is newer to CloudFormation.",
                "Did you mean BucketName? So says the catalog of \(ResourceTypeCatalog.source); plan and apply leave what is newer to CloudFormation.",
            ])
    }

    @Test func `plan and apply don't ask the catalog`() throws {
        let text = "Resources: {B: {Type: AWS::New::Thing, Properties: {A: 1}}, C: {Type: AWS::S3::Bucket, Properties: {New: 1}}}"
        #expect((try #require(Template.read(text, file: "t.yml").value)).check() == [])
    }

    @Test func `a template that a macro rewrites is left to the macro`() throws {
        let text = "Transform: Mine\nParameters: {P: {Type: String}}\nResources: {B: {Type: AWS::S3::Bucke, Properties: {A: 1}}}"
        #expect((try #require(Template.read(text, file: "t.yml").value)).check(types: .bundled) == [])
    }

    /// Statement inside Statement, as deep as a document may be, and each level with alternatives.
    @Test func `a schema that refers to itself is followed as deep as the template goes`() throws {
        let depth = 40
        let inner = "{GeoMatchStatement: {CountryCode: [DE]}}"
        let statement =
            String(repeating: "{NotStatement: {Statement: ", count: depth) + inner + String(repeating: "}}", count: depth)
        let visibility = "{SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: m}"
        let rules = "[{Name: r, Priority: 0, VisibilityConfig: \(visibility), Statement: \(statement)}]"
        let found = try found(
            "AWS::WAFv2::WebACL", "{Scope: REGIONAL, DefaultAction: {Allow: {}}, VisibilityConfig: \(visibility), Rules: \(rules)}")
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("Statement.GeoMatchStatement.CountryCode") == true, "\(found)")
    }
}
