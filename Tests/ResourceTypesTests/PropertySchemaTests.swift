import ResourceTypes
import Testing

struct PropertySchemaTests {
    @Test func `types, values and limits of a property are known`() throws {
        let retention = try schema("AWS::Logs::LogGroup", "RetentionInDays")
        #expect(retention.types == .integer)
        #expect(retention.allowedValues.prefix(3) == ["1", "3", "5"])

        let name = try schema("AWS::Logs::LogGroup", "LogGroupName")
        #expect(name.types == .string)
        #expect(name.minLength == 1)
        #expect(name.maxLength == 512)
        #expect(name.pattern?.hasPrefix("^[") == true)
        #expect(name.format == "AWS::Logs::LogGroup.Name")

        let timeout = try schema("AWS::SQS::Queue", "VisibilityTimeout")
        #expect(timeout.minimum == 0)
        #expect(timeout.maximum == 43_200)
    }

    @Test func `an object's properties, and which it must have, are known at any depth`() throws {
        let bucket = try #require(ResourceTypeCatalog.bundled["AWS::S3::Bucket"]).properties
        #expect(bucket.propertyNames.contains("LifecycleConfiguration"))
        #expect(bucket.required == [])
        guard case .forbidden = bucket.additionalProperties else { throw Unexpected() }

        let rule = try schema("AWS::S3::Bucket", "LifecycleConfiguration", "Rules", "*")
        #expect(rule.types == .object)
        #expect(rule.required == ["Status"])
        #expect(rule.property("Status")?.allowedValues == ["Enabled", "Disabled"])
        #expect(rule.property("status") == nil)
        #expect(try schema("AWS::DynamoDB::Table").required == ["KeySchema"])
    }

    @Test func `the names of a map may be any that match`() throws {
        let variables = try schema("AWS::Lambda::Function", "Environment", "Variables")
        #expect(variables.patternProperties.map(\.pattern) == ["[a-zA-Z][a-zA-Z0-9_]+"])
        #expect(try schema("AWS::Lambda::Function", "Environment", "Variables", "PATH").types.contains(.string))
    }

    @Test func `a definition that refers to itself goes on for ever`() throws {
        var path = ["Rules", "*", "Statement"]
        for _ in 0..<20 { path += ["NotStatement", "Statement"] }
        let acl = try #require(ResourceTypeCatalog.bundled["AWS::WAFv2::WebACL"])
        let deep = try #require(acl.schema(at: PropertyPath(path)))
        #expect(deep === acl.schema(at: PropertyPath(["Rules", "*", "Statement"])))
    }

    @Test func `whether a list is a set is known`() throws {
        #expect(try schema("AWS::EC2::Instance", "SecurityGroupIds").isUnordered)
        #expect(try schema("AWS::S3::Bucket", "Tags").isUnordered)
        // Its stages must differ, and are ordered all the same.
        let stages = try schema("AWS::CodePipeline::Pipeline", "Stages")
        #expect(stages.uniqueItems)
        #expect(!stages.isUnordered)
    }

    @Test func `a policy is any JSON document`() throws {
        #expect(try schema("AWS::IAM::Role", "AssumeRolePolicyDocument").isJSONDocument)
        #expect(try !schema("AWS::S3::Bucket", "Tags").isJSONDocument)
    }

    @Test func `properties that need or exclude each other are known`() throws {
        let instance = try #require(ResourceTypeCatalog.bundled["AWS::EC2::Instance"]).properties
        #expect(instance.dependentExcluded.map(\.0) == ["NetworkInterfaces", "SubnetId"])
        #expect(instance.dependentExcluded.map(\.1) == [["SubnetId"], ["NetworkInterfaces"]])
        let pipeline = try #require(ResourceTypeCatalog.bundled["AWS::CodePipeline::Pipeline"]).properties
        #expect(pipeline.requiredXor == ["ArtifactStore", "ArtifactStores"])
    }

    @Test func `what is no place has no schema`() throws {
        let bucket = try #require(ResourceTypeCatalog.bundled["AWS::S3::Bucket"])
        for components in [["Nothing"], ["BucketName", "Below"], ["Tags", "*", "Nothing"], [""], ["*"]] {
            #expect(bucket.schema(at: PropertyPath(components)) == nil, "\(components)")
        }
        #expect(bucket.schema(at: PropertyPath([])) === bucket.properties)
    }

    private struct Unexpected: Error {}

    private func schema(_ typeName: String, _ components: String...) throws -> PropertySchema {
        let type = try #require(ResourceTypeCatalog.bundled[typeName])
        return try #require(type.schema(at: PropertyPath(components)))
    }
}
