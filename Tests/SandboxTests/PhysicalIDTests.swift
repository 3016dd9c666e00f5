import Model
import Testing

@testable import Sandbox

@Suite struct PhysicalIDTests {
    private static let place = ResourcePlace(
        stackName: "Shop", stackID: "arn:aws:cloudformation:eu-west-1:123456789012:stack/Shop/id", logicalID: "Thing", partition: "aws",
        region: "eu-west-1", accountID: "123456789012", urlSuffix: "amazonaws.com")

    @Test(
        arguments: [
            ("AWS::S3::Bucket", [:], "shop-thing-abcdefghijkl"), ("AWS::S3::Bucket", ["BucketName": "mine"], "mine"),
            ("AWS::SNS::Topic", ["TopicName": "t"], "arn:aws:sns:eu-west-1:123456789012:t"),
            ("AWS::SQS::Queue", [:], "https://sqs.eu-west-1.amazonaws.com/123456789012/Shop-Thing-ABCDEFGHIJKL"),
            ("AWS::SSM::Parameter", [:], "CFN-Thing-ABCDEFGHIJKL"),
            ("AWS::EC2::VPC", ["CidrBlock": "10.0.0.0/16"], "vpc-cdef0123456789abc"),
            ("AWS::IAM::Role", ["RoleName": "builder"], "builder"),
            ("AWS::CodePipeline::Webhook", ["Name": "hook"], "arn:aws:codepipeline:eu-west-1:123456789012:webhook:hook"),
            ("AWS::ECS::TaskDefinition", ["Family": "web"], "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1"),
            ("Custom::Whatever", [:], "Shop-Thing-ABCDEFGHIJKL"),
        ] as [(String, [String: String], String)])
    func `physical IDs have the forms of AWS`(type: String, properties: [String: String], expected: String) {
        let identity = ResourceForm.of(type).identity(in: Self.place, properties: Self.object(properties), random: .counting())
        #expect(identity.physicalID == expected)
    }

    @Test func `attributes have the forms of AWS`() {
        let identity = ResourceForm.of("AWS::ECR::Repository").identity(
            in: Self.place, properties: ["RepositoryName": "team/app"], random: .counting())
        #expect(
            identity.attributes == [
                "Arn": "arn:aws:ecr:eu-west-1:123456789012:repository/team/app",
                "RepositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app",
            ])
        #expect(identity.isNamedByTemplate)
    }

    @Test func `a generated name keeps within its length`() {
        var place = Self.place
        place.stackName = String(repeating: "s", count: 100)
        place.logicalID = String(repeating: "L", count: 100)
        let bucket = ResourceForm.of("AWS::S3::Bucket").identity(in: place, properties: [:], random: .counting())
        #expect(bucket.physicalID.count == 63)
        #expect(bucket.physicalID.hasSuffix("-abcdefghijkl"))
    }

    @Test func `a replaced task definition is the next revision of its family`() {
        let next = ResourceForm.of("AWS::ECS::TaskDefinition").identity(
            in: Self.place, properties: ["Family": "web"], replacing: "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7",
            random: .counting())
        #expect(next.physicalID == "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:8")
    }

    @Test func `a pipeline's version goes up with each update`() {
        let form = ResourceForm.of("AWS::CodePipeline::Pipeline")
        #expect(form.updatedAttributes(["Version": "9"]) == ["Version": "10"])
    }

    private static func object(_ properties: [String: String]) -> JSONValue {
        .object(.init(uniqueKeysWithValues: properties.map { ($0.key, .string($0.value)) }))
    }
}
