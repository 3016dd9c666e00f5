import ResourceTypes
import Testing

struct AttributeTests {
    @Test(
        arguments: [
            ("AWS::SNS::Topic", "TopicName", "/properties/TopicName"),
            ("AWS::SNS::Topic", "DisplayName", "/properties/DisplayName"),
            ("AWS::SNS::Topic", "TopicArn", nil),
            ("AWS::S3::Bucket", "Arn", nil),
            ("AWS::SSM::Parameter", "Value", "/properties/Value"),
            ("AWS::EC2::SecurityGroup", "VpcId", "/properties/VpcId"),
            ("AWS::RDS::DBInstance", "Endpoint.Address", nil),
            // The service keeps it in lower case.
            ("AWS::RDS::DBInstance", "DBInstanceIdentifier", nil),
            // The service doesn't tell it again.
            ("AWS::RDS::DBInstance", "MasterUserPassword", nil),
            ("AWS::CodePipeline::Pipeline", "Version", nil),
            // A custom resource answers what it likes under any name.
            ("Custom::Thing", "ServiceToken", nil),
            ("AWS::CloudFormation::Stack", "Outputs.Url", nil),
            ("AWS::S3::Bucket", "Nothing", nil),
            ("AWS::S3::Bucket", "", nil),
        ] as [(String, String, String?)])
    func `an attribute that is a property is told apart`(typeName: String, attribute: String, expected: String?) throws {
        let type = try #require(ResourceTypeCatalog.bundled[typeName])
        #expect(type.attributeProperty(attribute)?.description == expected)
    }

    @Test(arguments: [
        ("AWS::SNS::Topic", "TopicName", true),
        ("AWS::SNS::Topic", "Nothing", false),
        ("AWS::RDS::DBInstance", "Endpoint.Address", true),
        ("AWS::CloudFormation::Stack", "Outputs.Anything", true),
        ("AWS::CloudFormation::Stack", "Anything", false),
        ("Custom::Thing", "Any.Thing", true),
    ])
    func `what GetAtt accepts is known`(typeName: String, attribute: String, expected: Bool) throws {
        let type = try #require(ResourceTypeCatalog.bundled[typeName])
        #expect(type.hasAttribute(attribute) == expected)
    }

    @Test(
        arguments: [
            ("AWS::S3::Bucket", "/properties/BucketName"),
            ("AWS::IAM::Role", "/properties/RoleName"),
            ("AWS::Lambda::Function", "/properties/FunctionName"),
            ("AWS::DynamoDB::Table", "/properties/TableName"),
            ("AWS::Logs::LogGroup", "/properties/LogGroupName"),
            // One of several identifiers.
            ("AWS::ApiGateway::Stage", "/properties/StageName"),
            // An ARN or an ID that the service makes up.
            ("AWS::SNS::Topic", nil),
            ("AWS::EC2::Instance", nil),
            // The name, although the identifier is the ARN.
            ("AWS::Events::Rule", nil),
            // The ARN, although the identifier is the name.
            ("AWS::Batch::JobDefinition", nil),
            // The service keeps it in lower case.
            ("AWS::RDS::DBInstance", nil),
            ("Custom::Thing", nil),
        ] as [(String, String?)])
    func `Ref names a property only where that is certain`(typeName: String, expected: String?) throws {
        let type = try #require(ResourceTypeCatalog.bundled[typeName])
        #expect(type.refProperty?.description == expected)
    }

    @Test func `an identifier is known as one`() throws {
        let types = ResourceTypeCatalog.bundled
        #expect(types["AWS::SNS::Topic"]?.isPrimaryIdentifier("TopicArn") == true)
        #expect(types["AWS::SNS::Topic"]?.isPrimaryIdentifier("TopicName") == false)
        #expect(types["AWS::EC2::EIP"]?.isPrimaryIdentifier("AllocationId") == true)
    }
}
