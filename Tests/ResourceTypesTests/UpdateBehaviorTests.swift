import ResourceTypes
import Testing

struct UpdateBehaviorTests {
    @Test(
        arguments: [
            ("AWS::S3::Bucket", ["BucketName"], .replacement),
            ("AWS::S3::Bucket", ["VersioningConfiguration", "Status"], .noInterruption),
            ("AWS::EC2::Instance", ["ImageId"], .replacement),
            ("AWS::EC2::Instance", ["InstanceType"], .conditionalReplacement),
            ("AWS::EC2::Instance", ["UserData"], .conditionalReplacement),
            ("AWS::EC2::Instance", ["Tags"], .noInterruption),
            // Below a conditionally create-only path.
            ("AWS::EC2::Instance", ["BlockDeviceMappings", "*", "Ebs", "VolumeSize"], .conditionalReplacement),
            // Below a create-only path.
            ("AWS::EC2::Instance", ["LaunchTemplate", "Version"], .replacement),
            ("AWS::EC2::Instance", ["NetworkInterfaces", "*", "SubnetId"], .replacement),
            // A nested create-only path, what stands beside it, and what stands above it.
            ("AWS::MSK::Cluster", ["BrokerNodeGroupInfo", "ClientSubnets"], .replacement),
            ("AWS::MSK::Cluster", ["BrokerNodeGroupInfo", "ClientSubnets", "*"], .replacement),
            ("AWS::MSK::Cluster", ["BrokerNodeGroupInfo", "InstanceType"], .noInterruption),
            ("AWS::MSK::Cluster", ["BrokerNodeGroupInfo"], .noInterruption),
            ("AWS::MSK::Cluster", ["EncryptionInfo", "EncryptionInTransit", "InCluster"], .replacement),
            ("AWS::MSK::Cluster", ["EncryptionInfo", "EncryptionInTransit", "ClientBroker"], .noInterruption),
            // Below the items of a list, with and without an index.
            ("AWS::MSK::Replicator", ["ReplicationInfoList", "*", "TargetCompressionType"], .replacement),
            ("AWS::MSK::Replicator", ["ReplicationInfoList", "0", "TargetCompressionType"], .replacement),
            ("AWS::MSK::Replicator", ["ReplicationInfoList", "*", "TopicReplication", "TopicsToReplicate"], .noInterruption),
            // A nested conditionally create-only path.
            ("AWS::Batch::ComputeEnvironment", ["ComputeResources", "InstanceTypes", "*"], .conditionalReplacement),
            ("AWS::Batch::ComputeEnvironment", ["ComputeResources", "MaxvCpus"], .noInterruption),
            // A name that only begins like a create-only one.
            ("AWS::S3::Bucket", ["BucketNames"], .noInterruption),
            // CloudFormation has no update handler for the type.
            ("AWS::Glue::SecurityConfiguration", ["EncryptionConfiguration"], .replacement),
        ] as [(String, [String], UpdateBehavior)])
    func `a change is judged by its full path`(typeName: String, components: [String], expected: UpdateBehavior) throws {
        let type = try #require(ResourceTypeCatalog.bundled[typeName])
        #expect(type.updateBehavior(at: PropertyPath(components)) == expected)
    }

    @Test func `the create-only paths inside an object are found from above`() throws {
        let cluster = try #require(ResourceTypeCatalog.bundled["AWS::MSK::Cluster"])
        #expect(
            Set(cluster.createOnlyPaths(below: PropertyPath(["BrokerNodeGroupInfo"])).map(\.description)) == [
                "/properties/BrokerNodeGroupInfo/BrokerAZDistribution", "/properties/BrokerNodeGroupInfo/ClientSubnets",
                "/properties/BrokerNodeGroupInfo/SecurityGroups",
            ])
        #expect(cluster.createOnlyPaths(below: PropertyPath(["BrokerNodeGroupInfo", "ClientSubnets"])) == [])
        #expect(cluster.createOnlyPaths(below: PropertyPath(["ClusterName"])) == [])

        let replicator = try #require(ResourceTypeCatalog.bundled["AWS::MSK::Replicator"])
        #expect(replicator.createOnlyPaths(below: PropertyPath(["ReplicationInfoList", "0", "TopicReplication"])).count == 2)
    }

    @Test func `the conditionally create-only paths inside an object are found from above`() throws {
        let domain = try #require(ResourceTypeCatalog.bundled["AWS::OpenSearchService::Domain"])
        #expect(
            domain.conditionallyCreateOnlyPaths(below: PropertyPath(["EncryptionAtRestOptions"])).map(\.description) == [
                "/properties/EncryptionAtRestOptions/Enabled", "/properties/EncryptionAtRestOptions/KmsKeyId",
            ])
    }

    @Test func `the order of a replacement is known`() throws {
        let types = ResourceTypeCatalog.bundled
        #expect(types["AWS::S3::Bucket"]?.replacesByDeletingFirst == false)
        #expect(types.typeNames.count { types[$0]?.replacesByDeletingFirst == true } == 92)
    }

    @Test func `read-only, write-only and deprecated places are known`() throws {
        let database = try #require(ResourceTypeCatalog.bundled["AWS::RDS::DBInstance"])
        #expect(database.isReadOnly(at: PropertyPath(["Endpoint", "Address"])))
        #expect(!database.isReadOnly(at: PropertyPath(["Engine"])))
        #expect(database.isWriteOnly(at: PropertyPath(["MasterUserPassword"])))
        #expect(database.isDeprecated(at: PropertyPath(["TdeCredentialArn"])))
        #expect(database.isNormalized(at: PropertyPath(["DBInstanceIdentifier"])))
        #expect(!database.isNormalized(at: PropertyPath(["DBInstanceClass"])))
    }

    @Test func `what is create-only isn't read-only`() throws {
        let domain = try #require(ResourceTypeCatalog.bundled["AWS::CodeArtifact::Domain"])
        #expect(!domain.isReadOnly(at: PropertyPath(["EncryptionKey"])))
        #expect(domain.updateBehavior(at: PropertyPath(["EncryptionKey"])) == .replacement)
    }

    @Test func `a type that AWS retires says so`() throws {
        let types = ResourceTypeCatalog.bundled
        #expect(types["AWS::AppMesh::Mesh"]?.retirement?.status == "sunset")
        #expect(types["AWS::AppMesh::Mesh"]?.retirement?.date == "2026-09-30")
        #expect(types["AWS::S3::Bucket"]?.retirement == nil)
    }

    @Test(
        arguments: [
            ("AWS::EC2::Instance", true, true, "/properties/Tags"),
            ("AWS::Cognito::UserPool", true, true, "/properties/UserPoolTags"),
            // Says nothing of tagging, and has a property for tags.
            ("AWS::CodeBuild::Project", true, true, "/properties/Tags"),
            // Its tags are create-only.
            ("AWS::Batch::ComputeEnvironment", true, false, "/properties/Tags"),
            ("AWS::EC2::KeyPair", true, false, "/properties/Tags"),
            ("AWS::SQS::QueuePolicy", false, false, nil),
            ("AWS::EC2::LaunchTemplate", false, false, nil),
        ] as [(String, Bool, Bool, String?)])
    func `what takes tags, and where, is known`(typeName: String, taggable: Bool, updatable: Bool, property: String?) throws {
        let type = try #require(ResourceTypeCatalog.bundled[typeName])
        #expect(type.taggable == taggable)
        #expect(type.tagUpdatable == updatable)
        #expect(type.tagProperty?.description == property)
    }
}
