import OrderedCollections
import ResourceTypes
import Templates
import Testing

@testable import Planning

@Suite struct `Names that are taken` {
    @Test(
        arguments: [
            ("AWS::DynamoDB::Table", "{TableName: orders}", "TableName orders"),
            ("AWS::S3::Bucket", "{BucketName: !Sub '${Stage}-logs'}", "BucketName ${Stage}-logs"),
            ("AWS::IAM::Role", "{RoleName: r, Path: /a/}", "RoleName r"),
            ("AWS::SNS::Topic", "{TopicName: t}", "TopicName t"),
            ("AWS::SQS::Queue", "{QueueName: q}", "QueueName q"),
            ("AWS::RDS::DBInstance", "{DBInstanceIdentifier: d}", "DBInstanceIdentifier d"),
            ("AWS::EC2::SecurityGroup", "{GroupName: g}", "GroupName g"),
            ("AWS::S3::Bucket", "{}", nil),
            ("AWS::S3::Bucket", "{BucketName: !Ref 'AWS::NoValue'}", nil),
            ("AWS::EC2::Instance", "{ImageId: ami-1}", nil),
            // Several may have one name.
            ("AWS::Route53::HostedZone", "{Name: example.com}", nil),
            // Another revision of the same name.
            ("AWS::Batch::JobDefinition", "{JobDefinitionName: j}", nil),
            // A name that can be changed is no reason to keep it.
            ("AWS::ApiGateway::RestApi", "{Name: a}", nil),
        ] as [(String, String, String?)])
    func `a template's own name for a resource is found`(typeName: String, yaml: String, expected: String?) throws {
        let type = try #require(ResourceTypeCatalog.bundled[typeName])
        let name = explicitName(of: type, in: try #require(try properties(yaml)))
        #expect(name.map { "\($0.path) \($0.value.shown.scalarText ?? "")" } == expected)
    }

    private func clash(_ typeName: String, _ before: String, _ after: String, _ willReplace: Certainty = .yes) throws -> String? {
        let type = try #require(ResourceTypeCatalog.bundled[typeName])
        return nameClash(
            logicalID: "It", type: type, before: try #require(try properties(before)), after: try #require(try properties(after)),
            willReplace: willReplace)
    }

    @Test func `a resource can't be replaced under its own name`() throws {
        #expect(
            try clash("AWS::DynamoDB::Table", "{TableName: orders, KeySchema: a}", "{TableName: orders, KeySchema: b}")
                == "It must be replaced and keeps its TableName orders. CloudFormation creates the new one while the old one still has that"
                + " name, and fails. Change TableName too, or leave it out so that CloudFormation makes one up.")
        #expect(
            try clash("AWS::DynamoDB::Table", "{TableName: orders}", "{TableName: orders}", .unknown)?
                .hasPrefix("It may have to be replaced and keeps its TableName orders.") == true)
    }

    @Test(
        arguments: [
            ("AWS::DynamoDB::Table", "{TableName: orders}", "{TableName: purchases}"),
            ("AWS::DynamoDB::Table", "{TableName: orders}", "{}"), ("AWS::DynamoDB::Table", "{}", "{TableName: orders}"),
            ("AWS::DynamoDB::Table", "{}", "{}"),
            // The same name in another VPC, cluster or bus.
            ("AWS::EC2::SecurityGroup", "{GroupName: g, VpcId: a}", "{GroupName: g, VpcId: b}"),
            ("AWS::ECS::Service", "{ServiceName: s, Cluster: a}", "{ServiceName: s}"),
        ])
    func `another name, or one elsewhere, is free`(typeName: String, before: String, after: String) throws {
        #expect(try clash(typeName, before, after) == nil)
    }

    @Test func `what is not replaced keeps its name`() throws {
        #expect(try clash("AWS::DynamoDB::Table", "{TableName: orders}", "{TableName: orders}", .no) == nil)
    }

    @Test func `what is deleted before its replacement is created leaves its name free`() throws {
        let types = ResourceTypeCatalog.bundled
        let named = types.typeNames.compactMap { types[$0] }.first { type in
            type.replacesByDeletingFirst && explicitName(of: type, in: OrderedDictionary(anyNamed: type)) != nil
        }
        let type = try #require(named)
        let properties = OrderedDictionary(anyNamed: type)
        #expect(nameClash(logicalID: "It", type: type, before: properties, after: properties, willReplace: .yes) == nil)
        #expect(nameClash(renaming: "Old", to: "It", type: type, before: properties, after: properties) != nil)
    }

    @Test func `a renamed logical ID takes a name that is still there`() throws {
        let type = try #require(ResourceTypeCatalog.bundled["AWS::SNS::Topic"])
        #expect(
            nameClash(
                renaming: "Topic", to: "Orders", type: type, before: try #require(try properties("{TopicName: orders}")),
                after: try #require(try properties("{TopicName: orders}")))
                == "Orders has the TopicName orders of Topic, which is removed. CloudFormation creates before it deletes, and fails because"
                + " the name already exists. Keep the logical ID Topic, change TopicName too, or remove Topic in a deployment of its own first."
        )
        #expect(
            nameClash(
                renaming: "Topic", to: "Orders", type: type, before: try #require(try properties("{TopicName: orders}")),
                after: try #require(try properties("{TopicName: !Sub '${Stage}'}"))) == nil)
    }

    @Test func `a secret name is not shown`() throws {
        let message = try #require(try clash("AWS::SNS::Topic", "{TopicName: !Sub 'a-${Token}'}", "{TopicName: !Sub 'a-${Token}'}"))
        #expect(message.contains("TopicName a-(sensitive)."))
    }

    @Test func `every listed name exists and is settled when the resource is created`() {
        for type in ResourceNames.types {
            guard let name = ResourceNames.name(of: type), let schema = ResourceTypeCatalog.bundled[type] else {
                Issue.record("\(type) is unknown")
                continue
            }
            #expect(schema.updateBehavior(at: PropertyPath([name.property])) == .replacement, "\(type) \(name.property)")
            #expect(schema.schema(at: PropertyPath([name.property])) != nil, "\(type) \(name.property)")
            if let scope = name.scope { #expect(schema.schema(at: PropertyPath([scope])) != nil, "\(type) \(scope)") }
        }
    }
}

extension OrderedDictionary<String, Value> {
    /// Properties with a name in every property that a resource could be named by.
    fileprivate init(anyNamed type: ResourceType) {
        self.init(uniqueKeysWithValues: type.properties.propertyNames.map { ($0, Value.string("x")) })
    }
}
